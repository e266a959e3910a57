//! What a vendor sells, as a table: the tables that ship with us, and those that staff hand in as
//! TOML or CSV. [`crate::export`] makes the same of a vendor's own price list.
//!
//! A table is data about one vendor and never decides by itself: an import compares it with the
//! catalogue and shows the difference. Facts that no document states are marked as inferred in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::plan::FieldKind;
use domain::{Currency, Money, Period};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Date;

use crate::DialectKind;

time::serde::format_description!(iso_day, Date, "[year]-[month]-[day]");

/// A vendor with what it sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The vendor's name, for people.
    #[serde(default)]
    pub name: String,
    /// Where its interface listens, path included; none in a table of plans alone.
    pub base_url: Option<String>,
    /// What it charges in, and what costs in this table are in.
    pub currency: Option<Currency>,
    /// What shows the balance there.
    pub balance_function: Option<String>,
    /// Orders of modules name the license that they are for.
    #[serde(default = "yes")]
    pub module_names_parent: bool,
    /// Families whose lists show neither a reference of ours nor a name.
    #[serde(default)]
    pub unmarked: Vec<DialectKind>,
    /// Names of functions that are the vendor's own, by family and by what they are for.
    #[serde(default)]
    pub functions: BTreeMap<String, BTreeMap<String, String>>,
    /// Which of the facts above no document states.
    #[serde(default)]
    pub inferred: Vec<String>,
    /// The plans.
    #[serde(default, rename = "plan")]
    pub plans: Vec<TablePlan>,
    /// What the source had and could not be read.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// A plan in a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePlan {
    /// Which functions sell it; a vendor's own price list does not say.
    pub dialect: Option<DialectKind>,
    /// No document states which functions sell it.
    #[serde(default)]
    pub inferred: bool,
    /// The vendor's code.
    pub code: String,
    /// The vendor's name.
    pub name: String,
    /// Where it belongs in our catalogue, as a hint.
    pub family: Option<String>,
    /// The product that it is an edition of: a license can become one of another edition.
    pub product: Option<String>,
    /// For how long it is sold.
    #[serde(default)]
    pub terms: Vec<TableTerm>,
    /// What is counted.
    #[serde(default, rename = "addon")]
    pub addons: Vec<TableAddon>,
    /// Of a module, codes of the plans that it is for.
    #[serde(default)]
    pub fits: Vec<String>,
    /// What panels call the module.
    pub service_name: Option<String>,
    /// What an order asks for beside the rest.
    #[serde(default)]
    pub fields: Vec<TableField>,
    /// Whether an order names an address; none leaves it to the family.
    pub needs_ip: Option<bool>,
    /// Whether a key is delivered; none means that all but modules have one.
    pub has_key: Option<bool>,
    /// After this day it is not sold any more.
    #[serde(default, with = "iso_day::option")]
    pub sale_ends_on: Option<Date>,
    /// After this day it is not renewed any more.
    #[serde(default, with = "iso_day::option")]
    pub renewal_ends_on: Option<Date>,
}

/// A term of a plan: a number of months, or more about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TermText")]
pub struct TableTerm {
    /// For how long.
    pub period: Period,
    /// The vendor's own code of it.
    pub code: Option<String>,
    /// What it costs; documents tell no costs, price lists do.
    pub cost: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TermText {
    Bare(Period),
    #[serde(rename_all = "snake_case")]
    Full {
        period: Period,
        code: Option<String>,
        cost: Option<Amount>,
    },
}

impl From<TermText> for TableTerm {
    fn from(text: TermText) -> Self {
        match text {
            TermText::Bare(period) => Self { period, code: None, cost: None },
            TermText::Full { period, code, cost } => Self { period, code, cost },
        }
    }
}

/// Something counted of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableAddon {
    /// The vendor's code: X of `addon_X`.
    pub code: String,
    /// Our own short name of it, such as `node`.
    pub key: Option<String>,
    /// The vendor's name.
    pub name: String,
    /// How many the plan includes.
    #[serde(default)]
    pub base: u32,
    /// How many there can be.
    pub max: Option<u32>,
    /// What one more costs, per term.
    #[serde(default)]
    pub costs: Vec<TermCost>,
}

