//! Parts of the shop window.

use leptos::prelude::*;

use super::{Icon, OptText, Slot};

/// A product in the catalogue: name, one line, price per month and per year. The whole card is the link.
#[component]
pub fn PriceCard(
    /// Address of the product.
    #[prop(into)]
    href: String,
    /// Name.
    #[prop(into)]
    name: String,
    /// One line.
    #[prop(into)]
    text: String,
    /// Price of the usual period.
    #[prop(into)]
    price: String,
    /// "a month".
    #[prop(into)]
    unit: String,
    /// The other price: "€51.50 a year".
    #[prop(optional, into)]
    alt: OptText,
    /// "Most bought".
    #[prop(optional, into)]
    badge: OptText,
    /// "Choose".
    #[prop(into)]
    action: String,
) -> impl IntoView {
    view! {
        <article class="price-card">
            <h3>
                <a href=href>{name}</a>
                {badge.get().map(|badge| view! { <span class="badge">{badge}</span> })}
            </h3>
            <p class="price-card-text">{text}</p>
            <p class="price">
                <span class="price-amount money">{price}</span>
                <span class="price-unit">{unit}</span>
            </p>
            <div class="price-card-foot">
                {alt.get().map(|alt| view! { <p class="price-alt">{alt}</p> })}
                <span class="price-card-cta" aria-hidden="true">
                    {action}
                    <Icon name="arrow-right" />
                </span>
            </div>
        </article>
    }
}

/// A part of a shop page with its title, such as a family of products.
#[component]
pub fn ShopSection(
    /// Id; the title gets `{id}-title`.
    #[prop(into)]
    id: String,
    /// Title, an `<h2>`.
    #[prop(into)]
    title: String,
    /// One line below it.
    #[prop(optional, into)]
    text: OptText,
    /// A link at the right.
    #[prop(optional, into)]
    more: Slot,
    /// Lay the children out as a grid of `PriceCard`s.
    #[prop(optional)]
    grid: bool,
    /// Content.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let content = if grid {
        view! { <div class="product-grid">{children()}</div> }.into_any()
    } else {
        children()
    };
    view! {
        <section class="section" id=id aria-labelledby=title_id.clone()>
            <div class="section-head">
                <div>
                    <h2 id=title_id.clone()>{title}</h2>
                    {text.get().map(|text| view! { <p>{text}</p> })}
                </div>
                {more.into_view()}
            </div>
            {content}
        </section>
    }
}

/// One reason to buy here, in `<div class="trust">`.
#[component]
pub fn TrustItem(
    /// Icon.
    #[prop(into)]
    icon: String,
    /// Two words.
    #[prop(into)]
    title: String,
    /// One sentence with a fact in it.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <div class="trust-item">
            <Icon name=icon />
            <p class="strong">{title}</p>
            <p>{text}</p>
        </div>
    }
}
