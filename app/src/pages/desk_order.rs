//! An order with its evidence, for the staff.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::orders::{Attempt, DeskOrder, Event, EventKind};

use super::desk_operation::{place, refund, refunded};
use super::desk_orders::margin;
use super::prices::group_of_code;
use super::{Shown, frame, id_param, instant, order, page, refusal};
use crate::api::{ApiError, progress_of};
use crate::components::{
    Breadcrumbs, Crumb, DefinitionGrid, Disclosure, Fact, PageHead, Panel, StatusPill, StepState,
    Timeline, TimelineItem, TotalRow, Totals,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/orders/{id}`
#[component]
pub fn DeskOrderPage() -> impl IntoView {
    page(desk_order)
}

async fn desk_order(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let id = id_param()?;
    let order = cx
        .portal
        .desk_order(staff, id)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let detail = &order.detail;
    let title = t!(locale, "order-title", number = detail.row.number);
    let (tone, icon, status) = format::order_status(locale, detail.row.state, detail.row.has_key);
    let status = view! { <StatusPill tone=tone icon=icon label=status /> }.into_any();
    let crumbs = vec![
        Crumb::link("/admin/orders", t!(locale, "desk-orders-title")),
        Crumb::here(detail.row.number.to_string()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let history = history(locale, &order);
    let evidence = evidence(locale, &order.attempts, &detail.events);
    let charge = cx.portal.charge(staff, detail.operation).await;
    let charge = charge.map_err(|error| cx.failed(&error))?;
    let money = money(locale, &order);
    let refund = charge.map(|charge| refund(&cx, staff, Some(id), detail.operation, &charge));
    let facts = facts(locale, &order);
    let whose = whose(locale, &order).into_any();
    let summary = order::summary(locale, detail, t!(locale, "desk-order-ordered"), Some(whose));
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=order::what(locale, detail)
            status=status
            crumbs=crumbs
        />
        {refusal(&cx, t!(locale, "refund-refused"))}
        {refunded(&cx)}
        <div class="columns">
            <div class="column">
                <Panel title=t!(locale, "desk-order-history") id="history">
                    {history}
                </Panel>
                <Panel title=t!(locale, "desk-order-evidence") id="evidence">
                    {evidence}
                </Panel>
                <Panel title=t!(locale, "desk-order-facts") id="facts">
                    {facts}
                </Panel>
            </div>
            <div class="column">
                <Panel title=t!(locale, "desk-order-money") id="money">
                    {money}
                    {refund}
                </Panel>
                {summary}
            </div>
        </div>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/orders", main))
}

/// What went wrong on the way, with the attempt that it belongs to.
pub(super) fn trouble<'a>(attempts: &[Attempt], event: &'a Event) -> Option<(usize, &'a str)> {
    if !matches!(event.kind, EventKind::NotSent | EventKind::Unclear) {
        return None;
    }
    let attempt = attempts.iter().rposition(|attempt| attempt.sent_at <= event.at)?;
    Some((attempt, event.detail.as_deref().filter(|text| !text.is_empty())?))
}

/// As the customer sees it, with what was noted at each step.
fn history(locale: Locale, order: &DeskOrder) -> impl IntoView + use<> {
    let details = order.detail.events.iter().map(|event| {
        // The words of a broken connection are evidence, and fold away with it.
        event.detail.clone().filter(|_| trouble(&order.attempts, event).is_none())
    });
    let items = progress_of(locale, &order.detail)
        .steps
        .into_iter()
        .zip(details.chain(std::iter::repeat(None)))
        .map(|(step, detail)| {
            let detail = detail.filter(|text| !text.is_empty() && !step.text.contains(text));
            view! {
                <TimelineItem
                    state=StepState::from_word(&step.state)
                    state_label=step.state_label
                    title=step.title
                    time=step.time
                    datetime=step.datetime
                    text=step.text
                >
                    {detail.map(|text| view! { <p class="timeline-text mono">{text}</p> })}
                </TimelineItem>
            }
        })
        .collect_view();
    view! { <Timeline>{items}</Timeline> }
}

/// Everything that was sent, each with what went wrong on its way.
pub(super) fn evidence(locale: Locale, attempts: &[Attempt], events: &[Event]) -> AnyView {
    if attempts.is_empty() {
        return view! { <p class="muted">{t!(locale, "desk-order-nothing-sent")}</p> }.into_any();
    }
    let shown = attempts.iter().enumerate().map(|(place, attempt)| {
        let noted = events
            .iter()
            .filter_map(|event| trouble(attempts, event))
            .filter(|(of, _)| *of == place)
            .map(|(_, text)| text.to_owned())
            .collect();
        one_attempt(locale, attempt, noted)
    });
    shown.collect_view().into_any()
}

pub(super) fn one_attempt(
    locale: Locale,
    attempt: &Attempt,
    noted: Vec<String>,
) -> impl IntoView + use<> {
    let outcome = match attempt.outcome.as_deref() {
        None => t!(locale, "attempt-no-outcome"),
        Some("confirmed") => t!(locale, "attempt-confirmed"),
        Some("refused") => t!(locale, "attempt-refused"),
        Some("unknown") => t!(locale, "attempt-unknown"),
        Some("not_sent") => t!(locale, "attempt-not-sent"),
        Some(other) => other.to_owned(),
    };
    let summary = t!(locale, "attempt-title", number = attempt.number, outcome = outcome);
    let answered = match attempt.answered_at {
        Some(at) => format::clock(locale, at),
        None => t!(locale, "attempt-unanswered"),
    };
    let answer = attempt.answer.clone().unwrap_or_else(|| t!(locale, "attempt-unanswered"));
    let request = attempt.request.clone();
    let sent = format::clock(locale, attempt.sent_at);
    let noted =
        noted.into_iter().map(|text| view! { <p class="small mono">{text}</p> }).collect_view();
    view! {
        <Disclosure summary=summary>
            <div class="stack-s">
                <p class="small muted">{t!(locale, "attempt-sent", at = sent)}</p>
                <pre class="code">{request}</pre>
                <p class="small muted">{t!(locale, "attempt-answered", at = answered)}</p>
                <pre class="code">{answer}</pre>
                {noted}
            </div>
        </Disclosure>
    }
}

fn money(locale: Locale, order: &DeskOrder) -> impl IntoView + use<> {
    let place = place(locale, order.detail.money, order.desk.row.price);
    let price = format::money(locale, order.desk.row.price);
    let cost = format::money(locale, order.desk.cost);
    let margin = margin(locale, &order.desk);
    view! {
        <div class="stack">
            <Totals>
                <TotalRow label=t!(locale, "col-price") amount=price />
                <TotalRow label=t!(locale, "col-cost") amount=cost />
                <TotalRow label=t!(locale, "col-margin") amount=margin sum=true />
            </Totals>
            <p class="fine">{place}</p>
        </div>
    }
}

/// Who ordered, and by which prices.
fn whose(locale: Locale, order: &DeskOrder) -> impl IntoView + use<> {
    let href = format!("/admin/customers/{}", order.desk.customer_id);
    let customer = order.desk.customer.clone();
    let (group, version) = order.pricelist.clone();
    view! {
        <Fact label=t!(locale, "col-customer")>
            <a href=href>{customer}</a>
        </Fact>
        {pricelist(locale, &group, version)}
    }
}

/// The version of a pricelist that something was priced with.
pub(super) fn pricelist(locale: Locale, group: &str, version: i32) -> impl IntoView + use<> {
    let href = format!("/admin/pricelists/{group}/versions/{version}");
    let name = group_of_code(locale, group);
    let text = t!(locale, "fact-pricelist-version", group = name, version = version);
    view! {
        <Fact label=t!(locale, "fact-pricelist")>
            <a href=href>{text}</a>
        </Fact>
    }
}

fn facts(locale: Locale, order: &DeskOrder) -> impl IntoView + use<> {
    let none = || t!(locale, "none-yet");
    let vendor_number = order.upstream_id.clone().unwrap_or_else(none);
    let upstream = order.upstream.clone();
    let reference = order.reference.clone();
    let operation = order.operation_number.to_string();
    let operation_href = format!("/admin/operations/{}", order.detail.operation);
    let said = order.detail.vendor_message.clone().map(|text| {
        view! { <Fact label=t!(locale, "fact-vendor-said")>{text}</Fact> }
    });
    let next = order.detail.next_at.map(|at| {
        view! { <Fact label=t!(locale, "fact-next-look")>{instant(locale, at)}</Fact> }
    });
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "fact-vendor-account")>{upstream}</Fact>
            <Fact label=t!(locale, "fact-vendor-number")>{vendor_number}</Fact>
            <Fact label=t!(locale, "fact-reference")>
                <code>{reference}</code>
            </Fact>
            <Fact label=t!(locale, "fact-operation")>
                <a href=operation_href>{operation}</a>
            </Fact>
            {said}
            {next}
        </DefinitionGrid>
    }
}
