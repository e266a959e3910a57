//! Why a price is what it is, in sentences.

use domain::price::{Derivation, PriceError};
use domain::pricelist::{Markup, Pricelist};
use leptos::prelude::*;
use portal::pricing::PriceRow;

use super::Names;
use crate::components::Disclosure;
use crate::{format, t};

/// The price's steps, folded away behind one click.
pub fn explain(names: &Names<'_>, list: &Pricelist, row: &PriceRow) -> impl IntoView + use<> {
    let locale = names.locale;
    let (summary, mut lines) = match &row.result {
        Ok(found) => (decider(names, list, found), steps(names, list, found)),
        Err(error) => (t!(locale, "explain"), vec![why_not(names, list, error)]),
    };
    if let Some(public) = row.public {
        lines.push(t!(locale, "explain-public", price = format::money(locale, public)));
    }
    let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <Disclosure summary=summary>
            <ol class="reasons">{lines}</ol>
        </Disclosure>
    }
}

/// The deciding rule in a few words: "2. cost + 40%".
fn decider(names: &Names<'_>, list: &Pricelist, found: &Derivation) -> String {
    let number = found.rule.saturating_add(1);
    let markup = list.rules.get(found.rule).map(|rule| names.markup(rule)).unwrap_or_default();
    format!("{number}. {markup}")
}

fn steps(names: &Names<'_>, list: &Pricelist, found: &Derivation) -> Vec<String> {
    let locale = names.locale;
    let money = |amount| format::money(locale, amount);
    let mut lines = vec![t!(locale, "explain-cost", cost = money(found.cost))];
    if let Some(rule) = list.rules.get(found.rule) {
        let number = found.rule.saturating_add(1);
        lines.push(t!(
            locale,
            "explain-rule",
            number = number,
            scope = names.scope(rule),
            markup = names.markup(rule),
            price = money(found.by_rule)
        ));
        if !found.overruled.is_empty() {
            let others: Vec<String> =
                found.overruled.iter().map(|index| (index + 1).to_string()).collect();
            let numbers = others.join(", ");
            lines.push(t!(locale, "explain-overruled", count = others.len(), numbers = numbers));
        }
        let least = format::percent(locale, list.minimum_margin);
        let floor = money(found.floor);
        let below = found.by_rule.amount() < found.floor.amount();
        lines.push(match (below, rule.markup) {
            (true, Markup::Explicit(_)) => t!(locale, "explain-below-floor", floor = floor),
            (true, _) => t!(locale, "explain-raised", percent = least, floor = floor),
            (false, _) => t!(locale, "explain-floor", percent = least, floor = floor),
        });
    }
    lines.push(match found.rounding {
        Some(rounding) => t!(
            locale,
            "explain-rounding",
            rounding = super::rounding(locale, rounding),
            price = money(found.price)
        ),
        None => t!(locale, "explain-no-rounding", price = money(found.price)),
    });
    lines
}

fn why_not(names: &Names<'_>, list: &Pricelist, error: &PriceError) -> String {
    let locale = names.locale;
    match error {
        PriceError::NoRule => t!(locale, "explain-no-rule"),
        PriceError::NoCost(_) => t!(locale, "explain-no-cost"),
        PriceError::OutOfRange => t!(locale, "explain-out-of-range"),
        PriceError::BelowFloor { rule, price, floor } => {
            let number = rule.saturating_add(1);
            let scope = list.rules.get(*rule).map(|rule| names.scope(rule)).unwrap_or_default();
            t!(
                locale,
                "explain-refused",
                number = number,
                scope = scope,
                price = format::money(locale, *price),
                floor = format::money(locale, *floor)
            )
        }
    }
}
