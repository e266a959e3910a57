//! What panels ask us as their vendor (seed 004): prices of modules, and where a click on "Buy" leads.

use domain::{Currency, Money, Period};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Offer, Plan, plans_with, tariff};
use crate::licenses::ModuleHome;
use crate::locale::Localized;
use crate::people::Viewer;
use crate::{Error, Portal};

/// A module in the list that panels fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelModule {
    /// Our number of it (`id`), which a panel sends back as `module_id`.
    pub number: i64,
    /// Its name, in English: a panel has its own words for what it knows.
    pub name: String,
    /// What panels know it by (`additionintname`).
    pub service_name: String,
    /// A month at the public price; panels show no other term.
    pub month: Money,
    /// It can be ordered now.
    pub is_available: bool,
}

/// What a panel's "Buy" sends; each of it may be missing, wrong or made up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PanelAsk {
    /// `module`: what the panel knows it by.
    pub module: String,
    /// `module_id`: our number of it, as the panel read it in our list.
    pub module_id: String,
    /// `license`: the vendor's number of the panel's license; inferred, its key begins with it.
    pub license: String,
    /// `ip`: the panel's address.
    pub ip: String,
}

/// What there is to show for that.
#[derive(Debug, Clone)]
pub enum PanelAnswer {
    /// No module of ours is meant by it, or it cannot be told which one.
    NoSuchModule,
    /// This module, and what stands in the way of buying it, if anything.
    Module {
        /// As this visitor would buy it.
        offer: Box<Offer>,
        /// What everybody pays for a month.
        public_month: Option<Money>,
        /// Which license.
        home: PanelHome,
    },
}

/// The license that the module is to belong to.
#[derive(Debug, Clone)]
pub enum PanelHome {
    /// It takes signing in to tell.
    SignIn,
    /// The visitor has no such license here, whoever else may have it.
    NotYours,
    /// It is of an edition that the module does not fit.
    Unfit {
        /// What the license is one of.
        plan: Localized,
        /// What the module fits.
        fits: Vec<Localized>,
    },
    /// The visitor's own, and whether it has the module.
    Yours(Box<ModuleHome>),
}

/// The longest that a parameter of a panel can sensibly be.
const LONGEST: usize = 100;

impl PanelAsk {
    /// What cannot be meant seriously is as good as missing.
    #[must_use]
    pub fn tidy(self) -> Self {
        let keep = |text: String| {
            // The semicolon is a slip of the documents' own samples.
            let text = text.trim().trim_end_matches([';', ' ']);
            let sane = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
            if sane { text.to_owned() } else { String::new() }
        };
        Self {
            module: keep(self.module),
            module_id: keep(self.module_id),
            license: keep(self.license),
            ip: keep(self.ip),
        }
    }
}

/// A license as a panel names it.
struct Named {
    id: Uuid,
    customer: Uuid,
    account: Uuid,
    slug: String,
    plan: Localized,
}

impl Portal {
    /// Every module with a public price in this currency, for panels.
    pub async fn modules_for_panels(&self, currency: Currency) -> Result<Vec<PanelModule>, Error> {
        let mut db = self.pool.acquire().await?;
        let tariff = tariff(&mut db, "public").await?;
        let today = self.clock.now().date();
        let modules = plans_with(&mut db, None, true).await?.into_iter();
        Ok(modules
            .filter(|plan| plan.capabilities.module && plan.currency == currency)
            .filter_map(|plan| {
                let (number, name) =
                    (plan.number, plan.name.get(crate::locale::Locale::En).to_owned());
                let service_name = plan.service_name.clone().unwrap_or_else(|| plan.slug.clone());
                let is_available = plan.is_available && plan.is_sold_on(today);
                let month = plan.offer(&tariff)?.price_of(Period::MONTH)?;
                Some(PanelModule { number, name, service_name, month, is_available })
            })
            .collect())
    }

    /// What goes up whenever a price or a plan may have changed, as long as this process would hear of
    /// it; none if it would not.
    #[must_use]
    pub fn catalog_generation(&self) -> Option<u64> {
        self.shelves.generation()
    }

