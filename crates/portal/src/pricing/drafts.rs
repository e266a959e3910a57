//! Changing a pricelist: a draft per editor, then a new version.
//!
//! Each form carries what its page showed ([`Seen`]); a form of an older page is refused and
//! changes nothing. A draft that was overtaken by somebody else's version stays as it is until its
//! editor puts it on top of the new one.

use domain::Currency;
use domain::pricelist::{Pricelist, Rounding, Rule, RuleError, is_percentage, merge};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::board::{self, PriceChange, PriceRow};
use super::versions::{self, NewVersion, Published};
use super::{ByWhom, Group, groups};
use crate::catalog::{Plan, plans};
use crate::locale::Localized;
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// A pricelist as its editor sees it.
#[derive(Debug, Clone)]
pub struct Editor {
    /// Whose prices.
    pub group: Group,
    /// The version in force.
    pub version: i32,
    /// Who published it.
    pub published: ByWhom,
    /// The editor's own changes.
    pub draft: Option<Draft>,
    /// Others who are changing it.
    pub others: Vec<OtherDraft>,
    /// The rules: the draft's, else those in force.
    pub list: Pricelist,
    /// The rules in force.
    pub in_force: Pricelist,
    /// Every price that these rules make.
    pub rows: Vec<PriceRow>,
    /// What publishing would change.
    pub changes: Vec<PriceChange>,
    /// Customers who pay these prices.
    pub customers: i64,
    /// Families of the catalogue with their names, in the order of the shelf.
    pub families: Vec<(String, Localized)>,
}

/// Somebody's unpublished changes.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The version that it began from; another one than the version in force means that somebody
    /// else has published meanwhile.
    pub base_version: i32,
    /// Another one after each change.
    pub revision: i64,
    /// The version that it brings back.
    pub restored_from: Option<i32>,
    /// The last change.
    pub updated_at: OffsetDateTime,
}

/// Another editor's draft.
pub type OtherDraft = ByWhom;

/// What the page with the form showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The version in force, or the draft's base.
    pub version: i32,
    /// The draft's revision; 0 without a draft.
    pub revision: i64,
}

/// A change of a draft.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Writes a rule, in place of another one if named.
    Rule {
        /// The place of the rule that it replaces.
        place: Option<usize>,
        /// The rule.
        rule: Rule,
    },
    /// Takes a rule out.
    Drop {
        /// Its place.
        place: usize,
    },
    /// Sets the minimum margin in percent.
    Margin(Decimal),
    /// Sets a rounding: of all currencies without one of their own, or of one currency; none
    /// forgets the currency's own.
    Rounding(Option<Currency>, Option<Rounding>),
}

/// Why a draft was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// This role may not set prices.
    #[error("not allowed")]
    Forbidden,
    /// There is no such pricelist, or no such version of it.
    #[error("no such pricelist")]
    NoSuchPricelist,
    /// The page with the form is older than the draft or than the version in force.
    #[error("the page is out of date")]
    Stale,
    /// There are unpublished changes of the same editor.
    #[error("a draft is in the way")]
    DraftInTheWay,
    /// Nothing would change.
    #[error("nothing would change")]
    Nothing,
    /// The rule makes no sense by itself.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The rule speaks of something that is not in the catalogue.
    #[error("the rule speaks of something unknown")]
    Scope,
    /// The minimum margin is out of range.
    #[error("the margin is out of range")]
    Margin,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// This role may not set prices.
    #[error("not allowed")]
    Forbidden,
    /// There is no such pricelist, or no draft of it.
    #[error("no draft")]
    NoDraft,
    /// The page with the form is older than the draft.
    #[error("the page is out of date")]
    Stale,
    /// Somebody else has published meanwhile; the draft is as it was.
    #[error("version {version} was published meanwhile")]
    Overtaken {
        /// The version in force now.
        version: i32,
        /// Who published it.
        by: ByWhom,
    },
    /// The draft says the same as the version in force.
    #[error("nothing would change")]
    Nothing,
    /// These prices are below cost plus minimum margin, and no rule says that they may be.
    #[error("{0} prices are below cost")]
    BelowCost(usize),
    /// The note is too long.
    #[error("the note is too long")]
    Note,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// A row of `pricelist_draft`.