/// What one more of an add-on costs for a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermCost {
    /// For how long.
    pub period: Period,
    /// The cost.
    pub cost: Amount,
}

/// A field of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableField {
    /// The vendor's name of it.
    pub code: String,
    /// What belongs into it.
    pub kind: FieldKind,
    /// What it is called, by language.
    pub name: BTreeMap<String, String>,
}

/// An amount in the table's currency, in ten-thousandths; written as a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i64);

/// Something of a source that could not become part of the table, with the code of its plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A row without a code or a name.
    Unreadable {
        /// Which row, counted from 1.
        row: usize,
    },
    /// A code that comes more than once; the first one counts.
    Twice {
        /// The plan's code.
        code: String,
    },
    /// A term of a kind that we do not know.
    Period {
        /// The plan's code.
        code: String,
        /// Kind and length as the vendor wrote them.
        text: String,
    },
    /// A cost that is no exact amount.
    Cost {
        /// The plan's code.
        code: String,
        /// The text.
        text: String,
    },
    /// A price in another currency than the account's.
    Currency {
        /// The plan's code.
        code: String,
        /// The other currency.
        text: String,
    },
    /// An add-on that is not counted, such as a choice from a list.
    Addon {
        /// The plan's code.
        code: String,
        /// The add-on's name.
        text: String,
    },
    /// A plan of which nothing says which functions sell it.
    NoDialect {
        /// The plan's code.
        code: String,
    },
    /// A plan that functions sell which the account does not have.
    OtherDialect {
        /// The plan's code.
        code: String,
        /// The functions' family.
        text: String,
    },
    /// A term that needs a code of the vendor's, which nothing says.
    NoTermCode {
        /// The plan's code.
        code: String,
        /// The term.
        text: String,
    },
    /// A term, or an add-on, without a cost.
    NoCost {
        /// The plan's code.
        code: String,
        /// The term, or the add-on's name.
        text: String,
    },
    /// A module for a plan that this account does not have.
    NoPanel {
        /// The module's code.
        code: String,
        /// The other plan's code.
        text: String,
    },
    /// A module of which nothing says which plans it is for.
    NoFits {
        /// The module's code.
        code: String,
    },
    /// The vendor's price list, from which costs come, cannot be read.
    NoPriceList {
        /// Why.
        text: String,
    },
}

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not TOML of this shape; with the parser's words.
    #[error("the table cannot be read: {0}")]
    Toml(String),
    /// Not CSV of this shape; with line and reason.
    #[error("line {line}: {what}")]
    Csv {
        /// The line.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A plan that is there twice.
    #[error("the plan {0} is there twice")]
    Twice(String),
    /// A plan that has a term, an add-on or an add-on's cost twice.
    #[error("the plan {plan} has {what} twice")]
    TwiceIn {
        /// The plan's code.
        plan: String,
        /// What it has twice.
        what: String,
    },
    /// Nothing in it.
    #[error("there is no plan in it")]
    Empty,
    /// Longer than any vendor's.
    #[error("there are too many plans in it")]
    TooLong,
}

/// A table that ships with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preset {
    /// ispmanager's vendor, European codes.
    Eu,
    /// The same, Russian codes.
    Ru,
    /// ISPlicense.
    IspLicense,
    /// The generation of 2009.
    Legacy,
}

/// The most plans that a table has.
const MOST_PLANS: usize = 2000;

