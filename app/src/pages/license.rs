//! A license: its key, where it works and until when.

use domain::Period;
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use leptos::prelude::*;
use portal::licenses::{Dispute, LicenseDetail, Renews};
use portal::locale::Locale;
use time::Date;

use super::{Shown, change, frame, id_param, instant, module, page, refusal, server};
use crate::api::ApiError;
use crate::components::{
    Breadcrumbs, Copyable, Crumb, DefinitionGrid, Fact, KeyReveal, LinkButton, Notice, PageHead,
    Panel, StatusPill, Step, Steps, Tone,
};
use crate::context::Context;
use crate::islands::CopyButton;
use crate::{format, t};

/// `/my/licenses/{id}`
#[component]
pub fn LicensePage() -> impl IntoView {
    page(license)
}

async fn license(cx: Context) -> Shown {
    let id = id_param()?;
    let viewer = cx.customer()?;
    let license = cx
        .portal
        .license(viewer, id)
        .await
        .map_err(|error| cx.failed(&error))?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let title = license.row.plan.get(locale).to_owned();
    let (tone, status) = format::license_status(locale, license.row.status);
    let crumbs = vec![
        Crumb::link("/my/licenses", t!(locale, "licenses-title")),
        Crumb::here(license.row.number.to_string()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let status = view! { <StatusPill tone=tone label=status /> }.into_any();
    let sentence = sentence(locale, &license, cx.portal.clock.now().date());
    let key = key(&cx, &license);
    let possible = change::possible(&cx, viewer, id).await?;
    let renew = possible.allows(OperationKind::Renew);
    let renew = renew.then(|| change::name(locale, OperationKind::Renew)).flatten().map(|label| {
        let href = format!("/my/licenses/{id}/renew");
        view! { <LinkButton href=href>{label}</LinkButton> }.into_any()
    });
    let summary = summary(locale, &license, possible.may_renew());
    let changes = change::panels(&cx, viewer, id, &possible).await?;
    let modules = cx.portal.modules_of(viewer, id).await.map_err(|error| cx.failed(&error))?;
    let modules = module::panel(locale, id, modules);
    let dispute = license.dispute.map(|dispute| {
        let (title, text) = match dispute {
            Dispute::Missing => (t!(locale, "license-missing"), t!(locale, "license-missing-text")),
            Dispute::TakenBack => {
                (t!(locale, "license-disputed"), t!(locale, "license-disputed-text"))
            }
            Dispute::Unpaid => (t!(locale, "license-unpaid"), t!(locale, "license-unpaid-text")),
        };
        let wallet = (dispute == Dispute::Unpaid).then(|| {
            view! { <a href="/my/wallet">{t!(locale, "form-top-up")}</a> }
        });
        view! {
            <Notice tone=Tone::Warning title=title>
                <p>{text} " " {wallet}</p>
            </Notice>
        }
    });
    let renewal_ends = license.renewal_ends_on.map(|day| {
        let over = day < cx.portal.clock.now().date();
        let day = format::day(locale, day);
        let text = if over {
            t!(locale, "license-renewal-over-text", day = day)
        } else {
            t!(locale, "license-renewal-ends-text", day = day)
        };
        view! {
            <Notice tone=Tone::Info title=t!(locale, "license-renewal-ends")>
                <p>{text}</p>
            </Notice>
        }
    });
    let steps = if license.parent.is_some() {
        module_steps(locale).into_any()
    } else {
        activation(locale, license.row.ip, license.awaits_key).into_any()
    };
    let steps = view! {
        <Panel title=t!(locale, "license-activate") id="activate">
            {steps}
        </Panel>
    };
    // On a phone the summary comes right after the key, and after the steps where there is none.
    let (first, steps) = if license.awaits_key {
        let key = view! {
            <Panel title=t!(locale, "license-key") id="key">
                {key}
            </Panel>
        };
        (key.into_any(), Some(steps))
    } else {
        (steps.into_any(), None)
    };
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=sentence
            crumbs=crumbs
            status=status
            actions=renew
        />
        {refusal(&cx, t!(locale, "change-refused"))}
        {dispute} {renewal_ends}
        <div class="columns columns-split">
            <div class="column">{first}</div>
            <div class="column column-aside">{summary}</div>
            <div class="column">{steps} {modules} {changes}</div>
        </div>
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/licenses", main).await
}

/// What the license does now, in a sentence.
fn sentence(locale: Locale, license: &LicenseDetail, today: Date) -> String {
    let row = &license.row;
    match (row.status, row.expires_on) {
        (LicenseStatus::Active, Some(day)) => {
            let day = format::day(locale, day);
            // A module is where its license is.
            match row.ip.as_ref().filter(|_| license.parent.is_none()) {
                Some(ip) => t!(locale, "license-says-active-on", ip = ip.clone(), day = day),
                None => t!(locale, "license-says-active", day = day),
            }
        }
        (LicenseStatus::Active, None) => t!(locale, "license-says-active-open"),
        (LicenseStatus::Suspended, _) => match row.deleted_on {
            Some(day) => {
                let left = (day - today).whole_days().max(0);
                let day = format::day(locale, day);
                t!(locale, "license-says-suspended-until", day = day, left = left)
            }
            None => t!(locale, "license-says-suspended"),
        },
        (LicenseStatus::Deleted, _) => t!(locale, "license-says-deleted"),
        (LicenseStatus::Ordered | LicenseStatus::Processing, _) => {
            t!(locale, "license-says-processing")
        }
    }
}

fn key(cx: &Context, license: &LicenseDetail) -> AnyView {
    let locale = cx.locale;
    let Some(key) = license.key.clone() else {
        return view! {
            <Notice tone=Tone::Info title=t!(locale, "license-key-soon")>
                <p>{t!(locale, "license-key-soon-text")}</p>
            </Notice>
        }
        .into_any();
    };
    let sprite = cx.site.href("icons.svg");
    view! {
        <div class="stack">
            <KeyReveal summary=t!(locale, "license-show-key")>
                <Copyable text=key.clone() block=true>
                    <CopyButton
                        text=key
                        label=t!(locale, "copy-key")
                        done=t!(locale, "copied")
                        sprite=sprite
                    />
                </Copyable>
            </KeyReveal>
            <p class="fine">{t!(locale, "license-key-secret")}</p>
        </div>
    }
    .into_any()
}

/// Without a key the panel is known by its address.
fn activation(locale: Locale, ip: Option<String>, awaits_key: bool) -> impl IntoView {
    let key = awaits_key.then(|| {
        view! { <Step title=t!(locale, "activate-enter") text=t!(locale, "activate-enter-text") /> }
    });
    let check = if awaits_key {
        t!(locale, "activate-check")
    } else {
        t!(locale, "activate-check-address")
    };
    view! {
        <Steps>
            <Step title=t!(locale, "activate-install") text=activate_where(locale, ip) />
            {key} <Step title=check text=t!(locale, "activate-check-text") />
        </Steps>
    }
}

/// A module has no key: the panel learns of it from the vendor.
fn module_steps(locale: Locale) -> impl IntoView {
    view! {
        <Steps>
            <Step title=t!(locale, "module-step-open") text=t!(locale, "module-step-open-text") />
            <Step title=t!(locale, "module-step-update") text=t!(locale, "module-step-update-text") />
        </Steps>
    }
}

fn activate_where(locale: Locale, ip: Option<String>) -> String {
    match ip {
        Some(ip) => t!(locale, "activate-install-text", ip = ip),
        None => t!(locale, "activate-install-anywhere"),
    }
}

fn summary(locale: Locale, license: &LicenseDetail, may_renew: bool) -> impl IntoView + use<> {
    let row = &license.row;
    let addons = license
        .addons
        .iter()
        .map(|(code, count)| {
            let name = license.addon_names.get(code);
            let label = name.map_or_else(|| code.clone(), |name| name.get(locale).to_owned());
            let count = count.to_string();
            view! { <Fact label=label>{count}</Fact> }
        })
        .collect_view();
    let name = row.name.clone().map(|name| {
        view! { <Fact label=t!(locale, "fact-name")>{name}</Fact> }
    });
    let until = match (row.expires_on, license.period) {
        (Some(day), _) => format::day(locale, day),
        (None, Period::Lifetime) => t!(locale, "period-lifetime"),
        (None, _) => t!(locale, "paid-until-unknown"),
    };
    let server = match row.ip.clone() {
        Some(ip) => view! { <Copyable text=ip /> }.into_any(),
        None => server(locale, None).into_any(),
    };
    // A module is where its license is.
    let server = license.parent.is_none().then(|| {
        view! { <Fact label=t!(locale, "col-server")>{server}</Fact> }
    });
    let checked = match license.checked_at {
        Some(at) => instant(locale, at).into_any(),
        None => t!(locale, "license-not-checked").into_any(),
    };
    let plan = row.plan.get(locale).to_owned();
    let product = format!("/p/{}", license.slug);
    let period = format::period(locale, license.period);
    let order = format!("/my/orders/{}", license.order);
    let order_number = license.order_number.to_string();
    let created = license.created_at;
    let number = row.number.to_string();
    let parent = license.parent.map(|(id, number)| {
        let href = format!("/my/licenses/{id}");
        let number = number.to_string();
        view! {
            <Fact label=t!(locale, "module-for")>
                <a href=href>{number}</a>
            </Fact>
        }
    });
    let renews = renews(locale, license, may_renew);
    view! {
        <Panel title=t!(locale, "license-summary") id="summary">
            <DefinitionGrid>
                {server}
                <Fact label=t!(locale, "col-paid-until")>{until}</Fact>
                {renews} {parent}
                <Fact label=t!(locale, "col-plan")>
                    <a href=product>{plan}</a>
                </Fact>
                <Fact label=t!(locale, "fact-period")>{period}</Fact>
                {addons}
                {name}
                <Fact label=t!(locale, "fact-license-number")>{number}</Fact>
                <Fact label=t!(locale, "fact-bought")>{instant(locale, created)}</Fact>
                <Fact label=t!(locale, "fact-order")>
                    <a href=order>{order_number}</a>
                </Fact>
                <Fact label=t!(locale, "license-checked")>{checked}</Fact>
            </DefinitionGrid>
        </Panel>
    }
}

/// Whether it renews by itself, and the switch; not for what has no end to renew from.
fn renews(locale: Locale, license: &LicenseDetail, may_renew: bool) -> Option<AnyView> {
    let there = match license.renews {
        Renews::ByVendor => Some(t!(locale, "auto-renew-vendor")),
        Renews::ByAgreement => Some(t!(locale, "after-renewed-text")),
        Renews::ByHand | Renews::ByPortal => None,
    };
    if let Some(text) = there {
        return Some(view! { <Fact label=t!(locale, "auto-renew")>{text}</Fact> }.into_any());
    }
    let has_end = license.row.expires_on.is_some();
    // What a dispute only holds up can be switched off before it goes on.
    let held_up = license.dispute == Some(Dispute::TakenBack) && license.renews == Renews::ByPortal;
    let may = may_renew || held_up;
    if !has_end || !may || license.row.status == LicenseStatus::Deleted {
        return None;
    }
    let (says, button, to) = if license.renews == Renews::ByPortal {
        (t!(locale, "auto-renew-on"), t!(locale, "auto-renew-stop"), "false")
    } else {
        (t!(locale, "auto-renew-off"), t!(locale, "auto-renew-start"), "true")
    };
    let id = license.row.id.to_string();
    let view = view! {
        <Fact label=t!(locale, "auto-renew")>
            <form class="spread" method="post" action="/my/auto-renew">
                <input type="hidden" name="license" value=id />
                <input type="hidden" name="on" value=to />
                <span>{says}</span>
                <button class="btn btn-sm" type="submit">
                    {button}
                </button>
            </form>
        </Fact>
    };
    Some(view.into_any())
}
