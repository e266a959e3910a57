//! Writes what an import proposes. New plans are not for sale, costs keep their history, and nothing
//! is deleted.

use domain::{Money, Period};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use upstream::catalog::Amount;
use uuid::Uuid;

use super::By;
use super::import::{ImportError, Source};
use super::propose::{Ask, Change, FAMILIES, NewPlan, PlanTerm, Proposal, ProposedAddon, in_both};
use crate::catalog::hold_operations_in_tx;
use crate::pricing::{CostSource, Origin, PriceKey, import_cost_in_tx};
use crate::{Error, audit};

/// Writes it; how many changes that were.
pub(super) async fn write_in_tx(
    tx: &mut PgConnection,
    by: By<'_>,
    ask: &Ask<'_>,
    source: Source,
    proposal: &Proposal,
    now: OffsetDateTime,
) -> Result<usize, ImportError> {
    let origin = Origin {
        source: CostSource::Import,
        reason: Some(match source {
            Source::Export => "pricelist.export",
            other => other.as_str(),
        }),
        author: by.user(),
        now,
    };
    if proposal.changes.iter().any(|change| matches!(change, Change::TermCode { .. })) {
        hold_operations_in_tx(tx).await?;
    }
    for change in &proposal.changes {
        match change {
            Change::Plan(new) => new_plan_in_tx(tx, ask, new, origin).await?,
            Change::Term { plan, term, addons } => {
                let id = plan_id(tx, ask, &plan.slug).await?;
                term_in_tx(tx, id, term, origin).await?;
                for (key, cost) in addons {
                    addon_cost_in_tx(tx, id, key, (term.period, *cost), origin).await?;
                }
            }
            Change::Addon { plan, addon } => {
                let id = plan_id(tx, ask, &plan.slug).await?;
                addon_in_tx(tx, id, addon, origin).await?;
            }
            Change::Cost { plan, period, addon, before, after } => {
                let key = PriceKey {
                    plan: plan.slug.clone(),
                    period: *period,
                    addon: addon.as_ref().map(|(key, _)| key.clone()),
                };
                let [was, is] = [before, after].map(|amount| Money::new(amount.0, ask.currency));
                import_cost_in_tx(tx, &key, was, is, origin).await?.ok_or(ImportError::Stale)?;
                // As the desk's own form writes it, so that one search finds all changes of a cost.
                let id = plan_id(tx, ask, &plan.slug).await?;
                let cost = |cost: Money| {
                    json!({ "plan": key.plan, "period": key.period, "addon": key.addon,
                            "cost": cost.to_string() })
                };
                let entry = audit::Entry {
                    actor: by.user(),
                    action: "cost.change",
                    object_type: "plan",
                    object_id: id,
                    before: Some(cost(was)),
                    after: Some(cost(is)),
                    reason: by.reason().or(origin.reason),
                };
                audit::write_in_tx(tx, entry, now).await?;
            }
            Change::TermCode { plan, period, before, after } => {
                let id = plan_id(tx, ask, &plan.slug).await?;
                term_code_in_tx(tx, id, *period, before.as_deref(), after).await?;
            }
            Change::Gone { .. } | Change::GoneTerm { .. } => {}
        }
    }
    Ok(proposal.to_write())
}

async fn term_code_in_tx(
    tx: &mut PgConnection,
    plan: Uuid,
    period: Period,
    before: Option<&str>,
    after: &str,
) -> Result<(), ImportError> {
    let written = sqlx::query!(
        "update plan_period set upstream_code = $4
          where plan_id = $1 and period = $2 and upstream_code is not distinct from $3",
        plan,
        period.code(),
        before,
        after,
    )
    .execute(&mut *tx)
    .await
    .map_err(Error::from)
    .map_err(|error| match error {
        error if error.breaks("plan_wire_at_rest") => ImportError::UnderWay,
        error => error.into(),
    })?;
    if written.rows_affected() == 0 {
        return Err(ImportError::Stale);
    }
    // A form that shows the code before it is out of date.
    sqlx::query!("update plan set version = version + 1 where id = $1", plan).execute(tx).await?;
    Ok(())
}