const fn yes() -> bool {
    true
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Eu, Self::Ru, Self::IspLicense, Self::Legacy];

    /// Its name in settings and at the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Ru => "ru",
            Self::IspLicense => "isplicense",
            Self::Legacy => "legacy",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == word)
    }

    /// The table.
    ///
    /// # Errors
    /// Never, which a test sees to.
    pub fn table(self) -> Result<Table, TableError> {
        Table::from_toml(match self {
            Self::Eu => include_str!("../catalogs/eu.toml"),
            Self::Ru => include_str!("../catalogs/ru.toml"),
            Self::IspLicense => include_str!("../catalogs/isplicense.toml"),
            Self::Legacy => include_str!("../catalogs/legacy.toml"),
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { row } => write!(f, "row {row} has no code or no name"),
            Self::Twice { code } => write!(f, "{code} is there twice; the first one counts"),
            Self::Period { code, text } => write!(f, "{code}: unknown kind of term, {text}"),
            Self::Cost { code, text } => write!(f, "{code}: {text} is no cost to take over"),
            Self::Currency { code, text } => write!(f, "{code}: a price in {text}"),
            Self::Addon { code, text } => write!(f, "{code}: the add-on {text} is not counted"),
            Self::NoDialect { code } => {
                write!(f, "{code}: nothing says which functions sell it; name a shipped table")
            }
            Self::OtherDialect { code, text } => {
                write!(f, "{code}: {text} sells it, which is no function family of the account")
            }
            Self::NoTermCode { code, text } => {
                write!(f, "{code}: nothing says the vendor's code of the term {text}")
            }
            Self::NoCost { code, text } => write!(f, "{code}: no cost for {text}"),
            Self::NoPanel { code, text } => {
                write!(f, "{code}: it is for {text}, which is not in the catalogue")
            }
            Self::NoFits { code } => {
                write!(f, "{code}: none of the plans that it is for is there or comes with it")
            }
            Self::NoPriceList { text } => {
                write!(f, "costs: the vendor's price list cannot be read, {text}")
            }
        }
    }
}

impl Table {
    /// The function families that sell its plans.
    #[must_use]
    pub fn dialects(&self) -> BTreeSet<DialectKind> {
        self.plans.iter().filter_map(|plan| plan.dialect).collect()
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            name: String::new(),
            base_url: None,
            currency: None,
            balance_function: None,
            module_names_parent: true,
            unmarked: Vec::new(),
            functions: BTreeMap::new(),
            inferred: Vec::new(),
            plans: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl TablePlan {
    /// What it has twice: a term, an add-on, or what an add-on costs for a term.
    fn twice(&self) -> Option<String> {
        if let Some(period) = repeated(self.terms.iter().map(|term| term.period)) {
            return Some(format!("the term {period}"));
        }
        if let Some(code) = repeated(self.addons.iter().map(|addon| &addon.code)) {
            return Some(format!("the add-on {code}"));
        }
        let names = self.addons.iter().map(|addon| addon.key.as_ref().unwrap_or(&addon.code));
        if let Some(name) = repeated(names) {
            return Some(format!("the add-on {name}"));
        }
        self.addons.iter().find_map(|addon| {
            let period = repeated(addon.costs.iter().map(|cost| cost.period))?;
            Some(format!("the cost of {} for {period}", addon.code))
        })
    }

    /// A plan of which no more is known yet.
    #[must_use]
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            dialect: None,
            inferred: false,
            code: code.into(),
            name: name.into(),
            family: None,
            product: None,
            terms: Vec::new(),
            addons: Vec::new(),
            fits: Vec::new(),
            service_name: None,
            fields: Vec::new(),
            needs_ip: None,
            has_key: None,
            sale_ends_on: None,
            renewal_ends_on: None,
        }
    }

    /// The term of this length.
    #[must_use]
    pub fn term(&self, period: Period) -> Option<&TableTerm> {
        self.terms.iter().find(|term| term.period == period)
    }

    /// What the other table knows of the same plan and this one does not: which functions sell it,
    /// codes of terms, what it fits. Names, terms and costs stay.
    fn learn(&mut self, other: &Self) {
        self.inferred = if self.dialect.is_none() { other.inferred } else { self.inferred };
        self.dialect = self.dialect.or(other.dialect);
        self.family = self.family.take().or_else(|| other.family.clone());
        self.service_name = self.service_name.take().or_else(|| other.service_name.clone());
        if self.fits.is_empty() {
            self.fits.clone_from(&other.fits);
        }
        if self.fields.is_empty() {
            self.fields.clone_from(&other.fields);
        }
        self.needs_ip = self.needs_ip.or(other.needs_ip);
        self.has_key = self.has_key.or(other.has_key);
        self.sale_ends_on = self.sale_ends_on.or(other.sale_ends_on);
        self.renewal_ends_on = self.renewal_ends_on.or(other.renewal_ends_on);
        for term in &mut self.terms {
            if let Some(known) = other.term(term.period) {
                term.code = term.code.take().or_else(|| known.code.clone());
            }
        }
        for addon in &mut self.addons {
            if let Some(known) = other.addons.iter().find(|known| known.code == addon.code) {
                addon.key = addon.key.take().or_else(|| known.key.clone());
                addon.max = addon.max.or(known.max);
            }
        }
    }

