//! Who changed what, before and after, for the staff.

use leptos::prelude::*;
use portal::audit::{Actor, ActorFilter, AuditFilter, BY_TIME, Change, Line, SORTS};
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;

use super::{DESK_PAGE, Shown, frame, page};
use crate::api::ApiError;
use crate::components::{Cell, Column, DataTable, Disclosure, PageHead, RowHead};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, list, sortable};
use crate::{format, t};

/// Changes that are shown at once, and characters of a value.
const CHANGES: usize = 6;
const LENGTH: usize = 80;
/// The word for nobody in addresses.
const NOBODY: &str = "portal";

/// `/admin/audit`
#[component]
pub fn DeskAudit() -> impl IntoView {
    page(audit)
}

async fn audit(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let failed = |error| cx.failed(&error);
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.audit(staff, &filter, &asked.paging)).await?;
    let (actions, types) = cx.portal.audit_words(staff).await.map_err(failed)?;
    let names = cx.portal.staff_names(staff).await.map_err(failed)?;
    let locale = cx.locale;
    let title = t!(locale, "audit-title");
    let mut actors = vec![(NOBODY.to_owned(), t!(locale, "audit-nobody"))];
    actors.extend(names.into_iter().map(|(id, email)| (id.to_string(), email)));
    let actions = actions.into_iter().map(|word| (word.clone(), action(locale, &word))).collect();
    let types = types.into_iter().map(|word| (word.clone(), object_type(locale, &word))).collect();
    let fields = view! {
        {asked.select_field(locale, "actor", t!(locale, "col-actor"), actors)}
        {asked.select_field(locale, "action", t!(locale, "col-action"), actions)}
        {asked.select_field(locale, "type", t!(locale, "filter-object-type"), types)}
        {asked.text_field(locale, "object", t!(locale, "filter-object"), false)}
        {asked.day_fields(locale)}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "history",
        title: t!(locale, "audit-empty"),
        text: t!(locale, "audit-empty-text"),
        action: None,
    };
    let content = list(&cx, &asked, None, fields, listed, nothing, |rows| {
        table(locale, Some(&asked), rows).into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "audit-lead") />
        {content}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/audit", main))
}

fn asked(cx: &Context) -> (Asked, AuditFilter) {
    let names = ["actor", "action", "type", "object", "from", "to"];
    let usual = Paging::first(BY_TIME, DESK_PAGE);
    let mut asked = Asked::read(cx, "/admin/audit", &names, &SORTS, usual);
    let filter = AuditFilter {
        actor: asked.parsed("actor", |word| match word {
            NOBODY => Some(ActorFilter::Nobody),
            id => id.parse().ok().map(ActorFilter::User),
        }),
        action: asked.value("action").map(str::to_owned),
        object_type: asked.value("type").map(str::to_owned),
        object: asked.parsed("object", |id| id.parse().ok()),
        days: asked.days(),
    };
    (asked, filter)
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "line",
    "at",
    "actor",
    "action",
    "object_type",
    "object_id",
    "object",
    "before",
    "after",
    "reason",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.audit(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |line| {
        vec![
            Value::plain(&line.number),
            Value::time(line.at),
            match line.actor {
                Actor::User(email) => Value::text(email),
                Actor::CommandLine => Value::plain("command-line"),
                Actor::Portal => Value::plain(NOBODY),
            },
            Value::plain(&line.action),
            Value::plain(&line.object_type),
            Value::plain(&line.object_id),
            Value::maybe(line.object),
            Value::maybe(line.before.map(|value| value.to_string())),
            Value::maybe(line.after.map(|value| value.to_string())),
            Value::maybe(line.reason),
        ]
    }))
}

/// What was done, in words; the word itself where there are none.
fn action(locale: Locale, word: &str) -> String {
    match word {
        "wallet.credit" => t!(locale, "action-wallet-credit"),
        "wallet.credit_limit" => t!(locale, "action-wallet-limit"),
        "wallet.refund" => t!(locale, "action-wallet-refund"),
        "operation.decide" => t!(locale, "action-operation-decide"),
        "finding.settle" => t!(locale, "action-finding-settle"),
        "customer.rename" => t!(locale, "action-customer-rename"),
        "customer.group" => t!(locale, "action-customer-group"),
        "customer.block" => t!(locale, "action-customer-block"),
        "customer.unblock" => t!(locale, "action-customer-unblock"),
        "staff.create" => t!(locale, "action-staff-create"),
        "staff.role" => t!(locale, "action-staff-role"),
        "staff.disable" => t!(locale, "action-staff-disable"),
        "staff.enable" => t!(locale, "action-staff-enable"),
        "pricelist.create" => t!(locale, "action-pricelist-create"),
        "pricelist.publish" => t!(locale, "action-pricelist-publish"),
        "cost.change" => t!(locale, "action-cost-change"),
        "upstream.add" => t!(locale, "action-upstream-add"),
        "upstream.set" => t!(locale, "action-upstream-set"),
        "upstream.password" => t!(locale, "action-upstream-password"),
        "upstream.ping" => t!(locale, "action-upstream-ping"),
        "upstream.read" => t!(locale, "action-upstream-read"),
        "upstream.import" => t!(locale, "action-upstream-import"),
        other => other.to_owned(),
    }
}

