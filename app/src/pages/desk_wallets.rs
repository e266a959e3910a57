//! Customers and their money, for the staff.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::wallet::DeskWallet;

use super::{DESK_PAGE, Shown, before, frame, page, pager};
use crate::components::{Cell, Column, DataTable, Empty, PageHead, Panel, RowHead};
use crate::context::Context;
use crate::{format, t};

/// `/admin/wallets`
#[component]
pub fn DeskWallets() -> impl IntoView {
    page(wallets)
}

async fn wallets(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let listed = cx
        .portal
        .desk_wallets(staff, before(&cx), DESK_PAGE)
        .await
        .map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "desk-wallets-title");
    let foot = pager(&cx, "", listed.next);
    let content = if listed.rows.is_empty() {
        view! {
            <Panel>
                <Empty
                    icon="users"
                    title=t!(locale, "desk-wallets-empty")
                    text=t!(locale, "desk-wallets-empty-text")
                />
            </Panel>
        }
        .into_any()
    } else {
        view! {
            <Panel flush=true foot=foot>
                {table(locale, listed.rows)}
            </Panel>
        }
        .into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-wallets-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/wallets", main))
}

fn table(locale: Locale, rows: Vec<DeskWallet>) -> impl IntoView {
    let columns = vec![
        Column::text(t!(locale, "col-customer")),
        Column::num(t!(locale, "wallet-available")),
        Column::num(t!(locale, "wallet-held")),
        Column::num(t!(locale, "wallet-credit")),
    ];
    let rows = rows
        .into_iter()
        .map(|wallet| {
            let href = format!("/admin/wallets/{}", wallet.customer_id);
            let number = t!(locale, "customer-number", number = wallet.customer_number);
            let customer = wallet.customer;
            let column = |amount: fn(&ledger::Balance) -> domain::Money| {
                let amounts: Vec<String> = wallet
                    .balances
                    .iter()
                    .map(|balance| format::money(locale, amount(balance)))
                    .collect();
                if amounts.is_empty() { "—".to_owned() } else { amounts.join(", ") }
            };
            let available = column(|balance| balance.available);
            let held = column(|balance| balance.held);
            let credit = column(|balance| balance.credit_limit);
            view! {
                <tr>
                    <RowHead sub=number>
                        <a href=href>{customer}</a>
                    </RowHead>
                    <Cell label=t!(locale, "wallet-available") num=true>
                        <span class="money">{available}</span>
                    </Cell>
                    <Cell label=t!(locale, "wallet-held") num=true>
                        <span class="money">{held}</span>
                    </Cell>
                    <Cell label=t!(locale, "wallet-credit") num=true>
                        <span class="money">{credit}</span>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "desk-wallets-title") columns=columns>
            {rows}
        </DataTable>
    }
}
