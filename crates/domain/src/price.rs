//! From what a thing costs us to what a customer pays: one pure function for every page, cart,
//! invoice and API.
//!
//! Rounding happens here, once, per unit price; a total is a plain sum of what the page showed.
//! [`derive`] finds one unit price and keeps each step, so that a page can explain what [`price`]
//! charges: there is no second way to a price.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::money::SCALE;
use crate::plan::{Addon, Choice};
use crate::pricelist::{Markup, Pricelist, Rounding, Rule};
use crate::{Currency, Money, Period};

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
    /// The product that the plan is an edition of, if one is known.
    pub product: Option<&'a str>,
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

/// How a unit price came about, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// What we pay for one.
    pub cost: Money,
    /// Place of the deciding rule in the pricelist.
    pub rule: usize,
    /// Places of the rules that speak of it too and gave way, the most specific first.
    pub overruled: Vec<usize>,
    /// What the deciding rule alone says.
    pub by_rule: Money,
    /// Cost plus minimum margin, in whole cents.
    pub floor: Money,
    /// How the sum was rounded; none for an explicit price.
    pub rounding: Option<Rounding>,
    /// What one costs the customer.
    pub price: Money,
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
    /// An explicit price is below the cost plus the minimum margin, and nobody said that it may be.
    #[error("the price {price} is below cost plus minimum margin, {floor}")]
    BelowFloor {
        /// Place of the rule in the pricelist.
        rule: usize,
        /// What it says.
        price: Money,
        /// The least that it may say.
        floor: Money,
    },
    /// A number does not fit.
    #[error("the price is out of range")]
    OutOfRange,
}

/// Prices a checked choice.
///
/// The result is never below cost plus the minimum margin unless the rule says so, grows with the
/// cost and is rounded once, per unit.
pub fn price(
    subject: Subject<'_>,
    choice: &Choice,
    pricelist: &Pricelist,
) -> Result<Quote, PriceError> {
    let line = |addon: Option<&str>, count: u32| {
        derive(subject, choice.period, pricelist, addon).map(|found| QuoteLine {
            addon: addon.map(str::to_owned),
            count,
            unit_price: found.price,
            unit_cost: found.cost,
        })
    };
    let mut lines = vec![line(None, 1)?];
    for addon in subject.addons {
        let wanted = choice.addons.get(&addon.code).copied().unwrap_or(addon.base);
        let count = wanted.saturating_sub(addon.base);
        if count > 0 {
            lines.push(line(Some(&addon.code), count)?);
        }
    }
    let mut total = Money::zero(subject.cost.plan.currency());
    let mut cost = total;
    for line in &lines {
        let add = |sum: Money, each: Money| sum.checked_add(each.checked_mul(line.count)?);
        total = add(total, line.unit_price).map_err(|_| PriceError::OutOfRange)?;
        cost = add(cost, line.unit_cost).map_err(|_| PriceError::OutOfRange)?;
    }
    Ok(Quote { lines, total, cost })
}

/// What more of the add-ons costs for the rest of a term: `left` of `whole` days, each unit rounded up
/// to a whole cent. Fewer of one gives nothing back. The cost is the difference of the two costs for
/// the same share, rounded up; that vendors count like this is inferred.
pub fn pro_rata(now: &Quote, then: &Quote, left: u32, whole: u32) -> Result<Quote, PriceError> {
    let zero = Money::zero(then.total.currency());
    let share = |money: Money, unit: i64| {
        let part = i128::from(money.amount().max(0)) * i128::from(left.min(whole));
        let step = i128::from(whole.max(1)) * i128::from(unit);
        // A started unit is a whole one.
        let units = part / step + i128::from(part % step > 0);
        let amount = i64::try_from(units).ok().and_then(|units| units.checked_mul(unit));
        amount.map(|amount| Money::new(amount, money.currency())).ok_or(PriceError::OutOfRange)
    };
    let count = |quote: &Quote, addon: &str| {
        quote.lines.iter().find(|line| line.addon.as_deref() == Some(addon)).map_or(0, |l| l.count)
    };
    let mut lines = Vec::new();
    let mut total = zero;
    for line in &then.lines {
        let Some(addon) = &line.addon else { continue };
        let more = line.count.saturating_sub(count(now, addon));
        if more == 0 {
            continue;
        }
        let unit_price = share(line.unit_price, cent(line.unit_price.currency()))?;
        let each = unit_price.checked_mul(more).map_err(|_| PriceError::OutOfRange)?;
        total = total.checked_add(each).map_err(|_| PriceError::OutOfRange)?;
        let unit_cost = share(line.unit_cost, 1)?;
        lines.push(QuoteLine { addon: Some(addon.clone()), count: more, unit_price, unit_cost });
    }
    let more = then.cost.checked_sub(now.cost).map_err(|_| PriceError::OutOfRange)?;
    Ok(Quote { lines, total, cost: share(more, 1)? })
}

