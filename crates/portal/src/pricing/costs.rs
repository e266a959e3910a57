//! What we pay: the costs of each plan and add-on, their history, and what a change would do.
//!
//! The history and the cost in force say the same, which the database checks at each commit
//! (`cost_explained`).

use domain::pricelist::Pricelist;
use domain::{Currency, Money, Period};
use serde_json::json;
use sqlx::{PgConnection, query};
use time::OffsetDateTime;

use super::board::{self, PriceChange, PriceKey};
use super::{ByWhom, Group, versions};
use crate::catalog::{Plan, plans};
use crate::listing::{HERE, SortKey};
use crate::locale::Localized;
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// Where a cost came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostSource {
    /// The plan began with it.
    Initial,
    /// Somebody of the staff wrote it.
    Manual,
    /// Read from the vendor.
    Import,
}

/// Costs in the order of the shelf.
pub const COSTS_BY_SHELF: SortKey = SortKey::number("shelf", HERE).ascending();
/// By what we pay.
pub const COSTS_BY_COST: SortKey = SortKey::number("cost", HERE);
/// By their last change.
pub const COSTS_BY_CHANGE: SortKey = SortKey::time("since", HERE);
/// What costs can be sorted by.
pub const COST_SORTS: [SortKey; 3] = [COSTS_BY_SHELF, COSTS_BY_COST, COSTS_BY_CHANGE];
/// What the changes of a plan's costs can be sorted by.
pub const CHANGE_SORTS: [SortKey; 1] = [COSTS_BY_CHANGE];

/// A cost in force.
#[derive(Debug, Clone)]
pub struct CostRow {
    /// What it is for.
    pub key: PriceKey,
    /// The plan's name.
    pub plan_name: Localized,
    /// The add-on's name.
    pub addon_name: Option<Localized>,
    /// What we pay.
    pub cost: Money,
    /// Where it came from.
    pub source: CostSource,
    /// Who wrote it and when.
    pub by: ByWhom,
    /// What it was before.
    pub before: Option<Money>,
}

/// One change in a plan's history.
#[derive(Debug, Clone)]
pub struct CostEvent {
    /// The plan's slug.
    pub plan: String,
    /// Term.
    pub period: Period,
    /// The add-on; none for the plan itself.
    pub addon: Option<String>,
    /// What it was before; none for the first one.
    pub before: Option<Money>,
    /// What it became.
    pub cost: Money,
    /// Where it came from.
    pub source: CostSource,
    /// Why.
    pub reason: Option<String>,
    /// Who and when.
    pub by: ByWhom,
}

/// A plan with its costs and how they changed, the oldest change first.
#[derive(Debug, Clone)]
pub struct CostHistory {
    /// The plan's slug.
    pub slug: String,
    /// The plan's name.
    pub plan_name: Localized,
    /// What we pay in.
    pub currency: Currency,
    /// In force.
    pub costs: Vec<CostRow>,
    /// The changes.
    pub events: Vec<CostEvent>,
}

/// A cost that is to be.
#[derive(Debug, Clone)]
pub struct CostEdit {
    /// What it is for.
    pub key: PriceKey,
    /// What the page showed as the cost in force.
    pub seen: Money,
    /// What it becomes.
    pub cost: Money,
    /// Why; at least three characters.
    pub reason: String,
}

/// Why a cost was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// This role may not set costs.
    #[error("not allowed")]
    Forbidden,
    /// There is no such plan, term or add-on.
    #[error("no such cost")]
    NoSuchCost,
    /// Below nothing, in another currency, or beyond any real cost.
    #[error("the cost is out of range")]
    Amount,
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// Somebody changed it since the page was made.
    #[error("the cost was changed meanwhile")]
    Stale {
        /// The cost in force now.
        now: Money,
    },
    /// It is that already.
    #[error("nothing would change")]
    Nothing,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The most that one term may cost: a slip of the keyboard is not worth more.
pub(crate) const COST_LIMIT: i64 = 1_000_000 * domain::money::SCALE;

impl CostSource {
    /// All sources.
    pub const ALL: [Self; 3] = [Self::Initial, Self::Manual, Self::Import];

    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Manual => "manual",
            Self::Import => "import",
        }
    }

    fn from_word(word: &str) -> Result<Self, Error> {
        [Self::Initial, Self::Manual, Self::Import]
            .into_iter()
            .find(|source| source.as_str() == word)
            .ok_or_else(|| Error::unreadable("cost_change", word))
    }
}

