//! What waits for a person: the evidence of both sides, and the ways out.

use domain::operation::OperationKind;
use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::operations::{Advice, CASE_SORTS, CASES_BY_TIME, Case, CaseFilter};
use portal::people::Permission;

use super::{Shown, change, desk_order, frame, instant, page, refusal};
use crate::api::ApiError;
use crate::components::{
    DefinitionGrid, Disclosure, Fact, Field, Notice, PageHead, Panel, TextArea, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, boxes};
use crate::{format, t};

/// Cases of a page: each is a page of evidence in itself.
const CASES: u16 = 20;

/// `/admin/inbox`
#[component]
pub fn DeskInbox() -> impl IntoView {
    page(inbox)
}

async fn inbox(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.inbox(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "inbox-title");
    let may = staff.role.may(Permission::DecideOperations);
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-desk"))}
        {asked.select_field(locale, "kind", t!(locale, "operation-kind"), kinds(locale))}
        {asked.sort_field(locale)}
    }
    .into_any();
    let nothing = Nothing {
        icon: "inbox",
        title: t!(locale, "inbox-empty"),
        text: t!(locale, "inbox-empty-text"),
        action: None,
    };
    let several = may && listed.rows.len() > 1;
    let content = boxes(&cx, &asked, fields, listed, nothing, |cases| {
        let all = several.then(|| {
            let href = asked.address_with("select", "all");
            view! {
                <p class="small">
                    <a href=href>{t!(locale, "inbox-select-all")}</a>
                </p>
            }
        });
        let cases = cases.iter().map(|case| one_case(&cx, case, may, several)).collect_view();
        view! {
            {all}
            {cases}
        }
        .into_any()
    });
    let bulk = several.then(|| bulk(&cx));
    let refused = if decided(&cx).is_some() {
        t!(locale, "inbox-refused-some")
    } else {
        t!(locale, "inbox-refused")
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "inbox-lead") />
        {refusal(&cx, refused)}
        {done(&cx)}
        <div class="bulk">
            {content}
            {bulk}
        </div>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/inbox", main))
}

/// How many of several were decided although others were refused.
fn decided(cx: &Context) -> Option<u32> {
    cx.typed("decided")?.parse().ok().filter(|count| *count > 0)
}

/// What the last form did.
fn done(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    let count = match &cx.refused {
        Some(_) => decided(cx)?,
        None => cx.query("done")?.parse().ok()?,
    };
    let text = t!(locale, "inbox-done", count = count);
    Some(
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{text}</p>
            </Notice>
        }
        .into_any(),
    )
}

fn asked(cx: &Context) -> (Asked, CaseFilter) {
    let usual = Paging::first(CASES_BY_TIME, CASES);
    let mut asked = Asked::read(cx, "/admin/inbox", &["q", "kind"], &CASE_SORTS, usual);
    let kind = asked.parsed("kind", OperationKind::from_word);
    let filter = CaseFilter { kind, needle: asked.needle() };
    (asked, filter)
}

/// The kinds as choices of a filter.
pub fn kinds(locale: Locale) -> Vec<(String, String)> {
    OperationKind::ALL.map(|kind| (kind.as_str().to_owned(), what(locale, kind))).to_vec()
}

/// What was to be done, a purchase included.
pub fn what(locale: Locale, kind: OperationKind) -> String {
    change::name(locale, kind).unwrap_or_else(|| t!(locale, "inbox-purchase"))
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "operation",
    "kind",
    "customer",
    "customer_id",
    "order",
    "plan",
    "server_ip",
    "price",
    "currency",
    "reference",
    "vendor_number",
    "asked_at",
    "attempts",
    "why",
];

/// The rows of the file.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.inbox(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |case| {
        vec![
            Value::plain(&case.number),
            Value::plain(case.kind.as_str()),
            Value::text(case.customer),
            Value::plain(&case.customer_id),
            case.order.map_or_else(Value::empty, |(_, number)| Value::plain(&number)),
            Value::text(case.plan.get(cx.locale)),
            Value::plain(&case.ip.unwrap_or_default()),
            Value::amount(case.price),
            Value::currency(case.price),
            Value::plain(&case.reference),
            Value::maybe(case.upstream_id),
            Value::time(case.at),
            Value::plain(&case.attempts.len()),
            Value::text(case.why.lines().next().unwrap_or_default()),
        ]
    }))
}