struct Row {
    draft: Draft,
    content: Pricelist,
}

impl Portal {
    /// A group's pricelist with the viewer's own draft; none if there is no such group.
    pub async fn pricelist_editor(
        &self,
        staff: &StaffViewer,
        group: &str,
    ) -> Result<Option<Editor>, Error> {
        let Some(group) = self.group(staff, group).await? else { return Ok(None) };
        let mut db = self.pool.acquire().await?;
        let Some(current) = versions::current(&mut db, &group.code).await? else {
            return Ok(None);
        };
        let own = read(&mut db, &group.code, staff.user).await?;
        let others = sqlx::query!(
            "select u.email, d.updated_at from pricelist_draft d join app_user u on u.id = d.author
              where d.group_code = $1 and d.author <> $2 order by d.updated_at desc",
            group.code,
            staff.user,
        )
        .fetch_all(&mut *db)
        .await?
        .into_iter()
        .map(|row| ByWhom { author: Some(row.email), at: row.updated_at })
        .collect();
        let customers = sqlx::query_scalar!(
            "select count(*) as \"count!\" from customer where group_code = $1",
            group.code,
        )
        .fetch_one(&mut *db)
        .await?;
        let families = groups::families(&mut db).await?;
        let plans = plans(&mut db, None).await?;
        let (draft, list) = match own {
            Some(row) => (Some(row.draft), row.content),
            None => (None, current.content.clone()),
        };
        let public = versions::limit_of(&mut db, &group.code).await?;
        let rows = board::rows(&plans, &list, public.as_ref());
        let before = || board::rows(&plans, &current.content, public.as_ref());
        let changes = match draft {
            Some(_) => board::changes(&before(), rows.clone()),
            None => Vec::new(),
        };
        Ok(Some(Editor {
            group,
            version: current.version,
            published: current.by,
            draft,
            others,
            list,
            in_force: current.content,
            rows,
            changes,
            customers,
            families,
        }))
    }

