//! The front page: what this is, proof of it, and where to begin.

use domain::{Money, Period};
use leptos::prelude::*;
use leptos_meta::Meta;
use portal::catalog::Family;
use portal::locale::Locale;

use super::{Shown, catalog, frame, page, panel};
use crate::components::{
    ButtonKind, LinkButton, ShopSection, StatusPill, StepState, Timeline, TimelineItem, Tone,
    TrustItem,
};
use crate::context::Context;
use crate::{format, t};

/// Families shown, and plans of each; the catalogue has them all.
const FAMILIES: usize = 3;
const PLANS: usize = 4;

/// `/`
#[component]
pub fn Home() -> impl IntoView {
    page(home)
}

async fn home(cx: Context) -> Shown {
    // Panels know this address and add what somebody wants to buy.
    if let Some(ask) = panel::asked(&cx) {
        return panel::landing(cx, ask).await;
    }
    let shelf = cx.portal.shelf(cx.viewer.group()).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let trial = shelf
        .iter()
        .flat_map(|family| &family.plans)
        .find(|offer| offer.price_of(Period::Trial).is_some_and(Money::is_zero))
        .map(|offer| format!("/p/{}", offer.plan.slug));
    let trial = trial.map(|href| {
        view! {
            <LinkButton href=href size="btn-lg">
                {t!(locale, "home-trial")}
            </LinkButton>
        }
    });
    let families =
        shelf.iter().take(FAMILIES).map(|family| family_section(locale, family)).collect_view();
    let main = view! {
        <Meta name="description" content=t!(locale, "home-description") />
        <div class="wrap">
            <section class="hero">
                <div class="hero-text">
                    <h1>{t!(locale, "home-title")}</h1>
                    <p class="lead">{t!(locale, "home-lead")}</p>
                    <div class="actions">
                        <LinkButton href="/catalog" kind=ButtonKind::Primary size="btn-lg">
                            {t!(locale, "home-browse")}
                        </LinkButton>
                        {trial}
                    </div>
                </div>
                {proof(locale, &shelf)}
            </section>
            <div class="trust">
                <TrustItem
                    icon="shield-check"
                    title=t!(locale, "trust-genuine")
                    text=t!(locale, "trust-genuine-text")
                />
                <TrustItem
                    icon="undo-2"
                    title=t!(locale, "trust-money")
                    text=t!(locale, "trust-money-text")
                />
                <TrustItem
                    icon="scale"
                    title=t!(locale, "trust-once")
                    text=t!(locale, "trust-once-text")
                />
            </div>
            {families}
            <div class="section more">
                <LinkButton href="/catalog" size="btn-lg">
                    {t!(locale, "home-everything")}
                </LinkButton>
            </div>
        </div>
    }
    .into_any();
    frame::shop(&cx, "", main).await
}

/// What an order looks like, with the first plan that has a monthly price.
fn proof(locale: Locale, shelf: &[Family]) -> Option<AnyView> {
    let (name, price) = shelf.iter().flat_map(|family| &family.plans).find_map(|offer| {
        let price = offer.price_of(Period::MONTH)?;
        Some((offer.plan.name.get(locale).to_owned(), format::money(locale, price)))
    })?;
    let done = t!(locale, "state-done");
    let seconds = move |count: u8| t!(locale, "seconds", count = count);
    Some(
        view! {
            <div class="hero-proof">
                <div class="proof-head">
                    <div>
                        <p class="strong">{name}</p>
                        <p class="muted small">{t!(locale, "proof-caption")}</p>
                    </div>
                    <StatusPill tone=Tone::Success label=t!(locale, "status-delivered") />
                </div>
                <Timeline>
                    <TimelineItem
                        state=StepState::Done
                        state_label=done.clone()
                        title=t!(locale, "step-reserved", amount = price.clone())
                        time=seconds(0)
                        text=t!(locale, "step-reserved-text")
                    />
                    <TimelineItem
                        state=StepState::Done
                        state_label=done.clone()
                        title=t!(locale, "step-sent")
                        time=seconds(1)
                        text=t!(locale, "proof-sent-text")
                    />
                    <TimelineItem
                        state=StepState::Done
                        state_label=done.clone()
                        title=t!(locale, "step-confirmed")
                        time=seconds(3)
                        text=t!(locale, "proof-charged-text", amount = price)
                    />
                    <TimelineItem
                        state=StepState::Done
                        state_label=done
                        title=t!(locale, "step-key")
                        time=seconds(5)
                        text=t!(locale, "proof-key-text")
                    />
                </Timeline>
            </div>
        }
        .into_any(),
    )
}

fn family_section(locale: Locale, family: &Family) -> impl IntoView + use<> {
    let cards =
        family.plans.iter().take(PLANS).map(|offer| catalog::card(locale, offer)).collect_view();
    let more = (family.plans.len() > PLANS).then(|| {
        let label = t!(locale, "home-all-plans", count = family.plans.len());
        view! { <a href=format!("/catalog#{}", family.code)>{label}</a> }.into_any()
    });
    view! {
        <ShopSection
            id=family.code.clone()
            title=family.name.get(locale)
            text=family.summary.get(locale)
            more=more
            grid=true
        >
            {cards}
        </ShopSection>
    }
}
