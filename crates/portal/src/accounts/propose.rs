//! What an import would do: a vendor's table compared with the catalogue. Pure but for reading.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, Money, Period};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::Date;
use upstream::DialectKind;
use upstream::catalog::{Amount, Note, Table, TableAddon, TableField, TablePlan, TermCost};
use uuid::Uuid;

use super::Settings;
use crate::Error;
use crate::locale::{Locale, Localized};
use crate::pricing::{COST_LIMIT, Endangered, PriceKey, Repriced, effects};
use crate::upstreams::dialect_kind;

/// What an import would do, and what it would not.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What would be written, and what is only reported.
    pub changes: Vec<Change>,
    /// What cannot be taken over.
    pub notes: Vec<Note>,
    /// Prices that would not hold any more.
    pub endangered: Vec<Endangered>,
    /// Selling prices that would follow their costs.
    pub repriced: Vec<Repriced>,
    /// Of all of the changes and of what they do to prices, so that nothing else happens than what was
    /// shown.
    pub hash: String,
}

/// One difference between a vendor and the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A plan that the catalogue does not have.
    Plan(Box<NewPlan>),
    /// A term that a plan does not have.
    Term {
        /// The plan.
        plan: PlanName,
        /// The term.
        term: PlanTerm,
        /// What one more of each add-on costs for it, by our own code.
        addons: Vec<(String, Amount)>,
    },
    /// An add-on that a plan does not have.
    Addon {
        /// The plan.
        plan: PlanName,
        /// The add-on.
        addon: ProposedAddon,
    },
    /// Another cost.
    Cost {
        /// The plan.
        plan: PlanName,
        /// The term.
        period: Period,
        /// Our code and the name of the add-on; none for the plan itself.
        addon: Option<(String, String)>,
        /// What it is in the catalogue.
        before: Amount,
        /// What the vendor says.
        after: Amount,
    },
    /// Another code of a term; without one the term would not be sold.
    TermCode {
        /// The plan.
        plan: PlanName,
        /// The term.
        period: Period,
        /// What it is in the catalogue.
        before: Option<String>,
        /// What the table says.
        after: String,
    },
    /// The vendor does not list this plan any more. Nothing is written.
    Gone {
        /// The plan.
        plan: PlanName,
    },
    /// The vendor does not list this term any more. Nothing is written.
    GoneTerm {
        /// The plan.
        plan: PlanName,
        /// The term.
        period: Period,
    },
}

/// A plan of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanName {
    /// Its name in addresses.
    pub slug: String,
    /// Its English name.
    pub name: String,
    /// The vendor's code.
    pub code: String,
}

/// Whether a product can be called so.
pub(crate) fn is_product(name: &str) -> bool {
    name.trim() == name
        && (1..=60).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
}

/// A plan as it would be made: not for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewPlan {
    /// How it would be called.
    pub plan: PlanName,
    /// Which functions sell it.
    pub dialect: DialectKind,
    /// No document states which functions sell it.
    pub inferred: bool,
    /// Where it would stand.
    pub family: String,
    /// What it is an edition of.
    pub product: Option<String>,
    /// The terms with a cost.
    pub terms: Vec<PlanTerm>,
    /// What is counted.
    pub addons: Vec<ProposedAddon>,
    /// Of a module, the plans that it is for.
    pub fits: Option<Vec<String>>,
    /// What panels call the module.
    pub service_name: Option<String>,
    /// What its order asks for.
    pub fields: Vec<TableField>,
    /// Its order names an address.
    pub needs_ip: bool,
    /// The vendor delivers a key.
    pub has_key: bool,
    /// After this day it is not sold any more.
    pub sale_ends_on: Option<Date>,
    /// After this day it is not renewed any more.
    pub renewal_ends_on: Option<Date>,
}

/// A term with its cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanTerm {
    /// For how long.
    pub period: Period,
    /// The vendor's code of it.
    pub code: Option<String>,
    /// What it costs.
    pub cost: Amount,
}

/// An add-on as it would be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposedAddon {
    /// Our code.
    pub key: String,
    /// The vendor's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How many are included.
    pub base: u32,
    /// How many there can be.
    pub max: u32,
    /// What one more costs, for every term of the plan.
    pub costs: Vec<TermCost>,
}