fn object_type(locale: Locale, word: &str) -> String {
    match word {
        "customer" => t!(locale, "col-customer"),
        "user" => t!(locale, "object-staff"),
        "pricelist" => t!(locale, "object-pricelist"),
        "plan" => t!(locale, "object-plan"),
        "operation" => t!(locale, "fact-operation"),
        other => other.to_owned(),
    }
}

fn actor(locale: Locale, actor: Actor) -> String {
    match actor {
        Actor::User(email) => email,
        Actor::CommandLine => t!(locale, "audit-command-line"),
        Actor::Portal => t!(locale, "audit-portal"),
    }
}

/// What the line itself says of its object.
fn noted(line: &Line, name: &str) -> Option<String> {
    let value = line.after.as_ref()?.get(name)?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Where the object is; its history where it has no page.
fn object_href(line: &Line) -> String {
    match line.object_type.as_str() {
        "customer" => format!("/admin/customers/{}", line.object_id),
        "order" => format!("/admin/orders/{}", line.object_id),
        "operation" => format!("/admin/operations/{}", line.object_id),
        "pricelist" => match (noted(line, "group"), noted(line, "version")) {
            (Some(group), Some(version)) => {
                format!("/admin/pricelists/{group}/versions/{version}")
            }
            (Some(group), None) => format!("/admin/pricelists/{group}"),
            _ => "/admin/pricelists".to_owned(),
        },
        "plan" => noted(line, "plan")
            .map_or_else(|| "/admin/costs".to_owned(), |slug| format!("/admin/costs/{slug}")),
        _ => format!("/admin/audit?object={}", line.object_id),
    }
}

/// Lines of the audit as a table; on the audit's own page it sorts and names the objects.
pub fn table(locale: Locale, asked: Option<&Asked>, rows: Vec<Line>) -> impl IntoView + use<> {
    let many = asked.is_some();
    let mut columns = vec![
        Column::text(t!(locale, "col-action")),
        sortable(asked, BY_TIME, Column::text(t!(locale, "col-when-utc"))),
        Column::text(t!(locale, "col-changes")),
    ];
    if many {
        columns.insert(1, Column::text(t!(locale, "col-object")));
    }
    let rows = rows
        .into_iter()
        .map(|line| {
            let object = many.then(|| {
                let href = object_href(&line);
                let name = line
                    .object
                    .clone()
                    .or_else(|| noted(&line, "group"))
                    .or_else(|| noted(&line, "plan"))
                    .unwrap_or_else(|| line.object_id.to_string());
                view! {
                    <Cell
                        label=t!(locale, "col-object")
                        sub=object_type(locale, &line.object_type)
                    >
                        <a href=href>{name}</a>
                    </Cell>
                }
            });
            let done = action(locale, &line.action);
            let at = line.at;
            let changes = changes(locale, &line);
            view! {
                <tr>
                    <RowHead sub=actor(locale, line.actor)>{done}</RowHead>
                    {object}
                    <Cell label=t!(locale, "col-when-utc")>
                        <time datetime=format::machine(at)>{format::moment(locale, at)}</time>
                    </Cell>
                    <Cell label=t!(locale, "col-changes") sub=line.reason>
                        {changes}
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "audit-title") columns=columns>
            {rows}
        </DataTable>
    }
}

/// What is different afterwards; all of it, and long values whole, unfold.
fn changes(locale: Locale, line: &Line) -> AnyView {
    let changes = line.changes();
    let long =
        |value: &Option<String>| value.as_ref().is_some_and(|value| value.chars().count() > LENGTH);
    let whole = changes.len() <= CHANGES
        && !changes.iter().any(|change| long(&change.before) || long(&change.after));
    let shown = view! {
        <span class="changes">
            {changes.iter().take(CHANGES).map(|each| one(locale, each, LENGTH)).collect_view()}
        </span>
    };
    if whole {
        return shown.into_any();
    }
    let summary = t!(locale, "audit-all-changes", count = changes.len());
    let all = changes.iter().map(|each| one(locale, each, usize::MAX)).collect_view();
    view! {
        <div>
            {shown}
            <Disclosure summary=summary>
                <div class="changes">{all}</div>
            </Disclosure>
        </div>
    }
    .into_any()
}

fn one(locale: Locale, change: &Change, length: usize) -> impl IntoView + use<> {
    let cut = |value: &String| {
        let mut text: String = value.chars().take(length).collect();
        if text.len() < value.len() {
            text.push('…');
        }
        text
    };
    let before = change.before.as_ref().map(cut);
    let after = change.after.as_ref().map(cut);
    let becomes = (before.is_some() && after.is_some()).then(|| {
        view! { <span class="visually-hidden">{t!(locale, "form-becomes")}</span> }
    });
    view! {
        <span class="change">
            <span class="muted">{format!("{}: ", change.name)}</span>
            {before.map(|text| view! { <del>{text}</del> })} " " {becomes} " "
            {after.map(|text| view! { <ins>{text}</ins> })}
        </span>
    }
}
