//! What is on the shelf, and for how much.
//!
//! A plan is shown only if it can be bought: available, with a cost and a price for at least one
//! term. Prices come from [`domain::price`] alone.

mod cache;
mod editor;
mod panels;
mod tags;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::operation::OperationKind;
use domain::plan::{Addon, Capabilities, Choice, ChoiceError};
use domain::price::{Cost, PriceError, Quote, Subject, derive, price};
use domain::pricelist::Pricelist;
use domain::{Currency, Money, Period};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::Date;
use upstream::DialectKind;
use upstream::dialect::Term;
use uuid::Uuid;

pub use cache::{ShelfListener, Shelves, listen};
pub use editor::{
    EditError, FAMILIES_BY_NAME, FAMILIES_BY_PLANS, FAMILIES_BY_SHELF, FAMILY_SORTS, FamilyRow,
    PLAN_SORTS, PLANS_BY_NAME, PLANS_BY_SHELF, PlanFilter, PlanPage, PlanRow, PlanText,
};
pub use panels::{PanelAnswer, PanelAsk, PanelHome, PanelModule};
pub use tags::Tags;
pub(crate) use wire::hold_operations_in_tx;
pub use wire::{AddonWire, PlanWire, WireField, field_kind};

use cache::Found;
use tags::Tag;

use crate::locale::Localized;
use crate::orders::Wish;
use crate::people::throttle::{self, Allowance};
use crate::upstreams::{self, IpCheck, Speech};
use crate::{Error, Portal};

/// A family with its plans, as the catalogue shows it.
#[derive(Debug, Clone)]
pub struct Family {
    /// Short name.
    pub code: String,
    /// Heading.
    pub name: Localized,
    /// One sentence.
    pub summary: Localized,
    /// The plans in order.
    pub plans: Vec<Offer>,
}

/// A plan with what it costs the viewer.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The plan.
    pub plan: Plan,
    /// The price of each term with everything at its base, shortest first.
    pub prices: Vec<(Period, Money)>,
    /// The price of one more of each add-on, per term.
    pub addon_prices: BTreeMap<(String, Period), Money>,
}

/// What a plan's vendor does beside selling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorDoes {
    /// It renews what is bought, by itself, and each term is charged.
    pub renews: bool,
    /// It tells whether an address can be ordered for.
    pub checks_ip: bool,
}

/// A plan as it is sold.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) id: Uuid,
    pub(crate) upstream_account: Uuid,
    pub(crate) dialect: DialectKind,
    pub(crate) upstream_code: String,
    pub(crate) costs: BTreeMap<Period, Cost>,
    /// The name in addresses.
    pub slug: String,
    /// Its family.
    pub family: String,
    /// The product that it is an edition of.
    pub(crate) product: Option<String>,
    /// Name.
    pub name: Localized,
    /// One line.
    pub tagline: Localized,
    /// Paragraphs, parted by empty lines.
    pub description: Localized,
    /// It is not taken off the shelf, and neither is its vendor.
    pub(crate) is_available: bool,
    /// What its vendor does beside selling it.
    pub vendor: VendorDoes,
    /// After this day it is not sold any more.
    pub sale_ends_on: Option<Date>,
    /// After this day it is not renewed any more.
    pub renewal_ends_on: Option<Date>,
    /// The vendor delivers a key.
    pub has_key: bool,
    /// Of a module, the plans whose licenses it fits, by their names in addresses.
    pub fits: Vec<String>,
    /// What panels call the module.
    pub service_name: Option<String>,
    /// The number that the portal's own interfaces know it by (`pricelist`, `module_id`).
    pub number: i64,
    /// Names of the fields that its order asks for.
    pub field_names: BTreeMap<String, Localized>,
    /// Codes of the vendor's for its terms.
    pub(crate) term_codes: BTreeMap<Period, String>,
    /// What can be chosen.
    pub capabilities: Capabilities,
    /// Names of the add-ons by their code.
    pub addon_names: BTreeMap<String, Localized>,
    /// What we pay in, and therefore sell in.
    pub currency: Currency,
}

/// A pricelist's published version.
#[derive(Debug, Clone)]
pub(crate) struct PublishedPricelist {
    pub id: Uuid,
    pub content: Pricelist,
}

/// The pricelists that a group's customers are charged by.
#[derive(Debug, Clone)]
pub(crate) struct Tariff {
    pub own: Arc<PublishedPricelist>,
    pub public: Arc<PublishedPricelist>,
}

