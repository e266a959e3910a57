//! Pricelists: our rules for selling prices, one list per customer group (not the wire's word).
//!
//! What a rule does to a cost is in [`crate::price`].

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::price::{Subject, cents};
use crate::{Currency, Money, Period};

/// How a selling price follows from a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Cost plus this many percent, 0 or more.
    Percent(Decimal),
    /// Cost plus this amount. Speaks of costs in its currency only.
    Fixed(Money),
    /// This price, whatever the cost; refused below the floor. Speaks of costs in its currency only.
    Explicit(Money),
}

/// What a rule speaks of; an empty field means any. The more specific rule wins, and of two
/// equally specific ones the later.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// Product family, such as `ispmanager`.
    pub family: Option<String>,
    /// Product, such as `ispmanager 6`: all plans that are editions of it.
    #[serde(default)]
    pub product: Option<String>,
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
    /// An explicit price may lie below cost plus minimum margin: somebody said so.
    #[serde(default)]
    pub below_cost: bool,
}

/// Where a computed unit price ends. A currency without a smaller unit knows whole prices only.
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
    /// How percent and fixed markups are rounded in currencies without a rounding of their own;
    /// explicit prices are taken as they are.
    pub rounding: Rounding,
    /// Currencies that are rounded in another way.
    #[serde(default)]
    pub roundings: BTreeMap<Currency, Rounding>,
    /// A price is never below the cost plus this many percent, unless a rule says so.
    pub minimum_margin: Decimal,
}

/// What is wrong with a pricelist in itself, whatever the costs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A percentage below 0 or above [`PERCENT_MAX`], or with more than two decimals.
    #[error("the percentage is out of range")]
    Percent,
    /// An amount below 0, or not in whole cents.
    #[error("the amount is out of range")]
    Amount,
    /// An explicit price must name a plan or an add-on: nobody sells everything for one price.
    #[error("an explicit price names a plan or an add-on")]
    TooWide,
    /// Another rule with the same scope speaks of the same currencies.
    #[error("another rule speaks of the same")]
    Duplicate,
    /// Only an explicit price can lie below cost.
    #[error("only an explicit price can lie below cost")]
    BelowCost,
}

/// The largest percentage of a markup or a minimum margin.
pub const PERCENT_MAX: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);

impl Pricelist {
    /// How prices in this currency are rounded.
    #[must_use]
    pub fn rounding(&self, currency: Currency) -> Rounding {
        self.roundings.get(&currency).copied().unwrap_or(self.rounding)
    }

    /// What is wrong with the rules themselves, each with its place; published lists have nothing.
    #[must_use]
    pub fn rule_errors(&self) -> Vec<(usize, RuleError)> {
        let earlier = |index: usize, rule: &Rule| {
            self.rules.iter().take(index).any(|other| other.says_the_same_of(rule))
        };
        self.rules
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| {
                let error = rule
                    .check()
                    .err()
                    .or_else(|| earlier(index, rule).then_some(RuleError::Duplicate))?;
                Some((index, error))
            })
            .collect()
    }
}

impl Rounding {
    /// All of them, the plainest first.
    pub const ALL: [Self; 4] = [Self::Cent, Self::Whole, Self::Ninety, Self::NinetyNine];
}

/// Whether this can be a markup's or a margin's percentage: 0 to [`PERCENT_MAX`], two decimals.
#[must_use]
pub fn is_percentage(percent: Decimal) -> bool {
    let range = Decimal::ZERO..=PERCENT_MAX;
    range.contains(&percent) && percent.normalize().scale() <= 2
}

impl Rule {
    /// Whether the rule makes sense by itself.
    pub fn check(&self) -> Result<(), RuleError> {
        let amount = match self.markup {
            Markup::Percent(percent) if is_percentage(percent) => None,
            Markup::Percent(_) => return Err(RuleError::Percent),
            Markup::Fixed(amount) | Markup::Explicit(amount) => Some(amount),
        };
        if amount.is_some_and(|it| it.is_negative() || cents(it) != Ok(it)) {
            return Err(RuleError::Amount);
        }
        let explicit = matches!(self.markup, Markup::Explicit(_));
        if explicit && self.scope.plan.is_none() && self.scope.addon.is_none() {
            return Err(RuleError::TooWide);
        }
        if self.below_cost && !explicit { Err(RuleError::BelowCost) } else { Ok(()) }
    }

