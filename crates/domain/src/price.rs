//! From what a thing costs us to what a customer pays: one pure function for every page, cart,
//! invoice and API.
//!
//! Rounding happens here, once, per unit price; a total is a plain sum of what the page showed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::plan::{Addon, Choice};
use crate::{Currency, Money, Period};

/// How a selling price follows from a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Cost plus this many percent, 0 or more.
    Percent(Decimal),
    /// Cost plus this amount.
    Fixed(Money),
    /// This price, whatever the cost; refused below the floor.
    Explicit(Money),
}

/// What a rule speaks of; an empty field means any. The more specific rule wins, and of two
/// equally specific ones the later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Product family, such as `ispmanager`.
    pub family: Option<String>,
    /// Plan, by its slug.
    pub plan: Option<String>,
    /// Term.
    pub period: Option<Period>,
    /// Add-on, by its code; an empty field speaks of the plan itself *and* of its add-ons only in
    /// rules that name no plan.
    pub addon: Option<String>,
}

/// One line of a pricelist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it speaks of.
    pub scope: Scope,
    /// What it does.
    pub markup: Markup,
}

/// Where a computed unit price ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Up to the currency's own smallest unit.
    #[default]
    Cent,
    /// Up to a whole unit.
    Whole,
    /// Up to the next price that ends in .90.
    Ninety,
    /// Up to the next price that ends in .99.
    NinetyNine,
}

/// Our table of selling prices for a customer group (not the wire's word).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricelist {
    /// Rules in the order in which they were written.
    pub rules: Vec<Rule>,
    /// How percent and fixed markups are rounded; explicit prices are taken as they are.
    pub rounding: Rounding,
    /// A price is never below the cost plus this many percent.
    pub minimum_margin: Decimal,
}

/// What we pay for one term of a plan and its add-ons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The plan with its base counts.
    pub plan: Money,
    /// One more of an add-on, by its code.
    pub addons: BTreeMap<String, Money>,
}

/// What is to be priced.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Product family.
    pub family: &'a str,
    /// The plan's slug.
    pub plan: &'a str,
    /// The plan's add-ons.
    pub addons: &'a [Addon],
    /// Cost of the term in question.
    pub cost: &'a Cost,
}

/// A priced wish. It is kept with its order and is what is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The plan, then its add-ons beyond the base.
    pub lines: Vec<QuoteLine>,
    /// What the customer pays.
    pub total: Money,
    /// What we pay.
    pub cost: Money,
}

/// One line of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The add-on's code; none for the plan itself.
    pub addon: Option<String>,
    /// How many are charged.
    pub count: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Cost of one.
    pub unit_cost: Money,
}

/// Why there is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// No rule speaks of this; it is not for sale.
    #[error("no rule sets a price")]
    NoRule,
    /// The add-on has no cost for this term.
    #[error("the add-on {0} has no cost")]
    NoCost(String),
    /// An explicit or fixed amount stands in another currency than the cost.
    #[error("the rule is in another currency than the cost")]
    CurrencyMismatch,
    /// An explicit price is below the cost plus the minimum margin.
    #[error("the price is below cost plus minimum margin")]
    BelowFloor,
    /// A number does not fit.
    #[error("the price is out of range")]
    OutOfRange,
}

/// Prices a checked choice.
///
/// The result is never below cost plus the minimum margin, grows with the cost and is rounded
/// once, per unit.
pub fn price(
    subject: Subject<'_>,
    choice: &Choice,
    pricelist: &Pricelist,
) -> Result<Quote, PriceError> {
    let unit =
        |addon: Option<&str>, cost: Money| unit_price(subject, choice, pricelist, addon, cost);
    let plan_cost = subject.cost.plan;
    let mut lines = vec![QuoteLine {
        addon: None,
        count: 1,
        unit_price: unit(None, plan_cost)?,
        unit_cost: plan_cost,
    }];
    for addon in subject.addons {
        let wanted = choice.addons.get(&addon.code).copied().unwrap_or(addon.base);
        let count = wanted.saturating_sub(addon.base);
        if count == 0 {
            continue;
        }
        let cost = addon_cost(subject.cost, &addon.code)?;
        lines.push(QuoteLine {
            addon: Some(addon.code.clone()),
            count,
            unit_price: unit(Some(&addon.code), cost)?,
            unit_cost: cost,
        });
    }
    let mut total = Money::zero(plan_cost.currency());
    let mut cost = Money::zero(plan_cost.currency());
    for line in &lines {
        let add = |sum: Money, each: Money| sum.checked_add(each.checked_mul(line.count)?);
        total = add(total, line.unit_price).map_err(|_| PriceError::OutOfRange)?;
        cost = add(cost, line.unit_cost).map_err(|_| PriceError::OutOfRange)?;
    }
    Ok(Quote { lines, total, cost })
}

/// The price of one more of an add-on, for pages that show it before anything is chosen.
pub fn addon_unit_price(
    subject: Subject<'_>,
    choice: &Choice,
    pricelist: &Pricelist,
    code: &str,
) -> Result<Money, PriceError> {
    unit_price(subject, choice, pricelist, Some(code), addon_cost(subject.cost, code)?)
}

