//! Changing a license: one page for each kind, with what it costs and what it leads to; and what was
//! done so far, on the license's own page.

use std::collections::BTreeMap;

use domain::change::{Change, NotNow};
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::plan::Addon;
use domain::{Currency, Money, Period};
use leptos::prelude::*;
use portal::licenses::{ChangeError, LicenseDetail, Possible, Preview};
use portal::locale::Locale;
use portal::people::CustomerViewer;
use uuid::Uuid;

use super::product::{left, period_hint};
use super::{Shown, changes, frame, id_param, page, param, refusal};
use crate::api::{ApiError, not_now};
use crate::components::{
    Breadcrumbs, ButtonKind, Crumb, Field, LinkButton, Notice, PageHead, Panel, RadioCards,
    RadioOption, Tone,
};
use crate::context::Context;
use crate::{format, t};

/// The kinds in the order of their buttons; renewing stands in the head of the license's page.
const KINDS: [OperationKind; 5] = [
    OperationKind::Resume,
    OperationKind::Addons,
    OperationKind::ChangePlan,
    OperationKind::Edit,
    OperationKind::ReissueKey,
];

/// The kinds that stop a license; their buttons stand apart.
const STOPS: [OperationKind; 2] = [OperationKind::Suspend, OperationKind::Delete];

/// `/my/licenses/{id}/{change}`
#[component]
pub fn ChangePage() -> impl IntoView {
    page(change)
}

async fn change(cx: Context) -> Shown {
    let viewer = cx.customer()?;
    let id = id_param()?;
    let kind = OperationKind::from_word(&param("change")?).ok_or(ApiError::NotFound)?;
    let possible = possible(&cx, viewer, id).await?;
    let locale = cx.locale;
    let title = name(locale, kind).ok_or(ApiError::NotFound)?;
    let license = &possible.license.row;
    let home = format!("/my/licenses/{id}");
    let crumbs = vec![
        Crumb::link("/my/licenses", t!(locale, "licenses-title")),
        Crumb::link(home.clone(), license.number.to_string()),
        Crumb::here(title.clone()),
    ];
    let crumbs =
        view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs /> }.into_any();
    let what = match &license.ip {
        Some(ip) => format!("{}, {ip}", license.plan.get(locale)),
        None => license.plan.get(locale).to_owned(),
    };
    let body = if possible.allows(kind) {
        form(&cx, viewer, id, kind, &possible).await?
    } else {
        // A date, where one is known: nobody has to click to find out.
        let from = possible.again_from(kind);
        let text = match from {
            Some(day) => t!(locale, "not-now-too-soon", day = format::day(locale, day)),
            None if kind == OperationKind::Renew && possible.license.period == Period::Trial => {
                if possible.plans.is_empty() {
                    t!(locale, "not-now-trial-buy")
                } else {
                    t!(locale, "not-now-trial")
                }
            }
            None => match possible.held_up(kind) {
                Some(why) => not_now(locale, why),
                None if kind == OperationKind::Renew && possible.lacks_price() => {
                    t!(locale, "change-no-price")
                }
                None => t!(locale, "change-not-now"),
            },
        };
        let resume = possible.held_up(kind) == Some(NotNow::PaidAhead)
            && possible.allows(OperationKind::Resume);
        let resume = resume.then(|| name(locale, OperationKind::Resume)).flatten().map(|label| {
            let href = format!("{home}/resume");
            view! { <a href=href>{label}</a> }
        });
        view! {
            <Notice tone=Tone::Info>
                <p>{text} " " {resume}</p>
            </Notice>
        }
        .into_any()
    };
    let main = view! {
        <PageHead title=title.clone() subtitle=what crumbs=crumbs />
        {refusal(&cx, t!(locale, "change-refused"))}
        <div class="columns">
            <div class="column">{body}</div>
        </div>
    }
    .into_any();
    frame::client(&cx, viewer, &title, "/my/licenses", main).await
}

