//! Demo data, in demo mode only: a vendor account at the simulator, a shelf with sample prices, a
//! customer with money and an owner.
//!
//! A database is a demo or a real one for ever ([`Portal::claim_installation`]): sample money never
//! reaches a real wallet.

use std::collections::BTreeMap;

use domain::address::Email;
use domain::pricelist::Pricelist;
use domain::{Currency, Money, Period};
use ledger::{
    AccountKind, Cause, CauseKind, Transfer, house_account_in_tx, post_in_tx, wallet_in_tx,
};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::locale::{Locale, Localized};
use crate::people::{self, StaffRole};
use crate::upstreams::{self, NewUpstream};
use crate::{Error, Portal};

/// Whom customers of the demo write to.
pub const SUPPORT: &str = "support@demo.test";
/// The demo customer's address.
pub const CUSTOMER: &str = "customer@demo.test";
/// The demo owner's address.
pub const ADMIN: &str = "admin@demo.test";
/// The password of both.
pub const PASSWORD: &str = "demo-portal-2026";
/// The customer's password for the BILLmanager-compatible API.
pub const API_PASSWORD: &str = "DemoApi2026";
/// The login at the simulator, which ships with the same.
const SIM_USER: &str = "reseller@demo.test";
const SIM_PASSWORD: &str = "SimPass2026";
const CURRENCY: Currency = Currency::EUR;

/// Why this database cannot be used in this mode.
#[derive(Debug, thiserror::Error)]
pub enum ModeError {
    /// It has demo data.
    #[error("this database holds demo data; start with --demo, or use another database")]
    IsDemo,
    /// It is a real one.
    #[error("this database is a real one; --demo would put sample money into it")]
    IsReal,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

#[derive(Deserialize)]
struct Shelf {
    pricelist: Vec<GroupPrices>,
    family: Vec<Family>,
    plan: Vec<Plan>,
}

/// The prices of a group; the public group exists already.
#[derive(Deserialize)]
struct GroupPrices {
    group: String,
    name: Option<String>,
    #[serde(flatten)]
    content: Pricelist,
}

#[derive(Deserialize)]
struct Family {
    code: String,
    name: Localized,
    summary: Localized,
}

#[derive(Deserialize)]
struct Plan {
    slug: String,
    family: String,
    /// What it is an edition of.
    product: Option<String>,
    #[serde(default = "soft")]
    dialect: String,
    code: String,
    /// A key that is bound to no address.
    #[serde(default)]
    anywhere: bool,
    /// Of a module, the plans that it fits.
    fits: Option<Vec<String>>,
    service_name: Option<String>,
    #[serde(default)]
    fields: Vec<serde_json::Value>,
    terms: Vec<Term>,
    cost: String,
    name: Localized,
    tagline: Localized,
    description: Localized,
    #[serde(default)]
    addon: Vec<Addon>,
}

fn soft() -> String {
    "soft".to_owned()
}

#[derive(Deserialize)]
struct Addon {
    code: String,
    upstream_code: String,
    name: Localized,
    base: u32,
    max: u32,
    cost: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Term {
    Trial,
    Month,
    Quarter,
    Half,
    Year,
}

impl Term {
    fn period(self) -> Result<Period, Error> {
        let months = match self {
            Self::Trial => return Ok(Period::Trial),
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        };
        Period::try_from(months).map_err(|error| Error::unreadable("catalog.toml", error))
    }