fn addon_cost(cost: &Cost, code: &str) -> Result<Money, PriceError> {
    cost.addons.get(code).copied().ok_or_else(|| PriceError::NoCost(code.to_owned()))
}

fn unit_price(
    subject: Subject<'_>,
    choice: &Choice,
    pricelist: &Pricelist,
    addon: Option<&str>,
    cost: Money,
) -> Result<Money, PriceError> {
    let rule = pricelist
        .rules
        .iter()
        .filter(|rule| rule.scope.covers(subject, choice.period, addon))
        // `max_by_key` keeps the last of equals: the later rule wins.
        .max_by_key(|rule| rule.scope.weight())
        .ok_or(PriceError::NoRule)?;
    let floor = ceil_to(percent_more(cost, pricelist.minimum_margin)?, cent(cost.currency()), 0)?;
    match rule.markup {
        Markup::Explicit(price) => {
            same_currency(price, cost)?;
            if price.amount() < floor.amount() { Err(PriceError::BelowFloor) } else { Ok(price) }
        }
        Markup::Percent(percent) => pricelist.rounding.up(percent_more(cost, percent)?, floor),
        Markup::Fixed(more) => {
            same_currency(more, cost)?;
            let sum = cost.checked_add(more).map_err(|_| PriceError::OutOfRange)?;
            pricelist.rounding.up(sum, floor)
        }
    }
}

impl Scope {
    fn covers(&self, subject: Subject<'_>, period: Period, addon: Option<&str>) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|w| w == is);
        let addon_fits = match (self.addon.as_deref(), addon) {
            (Some(wanted), is) => is == Some(wanted),
            (None, None) => true,
            // A plan's own price says nothing about its add-ons.
            (None, Some(_)) => self.plan.is_none(),
        };
        fits(&self.family, subject.family)
            && fits(&self.plan, subject.plan)
            && self.period.is_none_or(|wanted| wanted == period)
            && addon_fits
    }

    fn weight(&self) -> u8 {
        let bit = |set: bool, weight: u8| if set { weight } else { 0 };
        bit(self.addon.is_some(), 8)
            + bit(self.plan.is_some(), 4)
            + bit(self.period.is_some(), 2)
            + bit(self.family.is_some(), 1)
    }
}

impl Rounding {
    /// The smallest allowed price at or above both amounts. Nothing stays nothing: a free trial
    /// does not become 0.90.
    fn up(self, price: Money, floor: Money) -> Result<Money, PriceError> {
        let least = if price.amount() < floor.amount() { floor } else { price };
        if least.is_zero() {
            return Ok(least);
        }
        match self {
            Self::Cent => ceil_to(least, cent(least.currency()), 0),
            Self::Whole => ceil_to(least, 10_000, 0),
            Self::Ninety => ceil_to(least, 10_000, 9_000),
            Self::NinetyNine => ceil_to(least, 10_000, 9_900),
        }
    }
}

/// The smallest amount at or above `money` that is `offset` more than a multiple of `step`.
fn ceil_to(money: Money, step: i64, offset: i64) -> Result<Money, PriceError> {
    let out = PriceError::OutOfRange;
    let shifted = money.amount().checked_sub(offset).ok_or(out.clone())?;
    let rest = shifted.rem_euclid(step);
    let missing = if rest == 0 { 0 } else { step - rest };
    let amount = money.amount().checked_add(missing).ok_or(out)?;
    Ok(Money::new(amount, money.currency()))
}

/// The currency's smallest unit in ten-thousandths.
fn cent(currency: Currency) -> i64 {
    match currency.exponent() {
        Some(0) => 10_000,
        Some(1) => 1_000,
        Some(3) => 10,
        Some(4) => 1,
        _ => 100,
    }
}

fn percent_more(cost: Money, percent: Decimal) -> Result<Money, PriceError> {
    let factor = Decimal::ONE + percent / Decimal::ONE_HUNDRED;
    let amount = Decimal::from(cost.amount())
        .checked_mul(factor)
        .and_then(|amount| amount.ceil().to_i64())
        .ok_or(PriceError::OutOfRange)?;
    Ok(Money::new(amount, cost.currency()))
}

