//! The start of the client area: problems first, then money, then what expires.

use domain::license::LicenseStatus;
use domain::operation::OperationState;
use leptos::prelude::*;
use portal::licenses::{BY_NUMBER, LicenseFilter, LicenseRow};
use portal::listing::Paging;
use portal::locale::Locale;
use portal::orders::{BY_TIME, OrderFilter, OrderRow};

use super::{Shown, frame, orders, page, server, wallet};
use crate::components::{
    ButtonKind, Cell, Column, DataTable, Empty, LinkButton, Notice, PageHead, Panel, RowHead, Stat,
    Stats, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// How many are looked through, and how many of each are shown.
const LOOKED_AT: u16 = 200;
const SHOWN: usize = 5;

/// `/my`
#[component]
pub fn Overview() -> impl IntoView {
    page(overview)
}

async fn overview(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let failed = |error| cx.failed(&error);
    let (all, newest) = (OrderFilter::default(), Paging::first(BY_TIME, LOOKED_AT));
    let orders = cx.portal.orders(viewer, &all, &newest).await.map_err(failed)?.rows;
    let (all, newest) = (LicenseFilter::default(), Paging::first(BY_NUMBER, LOOKED_AT));
    let licenses = cx.portal.licenses(viewer, &all, &newest).await.map_err(failed)?.rows;
    let wallets = cx.portal.balances(viewer).await.map_err(failed)?;
    let locale = cx.locale;
    let title = t!(locale, "overview-title");

    let unproved = (!viewer.email_verified).then(|| {
        let email = viewer.email.clone();
        view! {
            <Notice tone=Tone::Info title=t!(locale, "overview-unproved")>
                <p>{t!(locale, "overview-unproved-text", email = email)}</p>
            </Notice>
        }
    });
    let problems: Vec<_> = orders.iter().filter(|order| is_problem(order.state)).collect();
    let under_way = orders.iter().filter(|order| !order.state.is_final()).count();
    let live = licenses.iter().filter(|row| row.status != LicenseStatus::Deleted).count();
    let content = if orders.is_empty() && licenses.is_empty() {
        begin(locale).into_any()
    } else {
        let recent = orders.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        view! {
            {expiring(locale, &licenses)}
            {recent_orders(locale, recent)}
        }
        .into_any()
    };
    let actions = (!orders.is_empty() || !licenses.is_empty()).then(|| {
        view! {
            <LinkButton href="/catalog" kind=ButtonKind::Primary icon="plus">
                {t!(locale, "buy-a-license")}
            </LinkButton>
        }
        .into_any()
    });
    let wallet = wallet::main_balance(&wallets);
    let main = view! {
        <PageHead title=title.clone() actions=actions />
        {problem_notice(locale, &problems)}
        {unproved}
        <Stats lead=true>
            <Stat
                label=t!(locale, "wallet-available")
                value=format::money(locale, wallet.available)
                href="/my/wallet"
            />
            <Stat
                label=t!(locale, "wallet-held")
                value=format::money(locale, wallet.held)
                hint=t!(locale, "overview-under-way", count = under_way)
            />
            <Stat
                label=t!(locale, "overview-licenses")
                value=live.to_string()
                href="/my/licenses"
            />
        </Stats>
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my", main).await
}

/// Something of this order takes longer than usual.
const fn is_problem(state: OperationState) -> bool {
    matches!(state, OperationState::Unknown | OperationState::Review | OperationState::Parked)
}

fn problem_notice(locale: Locale, problems: &[&OrderRow]) -> Option<AnyView> {
    if problems.is_empty() {
        return None;
    }
    let items = problems
        .iter()
        .map(|order| {
            let (_, _, status) = format::order_status(locale, order.state, order.has_key);
            let label = t!(locale, "order-title", number = order.number);
            let rest = format!(", {}: {status}", order.plan.get(locale));
            view! {
                <li>
                    <a href=format!("/my/orders/{}", order.id)>{label}</a>
                    {rest}
                </li>
            }
        })
        .collect_view();
    let title = t!(locale, "overview-problems", count = problems.len());
    Some(
        view! {
            <Notice tone=Tone::Warning title=title>
                <p>{t!(locale, "overview-problems-text")}</p>
                <ul>{items}</ul>
            </Notice>
        }
        .into_any(),
    )
}

fn begin(locale: Locale) -> impl IntoView {
    let action = view! {
        <LinkButton href="/catalog" kind=ButtonKind::Primary>
            {t!(locale, "go-catalog")}
        </LinkButton>
    }
    .into_any();
    view! {
        <Panel flush=true>
            <Empty
                icon="key-round"
                title=t!(locale, "overview-empty")
                text=t!(locale, "overview-empty-text")
                action=action
            />
        </Panel>
    }
}

fn recent_orders(locale: Locale, rows: Vec<OrderRow>) -> impl IntoView {
    let all = view! { <a href="/my/orders">{t!(locale, "overview-all-orders")}</a> }.into_any();
    view! {
        <Panel title=t!(locale, "overview-orders") id="recent" flush=true actions=all>
            {orders::table(locale, None, "/my/orders", rows)}
        </Panel>
    }
}

fn expiring(locale: Locale, licenses: &[LicenseRow]) -> Option<AnyView> {
    let mut rows: Vec<_> = licenses
        .iter()
        .filter(|row| row.status != LicenseStatus::Deleted)
        .filter_map(|row| Some((row.expires_on?, row)))
        .collect();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by_key(|(day, row)| (*day, row.number));
    let rows = rows
        .into_iter()
        .take(SHOWN)
        .map(|(day, row)| {
            let href = format!("/my/licenses/{}", row.id);
            let name = row.plan.get(locale).to_owned();
            let server = server(locale, row.ip.clone());
            view! {
                <tr>
                    <RowHead sub=row.name.clone()>
                        <a href=href>{name}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-server")>{server}</Cell>
                    <Cell label=t!(locale, "col-paid-until")>{format::day(locale, day)}</Cell>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::text(t!(locale, "col-license")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-paid-until")),
    ];
    let all = view! { <a href="/my/licenses">{t!(locale, "overview-all-licenses")}</a> }.into_any();
    let title = t!(locale, "overview-expiring");
    Some(
        view! {
            <Panel title=title.clone() id="expiring" flush=true actions=all>
                <DataTable caption=title columns=columns>
                    {rows}
                </DataTable>
            </Panel>
        }
        .into_any(),
    )
}
