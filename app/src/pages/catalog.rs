//! Everything that is for sale.

use domain::Period;
use leptos::prelude::*;
use leptos_meta::Meta;
use portal::catalog::Offer;
use portal::locale::Locale;

use super::{Shown, frame, page};
use crate::components::{Empty, LinkButton, PageHead, PriceCard, ShopSection, TabItem, Tabs};
use crate::context::Context;
use crate::{format, t};

/// `/catalog`
#[component]
pub fn Catalog() -> impl IntoView {
    page(catalog)
}

async fn catalog(cx: Context) -> Shown {
    let shelf = cx.portal.shelf(cx.viewer.group()).await.map_err(|error| cx.failed(&error))?;
    let locale = cx.locale;
    let title = t!(locale, "catalog-title");
    let tabs = shelf
        .iter()
        .map(|family| TabItem {
            href: format!("#{}", family.code),
            label: family.name.get(locale).to_owned(),
            count: Some(family.plans.len().to_string()),
            current: false,
        })
        .collect::<Vec<_>>();
    let families = shelf
        .iter()
        .map(|family| {
            let cards = family.plans.iter().map(|offer| card(locale, offer)).collect_view();
            view! {
                <ShopSection
                    id=family.code.clone()
                    title=family.name.get(locale)
                    text=family.summary.get(locale)
                    grid=true
                >
                    {cards}
                </ShopSection>
            }
        })
        .collect_view();
    let content = if shelf.is_empty() {
        let action = view! { <LinkButton href="/">{t!(locale, "go-home")}</LinkButton> }.into_any();
        view! {
            <Empty
                icon="package"
                title=t!(locale, "catalog-empty")
                text=t!(locale, "catalog-empty-text")
                action=action
            />
        }
        .into_any()
    } else {
        view! {
            <Tabs label=t!(locale, "catalog-families") items=tabs parts=true />
            {families}
        }
        .into_any()
    };
    let main = view! {
        <Meta name="description" content=t!(locale, "catalog-description") />
        <div class="wrap">
            <div class="section">
                <PageHead title=title.clone() subtitle=t!(locale, "catalog-lead") />
                {content}
            </div>
        </div>
    }
    .into_any();
    frame::shop(&cx, &title, main).await
}

/// A plan in a grid: per month where there is such a term, else its first term.
pub fn card(locale: Locale, offer: &Offer) -> impl IntoView + use<> {
    let plan = &offer.plan;
    let month = offer.price_of(Period::MONTH).map(|price| (Period::MONTH, price));
    let (period, price) = month
        .or_else(|| offer.prices.first().copied())
        .unwrap_or((Period::MONTH, domain::Money::zero(plan.currency)));
    let year = offer.price_of(Period::YEAR).filter(|_| period != Period::YEAR);
    let alt = match year {
        Some(year) => {
            let price = format::price(locale, year);
            Some(match offer.year_saving() {
                Some(percent) => t!(locale, "price-year-saving", price = price, percent = percent),
                None => t!(locale, "price-year", price = price),
            })
        }
        // Said, so that no card has a blank line.
        None => (offer.prices.len() == 1 && period == Period::MONTH)
            .then(|| t!(locale, "price-month-only")),
    };
    view! {
        <PriceCard
            href=format!("/p/{}", plan.slug)
            name=plan.name.get(locale)
            text=plan.tagline.get(locale)
            price=format::price(locale, price)
            unit=format::per_period(locale, period)
            alt=alt
            action=t!(locale, "card-choose")
        />
    }
}