fn same_currency(one: Money, other: Money) -> Result<(), PriceError> {
    if one.currency() == other.currency() { Ok(()) } else { Err(PriceError::CurrencyMismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(text: &str) -> Money {
        Money::parse(text, Currency::EUR).unwrap()
    }

    fn cost(plan: Money) -> Cost {
        Cost { plan, addons: BTreeMap::from([("node".to_owned(), eur("9"))]) }
    }

    fn choice(nodes: u32) -> Choice {
        Choice {
            period: Period::MONTH,
            ip: None,
            addons: BTreeMap::from([("node".to_owned(), nodes)]),
        }
    }

    fn addons() -> Vec<Addon> {
        vec![Addon { code: "node".into(), base: 1, max: 100, step: 1 }]
    }

    fn quote(plan_cost: Money, nodes: u32, list: &Pricelist) -> Result<Quote, PriceError> {
        let (cost, addons) = (cost(plan_cost), addons());
        let subject = Subject { family: "ispmanager", plan: "biz", addons: &addons, cost: &cost };
        price(subject, &choice(nodes), list)
    }

    fn everything(markup: Markup, rounding: Rounding) -> Pricelist {
        Pricelist {
            rules: vec![Rule { scope: Scope::default(), markup }],
            rounding,
            minimum_margin: Decimal::ZERO,
        }
    }

    #[test]
    fn the_base_is_included_and_more_is_charged() {
        let list = everything(Markup::Percent(Decimal::from(40)), Rounding::Ninety);
        let quote = quote(eur("3.50"), 3, &list).unwrap();
        assert_eq!(quote.total, eur("30.70"), "4.90 and twice 12.90");
        assert_eq!(quote.cost, eur("21.50"));
        assert_eq!(quote.lines.len(), 2);
    }

    #[test]
    fn the_most_specific_rule_wins_and_then_the_later() {
        let rule =
            |family: Option<&str>, plan: Option<&str>, addon: Option<&str>, price: &str| Rule {
                scope: Scope {
                    family: family.map(Into::into),
                    plan: plan.map(Into::into),
                    period: None,
                    addon: addon.map(Into::into),
                },
                markup: Markup::Explicit(eur(price)),
            };
        let list = Pricelist {
            rules: vec![
                rule(None, Some("biz"), None, "12"),
                rule(None, None, None, "50"),
                rule(Some("ispmanager"), None, None, "40"),
                rule(None, Some("biz"), None, "13"),
            ],
            ..Pricelist::default()
        };
        // The plan's rule does not speak of its add-on: that one takes the family's.
        let priced = quote(eur("3.50"), 2, &list).unwrap();
        assert_eq!(priced.lines[0].unit_price, eur("13"));
        assert_eq!(priced.lines[1].unit_price, eur("40"));
    }

    #[test]
    fn what_has_no_rule_is_not_for_sale() {
        assert_eq!(quote(eur("1"), 1, &Pricelist::default()), Err(PriceError::NoRule));
    }

    #[test]
    fn an_explicit_price_below_cost_is_refused() {
        let list = everything(Markup::Explicit(eur("8")), Rounding::Cent);
        assert_eq!(quote(eur("8.01"), 1, &list), Err(PriceError::BelowFloor));
        assert_eq!(quote(eur("8"), 1, &list).unwrap().total, eur("8"));
    }

    #[test]
    fn free_stays_free() {
        let list = everything(Markup::Percent(Decimal::from(40)), Rounding::Ninety);
        assert_eq!(quote(eur("0"), 1, &list).unwrap().total, eur("0"));
    }

    fn rounding() -> impl Strategy<Value = Rounding> {
        prop_oneof![
            Just(Rounding::Cent),
            Just(Rounding::Whole),
            Just(Rounding::Ninety),
            Just(Rounding::NinetyNine)
        ]
    }

    proptest! {
        #[test]
        fn never_below_cost_plus_minimum_margin(
            cost in 0..1_000_000_000_i64, percent in 0..500_u32, least in 0..200_u32,
            rounding in rounding(), nodes in 1..100_u32,
        ) {
            let list = Pricelist {
                minimum_margin: Decimal::from(least),
                ..everything(Markup::Percent(Decimal::from(percent)), rounding)
            };
            let quote = quote(Money::new(cost, Currency::EUR), nodes, &list).unwrap();
            for line in &quote.lines {
                let floor = i128::from(line.unit_cost.amount()) * i128::from(100 + least);
                prop_assert!(i128::from(line.unit_price.amount()) * 100 >= floor);
                prop_assert_eq!(line.unit_price.amount() % 100, 0, "whole cents");
            }
        }

        #[test]
        fn grows_with_the_cost(
            cost in 0..1_000_000_000_i64, more in 0..1_000_000_i64, percent in 0..500_u32,
            rounding in rounding(),
        ) {
            let list = everything(Markup::Percent(Decimal::from(percent)), rounding);
            let low = quote(Money::new(cost, Currency::EUR), 1, &list).unwrap();
            let high = quote(Money::new(cost + more, Currency::EUR), 1, &list).unwrap();
            prop_assert!(low.total.amount() <= high.total.amount());
        }

        #[test]
        fn rounding_twice_changes_nothing(amount in 1..1_000_000_000_i64, rounding in rounding()) {
            let zero = Money::zero(Currency::EUR);
            let once = rounding.up(Money::new(amount, Currency::EUR), zero).unwrap();
            prop_assert_eq!(rounding.up(once, zero), Ok(once));
        }

        #[test]
        fn the_total_is_the_sum_of_what_was_shown(nodes in 1..100_u32, percent in 0..300_u32) {
            let list = everything(Markup::Percent(Decimal::from(percent)), Rounding::NinetyNine);
            let quote = quote(eur("9"), nodes, &list).unwrap();
            let sum: i64 = quote.lines.iter().map(|l| l.unit_price.amount() * i64::from(l.count)).sum();
            prop_assert_eq!(quote.total.amount(), sum);
        }
    }
}
