//! All orders, for the staff; also where the desk's search leads.

use leptos::prelude::*;
use portal::listing::{Cursor, Needle, Paging};
use portal::locale::Locale;
use portal::orders::{BY_PRICE, BY_TIME, DeskOrderRow, OrderFilter, SORTS};

use super::{DESK_PAGE, Shown, frame, go, orders, page, server};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, Money, PageHead, RowHead, StatusPill};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin`
#[component]
pub fn DeskStart() -> impl IntoView {
    page(async |cx| {
        cx.staff()?;
        Ok(go("/admin/orders"))
    })
}

/// `/admin/orders`
#[component]
pub fn DeskOrders() -> impl IntoView {
    page(desk_orders)
}

async fn desk_orders(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    if let (Some(Needle::Number(number)), true) = (&filter.needle, asked.is_sound()) {
        let order = cx.portal.desk_order_of_number(staff, *number).await;
        if let Some(order) = order.map_err(|error| cx.failed(&error))? {
            return Ok(go(&format!("/admin/orders/{order}")));
        }
    }
    let listed = asked.load(&cx, cx.portal.desk_orders(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "desk-orders-title");
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-desk"))}
        {asked.text_field(locale, "customer", t!(locale, "filter-customer"), false)}
        {asked.select_field(locale, "state", t!(locale, "col-status"), orders::states(locale))}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "shopping-cart",
        title: t!(locale, "desk-orders-empty"),
        text: t!(locale, "desk-orders-empty-text"),
        action: None,
    };
    let elsewhere = asked.value("q").map(|text| elsewhere(locale, text));
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-orders-lead") />
        {elsewhere}
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/orders", main))
}

/// The same words may name something else than an order.
fn elsewhere(locale: Locale, text: &str) -> impl IntoView + use<> {
    let query = format::query(text);
    let found = t!(locale, "desk-search-elsewhere", text = text.to_owned());
    view! {
        <p class="muted small">
            {found} " "
            <a href=format!("/admin/customers?q={query}")>{t!(locale, "nav-customers")}</a> " · "
            <a href=format!("/admin/licenses?q={query}")>{t!(locale, "nav-licenses")}</a>
        </p>
    }
}

fn asked(cx: &Context) -> (Asked, OrderFilter) {
    let names = ["q", "customer", "state", "from", "to"];
    let usual = Paging::first(BY_TIME, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/orders", &names, &SORTS, usual);
    let customer = asked.parsed("customer", |text| text.parse().ok());
    let filter = OrderFilter { customer, ..orders::filter(&mut asked) };
    (asked, filter)
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
    "cost",
    "margin",
    "customer",
    "customer_id",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.desk_orders(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |order| {
        let margin = order.earned().map_or_else(Value::empty, Value::amount);
        let rest = [
            Value::amount(order.cost),
            margin,
            Value::text(order.customer),
            Value::plain(&order.customer_id),
        ];
        let mut values = orders::values(cx.locale, order.row);
        values.extend(rest);
        values
    }))
}

/// What an order earns; nothing is earned with what was not bought.
pub fn margin(locale: Locale, order: &DeskOrderRow) -> String {
    order.earned().map_or_else(|| "—".to_owned(), |margin| format::money(locale, margin))
}

fn table(locale: Locale, asked: &Asked, rows: Vec<DeskOrderRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(BY_TIME, Column::text(t!(locale, "col-order"))),
        Column::text(t!(locale, "col-customer")),
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        asked.sortable(BY_PRICE, Column::num(t!(locale, "col-price"))),
        Column::num(t!(locale, "col-cost")),
        Column::num(t!(locale, "col-margin")),
    ];
    let rows = rows
        .into_iter()
        .map(|order| {
            let margin = margin(locale, &order);
            let cost = format::money(locale, order.cost);
            let row = order.row;
            let (tone, icon, status) = format::order_status(locale, row.state, row.has_key);
            let href = format!("/admin/orders/{}", row.id);
            let customer_href = format!("/admin/customers/{}", order.customer_id);
            let customer = order.customer;
            let number = row.number.to_string();
            let plan = row.plan.get(locale).to_owned();
            let period = format::period(locale, row.period);
            let price = format::money(locale, row.price);
            view! {
                <tr>
                    <RowHead sub=format::moment(locale, row.at) word=t!(locale, "col-order")>
                        <a href=href>{number}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-customer")>
                        <a href=customer_href>{customer}</a>
                    </Cell>
                    <Cell label=t!(locale, "col-plan") sub=period>
                        {plan}
                    </Cell>
                    <Cell label=t!(locale, "col-server")>{server(locale, row.ip)}</Cell>
                    <Cell label=t!(locale, "col-status")>
                        <StatusPill tone=tone icon=icon label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-price") num=true>
                        <Money text=price />
                    </Cell>
                    <Cell label=t!(locale, "col-cost") num=true>
                        <Money text=cost />
                    </Cell>
                    <Cell label=t!(locale, "col-margin") num=true>
                        <Money text=margin />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "desk-orders-title") columns=columns>
            {rows}
        </DataTable>
    }
}
