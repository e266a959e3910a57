//! A product: what it is, for which server, for how long, for how much, and what happens then.

use std::collections::BTreeMap;

use domain::{Money, Period};
use leptos::prelude::*;
use leptos_meta::Meta;
use portal::catalog::{Offer, Plan};
use portal::locale::Locale;
use portal::people::Viewer;

use super::{Shown, frame, module, page, param, refusal};
use crate::api::ApiError;
use crate::components::{Breadcrumbs, Crumb, DefinitionGrid, Fact, Notice, Step, Steps, Tone};
use crate::context::Context;
use crate::islands::{AddonChoice, OrderForm, OrderFormData, OrderFormText, PeriodChoice};
use crate::{format, t};

/// `/p/{slug}`
#[component]
pub fn Product() -> impl IntoView {
    page(product)
}

async fn product(cx: Context) -> Shown {
    let slug = param("slug")?;
    let failed = |error| cx.failed(&error);
    let offer = cx
        .portal
        .offer(cx.viewer.group(), &slug)
        .await
        .map_err(failed)?
        .ok_or(ApiError::NotFound)?;
    let locale = cx.locale;
    let (order, balance) = match cx.viewer.customer() {
        Some(viewer) => {
            let order = cx.portal.next_order_id(viewer, &slug).await.map_err(failed)?;
            let balance = cx.portal.balance(viewer, offer.plan.currency).await.map_err(failed)?;
            (order.to_string(), Some(balance.spendable().amount()))
        }
        None => (String::new(), None),
    };
    let module = offer.plan.capabilities.module;
    let fits = if module { fitting(&cx, &offer).await? } else { Vec::new() };
    let form = if module {
        let form = module::form(&cx, &offer).await?;
        view! { <div class="buy-aside">{form}</div> }.into_any()
    } else {
        let form = order_form(&cx, &offer, order, balance);
        match &cx.viewer {
            Viewer::Staff(_) => for_staff(locale, form).into_any(),
            Viewer::Guest | Viewer::Customer(_) => view! { <OrderForm data=form /> }.into_any(),
        }
    };

    let plan = &offer.plan;
    let name = plan.name.get(locale).to_owned();
    let tagline = plan.tagline.get(locale).to_owned();
    let crumbs =
        vec![Crumb::link("/catalog", t!(locale, "nav-catalog")), Crumb::here(name.clone())];
    let paragraphs = plan
        .description
        .get(locale)
        .split("\n\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| view! { <p>{text.to_owned()}</p> })
        .collect_view();
    let free = offer.prices.iter().all(|(_, price)| price.is_zero());
    // Drawn above both columns, so that it is near the form on every screen.
    let refused = refusal(&cx, t!(locale, "buy-refused-title"));
    let main = view! {
        <Meta name="description" content=t!(locale, "product-description", name = name.clone(), tagline = tagline.clone()) />
        <div class="wrap product">
            <div class="product-head">
                <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=crumbs />
                <h1>{name.clone()}</h1>
                <p class="lead">{tagline}</p>
            </div>
            {refused}
            {form}
            <div class="product-main">
                <section class="product-section" aria-labelledby="about-title">
                    <h2 id="about-title">{t!(locale, "product-about")}</h2>
                    <div class="prose">{paragraphs}</div>
                </section>
                {addon_section(locale, &offer)}
                <section class="product-section" aria-labelledby="server-title">
                    <h2 id="server-title">{t!(locale, "product-server")}</h2>
                    {server_facts(locale, &offer, &fits, free)}
                </section>
                <section class="product-section" aria-labelledby="after-title">
                    <h2 id="after-title">{t!(locale, "product-after")}</h2>
                    {what_happens(locale, free, &offer.plan)}
                </section>
            </div>
        </div>
    }
    .into_any();
    frame::shop(&cx, &name, main).await
}

/// The form as customers see it, and before it why it has no button.
fn for_staff(locale: Locale, form: OrderFormData) -> impl IntoView {
    view! {
        <div class="buy-aside">
            {staff_note(locale)} <OrderForm data=form />
        </div>
    }
}

/// Why staff cannot buy, and the way to those who can.
pub(super) fn staff_note(locale: Locale) -> AnyView {
    view! {
        <Notice tone=Tone::Info>
            <p>{t!(locale, "buy-staff")}</p>
            <p>
                <a href="/admin/customers">{t!(locale, "nav-customers")}</a>
            </p>
        </Notice>
    }
    .into_any()
}

fn what_happens(locale: Locale, free: bool, plan: &Plan) -> impl IntoView + use<> {
    let module = plan.capabilities.module;
    let first = if free {
        view! {
            <Step title=t!(locale, "after-free") text=t!(locale, "after-free-text") />
        }
    } else {
        let text = if module {
            t!(locale, "after-reserve-module")
        } else {
            t!(locale, "after-reserve-text")
        };
        view! { <Step title=t!(locale, "after-reserve") text=text /> }
    };
    // A module has no key: its panel is told to look for it.
    let (order, last) = if module {
        let last = view! {
            <Step title=t!(locale, "after-module") text=after_key(locale, free) />
            <Step title=t!(locale, "module-step-open") text=t!(locale, "module-step-open-text") />
            <Step title=t!(locale, "module-step-update") text=t!(locale, "module-step-update-text") />
        };
        (t!(locale, "after-order-module"), last.into_any())
    } else if plan.has_key {
        let last = view! { <Step title=t!(locale, "after-key") text=after_key(locale, free) /> };
        (t!(locale, "after-order-text"), last.into_any())
    } else {
        let text = after_key(locale, free);
        let last = view! { <Step title=t!(locale, "after-license") text=text /> };
        (t!(locale, "after-order-license"), last.into_any())
    };
    let renewal = (plan.vendor.renews && !free).then(|| {
        let text = t!(locale, "after-renewed-text");
        view! { <Step title=t!(locale, "after-renewed") text=text /> }
    });
    view! {
        <Steps>
            {first} <Step title=t!(locale, "after-order") text=order /> {last} {renewal}
        </Steps>
    }
}

fn after_key(locale: Locale, free: bool) -> String {
    if free { t!(locale, "after-key-free-text") } else { t!(locale, "after-key-text") }
}

/// The names of the plans on the shelf whose licenses the module fits.
async fn fitting(cx: &Context, offer: &Offer) -> Result<Vec<String>, ApiError> {
    let shelf = cx.portal.shelf(cx.viewer.group()).await.map_err(|error| cx.failed(&error))?;
    let plans = shelf.iter().flat_map(|family| &family.plans).map(|offer| &offer.plan);
    let fitting = plans.filter(|plan| offer.plan.fits.contains(&plan.slug));
    Ok(fitting.map(|plan| plan.name.get(cx.locale).to_owned()).collect())
}

/// What the order's form says of what its page has told: that the vendor renews by itself.
pub(super) const fn told_of_renewals(plan: &Plan) -> &'static str {
    if plan.vendor.renews { "1" } else { "" }
}