impl Tariff {
    /// The list that this term of a plan is charged by.
    pub(crate) fn of(&self, plan: &Plan, period: Period) -> &PublishedPricelist {
        let (own, public) = (&self.own.content, &self.public.content);
        if plan.is_public_lower(period, own, public) { &self.public } else { &self.own }
    }
}

/// Why a wish has no price.
#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    /// There is no such plan, or it is not for sale.
    #[error("no such plan")]
    NoSuchPlan,
    /// The choice does not fit the plan.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// Inside; also a plan that has no price, which the shelf does not show.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl Offer {
    /// What a year costs less than twelve months, in whole percent; none if nothing is saved.
    #[must_use]
    pub fn year_saving(&self) -> Option<u8> {
        let price = |wanted| self.prices.iter().find(|(period, _)| *period == wanted);
        let (month, year) = (price(Period::MONTH)?.1, price(Period::YEAR)?.1);
        let twelve = month.checked_mul(12).ok()?.amount();
        let saved = twelve.checked_sub(year.amount())?.checked_mul(100)?.checked_div(twelve)?;
        u8::try_from(saved).ok().filter(|percent| *percent > 0)
    }

    /// The price of this term with everything at its base.
    #[must_use]
    pub fn price_of(&self, wanted: Period) -> Option<Money> {
        self.prices.iter().find(|(period, _)| *period == wanted).map(|(_, price)| *price)
    }
}

impl Plan {
    fn term(&self, period: Period) -> Term {
        Term { period, code: self.term_codes.get(&period).cloned() }
    }

    /// Whether this term is charged by the public list and not by the group's own: nobody pays more
    /// for a module than the public price, which panels show to everybody (seed 004).
    pub(crate) fn is_public_lower(
        &self,
        period: Period,
        own: &Pricelist,
        public: &Pricelist,
    ) -> bool {
        if !self.capabilities.module {
            return false;
        }
        let base = Choice { period, ip: None, addons: BTreeMap::new() };
        let total = |list| self.quote(&base, list).map(|quote| quote.total.amount());
        match (total(own), total(public)) {
            (Ok(own), Ok(public)) => public < own,
            (Err(_), Ok(_)) => true,
            (_, Err(_)) => false,
        }
    }

    /// Whether a license of this plan can become one of the other: vendors change one edition of a
    /// product for another, and nothing else; `trial` ones become paid ones of the same plan, too.
    pub(crate) fn becomes(&self, other: &Self, trial: bool) -> bool {
        let same_vendor =
            self.upstream_account == other.upstream_account && self.dialect == other.dialect;
        let editions = self.product.is_some() && self.product == other.product;
        same_vendor && if self.slug == other.slug { trial } else { editions }
    }

    /// It is sold on this day.
    #[must_use]
    pub fn is_sold_on(&self, day: Date) -> bool {
        self.sale_ends_on.is_none_or(|last| day <= last)
    }

    pub(crate) fn quote(
        &self,
        choice: &Choice,
        pricelist: &Pricelist,
    ) -> Result<Quote, PriceError> {
        let cost = self.costs.get(&choice.period).ok_or(PriceError::NoRule)?;
        price(self.subject(cost), choice, pricelist)
    }

    pub(crate) fn subject<'a>(&'a self, cost: &'a Cost) -> Subject<'a> {
        Subject {
            family: &self.family,
            product: self.product.as_deref(),
            plan: &self.slug,
            addons: &self.capabilities.addons,
            cost,
        }
    }

    fn offer(self, tariff: &Tariff) -> Option<Offer> {
        let mut prices = Vec::new();
        let mut addon_prices = BTreeMap::new();
        for period in &self.capabilities.periods {
            let base = Choice { period: *period, ip: None, addons: BTreeMap::new() };
            let pricelist = &tariff.of(&self, *period).content;
            let (Ok(quote), Some(cost)) = (self.quote(&base, pricelist), self.costs.get(period))
            else {
                continue;
            };
            prices.push((*period, quote.total));
            for addon in &self.capabilities.addons {
                let one = derive(self.subject(cost), *period, pricelist, Some(&addon.code));
                if let Ok(one) = one {
                    addon_prices.insert((addon.code.clone(), *period), one.price);
                }
            }
        }
        let mut plan = self;
        // A term without a price is no choice.
        plan.capabilities.periods = prices.iter().map(|(period, _)| *period).collect();
        if prices.is_empty() { None } else { Some(Offer { plan, prices, addon_prices }) }
    }
}

/// Checks of an address that one caller may ask for.
const CHECKS_BY_PLACE: Allowance = Allowance { burst: 40, refill_seconds: 3 };

