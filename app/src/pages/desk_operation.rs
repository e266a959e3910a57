//! An operation with its evidence and its money, for the staff.

use domain::Money as Amount;
use domain::change::Change;
use domain::operation::OperationState;
use leptos::prelude::*;
use portal::journal::OperationDetail;
use portal::locale::Locale;
use portal::orders::{Event, EventKind, MoneyState};
use portal::people::{Permission, StaffViewer};
use portal::random;
use portal::wallet::Charge;
use uuid::{Builder, Uuid};

use super::desk_inbox::what;
use super::desk_operations::object;
use super::{Shown, changes, desk_order, frame, id_param, instant, page, refusal, server};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Crumb, DefinitionGrid, Disclosure, Fact, Field, LinkButton, Notice, PageHead,
    Panel, StatusPill, StepState, TextArea, Timeline, TimelineItem, Tone, TotalRow, Totals,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/operations/{id}`
#[component]
pub fn DeskOperationPage() -> impl IntoView {
    page(operation)
}

async fn operation(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let id = id_param()?;
    let failed = |error| cx.failed(&error);
    let found = cx.portal.operation(staff, id).await.map_err(failed)?.ok_or(ApiError::NotFound)?;
    let charge = cx.portal.charge(staff, id).await.map_err(failed)?;
    let locale = cx.locale;
    let row = &found.row;
    let title = t!(locale, "inbox-case", number = row.number, what = what(locale, row.kind));
    let (tone, icon, word) = changes::status(locale, row.state);
    let pill = view! { <StatusPill tone=tone icon=icon label=word /> }.into_any();
    let crumbs = vec![
        Crumb::link("/admin/operations", t!(locale, "operations-title")),
        Crumb::here(row.number.to_string()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let subtitle = match &row.ip {
        Some(ip) => format!("{}, {ip}", row.plan.get(locale)),
        None => row.plan.get(locale).to_owned(),
    };
    let refund = charge.map(|charge| refund(&cx, staff, None, id, &charge));
    let history = history(locale, &found);
    let evidence = desk_order::evidence(locale, &found.attempts, &found.events);
    let at_vendor = at_vendor(locale, &found);
    let money = money(locale, &found);
    let summary = summary(locale, &found);
    let main = view! {
        <PageHead title=title.clone() subtitle=subtitle status=pill crumbs=crumbs />
        {refusal(&cx, t!(locale, "refund-refused"))}
        {refunded(&cx)}
        {waits(locale, &found)}
        <div class="columns">
            <div class="column">
                <Panel title=t!(locale, "desk-order-history") id="history">
                    {history}
                </Panel>
                <Panel title=t!(locale, "desk-order-evidence") id="evidence">
                    {evidence}
                </Panel>
                <Panel title=t!(locale, "desk-order-facts") id="facts">
                    {at_vendor}
                </Panel>
            </div>
            <div class="column">
                <Panel title=t!(locale, "desk-order-money") id="money">
                    {money}
                    {refund}
                </Panel>
                <Panel title=t!(locale, "license-summary") id="summary">
                    {summary}
                </Panel>
            </div>
        </div>
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/operations", main))
}

/// That the last form gave money back.
pub(super) fn refunded(cx: &Context) -> Option<AnyView> {
    let locale = cx.locale;
    cx.query("done").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "refund-done")}</p>
            </Notice>
        }
        .into_any()
    })
}

/// Where somebody decides it.
fn waits(locale: Locale, found: &OperationDetail) -> Option<AnyView> {
    (found.row.state == OperationState::Review).then(|| {
        let href = format!("/admin/inbox?q={}", found.row.number);
        let button = view! { <LinkButton href=href>{t!(locale, "operation-decide")}</LinkButton> };
        let button = button.into_any();
        view! {
            <Notice tone=Tone::Warning actions=button>
                <p>{t!(locale, "operation-waits")}</p>
            </Notice>
        }
        .into_any()
    })
}

/// An event in a sentence, and how it stands in the timeline.
fn told(locale: Locale, kind: EventKind) -> (StepState, String) {
    let done = StepState::Done;
    match kind {
        EventKind::Planned => (done, t!(locale, "event-planned")),
        EventKind::Sent => (done, t!(locale, "step-sent")),
        EventKind::NotSent => (StepState::Failed, t!(locale, "step-not-sent")),
        EventKind::Refused => (StepState::Failed, t!(locale, "step-refused")),
        EventKind::Unclear => (StepState::Unclear, t!(locale, "step-unclear")),
        EventKind::Absent => (done, t!(locale, "event-absent")),
        EventKind::Resend => (done, t!(locale, "event-resend")),
        EventKind::Confirmed => (done, t!(locale, "event-confirmed")),
        EventKind::Found => (done, t!(locale, "event-found")),
        EventKind::Key => (done, t!(locale, "step-key")),
        EventKind::Rejected => (StepState::Failed, t!(locale, "event-rejected")),
        EventKind::Review => (StepState::Review, t!(locale, "step-review")),
        EventKind::Cancelled => (done, t!(locale, "step-cancelled-free")),
        EventKind::Already => (done, t!(locale, "step-already")),
        EventKind::Decided => (done, t!(locale, "step-decided")),
        EventKind::Item => (done, t!(locale, "step-item")),
        EventKind::Short => (StepState::Failed, t!(locale, "event-short")),
        EventKind::Parked => (StepState::Unclear, t!(locale, "event-parked")),
        EventKind::Resumed => (done, t!(locale, "step-resumed")),
        EventKind::TakenBack => (StepState::Failed, t!(locale, "step-taken-back")),
    }
}

/// What comes next, while there is something.
fn next(locale: Locale, found: &OperationDetail) -> Option<AnyView> {
    let title = match found.row.state {
        OperationState::Planned => t!(locale, "step-next-send"),
        OperationState::Sent => t!(locale, "step-next-answer"),
        OperationState::Unknown => t!(locale, "event-next-look"),
        OperationState::Parked => t!(locale, "step-next-parked"),
        _ => return None,
    };
    let label = t!(locale, "state-current");
    let state = StepState::Current;
    Some(view! { <TimelineItem state=state state_label=label title=title /> }.into_any())
}

fn history(locale: Locale, found: &OperationDetail) -> impl IntoView + use<> {
    let items = found.events.iter().map(|event| one_event(locale, found, event)).collect_view();
    let next = next(locale, found);
    view! { <Timeline>{items} {next}</Timeline> }
}

/// What follows from it, where its title does not say so.
fn consequence(locale: Locale, kind: EventKind) -> Option<String> {
    match kind {
        EventKind::NotSent => Some(t!(locale, "step-not-sent-text")),
        EventKind::Unclear => Some(t!(locale, "event-unclear-text")),
        _ => None,
    }
}

/// The first line says why; what the vendor showed unfolds.
fn one_event(locale: Locale, found: &OperationDetail, event: &Event) -> impl IntoView + use<> {
    let (state, title) = told(locale, event.kind);
    // The words of a broken connection are evidence, and fold away with it.
    let folded = desk_order::trouble(&found.attempts, event).is_some();
    let detail = event.detail.clone().filter(|_| !folded).unwrap_or_default();
    let (first, rest) = detail.split_once('\n').unwrap_or((&detail, ""));
    let first = (!first.is_empty()).then(|| {
        let first = first.to_owned();
        view! { <p class="timeline-text mono">{first}</p> }
    });
    let rest = (!rest.is_empty()).then(|| {
        let rest = rest.to_owned();
        view! {
            <Disclosure summary=t!(locale, "inbox-vendor-side")>
                <pre class="code">{rest}</pre>
            </Disclosure>
        }
    });
    view! {
        <TimelineItem
            state=state
            title=title
            time=format::clock(locale, event.at)
            datetime=format::machine(event.at)
            text=consequence(locale, event.kind)
        >
            {first}
            {rest}
        </TimelineItem>
    }
}

fn at_vendor(locale: Locale, found: &OperationDetail) -> impl IntoView + use<> {
    let number = found.upstream_id.clone().unwrap_or_else(|| t!(locale, "none-yet"));
    let upstream = found.upstream.clone();
    let reference = found.reference.clone();
    let said = found.vendor_message.clone().map(|text| {
        view! { <Fact label=t!(locale, "fact-vendor-said")>{text}</Fact> }
    });
    let next = found.next_at.map(|at| {
        view! { <Fact label=t!(locale, "fact-next-look")>{instant(locale, at)}</Fact> }
    });
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "fact-vendor-account")>{upstream}</Fact>
            <Fact label=t!(locale, "fact-vendor-number")>{number}</Fact>
            <Fact label=t!(locale, "fact-reference")>
                <code>{reference}</code>
            </Fact>
            {said}
            {next}
        </DefinitionGrid>
    }
}

/// Where the customer's money is.
pub(super) fn place(locale: Locale, money: MoneyState, amount: Amount) -> String {
    let amount = format::money(locale, amount);
    match money {
        MoneyState::Free => t!(locale, "money-free"),
        MoneyState::Reserved => t!(locale, "money-reserved", amount = amount),
        MoneyState::Captured => t!(locale, "money-captured", amount = amount),
        MoneyState::Released => t!(locale, "money-released", amount = amount),
    }
}

fn money(locale: Locale, found: &OperationDetail) -> impl IntoView + use<> {
    let row = &found.row;
    let place = place(locale, found.money, row.price);
    // Nothing is earned with what did not happen, or with what is free.
    let totals = (found.money != MoneyState::Free).then(|| {
        let lost = matches!(row.state, OperationState::Rejected | OperationState::Cancelled);
        let margin = row.price.checked_sub(row.cost).ok().filter(|_| !lost);
        let margin = margin.map_or_else(|| "—".to_owned(), |margin| format::money(locale, margin));
        let (price, cost) = (format::money(locale, row.price), format::money(locale, row.cost));
        view! {
            <Totals>
                <TotalRow label=t!(locale, "col-price") amount=price />
                <TotalRow label=t!(locale, "col-cost") amount=cost />
                <TotalRow label=t!(locale, "col-margin") amount=margin sum=true />
            </Totals>
        }
    });
    view! {
        <div class="stack">
            {totals}
            <p class="fine">{place}</p>
        </div>
    }
}

/// What went back so far, and the form that gives more back; it returns to the order, or to the
/// operation itself.
pub(super) fn refund(
    cx: &Context,
    staff: &StaffViewer,
    order: Option<Uuid>,
    operation: Uuid,
    charge: &Charge,
) -> AnyView {
    let locale = cx.locale;
    let back = (!charge.given_back.is_zero()).then(|| {
        let amount = format::money(locale, charge.given_back);
        view! { <p class="fine">{t!(locale, "refund-so-far", amount = amount)}</p> }
    });
    let left = charge.left();
    let may = staff.role.may(Permission::CreditWallet) && !left.is_zero();
    let form = may.then(|| {
        // Made with the form: however often it is sent, it is one refund.
        let id = Builder::from_random_bytes(random::bytes()).into_uuid();
        let amount = cx.typed("amount").unwrap_or_else(|| left.to_plain());
        let most = format::money(locale, left);
        let open = cx.refused.is_some();
        let order = order.map(|order| {
            view! { <input type="hidden" name="order" value=order.to_string() /> }
        });
        let form = view! {
                <form class="form" method="post" action="/admin/refund">
                    {order}
                    <input type="hidden" name="operation" value=operation.to_string() />
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="currency" value=left.currency().code() />
                    <Field
                        label=t!(locale, "credit-amount")
                        name="amount"
                        inputmode="decimal"
                        autocomplete="off"
                        maxlength=16
                        hint=t!(locale, "refund-hint", most = most)
                        value=amount
                        error=cx.error_of("amount")
                        required=true
                    />
                    <TextArea
                        label=t!(locale, "credit-reason")
                        name="reason"
                        rows=2
                        required=true
                        hint=t!(locale, "credit-reason-hint")
                        value=cx.typed("reason")
                        error=cx.error_of("reason")
                    />
                    <div class="actions">
                        <button class="btn" type="submit">
                            {t!(locale, "refund-button")}
                        </button>
                    </div>
                </form>
        };
        view! {
            <Disclosure summary=t!(locale, "refund-open") open=open>
                {form}
            </Disclosure>
        }
    });
    view! {
        <div class="stack">
            {back}
            {form}
        </div>
    }
    .into_any()
}

/// What is asked for, in its own words.
fn wish(locale: Locale, found: &OperationDetail) -> Vec<(String, String)> {
    let period = |period| (t!(locale, "fact-period"), format::period(locale, period));
    match &found.change {
        Some(Change::Renew { period: term }) => vec![period(*term)],
        Some(Change::ChangePlan { plan, period: term }) => {
            let name = found.new_plan.as_ref().map_or(plan.as_str(), |name| name.get(locale));
            vec![(t!(locale, "fact-new-plan"), name.to_owned()), period(*term)]
        }
        Some(Change::Edit { ip, name }) => {
            let ip = ip.map(|ip| (t!(locale, "fact-new-server"), ip.to_string()));
            let name = name.as_ref().map(|name| {
                let none = || t!(locale, "fact-no-name");
                let name = if name.is_empty() { none() } else { name.clone() };
                (t!(locale, "fact-new-name"), name)
            });
            ip.into_iter().chain(name).collect()
        }
        Some(Change::Addons { counts }) => counts
            .iter()
            .map(|(code, count)| {
                let name = found.addon_names.get(code);
                let name = name.map_or(code.as_str(), |name| name.get(locale));
                (name.to_owned(), count.to_string())
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn summary(locale: Locale, found: &OperationDetail) -> impl IntoView + use<> {
    let row = &found.row;
    let object = object(locale, row);
    let customer = row.customer.clone();
    let customer_href = format!("/admin/customers/{}", row.customer_id);
    let plan = row.plan.get(locale).to_owned();
    let ip = server(locale, row.ip.clone());
    let wish = wish(locale, found)
        .into_iter()
        .map(|(label, value)| view! { <Fact label=label>{value}</Fact> })
        .collect_view();
    // A purchase names its order above, and has a license of its own afterwards.
    let license = row.license.filter(|_| row.order.is_some()).map(|number| {
        let href = format!("/admin/operations?license={number}");
        view! {
            <Fact label=t!(locale, "col-license")>
                <a href=href>{number.to_string()}</a>
            </Fact>
        }
    });
    let pricelist = found
        .pricelist
        .as_ref()
        .map(|(group, version)| desk_order::pricelist(locale, group, *version));
    let by = found.asked_by.clone().unwrap_or_else(|| t!(locale, "audit-portal"));
    let undo = found.undo_until.map(|at| {
        view! { <Fact label=t!(locale, "fact-not-before")>{instant(locale, at)}</Fact> }
    });
    let ended = row.finished_at.map(|at| {
        view! { <Fact label=t!(locale, "fact-ended")>{instant(locale, at)}</Fact> }
    });
    let at = row.at;
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "col-object")>{object}</Fact>
            {license}
            <Fact label=t!(locale, "col-customer")>
                <a href=customer_href>{customer}</a>
            </Fact>
            <Fact label=t!(locale, "col-plan")>{plan}</Fact>
            <Fact label=t!(locale, "col-server")>{ip}</Fact>
            {wish}
            {pricelist}
            <Fact label=t!(locale, "fact-asked-by")>{by}</Fact>
            <Fact label=t!(locale, "inbox-since")>{instant(locale, at)}</Fact>
            {undo}
            {ended}
        </DefinitionGrid>
    }
}