    /// Costs of the other table for the terms and add-ons that are there already.
    fn take_costs(&mut self, other: &Self) {
        for term in &mut self.terms {
            term.cost = term.cost.or_else(|| other.term(term.period).and_then(|term| term.cost));
        }
        for addon in &mut self.addons {
            let Some(known) = other.addons.iter().find(|known| known.code == addon.code) else {
                continue;
            };
            if addon.costs.is_empty() {
                addon.costs.clone_from(&known.costs);
            }
        }
    }
}

impl Table {
    /// Reads TOML.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_toml(text: &str) -> Result<Self, TableError> {
        let table: Self =
            toml::from_str(text).map_err(|error| TableError::Toml(error.message().to_owned()))?;
        table.checked()
    }

    /// Reads CSV with a line of names first: `code` and `period` must be there, `dialect`, `name`,
    /// `family`, `cost`, `term_code`, `addon`, `addon_name`, `base`, `max`, `fits` (codes parted by
    /// blanks) and `service_name` can be. A line is a term of a plan, or what an add-on costs for it.
    ///
    /// # Errors
    /// The line, and what is wrong with it.
    pub fn from_csv(text: &str) -> Result<Self, TableError> {
        csv_table(text)?.checked()
    }

    /// Reads either: TOML has equals signs in front of any comma.
    ///
    /// # Errors
    /// As [`Self::from_toml`] and [`Self::from_csv`].
    pub fn from_text(text: &str) -> Result<Self, TableError> {
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        match first {
            Some(line) if line.starts_with('[') || line.contains('=') => Self::from_toml(text),
            _ => Self::from_csv(text),
        }
    }

    fn checked(self) -> Result<Self, TableError> {
        if self.plans.is_empty() {
            return Err(TableError::Empty);
        }
        if self.plans.len() > MOST_PLANS {
            return Err(TableError::TooLong);
        }
        let mut seen = BTreeSet::new();
        for plan in &self.plans {
            if !seen.insert((plan.dialect, &plan.code)) {
                return Err(TableError::Twice(plan.code.clone()));
            }
            if let Some(what) = plan.twice() {
                return Err(TableError::TwiceIn { plan: plan.code.clone(), what });
            }
        }
        Ok(self)
    }

    /// The plan of this code, sold by these functions if both say so.
    #[must_use]
    pub fn plan(&self, dialect: Option<DialectKind>, code: &str) -> Option<&TablePlan> {
        self.plans.iter().find(|plan| {
            let same = dialect.is_none() || plan.dialect.is_none() || plan.dialect == dialect;
            plan.code == code && same
        })
    }

    /// What the other table knows beside the prices, for the plans of this one.
    pub fn learn(&mut self, other: &Self) {
        for plan in &mut self.plans {
            if let Some(known) = other.plan(plan.dialect, &plan.code) {
                plan.learn(known);
            }
        }
    }

    /// Costs of the other table, for the plans of this one that have none.
    pub fn take_costs(&mut self, other: &Self) {
        for plan in &mut self.plans {
            if let Some(priced) = other.plan(plan.dialect, &plan.code) {
                plan.take_costs(priced);
            }
        }
    }
}

/// The names of a CSV table's columns.
const COLUMNS: [&str; 13] = [
    "dialect",
    "code",
    "name",
    "family",
    "period",
    "term_code",
    "cost",
    "addon",
    "addon_name",
    "base",
    "max",
    "fits",
    "service_name",
];

/// A line of CSV by the names of its columns.
struct Line<'a> {
    number: u64,
    places: &'a BTreeMap<String, usize>,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let place = *self.places.get(name)?;
        self.record.get(place).map(str::trim).filter(|text| !text.is_empty())
    }

    fn bad(&self, what: impl Into<String>) -> TableError {
        TableError::Csv { line: self.number, what: what.into() }
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, TableError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| self.bad(format!("{name} {text}"))))
            .transpose()
    }

    fn cost(&self) -> Result<Option<Amount>, TableError> {
        self.get("cost")
            .map(|text| Amount::parse(text).ok_or_else(|| self.bad(format!("cost {text}"))))
            .transpose()
    }
}

