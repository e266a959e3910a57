//! What staff say about products: texts in both languages, family, availability, what a module fits,
//! and when its vendor ends it. What a product costs and sells for has its own pages.

use std::collections::BTreeMap;

use domain::operation::OperationKind;
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use time::Date;
use uuid::Uuid;

use super::wire::{self, PlanWire};
use crate::accounts::is_product;
use crate::listing::{HERE, Listed, Paging, SortKey, push_beginning};
use crate::locale::{Locale, Localized};
use crate::people::{Permission, StaffViewer};
use crate::upstreams::{Speech, dialect_kind};
use crate::{Error, Portal, audit};

/// In the order of the catalogue.
pub const PLANS_BY_SHELF: SortKey = SortKey::text(
    "shelf",
    "(lpad(f.position::text, 5, '0') || f.code || ' ' || lpad(p.position::text, 5, '0')) \
     collate \"C\"",
);
/// By their English name, which every plan has.
pub const PLANS_BY_NAME: SortKey =
    SortKey::text("name", "lower(coalesce(p.name->>'en', p.slug)) collate \"C\"");
/// What plans can be sorted by, the usual one first.
pub const PLAN_SORTS: [SortKey; 2] = [PLANS_BY_SHELF, PLANS_BY_NAME];

/// What a search field is compared with: names and codes.
const TEXTS: [&str; 4] = [
    "lower(p.name->>'en') collate \"C\"",
    "lower(p.name->>'ru') collate \"C\"",
    "p.slug collate \"C\"",
    "lower(p.upstream_plan_code) collate \"C\"",
];

/// Which plans are listed.
#[derive(Debug, Clone, Default)]
pub struct PlanFilter {
    /// The beginning of a name, or of our code or the vendor's.
    pub text: Option<String>,
    /// The code of their family.
    pub family: Option<String>,
    /// Those on the shelf, or the others.
    pub available: Option<bool>,
}

/// A plan in the desk's list.
#[derive(Debug, Clone)]
pub struct PlanRow {
    /// Its name in addresses.
    pub slug: String,
    /// Our number of it.
    pub number: i64,
    /// Name.
    pub name: Localized,
    /// Its family's name.
    pub family: Localized,
    /// Whom it is bought from.
    pub vendor: String,
    /// By which function family.
    pub dialect: String,
    /// The vendor's code of it.
    pub upstream_code: String,
    /// It stands on the shelf.
    pub available: bool,
    /// After this day it is not sold.
    pub sale_ends_on: Option<Date>,
}

#[derive(sqlx::FromRow)]
struct Row {
    slug: String,
    number: i64,
    name: Json<Localized>,
    family: Json<Localized>,
    vendor: String,
    dialect: String,
    upstream_code: String,
    available: bool,
    sale_ends_on: Option<Date>,
    sort_key: String,
}

impl From<Row> for PlanRow {
    fn from(row: Row) -> Self {
        Self {
            slug: row.slug,
            number: row.number,
            name: row.name.0,
            family: row.family.0,
            vendor: row.vendor,
            dialect: row.dialect,
            upstream_code: row.upstream_code,
            available: row.available,
            sale_ends_on: row.sale_ends_on,
        }
    }
}

/// Begins a query of plans, up to its conditions.
fn select(sort: SortKey) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select p.slug, p.number, p.name, f.name as family, u.name as vendor, p.dialect,
                p.upstream_plan_code as upstream_code, p.available, p.sale_ends_on, ",
    );
    query.push(sort.selected(sort.column)).push(
        " from plan p join product_family f on f.code = p.family
          join upstream_account u on u.id = p.upstream_account_id where ",
    );
    query
}

/// What can be said about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanText {
    /// Name.
    pub name: Localized,
    /// One line.
    pub tagline: Localized,
    /// Paragraphs, parted by empty lines.
    pub description: Localized,
    /// Its family.
    pub family: String,
    /// It stands on the shelf.
    pub available: bool,
    /// After this day it is not sold.
    pub sale_ends_on: Option<Date>,
    /// After this day it is not renewed.
    pub renewal_ends_on: Option<Date>,
    /// Of a module, the plans whose licenses it fits.
    pub fits: Vec<String>,
    /// What panels call a module.
    pub service_name: Option<String>,
    /// The product that it is an edition of.
    pub product: Option<String>,
    /// What its functions could do and this plan cannot.
    pub withheld: Vec<OperationKind>,
}