    /// What is shown to whoever comes from a panel. Nothing is bought by this.
    pub async fn panel_asks(&self, viewer: &Viewer, ask: &PanelAsk) -> Result<PanelAnswer, Error> {
        let named = self.named_license(ask).await?;
        let shelf = self.shelf(viewer.group()).await?;
        let modules = || {
            let plans = shelf.iter().flat_map(|family| &family.plans);
            plans.filter(|offer| offer.plan.capabilities.module)
        };
        let of_account = |plan: &Plan| {
            named.as_ref().is_none_or(|license| license.account == plan.upstream_account)
        };
        let number = ask.module_id.parse::<i64>().ok();
        let by_number = modules().find(|offer| Some(offer.plan.number) == number);
        // Several editions share a name: the license tells which one is meant.
        let by_name: Vec<&Offer> = modules()
            .filter(|offer| !ask.module.is_empty() && is_called(&offer.plan, &ask.module))
            .filter(|offer| of_account(&offer.plan))
            .collect();
        let fitting = by_name.iter().copied().find(|offer| {
            named.as_ref().is_some_and(|license| offer.plan.fits.contains(&license.slug))
        });
        let only = match by_name.as_slice() {
            [one] => Some(*one),
            // None of them fits the license; the first one says so.
            [first, ..] if named.is_some() => Some(*first),
            _ => None,
        };
        let Some(offer) = by_number.or(fitting).or(only) else {
            return Ok(PanelAnswer::NoSuchModule);
        };
        let public = self.offer("public", &offer.plan.slug).await?;
        let public_month = public.and_then(|public| public.price_of(Period::MONTH));
        let home = self.panel_home(viewer, named, &offer.plan).await?;
        Ok(PanelAnswer::Module { offer: Box::new(offer.clone()), public_month, home })
    }

    async fn panel_home(
        &self,
        viewer: &Viewer,
        named: Option<Named>,
        module: &Plan,
    ) -> Result<PanelHome, Error> {
        let viewer = match viewer {
            Viewer::Guest => return Ok(PanelHome::SignIn),
            Viewer::Staff(_) => return Ok(PanelHome::NotYours),
            Viewer::Customer(viewer) => viewer,
        };
        let Some(license) = named.filter(|license| license.customer == viewer.customer) else {
            return Ok(PanelHome::NotYours);
        };
        let homes = self.module_homes(viewer, module).await?;
        if let Some(home) = homes.into_iter().find(|home| home.license == license.id) {
            return Ok(PanelHome::Yours(Box::new(home)));
        }
        let fits = sqlx::query_scalar!(
            "select name as \"name: Json<Localized>\" from plan where slug = any($1)
              order by position, slug",
            &module.fits,
        )
        .fetch_all(&self.pool)
        .await?;
        let fits = fits.into_iter().map(|name| name.0).collect();
        Ok(PanelHome::Unfit { plan: license.plan, fits })
    }

    /// The license that was sold here under this number and for this address.
    async fn named_license(&self, ask: &PanelAsk) -> Result<Option<Named>, Error> {
        let is_number = !ask.license.is_empty() && ask.license.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Ok(None);
        }
        let ip = ask.ip.parse::<std::net::IpAddr>().ok();
        if ip.is_none() && !ask.ip.is_empty() {
            return Ok(None);
        }
        let rows = sqlx::query!(
            "select l.id, l.customer_id, l.upstream_account_id, p.slug,
                    p.name as \"plan: Json<Localized>\"
               from license l join plan p on p.id = l.plan_id
              where l.upstream_id = $1 and l.parent_id is null and l.status <> 'deleted'
                and ($2::text is null or l.ip is null or l.ip = $2::text::inet)
              limit 2",
            ask.license,
            ip.map(|ip| ip.to_string()),
        )
        .fetch_all(&self.pool)
        .await?;
        // Two vendors may use one number: then it names nobody.
        let mut rows = rows.into_iter();
        let (Some(row), None) = (rows.next(), rows.next()) else { return Ok(None) };
        Ok(Some(Named {
            id: row.id,
            customer: row.customer_id,
            account: row.upstream_account_id,
            slug: row.slug,
            plan: row.plan.0,
        }))
    }
}

/// Whether a panel means this module by that word.
fn is_called(plan: &Plan, word: &str) -> bool {
    plan.service_name.as_deref().unwrap_or(&plan.slug).eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_missing() {
        let ask = PanelAsk {
            module: " DDoSGUARD ".into(),
            module_id: "x".repeat(10_000),
            license: "334601;\n".into(),
            ip: "10.0.0.1\u{0}".into(),
        };
        let tidy = ask.tidy();
        assert_eq!(tidy.module, "DDoSGUARD");
        assert_eq!((tidy.module_id.as_str(), tidy.license.as_str()), ("", "334601"));
        assert_eq!(tidy.ip, "");
    }
}