pub(super) async fn possible(
    cx: &Context,
    viewer: &CustomerViewer,
    id: Uuid,
) -> Result<Possible, ApiError> {
    let found = cx.portal.possible_changes(viewer, id).await;
    found.map_err(|error| cx.failed(&error))?.ok_or(ApiError::NotFound)
}

/// What would happen; none if it cannot be had.
async fn preview(
    cx: &Context,
    viewer: &CustomerViewer,
    id: Uuid,
    change: &Change,
) -> Result<Option<Preview>, ApiError> {
    match cx.portal.preview_change(viewer, id, change).await {
        Ok(preview) => Ok(Some(preview)),
        Err(ChangeError::Internal(error)) => Err(cx.failed(&error)),
        Err(_) => Ok(None),
    }
}

async fn form(
    cx: &Context,
    viewer: &CustomerViewer,
    id: Uuid,
    kind: OperationKind,
    possible: &Possible,
) -> Shown {
    let locale = cx.locale;
    if kind == OperationKind::Addons {
        return addons(cx, viewer, id, possible).await;
    }
    let (controls, seen, only) = match kind {
        OperationKind::Renew | OperationKind::ChangePlan => {
            let Some(choices) = choices(cx, viewer, id, kind, possible).await? else {
                // Nothing to choose is nothing to send.
                let text = t!(locale, "change-no-price");
                return Ok(view! {
                    <Notice tone=Tone::Info>
                        <p>{text}</p>
                    </Notice>
                }
                .into_any());
            };
            choices
        }
        OperationKind::Edit => (edit(cx, possible), None, None),
        _ => {
            let simple = match kind {
                OperationKind::Suspend => Change::Suspend,
                OperationKind::Resume => Change::Resume,
                OperationKind::ReissueKey => Change::ReissueKey,
                _ => Change::Delete,
            };
            (().into_any(), preview(cx, viewer, id, &simple).await?, None)
        }
    };
    let waits = seen.as_ref().is_some_and(|seen| seen.waits);
    let effect = effect(locale, kind, &possible.license, seen.as_ref());
    let quote = seen.as_ref().and_then(|seen| seen.quote.as_ref());
    let balance = balance(cx, viewer, quote.map(|quote| quote.total.currency())).await?;
    let costs = quote.is_some_and(|quote| !quote.total.is_zero());
    let order = order(cx, viewer, id).await?;
    let danger = matches!(kind, OperationKind::Delete | OperationKind::Suspend);
    let class = if danger { "btn btn-danger" } else { "btn btn-primary" };
    let button = confirm(locale, kind, costs, only);
    let back = format!("/my/licenses/{id}");
    Ok(view! {
        <Panel>
            <form class="form" method="post" action="/my/license-change">
                <input type="hidden" name="license" value=id.to_string() />
                <input type="hidden" name="change" value=kind.as_str() />
                <input type="hidden" name="id" value=order.to_string() />
                <p>{effect}</p>
                {controls}
                {balance}
                {waiting(locale, waits)}
                <div class="actions">
                    <button class=class type="submit">
                        {button}
                    </button>
                    <LinkButton href=back>{t!(locale, "change-keep")}</LinkButton>
                </div>
            </form>
        </Panel>
    }
    .into_any())
}

async fn order(cx: &Context, viewer: &CustomerViewer, id: Uuid) -> Result<Uuid, ApiError> {
    cx.portal.next_change_id(viewer, id).await.map_err(|error| cx.failed(&error))
}

