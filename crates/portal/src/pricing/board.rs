//! Every price that a pricelist makes, and what changes between two lists.

use domain::price::{Derivation, PriceError, derive};
use domain::pricelist::Pricelist;
use domain::{Money, Period};

use crate::catalog::Plan;
use crate::listing::{HERE, SortKey};
use crate::locale::Localized;

/// Prices in the order of the shelf.
pub const PRICES_BY_SHELF: SortKey = SortKey::number("shelf", HERE).ascending();
/// By what we pay.
pub const PRICES_BY_COST: SortKey = SortKey::number("cost", HERE);
/// By what the customer pays.
pub const PRICES_BY_PRICE: SortKey = SortKey::number("price", HERE);
/// By the margin's share, the smallest first.
pub const PRICES_BY_MARGIN: SortKey = SortKey::number("margin", HERE).ascending();
/// What prices can be sorted by.
pub const PRICE_SORTS: [SortKey; 4] =
    [PRICES_BY_SHELF, PRICES_BY_COST, PRICES_BY_PRICE, PRICES_BY_MARGIN];

/// What a price is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// The plan's slug.
    pub plan: String,
    /// Term.
    pub period: Period,
    /// One more of this add-on; none for the plan itself.
    pub addon: Option<String>,
}

/// One price of a pricelist, with how it came about.
#[derive(Debug, Clone)]
pub struct PriceRow {
    /// What it is for.
    pub key: PriceKey,
    /// The plan's family.
    pub family: String,
    /// The product that the plan is an edition of.
    pub product: Option<String>,
    /// The plan's name.
    pub plan_name: Localized,
    /// The add-on's name.
    pub addon_name: Option<Localized>,
    /// What we pay.
    pub cost: Money,
    /// The price and its steps, or why there is none.
    pub result: Result<Derivation, PriceError>,
    /// The public price of a module, where the group's own is not lower: this is what is charged.
    pub public: Option<Money>,
}

/// A price that two pricelists, or two costs, make differently.
#[derive(Debug, Clone)]
pub struct PriceChange {
    /// As it would be.
    pub after: PriceRow,
    /// What it is; none where it is not for sale.
    pub before: Option<Money>,
    /// What was paid for it before.
    pub cost_before: Money,
}

impl PriceRow {
    /// What one costs the customer; none where it is not for sale.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        self.public.or_else(|| self.result.as_ref().ok().map(|found| found.price))
    }

    /// Price minus cost.
    #[must_use]
    pub fn margin(&self) -> Option<Money> {
        self.price()?.checked_sub(self.cost).ok()
    }

    /// The margin as a share of the price, rounded to tenths of a percent; none where nothing is
    /// paid.
    #[must_use]
    pub fn margin_per_mille(&self) -> Option<i64> {
        let (price, margin) = (self.price()?.amount(), self.margin()?.amount());
        // Half of the price on top, and down from there: half a tenth becomes a whole one.
        margin.checked_mul(2_000)?.checked_add(price)?.checked_div_euclid(price.checked_mul(2)?)
    }

    /// A rule names a price below the floor without saying that it may.
    #[must_use]
    pub const fn is_below_floor(&self) -> bool {
        matches!(self.result, Err(PriceError::BelowFloor { .. }))
    }

    /// Sold for less than it costs, because a rule says so.
    #[must_use]
    pub fn sells_at_a_loss(&self) -> bool {
        self.margin().is_some_and(Money::is_negative)
    }
}

impl PriceChange {
    /// Whether the customer pays more than before.
    #[must_use]
    pub fn is_increase(&self) -> bool {
        match (self.before, self.after.price()) {
            (Some(before), Some(after)) => after.amount() > before.amount(),
            _ => false,
        }
    }
}

/// Every price of these plans, in the order of the shelf. The public list is given where it limits
/// what this one charges for modules.
pub(super) fn rows(plans: &[Plan], list: &Pricelist, public: Option<&Pricelist>) -> Vec<PriceRow> {
    let mut rows = Vec::new();
    for plan in plans {
        for period in &plan.capabilities.periods {
            let Some(cost) = plan.costs.get(period) else { continue };
            let subject = plan.subject(cost);
            let public = public.filter(|public| plan.is_public_lower(*period, list, public));
            let mut row = |addon: Option<&str>, unit_cost: Money| {
                rows.push(PriceRow {
                    key: PriceKey {
                        plan: plan.slug.clone(),
                        period: *period,
                        addon: addon.map(str::to_owned),
                    },
                    family: plan.family.clone(),
                    product: plan.product.clone(),
                    plan_name: plan.name.clone(),
                    addon_name: addon.and_then(|code| plan.addon_names.get(code).cloned()),
                    cost: unit_cost,
                    result: derive(subject, *period, list, addon),
                    public: public
                        .and_then(|public| derive(subject, *period, public, addon).ok())
                        .map(|found| found.price),
                });
            };
            row(None, cost.plan);
            for (code, unit_cost) in &cost.addons {
                row(Some(code), *unit_cost);
            }
        }
    }
    rows
}

/// The rows whose price differs; both are of the same plans.
pub(super) fn changes(before: &[PriceRow], after: Vec<PriceRow>) -> Vec<PriceChange> {
    after
        .into_iter()
        .filter_map(|row| {
            let old = before.iter().find(|old| old.key == row.key);
            let (price, cost) = old.map_or((None, row.cost), |old| (old.price(), old.cost));
            (price != row.price()).then_some(PriceChange {
                before: price,
                cost_before: cost,
                after: row,
            })
        })
        .collect()
}