    /// The currency that it speaks of; none for all.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        match self.markup {
            Markup::Percent(_) => None,
            Markup::Fixed(amount) | Markup::Explicit(amount) => Some(amount.currency()),
        }
    }

    /// Whether both speak of the same things in the same currencies: one of them would be dead.
    #[must_use]
    pub fn says_the_same_of(&self, other: &Self) -> bool {
        self.scope == other.scope && self.currency() == other.currency()
    }

    pub(crate) fn speaks_of(
        &self,
        subject: Subject<'_>,
        period: Period,
        addon: Option<&str>,
        currency: Currency,
    ) -> bool {
        self.currency().is_none_or(|wanted| wanted == currency)
            && self.scope.covers(subject, period, addon)
    }

    /// How specific it is; a rule for one currency is more so than one for all.
    pub(crate) fn weight(&self) -> (u8, bool) {
        (self.scope.weight(), self.currency().is_some())
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
            && self.product.as_deref().is_none_or(|wanted| subject.product == Some(wanted))
            && fits(&self.plan, subject.plan)
            && self.period.is_none_or(|wanted| wanted == period)
            && addon_fits
    }

    fn weight(&self) -> u8 {
        let bit = |set: bool, weight: u8| if set { weight } else { 0 };
        bit(self.addon.is_some(), 16)
            + bit(self.plan.is_some(), 8)
            + bit(self.period.is_some(), 4)
            + bit(self.product.is_some(), 2)
            + bit(self.family.is_some(), 1)
    }
}

/// Puts the changes that lead from `base` to `mine` on top of `theirs`, which began at `base` too.
///
/// Where both changed the same rule or setting, mine is taken; how often that happened is the
/// second value, so that somebody looks at the difference to `theirs` before it is published.
#[must_use]
pub fn merge(base: &Pricelist, mine: &Pricelist, theirs: &Pricelist) -> (Pricelist, usize) {
    let find = |list: &Pricelist, rule: &Rule| {
        list.rules.iter().find(|other| other.says_the_same_of(rule)).cloned()
    };
    let mut merged = theirs.clone();
    let mut clashes = 0;
    let both = base.rules.iter().chain(mine.rules.iter().filter(|rule| find(base, rule).is_none()));
    for rule in both {
        let (was, wanted, is) = (find(base, rule), find(mine, rule), find(theirs, rule));
        if wanted == was || wanted == is {
            continue;
        }
        if is != was {
            clashes += 1;
        }
        match (wanted, merged.rules.iter_mut().find(|other| other.says_the_same_of(rule))) {
            (Some(wanted), Some(place)) => *place = wanted,
            (Some(wanted), None) => merged.rules.push(wanted),
            (None, _) => merged.rules.retain(|other| !other.says_the_same_of(rule)),
        }
    }
    let mut setting = |was_changed: bool, they_changed: bool| {
        if was_changed && they_changed {
            clashes += 1;
        }
        was_changed
    };
    if setting(
        mine.minimum_margin != base.minimum_margin,
        !(theirs.minimum_margin == base.minimum_margin
            || theirs.minimum_margin == mine.minimum_margin),
    ) {
        merged.minimum_margin = mine.minimum_margin;
    }
    let rounding = |list: &Pricelist| (list.rounding, list.roundings.clone());
    if setting(
        rounding(mine) != rounding(base),
        !(rounding(theirs) == rounding(base) || rounding(theirs) == rounding(mine)),
    ) {
        (merged.rounding, merged.roundings) = rounding(mine);
    }
    (merged, clashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rules: &[(Option<&str>, i64)], margin: i64) -> Pricelist {
        let rule = |(plan, percent): &(Option<&str>, i64)| Rule {
            scope: Scope { plan: plan.map(str::to_owned), ..Scope::default() },
            markup: Markup::Percent(Decimal::from(*percent)),
            below_cost: false,
        };
        Pricelist {
            rules: rules.iter().map(rule).collect(),
            minimum_margin: Decimal::from(margin),
            ..Pricelist::default()
        }
    }

    #[test]
    fn changes_of_two_people_come_together() {
        let base = list(&[(None, 30), (Some("a"), 10), (Some("b"), 20)], 0);
        let theirs = list(&[(None, 30), (Some("a"), 11), (Some("b"), 20)], 5);
        // I took one rule out, changed one and wrote one.
        let mine = list(&[(None, 35), (Some("a"), 10), (Some("c"), 50)], 0);
        let both = list(&[(None, 35), (Some("a"), 11), (Some("c"), 50)], 5);
        assert_eq!(merge(&base, &mine, &theirs), (both, 0));
        assert_eq!(merge(&base, &base, &theirs), (theirs.clone(), 0), "I changed nothing");
        assert_eq!(merge(&base, &mine, &base), (mine.clone(), 0), "they changed nothing");
        assert_eq!(merge(&base, &mine, &mine), (mine, 0), "both changed the same");
    }

    #[test]
    fn clashes_are_counted_and_mine_is_taken() {
        let base = list(&[(Some("a"), 10), (Some("b"), 20)], 0);
        let theirs = list(&[(Some("a"), 11)], 5);
        let mine = list(&[(Some("a"), 12), (Some("b"), 21)], 6);
        assert_eq!(merge(&base, &mine, &theirs), (mine, 3));
    }
}