/// The price of one for one term: of the plan with its base counts, or of one more of an add-on.
pub fn derive(
    subject: Subject<'_>,
    period: Period,
    pricelist: &Pricelist,
    addon: Option<&str>,
) -> Result<Derivation, PriceError> {
    let cost = match addon {
        None => subject.cost.plan,
        Some(code) => {
            let cost = subject.cost.addons.get(code).copied();
            cost.ok_or_else(|| PriceError::NoCost(code.to_owned()))?
        }
    };
    let mut speaking: Vec<(usize, &Rule)> = pricelist
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.speaks_of(subject, period, addon, cost.currency()))
        .collect();
    // The sort is stable: of two equally specific rules the later one stands at the end.
    speaking.sort_by_key(|(_, rule)| rule.weight());
    let (index, rule) = speaking.pop().ok_or(PriceError::NoRule)?;
    let overruled = speaking.into_iter().rev().map(|(index, _)| index).collect();
    let floor = cents(percent_more(cost, pricelist.minimum_margin)?)?;
    let rounding = pricelist.rounding(cost.currency());
    let (by_rule, rounding, price) = match rule.markup {
        Markup::Explicit(price) => {
            let price = cents(price)?;
            if price.amount() < floor.amount() && !rule.below_cost {
                return Err(PriceError::BelowFloor { rule: index, price, floor });
            }
            (price, None, price)
        }
        Markup::Percent(percent) => {
            let sum = percent_more(cost, percent)?;
            (sum, Some(rounding), rounding.up(sum, floor)?)
        }
        Markup::Fixed(more) => {
            let sum = cost.checked_add(more).map_err(|_| PriceError::OutOfRange)?;
            (sum, Some(rounding), rounding.up(sum, floor)?)
        }
    };
    Ok(Derivation { cost, rule: index, overruled, by_rule, floor, rounding, price })
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
            _ if cent(least.currency()) == SCALE => cents(least),
            Self::Cent => cents(least),
            Self::Whole => ceil_to(least, SCALE, 0),
            Self::Ninety => ceil_to(least, SCALE, 9_000),
            Self::NinetyNine => ceil_to(least, SCALE, 9_900),
        }
    }
}

/// Up to the currency's smallest unit.
pub(crate) fn cents(money: Money) -> Result<Money, PriceError> {
    ceil_to(money, cent(money.currency()), 0)
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
        Some(0) => SCALE,
        Some(1) => 1_000,
        Some(3) => 10,
        Some(4) => 1,
        _ => 100,
    }
}