/// What a proposal is made of.
pub(super) struct Ask<'a> {
    pub account: Uuid,
    pub slug: &'a str,
    pub currency: Currency,
    /// Which families there can be plans of.
    pub settings: &'a Settings,
    pub table: &'a Table,
    /// Where new plans go, whatever the table hints.
    pub family: Option<&'a str>,
    /// What is not in the table, the vendor does not have.
    pub whole: bool,
}

/// A family that an import makes where the catalogue lacks it: code, names, sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShippedFamily {
    pub code: &'static str,
    pub name: [&'static str; 2],
    pub summary: [&'static str; 2],
}

/// Where plans go of which nothing says where they belong.
const OTHER: &str = "other";

pub(super) const FAMILIES: [ShippedFamily; 9] = [
    ShippedFamily {
        code: "ispmanager",
        name: ["ispmanager", "ispmanager"],
        summary: [
            "Panels that run sites, mail and databases of a server.",
            "Панели, которые ведут сайты, почту и базы данных сервера.",
        ],
    },
    ShippedFamily {
        code: "vmmanager",
        name: ["VMmanager", "VMmanager"],
        summary: [
            "Virtual machines on nodes of your own.",
            "Виртуальные машины на собственных узлах.",
        ],
    },
    ShippedFamily {
        code: "dcimanager",
        name: ["DCImanager", "DCImanager"],
        summary: [
            "Equipment of a data center, its networks and its power.",
            "Оборудование дата-центра, его сети и питание.",
        ],
    },
    ShippedFamily {
        code: "billmanager",
        name: ["BILLmanager", "BILLmanager"],
        summary: ["Billing for those who sell hosting.", "Биллинг для тех, кто продаёт хостинг."],
    },
    ShippedFamily {
        code: "network",
        name: ["DNS & IP", "DNS и IP"],
        summary: ["Name servers and addresses.", "Серверы имён и адреса."],
    },
    ShippedFamily {
        code: "software",
        name: ["Server software", "Серверное ПО"],
        summary: ["What works beside a panel.", "То, что работает рядом с панелью."],
    },
    ShippedFamily {
        code: "plesk",
        name: ["Plesk", "Plesk"],
        summary: ["Plesk panels by edition.", "Панели Plesk разных редакций."],
    },
    ShippedFamily {
        code: "modules",
        name: ["Panel modules", "Модули панели"],
        summary: [
            "Extensions for a panel that you have a license of.",
            "Расширения для панели, лицензия на которую у вас есть.",
        ],
    },
    ShippedFamily {
        code: OTHER,
        name: ["Other products", "Другие продукты"],
        summary: ["What belongs nowhere else.", "Всё, чему не нашлось другого места."],
    },
];

/// A plan of the catalogue with its costs.
struct Known {
    plan: PlanName,
    dialect: DialectKind,
    terms: BTreeMap<Period, KnownTerm>,
    addons: Vec<KnownAddon>,
}

struct KnownTerm {
    cost: i64,
    code: Option<String>,
}

struct KnownAddon {
    key: String,
    code: String,
    name: String,
    costs: BTreeMap<Period, i64>,
}

/// Families that new plans can go to: those of the catalogue, and those that an import would make.
pub(super) async fn families(db: &mut PgConnection) -> Result<Vec<(String, Localized)>, Error> {
    let rows = sqlx::query!(
        "select code, name as \"name: Json<Localized>\" from product_family order by position, code"
    )
    .fetch_all(db)
    .await?;
    let mut found: Vec<_> = rows.into_iter().map(|row| (row.code, row.name.0)).collect();
    for family in FAMILIES {
        if found.iter().all(|(code, _)| code != family.code) {
            found.push((family.code.to_owned(), in_both(family.name)));
        }
    }
    Ok(found)
}

pub(super) fn in_both([en, ru]: [&str; 2]) -> Localized {
    Localized(
        [(Locale::En, en), (Locale::Ru, ru)]
            .map(|(locale, text)| (locale.as_str().to_owned(), text.to_owned()))
            .into(),
    )
}

/// Compares the table with the catalogue.
pub(super) async fn propose(db: &mut PgConnection, ask: &Ask<'_>) -> Result<Proposal, Error> {
    let known = known(db, ask.account).await?;
    let slugs: BTreeSet<String> = sqlx::query_scalar!("select slug from plan")
        .fetch_all(&mut *db)
        .await?
        .into_iter()
        .collect();
    let families: BTreeSet<String> =
        families(db).await?.into_iter().map(|(code, _)| code).collect();
    let mut work = Work {
        ask,
        known: &known,
        slugs,
        families,
        changes: Vec::new(),
        notes: ask.table.notes.clone(),
    };
    work.all();
    let Work { changes, notes, .. } = work;
    let costs: Vec<(PriceKey, Money)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Cost { plan, period, addon, after, .. } => Some((
                PriceKey {
                    plan: plan.slug.clone(),
                    period: *period,
                    addon: addon.as_ref().map(|(key, _)| key.clone()),
                },
                Money::new(after.0, ask.currency),
            )),
            _ => None,
        })
        .collect();
    let effects = effects(db, &costs).await?;
    let mut text =
        serde_json::to_vec(&changes).map_err(|error| Error::Machine(error.to_string()))?;
    for row in &effects.repriced {
        let key = &row.after.key;
        let price =
            (&row.group.code, &key.plan, key.period, &key.addon, row.before, row.after.price());
        text.extend_from_slice(format!("{price:?}").as_bytes());
    }
    for row in &effects.endangered {
        let key = &row.after.key;
        let price = (&row.group.code, &key.plan, key.period, &key.addon, row.before);
        text.extend_from_slice(format!("{price:?}").as_bytes());
    }
    let hash = hex::encode(Sha256::digest(&text));
    Ok(Proposal {
        changes,
        notes,
        endangered: effects.endangered,
        repriced: effects.repriced,
        hash,
    })
}