/// A plan as its page shows it.
#[derive(Debug, Clone)]
pub struct PlanPage {
    /// As in the list.
    pub row: PlanRow,
    /// Goes up with every edit.
    pub version: i32,
    /// What is said about it.
    pub text: PlanText,
    /// It is a module of other plans' licenses.
    pub is_module: bool,
    /// What its functions can do.
    pub abilities: Vec<OperationKind>,
    /// Plans that a module of this vendor can fit, with their names.
    pub homes: Vec<(String, Localized)>,
    /// All families.
    pub families: Vec<FamilyRow>,
    /// How it is bought.
    pub wire: PlanWire,
}

/// Families in the order of the catalogue.
pub const FAMILIES_BY_SHELF: SortKey = SortKey::number("shelf", HERE).ascending();
/// By their name.
pub const FAMILIES_BY_NAME: SortKey = SortKey::text("name", HERE);
/// By how many plans they have.
pub const FAMILIES_BY_PLANS: SortKey = SortKey::number("plans", HERE);
/// What families can be sorted by.
pub const FAMILY_SORTS: [SortKey; 3] = [FAMILIES_BY_SHELF, FAMILIES_BY_NAME, FAMILIES_BY_PLANS];

/// A family in the desk's list.
#[derive(Debug, Clone)]
pub struct FamilyRow {
    /// Its short name.
    pub code: String,
    /// Goes up with every edit.
    pub version: i32,
    /// Its place in the catalogue.
    pub position: i16,
    /// Heading.
    pub name: Localized,
    /// One sentence.
    pub summary: Localized,
    /// How many plans it has.
    pub plans: i64,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// This role may not do that.
    #[error("not allowed")]
    Forbidden,
    /// There is no such plan or family.
    #[error("nothing of this name")]
    NoSuch,
    /// Somebody else has edited it meanwhile.
    #[error("it was edited meanwhile")]
    Stale,
    /// A text is missing, too long or has control characters; the field's name.
    #[error("{0} is not usable")]
    Text(&'static str),
    /// It would be renewed for less long than it is sold.
    #[error("the renewal ends before the sale")]
    Ends,
    /// A module fits at least one plan, and only plans of its vendor that are none themselves.
    #[error("a module must fit a plan")]
    Fits,
    /// A part of how a plan is bought makes no sense; the field's id.
    #[error("{0} is not usable")]
    Wire(String),
    /// Licenses that exist have counts that the plan would not take any more; the field's id.
    #[error("{0} does not fit licenses that exist")]
    Counts(String),
    /// Something is under way for the plan: only what it was sent with finds it again.
    #[error("something is under way for this plan")]
    UnderWay,
    /// The plan has licenses, which live by the functions of its family.
    #[error("the plan has licenses")]
    Living,
    /// The vendor account does not speak this family.
    #[error("the vendor account does not have these functions")]
    Unspoken,
    /// The vendor account has another plan of this code.
    #[error("the vendor's code is another plan's")]
    Taken,
    /// A family of this short name exists, or the name cannot be one.
    #[error("the short name is taken or not usable")]
    Code,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for EditError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Both languages without blanks around them; English must be there, Russian falls back to it.
pub(super) fn tidy(
    text: &Localized,
    field: &'static str,
    longest: usize,
    lines: bool,
) -> Result<Localized, EditError> {
    let mut tidy = Localized::default();
    for locale in Locale::ALL {
        let value = text.0.get(locale.as_str()).map(|value| value.trim()).unwrap_or_default();
        let sane = value.chars().count() <= longest
            && value.chars().all(|c| !c.is_control() || (lines && matches!(c, '\n' | '\r')));
        if !sane || (value.is_empty() && locale == Locale::En) {
            return Err(EditError::Text(field));
        }
        if !value.is_empty() {
            tidy.0.insert(locale.as_str().to_owned(), value.replace("\r\n", "\n"));
        }
    }
    Ok(tidy)
}

impl PlanText {
    fn tidy(&self) -> Result<Self, EditError> {
        if let (Some(sale), Some(renewal)) = (self.sale_ends_on, self.renewal_ends_on)
            && renewal < sale
        {
            return Err(EditError::Ends);
        }
        let service = self.service_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let usable = |name: &str| name.len() <= 60 && name.chars().all(|c| c.is_ascii_graphic());
        if !service.is_none_or(usable) {
            return Err(EditError::Text("service_name"));
        }
        let product = self.product.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if product.is_some_and(|name| !is_product(name)) {
            return Err(EditError::Text("product"));
        }
        Ok(Self {
            name: tidy(&self.name, "name", 120, false)?,
            tagline: tidy(&self.tagline, "tagline", 200, false)?,
            description: tidy(&self.description, "description", 5000, true)?,
            service_name: service.map(str::to_owned),
            product: product.map(str::to_owned),
            ..self.clone()
        })
    }

    fn told(&self) -> Value {
        json!({
            "name": self.name, "tagline": self.tagline, "description": self.description,
            "family": self.family, "available": self.available, "fits": self.fits,
            "sale_ends_on": self.sale_ends_on.map(|day| day.to_string()),
            "renewal_ends_on": self.renewal_ends_on.map(|day| day.to_string()),
            "service_name": self.service_name, "product": self.product,
            "withheld": self.withheld.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        })
    }
}

impl Portal {
    /// Plans, on the shelf or not.
    pub async fn desk_plans(
        &self,
        _staff: &StaffViewer,
        filter: &PlanFilter,
        paging: &Paging,
    ) -> Result<Listed<PlanRow>, Error> {
        let mut query = select(paging.sort);
        query.push("true");
        if let Some(text) = &filter.text {
            query.push(" and (false");
            for column in TEXTS {
                query.push(" or ");
                push_beginning(&mut query, column, text);
            }
            query.push(")");
        }
        if let Some(family) = &filter.family {
            query.push(" and p.family = ").push_bind(family.clone());
        }
        if let Some(available) = filter.available {
            query.push(" and p.available = ").push_bind(available);
        }
        paging.push(&mut query, paging.sort.column, "p.number");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(
            rows,
            paging,
            |row| (row.number, row.sort_key.as_str()),
            |row| Ok(PlanRow::from(row)),
        )
    }

    /// Every family in the order of the catalogue.
    pub async fn families(&self, _staff: &StaffViewer) -> Result<Vec<FamilyRow>, Error> {
        let rows = sqlx::query!(
            "select f.code, f.version, f.position, f.name as \"name: Json<Localized>\",
                    f.summary as \"summary: Json<Localized>\",
                    (select count(*) from plan p where p.family = f.code) as \"plans!\"
               from product_family f order by f.position, f.code"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| FamilyRow {
                code: row.code,
                version: row.version,
                position: row.position,
                name: row.name.0,
                summary: row.summary.0,
                plans: row.plans,
            })
            .collect())
    }