fn percent_more(cost: Money, percent: Decimal) -> Result<Money, PriceError> {
    let amount = percent
        .checked_div(Decimal::ONE_HUNDRED)
        .and_then(|part| part.checked_add(Decimal::ONE))
        .and_then(|factor| Decimal::from(cost.amount()).checked_mul(factor))
        .and_then(|amount| amount.ceil().to_i64())
        .ok_or(PriceError::OutOfRange)?;
    Ok(Money::new(amount, cost.currency()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricelist::{RuleError, Scope};
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
        let subject = Subject {
            family: "ispmanager",
            product: Some("ispmanager 6"),
            plan: "biz",
            addons: &addons,
            cost: &cost,
        };
        price(subject, &choice(nodes), list)
    }

    fn everything(markup: Markup, rounding: Rounding) -> Pricelist {
        Pricelist { rules: vec![rule(Scope::default(), markup)], rounding, ..Pricelist::default() }
    }

    fn rule(scope: Scope, markup: Markup) -> Rule {
        Rule { scope, markup, below_cost: false }
    }

    fn scope(family: Option<&str>, plan: Option<&str>, addon: Option<&str>) -> Scope {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (family, plan, addon) = (owned(family), owned(plan), owned(addon));
        Scope { family, plan, addon, ..Scope::default() }
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
    fn a_product_stands_between_its_family_and_its_plans() {
        let rule = |family, product: Option<&str>, plan, price: &str| {
            let product = product.map(str::to_owned);
            let scope = Scope { product, ..scope(family, plan, None) };
            rule(scope, Markup::Explicit(eur(price)))
        };
        let of = |rules| {
            let list = Pricelist { rules, ..Pricelist::default() };
            quote(eur("3.50"), 1, &list).unwrap().total
        };
        let family = rule(Some("ispmanager"), None, None, "40");
        let product = rule(Some("ispmanager"), Some("ispmanager 6"), None, "30");
        let other = rule(Some("ispmanager"), Some("ISPmanager 5"), None, "20");
        let plan = rule(None, None, Some("biz"), "10");
        assert_eq!(of(vec![family.clone(), product.clone(), other.clone()]), eur("30"));
        assert_eq!(of(vec![product, family.clone(), plan]), eur("10"));
        assert_eq!(of(vec![other, family]), eur("40"));
    }

    #[test]
    fn the_most_specific_rule_wins_and_then_the_later() {
        let rule = |family, plan, addon, price: &str| {
            rule(scope(family, plan, addon), Markup::Explicit(eur(price)))
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
    fn amounts_speak_of_their_own_currency() {
        let dollars = |text| Money::parse(text, Currency::USD).unwrap();
        let list = Pricelist {
            rules: vec![
                rule(Scope::default(), Markup::Fixed(dollars("2"))),
                rule(Scope::default(), Markup::Percent(Decimal::TEN)),
            ],
            roundings: BTreeMap::from([(Currency::USD, Rounding::NinetyNine)]),
            ..Pricelist::default()
        };
        assert_eq!(quote(eur("10"), 1, &list).unwrap().total, eur("11"));
        // The rule for one currency is the more specific one, wherever it stands.
        assert_eq!(quote(dollars("10"), 1, &list).unwrap().total, dollars("12.99"));
        let yen = Money::new(1_000_000, Currency::JPY);
        let whole = everything(Markup::Percent(Decimal::from(5)), Rounding::Ninety);
        let total = quote(yen, 1, &whole).unwrap().total;
        assert_eq!(total.amount(), 1_050_000, "a yen has no smaller unit");
    }

    #[test]
    fn what_has_no_rule_is_not_for_sale() {
        assert_eq!(quote(eur("1"), 1, &Pricelist::default()), Err(PriceError::NoRule));
    }

    #[test]
    fn an_explicit_price_below_cost_is_refused_unless_said_so() {
        let mut list = everything(Markup::Explicit(eur("8")), Rounding::Cent);
        let refused = PriceError::BelowFloor { rule: 0, price: eur("8"), floor: eur("8.01") };
        assert_eq!(quote(eur("8.01"), 1, &list), Err(refused));
        assert_eq!(quote(eur("8"), 1, &list).unwrap().total, eur("8"));
        list.rules[0].below_cost = true;
        assert_eq!(quote(eur("8.01"), 1, &list).unwrap().total, eur("8"));
        assert_eq!(list.rule_errors(), [(0, RuleError::TooWide)]);
    }

    #[test]
    fn free_stays_free() {
        let list = everything(Markup::Percent(Decimal::from(40)), Rounding::Ninety);
        assert_eq!(quote(eur("0"), 1, &list).unwrap().total, eur("0"));
    }

    #[test]
    fn a_price_is_explained() {
        let list = Pricelist {
            rules: vec![
                rule(scope(None, Some("biz"), None), Markup::Percent(Decimal::TEN)),
                rule(Scope::default(), Markup::Percent(Decimal::from(50))),
                rule(scope(Some("ispmanager"), None, None), Markup::Fixed(eur("1"))),
            ],
            rounding: Rounding::Ninety,
            minimum_margin: Decimal::from(20),
            ..Pricelist::default()
        };
        let (cost, addons) = (cost(eur("10")), addons());
        let subject = Subject {
            family: "ispmanager",
            product: Some("ispmanager 6"),
            plan: "biz",
            addons: &addons,
            cost: &cost,
        };
        let found = derive(subject, Period::MONTH, &list, None).unwrap();
        assert_eq!((found.rule, found.overruled), (0, vec![2, 1]));
        assert_eq!(found.by_rule, eur("11"));
        assert_eq!(found.floor, eur("12"), "the minimum margin is more than the rule");
        assert_eq!(found.price, eur("12.90"));
    }

    #[test]
    fn rules_make_sense_by_themselves() {
        let any = Scope::default;
        let error = |scope: Scope, markup| rule(scope, markup).check().err();
        let plan = || scope(None, Some("biz"), None);
        assert_eq!(error(any(), Markup::Percent(Decimal::new(4_025, 2))), None);
        for bad in [Decimal::NEGATIVE_ONE, Decimal::new(1, 3), Decimal::from(1_001)] {
            assert_eq!(error(any(), Markup::Percent(bad)), Some(RuleError::Percent), "{bad}");
        }
        assert_eq!(error(plan(), Markup::Explicit(eur("4.905"))), Some(RuleError::Amount));
        assert_eq!(error(any(), Markup::Fixed(eur("-1"))), Some(RuleError::Amount));
        assert_eq!(error(plan(), Markup::Explicit(eur("0"))), None);
        let twice = |first, second| Pricelist {
            rules: vec![rule(any(), first), rule(any(), second)],
            ..Pricelist::default()
        };
        let (percent, amount) = (Markup::Percent(Decimal::TEN), Markup::Fixed(eur("1")));
        assert_eq!(twice(percent, percent).rule_errors(), [(1, RuleError::Duplicate)]);
        assert_eq!(twice(percent, amount).rule_errors(), [], "one of them is for euros only");
        let cheap = Rule { below_cost: true, ..rule(any(), percent) };
        assert_eq!(cheap.check(), Err(RuleError::BelowCost));
    }

    #[test]
    fn lists_of_the_first_release_can_be_read() {
        let text = r#"{"rules": [{"scope": {"family": null, "plan": "biz", "period": 1, "addon": null},
            "markup": {"explicit": {"amount": 49000, "currency": "EUR"}}}],
            "rounding": "cent", "minimum_margin": "0"}"#;
        let list: Pricelist = serde_json::from_str(text).unwrap();
        assert_eq!(list.rules[0].markup, Markup::Explicit(eur("4.90")));
        assert_eq!(list.rounding(Currency::EUR), Rounding::Cent);
        let there_and_back: Pricelist =
            serde_json::from_str(&serde_json::to_string(&list).unwrap()).unwrap();
        assert_eq!(there_and_back, list);
    }

    fn rounding() -> impl Strategy<Value = Rounding> {
        prop::sample::select(Rounding::ALL.to_vec())
    }

    /// Any pricelist whose rules make sense, with some that speak of our plan and some that do not.
    fn pricelist() -> impl Strategy<Value = Pricelist> {
        let scope = (
            prop::option::of(prop::sample::select(vec!["ispmanager", "other"])),
            prop::option::of(prop::sample::select(vec!["biz", "other"])),
            prop::option::of(prop::sample::select(vec![Period::MONTH, Period::YEAR])),
            prop::option::of(prop::sample::select(vec!["node", "other"])),
        );
        let markup = prop_oneof![
            (0..50_000_i64).prop_map(|cents| Markup::Percent(Decimal::new(cents, 2))),
            (0..100_000_i64)
                .prop_map(|cents| Markup::Fixed(Money::new(cents * 100, Currency::EUR))),
            (0..100_000_i64)
                .prop_map(|cents| Markup::Explicit(Money::new(cents * 100, Currency::EUR))),
        ];
        let rule = (scope, markup).prop_map(|((family, plan, period, addon), markup)| Rule {
            scope: Scope { period, ..self::scope(family, plan, addon) },
            markup,
            below_cost: false,
        });
        (prop::collection::vec(rule, 0..8), rounding(), 0..20_000_i64).prop_map(
            |(rules, rounding, least)| Pricelist {
                rules,
                rounding,
                minimum_margin: Decimal::new(least, 2),
                ..Pricelist::default()
            },
        )
    }

    fn is_below_floor(error: &PriceError) -> bool {
        matches!(error, PriceError::BelowFloor { .. })
    }

    proptest! {
        #[test]
        fn never_below_cost_plus_minimum_margin(
            cost in 0..1_000_000_000_i64, list in pricelist(), nodes in 1..100_u32,
        ) {
            let Ok(quote) = quote(Money::new(cost, Currency::EUR), nodes, &list) else {
                return Ok(());
            };
            let factor = Decimal::ONE + list.minimum_margin / Decimal::ONE_HUNDRED;
            for line in &quote.lines {
                let floor = Decimal::from(line.unit_cost.amount()) * factor;
                prop_assert!(Decimal::from(line.unit_price.amount()) >= floor);
                prop_assert_eq!(line.unit_price.amount() % 100, 0, "whole cents");
            }
        }

        #[test]
        fn grows_with_the_cost(
            cost in 0..1_000_000_000_i64, more in 0..1_000_000_i64, list in pricelist(),
        ) {
            let low = quote(Money::new(cost, Currency::EUR), 1, &list);
            let high = quote(Money::new(cost + more, Currency::EUR), 1, &list);
            match (low, high) {
                (Ok(low), Ok(high)) => prop_assert!(low.total.amount() <= high.total.amount()),
                // A higher cost can only take something off the shelf.
                (Err(error), high) => {
                    prop_assert!(is_below_floor(&error) || high == Err(error));
                }
                (Ok(_), Err(error)) => prop_assert!(is_below_floor(&error)),
            }
        }

        #[test]
        fn rounding_twice_changes_nothing(amount in 1..1_000_000_000_i64, rounding in rounding()) {
            let zero = Money::zero(Currency::EUR);
            let once = rounding.up(Money::new(amount, Currency::EUR), zero).unwrap();
            prop_assert_eq!(rounding.up(once, zero), Ok(once));
        }

        #[test]
        fn rounding_adds_less_than_its_step(
            amount in 1..1_000_000_000_i64, rounding in rounding(),
        ) {
            let price = Money::new(amount, Currency::EUR);
            let rounded = rounding.up(price, Money::zero(Currency::EUR)).unwrap();
            let step = if rounding == Rounding::Cent { 100 } else { SCALE };
            prop_assert!((0..step).contains(&(rounded.amount() - amount)));
        }

        #[test]
        fn a_part_of_a_term_is_never_more_than_the_term_nor_below_its_cost(
            from in 1..50_u32, to in 1..50_u32, left in 0..400_u32, whole in 1..400_u32,
        ) {
            let list = everything(Markup::Percent(Decimal::from(40)), Rounding::Cent);
            let (now, then) =
                (quote(eur("9"), from, &list).unwrap(), quote(eur("9"), to, &list).unwrap());
            let part = pro_rata(&now, &then, left, whole).unwrap();
            let sum: i64 =
                part.lines.iter().map(|l| l.unit_price.amount() * i64::from(l.count)).sum();
            prop_assert_eq!(part.total.amount(), sum);
            prop_assert_eq!(part.total.amount() % 100, 0);
            if to <= from || left == 0 {
                prop_assert!(part.total.is_zero() && part.cost.is_zero());
            } else {
                let full = then.total.amount() - now.total.amount();
                prop_assert!((1..=full).contains(&part.total.amount()));
                prop_assert!(part.total.amount() >= part.cost.amount());
            }
            if left >= whole && to > from {
                prop_assert_eq!(part.total.amount(), then.total.amount() - now.total.amount());
            }
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