async fn known(db: &mut PgConnection, account: Uuid) -> Result<Vec<Known>, Error> {
    let plans = sqlx::query!(
        "select id, slug, dialect, upstream_plan_code, name as \"name: Json<Localized>\"
           from plan where upstream_account_id = $1 order by position, slug",
        account,
    )
    .fetch_all(&mut *db)
    .await?;
    let terms = sqlx::query!(
        "select t.plan_id, t.period, t.cost, t.upstream_code from plan_period t join plan p on p.id = t.plan_id
          where p.upstream_account_id = $1",
        account,
    )
    .fetch_all(&mut *db)
    .await?;
    let addons = sqlx::query!(
        "select a.plan_id, a.code, a.upstream_addon_code, a.name as \"name: Json<Localized>\"
           from plan_addon a join plan p on p.id = a.plan_id
          where p.upstream_account_id = $1 order by a.code",
        account,
    )
    .fetch_all(&mut *db)
    .await?;
    let costs = sqlx::query!(
        "select c.plan_id, c.code, c.period, c.cost
           from addon_cost c join plan p on p.id = c.plan_id where p.upstream_account_id = $1",
        account,
    )
    .fetch_all(&mut *db)
    .await?;
    let period =
        |code: i16| Period::try_from(code).map_err(|error| Error::unreadable("plan_period", error));
    let mut found = Vec::new();
    for row in plans {
        let terms = terms.iter().filter(|term| term.plan_id == row.id);
        let mut own = Vec::new();
        for addon in addons.iter().filter(|addon| addon.plan_id == row.id) {
            let costs = costs
                .iter()
                .filter(|cost| cost.plan_id == row.id && cost.code == addon.code)
                .map(|cost| Ok((period(cost.period)?, cost.cost)));
            own.push(KnownAddon {
                key: addon.code.clone(),
                code: addon.upstream_addon_code.clone(),
                name: addon.name.get(Locale::En).to_owned(),
                costs: costs.collect::<Result<_, Error>>()?,
            });
        }
        found.push(Known {
            dialect: dialect_kind(&row.dialect)?,
            terms: terms
                .map(|term| {
                    let known = KnownTerm { cost: term.cost, code: term.upstream_code.clone() };
                    Ok((period(term.period)?, known))
                })
                .collect::<Result<_, Error>>()?,
            addons: own,
            plan: PlanName {
                slug: row.slug,
                name: row.name.get(Locale::En).to_owned(),
                code: row.upstream_plan_code,
            },
        });
    }
    Ok(found)
}

/// The comparison as it goes on.
struct Work<'a> {
    ask: &'a Ask<'a>,
    known: &'a [Known],
    /// Names in addresses that are taken.
    slugs: BTreeSet<String>,
    families: BTreeSet<String>,
    changes: Vec<Change>,
    notes: Vec<Note>,
}

