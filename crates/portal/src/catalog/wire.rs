//! How a plan is bought: what its vendor calls it, its terms and add-ons, and what its order asks
//! for. For owners; a table that ships or was imported may be wrong, and vendors rename things.

use std::collections::{BTreeMap, BTreeSet};

use domain::Period;
use domain::plan::{Field, FieldKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use upstream::DialectKind;
use uuid::Uuid;

use super::editor::{EditError, tidy};
use crate::locale::Localized;
use crate::people::{Permission, StaffViewer};
use crate::upstreams::dialect_kind;
use crate::{Error, Portal, audit};

/// What a plan is on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanWire {
    /// The functions that sell it.
    pub dialect: DialectKind,
    /// The vendor's code of it.
    pub code: String,
    /// Its order names an address, where its functions have one.
    pub needs_ip: bool,
    /// The vendor delivers a key.
    pub has_key: bool,
    /// The vendor's codes of its terms; none where the term itself is the code.
    pub terms: BTreeMap<Period, Option<String>>,
    /// Its add-ons by our code.
    pub addons: BTreeMap<String, AddonWire>,
    /// What the order of a module asks for beside the rest.
    pub fields: Vec<WireField>,
}

/// What an add-on is on the wire, and how many there can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddonWire {
    /// The vendor's code of it.
    pub code: String,
    /// What customers read.
    pub name: Localized,
    /// How many are included.
    pub base: u32,
    /// How many there can be, with those.
    pub max: u32,
    /// Counts go up by this.
    pub step: u32,
}

/// Something that the order asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireField {
    /// The vendor's name of it, and what belongs into it.
    #[serde(flatten)]
    pub field: Field,
    /// What customers read.
    pub name: Localized,
}

/// The most of anything that can be counted.
const MOST: u32 = 1_000_000;

/// What an order says in any case: a field of this name would say it a second time.
const SAID: [&str; 17] = [
    "func",
    "out",
    "lang",
    "authinfo",
    "elid",
    "id",
    "pricelist",
    "period",
    "ip",
    "pa_ip",
    "licname",
    "comment",
    "remoteid",
    "skipbasket",
    "autoprolong",
    "item",
    "sok",
];

