//! Prices for the staff: pricelists with their drafts and versions, and costs.

pub(crate) mod cost;
pub(crate) mod costs;
pub(crate) mod editor;
mod explain;
pub(crate) mod list;
mod review;
pub(crate) mod versions;

use domain::pricelist::{Markup, Rounding, Rule};
use leptos::prelude::*;
use portal::locale::{Locale, Localized};
use portal::pricing::{ByWhom, CostSource, Group, PUBLIC, PriceKey, PriceRow, Seen};

use crate::components::{Breadcrumbs, Crumb};
use crate::{format, t};

pub use cost::CostPage;
pub use costs::Costs;
pub use editor::PricelistPage;
pub use list::Pricelists;
pub use review::PricelistReview;
pub use versions::{PricelistVersionPage, PricelistVersions};

/// Names for the codes in rules: what the catalogue says, else the code itself.
struct Names<'a> {
    locale: Locale,
    families: &'a [(String, Localized)],
    rows: &'a [PriceRow],
}

impl Names<'_> {
    fn family(&self, code: &str) -> String {
        let found = self.families.iter().find(|(known, _)| known == code);
        found.map_or_else(|| code.to_owned(), |(_, name)| name.get(self.locale).to_owned())
    }

    fn plan(&self, slug: &str) -> String {
        let found = self.rows.iter().find(|row| row.key.plan == slug);
        found.map_or_else(|| slug.to_owned(), |row| row.plan_name.get(self.locale).to_owned())
    }

    fn addon(&self, code: &str) -> String {
        let of_code = |row: &&PriceRow| row.key.addon.as_deref() == Some(code);
        let name = self.rows.iter().find(of_code).and_then(|row| row.addon_name.as_ref());
        name.map_or_else(|| code.to_owned(), |name| name.get(self.locale).to_owned())
    }

    /// What a rule speaks of: "ispmanager, 12 months, Nodes".
    fn scope(&self, rule: &Rule) -> String {
        let scope = &rule.scope;
        let subject = match (&scope.plan, &scope.product, &scope.family) {
            (Some(slug), ..) => self.plan(slug),
            (None, Some(name), _) => t!(self.locale, "rule-product", product = name.as_str()),
            (None, None, Some(code)) => {
                t!(self.locale, "rule-family", family = self.family(code))
            }
            (None, None, None) => t!(self.locale, "rule-everything"),
        };
        let mut words = vec![subject];
        words.extend(scope.addon.as_ref().map(|code| self.addon(code)));
        words.extend(scope.period.map(|period| format::period(self.locale, period)));
        words.join(", ")
    }

    /// What a rule does: "cost + 40%".
    fn markup(&self, rule: &Rule) -> String {
        let locale = self.locale;
        match rule.markup {
            Markup::Percent(percent) => {
                t!(locale, "markup-percent", percent = format::percent(locale, percent))
            }
            Markup::Fixed(amount) => {
                t!(locale, "markup-fixed", amount = format::money(locale, amount))
            }
            Markup::Explicit(amount) if rule.below_cost => {
                t!(locale, "markup-explicit-below", amount = format::money(locale, amount))
            }
            Markup::Explicit(amount) => format::money(locale, amount),
        }
    }
}

/// A group's name; the built-in one has a name in each language.
pub(crate) fn group_name(locale: Locale, group: &Group) -> String {
    if group.is_public() { t!(locale, "group-public-name") } else { group.name.clone() }
}

/// The same where only its code is known, which is then written as a name.
pub(crate) fn group_of_code(locale: Locale, code: &str) -> String {
    if code == PUBLIC { t!(locale, "group-public-name") } else { capital(code) }
}

/// The words as they stand alone, and not in a sentence.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect()
}

/// A rounding in words.
fn rounding(locale: Locale, rounding: Rounding) -> String {
    match rounding {
        Rounding::Cent => t!(locale, "rounding-cent"),
        Rounding::Whole => t!(locale, "rounding-whole"),
        Rounding::Ninety => t!(locale, "rounding-90"),
        Rounding::NinetyNine => t!(locale, "rounding-99"),
    }
}

/// Where a cost came from, in words.
fn source(locale: Locale, source: CostSource) -> String {
    match source {
        CostSource::Initial => t!(locale, "cost-initial"),
        CostSource::Manual => t!(locale, "cost-manual"),
        CostSource::Import => t!(locale, "cost-import"),
    }
}

/// The sources as choices of a filter.
fn sources(locale: Locale) -> Vec<(String, String)> {
    CostSource::ALL.map(|from| (from.as_str().to_owned(), source(locale, from))).to_vec()
}

/// A source as a filter names it.
fn source_from(word: &str) -> Option<CostSource> {
    CostSource::ALL.into_iter().find(|source| source.as_str() == word)
}

/// Who did it, in a sentence.
fn author(locale: Locale, by: &ByWhom) -> String {
    by.author.clone().unwrap_or_else(|| t!(locale, "by-the-portal"))
}

/// The same where it stands alone and not in a sentence.
fn actor(locale: Locale, by: &ByWhom) -> String {
    by.author.clone().unwrap_or_else(|| t!(locale, "audit-portal"))
}

/// What a price is for, below the plan's name: the add-on and the term.
fn unit(locale: Locale, key: &PriceKey, addon_name: Option<&Localized>) -> String {
    let period = format::period(locale, key.period);
    match addon_name {
        Some(name) => t!(locale, "price-unit-addon", addon = name.get(locale), period = period),
        None => period,
    }
}

/// The margin with its share of the price: "€1.40 · 28.6%".
fn margin(locale: Locale, row: &PriceRow) -> String {
    let Some(margin) = row.margin() else { return "—".to_owned() };
    let margin = format::money(locale, margin);
    match row.margin_per_mille() {
        Some(share) => format!("{margin} · {}", format::share(locale, share)),
        None => margin,
    }
}

/// The price, or that it is not for sale.
fn price(locale: Locale, row: &PriceRow) -> String {
    match row.price() {
        Some(price) => format::money(locale, price),
        None => t!(locale, "price-not-sold"),
    }
}

/// The fields by which a form says which page it stands on.
fn seen_fields(group: &str, seen: Seen) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="group" value=group.to_owned() />
        <input type="hidden" name="version" value=seen.version.to_string() />
        <input type="hidden" name="revision" value=seen.revision.to_string() />
    }
}

fn crumbs(locale: Locale, items: Vec<Crumb>) -> AnyView {
    view! { <Breadcrumbs label=t!(locale, "shell-breadcrumbs") items=items /> }.into_any()
}