/// Terms, or plans and terms, each with its price and its last day; what the first one leads to, and
/// the price where there is only one. None if nothing of it has a price.
async fn choices(
    cx: &Context,
    viewer: &CustomerViewer,
    id: Uuid,
    kind: OperationKind,
    possible: &Possible,
) -> Result<Option<(AnyView, Option<Preview>, Option<Money>)>, ApiError> {
    let locale = cx.locale;
    let own = possible.license.period;
    let wishes: Vec<(Change, Period, String, bool)> = if kind == OperationKind::Renew {
        let periods = possible.renewals.iter();
        periods
            .map(|period| {
                let title = format::period(locale, *period);
                (Change::Renew { period: *period }, *period, title, *period == own)
            })
            .collect()
    } else {
        let plans = possible.plans.iter().flat_map(|offer| {
            offer.prices.iter().map(|(period, _)| {
                let plan = offer.plan.slug.clone();
                let name = offer.plan.name.get(locale);
                let title = format!("{name}, {}", format::period(locale, *period));
                (Change::ChangePlan { plan, period: *period }, *period, title, false)
            })
        });
        plans.collect()
    };
    let typed = cx.typed("choice");
    let mut options = Vec::new();
    let mut first: Option<Preview> = None;
    let mut month = None;
    let mut spendable = None;
    for (change, period, title, usual) in wishes {
        let Some(seen) = preview(cx, viewer, id, &change).await? else { continue };
        let Some(total) = seen.quote.as_ref().map(|quote| quote.total) else { continue };
        if spendable.is_none() {
            let balance = cx.portal.balance(viewer, total.currency()).await;
            spendable = Some(balance.map_err(|error| cx.failed(&error))?.spendable());
        }
        if kind == OperationKind::Renew && period == Period::MONTH {
            month = Some(total);
        }
        let saving = month.filter(|_| period == Period::YEAR);
        let saving = saving.and_then(|month| saving_of_year(month, total));
        let what = match &change {
            Change::ChangePlan { plan, period } => format!("{plan} {period} "),
            Change::Renew { period } => format!("{period} "),
            _ => continue,
        };
        let day = seen.until_then.filter(|_| kind == OperationKind::Renew);
        let day = day.map(|day| format!(" {day}")).unwrap_or_default();
        let value = format!("{what}{total}{day}");
        let checked = match &typed {
            // Price and day of the typed one may have changed meanwhile.
            Some(typed) => typed.starts_with(&what),
            None => usual,
        };
        let until = seen.until_then.map(|day| format::day(locale, day));
        let until = until.map(|day| t!(locale, "change-until", day = day));
        let each = Some(period_hint(locale, period, total)).filter(|text| !text.is_empty());
        let after = spendable.and_then(|spendable| left(locale, spendable, total));
        options.push(RadioOption {
            value,
            title,
            hints: [each, until, after].into_iter().flatten().collect(),
            price: Some(format::money(locale, total)),
            badge: saving.map(|percent| t!(locale, "saving", percent = percent)),
            checked,
            disabled: false,
        });
        first.get_or_insert(seen);
    }
    if options.is_empty() {
        return Ok(None);
    }
    let only = first.as_ref().filter(|_| options.len() == 1);
    let only = only.and_then(|seen| seen.quote.as_ref()).map(|quote| quote.total);
    if options.iter().all(|option| !option.checked)
        && let Some(option) = options.first_mut()
    {
        option.checked = true;
    }
    let legend = if kind == OperationKind::Renew {
        t!(locale, "change-term")
    } else {
        t!(locale, "change-plan-term")
    };
    let error = cx.error_of("choice");
    let cards = view! { <RadioCards legend=legend name="choice" options=options error=error /> };
    Ok(Some((cards.into_any(), first, only)))
}

/// What a year costs less than twelve months, in percent, with the add-ons of this license.
fn saving_of_year(month: Money, year: Money) -> Option<u8> {
    let twelve = month.checked_mul(12).ok()?.amount();
    let saved = twelve.checked_sub(year.amount())?.checked_mul(100)?.checked_div(twelve)?;
    u8::try_from(saved).ok().filter(|percent| *percent > 0)
}

