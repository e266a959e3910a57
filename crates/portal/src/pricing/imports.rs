//! Costs that a vendor changed: written as the desk writes them, and what that does to prices.

use domain::Money;
use sqlx::PgConnection;

use super::board::{self, PriceKey, PriceRow};
use super::costs::{self, Origin};
use super::{Group, versions};
use crate::Error;
use crate::catalog::{Plan, every_plan};

/// A price that would not hold any more: below its floor, so that nobody could buy, or a loss.
#[derive(Debug, Clone)]
pub struct Endangered {
    /// Whose price.
    pub group: Group,
    /// The price until now; none where there is none.
    pub before: Option<Money>,
    /// As it would be.
    pub after: PriceRow,
}

/// A selling price that follows its cost.
#[derive(Debug, Clone)]
pub struct Repriced {
    /// Whose price.
    pub group: Group,
    /// The price until now.
    pub before: Money,
    /// As it would be.
    pub after: PriceRow,
}

/// What costs would do to selling prices.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    /// Those that would not hold.
    pub endangered: Vec<Endangered>,
    /// Those that would be others.
    pub repriced: Vec<Repriced>,
}

/// What these costs would do to prices, for plans on the shelf and off it.
pub(crate) async fn effects(
    db: &mut PgConnection,
    costs: &[(PriceKey, Money)],
) -> Result<Effects, Error> {
    let mut found = Effects::default();
    if costs.is_empty() {
        return Ok(found);
    }
    let now = every_plan(db).await?;
    let now: Vec<Plan> =
        now.into_iter().filter(|plan| costs.iter().any(|(key, _)| key.plan == plan.slug)).collect();
    let mut then = now.clone();
    for (key, cost) in costs {
        let plan = then.iter_mut().find(|plan| plan.slug == key.plan);
        if let Some(place) = plan.and_then(|plan| costs::place_of(plan, key)) {
            *place = *cost;
        }
    }
    let groups = sqlx::query_as!(
        Group,
        "select code, name from customer_group order by code <> 'public', name, code",
    )
    .fetch_all(&mut *db)
    .await?;
    for group in groups {
        let Some(current) = versions::current(db, &group.code).await? else { continue };
        let before = board::rows(&now, &current.content, None);
        for after in board::rows(&then, &current.content, None) {
            let old = before.iter().find(|old| old.key == after.key);
            let was = old.is_some_and(|old| old.is_below_floor() || old.sells_at_a_loss());
            let before = old.and_then(PriceRow::price);
            let group = group.clone();
            if (after.is_below_floor() || after.sells_at_a_loss()) && !was {
                found.endangered.push(Endangered { group, before, after });
            } else if let Some(before) = before.filter(|_| before != after.price()) {
                found.repriced.push(Repriced { group, before, after });
            }
        }
    }
    Ok(found)
}

/// Writes a cost that the vendor changed; none if it is not `before` any more.
pub(crate) async fn import_cost_in_tx(
    tx: &mut PgConnection,
    key: &PriceKey,
    before: Money,
    cost: Money,
    origin: Origin<'_>,
) -> Result<Option<()>, Error> {
    let Some(plan) = crate::catalog::any_plan(tx, &key.plan).await? else { return Ok(None) };
    if costs::lock(tx, &plan, key).await? != Some(before) {
        return Ok(None);
    }
    costs::write(tx, &plan, key, (before, cost), origin).await?;
    Ok(Some(()))
}
