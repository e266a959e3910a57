//! A customer's licenses.

use domain::license::LicenseStatus;
use leptos::prelude::*;
use portal::licenses::{BY_END, BY_NUMBER, LicenseFilter, LicenseRow, SORTS};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use time::Date;

use super::{PAGE, Shown, frame, page, server};
use crate::api::ApiError;
use crate::components::{
    ButtonKind, Cell, Column, DataTable, LinkButton, PageHead, RowHead, StatusPill,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list};
use crate::{format, t};

/// `/my/licenses`
#[component]
pub fn Licenses() -> impl IntoView {
    page(licenses)
}

async fn licenses(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.licenses(viewer, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "licenses-title");
    let buy = move || {
        view! {
            <LinkButton href="/catalog" kind=ButtonKind::Primary icon="plus">
                {t!(locale, "buy-a-license")}
            </LinkButton>
        }
        .into_any()
    };
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-license"))}
        {asked.select_field(locale, "status", t!(locale, "col-status"), statuses(locale))}
        {asked.sort_field(locale)}
        {asked.paid_fields(locale)}
    }
    .into_any();
    let actions = (!listed.rows.is_empty()).then(|| {
        view! {
            {buy()}
            <LinkButton href="/my/changes" kind=ButtonKind::Quiet>
                {t!(locale, "changes-title")}
            </LinkButton>
        }
        .into_any()
    });
    let nothing = Nothing {
        icon: "key-round",
        title: t!(locale, "licenses-empty"),
        text: t!(locale, "licenses-empty-text"),
        action: Some(buy()),
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, &asked, rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "licenses-lead") actions=actions />
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/licenses", main).await
}

fn asked(cx: &Context) -> (Asked, LicenseFilter) {
    let names = ["q", "status", "from", "to"];
    let usual = Paging::first(BY_NUMBER, PAGE);
    let mut asked = Asked::read(cx, "/my/licenses", &names, &SORTS, usual);
    let filter = filter(&mut asked);
    (asked, filter)
}

/// What customers and staff filter licenses by alike.
pub fn filter(asked: &mut Asked) -> LicenseFilter {
    LicenseFilter {
        status: asked.parsed("status", LicenseStatus::from_word),
        needle: asked.needle(),
        customer: None,
        days: asked.days(),
    }
}

/// The statuses as choices of a filter.
pub fn statuses(locale: Locale) -> Vec<(String, String)> {
    use LicenseStatus::{Active, Deleted, Ordered, Processing, Suspended};
    [Processing, Ordered, Active, Suspended, Deleted]
        .map(|status| {
            let (_, label) = format::license_status(locale, status);
            (status.as_str().to_owned(), label)
        })
        .to_vec()
}

/// The columns of the file; keys are secrets and stay on their pages.
pub const CSV: &[&str] =
    &["license", "name", "plan", "server_ip", "status", "paid_until", "key_delivered"];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.licenses(viewer, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |row| values(cx.locale, row)))
}

/// A license as values of a file.
pub fn values(locale: Locale, row: LicenseRow) -> Vec<Value> {
    vec![
        Value::plain(&row.number),
        Value::maybe(row.name),
        Value::text(row.plan.get(locale)),
        Value::plain(&row.ip.unwrap_or_default()),
        Value::plain(row.status.as_str()),
        row.expires_on.map_or_else(Value::empty, |value| Value::plain(&value)),
        Value::plain(&row.has_key),
    ]
}

/// What its status leaves open: when what is stopped is deleted, or that the key is still to come.
pub fn note(locale: Locale, row: &LicenseRow) -> Option<String> {
    match (row.status, row.deleted_on) {
        (LicenseStatus::Suspended, Some(day)) => {
            Some(t!(locale, "license-deleted-on", day = format::day(locale, day)))
        }
        (LicenseStatus::Deleted, _) => None,
        _ => (!row.has_key).then(|| t!(locale, "license-key-soon")),
    }
}

/// The last day in words.
pub fn until(locale: Locale, day: Option<Date>) -> String {
    day.map_or_else(|| t!(locale, "paid-until-unknown"), |day| format::day(locale, day))
}

fn table(locale: Locale, asked: &Asked, rows: Vec<LicenseRow>) -> impl IntoView + use<> {
    let columns = vec![
        asked.sortable(BY_NUMBER, Column::text(t!(locale, "col-license"))),
        Column::text(t!(locale, "col-server")),
        Column::text(t!(locale, "col-status")),
        asked.sortable(BY_END, Column::text(t!(locale, "col-paid-until"))),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = format!("/my/licenses/{}", row.id);
            let plan = row.plan.get(locale).to_owned();
            let (tone, status) = format::license_status(locale, row.status);
            let note = note(locale, &row);
            let until = until(locale, row.expires_on);
            let number = row.number.to_string();
            let sub = row.name.map_or_else(|| number.clone(), |name| format!("{name}, {number}"));
            view! {
                <tr>
                    <RowHead sub=sub>
                        <a href=href>{plan}</a>
                    </RowHead>
                    <Cell label=t!(locale, "col-server")>{server(locale, row.ip)}</Cell>
                    <Cell label=t!(locale, "col-status") sub=note>
                        <StatusPill tone=tone label=status />
                    </Cell>
                    <Cell label=t!(locale, "col-paid-until")>{until}</Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "licenses-title") columns=columns>
            {rows}
        </DataTable>
    }
}