/// A code of the vendor's.
fn is_code(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

impl PlanWire {
    /// Without blanks around codes; refused with the field that is wrong.
    fn tidy(&self) -> Result<Self, EditError> {
        let wrong = |field: String| EditError::Wire(field);
        let code = |text: &str, field: String| {
            let text = text.trim();
            if is_code(text) { Ok(text.to_owned()) } else { Err(wrong(field)) }
        };
        let mut terms = BTreeMap::new();
        for (period, said) in &self.terms {
            let said = said.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let said = said.map(|text| code(text, format!("term-{period}"))).transpose()?;
            terms.insert(*period, said);
        }
        let mut addons = BTreeMap::new();
        let mut codes = BTreeSet::new();
        for (key, addon) in &self.addons {
            let at = |what: &str| format!("addon-{key}-{what}");
            let said = code(&addon.code, at("code"))?;
            if !codes.insert(said.clone()) {
                return Err(wrong(at("code")));
            }
            if addon.max > MOST || addon.max < addon.base {
                return Err(wrong(at("max")));
            }
            if addon.step == 0 || addon.step > MOST {
                return Err(wrong(at("step")));
            }
            let name = tidy(&addon.name, "name", 80, false);
            let name = name.map_err(|_| wrong(at("name-en")))?;
            addons.insert(key.clone(), AddonWire { code: said, name, ..addon.clone() });
        }
        let mut fields: Vec<WireField> = Vec::new();
        for (place, field) in self.fields.iter().enumerate() {
            let at = |what: &str| format!("field-{place}-{what}");
            let name = field.field.code.trim();
            // Only the page of a module asks for more than the rest.
            let usable = self.dialect.has_parent()
                && is_code(name)
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !SAID.contains(&name)
                && !name.starts_with("addon_")
                && fields.iter().all(|known| known.field.code != name);
            if !usable {
                return Err(wrong(at("code")));
            }
            let words = tidy(&field.name, "name", 80, false).map_err(|_| wrong(at("name-en")))?;
            let kind = field.field.kind;
            fields.push(WireField { field: Field { code: name.to_owned(), kind }, name: words });
        }
        Ok(Self {
            code: code(&self.code, "code".to_owned())?,
            terms,
            addons,
            fields,
            ..self.clone()
        })
    }

    fn told(&self) -> Value {
        json!({
            "dialect": self.dialect.as_str(), "code": self.code, "needs_ip": self.needs_ip,
            "has_key": self.has_key, "terms": self.terms, "addons": self.addons,
            "fields": self.fields,
        })
    }
}

/// Reads what a plan is on the wire.
pub(super) async fn read(db: &mut PgConnection, slug: &str) -> Result<Option<PlanWire>, Error> {
    let Some(plan) = sqlx::query!(
        "select id, dialect, upstream_plan_code, needs_ip, has_key,
                fields as \"fields: Json<Vec<WireField>>\"
           from plan where slug = $1",
        slug,
    )
    .fetch_optional(&mut *db)
    .await?
    else {
        return Ok(None);
    };
    let terms =
        sqlx::query!("select period, upstream_code from plan_period where plan_id = $1", plan.id,)
            .fetch_all(&mut *db)
            .await?;
    let addons = sqlx::query!(
        "select code, upstream_addon_code, name as \"name: Json<Localized>\", base, max, step
           from plan_addon where plan_id = $1",
        plan.id,
    )
    .fetch_all(db)
    .await?;
    let count =
        |value: i32| u32::try_from(value).map_err(|error| Error::unreadable("plan_addon", error));
    Ok(Some(PlanWire {
        dialect: dialect_kind(&plan.dialect)?,
        code: plan.upstream_plan_code,
        needs_ip: plan.needs_ip,
        has_key: plan.has_key,
        terms: terms
            .into_iter()
            .map(|term| {
                let period = Period::try_from(term.period)
                    .map_err(|error| Error::unreadable("plan_period", error))?;
                Ok((period, term.upstream_code))
            })
            .collect::<Result<_, Error>>()?,
        addons: addons
            .into_iter()
            .map(|addon| {
                let wire = AddonWire {
                    code: addon.upstream_addon_code,
                    name: addon.name.0,
                    base: count(addon.base)?,
                    max: count(addon.max)?,
                    step: count(addon.step)?,
                };
                Ok((addon.code, wire))
            })
            .collect::<Result<_, Error>>()?,
        fields: plan.fields.0,
    }))
}

/// Nothing is planned or sent until the end of the transaction: whatever was sent by the old codes
/// is seen by the rule that nothing may be under way, and the rest is read with the new ones.
pub(crate) async fn hold_operations_in_tx(tx: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("lock table operation in share row exclusive mode").execute(tx).await?;
    Ok(())
}

/// The database's rules about what may change while plans are used.
fn refused(error: sqlx::Error) -> EditError {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    match constraint {
        Some("plan_wire_at_rest") => EditError::UnderWay,
        Some("plan_family_of_licenses") => EditError::Living,
        Some("plan_dialect_of_account") => EditError::Unspoken,
        Some("plan_upstream") => EditError::Taken,
        _ => EditError::Internal(error.into()),
    }
}

impl Portal {
    /// Says how a plan is bought, unless somebody has said something about it since `version` was
    /// shown. Terms and add-ons are those that the plan has.
    pub async fn edit_plan_wire(
        &self,
        staff: &StaffViewer,
        slug: &str,
        version: i32,
        wire: &PlanWire,
    ) -> Result<(), EditError> {
        if !staff.role.may(Permission::ManageVendors) {
            return Err(EditError::Forbidden);
        }
        let wire = wire.tidy()?;
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        hold_operations_in_tx(&mut tx).await?;
        let before = read(&mut tx, slug).await?.ok_or(EditError::NoSuch)?;
        if !before.terms.keys().eq(wire.terms.keys())
            || !before.addons.keys().eq(wire.addons.keys())
        {
            return Err(EditError::Stale);
        }
        let fits = self.homes_in_tx(&mut tx, slug, &wire).await?;
        let id = sqlx::query_scalar!(
            "update plan
                set dialect = $3, upstream_plan_code = $4, needs_ip = $5, has_key = $6, fields = $7,
                    fits = $8, version = version + 1
              where slug = $1 and version = $2 returning id",
            slug,
            version,
            wire.dialect.as_str(),
            wire.code,
            wire.needs_ip,
            wire.has_key,
            Json(&wire.fields) as _,
            fits.as_deref(),
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(refused)?
        .ok_or(EditError::Stale)?;
        parts_in_tx(&mut tx, id, &before, &wire).await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "plan.wire",
            object_type: "plan",
            object_id: id,
            before: Some(before.told()),
            after: Some(wire.told()),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(())
    }

    /// The plans that it fits: what becomes a module fits all panels of its vendor until somebody
    /// says less, and what is none fits nothing.
    async fn homes_in_tx(
        &self,
        tx: &mut PgConnection,
        slug: &str,
        wire: &PlanWire,
    ) -> Result<Option<Vec<String>>, EditError> {
        if !wire.dialect.has_parent() {
            return Ok(None);
        }
        let known = sqlx::query!(
            "select p.fits,
                    array(select h.slug from plan h
                           where h.upstream_account_id = p.upstream_account_id and h.fits is null
                             and h.id <> p.id order by h.slug) as \"homes!\"
               from plan p where p.slug = $1",
            slug,
        )
        .fetch_one(tx)
        .await?;
        let fits = known.fits.unwrap_or(known.homes);
        if fits.is_empty() { Err(EditError::Fits) } else { Ok(Some(fits)) }
    }
}

async fn parts_in_tx(
    tx: &mut PgConnection,
    plan: Uuid,
    before: &PlanWire,
    wire: &PlanWire,
) -> Result<(), EditError> {
    for (period, code) in &wire.terms {
        sqlx::query!(
            "update plan_period set upstream_code = $3
              where plan_id = $1 and period = $2 and upstream_code is distinct from $3",
            plan,
            period.code(),
            code.as_deref(),
        )
        .execute(&mut *tx)
        .await
        .map_err(refused)?;
    }
    let number = |value: u32| {
        i32::try_from(value)
            .map_err(|error| EditError::Internal(Error::unreadable("plan_addon", error)))
    };
    for (key, addon) in &wire.addons {
        // A license whose count the plan does not take any more could never be renewed.
        let [base, max, step] = [number(addon.base)?, number(addon.max)?, number(addon.step)?];
        let stranded = sqlx::query_scalar!(
            "select exists (
                select from license l
                 cross join lateral (select (l.addons ->> $2)::integer as count) has
                 where l.plan_id = $1 and l.status <> 'deleted' and has.count is not null
                   and (has.count < $3 or has.count > $4 or (has.count - $3) % $5 <> 0)) as \"some!\"",
            plan,
            key,
            base,
            max,
            step,
        )
        .fetch_one(&mut *tx)
        .await?;
        let was = before.addons.get(key).map(|was| (was.base, was.max, was.step));
        if stranded && was != Some((addon.base, addon.max, addon.step)) {
            return Err(EditError::Counts(format!("addon-{key}-base")));
        }
        sqlx::query!(
            "update plan_addon
                set upstream_addon_code = $3, name = $4, base = $5, max = $6, step = $7
              where plan_id = $1 and code = $2",
            plan,
            key,
            addon.code,
            Json(&addon.name) as _,
            base,
            max,
            step,
        )
        .execute(&mut *tx)
        .await
        .map_err(refused)?;
    }
    Ok(())
}

/// What belongs into a field, by the word that forms and tables have for it.
#[must_use]
pub fn field_kind(word: &str) -> Option<FieldKind> {
    match word {
        "text" => Some(FieldKind::Text),
        "email" => Some(FieldKind::Email),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Localized {
        Localized([("en".to_owned(), text.to_owned())].into())
    }

    fn wire() -> PlanWire {
        let nodes =
            AddonWire { code: "3049".into(), name: words("Nodes"), base: 1, max: 9, step: 1 };
        PlanWire {
            dialect: DialectKind::Addition,
            code: " 55390 ".into(),
            needs_ip: true,
            has_key: true,
            terms: [(Period::MONTH, Some("  ".into()))].into(),
            addons: [("nodes".to_owned(), nodes)].into(),
            fields: vec![WireField {
                field: Field { code: "bitninja_email".into(), kind: FieldKind::Email },
                name: words("E-mail"),
            }],
        }
    }

    #[test]
    fn codes_are_tidied() {
        let tidied = wire().tidy().unwrap();
        assert_eq!(tidied.code, "55390");
        assert_eq!(tidied.terms[&Period::MONTH], None, "the term itself");
    }

    #[test]
    fn what_no_vendor_could_read_is_refused_with_its_field() {
        type Spoil = fn(&mut PlanWire);
        let cases: [(&str, Spoil); 11] = [
            ("code", |wire| wire.code = "a b".into()),
            ("code", |wire| wire.code = " ".into()),
            ("term-1", |wire| wire.terms = [(Period::MONTH, Some("é".into()))].into()),
            ("addon-nodes-code", |wire| wire.addons.get_mut("nodes").unwrap().code.clear()),
            ("addon-nodes-max", |wire| wire.addons.get_mut("nodes").unwrap().base = 10),
            ("addon-nodes-step", |wire| wire.addons.get_mut("nodes").unwrap().step = 0),
            ("addon-nodes-name-en", |wire| wire.addons.get_mut("nodes").unwrap().name = words("")),
            ("field-0-code", |wire| wire.dialect = DialectKind::Soft),
            // It would be said twice, and nobody knows which one the vendor takes.
            ("field-0-code", |wire| wire.fields[0].field.code = "skipbasket".into()),
            ("field-0-code", |wire| wire.fields[0].field.code = "addon_3049".into()),
            ("field-1-code", |wire| wire.fields.push(wire.fields[0].clone())),
        ];
        for (field, spoil) in cases {
            let mut wire = wire();
            spoil(&mut wire);
            let refused = wire.tidy();
            assert!(
                matches!(&refused, Err(EditError::Wire(at)) if at == field),
                "{field}: {refused:?}"
            );
        }
    }
}