impl<'a> Work<'a> {
    fn all(&mut self) {
        let table = self.ask.table;
        let mut fresh = Vec::new();
        let mut seen = BTreeSet::new();
        for plan in &table.plans {
            if let Some(known) = self.known_of(plan) {
                // Of two rows that mean the same plan the first one counts.
                if seen.insert(&known.plan.slug) {
                    self.compare(known, plan);
                }
            } else if let Some(new) = self.new_plan(plan) {
                fresh.push((plan, new));
            }
        }
        // A module is for plans that are there already and for those that come with it.
        let panels: BTreeMap<String, String> = self
            .known
            .iter()
            .filter(|known| known.dialect != DialectKind::Addition)
            .map(|known| (known.plan.code.clone(), known.plan.slug.clone()))
            .chain(
                fresh
                    .iter()
                    .filter(|(_, new)| new.dialect != DialectKind::Addition)
                    .map(|(_, new)| (new.plan.code.clone(), new.plan.slug.clone())),
            )
            .collect();
        for (plan, mut new) in fresh {
            if new.dialect.has_parent() {
                let mut fits = Vec::new();
                for code in &plan.fits {
                    match panels.get(code) {
                        Some(slug) => fits.push(slug.clone()),
                        None => self
                            .notes
                            .push(Note::NoPanel { code: plan.code.clone(), text: code.clone() }),
                    }
                }
                // Nobody could buy a module that fits nothing.
                if fits.is_empty() {
                    self.notes.push(Note::NoFits { code: plan.code.clone() });
                    continue;
                }
                new.fits = Some(fits);
            }
            self.changes.push(Change::Plan(Box::new(new)));
        }
        if self.ask.whole {
            for known in self.known {
                let there = table.plans.iter().any(|plan| {
                    plan.code == known.plan.code
                        && plan.dialect.is_none_or(|kind| kind == known.dialect)
                });
                // What people buy by hand is on no list.
                if !there && known.dialect != DialectKind::Manual {
                    self.changes.push(Change::Gone { plan: known.plan.clone() });
                }
            }
        }
    }

