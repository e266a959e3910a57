//! The customer's money: what there is, and what moved.

use std::collections::BTreeMap;

use domain::{Currency, Money as Amount};
use ledger::{Balance, Movement, MovementKind};
use leptos::prelude::*;
use portal::locale::Locale;
use uuid::Uuid;

use super::{PAGE, Shown, before, frame, page, pager};
use crate::components::{
    Cell, Column, DataTable, Empty, Money, PageHead, Panel, RowHead, Stat, Stats, TabItem, Tabs,
};
use crate::context::Context;
use crate::{format, t};

/// `/my/wallet`
#[component]
pub fn WalletPage() -> impl IntoView {
    page(wallet)
}

async fn wallet(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let failed = |error| cx.failed(&error);
    let wallets = cx.portal.balances(viewer).await.map_err(failed)?;
    let wanted = cx.query("currency").and_then(|code| Currency::from_code(&code));
    let shown = wallets
        .iter()
        .find(|wallet| Some(wallet.available.currency()) == wanted)
        .copied()
        .unwrap_or_else(|| main_balance(&wallets));
    let currency = shown.available.currency();
    let statement =
        cx.portal.statement(viewer, currency, before(&cx), PAGE).await.map_err(failed)?;
    let causes: Vec<Uuid> = statement.movements.iter().map(|line| line.cause_id).collect();
    let numbers: BTreeMap<Uuid, (Uuid, i64)> = cx
        .portal
        .order_numbers(viewer, &causes)
        .await
        .map_err(failed)?
        .into_iter()
        .map(|(cause, order, number)| (cause, (order, number)))
        .collect();
    let locale = cx.locale;
    let title = t!(locale, "wallet-title");

    let tabs = (wallets.len() > 1).then(|| {
        let items = wallets
            .iter()
            .map(|wallet| {
                let code = wallet.available.currency().code().to_owned();
                TabItem {
                    href: format!("/my/wallet?currency={code}"),
                    current: wallet.available.currency() == currency,
                    label: code,
                    count: None,
                }
            })
            .collect();
        view! { <Tabs label=t!(locale, "wallet-currencies") items=items /> }
    });
    let credit = (!shown.credit_limit.is_zero()).then(|| {
        let spendable = format::money(locale, shown.spendable());
        view! {
            <Stat
                label=t!(locale, "wallet-credit")
                value=format::money(locale, shown.credit_limit)
                hint=t!(locale, "wallet-spendable", amount = spendable)
            />
        }
    });
    let rest =
        if wallets.len() > 1 { format!("currency={}", currency.code()) } else { String::new() };
    let foot = pager(&cx, &rest, statement.next);
    let content = if statement.movements.is_empty() {
        view! {
            <Empty
                icon="receipt"
                title=t!(locale, "statement-empty")
                text=t!(locale, "statement-empty-text")
            />
        }
        .into_any()
    } else {
        table(locale, statement.movements, &numbers).into_any()
    };
    let top_up = if cx.portal.demo {
        t!(locale, "top-up-demo", staff = portal::demo::ADMIN)
    } else {
        t!(locale, "top-up-text", email = viewer.email.clone())
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "wallet-lead") />
        {tabs}
        <Stats lead=true>
            <Stat
                label=t!(locale, "wallet-available")
                value=format::money(locale, shown.available)
                hint=t!(locale, "wallet-available-hint")
            />
            <Stat
                label=t!(locale, "wallet-held")
                value=format::money(locale, shown.held)
                hint=t!(locale, "wallet-held-hint")
            />
            {credit}
        </Stats>
        <Panel title=t!(locale, "top-up-title") id="top-up">
            <p>{top_up}</p>
        </Panel>
        <Panel title=t!(locale, "statement-title") id="statement" flush=true foot=foot>
            {content}
        </Panel>
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/wallet", main).await
}

/// The wallet that stands for all of them in the frame; without any, nothing in euros.
pub fn main_balance(wallets: &[Balance]) -> Balance {
    wallets.first().copied().unwrap_or(Balance::empty(Currency::EUR))
}

fn table(
    locale: Locale,
    movements: Vec<Movement>,
    numbers: &BTreeMap<Uuid, (Uuid, i64)>,
) -> impl IntoView + use<> {
    let rows = movements
        .into_iter()
        .map(|line| {
            let what = what(locale, &line, numbers.get(&line.cause_id).copied());
            let amount = amount(locale, &line);
            view! {
                <tr>
                    {what}
                    <Cell label=t!(locale, "col-when")>
                        <time datetime=format::machine(line.at)>
                            {format::moment(locale, line.at)}
                        </time>
                    </Cell>
                    <Cell label=t!(locale, "col-amount") num=true>
                        {amount}
                    </Cell>
                    <Cell label=t!(locale, "col-available") num=true>
                        <Money text=format::money(locale, line.available_after) />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::text(t!(locale, "col-what")),
        Column::text(t!(locale, "col-when-utc")),
        Column::num(t!(locale, "col-amount")),
        Column::num(t!(locale, "col-available")),
    ];
    view! {
        <DataTable caption=t!(locale, "statement-title") columns=columns>
            {rows}
        </DataTable>
    }
}

/// What moved, in words, with the order behind it.
fn what(locale: Locale, line: &Movement, order: Option<(Uuid, i64)>) -> AnyView {
    let (word, explained) = match line.kind {
        MovementKind::In => (t!(locale, "moved-in"), None),
        MovementKind::Out => (t!(locale, "moved-out"), None),
        MovementKind::Held => (t!(locale, "moved-held"), Some(t!(locale, "moved-held-text"))),
        MovementKind::Captured => {
            (t!(locale, "moved-captured"), Some(t!(locale, "moved-captured-text")))
        }
        MovementKind::Released => {
            (t!(locale, "moved-released"), Some(t!(locale, "moved-released-text")))
        }
    };
    // Without an order behind it, the reason is what the staff or the payment wrote.
    let sub = if order.is_some() { explained } else { explained.or(Some(line.reason.clone())) };
    let link = order.map(|(id, number)| {
        let label = t!(locale, "order-link", number = number);
        view! {
            ", "
            <a href=format!("/my/orders/{id}")>{label}</a>
        }
    });
    view! {
        <RowHead sub=sub>
            {word}
            {link}
        </RowHead>
    }
    .into_any()
}

/// What it did to the available money, with its sign; charging what was reserved changes nothing.
fn amount(locale: Locale, line: &Movement) -> AnyView {
    let shown = format::money(locale, line.amount);
    match line.kind {
        MovementKind::In | MovementKind::Released => {
            view! { <Money text=format!("+{shown}") gain=true /> }.into_any()
        }
        MovementKind::Out | MovementKind::Held => {
            let minus = Amount::new(-line.amount.amount(), line.amount.currency());
            view! { <Money text=format::money(locale, minus) /> }.into_any()
        }
        MovementKind::Captured => view! {
            <span class="muted">
                <Money text=shown />
            </span>
        }
        .into_any(),
    }
}