/// What is charged later.
pub(super) fn fine(locale: Locale, plan: &Plan) -> String {
    if plan.vendor.renews { t!(locale, "after-renewed-text") } else { t!(locale, "form-fine") }
}

fn server_facts(
    locale: Locale,
    offer: &Offer,
    fits: &[String],
    free: bool,
) -> impl IntoView + use<> {
    let terms_hint = if offer.plan.vendor.renews && !free {
        t!(locale, "after-renewed-text")
    } else {
        t!(locale, "server-terms-hint")
    };
    let module = offer.plan.capabilities.module;
    let (label, place, hint) = if module {
        let label = t!(locale, "server-works-with");
        let place = if fits.is_empty() { t!(locale, "server-license") } else { fits.join(", ") };
        (label, place, t!(locale, "server-license-hint"))
    } else if offer.plan.capabilities.needs_ip {
        (t!(locale, "server-address"), t!(locale, "server-ip"), t!(locale, "server-ip-hint"))
    } else {
        (t!(locale, "server-address"), t!(locale, "server-any"), t!(locale, "server-any-hint"))
    };
    let terms: Vec<String> =
        offer.prices.iter().map(|(period, _)| format::period(locale, *period)).collect();
    let payment = if free {
        (t!(locale, "server-payment-free"), t!(locale, "server-payment-free-hint"))
    } else {
        let currency = offer.plan.currency.code();
        (t!(locale, "server-payment", currency = currency), t!(locale, "server-payment-hint"))
    };
    view! {
        <DefinitionGrid>
            <Fact label=label hint=hint wide=module>
                {place}
            </Fact>
            <Fact label=t!(locale, "server-terms") hint=terms_hint>
                {terms.join(", ")}
            </Fact>
            <Fact label=t!(locale, "server-pay") hint=payment.1>
                {payment.0}
            </Fact>
        </DefinitionGrid>
    }
}