    /// A year costs ten months at the vendor.
    fn cost(self, month: Money) -> Result<Money, Error> {
        let months = match self {
            Self::Trial | Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 10,
        };
        month.checked_mul(months).map_err(|error| Error::unreadable("catalog.toml", error))
    }
}

/// Whether this database was marked as a demo; a fresh one is not yet.
pub async fn is_demo(pool: &sqlx::PgPool) -> Result<bool, Error> {
    let demo = sqlx::query_scalar!("select demo from installation").fetch_optional(pool).await?;
    Ok(demo.unwrap_or(false))
}

impl Portal {
    /// Marks a fresh database as demo or real; refuses to use it as the other.
    pub async fn claim_installation(&self) -> Result<(), ModeError> {
        let demo = sqlx::query_scalar!(
            "with fresh as (insert into installation (demo, created_at) values ($1, $2)
                            on conflict do nothing returning demo)
             select demo as \"demo!\" from fresh union all select demo from installation limit 1",
            self.demo,
            self.clock.now(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::from)?;
        match (demo, self.demo) {
            (true, false) => Err(ModeError::IsDemo),
            (false, true) => Err(ModeError::IsReal),
            _ => Ok(()),
        }
    }

    /// Fills in the demo data once; later calls only point the vendor account at the simulator.
    pub async fn fill_demo(&self, simulator: &str) -> Result<(), ModeError> {
        self.claim_installation().await?;
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        // Two servers that start at once fill in one after the other.
        sqlx::query!("lock table installation in exclusive mode")
            .execute(&mut *tx)
            .await
            .map_err(Error::from)?;
        let upstream = NewUpstream {
            slug: "simulator",
            name: "Vendor simulator",
            base_url: simulator,
            username: SIM_USER,
            password: SIM_PASSWORD,
            currency: CURRENCY,
            fast: true,
        };
        let account = upstreams::put_in_tx(&mut tx, &self.key, &upstream, now).await?;
        let filled = sqlx::query_scalar!("select exists(select 1 from plan) as \"filled!\"")
            .fetch_one(&mut *tx)
            .await
            .map_err(Error::from)?;
        if !filled {
            let shelf: Shelf = toml::from_str(include_str!("catalog.toml"))
                .map_err(|error| Error::unreadable("catalog.toml", error))?;
            fill_shelf_in_tx(&mut tx, account, &shelf, now).await?;
            self.fill_people_in_tx(&mut tx, now).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    async fn fill_people_in_tx(
        &self,
        tx: &mut PgConnection,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let hash = self.passwords.hash(PASSWORD).await?;
        let bad = |error| Error::unreadable("demo", error);
        let customer = people::new_customer_in_tx(tx, "Demo Hosting", now).await?;
        let customer_email = Email::parse(CUSTOMER).map_err(bad)?;
        let user = Uuid::now_v7();
        let new = people::NewUser {
            id: user,
            customer: Some(customer),
            role: None,
            email: &customer_email,
            hash: &hash,
            verified: true,
            locale: Locale::En,
        };
        people::insert_user_in_tx(tx, &new, now).await?;
        let api_hash = self.passwords.hash(API_PASSWORD).await?;
        sqlx::query!("update app_user set api_password_hash = $2 where id = $1", user, api_hash)
            .execute(&mut *tx)
            .await?;
        let admin_email = Email::parse(ADMIN).map_err(bad)?;
        let new = people::NewUser {
            id: Uuid::now_v7(),
            customer: None,
            role: Some(StaffRole::Owner),
            email: &admin_email,
            ..new
        };
        people::insert_user_in_tx(tx, &new, now).await?;

        let wallet = wallet_in_tx(tx, customer, CURRENCY, now).await?;
        let kind = AccountKind::GatewayClearing;
        let bank = house_account_in_tx(tx, kind, None, CURRENCY, wallet.id, now).await?;
        let id = Uuid::now_v7();
        let top_up = Transfer {
            id,
            debit: bank,
            credit: wallet,
            amount: amount("500")?,
            cause: Cause {
                kind: CauseKind::Payment,
                id,
                actor: None,
                reason: "Keystall Demo".to_owned(),
            },
        };
        post_in_tx(tx, &top_up, now).await?;
        Ok(())
    }
}

fn amount(text: &str) -> Result<Money, Error> {
    Money::parse(text, CURRENCY).map_err(|error| Error::unreadable("catalog.toml", error))
}

async fn fill_shelf_in_tx(
    tx: &mut PgConnection,
    account: Uuid,
    shelf: &Shelf,
    now: OffsetDateTime,
) -> Result<(), Error> {
    for (family, position) in shelf.family.iter().zip(1_i16..) {
        sqlx::query!(
            "insert into product_family (code, position, name, summary) values ($1, $2, $3, $4)",
            family.code,
            position,
            Json(&family.name) as _,
            Json(&family.summary) as _,
        )
        .execute(&mut *tx)
        .await?;
    }
    for (plan, position) in shelf.plan.iter().zip(1_i16..) {
        fill_plan_in_tx(tx, account, plan, position, now).await?;
    }
    sqlx::query!(
        "insert into cost_change (plan_id, period, addon, cost, source, at)
         select plan_id, period, null, cost, 'initial', $1::timestamptz from plan_period
         union all select plan_id, period, code, cost, 'initial', $1::timestamptz from addon_cost",
        now,
    )
    .execute(&mut *tx)
    .await?;
    for prices in &shelf.pricelist {
        fill_prices_in_tx(tx, prices, now).await?;
    }
    Ok(())
}

async fn fill_prices_in_tx(
    tx: &mut PgConnection,
    prices: &GroupPrices,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if let Some(name) = &prices.name {
        sqlx::query!(
            "insert into customer_group (code, name, created_at) values ($1, $2, $3)",
            prices.group,
            name,
            now,
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "insert into pricelist_version (id, group_code, version, content, published_at)
         values ($1, $2, 1, $3, $4)",
        Uuid::now_v7(),
        prices.group,
        Json(&prices.content) as _,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn fill_plan_in_tx(
    tx: &mut PgConnection,
    account: Uuid,
    plan: &Plan,
    position: i16,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let id = Uuid::now_v7();
    let kind = upstreams::dialect_kind(&plan.dialect)?;
    sqlx::query!(
        "insert into plan
            (id, slug, family, position, upstream_account_id, upstream_plan_code, name,
             tagline, description, needs_ip, created_at, dialect, has_key, fits, service_name, fields,
             product)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $10, $12, $13, $14, $15, $16, $17)",
        id,
        plan.slug,
        plan.family,
        position,
        account,
        plan.code,
        Json(&plan.name) as _,
        Json(&plan.tagline) as _,
        Json(&plan.description) as _,
        now,
        kind.has_address() && !plan.anywhere,
        kind.as_str(),
        kind.has_key(),
        plan.fits.as_deref(),
        plan.service_name,
        Json(&plan.fields) as _,
        plan.product,
    )
    .execute(&mut *tx)
    .await?;
    let number =
        |value: u32| i32::try_from(value).map_err(|e| Error::unreadable("catalog.toml", e));
    for addon in &plan.addon {
        sqlx::query!(
            "insert into plan_addon (plan_id, code, upstream_addon_code, name, base, max, step)
             values ($1, $2, $3, $4, $5, $6, 1)",
            id,
            addon.code,
            addon.upstream_code,
            Json(&addon.name) as _,
            number(addon.base)?,
            number(addon.max)?,
        )
        .execute(&mut *tx)
        .await?;
    }
    for term in &plan.terms {
        let period = term.period()?.code();
        let cost = term.cost(amount(&plan.cost)?)?.amount();
        sqlx::query!(
            "insert into plan_period (plan_id, period, cost) values ($1, $2, $3)",
            id,
            period,
            cost,
        )
        .execute(&mut *tx)
        .await?;
        let costs: BTreeMap<&str, Money> = plan
            .addon
            .iter()
            .map(|addon| Ok((addon.code.as_str(), term.cost(amount(&addon.cost)?)?)))
            .collect::<Result<_, Error>>()?;
        for (code, cost) in costs {
            sqlx::query!(
                "insert into addon_cost (plan_id, code, period, cost) values ($1, $2, $3, $4)",
                id,
                code,
                period,
                cost.amount(),
            )
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(())
}
