//! Modules of a license: which it has, which it could have, and for whom a module is.

use domain::change::Change;
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::price::derive;
use domain::{Money, Period};
use sqlx::types::Json;
use time::Date;
use uuid::Uuid;

use super::{change, read_status};
use crate::catalog::{Offer, Plan, owned_plan};
use crate::locale::Localized;
use crate::people::CustomerViewer;
use crate::{Error, Portal};

/// A module that a license has, or is getting.
#[derive(Debug, Clone)]
pub struct OwnedModule {
    /// The module's own license; none while it is ordered.
    pub license: Option<Uuid>,
    /// The order that bought it.
    pub order: Uuid,
    /// What it is.
    pub plan: Localized,
    /// The plan's name in addresses.
    pub slug: String,
    /// As the vendor has it; it is being processed while it is ordered.
    pub status: LicenseStatus,
    /// Last day; none while unknown and for what has no end.
    pub expires_on: Option<Date>,
    /// What another term costs; none where it is not renewed or its page says so.
    pub renewal: Option<(Period, Money)>,
    /// It can be renewed now, for this term or another.
    pub may_renew: bool,
    /// It can be deleted.
    pub may_delete: bool,
    period: Option<Period>,
}

/// The modules of one license.
#[derive(Debug, Clone, Default)]
pub struct Modules {
    /// Those that it has.
    pub owned: Vec<OwnedModule>,
    /// Those that it could have.
    pub available: Vec<Offer>,
    /// There are some for it, and they wait until it works.
    pub waits: bool,
}

/// A license that a module may be for.
#[derive(Debug, Clone)]
pub struct ModuleHome {
    /// The license.
    pub license: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What it is.
    pub plan: Localized,
    /// For which server.
    pub ip: Option<String>,
    /// The customer's name for it.
    pub name: Option<String>,
    /// It works, and nobody is about to delete it; a module waits for that.
    pub takes: bool,
    /// It has this module already.
    pub owned: Option<OwnedModule>,
}

impl Portal {
    /// The modules of a license of the customer's: those it has, and those for sale that fit it.
    pub async fn modules_of(
        &self,
        viewer: &CustomerViewer,
        license: Uuid,
    ) -> Result<Modules, Error> {
        let about = sqlx::query!(
            "select l.upstream_account_id, takes_modules(l.id) as \"takes!\", p.slug
               from license l join plan p on p.id = l.plan_id
              where l.id = $1 and l.customer_id = $2",
            license,
            viewer.customer,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(about) = about else { return Ok(Modules::default()) };
        let mut owned = self.owned_modules(viewer.customer, license).await?;
        let shelf = self.shelf(&viewer.group).await?;
        let offers = || shelf.iter().flat_map(|family| &family.plans);
        let today = self.clock.now().date();
        let mut db = self.pool.acquire().await?;
        for module in &mut owned {
            let Some((id, period)) = module.license.zip(module.period) else { continue };
            let Some(own) = change::find(&mut db, viewer.customer, id).await? else { continue };
            // What is not sold any more lives on.
            let plan = owned_plan(&mut db, &viewer.group, &module.slug).await?;
            let Some((plan, tariff)) = plan else { continue };
            let can = |change| change::check(&own, &plan.capabilities.can, &change, today).is_ok();
            module.may_delete = can(Change::Delete);
            module.may_renew = plan.capabilities.periods.iter().any(|period| {
                let list = tariff.of(&plan, *period);
                can(Change::Renew { period: *period })
                    && change::quoted(&plan, list, &own, *period, &own.addons).is_ok()
            });
            let over = plan.renewal_ends_on.is_some_and(|last| today > last);
            let renews = !over && plan.capabilities.can(OperationKind::Renew);
            let period = Some(period).filter(|period| renews && period.months().is_some());
            module.renewal = period.and_then(|period| {
                let list = &tariff.of(&plan, period).content;
                let found = derive(plan.subject(plan.costs.get(&period)?), period, list, None);
                Some((period, found.ok()?.price))
            });
        }
        drop(db);
        let fits = |offer: &&Offer| {
            offer.plan.upstream_account == about.upstream_account_id
                && offer.plan.fits.contains(&about.slug)
                && owned.iter().all(|module| module.slug != offer.plan.slug)
        };
        let mut available: Vec<Offer> = offers().filter(fits).cloned().collect();
        // A module is ordered for a license that works, and goes with it.
        let waits = !about.takes && !available.is_empty();
        if waits {
            available.clear();
        }
        Ok(Modules { owned, available, waits })
    }

    async fn owned_modules(
        &self,
        customer: Uuid,
        license: Uuid,
    ) -> Result<Vec<OwnedModule>, Error> {
        let rows = sqlx::query!(
            "select o.id as order_id, m.id as \"license?\", p.name as \"plan: Json<Localized>\",
                    p.slug, coalesce(m.status, 'processing') as \"status!\", m.expires_on,
                    m.period as \"period?\"
               from customer_order o
               join plan p on p.id = o.plan_id
               join operation x on x.order_id = o.id
               left join license m on m.order_id = o.id
              where o.parent_id = $1 and o.customer_id = $2
                and x.state not in ('rejected', 'cancelled')
                and (m.id is null or m.status <> 'deleted')
              order by o.number",
            license,
            customer,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(OwnedModule {
                    license: row.license,
                    order: row.order_id,
                    plan: row.plan.0,
                    slug: row.slug,
                    status: read_status(&row.status)?,
                    expires_on: row.expires_on,
                    renewal: None,
                    may_renew: false,
                    may_delete: false,
                    period: row.period.and_then(|code| Period::try_from(code).ok()),
                })
            })
            .collect()
    }

    /// The licenses of the customer's that a module fits, the newest first.
    pub async fn module_homes(
        &self,
        viewer: &CustomerViewer,
        module: &Plan,
    ) -> Result<Vec<ModuleHome>, Error> {
        let rows = sqlx::query!(
            "select l.id, l.number, p.name as \"plan: Json<Localized>\", host(l.ip) as ip, l.name,
                    takes_modules(l.id) as \"takes!\"
               from license l join plan p on p.id = l.plan_id
              where l.customer_id = $1 and l.upstream_account_id = $2 and p.slug = any($3)
                and l.status <> 'deleted'
              order by l.number desc limit 200",
            viewer.customer,
            module.upstream_account,
            &module.fits,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut homes = Vec::new();
        for row in rows {
            let owned = self.owned_modules(viewer.customer, row.id).await?;
            homes.push(ModuleHome {
                license: row.id,
                number: row.number,
                plan: row.plan.0,
                ip: row.ip,
                name: row.name,
                takes: row.takes,
                owned: owned.into_iter().find(|owned| owned.slug == module.slug),
            });
        }
        Ok(homes)
    }
}
