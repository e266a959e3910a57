//! All orders, for the staff.

use domain::operation::OperationState;
use leptos::prelude::*;
use portal::locale::Locale;
use portal::orders::DeskOrderRow;
use portal::people::StaffViewer;

use super::{DESK_PAGE, Shown, before, frame, go, page, pager, server};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, DataTable, Empty, FilterBar, Money, Notice, PageHead, Panel, RowHead,
    SelectField, SelectOption, StatusPill, Tone,
};
use crate::context::Context;
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
    page(orders)
}

async fn orders(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let locale = cx.locale;
    let wanted = cx.query("q").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut missed = None;
    if let Some(text) = wanted {
        match numbered(&cx, staff, &text).await? {
            Some(order) => return Ok(go(&format!("/admin/orders/{}", order.row.id))),
            None => missed = Some(text),
        }
    }
    let state = cx.query("state").as_deref().and_then(OperationState::from_word);
    let listed = cx
        .portal
        .desk_orders(staff, state, before(&cx), DESK_PAGE)
        .await
        .map_err(|error| cx.failed(&error))?;
    let title = t!(locale, "desk-orders-title");
    let rest = state.map(|state| format!("state={}", state.as_str())).unwrap_or_default();
    let foot = pager(&cx, &rest, listed.next);
    let content = if listed.rows.is_empty() {
        let text = if state.is_some() {
            t!(locale, "desk-orders-none-text")
        } else {
            t!(locale, "desk-orders-empty-text")
        };
        view! {
            <Panel>
                <Empty icon="inbox" title=t!(locale, "desk-orders-empty") text=text />
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
    let missed = missed.map(|text| {
        view! {
            <Notice tone=Tone::Warning live=true>
                <p>{t!(locale, "desk-search-missed", text = text)}</p>
            </Notice>
        }
    });
    let reset = state.map(|_| t!(locale, "filter-reset"));
    let main = view! {
        <PageHead title=title.clone() />
        {missed}
        <FilterBar action="/admin/orders" apply=t!(locale, "filter-apply") reset=reset>
            <SelectField
                label=t!(locale, "col-status")
                name="state"
                options=states(locale, state)
            />
        </FilterBar>
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/orders", main))
}

/// The order of this number.
async fn numbered(
    cx: &Context,
    staff: &StaffViewer,
    text: &str,
) -> Result<Option<DeskOrderRow>, ApiError> {
    let number = text.trim_start_matches(['#', '№', ' ']).parse::<i64>().ok();
    let Some(next) = number.and_then(|number| number.checked_add(1)) else { return Ok(None) };
    let listed = cx
        .portal
        .desk_orders(staff, None, Some(next), 1)
        .await
        .map_err(|error| cx.failed(&error))?;
    Ok(listed.rows.into_iter().find(|order| Some(order.row.number) == number))
}

fn states(locale: Locale, current: Option<OperationState>) -> Vec<SelectOption> {
    let current = current.map_or("", OperationState::as_str);
    let mut options = vec![SelectOption::new("", t!(locale, "filter-any"), current)];
    options.extend(OperationState::ALL.map(|state| {
        let (_, _, label) = format::order_status(locale, state, false);
        SelectOption::new(state.as_str(), label, current)
    }));
    options
}

/// What an order earns; nothing is earned with what was not bought.
pub fn margin(locale: Locale, order: &DeskOrderRow) -> String {
    match order.row.state {
        OperationState::Rejected | OperationState::Cancelled => "—".to_owned(),
        _ => format::money(locale, order.margin()),
    }
}

fn table(locale: Locale, rows: Vec<DeskOrderRow>) -> impl IntoView {
    let columns = vec![
        Column::text(t!(locale, "col-order")),
        Column::text(t!(locale, "col-customer")),
        Column::text(t!(locale, "col-plan")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        Column::num(t!(locale, "col-price")),
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
            let wallet = format!("/admin/wallets/{}", order.customer_id);
            let customer = order.customer;
            let number = row.number.to_string();
            let plan = row.plan.get(locale).to_owned();
            let period = format::period(locale, row.period);
            let price = format::money(locale, row.price);
            view! {
                <tr>
                    <RowHead sub=format::moment(locale, row.at)>
                        <a href=href>{number}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-customer")>
                        <a href=wallet>{customer}</a>
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