    /// Changes the viewer's draft, and begins one if there is none.
    pub async fn edit_pricelist(
        &self,
        staff: &StaffViewer,
        group: &str,
        seen: Seen,
        edit: Edit,
    ) -> Result<(), EditError> {
        may(staff)?;
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let (current, own) = lock(&mut tx, group, staff.user).await?;
        let (base, revision, mut list) = match own {
            Some(row) => (row.draft.base_version, row.draft.revision, row.content),
            None => (current.version, 0, current.content),
        };
        if seen != (Seen { version: base, revision }) {
            return Err(EditError::Stale);
        }
        let before = list.clone();
        let shelf = plans(&mut tx, None).await?;
        apply(&mut list, edit, &shelf)?;
        if list == before {
            return Err(EditError::Nothing);
        }
        // What was brought back is changed now, and no longer that version.
        write(&mut tx, group, staff.user, base, &list, None, self.clock.now()).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// Forgets the viewer's draft.
    pub async fn discard_draft(
        &self,
        staff: &StaffViewer,
        group: &str,
        seen: Seen,
    ) -> Result<(), EditError> {
        may(staff)?;
        let gone = sqlx::query!(
            "delete from pricelist_draft where group_code = $1 and author = $2 and revision = $3",
            group,
            staff.user,
            seen.revision,
        )
        .execute(&self.pool)
        .await
        .map_err(Error::from)?
        .rows_affected();
        if gone == 1 { Ok(()) } else { Err(EditError::Stale) }
    }

    /// Makes a draft that brings a version back; it is looked at and published as any other.
    pub async fn restore_version(
        &self,
        staff: &StaffViewer,
        group: &str,
        version: i32,
    ) -> Result<(), EditError> {
        may(staff)?;
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let (current, own) = lock(&mut tx, group, staff.user).await?;
        if own.is_some() {
            return Err(EditError::DraftInTheWay);
        }
        let old = versions::one(&mut tx, group, version).await?;
        let old = old.ok_or(EditError::NoSuchPricelist)?;
        if old.content == current.content {
            return Err(EditError::Nothing);
        }
        let base = current.version;
        let now = self.clock.now();
        write(&mut tx, group, staff.user, base, &old.content, Some(version), now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }

    /// Puts the viewer's draft on top of the version in force; says how many rules and settings
    /// both sides changed, where the draft's are taken.
    pub async fn rebase_draft(
        &self,
        staff: &StaffViewer,
        group: &str,
        seen: Seen,
    ) -> Result<usize, EditError> {
        may(staff)?;
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let (current, own) = lock(&mut tx, group, staff.user).await?;
        let own = own.filter(|row| row.draft.revision == seen.revision).ok_or(EditError::Stale)?;
        if own.draft.base_version == current.version {
            return Err(EditError::Nothing);
        }
        let base = versions::one(&mut tx, group, own.draft.base_version).await?;
        let base = base.ok_or(EditError::NoSuchPricelist)?;
        let (merged, clashes) = merge(&base.content, &own.content, &current.content);
        let version = current.version;
        write(&mut tx, group, staff.user, version, &merged, None, self.clock.now()).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(clashes)
    }

    /// Publishes the viewer's draft as the next version and returns its number. From its commit on
    /// every page, order and export uses it; orders of before keep their quote.
    pub async fn publish_draft(
        &self,
        staff: &StaffViewer,
        group: &str,
        seen: Seen,
        note: &str,
    ) -> Result<i32, PublishError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(PublishError::Forbidden);
        }
        let note = note.trim();
        if note.chars().count() > 500 {
            return Err(PublishError::Note);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let (current, own) = match lock(&mut tx, group, staff.user).await {
            Ok(found) => found,
            Err(EditError::Internal(error)) => return Err(error.into()),
            Err(_) => return Err(PublishError::NoDraft),
        };
        let own = own.ok_or(PublishError::NoDraft)?;
        if own.draft.revision != seen.revision {
            return Err(PublishError::Stale);
        }
        if own.draft.base_version != current.version {
            return Err(PublishError::Overtaken { version: current.version, by: current.by });
        }
        if own.content == current.content {
            return Err(PublishError::Nothing);
        }
        let shelf = plans(&mut tx, None).await?;
        let public = versions::limit_of(&mut tx, group).await?;
        let rows = board::rows(&shelf, &own.content, public.as_ref());
        let below = rows.iter().filter(|row| row.is_below_floor()).count();
        if below > 0 {
            return Err(PublishError::BelowCost(below));
        }
        let changes = board::changes(&board::rows(&shelf, &current.content, public.as_ref()), rows);
        let version = current.version + 1;
        let id = Uuid::now_v7();
        let note = Some(note).filter(|note| !note.is_empty());
        let new = NewVersion {
            id,
            group,
            version,
            content: &own.content,
            author: staff.user,
            note,
            restored_from: own.draft.restored_from,
        };
        versions::insert_in_tx(&mut tx, &new, now).await?;
        sqlx::query!(
            "delete from pricelist_draft where group_code = $1 and author = $2",
            group,
            staff.user,
        )
        .execute(&mut *tx)
        .await
        .map_err(Error::from)?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "pricelist.publish",
            object_type: "pricelist",
            object_id: id,
            before: Some(audited(group, current.version, &changes, |change| change.before)),
            after: Some(audited(group, version, &changes, |change| change.after.price())),
            reason: note,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await.map_err(Error::from)?;
        self.shelves.changed();
        Ok(version)
    }
}

fn may(staff: &StaffViewer) -> Result<(), EditError> {
    if staff.role.may(Permission::SetPrices) { Ok(()) } else { Err(EditError::Forbidden) }
}

/// The version in force and the editor's draft. Whoever changes this pricelist waits here, so that
/// what was read stays true until the commit.
async fn lock(
    tx: &mut PgConnection,
    group: &str,
    author: Uuid,
) -> Result<(Published, Option<Row>), EditError> {
    sqlx::query_scalar!("select code from customer_group where code = $1 for no key update", group)
        .fetch_optional(&mut *tx)
        .await
        .map_err(Error::from)?
        .ok_or(EditError::NoSuchPricelist)?;
    let current = versions::current(tx, group).await?.ok_or(EditError::NoSuchPricelist)?;
    let own = read(tx, group, author).await?;
    Ok((current, own))
}

async fn read(db: &mut PgConnection, group: &str, author: Uuid) -> Result<Option<Row>, Error> {
    let row = sqlx::query!(
        "select base_version, content as \"content: Json<Pricelist>\", restored_from, revision,
                updated_at
           from pricelist_draft where group_code = $1 and author = $2",
        group,
        author,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Row {
        draft: Draft {
            base_version: row.base_version,
            revision: row.revision,
            restored_from: row.restored_from,
            updated_at: row.updated_at,
        },
        content: row.content.0,
    }))
}

