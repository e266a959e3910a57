//! Amounts: formatted elsewhere, never broken over two lines, in figures of equal width.

use leptos::prelude::*;

use super::{Icon, OptText};

/// An amount with its currency.
#[component]
pub fn Money(
    /// The amount as the reader's language writes it.
    #[prop(into)]
    text: String,
    /// It came in.
    #[prop(optional)]
    gain: bool,
) -> impl IntoView {
    view! { <span class=if gain { "money pos" } else { "money" }>{text}</span> }
}

/// A price with its period: "€4.90 / month".
#[component]
pub fn Price(
    /// The amount.
    #[prop(into)]
    amount: String,
    /// Slash and period, "/ month".
    #[prop(optional, into)]
    unit: OptText,
) -> impl IntoView {
    view! {
        <p class="price">
            <span class="price-amount money">{amount}</span>
            {unit.get().map(|unit| view! { <span class="price-unit">{unit}</span> })}
        </p>
    }
}

/// The sum of a purchase, line by line. Children are `TotalRow`s.
#[component]
pub fn Totals(
    /// Rows.
    children: Children,
) -> impl IntoView {
    view! { <dl class="totals">{children()}</dl> }
}

/// A line of `Totals`. Children replace the amount where it is more than a text.
#[component]
pub fn TotalRow(
    /// What the amount is for.
    #[prop(into)]
    label: String,
    /// The amount.
    #[prop(optional, into)]
    amount: OptText,
    /// Whether this is the sum.
    #[prop(optional)]
    sum: bool,
    /// Id of the amount, for an island that keeps it current.
    #[prop(optional, into)]
    id: OptText,
    /// Something else than a text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=if sum { "totals-row totals-sum" } else { "totals-row" }>
            <dt>{label}</dt>
            <dd class="money" id=id.get()>
                {amount.get()}
                {children.map(|children| children())}
            </dd>
        </div>
    }
}

/// A balance before and after.
#[component]
pub fn BalanceChange(
    /// Balance now.
    #[prop(into)]
    before: String,
    /// The word read out for the arrow: "becomes".
    #[prop(into)]
    becomes: String,
    /// Balance afterwards.
    #[prop(into)]
    after: String,
) -> impl IntoView {
    view! {
        <span class="balance-change">
            <span class="money">{before}</span>
            <Icon name="arrow-right" />
            <span class="visually-hidden">{becomes}</span>
            <strong class="money">{after}</strong>
        </span>
    }
}
