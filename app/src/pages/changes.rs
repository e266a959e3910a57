//! What was done to a customer's licenses, and what is under way.

use domain::operation::{OperationKind, OperationState};
use leptos::prelude::*;
use portal::licenses::{CHANGE_SORTS, CHANGES_BY_PRICE, CHANGES_BY_TIME, ChangeFilter, UnderWay};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;

use super::{PAGE, Shown, change, frame, page};
use crate::api::ApiError;
use crate::components::{
    ActionsCell, Breadcrumbs, Cell, Column, Crumb, DataTable, LinkButton, Money, PageHead, RowHead,
    StatusPill, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list, sortable};
use crate::{format, t};

/// `/my/changes`
#[component]
pub fn Changes() -> impl IntoView {
    page(changes)
}

async fn changes(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.license_changes(viewer, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "changes-title");
    let crumbs =
        vec![Crumb::link("/my/licenses", t!(locale, "licenses-title")), Crumb::here(title.clone())];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let fields = view! {
        {asked.text_field(locale, "license", t!(locale, "filter-license-number"), false)}
        {asked.select_field(locale, "kind", t!(locale, "col-kind"), kinds(locale))}
        {asked.select_field(locale, "state", t!(locale, "col-status"), states(locale))}
        {asked.sort_field(locale)}
        {asked.day_fields(locale)}
    }
    .into_any();
    let licenses = view! {
        <LinkButton href="/my/licenses">{t!(locale, "changes-open-licenses")}</LinkButton>
    }
    .into_any();
    let nothing = Nothing {
        icon: "history",
        title: t!(locale, "changes-empty"),
        text: t!(locale, "changes-empty-text"),
        action: Some(licenses),
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, Some(&asked), rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "changes-lead") crumbs=crumbs />
        {content}
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/licenses", main).await
}

fn asked(cx: &Context) -> (Asked, ChangeFilter) {
    let names = ["license", "kind", "state", "from", "to"];
    let usual = Paging::first(CHANGES_BY_TIME, PAGE);
    let mut asked = Asked::read(cx, "/my/changes", &names, &CHANGE_SORTS, usual);
    let filter = ChangeFilter {
        license: asked.parsed("license", |text| text.parse().ok()),
        kind: asked.parsed("kind", kind_of),
        state: asked.parsed("state", OperationState::from_word),
        days: asked.days(),
    };
    (asked, filter)
}

/// A purchase is an order and no change.
fn kind_of(word: &str) -> Option<OperationKind> {
    OperationKind::from_word(word).filter(|kind| *kind != OperationKind::Order)
}

/// The kinds as choices of a filter.
fn kinds(locale: Locale) -> Vec<(String, String)> {
    let named = |kind: OperationKind| Some((kind.as_str().to_owned(), change::name(locale, kind)?));
    OperationKind::ALL.into_iter().filter_map(named).collect()
}

/// The states as choices of a filter.
fn states(locale: Locale) -> Vec<(String, String)> {
    OperationState::ALL
        .map(|state| {
            let (_, _, label) = status(locale, state);
            (state.as_str().to_owned(), label)
        })
        .to_vec()
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "operation",
    "license",
    "change",
    "state",
    "asked_at",
    "finished_at",
    "price",
    "currency",
    "vendor_said",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let viewer = cx.customer()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.license_changes(viewer, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |row| {
        vec![
            Value::plain(&row.number),
            Value::plain(&row.license_number),
            Value::plain(row.kind.as_str()),
            Value::plain(row.state.as_str()),
            Value::time(row.at),
            row.finished_at.map_or_else(Value::empty, Value::time),
            Value::amount(row.price),
            Value::currency(row.price),
            Value::maybe(row.vendor_message),
        ]
    }))
}

/// Where a change stands: colour, icon, word.
pub fn status(locale: Locale, state: OperationState) -> (Tone, &'static str, String) {
    match state {
        OperationState::Confirmed => (Tone::Success, "circle-check", t!(locale, "change-done")),
        OperationState::Rejected => (Tone::Danger, "circle-x", t!(locale, "change-not-done")),
        state => format::order_status(locale, state, true),
    }
}

/// Changes as a table; on the list's own page it sorts and names the licenses.
pub fn table(locale: Locale, asked: Option<&Asked>, rows: Vec<UnderWay>) -> impl IntoView + use<> {
    let many = asked.is_some();
    let mut columns = vec![
        Column::text(t!(locale, "col-kind")),
        Column::text(t!(locale, "col-status")),
        sortable(asked, CHANGES_BY_TIME, Column::text(t!(locale, "col-when-utc"))),
        sortable(asked, CHANGES_BY_PRICE, Column::num(t!(locale, "col-price"))),
    ];
    // Rarely there is something to take back.
    let actions = rows.iter().any(|row| row.can_cancel);
    if actions {
        columns.push(Column::actions(t!(locale, "col-actions")));
    }
    if many {
        columns.insert(1, Column::text(t!(locale, "col-license")));
    }
    let rows = rows.into_iter().map(|row| one(locale, many, actions, row)).collect_view();
    view! {
        <DataTable caption=t!(locale, "license-changes") columns=columns>
            {rows}
        </DataTable>
    }
}

fn one(locale: Locale, many: bool, actions: bool, row: UnderWay) -> impl IntoView + use<> {
    let (tone, icon, word) = status(locale, row.state);
    let name = change::name(locale, row.kind).unwrap_or_default();
    let license = row.license;
    let of = many.then(|| {
        let href = format!("/my/licenses/{license}");
        view! {
            <Cell label=t!(locale, "col-license")>
                <a href=href>{row.license_number.to_string()}</a>
            </Cell>
        }
    });
    let said = row.vendor_message.map(|said| {
        let text = format!("{}: {said}", t!(locale, "fact-vendor-said"));
        view! { <span class="cell-sub">{text}</span> }
    });
    let until = row.undo_until.filter(|_| row.can_cancel).map(|at| {
        let at = format::moment(locale, at);
        let text = t!(locale, "change-sent-at", at = at);
        view! { <span class="cell-sub">{text}</span> }
    });
    let operation = row.operation.to_string();
    let cancel = row.can_cancel.then(|| {
        view! {
            <form method="post" action="/my/license-cancel">
                <input type="hidden" name="license" value=license.to_string() />
                <input type="hidden" name="operation" value=operation />
                <button class="btn btn-sm" type="submit">
                    {t!(locale, "change-take-back")}
                </button>
            </form>
        }
    });
    let price = if row.price.is_zero() {
        t!(locale, "change-free").into_any()
    } else {
        view! { <Money text=format::money(locale, row.price) /> }.into_any()
    };
    let at = row.at;
    view! {
        <tr>
            <RowHead>
                <span>{name} {said} {until}</span>
            </RowHead>
            {of}
            <Cell label=t!(locale, "col-status")>
                <StatusPill tone=tone icon=icon label=word />
            </Cell>
            <Cell label=t!(locale, "col-when-utc")>
                <time datetime=format::machine(at)>{format::moment(locale, at)}</time>
            </Cell>
            <Cell label=t!(locale, "col-price") num=true>
                {price}
            </Cell>
            {actions.then(|| view! { <ActionsCell>{cancel}</ActionsCell> })}
        </tr>
    }
}