fn edit(cx: &Context, possible: &Possible) -> AnyView {
    let locale = cx.locale;
    let row = &possible.license.row;
    let ip = cx.typed("ip").or_else(|| row.ip.clone()).unwrap_or_default();
    let name = cx.typed("name").or_else(|| row.name.clone()).unwrap_or_default();
    let hint = match possible.ip_from {
        Some(day) => t!(locale, "change-ip-from", day = format::day(locale, day)),
        None => t!(locale, "change-ip-hint"),
    };
    let name = possible.named.then(|| {
        view! {
            <Field
                label=t!(locale, "form-name")
                name="name"
                maxlength=200
                hint=t!(locale, "change-name-hint")
                value=name
                error=cx.error_of("name")
            />
        }
    });
    let ip = row.ip.is_some().then(|| {
        view! {
            <Field
                label=t!(locale, "form-ip")
                name="ip"
                inputmode="decimal"
                maxlength=45
                hint=hint
                value=ip
                error=cx.error_of("ip")
            />
        }
    });
    view! { {ip} {name} }.into_any()
}

/// Counts are chosen first, their price is shown then, and both go into the form that buys them.
async fn addons(cx: &Context, viewer: &CustomerViewer, id: Uuid, possible: &Possible) -> Shown {
    let locale = cx.locale;
    let counts: BTreeMap<String, u32> = possible
        .addons
        .iter()
        .filter_map(|addon| {
            let key = format!("addon-{}", addon.code);
            let asked = cx.typed(&key).or_else(|| cx.query(&key))?;
            Some((addon.code.clone(), asked.trim().parse().ok()?))
        })
        .collect();
    let fields = possible
        .addons
        .iter()
        .map(|addon| count_field(cx, addon, possible, counts.get(&addon.code).copied()))
        .collect_view();
    let change = Change::Addons { counts: counts.clone() };
    let seen = if counts.is_empty() { None } else { preview(cx, viewer, id, &change).await? };
    let unusable = !counts.is_empty() && seen.is_none() && cx.refused.is_none();
    let confirm = match seen {
        Some(Preview { quote: Some(quote), waits, .. }) => {
            let order = order(cx, viewer, id).await?;
            let balance = balance(cx, viewer, Some(quote.total.currency())).await?;
            let hidden = counts
                .iter()
                .map(|(code, count)| {
                    let name = format!("addon[{code}]");
                    view! { <input type="hidden" name=name value=count.to_string() /> }
                })
                .collect_view();
            let total = format::money(locale, quote.total);
            let price = t!(locale, "change-addons-price", price = total);
            Some(view! {
                <Panel title=t!(locale, "change-preview") id="preview">
                    <form class="form" method="post" action="/my/license-change">
                        <input type="hidden" name="license" value=id.to_string() />
                        <input type="hidden" name="change" value="addons" />
                        <input type="hidden" name="id" value=order.to_string() />
                        <input type="hidden" name="choice" value=quote.total.to_string() />
                        {hidden}
                        <p>{price}</p>
                        {balance}
                        {waiting(locale, waits)}
                        <div class="actions">
                            <button class="btn btn-primary" type="submit">
                                {t!(locale, "confirm-addons")}
                            </button>
                        </div>
                    </form>
                </Panel>
            })
        }
        _ => None,
    };
    let action = format!("/my/licenses/{id}/addons");
    let unusable = unusable.then(|| {
        let text = t!(locale, "change-addons-same");
        view! {
            <Notice tone=Tone::Warning>
                <p>{text}</p>
            </Notice>
        }
    });
    Ok(view! {
        {unusable}
        <Panel>
            <form class="form" method="get" action=action>
                <p>{t!(locale, "effect-addons")}</p>
                {fields}
                <div class="actions">
                    <button class="btn" type="submit">
                        {t!(locale, "change-show-price")}
                    </button>
                </div>
            </form>
        </Panel>
        {confirm}
    }
    .into_any())
}