impl Portal {
    /// Everything for sale at the prices of this group.
    pub async fn shelf(&self, group: &str) -> Result<Arc<[Family]>, Error> {
        let ticket = match self.shelves.find(group) {
            // What is kept hears of changes, but not of midnight.
            Found::Shelf(shelf) if self.is_of_today(&shelf) => return Ok(shelf),
            Found::Shelf(_) | Found::Deaf => None,
            Found::Nothing(ticket) => Some(ticket),
        };
        let shelf = self.read_shelf(group).await?.into();
        if let Some(ticket) = ticket {
            self.shelves.keep(&ticket, group, &shelf);
        }
        Ok(shelf)
    }

    fn is_of_today(&self, shelf: &[Family]) -> bool {
        let today = self.clock.now().date();
        shelf.iter().flat_map(|family| &family.plans).all(|offer| offer.plan.is_sold_on(today))
    }

    async fn read_shelf(&self, group: &str) -> Result<Vec<Family>, Error> {
        let mut db = self.pool.acquire().await?;
        let tariff = tariff(&mut db, group).await?;
        let families = sqlx::query!(
            "select code, name as \"name: Json<Localized>\", summary as \"summary: Json<Localized>\"
               from product_family order by position, code"
        )
        .fetch_all(&mut *db)
        .await?;
        let mut offers: Vec<Offer> = plans(&mut db, None)
            .await?
            .into_iter()
            .filter(|plan| plan.is_sold_on(self.clock.now().date()))
            .filter_map(|plan| plan.offer(&tariff))
            .collect();
        let mut shelf = Vec::new();
        for family in families {
            let plans: Vec<Offer> =
                offers.extract_if(.., |offer| offer.plan.family == family.code).collect();
            if !plans.is_empty() {
                shelf.push(Family {
                    code: family.code,
                    name: family.name.0,
                    summary: family.summary.0,
                    plans,
                });
            }
        }
        Ok(shelf)
    }

    /// One plan at the prices of this group; none if it is not for sale.
    pub async fn offer(&self, group: &str, slug: &str) -> Result<Option<Offer>, Error> {
        if !matches!(self.shelves.find(group), Found::Deaf) {
            let shelf = self.shelf(group).await?;
            let mut offers = shelf.iter().flat_map(|family| &family.plans);
            return Ok(offers.find(|offer| offer.plan.slug == slug).cloned());
        }
        let mut db = self.pool.acquire().await?;
        let tariff = tariff(&mut db, group).await?;
        let plan = plans(&mut db, Some(slug)).await?.pop();
        let plan = plan.filter(|plan| plan.is_sold_on(self.clock.now().date()));
        Ok(plan.and_then(|plan| plan.offer(&tariff)))
    }

    /// Asks the vendor whether this plan can be ordered for the address; short, only a read, and
    /// not often for one caller.
    pub async fn check_ip(
        &self,
        group: &str,
        slug: &str,
        ip: &str,
        place: &str,
    ) -> Result<IpCheck, QuoteError> {
        let offer = self.offer(group, slug).await?.ok_or(QuoteError::NoSuchPlan)?;
        let plan = offer.plan;
        let period = plan.capabilities.periods.first().copied().unwrap_or(Period::MONTH);
        let choice = plan.capabilities.check(period, ip, &BTreeMap::new())?;
        let term = plan.term(period);
        let Some(ip) = choice.ip else { return Ok(IpCheck::Free) };
        let now = self.clock.now();
        if !throttle::take(&self.pool, &format!("ip:{place}"), CHECKS_BY_PLACE, now).await? {
            return Ok(IpCheck::Unchecked);
        }
        let account = self.upstream_account(plan.upstream_account).await?;
        let Some(dialect) = account.dialect(plan.dialect) else { return Ok(IpCheck::Unchecked) };
        Ok(account.check_ip(dialect.as_ref(), &plan.upstream_code, &term, ip.get()).await)
    }
}

/// A plan, a checked choice and its price.
#[derive(Debug)]
pub(crate) struct Priced {
    pub plan: Arc<Plan>,
    pub choice: Choice,
    /// What was entered into the product's own fields.
    pub fields: BTreeMap<String, String>,
    pub quote: Quote,
    pub pricelist: Uuid,
}

impl Portal {
    /// Checks and prices a wish from memory, with the revision that it is good for; none if nothing is
    /// kept or the wish does not fit what is.
    pub(crate) fn price_in_memory(&self, group: &str, wish: &Wish) -> Option<(i64, Priced)> {
        let (revision, tag) = self.tags.newest(group, &wish.plan)?;
        Some((revision, priced(tag, wish, self.clock.now().date()).ok()?))
    }

