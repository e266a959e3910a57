//! What an account has at its vendor, read when the page is opened. For owners.

use leptos::prelude::*;
use portal::accounts::{
    AT_VENDOR_BY_END, AT_VENDOR_BY_NUMBER, AT_VENDOR_SORTS, AtVendor, By, VendorList,
};
use portal::listing::{Cursor, Days, Key, Listed, Paging};
use portal::locale::Locale;
use portal::people::Permission;

use super::desk_upstreams::{crumbs, failed};
use super::{DESK_PAGE, Shown, frame, licenses, page, param};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, Crumb, DataTable, Disclosure, Notice, PageHead, RowHead, StatusPill, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/admin/upstreams/{slug}/licenses`
#[component]
pub fn DeskVendorLicenses() -> impl IntoView {
    page(vendor_licenses)
}

async fn vendor_licenses(cx: Context) -> Shown {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    let slug = param("slug")?;
    let account =
        cx.portal.account(By::Staff(staff), &slug).await.map_err(|error| failed(&cx, error))?;
    let locale = cx.locale;
    let (asked, days) = asked(&cx, &slug);
    let found = read(&cx, &asked, &slug, days).await?;
    let broken = broken(locale, &found);
    let all_read = found.failed.is_empty();
    let listed = listed(&asked, found);
    let title = t!(locale, "at-vendor-title", name = account.settings.name.clone());
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link(format!("/admin/upstreams/{slug}"), account.settings.name),
            Crumb::here(t!(locale, "at-vendor")),
        ],
    );
    let whose = vec![
        ("ours".to_owned(), t!(locale, "at-vendor-ours")),
        ("strange".to_owned(), t!(locale, "at-vendor-strange")),
    ];
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-at-vendor"))}
        {asked.select_field(locale, "status", t!(locale, "col-status"), licenses::statuses(locale))}
        {asked.select_field(locale, "whose", t!(locale, "at-vendor-whose"), whose)}
        {asked.paid_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let (icon, head, text) = if all_read {
        ("package", t!(locale, "at-vendor-none"), t!(locale, "at-vendor-none-text"))
    } else {
        ("clock", t!(locale, "at-vendor-unknown"), t!(locale, "at-vendor-unknown-text"))
    };
    let nothing = Nothing { icon, title: head, text, action: None };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "at-vendor-lead") crumbs=crumbs />
        {broken}
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/upstreams", main))
}

fn asked(cx: &Context, slug: &str) -> (Asked, Days) {
    let usual = Paging::first(AT_VENDOR_BY_NUMBER, DESK_PAGE);
    let path = format!("/admin/upstreams/{slug}/licenses");
    let names = ["q", "status", "whose", "from", "to"];
    let mut asked = Asked::read(cx, &path, &names, &AT_VENDOR_SORTS, usual);
    asked.file_at("/admin/vendor-licenses.csv", "account", slug.to_owned());
    asked.parsed("status", domain::license::LicenseStatus::from_word);
    asked.parsed("whose", |word| ["ours", "strange"].into_iter().find(|known| *known == word));
    let days = asked.days();
    (asked, days)
}

/// Asks the vendor, unless the address makes no sense.
async fn read(cx: &Context, asked: &Asked, slug: &str, days: Days) -> Result<VendorList, ApiError> {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    if !asked.is_sound() {
        return Ok(VendorList::default());
    }
    let found = cx.portal.licenses_at_vendor(By::Staff(staff), slug, days).await;
    found.map_err(|error| failed(cx, error))
}

fn listed(asked: &Asked, found: VendorList) -> Listed<AtVendor> {
    let mut rows = found.rows;
    let (status, whose) = (asked.value("status"), asked.value("whose"));
    rows.retain(|row| {
        let texts = [&row.name, &row.ip, &row.plan_code].map(|text| text.as_deref().unwrap_or(""));
        asked.finds(&[&row.number, texts[0], texts[1], texts[2]])
            && status.is_none_or(|word| row.status.is_some_and(|status| status.as_str() == word))
            && whose.is_none_or(|word| (word == "ours") == row.ours.is_some())
    });
    let sort = asked.paging.sort;
    asked.cut(rows, |row| {
        Key::Number(match sort {
            AT_VENDOR_BY_END => {
                row.expires_on.map_or(i64::MAX, |day| i64::from(day.to_julian_day()))
            }
            _ => row.number.parse().unwrap_or(0),
        })
    })
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "vendor_number",
    "functions",
    "plan_code",
    "name",
    "server_ip",
    "status",
    "expires_on",
    "renews_there",
    "license",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff_who_may(Permission::ManageVendors)?;
    // Without a name it is the first one.
    let slug = if let Some(slug) = cx.query("account") {
        slug
    } else {
        let all = cx.portal.accounts(By::Staff(staff)).await;
        let all = all.map_err(|error| failed(cx, error))?;
        all.into_iter().next().ok_or(ApiError::NotFound)?.slug
    };
    let (asked, days) = asked(cx, &slug);
    let mut asked = asked.for_export(after)?;
    // Every chunk would ask the vendor for all of its lists once more.
    asked.paging.limit = u16::MAX;
    let found = read(cx, &asked, &slug, days).await?;
    Ok(Chunk::of(listed(&asked, found), |row| {
        vec![
            Value::text(row.number),
            Value::plain(row.family.as_str()),
            Value::maybe(row.plan_code),
            Value::maybe(row.name),
            Value::maybe(row.ip),
            row.status.map_or_else(Value::empty, |status| Value::plain(status.as_str())),
            row.expires_on.map_or_else(Value::empty, |day| Value::plain(&day)),
            Value::plain(&row.renews),
            row.ours.map_or_else(Value::empty, |number| Value::plain(&number)),
        ]
    }))
}

/// Lists that could not be read; what they have is not below then.
fn broken(locale: Locale, found: &VendorList) -> Option<impl IntoView + use<>> {
    let first = found.failed.first()?;
    let names: Vec<&str> = found.failed.iter().map(|(family, _)| family.as_str()).collect();
    let text = t!(locale, "at-vendor-broken", functions = names.join(", "));
    let why = first.1.clone();
    Some(view! {
        <Notice tone=Tone::Warning>
            <p>{text}</p>
            <Disclosure summary=t!(locale, "at-vendor-why")>
                <pre class="code">{why}</pre>
            </Disclosure>
        </Notice>
    })
}

fn table(locale: Locale, asked: &Asked, rows: Vec<AtVendor>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(AT_VENDOR_BY_NUMBER, Column::text(t!(locale, "fact-vendor-number"))),
        Column::text(t!(locale, "at-vendor-plan")),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        asked.sortable(AT_VENDOR_BY_END, Column::text(t!(locale, "col-paid-until"))),
        Column::text(t!(locale, "col-license")),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let plan = row.plan_code.unwrap_or_else(|| "—".to_owned());
            let (no_ip, no_end) = (row.ip.is_none(), row.expires_on.is_none());
            let ip = row.ip.unwrap_or_else(|| "—".to_owned());
            let status = match row.status {
                Some(status) => {
                    let (tone, label) = format::license_status(locale, status);
                    view! { <StatusPill tone=tone label=label /> }.into_any()
                }
                None => "—".into_any(),
            };
            let end = row.expires_on.map_or_else(|| "—".to_owned(), |day| format::day(locale, day));
            let renews = row.renews.then(|| t!(locale, "at-vendor-renews"));
            let ours = match row.ours {
                Some(number) => {
                    let href = format!("/admin/licenses?q={number}");
                    view! { <a href=href>{number.to_string()}</a> }.into_any()
                }
                None => t!(locale, "at-vendor-strange").into_any(),
            };
            view! {
                <tr>
                    <RowHead sub=row.name word=t!(locale, "fact-vendor-number")>
                        {row.number}
                    </RowHead>
                    <Cell label=t!(locale, "at-vendor-plan") sub=row.family.as_str().to_owned()>
                        {plan}
                    </Cell>
                    <Cell label=t!(locale, "col-server") none=no_ip>
                        {ip}
                    </Cell>
                    <Cell label=t!(locale, "col-status")>{status}</Cell>
                    <Cell label=t!(locale, "col-paid-until") none=no_end sub=renews>
                        {end}
                    </Cell>
                    <Cell label=t!(locale, "col-license")>{ours}</Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "at-vendor") columns=columns>
            {rows}
        </DataTable>
    }
}
