//! Customer groups: everybody in one pays the same prices.

use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{ByWhom, PUBLIC, board};
use crate::catalog::plans;
use crate::listing::{Listed, Paging, SortKey, push_beginning};
use crate::locale::Localized;
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// Everybody's group first, then by name.
pub const GROUPS_BY_NAME: SortKey = SortKey::text(
    "name",
    "(case when g.code = 'public' then '' else lower(g.name) end) collate \"C\"",
);
/// How many customers pay its prices.
pub const GROUPS_BY_CUSTOMERS: SortKey =
    SortKey::number("customers", "(select count(*) from customer c where c.group_code = g.code)");
/// What groups can be sorted by, the usual one first.
pub const GROUP_SORTS: [SortKey; 2] = [GROUPS_BY_NAME, GROUPS_BY_CUSTOMERS];

/// Customers who pay the same prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in addresses and in the database; `public` is everybody's.
    pub code: String,
    /// Its name for the staff.
    pub name: String,
}

/// A group with its pricelist at a glance.
#[derive(Debug, Clone)]
pub struct GroupSummary {
    /// The group.
    pub group: Group,
    /// Customers in it.
    pub customers: i64,
    /// The version in force, with its author.
    pub version: Option<(i32, ByWhom)>,
    /// Who is changing it.
    pub drafts: Vec<ByWhom>,
    /// Prices that cannot be sold: no rule, or below cost.
    pub unsold: usize,
}

/// A group that is to be.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Small letters, digits and hyphens.
    pub code: String,
    /// For the staff.
    pub name: String,
    /// The group whose prices it begins with.
    pub like: String,
}

/// Why there is no new group.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// This role may not set prices.
    #[error("not allowed")]
    Forbidden,
    /// Not 1 to 40 small letters, digits and hyphens.
    #[error("the code is not usable")]
    Code,
    /// There is a group with this code.
    #[error("the code is taken")]
    Taken,
    /// Not 1 to 80 characters.
    #[error("the name is not usable")]
    Name,
    /// There is no such group to begin with.
    #[error("no such group")]
    NoSuchGroup,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    number: i64,
    code: String,
    name: String,
    customers: i64,
    sort_key: String,
}

impl Portal {
    /// All customer groups, the public one first.
    pub async fn groups(&self, _staff: &StaffViewer) -> Result<Vec<Group>, Error> {
        let rows = sqlx::query_as!(
            Group,
            "select code, name from customer_group order by code <> 'public', name, code",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// Groups with their pricelists at a glance; a text is the beginning of a name or a code.
    pub async fn pricelists(
        &self,
        _staff: &StaffViewer,
        text: Option<&str>,
        paging: &Paging,
    ) -> Result<Listed<GroupSummary>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select g.number, g.code, g.name,
                    (select count(*) from customer c where c.group_code = g.code) as customers, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(" from customer_group g where ");
        match text {
            None => {
                query.push("true");
            }
            Some(text) => {
                query.push("(");
                push_beginning(&mut query, "lower(g.name) collate \"C\"", text);
                query.push(" or ");
                push_beginning(&mut query, "g.code collate \"C\"", text);
                query.push(")");
            }
        }
        paging.push(&mut query, paging.sort.column, "g.number");
        let mut db = self.pool.acquire().await?;
        let rows: Vec<GroupRow> = query.build_query_as().fetch_all(&mut *db).await?;
        let listed =
            Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), Ok::<_, Error>)?;
        let plans = plans(&mut db, None).await?;
        let mut summaries = Vec::with_capacity(listed.rows.len());
        for GroupRow { code, name, customers, .. } in listed.rows {
            let group = Group { code, name };
            let current = super::versions::current(&mut db, &group.code).await?;
            let drafts = sqlx::query!(
                "select u.email, d.updated_at from pricelist_draft d
                   join app_user u on u.id = d.author
                  where d.group_code = $1 order by d.updated_at desc",
                group.code,
            )
            .fetch_all(&mut *db)
            .await?
            .into_iter()
            .map(|row| ByWhom { author: Some(row.email), at: row.updated_at })
            .collect();
            let unsold = current.as_ref().map_or(0, |current| {
                let rows = board::rows(&plans, &current.content, None);
                rows.iter().filter(|row| row.result.is_err()).count()
            });
            summaries.push(GroupSummary {
                customers,
                version: current.map(|current| (current.version, current.by)),
                drafts,
                unsold,
                group,
            });
        }
        Ok(Listed { rows: summaries, next: listed.next })
    }

    /// Makes a group whose first pricelist is a copy of another group's.
    pub async fn create_group(
        &self,
        staff: &StaffViewer,
        new: &NewGroup,
    ) -> Result<(), GroupError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(GroupError::Forbidden);
        }
        let (code, name) = (new.code.trim(), new.name.trim());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if code.is_empty() || code.len() > 40 || !code.chars().all(plain) {
            return Err(GroupError::Code);
        }
        if name.is_empty() || name.chars().count() > 80 {
            return Err(GroupError::Name);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let like = super::versions::current(&mut tx, &new.like).await?;
        let like = like.ok_or(GroupError::NoSuchGroup)?;
        let made = sqlx::query!(
            "insert into customer_group (code, name, created_at) values ($1, $2, $3)
             on conflict do nothing",
            code,
            name,
            now,
        )
        .execute(&mut *tx)
        .await
        .map_err(Error::from)?
        .rows_affected();
        if made == 0 {
            return Err(GroupError::Taken);
        }
        let id = Uuid::now_v7();
        super::versions::insert_in_tx(
            &mut tx,
            &super::versions::NewVersion {
                id,
                group: code,
                version: 1,
                content: &like.content,
                author: staff.user,
                note: None,
                restored_from: None,
            },
            now,
        )
        .await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "pricelist.create",
            object_type: "pricelist",
            object_id: id,
            before: None,
            after: Some(json!({ "group": code, "name": name, "like": new.like })),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }
}

impl Group {
    /// Whether this is the group of guests.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.code == PUBLIC
    }
}

/// The catalogue's families with their names, in the order of the shelf.
pub(super) async fn families(db: &mut PgConnection) -> Result<Vec<(String, Localized)>, Error> {
    let rows = sqlx::query!(
        "select code, name as \"name: Json<Localized>\" from product_family order by position, code",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.name.0)).collect())
}