    /// Checks and prices a wish as the catalogue is now, with its revision.
    pub(crate) async fn price_now(
        &self,
        group: &str,
        wish: &Wish,
    ) -> Result<(i64, Priced), QuoteError> {
        let mut db = self.pool.acquire().await.map_err(Error::from)?;
        let mut before = revision(&mut db).await?;
        loop {
            let plan = plans(&mut db, Some(&wish.plan)).await?.pop();
            let tariff = tariff(&mut db, group).await?;
            // Read between two looks at the same revision, all of it belongs to that revision.
            let after = revision(&mut db).await?;
            if after != before {
                before = after;
                continue;
            }
            let tag = Tag { plan: Arc::new(plan.ok_or(QuoteError::NoSuchPlan)?), tariff };
            self.tags.keep(after, group, &tag);
            return Ok((after, priced(tag, wish, self.clock.now().date())?));
        }
    }
}

fn priced(tag: Tag, wish: &Wish, today: Date) -> Result<Priced, QuoteError> {
    let Tag { plan, tariff } = tag;
    if !plan.is_sold_on(today) {
        return Err(QuoteError::NoSuchPlan);
    }
    let choice = plan.capabilities.check(wish.period, &wish.ip, &wish.addons)?;
    let fields = plan.capabilities.check_fields(&wish.fields)?;
    let pricelist = tariff.of(&plan, choice.period);
    let quote = plan.quote(&choice, &pricelist.content).map_err(|error| match error {
        // The term is not on the shelf then, or not any more.
        PriceError::NoRule | PriceError::BelowFloor { .. } => {
            QuoteError::Choice(ChoiceError::Period)
        }
        other => QuoteError::Internal(Error::unreadable("pricelist_version", other)),
    })?;
    let pricelist = pricelist.id;
    Ok(Priced { plan, choice, fields, quote, pricelist })
}

/// A plan as somebody owns it, on the shelf or not, and what the group is charged by.
pub(crate) async fn owned_plan(
    db: &mut PgConnection,
    group: &str,
    slug: &str,
) -> Result<Option<(Plan, Tariff)>, Error> {
    let Some(plan) = any_plan(db, slug).await? else { return Ok(None) };
    Ok(Some((plan, tariff(db, group).await?)))
}

/// The catalogue's newest revision.
async fn revision(db: &mut PgConnection) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!("select revision from catalog_revision").fetch_one(db).await?)
}

/// The newest versions of the group's pricelist and of the public one, which also stands for a group
/// without one.
async fn tariff(db: &mut PgConnection, group: &str) -> Result<Tariff, Error> {
    let rows = sqlx::query!(
        "select distinct on (group_code) group_code, id, content as \"content: Json<Pricelist>\"
           from pricelist_version where group_code in ($1, 'public')
          order by group_code, version desc",
        group,
    )
    .fetch_all(db)
    .await?;
    let (mut own, mut public) = (None, None);
    for row in rows {
        let list = Arc::new(PublishedPricelist { id: row.id, content: row.content.0 });
        if row.group_code == group {
            own = Some(Arc::clone(&list));
        }
        if row.group_code == "public" {
            public = Some(list);
        }
    }
    // Without any pricelist nothing has a price, and nothing is for sale.
    let nothing = || PublishedPricelist { id: Uuid::nil(), content: Pricelist::default() };
    let public = public.unwrap_or_else(|| Arc::new(nothing()));
    Ok(Tariff { own: own.unwrap_or_else(|| Arc::clone(&public)), public })
}

#[derive(Debug, Deserialize)]
struct PeriodRow {
    period: Period,
    cost: i64,
    code: Option<String>,
    addons: BTreeMap<String, i64>,
}

#[derive(Debug, Deserialize)]
struct AddonRow {
    code: String,
    name: Localized,
    base: u32,
    max: u32,
    step: u32,
}

/// All available plans, or the one of this slug, in the order of the shelf; one query.
pub(crate) async fn plans(db: &mut PgConnection, slug: Option<&str>) -> Result<Vec<Plan>, Error> {
    plans_with(db, slug, false).await
}

/// The plan of this slug, whether it is for sale or not.
pub(crate) async fn any_plan(db: &mut PgConnection, slug: &str) -> Result<Option<Plan>, Error> {
    Ok(plans_with(db, Some(slug), true).await?.pop())
}

/// All plans, whether they are for sale or not.
pub(crate) async fn every_plan(db: &mut PgConnection) -> Result<Vec<Plan>, Error> {
    plans_with(db, None, true).await
}

