//! The journal: everything that is or was to be done at the vendors, for the staff.

use domain::Money as Amount;
use domain::operation::{OperationKind, OperationState};
use leptos::prelude::*;
use portal::journal::{BY_TIME, OperationFilter, OperationRow, SORTS};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;

use super::desk_inbox::{kinds, what};
use super::{DESK_PAGE, Shown, changes, frame, page, server};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, Money, PageHead, RowHead, StatusPill};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/operations`
#[component]
pub fn DeskOperations() -> impl IntoView {
    page(operations)
}

async fn operations(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.operations(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "operations-title");
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-desk"))}
        {asked.select_field(locale, "kind", t!(locale, "operation-kind"), kinds(locale))}
        {asked.select_field(locale, "state", t!(locale, "col-status"), states(locale))}
        {asked.text_field(locale, "customer", t!(locale, "filter-customer"), false)}
        {asked.text_field(locale, "license", t!(locale, "filter-license-number"), false)}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "list",
        title: t!(locale, "operations-empty"),
        text: t!(locale, "operations-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "operations-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/operations", main))
}

fn asked(cx: &Context) -> (Asked, OperationFilter) {
    let names = ["q", "kind", "state", "customer", "license", "from", "to"];
    let usual = Paging::first(BY_TIME, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/operations", &names, &SORTS, usual);
    let filter = OperationFilter {
        kind: asked.parsed("kind", OperationKind::from_word),
        state: asked.parsed("state", OperationState::from_word),
        needle: asked.needle(),
        customer: asked.parsed("customer", |text| text.parse().ok()),
        license: asked.parsed("license", |text| text.parse().ok()),
        days: asked.days(),
    };
    (asked, filter)
}

/// The states as choices of a filter, in the words of changes.
fn states(locale: Locale) -> Vec<(String, String)> {
    OperationState::ALL
        .map(|state| {
            let (_, _, label) = changes::status(locale, state);
            (state.as_str().to_owned(), label)
        })
        .to_vec()
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "operation",
    "operation_id",
    "kind",
    "state",
    "asked_at",
    "finished_at",
    "customer",
    "customer_id",
    "order",
    "license",
    "plan",
    "server_ip",
    "price",
    "cost",
    "currency",
    "attempts",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.operations(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |row| {
        vec![
            Value::plain(&row.number),
            Value::plain(&row.id),
            Value::plain(row.kind.as_str()),
            Value::plain(row.state.as_str()),
            Value::time(row.at),
            row.finished_at.map_or_else(Value::empty, Value::time),
            Value::text(row.customer),
            Value::plain(&row.customer_id),
            row.order.map_or_else(Value::empty, |(_, number)| Value::plain(&number)),
            row.license.map_or_else(Value::empty, |number| Value::plain(&number)),
            Value::text(row.plan.get(cx.locale)),
            Value::plain(&row.ip.unwrap_or_default()),
            Value::amount(row.price),
            Value::amount(row.cost),
            Value::currency(row.price),
            Value::plain(&row.attempts),
        ]
    }))
}

/// The order of a purchase, or the license that something is done to.
pub fn object(locale: Locale, row: &OperationRow) -> AnyView {
    match (row.order, row.license) {
        (Some((order, number)), _) => {
            let href = format!("/admin/orders/{order}");
            let text = t!(locale, "operation-order", number = number);
            view! { <a href=href>{text}</a> }.into_any()
        }
        (None, Some(number)) => {
            let href = format!("/admin/operations?license={number}");
            let text = t!(locale, "operation-license", number = number);
            view! { <a href=href>{text}</a> }.into_any()
        }
        (None, None) => "—".into_any(),
    }
}

fn table(locale: Locale, asked: &Asked, rows: Vec<OperationRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(BY_TIME, Column::text(t!(locale, "fact-operation"))),
        Column::text(t!(locale, "operation-kind")),
        Column::text(t!(locale, "col-customer")),
        Column::text(t!(locale, "col-object")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        Column::num(t!(locale, "col-price")),
        Column::num(t!(locale, "col-cost")),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let (tone, icon, status) = changes::status(locale, row.state);
            let href = format!("/admin/operations/{}", row.id);
            let customer_href = format!("/admin/customers/{}", row.customer_id);
            let object = object(locale, &row);
            let number = row.number.to_string();
            let plan = row.plan.get(locale).to_owned();
            // What is free is a line without figures.
            let figure = |amount: Amount| {
                if amount.is_zero() { "—".to_owned() } else { format::money(locale, amount) }
            };
            let (free, no_cost) = (row.price.is_zero(), row.cost.is_zero());
            let (price, cost) = (figure(row.price), figure(row.cost));
            view! {
                <tr>
                    <RowHead sub=format::moment(locale, row.at) word=t!(locale, "fact-operation")>
                        <a href=href>{number}</a>
                    </RowHead>
                    <Cell label=t!(locale, "operation-kind") sub=plan>
                        {what(locale, row.kind)}
                    </Cell>
                    <Cell label=t!(locale, "col-customer")>
                        <a href=customer_href>{row.customer}</a>
                    </Cell>
                    <Cell label=t!(locale, "col-object")>{object}</Cell>
                    <Cell label=t!(locale, "col-server")>{server(locale, row.ip)}</Cell>
                    <Cell label=t!(locale, "col-status")>
                        <StatusPill tone=tone icon=icon label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-price") num=true none=free>
                        <Money text=price />
                    </Cell>
                    <Cell label=t!(locale, "col-cost") num=true none=no_cost>
                        <Money text=cost />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "operations-title") columns=columns>
            {rows}
        </DataTable>
    }
}