async fn plan_id(tx: &mut PgConnection, ask: &Ask<'_>, slug: &str) -> Result<Uuid, ImportError> {
    sqlx::query_scalar!(
        "select id from plan where slug = $1 and upstream_account_id = $2 for update",
        slug,
        ask.account,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(ImportError::Stale)
}

async fn family_in_tx(tx: &mut PgConnection, code: &str) -> Result<(), Error> {
    let Some(family) = FAMILIES.iter().find(|family| family.code == code) else { return Ok(()) };
    sqlx::query!(
        "insert into product_family (code, position, name, summary)
         select $1, (coalesce(max(position), 0) + 1)::smallint, $2, $3 from product_family
             on conflict (code) do nothing",
        family.code,
        Json(in_both(family.name)) as _,
        Json(in_both(family.summary)) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn new_plan_in_tx(
    tx: &mut PgConnection,
    ask: &Ask<'_>,
    new: &NewPlan,
    origin: Origin<'_>,
) -> Result<(), Error> {
    family_in_tx(tx, &new.family).await?;
    let id = Uuid::now_v7();
    // The vendor's name is a name in every language until somebody writes a better one.
    let name = in_both([&new.plan.name, &new.plan.name]);
    let nothing = in_both(["", ""]);
    sqlx::query!(
        "insert into plan
            (id, slug, family, position, upstream_account_id, dialect, upstream_plan_code, name,
             tagline, description, needs_ip, available, created_at, has_key, fits, service_name,
             fields, sale_ends_on, renewal_ends_on, product)
         select $1, $2, $3, least(coalesce(max(position), 0)::integer + 1, 32767)::smallint, $4, $5, $6, $7,
                $8, $8, $9, false, $10, $11, $12, $13, $14, $15, $16, $17
           from plan",
        id,
        new.plan.slug,
        new.family,
        ask.account,
        new.dialect.as_str(),
        new.plan.code,
        Json(&name) as _,
        Json(&nothing) as _,
        new.needs_ip,
        origin.now,
        new.has_key,
        new.fits.as_deref(),
        new.service_name,
        Json(&new.fields) as _,
        new.sale_ends_on,
        new.renewal_ends_on,
        new.product,
    )
    .execute(&mut *tx)
    .await?;
    for term in &new.terms {
        term_in_tx(tx, id, term, origin).await?;
    }
    for addon in &new.addons {
        addon_in_tx(tx, id, addon, origin).await?;
    }
    Ok(())
}

async fn term_in_tx(
    tx: &mut PgConnection,
    plan: Uuid,
    term: &PlanTerm,
    origin: Origin<'_>,
) -> Result<(), Error> {
    let period = term.period.code();
    sqlx::query!(
        "insert into plan_period (plan_id, period, cost, upstream_code) values ($1, $2, $3, $4)",
        plan,
        period,
        term.cost.0,
        term.code,
    )
    .execute(&mut *tx)
    .await?;
    begin_history(tx, plan, None, (term.period, term.cost), origin).await
}

async fn addon_in_tx(
    tx: &mut PgConnection,
    plan: Uuid,
    addon: &ProposedAddon,
    origin: Origin<'_>,
) -> Result<(), Error> {
    let number =
        |value: u32| i32::try_from(value).map_err(|error| Error::unreadable("plan_addon", error));
    sqlx::query!(
        "insert into plan_addon (plan_id, code, upstream_addon_code, name, base, max, step)
         values ($1, $2, $3, $4, $5, $6, 1)",
        plan,
        addon.key,
        addon.code,
        Json(in_both([&addon.name, &addon.name])) as _,
        number(addon.base)?,
        number(addon.max)?,
    )
    .execute(&mut *tx)
    .await?;
    for cost in &addon.costs {
        addon_cost_in_tx(tx, plan, &addon.key, (cost.period, cost.cost), origin).await?;
    }
    Ok(())
}

async fn addon_cost_in_tx(
    tx: &mut PgConnection,
    plan: Uuid,
    key: &str,
    (period, cost): (Period, Amount),
    origin: Origin<'_>,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into addon_cost (plan_id, code, period, cost) values ($1, $2, $3, $4)",
        plan,
        key,
        period.code(),
        cost.0,
    )
    .execute(&mut *tx)
    .await?;
    begin_history(tx, plan, Some(key), (period, cost), origin).await
}

/// The first line of a cost's history, without which the database takes no cost.
async fn begin_history(
    tx: &mut PgConnection,
    plan: Uuid,
    addon: Option<&str>,
    (period, cost): (Period, Amount),
    origin: Origin<'_>,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into cost_change (plan_id, period, addon, before, cost, source, reason, author, at)
         values ($1, $2, $3, null, $4, $5, $6, $7, $8)",
        plan,
        period.code(),
        addon,
        cost.0,
        origin.source.as_str(),
        origin.reason,
        origin.author,
        origin.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