fn count_field(
    cx: &Context,
    addon: &Addon,
    possible: &Possible,
    asked: Option<u32>,
) -> impl IntoView + use<> {
    let locale = cx.locale;
    let license = &possible.license;
    let now = license.addons.get(&addon.code).copied().unwrap_or(addon.base);
    let label = license
        .addon_names
        .get(&addon.code)
        .map_or_else(|| addon.code.clone(), |name| name.get(locale).to_owned());
    let hint = t!(locale, "change-count-hint", now = now, base = addon.base, max = addon.max);
    let id = format!("addon-{}", addon.code);
    let error = cx.error_of(&id);
    view! {
        <Field
            label=label
            name=id
            kind="number"
            inputmode="numeric"
            required=true
            hint=hint
            value=asked.unwrap_or(now).to_string()
            error=error
        />
    }
}

/// What there is to pay from; nothing for what is free.
async fn balance(
    cx: &Context,
    viewer: &CustomerViewer,
    currency: Option<Currency>,
) -> Result<Option<AnyView>, ApiError> {
    let Some(currency) = currency else { return Ok(None) };
    let found = cx.portal.balance(viewer, currency).await;
    let amount = found.map_err(|error| cx.failed(&error))?.spendable();
    let text = t!(cx.locale, "change-balance", amount = format::money(cx.locale, amount));
    Ok(Some(view! { <p class="fine">{text}</p> }.into_any()))
}

fn waiting(locale: Locale, waits: bool) -> Option<AnyView> {
    waits.then(|| {
        let text = t!(locale, "change-waits");
        view! { <p class="fine">{text}</p> }.into_any()
    })
}

/// What it will do.
fn effect(
    locale: Locale,
    kind: OperationKind,
    license: &LicenseDetail,
    seen: Option<&Preview>,
) -> String {
    match kind {
        OperationKind::Renew => {
            let until = seen.and_then(|seen| seen.until).map(|day| format::day(locale, day));
            let day = until.unwrap_or_else(|| t!(locale, "paid-until-unknown"));
            if license.row.status == LicenseStatus::Suspended {
                t!(locale, "effect-renew-suspended", day = day)
            } else {
                t!(locale, "effect-renew", day = day)
            }
        }
        OperationKind::ChangePlan if license.period == Period::Trial => t!(locale, "effect-trial"),
        OperationKind::ChangePlan => t!(locale, "effect-plan"),
        OperationKind::Edit => t!(locale, "effect-edit"),
        OperationKind::Addons => t!(locale, "effect-addons"),
        OperationKind::ReissueKey => t!(locale, "effect-key"),
        OperationKind::Suspend => t!(locale, "effect-suspend", days = license.kept_days),
        OperationKind::Resume => t!(locale, "effect-resume"),
        OperationKind::Delete => {
            let undo = seen.and_then(|seen| seen.undo).map_or(0, |undo| undo.as_secs());
            let minutes = undo.div_ceil(60);
            let effect = t!(locale, "effect-delete", minutes = minutes);
            if seen.is_some_and(|seen| seen.stops) {
                format!("{effect} {}", t!(locale, "effect-delete-stops"))
            } else {
                effect
            }
        }
        OperationKind::Order => String::new(),
    }
}

fn confirm(locale: Locale, kind: OperationKind, costs: bool, only: Option<Money>) -> String {
    match kind {
        OperationKind::Renew if costs => match only {
            Some(total) => {
                t!(locale, "confirm-renew-for", price = format::money(locale, total))
            }
            // The prices stand at the terms.
            None => t!(locale, "confirm-renew-paid"),
        },
        OperationKind::Renew => t!(locale, "confirm-renew"),
        OperationKind::ChangePlan => t!(locale, "confirm-plan"),
        OperationKind::Edit => t!(locale, "confirm-edit"),
        OperationKind::Addons => t!(locale, "confirm-addons"),
        OperationKind::ReissueKey => t!(locale, "confirm-key"),
        OperationKind::Suspend => t!(locale, "confirm-suspend"),
        OperationKind::Resume => t!(locale, "confirm-resume"),
        OperationKind::Delete | OperationKind::Order => t!(locale, "confirm-delete"),
    }
}

