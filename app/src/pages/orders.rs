//! A customer's orders.

use domain::operation::OperationState;
use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::orders::{BY_PRICE, BY_TIME, OrderFilter, OrderRow, SORTS};

use super::{PAGE, Shown, frame, page, server};
use crate::api::ApiError;
use crate::components::{
    ButtonKind, Cell, Column, DataTable, LinkButton, Money, PageHead, RowHead, StatusPill,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list, sortable};
use crate::{format, t};

/// `/my/orders`
#[component]
pub fn Orders() -> impl IntoView {
    page(orders)
}

async fn orders(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.orders(viewer, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "orders-title");
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-order"))}
        {asked.select_field(locale, "state", t!(locale, "col-status"), states(locale))}
        {asked.sort_field(locale)}
        {asked.day_fields(locale)}
    }
    .into_any();
    let actions = (!listed.rows.is_empty()).then(|| {
        view! {
            <LinkButton href="/catalog" kind=ButtonKind::Primary icon="plus">
                {t!(locale, "buy-a-license")}
            </LinkButton>
        }
        .into_any()
    });
    let nothing = Nothing {
        icon: "shopping-cart",
        title: t!(locale, "orders-empty"),
        text: t!(locale, "orders-empty-text"),
        action: Some(
            view! {
                <LinkButton href="/catalog" kind=ButtonKind::Primary>
                    {t!(locale, "go-catalog")}
                </LinkButton>
            }
            .into_any(),
        ),
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, Some(&asked), "/my/orders", rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "orders-lead") actions=actions />
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/orders", main).await
}

fn asked(cx: &Context) -> (Asked, OrderFilter) {
    let names = ["q", "state", "from", "to"];
    let usual = Paging::first(BY_TIME, PAGE);
    let mut asked = Asked::read(cx, "/my/orders", &names, &SORTS, usual);
    let filter = filter(&mut asked);
    (asked, filter)
}

/// What customers and staff filter orders by alike.
pub fn filter(asked: &mut Asked) -> OrderFilter {
    OrderFilter {
        state: asked.parsed("state", OperationState::from_word),
        needle: asked.needle(),
        customer: None,
        days: asked.days(),
    }
}

/// The states as choices of a filter.
pub fn states(locale: Locale) -> Vec<(String, String)> {
    OperationState::ALL
        .map(|state| {
            let (_, _, label) = format::order_status(locale, state, false);
            (state.as_str().to_owned(), label)
        })
        .to_vec()
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "order",
    "placed_at",
    "plan",
    "period",
    "server_ip",
    "state",
    "key_delivered",
    "price",
    "currency",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.orders(viewer, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |row| values(cx.locale, row)))
}

/// An order as values of a file.
pub fn values(locale: Locale, row: OrderRow) -> Vec<Value> {
    vec![
        Value::plain(&row.number),
        Value::time(row.at),
        Value::text(row.plan.get(locale)),
        Value::text(format::period(locale, row.period)),
        Value::plain(&row.ip.unwrap_or_default()),
        Value::plain(row.state.as_str()),
        Value::plain(&row.has_key),
        Value::amount(row.price),
        Value::currency(row.price),
    ]
}

/// Orders as a table; their pages stand below `base`.
pub fn table(
    locale: Locale,
    asked: Option<&Asked>,
    base: &'static str,
    rows: Vec<OrderRow>,
) -> impl IntoView + use<> {
    let many = asked.is_some();
    let columns = vec![
        sortable(asked, BY_TIME, Column::text(t!(locale, "col-order"))),
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        sortable(asked, BY_PRICE, Column::num(t!(locale, "col-price"))),
    ];
    let rows = rows
        .into_iter()
        .map(|order| {
            let (tone, icon, status) = format::order_status(locale, order.state, order.has_key);
            let href = format!("{base}/{}", order.id);
            let at = format::moment(locale, order.at);
            // A list's own page says it once.
            let at = if many { at } else { format!("{at}\u{a0}UTC") };
            let number = order.number.to_string();
            let plan = order.plan.get(locale).to_owned();
            let period = format::period(locale, order.period);
            let price = format::price(locale, order.price);
            // Whoever paid reads where the money is.
            let is_back = base == "/my/orders"
                && order.state == OperationState::Rejected
                && !order.price.is_zero();
            let back = is_back.then(|| t!(locale, "order-back", amount = price.clone()));
            view! {
                <tr>
                    <RowHead
                        sub=at
                        word=t!(locale, "col-order")
                    >
                        <a href=href>{number}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-plan") sub=period>
                        {plan}
                    </Cell>
                    <Cell label=t!(locale, "col-server")>{server(locale, order.ip)}</Cell>
                    <Cell label=t!(locale, "col-status") sub=back>
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