/// A box that is ticked for the form below all cases. It says what was seen: the operation, its
/// number, and the vendor's number if there is one to adopt.
fn pick(cx: &Context, case: &Case) -> AnyView {
    let locale = cx.locale;
    let value =
        format!("{} {} {}", case.operation, case.number, case.advice.only().unwrap_or_default());
    let checked = match cx.typed("cases") {
        Some(cases) => cases.split(' ').any(|id| id == case.operation.to_string()),
        None => cx.query("select").as_deref() == Some("all"),
    };
    let label = t!(locale, "inbox-select-one", number = case.number);
    view! {
        <label class="pick">
            <input
                type="checkbox"
                name="cases[]"
                value=value.trim_end().to_owned()
                form="bulk"
                checked=checked
                aria-label=label
            />
            {t!(locale, "inbox-select")}
        </label>
    }
    .into_any()
}

/// One verdict on all ticked cases.
fn bulk(cx: &Context) -> AnyView {
    let locale = cx.locale;
    let several = cx.typed("cases").is_some();
    let reason = cx.typed("reason").filter(|_| several);
    let error = cx.error_of("bulk-reason");
    view! {
        <form class="bulk-bar bulk-form" id="bulk" method="post" action="/admin/decide-many">
            <p class="bulk-count">{t!(locale, "inbox-selected")}</p>
            <Field
                label=t!(locale, "inbox-bulk-reason")
                name="reason"
                id="bulk-reason"
                maxlength=500
                autocomplete="off"
                required=true
                value=reason
                error=error
            />
            <div class="actions">
                <button class="btn" type="submit" name="verdict" value="happened">
                    {t!(locale, "inbox-bulk-happened")}
                </button>
                <button class="btn" type="submit" name="verdict" value="again">
                    {t!(locale, "inbox-again")}
                </button>
                <button class="btn btn-danger" type="submit" name="verdict" value="give-up">
                    {t!(locale, "inbox-give-up")}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn one_case(cx: &Context, case: &Case, may: bool, several: bool) -> AnyView {
    let locale = cx.locale;
    let what = what(locale, case.kind);
    let title = t!(locale, "inbox-case", number = case.number, what = what);
    let id = format!("case-{}", case.number);
    let (first, rest) = case.why.split_once('\n').unwrap_or((&case.why, ""));
    let why = first.to_owned();
    let evidence = (!rest.is_empty()).then(|| {
        let rest = rest.to_owned();
        view! {
            <Disclosure summary=t!(locale, "inbox-vendor-side")>
                <pre class="code">{rest}</pre>
            </Disclosure>
        }
    });
    let attempts = case
        .attempts
        .iter()
        .map(|attempt| desk_order::one_attempt(locale, attempt, Vec::new()))
        .collect_view();
    let facts = facts(locale, case);
    let form = may.then(|| form(cx, case));
    let pick = several.then(|| pick(cx, case));
    view! {
        <Panel title=title id=id actions=pick>
            <div class="stack">
                <Notice tone=Tone::Warning>
                    <p>{why}</p>
                </Notice>
                {facts}
                {evidence}
                {attempts}
                {form}
            </div>
        </Panel>
    }
    .into_any()
}

fn facts(locale: Locale, case: &Case) -> impl IntoView + use<> {
    let plan = case.plan.get(locale).to_owned();
    let ip = super::server(locale, case.ip.clone());
    let customer = case.customer.clone();
    let customer_page = format!("/admin/customers/{}", case.customer_id);
    let price = format::money(locale, case.price);
    let reference = case.reference.clone();
    let at = case.at;
    let order = case.order.map(|(order, number)| {
        let href = format!("/admin/orders/{order}");
        view! {
            <Fact label=t!(locale, "fact-order")>
                <a href=href>{number.to_string()}</a>
            </Fact>
        }
    });
    let number = case.upstream_id.clone().map(|number| {
        view! { <Fact label=t!(locale, "fact-vendor-number")>{number}</Fact> }
    });
    let operation = format!("/admin/operations/{}", case.operation);
    let number_of = case.number.to_string();
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "fact-operation")>
                <a href=operation>{number_of}</a>
            </Fact>
            <Fact label=t!(locale, "col-customer")>
                <a href=customer_page>{customer}</a>
            </Fact>
            <Fact label=t!(locale, "col-plan")>{plan}</Fact>
            <Fact label=t!(locale, "col-server")>{ip}</Fact>
            <Fact label=t!(locale, "inbox-held")>{price}</Fact>
            <Fact label=t!(locale, "fact-reference")>
                <code>{reference}</code>
            </Fact>
            {number}
            {order}
            <Fact label=t!(locale, "inbox-since")>{instant(locale, at)}</Fact>
        </DefinitionGrid>
    }
}