/// A change's name; a purchase is none.
pub(super) fn name(locale: Locale, kind: OperationKind) -> Option<String> {
    Some(match kind {
        OperationKind::Order => return None,
        OperationKind::Renew => t!(locale, "change-renew"),
        OperationKind::ChangePlan => t!(locale, "change-plan"),
        OperationKind::Edit => t!(locale, "change-edit"),
        OperationKind::Addons => t!(locale, "change-addons"),
        OperationKind::ReissueKey => t!(locale, "change-key"),
        OperationKind::Suspend => t!(locale, "change-suspend"),
        OperationKind::Resume => t!(locale, "change-resume"),
        OperationKind::Delete => t!(locale, "change-delete"),
    })
}

/// A row of buttons for what can be done now; nothing where nothing can.
fn buttons(
    locale: Locale,
    id: Uuid,
    possible: &Possible,
    kinds: &[OperationKind],
) -> Option<AnyView> {
    let buttons: Vec<_> = kinds
        .iter()
        .filter(|kind| possible.allows(**kind))
        .filter_map(|kind| {
            let href = format!("/my/licenses/{id}/{}", kind.as_str());
            let name = name(locale, *kind)?;
            let (look, more) = look(*kind);
            Some(view! {
                <LinkButton href=href kind=look size=more>
                    {name}
                </LinkButton>
            })
        })
        .collect();
    (!buttons.is_empty()).then(|| view! { <div class="actions">{buttons}</div> }.into_any())
}

/// How loud a change's button is, and its further classes.
const fn look(kind: OperationKind) -> (ButtonKind, &'static str) {
    match kind {
        OperationKind::Suspend => (ButtonKind::Quiet, ""),
        OperationKind::Delete => (ButtonKind::Quiet, "btn-danger"),
        _ => (ButtonKind::Secondary, ""),
    }
}

/// The buttons and the history of a license's own page.
pub(super) async fn panels(
    cx: &Context,
    viewer: &CustomerViewer,
    id: Uuid,
    possible: &Possible,
) -> Result<AnyView, ApiError> {
    let locale = cx.locale;
    let history = cx.portal.license_history(viewer, id).await.map_err(|error| cx.failed(&error))?;
    let [usual, stops] =
        [KINDS.as_slice(), STOPS.as_slice()].map(|kinds| buttons(locale, id, possible, kinds));
    // What may not be changed again yet has its date here, before anybody clicks.
    let day = |kind| possible.again_from(kind).map(|day| format::day(locale, day));
    let ip = day(OperationKind::Edit).map(|day| t!(locale, "ip-again-from", day = day));
    let key = day(OperationKind::ReissueKey).map(|day| t!(locale, "key-again-from", day = day));
    let again: Vec<_> =
        [ip, key].into_iter().flatten().map(|text| view! { <p class="fine">{text}</p> }).collect();
    let manage = (usual.is_some() || stops.is_some() || !again.is_empty()).then(|| {
        view! {
            <Panel title=t!(locale, "license-manage") id="manage">
                {usual} {again} {stops}
            </Panel>
        }
    });
    let done = cx.query("done").filter(|_| cx.refused.is_none()).map(|word| {
        let text = if word == "cancelled" {
            t!(locale, "change-taken-back")
        } else {
            t!(locale, "change-planned")
        };
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{text}</p>
            </Notice>
        }
    });
    let list = (!history.is_empty()).then(|| {
        let all = format!("/my/changes?license={}", possible.license.row.number);
        let all = view! { <a href=all>{t!(locale, "show-all")}</a> }.into_any();
        let table = changes::table(locale, None, history);
        view! {
            <Panel title=t!(locale, "license-changes") id="changes" flush=true actions=all>
                {table}
            </Panel>
        }
    });
    Ok(view! {
        {done}
        {manage}
        {list}
    }
    .into_any())
}
