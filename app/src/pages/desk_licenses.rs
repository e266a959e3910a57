//! All licenses, for the staff.

use leptos::prelude::*;
use portal::licenses::{BY_END, BY_NUMBER, DeskLicenseRow, LicenseFilter, SORTS};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;

use super::{DESK_PAGE, Shown, frame, licenses, page, server};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, PageHead, RowHead, StatusPill};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list, sortable};
use crate::{format, t};

/// `/admin/licenses`
#[component]
pub fn DeskLicenses() -> impl IntoView {
    page(desk_licenses)
}

async fn desk_licenses(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.desk_licenses(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "desk-licenses-title");
    let statuses = licenses::statuses(locale);
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-desk"))}
        {asked.text_field(locale, "customer", t!(locale, "filter-customer"), false)}
        {asked.select_field(locale, "status", t!(locale, "col-status"), statuses)}
        {asked.paid_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "key-round",
        title: t!(locale, "desk-licenses-empty"),
        text: t!(locale, "desk-licenses-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, Some(&asked), rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "desk-licenses-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/licenses", main))
}

fn asked(cx: &Context) -> (Asked, LicenseFilter) {
    let names = ["q", "customer", "status", "from", "to"];
    let usual = Paging::first(BY_NUMBER, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/licenses", &names, &SORTS, usual);
    let customer = asked.parsed("customer", |text| text.parse().ok());
    let filter = LicenseFilter { customer, ..licenses::filter(&mut asked) };
    (asked, filter)
}

/// The columns of the file; keys are secrets and stay on their pages.
pub const CSV: &[&str] = &[
    "license",
    "name",
    "plan",
    "server_ip",
    "status",
    "paid_until",
    "key_delivered",
    "bought_at",
    "order",
    "customer",
    "customer_id",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.desk_licenses(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |license| {
        let rest = [
            Value::time(license.created_at),
            Value::plain(&license.order_number),
            Value::text(license.customer),
            Value::plain(&license.customer_id),
        ];
        let mut values = licenses::values(cx.locale, license.row);
        values.extend(rest);
        values
    }))
}

/// Licenses as a table; on a list's own page it sorts.
pub fn table(
    locale: Locale,
    asked: Option<&Asked>,
    rows: Vec<DeskLicenseRow>,
) -> impl IntoView + use<> {
    let many = asked.is_some();
    let mut columns = vec![
        sortable(asked, BY_NUMBER, Column::text(t!(locale, "col-license"))),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        sortable(asked, BY_END, Column::text(t!(locale, "col-paid-until"))),
        Column::text(t!(locale, "col-order")),
    ];
    if many {
        columns.insert(1, Column::text(t!(locale, "col-customer")));
    }
    let rows = rows
        .into_iter()
        .map(|license| {
            let row = license.row;
            let order = format!("/admin/orders/{}", license.order);
            let order_number = license.order_number.to_string();
            let number = row.number.to_string();
            let done = format!("/admin/operations?license={number}");
            let customer = many.then(|| {
                let href = format!("/admin/customers/{}", license.customer_id);
                view! {
                    <Cell label=t!(locale, "col-customer")>
                        <a href=href>{license.customer}</a>
                    </Cell>
                }
            });
            let (tone, status) = format::license_status(locale, row.status);
            let note = licenses::note(locale, &row);
            let until = licenses::until(locale, row.expires_on);
            view! {
                <tr>
                    <RowHead sub=row.plan.get(locale).to_owned() word=t!(locale, "col-license")>
                        <a href=done>{number}</a>
                    </RowHead>
                    {customer}
                    <Cell label=t!(locale, "col-server") sub=row.name>
                        {server(locale, row.ip)}
                    </Cell>
                    <Cell label=t!(locale, "col-status") sub=note>
                        <StatusPill tone=tone label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-paid-until")>{until}</Cell>
                    <Cell label=t!(locale, "col-order")>
                        <a href=order>{order_number}</a>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "desk-licenses-title") columns=columns>
            {rows}
        </DataTable>
    }
}