async fn plans_with(
    db: &mut PgConnection,
    slug: Option<&str>,
    any: bool,
) -> Result<Vec<Plan>, Error> {
    let rows = sqlx::query!(
        "select p.id, p.slug, p.family, p.product, p.upstream_account_id, p.dialect, p.upstream_plan_code,
                p.name as \"name: Json<Localized>\", p.tagline as \"tagline: Json<Localized>\",
                p.description as \"description: Json<Localized>\", p.needs_ip, u.currency,
                (p.available and u.enabled) as \"is_available!\",
                p.number, p.sale_ends_on, p.renewal_ends_on, p.withheld, p.has_key, p.fits,
                p.service_name, p.fields as \"fields: Json<Vec<WireField>>\",
                u.functions as \"functions: Json<BTreeMap<String, BTreeMap<String, String>>>\",
                u.module_names_parent, u.renews_there,
                (select coalesce(jsonb_agg(jsonb_build_object(
                            'period', t.period, 'cost', t.cost, 'code', t.upstream_code,
                            'addons', (select coalesce(jsonb_object_agg(c.code, c.cost), '{}')
                                         from addon_cost c
                                        where c.plan_id = t.plan_id and c.period = t.period))
                          order by t.period <= 0, t.period), '[]')
                   from plan_period t where t.plan_id = p.id) as \"periods!: Json<Vec<PeriodRow>>\",
                (select coalesce(jsonb_agg(to_jsonb(a) order by a.code), '[]')
                   from plan_addon a where a.plan_id = p.id) as \"addons!: Json<Vec<AddonRow>>\"
           from plan p join upstream_account u on u.id = p.upstream_account_id
           join product_family f on f.code = p.family
          where (p.available and u.enabled or $2) and ($1::text is null or p.slug = $1)
          order by f.position, f.code, p.position, p.slug",
        slug,
        any,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = Currency::from_code(&row.currency)
                .ok_or_else(|| Error::unreadable("upstream_account", &row.currency))?;
            let kind = upstreams::dialect_kind(&row.dialect)?;
            let speech = Speech::read(&row.functions.0, row.module_names_parent)?;
            let can = OperationKind::ALL.into_iter().filter(|operation| {
                speech.can(kind, *operation)
                    && row.withheld.iter().all(|word| word != operation.as_str())
            });
            let money = |amount| Money::new(amount, currency);
            let costs: BTreeMap<Period, Cost> = row
                .periods
                .0
                .iter()
                .filter(|period| kind.is_sayable(period.code.as_deref()))
                .map(|period| {
                    let addons =
                        period.addons.iter().map(|(code, cost)| (code.clone(), money(*cost)));
                    (period.period, Cost { plan: money(period.cost), addons: addons.collect() })
                })
                .collect();
            let addons = row.addons.0;
            Ok(Plan {
                id: row.id,
                upstream_account: row.upstream_account_id,
                dialect: kind,
                number: row.number,
                is_available: row.is_available,
                vendor: VendorDoes {
                    renews: row.renews_there && kind.can_renew_itself(),
                    checks_ip: speech.checks_ip(kind),
                },
                sale_ends_on: row.sale_ends_on,
                renewal_ends_on: row.renewal_ends_on,
                has_key: row.has_key,
                fits: row.fits.unwrap_or_default(),
                service_name: row.service_name,
                field_names: row
                    .fields
                    .0
                    .iter()
                    .map(|row| (row.field.code.clone(), row.name.clone()))
                    .collect(),
                term_codes: row
                    .periods
                    .0
                    .iter()
                    .filter_map(|period| Some((period.period, period.code.clone()?)))
                    .collect(),
                upstream_code: row.upstream_plan_code,
                costs,
                slug: row.slug,
                family: row.family,
                product: row.product,
                name: row.name.0,
                tagline: row.tagline.0,
                description: row.description.0,
                capabilities: Capabilities {
                    needs_ip: row.needs_ip && kind.has_address(),
                    named: kind.has_name(),
                    module: kind.has_parent(),
                    can: can.collect(),
                    fields: row.fields.0.iter().map(|row| row.field.clone()).collect(),
                    periods: row
                        .periods
                        .0
                        .iter()
                        .filter(|period| kind.is_sayable(period.code.as_deref()))
                        .map(|period| period.period)
                        .collect(),
                    addons: addons
                        .iter()
                        .map(|addon| Addon {
                            code: addon.code.clone(),
                            base: addon.base,
                            max: addon.max,
                            step: addon.step,
                        })
                        .collect(),
                },
                addon_names: addons.into_iter().map(|addon| (addon.code, addon.name)).collect(),
                currency,
            })
        })
        .collect()
}
