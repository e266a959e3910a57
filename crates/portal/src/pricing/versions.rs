//! Published versions: reading them, and writing the next one.

use domain::pricelist::Pricelist;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::board::{self, PriceChange, PriceRow};
use super::{ByWhom, Group, PUBLIC, groups};
use crate::audit::ActorFilter;
use crate::catalog::plans;
use crate::listing::{Days, Listed, Paging, SortKey};
use crate::locale::Localized;
use crate::people::StaffViewer;
use crate::{Error, Portal};

/// The order in which they were published.
pub const VERSIONS_BY_NUMBER: SortKey = SortKey::number("version", "v.version");
/// What versions can be sorted by.
pub const VERSION_SORTS: [SortKey; 1] = [VERSIONS_BY_NUMBER];

/// Which versions are listed.
#[derive(Debug, Clone, Default)]
pub struct VersionFilter {
    /// Whose.
    pub author: Option<ActorFilter>,
    /// When they were published.
    pub days: Days,
}

/// A version in the list of versions.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// The version.
    pub info: VersionInfo,
    /// Whether customers pay by it.
    pub in_force: bool,
}

/// A version at a glance.
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

/// The public list, which limits what any other group is charged for modules.
pub(super) async fn limit_of(
    db: &mut PgConnection,
    group: &str,
) -> Result<Option<Pricelist>, Error> {
    if group == PUBLIC {
        return Ok(None);
    }
    Ok(current(db, PUBLIC).await?.map(|public| public.content))
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

#[derive(sqlx::FromRow)]
struct Row {
    version: i32,
    published_at: OffsetDateTime,
    author: Option<String>,
    note: Option<String>,
    restored_from: Option<i32>,
    rules: i32,
    in_force: bool,
    sort_key: String,
}

impl Row {
    fn read(self) -> Result<VersionRow, Error> {
        let rules = usize::try_from(self.rules)
            .map_err(|error| Error::unreadable("pricelist_version", error))?;
        let info = VersionInfo {
            version: self.version,
            by: ByWhom { author: self.author, at: self.published_at },
            note: self.note,
            restored_from: self.restored_from,
            rules,
        };
        Ok(VersionRow { info, in_force: self.in_force })
    }
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

    /// The versions of a group's pricelist.
    pub async fn pricelist_versions(
        &self,
        _staff: &StaffViewer,
        group: &str,
        filter: &VersionFilter,
        paging: &Paging,
    ) -> Result<Listed<VersionRow>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select v.version, v.published_at, u.email as author, v.note, v.restored_from,
                    jsonb_array_length(v.content -> 'rules') as rules,
                    v.version = (select max(n.version) from pricelist_version n
                                  where n.group_code = v.group_code) as in_force, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(
            " from pricelist_version v left join app_user u on u.id = v.author
              where v.group_code = ",
        );
        query.push_bind(group.to_owned());
        match filter.author {
            None => {}
            Some(ActorFilter::Nobody) => {
                query.push(" and v.author is null");
            }
            Some(ActorFilter::User(user)) => {
                query.push(" and v.author = ").push_bind(user);
            }
        }
        filter.days.push(&mut query, "v.published_at");
        paging.push(&mut query, paging.sort.column, "v.version");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(rows, paging, |row| (i64::from(row.version), row.sort_key.as_str()), Row::read)
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
        let public = limit_of(&mut db, &group.code).await?;
        let rows = board::rows(&plans, &found.content, public.as_ref());
        let before = board::rows(&plans, &now.content, public.as_ref());
        let changes = board::changes(&before, rows.clone());
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