    /// A plan with everything that can be said about it.
    pub async fn desk_plan(
        &self,
        staff: &StaffViewer,
        slug: &str,
    ) -> Result<Option<PlanPage>, Error> {
        let mut query = select(PLANS_BY_SHELF);
        query.push("p.slug = ").push_bind(slug.to_owned());
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        let Some(row) = row.map(PlanRow::from) else { return Ok(None) };
        let plan = sqlx::query!(
            "select p.version, p.family, p.tagline as \"tagline: Json<Localized>\",
                    p.description as \"description: Json<Localized>\", p.available, p.sale_ends_on,
                    p.renewal_ends_on, p.fits, p.service_name, p.dialect, p.upstream_account_id,
                    p.product, p.withheld, u.module_names_parent,
                    u.functions as \"functions: Json<BTreeMap<String, BTreeMap<String, String>>>\"
               from plan p join upstream_account u on u.id = p.upstream_account_id
              where p.slug = $1",
            slug,
        )
        .fetch_one(&self.pool)
        .await?;
        let homes = sqlx::query!(
            "select slug, name as \"name: Json<Localized>\" from plan
              where upstream_account_id = $1 and fits is null
              order by (select f.position from product_family f where f.code = family), family,
                       position, slug",
            plan.upstream_account_id,
        )
        .fetch_all(&self.pool)
        .await?;
        let kind = dialect_kind(&plan.dialect)?;
        let speech = Speech::read(&plan.functions.0, plan.module_names_parent)?;
        Ok(Some(PlanPage {
            version: plan.version,
            text: PlanText {
                name: row.name.clone(),
                tagline: plan.tagline.0,
                description: plan.description.0,
                family: plan.family,
                available: plan.available,
                sale_ends_on: plan.sale_ends_on,
                renewal_ends_on: plan.renewal_ends_on,
                fits: plan.fits.unwrap_or_default(),
                service_name: plan.service_name,
                product: plan.product,
                withheld: plan
                    .withheld
                    .iter()
                    .filter_map(|word| OperationKind::from_word(word))
                    .collect(),
            },
            is_module: kind.has_parent(),
            abilities: OperationKind::ALL
                .into_iter()
                .filter(|operation| {
                    *operation != OperationKind::Order && speech.can(kind, *operation)
                })
                .collect(),
            homes: homes.into_iter().map(|home| (home.slug, home.name.0)).collect(),
            families: self.families(staff).await?,
            wire: wire::read(&mut *self.pool.acquire().await?, slug)
                .await?
                .ok_or_else(|| Error::unreadable("plan", slug))?,
            row,
        }))
    }