impl Portal {
    /// Every cost in force, in the order of the shelf.
    pub async fn costs(&self, _staff: &StaffViewer) -> Result<Vec<CostRow>, Error> {
        let mut db = self.pool.acquire().await?;
        let plans = plans(&mut db, None).await?;
        in_force(&mut db, &plans).await
    }

    /// A plan's costs and all of their changes: a few for each term and year.
    pub async fn cost_history(
        &self,
        _staff: &StaffViewer,
        slug: &str,
    ) -> Result<Option<CostHistory>, Error> {
        let mut db = self.pool.acquire().await?;
        let found = plans(&mut db, Some(slug)).await?;
        let Some(plan) = found.first() else { return Ok(None) };
        let currency = plan.currency;
        let rows = query!(
            "select h.period, h.addon, h.before, h.cost, h.source, h.reason, h.at,
                    u.email as \"author?\"
               from cost_change h left join app_user u on u.id = h.author
              where h.plan_id = $1 order by h.id",
            plan.id,
        )
        .fetch_all(&mut *db)
        .await?;
        let mut events = Vec::new();
        for row in rows {
            events.push(CostEvent {
                plan: plan.slug.clone(),
                period: period(row.period)?,
                addon: row.addon,
                before: row.before.map(|cost| Money::new(cost, currency)),
                cost: Money::new(row.cost, currency),
                source: CostSource::from_word(&row.source)?,
                reason: row.reason,
                by: ByWhom { author: row.author, at: row.at },
            });
        }
        let costs = in_force(&mut db, &found).await?;
        Ok(Some(CostHistory {
            slug: plan.slug.clone(),
            plan_name: plan.name.clone(),
            currency,
            costs,
            events,
        }))
    }

    /// What another cost would do to each group's prices; none if there is no such cost.
    pub async fn preview_cost(
        &self,
        staff: &StaffViewer,
        key: &PriceKey,
        cost: Money,
    ) -> Result<Option<Vec<(Group, PriceChange)>>, Error> {
        let groups = self.groups(staff).await?;
        let mut db = self.pool.acquire().await?;
        let now = plans(&mut db, Some(&key.plan)).await?;
        let mut then = now.clone();
        let Some(place) = then.first_mut().and_then(|plan| place_of(plan, key)) else {
            return Ok(None);
        };
        if place.currency() != cost.currency() {
            return Ok(None);
        }
        *place = cost;
        let mut found = Vec::new();
        for group in groups {
            let Some(current) = versions::current(&mut db, &group.code).await? else { continue };
            let list = &current.content;
            let public = versions::limit_of(&mut db, &group.code).await?;
            let rows = |plans| board::rows(plans, list, public.as_ref());
            let changes = board::changes(&rows(&now), rows(&then));
            found.extend(changes.into_iter().map(|change| (group.clone(), change)));
        }
        Ok(Some(found))
    }

    /// Writes a cost with its reason. Prices that follow it follow at once.
    pub async fn set_cost(&self, staff: &StaffViewer, edit: &CostEdit) -> Result<(), CostError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(CostError::Forbidden);
        }
        let reason = edit.reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(CostError::Reason);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let found = plans(&mut tx, Some(&edit.key.plan)).await?;
        let plan = found.first().ok_or(CostError::NoSuchCost)?;
        let amount = edit.cost.amount();
        if edit.cost.currency() != plan.currency || !(0..=COST_LIMIT).contains(&amount) {
            return Err(CostError::Amount);
        }
        let before = lock(&mut tx, plan, &edit.key).await?.ok_or(CostError::NoSuchCost)?;
        if before != edit.seen {
            return Err(CostError::Stale { now: before });
        }
        if before == edit.cost {
            return Err(CostError::Nothing);
        }
        let origin = Origin {
            source: CostSource::Manual,
            reason: Some(reason),
            author: Some(staff.user),
            now,
        };
        write(&mut tx, plan, &edit.key, (before, edit.cost), origin).await?;
        let cost = |cost: Money| {
            json!({ "plan": edit.key.plan, "period": edit.key.period, "addon": edit.key.addon,
                    "cost": cost.to_string() })
        };
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "cost.change",
            object_type: "plan",
            object_id: plan.id,
            before: Some(cost(before)),
            after: Some(cost(edit.cost)),
            reason: Some(reason),
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await.map_err(Error::from)?;
        self.shelves.changed();
        Ok(())
    }
}

