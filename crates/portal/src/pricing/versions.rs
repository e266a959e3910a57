//! Published versions: reading them, and writing the next one.

use domain::pricelist::Pricelist;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::board::{self, PriceChange, PriceRow};
use super::{ByWhom, Group, groups};
use crate::catalog::plans;
use crate::locale::Localized;
use crate::people::StaffViewer;
use crate::{Error, Portal};

/// A version in the list of versions.
#[derive(Debug, Clone)]
pub struct VersionInfo {
    /// Counting from 1.
    pub version: i32,
    /// Who published it and when.
    pub by: ByWhom,
    /// Why.
    pub note: Option<String>,
    /// The version that it brought back.
    pub restored_from: Option<i32>,
    /// How many rules it has.
    pub rules: usize,
}

/// A version in full.
#[derive(Debug, Clone)]
pub struct VersionView {
    /// Whose prices.
    pub group: Group,
    /// Which.
    pub info: VersionInfo,
    /// The version in force.
    pub current: i32,
    /// What it says.
    pub list: Pricelist,
    /// The prices that it makes of today's costs.
    pub rows: Vec<PriceRow>,
    /// What bringing it back would change.
    pub changes: Vec<PriceChange>,
    /// Families of the catalogue with their names.
    pub families: Vec<(String, Localized)>,
}

/// A published version, as the module works with it.
pub(super) struct Published {
    pub version: i32,
    pub content: Pricelist,
    pub by: ByWhom,
    pub note: Option<String>,
    pub restored_from: Option<i32>,
}

pub(super) struct NewVersion<'a> {
    pub id: Uuid,
    pub group: &'a str,
    pub version: i32,
    pub content: &'a Pricelist,
    pub author: Uuid,
    pub note: Option<&'a str>,
    pub restored_from: Option<i32>,
}

impl Published {
    fn info(&self) -> VersionInfo {
        VersionInfo {
            version: self.version,
            by: self.by.clone(),
            note: self.note.clone(),
            restored_from: self.restored_from,
            rules: self.content.rules.len(),
        }
    }
}

/// Versions of a group below this number, the newest first.
async fn read(
    db: &mut PgConnection,
    group: &str,
    below: Option<i32>,
    limit: i64,
) -> Result<Vec<Published>, Error> {
    let rows = sqlx::query!(
        "select v.version, v.content as \"content: Json<Pricelist>\", v.note, v.restored_from,
                v.published_at, u.email as \"author?\"
           from pricelist_version v left join app_user u on u.id = v.author
          where v.group_code = $1 and v.version < $2 order by v.version desc limit $3",
        group,
        below.unwrap_or(i32::MAX),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Published {
            version: row.version,
            content: row.content.0,
            by: ByWhom { author: row.author, at: row.published_at },
            note: row.note,
            restored_from: row.restored_from,
        })
        .collect())
}

/// The version in force.
pub(super) async fn current(
    db: &mut PgConnection,
    group: &str,
) -> Result<Option<Published>, Error> {
    Ok(read(db, group, None, 1).await?.pop())
}

/// One version.
pub(super) async fn one(
    db: &mut PgConnection,
    group: &str,
    version: i32,
) -> Result<Option<Published>, Error> {
    let found = read(db, group, version.checked_add(1), 1).await?.pop();
    Ok(found.filter(|found| found.version == version))
}

pub(super) async fn insert_in_tx(
    tx: &mut PgConnection,
    new: &NewVersion<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into pricelist_version
            (id, group_code, version, content, author, published_at, note, restored_from)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.group,
        new.version,
        Json(new.content) as _,
        new.author,
        now,
        new.note,
        new.restored_from,
    )
    .execute(tx)
    .await?;
    Ok(())
}

impl Portal {
    /// The group of this code.
    pub async fn group(&self, _staff: &StaffViewer, code: &str) -> Result<Option<Group>, Error> {
        let group =
            sqlx::query_as!(Group, "select code, name from customer_group where code = $1", code,)
                .fetch_optional(&self.pool)
                .await?;
        Ok(group)
    }

    /// The versions of a group's pricelist below this number, the newest first; the second value
    /// is the number to go on with.
    pub async fn pricelist_versions(
        &self,
        _staff: &StaffViewer,
        group: &str,
        before: Option<i32>,
        limit: u16,
    ) -> Result<(Vec<VersionInfo>, Option<i32>), Error> {
        let mut db = self.pool.acquire().await?;
        let mut found = read(&mut db, group, before, i64::from(limit) + 1).await?;
        let more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let next = if more { found.last().map(|last| last.version) } else { None };
        Ok((found.iter().map(Published::info).collect(), next))
    }

    /// One version, and what bringing it back would change.
    pub async fn pricelist_version(
        &self,
        staff: &StaffViewer,
        group: &str,
        version: i32,
    ) -> Result<Option<VersionView>, Error> {
        let Some(group) = self.group(staff, group).await? else { return Ok(None) };
        let mut db = self.pool.acquire().await?;
        let Some(found) = one(&mut db, &group.code, version).await? else { return Ok(None) };
        let Some(now) = current(&mut db, &group.code).await? else { return Ok(None) };
        let plans = plans(&mut db, None).await?;
        let rows = board::rows(&plans, &found.content);
        let changes = board::changes(&board::rows(&plans, &now.content), rows.clone());
        Ok(Some(VersionView {
            group,
            info: found.info(),
            current: now.version,
            list: found.content,
            rows,
            changes,
            families: groups::families(&mut db).await?,
        }))
    }
}