    /// Says something else about a plan, unless somebody has done so since `version` was shown.
    pub async fn edit_plan(
        &self,
        staff: &StaffViewer,
        slug: &str,
        version: i32,
        text: &PlanText,
    ) -> Result<(), EditError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(EditError::Forbidden);
        }
        let known = self.desk_plan(staff, slug).await?.ok_or(EditError::NoSuch)?;
        if known.version != version {
            return Err(EditError::Stale);
        }
        let text = text.tidy()?;
        let is_home = |slug: &String| known.homes.iter().any(|(home, _)| home == slug);
        if known.is_module && (text.fits.is_empty() || !text.fits.iter().all(is_home)) {
            return Err(EditError::Fits);
        }
        if known.families.iter().all(|family| family.code != text.family) {
            return Err(EditError::NoSuch);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let id = sqlx::query_scalar!(
            "update plan
                set name = $3, tagline = $4, description = $5, family = $6, available = $7,
                    sale_ends_on = $8, renewal_ends_on = $9,
                    fits = case when fits is null then null else $10::text[] end, service_name = $11,
                    product = $12, withheld = $13, version = version + 1
              where slug = $1 and version = $2 returning id",
            slug,
            version,
            Json(&text.name) as _,
            Json(&text.tagline) as _,
            Json(&text.description) as _,
            text.family,
            text.available,
            text.sale_ends_on,
            text.renewal_ends_on,
            &text.fits,
            text.service_name,
            text.product,
            &text.withheld.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>(),
        )
        .fetch_optional(&mut *tx)
        .await?;
        let id = id.ok_or(EditError::Stale)?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "plan.edit",
            object_type: "plan",
            object_id: id,
            before: Some(known.text.told()),
            after: Some(text.told()),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(())
    }

    /// Writes a family; version none makes a new one, at the end of the catalogue.
    pub async fn edit_family(
        &self,
        staff: &StaffViewer,
        code: &str,
        version: Option<i32>,
        name: &Localized,
        summary: &Localized,
    ) -> Result<(), EditError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(EditError::Forbidden);
        }
        let name = tidy(name, "name", 80, false)?;
        let summary = tidy(summary, "summary", 200, false)?;
        let usable = (1..=40).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !usable {
            return Err(EditError::Code);
        }
        let known = self.families(staff).await?.into_iter().find(|family| family.code == code);
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let written = match version {
            None => sqlx::query!(
                "insert into product_family (code, position, name, summary)
                 select $1, coalesce(max(position), 0) + 1, $2, $3 from product_family
                 on conflict do nothing",
                code,
                Json(&name) as _,
                Json(&summary) as _,
            )
            .execute(&mut *tx)
            .await?
            .rows_affected(),
            Some(version) => sqlx::query!(
                "update product_family set name = $3, summary = $4, version = version + 1
                  where code = $1 and version = $2",
                code,
                version,
                Json(&name) as _,
                Json(&summary) as _,
            )
            .execute(&mut *tx)
            .await?
            .rows_affected(),
        };
        if written == 0 {
            return Err(match (version, &known) {
                (None, _) => EditError::Code,
                (Some(_), None) => EditError::NoSuch,
                (Some(_), Some(_)) => EditError::Stale,
            });
        }
        let told =
            |name: &Localized, summary: &Localized| json!({ "name": name, "summary": summary });
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "family.edit",
            object_type: "family",
            // Families have short names and no ids of their own.
            object_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, code.as_bytes()),
            before: known.map(|family| told(&family.name, &family.summary)),
            after: Some(told(&name, &summary)),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(en: &str, ru: &str) -> Localized {
        Localized([("en".to_owned(), en.to_owned()), ("ru".to_owned(), ru.to_owned())].into())
    }

    #[test]
    fn texts_are_tidied_and_bounded() {
        let tidied = tidy(&text(" a\r\nb ", ""), "description", 10, true).unwrap();
        assert_eq!(tidied.0, [("en".to_owned(), "a\nb".to_owned())].into());
        for wrong in
            [text("", "по-русски"), text("a\nb", ""), text("a", "b\u{7}"), text("12345678901", "")]
        {
            let refused = tidy(&wrong, "name", 10, false);
            assert!(matches!(refused, Err(EditError::Text("name"))), "{wrong:?}");
        }
    }
}