/// What the vendor's site shows after the work: nothing else will ever tell.
fn by_hand(cx: &Context, case: &Case) -> impl IntoView + use<> {
    let locale = cx.locale;
    let id = |name: &str| format!("{name}-{}", case.number);
    let (key, until) = (id("key"), id("until"));
    let key_typed = cx.typed(&key).unwrap_or_default();
    let until_typed = cx.typed(&until).unwrap_or_default();
    let (key_error, until_error) = (cx.error_of(&key), cx.error_of(&until));
    view! {
        <div class="pair">
            <Field
                label=t!(locale, "license-key")
                name="key"
                id=key
                maxlength=200
                autocomplete="off"
                value=key_typed
                error=key_error
            />
            <Field
                label=t!(locale, "col-paid-until")
                name="until"
                id=until
                kind="date"
                value=until_typed
                error=until_error
            />
        </div>
    }
}

/// The advised button first; all of them say why in the audit.
fn form(cx: &Context, case: &Case) -> AnyView {
    let locale = cx.locale;
    let id = |name: &str| format!("{name}-{}", case.number);
    let numbers = match &case.advice {
        Advice::Adopt(numbers) => numbers.clone(),
        Advice::Look => Vec::new(),
    };
    let adopt = numbers
        .iter()
        .map(|number| {
            let value = format!("happened {number}");
            let label = t!(locale, "inbox-adopt", number = number.clone());
            view! {
                <button class="btn" type="submit" name="verdict" value=value>
                    {label}
                </button>
            }
        })
        .collect_view();
    let purchase = case.order.is_some();
    let number = purchase.then(|| {
        let typed = cx.typed(&id("number")).unwrap_or_default();
        view! {
            <Field
                label=t!(locale, "inbox-number")
                name="number"
                id=id("number")
                maxlength=60
                hint=t!(locale, "inbox-number-hint")
                value=typed
                error=cx.error_of(&id("number"))
            />
        }
    });
    let shown = case.by_hand.then(|| by_hand(cx, case));
    let happened =
        if purchase { t!(locale, "inbox-happened-number") } else { t!(locale, "inbox-happened") };
    let first = case.why.lines().next().unwrap_or_default().to_owned();
    let reason = cx.typed(&id("reason")).unwrap_or(first);
    let operation = case.operation.to_string();
    let number_of = case.number.to_string();
    view! {
        <form class="form" method="post" action="/admin/decide">
            <input type="hidden" name="operation" value=operation />
            <input type="hidden" name="case" value=number_of />
            {number} {shown}
            <TextArea
                label=t!(locale, "inbox-reason")
                name="reason"
                id=id("reason")
                rows=2
                required=true
                value=reason
                hint=t!(locale, "inbox-reason-hint")
                error=cx.error_of(&id("reason"))
            />
            <div class="actions">
                {adopt}
                <button class="btn" type="submit" name="verdict" value="happened">
                    {happened}
                </button>
                <button class="btn" type="submit" name="verdict" value="again">
                    {t!(locale, "inbox-again")}
                </button>
                <button class="btn btn-danger" type="submit" name="verdict" value="give-up">
                    {t!(locale, "inbox-give-up")}
                </button>
            </div>
        </form>
    }
    .into_any()
}