    /// The plan of the catalogue that a row means; one without a family means the only one of its
    /// code.
    fn known_of(&self, plan: &TablePlan) -> Option<&'a Known> {
        let mut same = self.known.iter().filter(|known| {
            known.plan.code == plan.code && plan.dialect.is_none_or(|kind| kind == known.dialect)
        });
        let first = same.next();
        if same.next().is_some() { None } else { first }
    }

    fn no_cost(&mut self, plan: &TablePlan, text: impl Into<String>) {
        self.notes.push(Note::NoCost { code: plan.code.clone(), text: text.into() });
    }

    /// The terms that have a cost and can be said.
    fn terms(&mut self, plan: &TablePlan, kind: DialectKind) -> Vec<PlanTerm> {
        let mut terms = Vec::new();
        for term in &plan.terms {
            let code = plan.code.clone();
            let Some(cost) = term.cost else {
                self.no_cost(plan, term.period.to_string());
                continue;
            };
            if cost.0 > COST_LIMIT {
                self.notes.push(Note::Cost { code, text: cost.to_string() });
            } else if kind.is_sayable(term.code.as_deref()) {
                // Where the months say it as well, a code says nothing more.
                let plain = term.period.to_string();
                let said = term.code.clone();
                let said = said.filter(|code| kind.has_term_codes() || *code != plain);
                terms.push(PlanTerm { period: term.period, code: said, cost });
            } else {
                self.notes.push(Note::NoTermCode { code, text: term.period.to_string() });
            }
        }
        terms.sort_by_key(|term| term.period);
        terms
    }

    fn new_plan(&mut self, plan: &TablePlan) -> Option<NewPlan> {
        let Some(kind) = plan.dialect else {
            self.notes.push(Note::NoDialect { code: plan.code.clone() });
            return None;
        };
        // The database would refuse all of the import for it, and name no row.
        if !self.ask.settings.speaks(kind) {
            let text = kind.as_str().to_owned();
            self.notes.push(Note::OtherDialect { code: plan.code.clone(), text });
            return None;
        }
        let mut terms = self.terms(plan, kind);
        let mut addons = Vec::new();
        let mut keys = BTreeSet::new();
        for addon in &plan.addons {
            if addon.costs.is_empty() {
                if !terms.is_empty() {
                    self.no_cost(plan, &addon.name);
                }
            } else {
                let addon = proposed(addon, &keys);
                keys.insert(addon.key.clone());
                addons.push(addon);
            }
        }
        // Whoever could choose more of something needs a price for it.
        for addon in &addons {
            terms.retain(|term| {
                let priced = addon.costs.iter().any(|cost| cost.period == term.period);
                if !priced {
                    let text = format!("{} {}", term.period, addon.name);
                    self.notes.push(Note::NoCost { code: plan.code.clone(), text });
                }
                priced
            });
        }
        if terms.is_empty() {
            return None;
        }
        for addon in &mut addons {
            addon.costs.retain(|cost| terms.iter().any(|term| term.period == cost.period));
        }
        let family = self.family(plan, kind);
        let slug = self.slug(plan);
        Some(NewPlan {
            plan: PlanName { slug, name: plan.name.clone(), code: plan.code.clone() },
            dialect: kind,
            inferred: plan.inferred,
            family,
            product: plan.product.clone().filter(|name| is_product(name)),
            terms,
            addons,
            fits: None,
            service_name: plan.service_name.clone().filter(|name| !name.is_empty()),
            fields: plan.fields.clone(),
            needs_ip: kind.has_address() && plan.needs_ip.unwrap_or(true),
            has_key: plan.has_key.unwrap_or(kind.has_key()),
            sale_ends_on: plan.sale_ends_on,
            renewal_ends_on: plan.renewal_ends_on,
        })
    }

    fn family(&self, plan: &TablePlan, kind: DialectKind) -> String {
        let by_kind = match kind {
            DialectKind::Addition => "modules",
            DialectKind::ParallelsLic => "plesk",
            _ => OTHER,
        };
        let hint = plan.family.as_deref().filter(|hint| self.families.contains(*hint));
        self.ask.family.or(hint).unwrap_or(by_kind).to_owned()
    }

    /// A name in addresses that nobody has: the plan's, then with the account's, then with the code.
    fn slug(&mut self, plan: &TablePlan) -> String {
        let name = plain(&plan.name, '-', 40);
        let code = plain(&plan.code, '-', 18);
        let name = if name.is_empty() { format!("plan-{code}") } else { name };
        let own = self.ask.slug.get(..self.ask.slug.len().min(18)).unwrap_or_default();
        let choices = [name.clone(), format!("{name}-{own}"), format!("{name}-{code}")];
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut choices = choices.into_iter().chain(numbered);
        let free = choices.find(|slug| !self.slugs.contains(slug)).unwrap_or(name);
        self.slugs.insert(free.clone());
        free
    }

    fn compare(&mut self, known: &'a Known, plan: &TablePlan) {
        let terms = self.terms(plan, known.dialect);
        for term in &terms {
            let Some(own) = known.terms.get(&term.period) else {
                self.new_term(known, plan, term);
                continue;
            };
            if own.cost != term.cost.0 {
                self.changes.push(Change::Cost {
                    plan: known.plan.clone(),
                    period: term.period,
                    addon: None,
                    before: Amount(own.cost),
                    after: term.cost,
                });
            }
            // A table without a code says nothing about it.
            if let Some(code) = &term.code
                && own.code.as_ref() != Some(code)
            {
                self.changes.push(Change::TermCode {
                    plan: known.plan.clone(),
                    period: term.period,
                    before: own.code.clone(),
                    after: code.clone(),
                });
            }
        }
        if self.ask.whole {
            for period in known.terms.keys() {
                if plan.term(*period).is_none() {
                    let plan = known.plan.clone();
                    self.changes.push(Change::GoneTerm { plan, period: *period });
                }
            }
        }
        for addon in &plan.addons {
            match known.addons.iter().find(|known| known.code == addon.code) {
                Some(own) => self.compare_addon(known, own, plan, addon),
                None => self.new_addon(known, plan, addon),
            }
        }
    }

    fn new_term(&mut self, known: &Known, plan: &TablePlan, term: &PlanTerm) {
        let mut addons = Vec::new();
        for own in &known.addons {
            let cost = plan
                .addons
                .iter()
                .find(|addon| addon.code == own.code)
                .and_then(|addon| addon.costs.iter().find(|cost| cost.period == term.period));
            let Some(cost) = cost else {
                return self.no_cost(plan, format!("{} {}", term.period, own.name));
            };
            addons.push((own.key.clone(), cost.cost));
        }
        self.changes.push(Change::Term { plan: known.plan.clone(), term: term.clone(), addons });
    }

    fn compare_addon(
        &mut self,
        known: &Known,
        own: &KnownAddon,
        plan: &TablePlan,
        addon: &TableAddon,
    ) {
        for cost in &addon.costs {
            if cost.cost.0 > COST_LIMIT {
                let text = cost.cost.to_string();
                self.notes.push(Note::Cost { code: plan.code.clone(), text });
                continue;
            }
            // What it costs for a new term comes with that term.
            let Some(before) = own.costs.get(&cost.period) else { continue };
            if *before != cost.cost.0 {
                self.changes.push(Change::Cost {
                    plan: known.plan.clone(),
                    period: cost.period,
                    addon: Some((own.key.clone(), own.name.clone())),
                    before: Amount(*before),
                    after: cost.cost,
                });
            }
        }
    }

    fn new_addon(&mut self, known: &Known, plan: &TablePlan, addon: &TableAddon) {
        let taken = known.addons.iter().map(|own| own.key.clone()).collect();
        let mut new = proposed(addon, &taken);
        let mut periods: Vec<Period> = known.terms.keys().copied().collect();
        for change in &self.changes {
            if let Change::Term { plan, term, .. } = change
                && plan.slug == known.plan.slug
            {
                periods.push(term.period);
            }
        }
        new.costs.retain(|cost| periods.contains(&cost.period) && cost.cost.0 <= COST_LIMIT);
        if periods.is_empty() || new.costs.len() != periods.len() {
            self.no_cost(plan, &addon.name);
        } else {
            self.changes.push(Change::Addon { plan: known.plan.clone(), addon: new });
        }
    }
}

