//! A customer's orders.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::orders::OrderRow;

use super::{PAGE, Shown, before, frame, page, pager, server};
use crate::components::{
    ButtonKind, Cell, Column, DataTable, Empty, LinkButton, Money, PageHead, Panel, RowHead,
    StatusPill,
};
use crate::context::Context;
use crate::{format, t};

/// `/my/orders`
#[component]
pub fn Orders() -> impl IntoView {
    page(orders)
}

async fn orders(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let listed =
        cx.portal.orders(viewer, before(&cx), PAGE).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "orders-title");
    let foot = pager(&cx, "", listed.next);
    let content = if listed.rows.is_empty() {
        let action = view! {
            <LinkButton href="/catalog" kind=ButtonKind::Primary>
                {t!(locale, "go-catalog")}
            </LinkButton>
        }
        .into_any();
        view! {
            <Panel>
                <Empty
                    icon="shopping-cart"
                    title=t!(locale, "orders-empty")
                    text=t!(locale, "orders-empty-text")
                    action=action
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
        <PageHead title=title.clone() subtitle=t!(locale, "orders-lead") />
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/orders", main).await
}

/// Orders as a table.
pub fn table(locale: Locale, rows: Vec<OrderRow>) -> impl IntoView {
    let columns = vec![
        Column::text(t!(locale, "col-order")),
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        Column::num(t!(locale, "col-price")),
    ];
    let rows = rows
        .into_iter()
        .map(|order| {
            let (tone, icon, status) = format::order_status(locale, order.state, order.has_key);
            let href = format!("/my/orders/{}", order.id);
            let number = order.number.to_string();
            let plan = order.plan.get(locale).to_owned();
            let period = format::period(locale, order.period);
            let price = format::price(locale, order.price);
            view! {
                <tr>
                    <RowHead sub=format::moment(locale, order.at)>
                        <a href=href>{number}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-plan") sub=period>
                        {plan}
                    </Cell>
                    <Cell label=t!(locale, "col-server")>{server(locale, order.ip)}</Cell>
                    <Cell label=t!(locale, "col-status")>
                        <StatusPill tone=tone icon=icon label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-price") num=true>
                        <Money text=price />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "orders-title") columns=columns>
            {rows}
        </DataTable>
    }
}