fn period(code: i16) -> Result<Period, Error> {
    Period::try_from(code).map_err(|error| Error::unreadable("cost_change", error))
}

/// The newest change of every cost of these plans.
async fn in_force(db: &mut PgConnection, shelf: &[Plan]) -> Result<Vec<CostRow>, Error> {
    let ids: Vec<_> = shelf.iter().map(|plan| plan.id).collect();
    let changes = query!(
        "select distinct on (h.plan_id, h.period, h.addon)
                h.plan_id, h.period, h.addon, h.before, h.source, h.at, u.email as \"author?\"
           from cost_change h left join app_user u on u.id = h.author
          where h.plan_id = any($1)
          order by h.plan_id, h.period, h.addon, h.id desc",
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut costs = Vec::new();
    for plan in shelf {
        let prices = board::rows(std::slice::from_ref(plan), &Pricelist::default(), None);
        for row in prices {
            let code = row.key.period.code();
            let change = changes.iter().find(|change| {
                change.plan_id == plan.id && change.period == code && change.addon == row.key.addon
            });
            let change =
                change.ok_or_else(|| Error::unreadable("cost_change", format!("{:?}", row.key)))?;
            costs.push(CostRow {
                key: row.key,
                plan_name: row.plan_name,
                addon_name: row.addon_name,
                cost: row.cost,
                source: CostSource::from_word(&change.source)?,
                by: ByWhom { author: change.author.clone(), at: change.at },
                before: change.before.map(|cost| Money::new(cost, plan.currency)),
            });
        }
    }
    Ok(costs)
}

pub(super) fn place_of<'a>(plan: &'a mut Plan, key: &PriceKey) -> Option<&'a mut Money> {
    let cost = plan.costs.get_mut(&key.period)?;
    match &key.addon {
        None => Some(&mut cost.plan),
        Some(code) => cost.addons.get_mut(code),
    }
}

/// The cost in force; whoever changes it too waits here.
pub(super) async fn lock(
    tx: &mut PgConnection,
    plan: &Plan,
    key: &PriceKey,
) -> Result<Option<Money>, Error> {
    let period = key.period.code();
    let cost = match &key.addon {
        None => {
            sqlx::query_scalar!(
                "select cost from plan_period where plan_id = $1 and period = $2 for update",
                plan.id,
                period,
            )
            .fetch_optional(tx)
            .await?
        }
        Some(code) => {
            sqlx::query_scalar!(
                "select cost from addon_cost where plan_id = $1 and period = $2 and code = $3
                    for update",
                plan.id,
                period,
                code,
            )
            .fetch_optional(tx)
            .await?
        }
    };
    Ok(cost.map(|cost| Money::new(cost, plan.currency)))
}

/// Where a change of a cost comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// Who or what says so.
    pub source: CostSource,
    /// Why.
    pub reason: Option<&'a str>,
    /// Who; none for somebody at the command line.
    pub author: Option<uuid::Uuid>,
    /// When.
    pub now: OffsetDateTime,
}

/// Writes a cost that is locked, from and to, with its history.
pub(super) async fn write(
    tx: &mut PgConnection,
    plan: &Plan,
    key: &PriceKey,
    (before, cost): (Money, Money),
    origin: Origin<'_>,
) -> Result<(), Error> {
    let (period, cost) = (key.period.code(), cost.amount());
    query!(
        "insert into cost_change (plan_id, period, addon, before, cost, source, reason, author, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        plan.id,
        period,
        key.addon,
        before.amount(),
        cost,
        origin.source.as_str(),
        origin.reason,
        origin.author,
        origin.now,
    )
    .execute(&mut *tx)
    .await?;
    match &key.addon {
        None => {
            query!(
                "update plan_period set cost = $3 where plan_id = $1 and period = $2",
                plan.id,
                period,
                cost,
            )
            .execute(tx)
            .await?;
        }
        Some(code) => {
            query!(
                "update addon_cost set cost = $4 where plan_id = $1 and period = $2 and code = $3",
                plan.id,
                period,
                code,
                cost,
            )
            .execute(tx)
            .await?;
        }
    }
    Ok(())
}