/// The most of an add-on where nothing says it.
const MOST_OF_ADDON: u32 = 100;

fn proposed(addon: &TableAddon, taken: &BTreeSet<String>) -> ProposedAddon {
    let named = plain(&addon.name, '_', 30);
    let code = plain(&addon.code, '_', 20);
    let shipped = addon.key.clone().unwrap_or_default();
    let choices = [plain(&shipped, '_', 30), named, format!("addon_{code}")];
    let free = choices.iter().find(|key| !key.is_empty() && !taken.contains(*key));
    let mut costs: Vec<TermCost> = Vec::new();
    for cost in &addon.costs {
        if costs.iter().all(|known| known.period != cost.period) {
            costs.push(*cost);
        }
    }
    costs.sort_by_key(|cost| cost.period);
    ProposedAddon {
        key: free.cloned().unwrap_or_else(|| format!("addon_{code}")),
        code: addon.code.clone(),
        name: addon.name.clone(),
        base: addon.base,
        max: addon.max.unwrap_or_else(|| addon.base.saturating_add(MOST_OF_ADDON)).max(addon.base),
        costs,
    }
}

/// Letters and digits in lower case with single dividers between them, and no longer than this.
fn plain(text: &str, divider: char, most: usize) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        if plain.len() >= most {
            break;
        }
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with(divider) {
            plain.push(divider);
        }
    }
    plain.trim_end_matches(divider).to_owned()
}

impl Proposal {
    /// How many changes would be written.
    #[must_use]
    pub fn to_write(&self) -> usize {
        self.changes.iter().filter(|change| change.is_written()).count()
    }
}

impl Change {
    /// Whether it would be written, or is only reported.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        !matches!(self, Self::Gone { .. } | Self::GoneTerm { .. })
    }

    /// The plan that it is about.
    #[must_use]
    pub fn plan(&self) -> &PlanName {
        match self {
            Self::Plan(new) => &new.plan,
            Self::Term { plan, .. }
            | Self::Addon { plan, .. }
            | Self::Cost { plan, .. }
            | Self::TermCode { plan, .. }
            | Self::Gone { plan }
            | Self::GoneTerm { plan, .. } => plan,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plain() {
        for (name, slug) in [
            ("ispmanager 6 lite", "ispmanager-6-lite"),
            ("Plesk Panel 12/Onyx Web Admin Edition", "plesk-panel-12-onyx-web-admin-edition"),
            ("  ISPmanager Lite (without support) ", "ispmanager-lite-without-support"),
            ("Лицензия", ""),
        ] {
            assert_eq!(plain(name, '-', 40), slug);
        }
        assert_eq!(plain("Number of nodes", '_', 9), "number_of");
    }

    #[test]
    fn shipped_tables_hint_at_families_that_exist() {
        for preset in upstream::catalog::Preset::ALL {
            for plan in preset.table().unwrap().plans {
                let hint = plan.family.unwrap();
                assert!(FAMILIES.iter().any(|family| family.code == hint), "{hint}");
            }
        }
    }
}