async fn write(
    tx: &mut PgConnection,
    group: &str,
    author: Uuid,
    base: i32,
    list: &Pricelist,
    restored_from: Option<i32>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into pricelist_draft
            (group_code, author, base_version, content, restored_from, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (group_code, author) do update
            set base_version = excluded.base_version, content = excluded.content,
                restored_from = excluded.restored_from, updated_at = excluded.updated_at,
                revision = nextval('pricelist_draft_revision')",
        group,
        author,
        base,
        Json(list) as _,
        restored_from,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn apply(list: &mut Pricelist, edit: Edit, shelf: &[Plan]) -> Result<(), EditError> {
    match edit {
        Edit::Rule { place, rule } => {
            rule.check()?;
            if !is_known(&rule, shelf) {
                return Err(EditError::Scope);
            }
            let same = |(index, other): (usize, &Rule)| {
                Some(index) != place && other.says_the_same_of(&rule)
            };
            if list.rules.iter().enumerate().any(same) {
                return Err(RuleError::Duplicate.into());
            }
            match place {
                None => list.rules.push(rule),
                Some(place) => *list.rules.get_mut(place).ok_or(EditError::Stale)? = rule,
            }
        }
        Edit::Drop { place } => {
            if place >= list.rules.len() {
                return Err(EditError::Stale);
            }
            list.rules.remove(place);
        }
        Edit::Margin(percent) => {
            if !is_percentage(percent) {
                return Err(EditError::Margin);
            }
            list.minimum_margin = percent.normalize();
        }
        Edit::Rounding(None, rounding) => list.rounding = rounding.unwrap_or_default(),
        Edit::Rounding(Some(currency), Some(rounding)) => {
            list.roundings.insert(currency, rounding);
        }
        Edit::Rounding(Some(currency), None) => {
            list.roundings.remove(&currency);
        }
    }
    Ok(())
}

/// Whether some plan of the shelf is what the rule speaks of; a slip of the keyboard would make a
/// rule that never does anything.
fn is_known(rule: &Rule, shelf: &[Plan]) -> bool {
    let scope = &rule.scope;
    shelf.iter().any(|plan| {
        scope.family.as_ref().is_none_or(|family| *family == plan.family)
            && (scope.product.is_none() || scope.product == plan.product)
            && scope.plan.as_ref().is_none_or(|slug| *slug == plan.slug)
            && scope.period.is_none_or(|period| plan.capabilities.periods.contains(&period))
            && scope.addon.as_ref().is_none_or(|code| plan.addon_names.contains_key(code))
    })
}

/// The prices that a version changes, for the audit.
fn audited(
    group: &str,
    version: i32,
    changes: &[PriceChange],
    price: impl Fn(&PriceChange) -> Option<domain::Money>,
) -> Value {
    let prices: serde_json::Map<String, Value> = changes
        .iter()
        .map(|change| {
            let key = &change.after.key;
            let addon = key.addon.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            let name = format!("{}{addon} {}", key.plan, key.period);
            (name, price(change).map_or(Value::Null, |price| json!(price.to_string())))
        })
        .collect();
    json!({ "group": group, "version": version, "prices": prices })
}