fn addon_section(locale: Locale, offer: &Offer) -> Option<AnyView> {
    let addons = &offer.plan.capabilities.addons;
    if addons.is_empty() {
        return None;
    }
    let facts = addons
        .iter()
        .map(|addon| {
            let text = t!(locale, "addon-included", base = addon.base, max = addon.max);
            view! {
                <Fact label=addon_name(locale, offer, &addon.code) hint=addon_prices(locale, offer, &addon.code)>
                    {text}
                </Fact>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="product-section" aria-labelledby="addons-title">
                <h2 id="addons-title">{t!(locale, "product-addons")}</h2>
                <p class="muted">{t!(locale, "product-addons-text")}</p>
                <DefinitionGrid>{facts}</DefinitionGrid>
            </section>
        }
        .into_any(),
    )
}

fn addon_name(locale: Locale, offer: &Offer, code: &str) -> String {
    let name = offer.plan.addon_names.get(code);
    name.map_or_else(|| code.to_owned(), |name| name.get(locale).to_owned())
}

/// "Each further one €12.00 a month, €126.00 a year".
fn addon_prices(locale: Locale, offer: &Offer, code: &str) -> String {
    let prices: Vec<String> = offer
        .prices
        .iter()
        .filter_map(|(period, _)| {
            let price = offer.addon_prices.get(&(code.to_owned(), *period))?;
            let unit = format::per_period(locale, *period);
            Some(format!("{} {unit}", format::price(locale, *price)))
        })
        .collect();
    t!(locale, "addon-each", prices = prices.join(", "))
}

/// The form as it is shown: what was refused, else what the address asks for, else the defaults.
fn order_form(cx: &Context, offer: &Offer, order: String, balance: Option<i64>) -> OrderFormData {
    let locale = cx.locale;
    let plan = &offer.plan;
    let typed = |field: &str, query: &str| cx.typed(field).or_else(|| cx.query(query));
    let error = |field: &str| cx.error_of(field).unwrap_or_default();
    let first = offer.prices.first().map(|(period, _)| period.to_string()).unwrap_or_default();
    let chosen = typed("period", "period")
        .filter(|value| offer.prices.iter().any(|(period, _)| period.to_string() == *value))
        .unwrap_or(first);
    let addons = plan
        .capabilities
        .addons
        .iter()
        .map(|addon| {
            let field = format!("addon-{}", addon.code);
            let name = addon_name(locale, offer, &addon.code);
            let value = typed(&field, &format!("addon[{}]", addon.code))
                .and_then(|count| count.trim().parse::<u32>().ok());
            let unit: BTreeMap<String, i64> = offer
                .addon_prices
                .iter()
                .filter(|((code, _), _)| *code == addon.code)
                .map(|((_, period), price)| (period.to_string(), price.amount()))
                .collect();
            AddonChoice {
                code: addon.code.clone(),
                hint: t!(
                    locale,
                    "addon-hint",
                    base = addon.base,
                    prices = addon_prices(locale, offer, &addon.code)
                ),
                base: addon.base,
                max: addon.max,
                step: addon.step,
                value: value.unwrap_or(addon.base).clamp(addon.base, addon.max.max(addon.base)),
                unit,
                error: error(&field),
                fewer: t!(locale, "addon-fewer", name = name.clone()),
                more: t!(locale, "addon-more", name = name.clone()),
                label: name,
            }
        })
        .collect();
    OrderFormData {
        action: "/buy".to_owned(),
        plan: plan.slug.clone(),
        order,
        sprite: cx.site.href("icons.svg"),
        currency: plan.currency.code().to_owned(),
        russian: locale == Locale::Ru,
        periods: offer
            .prices
            .iter()
            .map(|(period, price)| period_choice(locale, offer, *period, *price))
            .collect(),
        addons,
        chosen,
        needs_ip: plan.capabilities.needs_ip,
        checks_ip: plan.vendor.checks_ip,
        renews: told_of_renewals(plan).to_owned(),
        ip: typed("ip", "ip").unwrap_or_default(),
        ip_error: error("ip"),
        name: typed("name", "name").unwrap_or_default(),
        name_error: error("name"),
        period_error: error("period"),
        balance,
        text: words(cx, plan),
    }
}

/// A term with what it is a month and what is saved by it.
pub(super) fn period_choice(
    locale: Locale,
    offer: &Offer,
    period: Period,
    price: Money,
) -> PeriodChoice {
    let saving = offer.year_saving().filter(|_| period == Period::YEAR);
    PeriodChoice {
        value: period.to_string(),
        title: format::period(locale, period),
        hint: period_hint(locale, period, price),
        price: format::price(locale, price),
        badge: saving.map(|percent| t!(locale, "saving", percent = percent)).unwrap_or_default(),
        amount: price.amount(),
    }
}

/// What a longer term is a month, and what the others are.
pub(super) fn period_hint(locale: Locale, period: Period, price: Money) -> String {
    match period {
        Period::Trial => t!(locale, "period-hint-trial"),
        Period::Lifetime => t!(locale, "period-hint-lifetime"),
        Period::Months(months) if months.get() > 1 => {
            let each = per_month(price, months.get());
            t!(locale, "period-hint-months", price = format::money(locale, each))
        }
        Period::Months(_) => String::new(),
    }
}

/// What is left to spend after a choice, or what it takes more; nothing for what is free.
pub(super) fn left(locale: Locale, spendable: Money, price: Money) -> Option<String> {
    if price.is_zero() {
        return None;
    }
    let left = spendable.checked_sub(price).ok()?;
    Some(if left.is_negative() {
        let missing = price.checked_sub(spendable).ok()?;
        t!(locale, "form-missing", missing = format::money(locale, missing))
    } else {
        t!(locale, "choice-left", amount = format::money(locale, left))
    })
}

/// A month's share, to the nearest cent, for comparing only.
fn per_month(price: Money, months: u16) -> Money {
    let cents = price.amount() / 100;
    let months = i64::from(months.max(1));
    Money::new((cents + months / 2) / months * 100, price.currency())
}

fn words(cx: &Context, plan: &Plan) -> OrderFormText {
    let locale = cx.locale;
    let name = plan.name.get(locale);
    let may_buy = cx.viewer.staff().is_none();
    let guest_note = match cx.viewer {
        Viewer::Guest => t!(locale, "form-guest"),
        Viewer::Customer(_) | Viewer::Staff(_) => String::new(),
    };
    OrderFormText {
        title: t!(locale, "form-title", name = name),
        legend: t!(locale, "form-period"),
        ip_label: t!(locale, "form-ip"),
        ip_hint: t!(locale, "form-ip-hint"),
        check: t!(locale, "form-check"),
        checking: t!(locale, "form-checking"),
        unchecked: t!(locale, "ip-unchecked"),
        name_label: t!(locale, "form-name"),
        name_note: t!(locale, "form-optional"),
        name_hint: t!(locale, "form-name-hint"),
        total: t!(locale, "form-total"),
        balance: t!(locale, "form-balance"),
        becomes: t!(locale, "form-becomes"),
        buy: if may_buy { t!(locale, "form-buy", price = "{price}") } else { String::new() },
        buy_free: t!(locale, "form-buy-free"),
        guest_note,
        missing: t!(locale, "form-missing", missing = "{missing}"),
        top_up: t!(locale, "form-top-up"),
        fine: fine(locale, plan),
        no_script: t!(locale, "form-no-script"),
    }
}

#[cfg(test)]
mod tests {
    use domain::Currency;

    use super::*;

    #[test]
    fn a_month_of_a_year_is_rounded_to_cents() {
        let year = Money::parse("157.50", Currency::EUR).unwrap();
        assert_eq!(per_month(year, 12).to_plain(), "13.13");
        assert_eq!(per_month(year, 0).to_plain(), "157.50");
    }
}
