//! What waits for a person: the evidence of both sides, and the ways out.

use leptos::prelude::*;
use portal::locale::Locale;
use portal::operations::{Advice, Case};
use portal::people::Permission;

use super::{Shown, change, desk_order, frame, instant, page, refusal};
use crate::components::{
    DefinitionGrid, Disclosure, Empty, Fact, Field, Notice, PageHead, Panel, TextArea, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// `/admin/inbox`
#[component]
pub fn DeskInbox() -> impl IntoView {
    page(inbox)
}

async fn inbox(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let cases = cx.portal.inbox(staff).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "inbox-title");
    let done = cx.query("done").filter(|_| cx.refused.is_none()).map(|_| {
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{t!(locale, "inbox-done")}</p>
            </Notice>
        }
    });
    let may = staff.role.may(Permission::DecideOperations);
    let body = if cases.is_empty() {
        view! {
            <Panel flush=true>
                <Empty
                    icon="inbox"
                    title=t!(locale, "inbox-empty")
                    text=t!(locale, "inbox-empty-text")
                />
            </Panel>
        }
        .into_any()
    } else {
        cases.iter().map(|case| one_case(&cx, case, may)).collect_view().into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "inbox-lead") />
        {refusal(&cx, t!(locale, "inbox-refused"))}
        {done}
        {body}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/inbox", main))
}

fn one_case(cx: &Context, case: &Case, may: bool) -> AnyView {
    let locale = cx.locale;
    let what = change::name(locale, case.kind).unwrap_or_else(|| t!(locale, "inbox-purchase"));
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
    view! {
        <Panel title=title id=id>
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
    let order = case.order.map(|order| {
        let href = format!("/admin/orders/{order}");
        view! {
            <Fact label=t!(locale, "fact-order")>
                <a href=href>{t!(locale, "inbox-order")}</a>
            </Fact>
        }
    });
    let number = case.upstream_id.clone().map(|number| {
        view! { <Fact label=t!(locale, "fact-vendor-number")>{number}</Fact> }
    });
    view! {
        <DefinitionGrid>
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
                inputmode="numeric"
                maxlength=18
                hint=t!(locale, "inbox-number-hint")
                value=typed
                error=cx.error_of(&id("number"))
            />
        }
    });
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
            {number}
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