fn csv_table(text: &str) -> Result<Table, TableError> {
    let broken = |error: &csv::Error| TableError::Csv {
        line: error.position().map_or(1, csv::Position::line),
        what: error.to_string(),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| broken(&error))?;
    let mut places = BTreeMap::new();
    for (place, name) in header.iter().enumerate() {
        let name = name.trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
        if !COLUMNS.contains(&name.as_str()) {
            return Err(TableError::Csv { line: 1, what: format!("column {name}") });
        }
        places.insert(name, place);
    }
    for needed in ["code", "period"] {
        if !places.contains_key(needed) {
            return Err(TableError::Csv { line: 1, what: format!("no column {needed}") });
        }
    }
    let mut table = Table::default();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let number = record.position().map_or(0, csv::Position::line);
        csv_line(&mut table, &Line { number, places: &places, record: &record })?;
    }
    Ok(table)
}

fn csv_line(table: &mut Table, line: &Line<'_>) -> Result<(), TableError> {
    let code = line.get("code").ok_or_else(|| line.bad("no code"))?;
    let dialect = line
        .get("dialect")
        .map(|word| DialectKind::from_word(word).ok_or_else(|| line.bad(format!("dialect {word}"))))
        .transpose()?;
    let period: Period = line.parsed("period")?.ok_or_else(|| line.bad("no period"))?;
    let known = table.plans.iter().position(|plan| plan.code == code && plan.dialect == dialect);
    let place = known.unwrap_or(table.plans.len());
    if known.is_none() {
        if table.plans.len() >= MOST_PLANS {
            return Err(TableError::TooLong);
        }
        let name = line.get("name").unwrap_or(code);
        table.plans.push(TablePlan { dialect, ..TablePlan::new(code, name) });
    }
    let Some(plan) = table.plans.get_mut(place) else { return Ok(()) };
    plan.family = plan.family.take().or_else(|| line.owned("family"));
    plan.service_name = plan.service_name.take().or_else(|| line.owned("service_name"));
    if let Some(fits) = line.get("fits") {
        plan.fits = fits.split_whitespace().map(str::to_owned).collect();
    }
    let cost = line.cost()?;
    let Some(addon) = line.get("addon") else {
        if plan.term(period).is_some() {
            return Err(line.bad(format!("the term {period} is there twice")));
        }
        plan.terms.push(TableTerm { period, code: line.owned("term_code"), cost });
        return Ok(());
    };
    let known = plan.addons.iter().position(|known| known.code == addon);
    let place = known.unwrap_or(plan.addons.len());
    if known.is_none() {
        plan.addons.push(TableAddon {
            code: addon.to_owned(),
            key: None,
            name: line.get("addon_name").unwrap_or(addon).to_owned(),
            base: line.parsed("base")?.unwrap_or(0),
            max: line.parsed("max")?,
            costs: Vec::new(),
        });
    }
    if let (Some(addon), Some(cost)) = (plan.addons.get_mut(place), cost) {
        if addon.costs.iter().any(|known| known.period == period) {
            return Err(line.bad(format!("the term {period} of {} is there twice", addon.code)));
        }
        addon.costs.push(TermCost { period, cost });
    }
    Ok(())
}

/// The first that has an equal before it.
fn repeated<T: Ord>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    all.into_iter().find_map(|one| seen.replace(one))
}

impl Amount {
    /// Reads a decimal with up to four places; more are none unless they are zeros, and nothing is
    /// rounded.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.find('.') {
            Some(point) => {
                let long = text.get(point + 5..).filter(|rest| !rest.is_empty());
                match long {
                    Some(rest) if rest.bytes().all(|byte| byte == b'0') => text.get(..point + 5)?,
                    _ => text,
                }
            }
            None => text,
        };
        // The currency plays no part in reading.
        let money = Money::parse(text, Currency::EUR).ok()?;
        (!money.is_negative()).then(|| Self(money.amount()))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Money::new(self.0, Currency::EUR).to_wire())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text} is no amount such as \"3.50\""))
        })
    }
}

impl Serialize for DialectKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DialectKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word)
            .ok_or_else(|| serde::de::Error::custom(format!("{word} is no function family")))
    }
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
