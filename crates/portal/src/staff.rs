//! Who works at the desk, and as what. Members are made at the command line
//! ([`Portal::create_staff`]); owners change their roles and take their access away.

use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::listing::{Listed, Paging, SortKey, push_beginning};
use crate::people::{Permission, StaffRole, StaffViewer};
use crate::{Error, Portal, audit};

const EMAIL: &str = "lower(u.email) collate \"C\"";
/// Their address.
pub const BY_EMAIL: SortKey = SortKey::text("name", EMAIL);
/// When they were made.
pub const BY_NUMBER: SortKey = SortKey::number("joined", "u.number");
/// What members can be sorted by, the usual one first.
pub const SORTS: [SortKey; 2] = [BY_EMAIL, BY_NUMBER];

/// Which members are listed.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    /// The beginning of their address.
    pub text: Option<String>,
    /// What they may do.
    pub role: Option<StaffRole>,
    /// Those who may not sign in, or the others.
    pub disabled: Option<bool>,
}

/// A member of the staff.
#[derive(Debug, Clone)]
pub struct Member {
    /// The user.
    pub id: Uuid,
    /// The address they sign in with.
    pub email: String,
    /// What they may do.
    pub role: StaffRole,
    /// When they were made.
    pub created_at: OffsetDateTime,
    /// When they were last here.
    pub last_seen_at: Option<OffsetDateTime>,
    /// Since when they may not sign in.
    pub disabled_at: Option<OffsetDateTime>,
    /// Nobody else can manage the staff, so that they stay what they are.
    pub last_owner: bool,
}

/// Why a member was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// This role may not do that.
    #[error("not allowed")]
    Forbidden,
    /// There is no such member.
    #[error("no such member")]
    NoSuchMember,
    /// Somebody else has changed the member since the form was made.
    #[error("changed meanwhile")]
    Changed,
    /// Nobody could manage the staff afterwards.
    #[error("the last owner stays")]
    LastOwner,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for StaffError {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        if constraint == Some("staff_last_owner") {
            return Self::LastOwner;
        }
        Self::Internal(error.into())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    email: String,
    staff_role: String,
    created_at: OffsetDateTime,
    last_seen_at: Option<OffsetDateTime>,
    disabled_at: Option<OffsetDateTime>,
    last_owner: bool,
    sort_key: String,
}

impl Row {
    fn read(self) -> Result<Member, Error> {
        Ok(Member {
            role: read_role(&self.staff_role)?,
            id: self.id,
            email: self.email,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            disabled_at: self.disabled_at,
            last_owner: self.last_owner,
        })
    }
}

struct Before {
    role: StaffRole,
    disabled: bool,
}

impl Portal {
    /// Who works at the desk.
    pub async fn staff_members(
        &self,
        staff: &StaffViewer,
        filter: &MemberFilter,
        paging: &Paging,
    ) -> Result<Listed<Member>, StaffError> {
        if !staff.role.may(Permission::ManageStaff) {
            return Err(StaffError::Forbidden);
        }
        let mut query = QueryBuilder::<Postgres>::new(
            "select u.id, u.number, u.email, u.staff_role, u.created_at, u.last_seen_at,
                    u.disabled_at,
                    u.staff_role = 'owner' and u.disabled_at is null and not exists (
                        select from app_user o
                         where o.staff_role = 'owner' and o.disabled_at is null and o.id <> u.id)
                        as last_owner, ",
        );
        query.push(paging.sort.selected(paging.sort.column));
        query.push(" from app_user u where u.staff_role is not null");
        if let Some(text) = &filter.text {
            query.push(" and ");
            push_beginning(&mut query, EMAIL, text);
        }
        if let Some(role) = filter.role {
            query.push(" and u.staff_role = ").push_bind(role.as_str());
        }
        query.push(match filter.disabled {
            None => "",
            Some(true) => " and u.disabled_at is not null",
            Some(false) => " and u.disabled_at is null",
        });
        paging.push(&mut query, paging.sort.column, "u.number");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Ok(Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), Row::read)?)
    }

    /// Who works at the desk, by name only: whose deeds the audit can be searched for.
    pub async fn staff_names(&self, _staff: &StaffViewer) -> Result<Vec<(Uuid, String)>, Error> {
        let rows = sqlx::query!(
            "select id, email from app_user where staff_role is not null order by email limit 500"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.email)).collect())
    }

    /// Gives a member another role; `was` is the role that the form showed.
    pub async fn set_staff_role(
        &self,
        staff: &StaffViewer,
        member: Uuid,
        was: StaffRole,
        role: StaffRole,
    ) -> Result<(), StaffError> {
        if !staff.role.may(Permission::ManageStaff) {
            return Err(StaffError::Forbidden);
        }
        let mut tx = self.pool.begin().await?;
        let before = lock_in_tx(&mut tx, member).await?;
        if before.role != was {
            return Err(StaffError::Changed);
        }
        if role == was {
            return Ok(());
        }
        if was == StaffRole::Owner && !before.disabled {
            keep_an_owner_in_tx(&mut tx, member).await?;
        }
        sqlx::query!("update app_user set staff_role = $2 where id = $1", member, role.as_str())
            .execute(&mut *tx)
            .await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "staff.role",
            object_type: "user",
            object_id: member,
            before: Some(json!({ "role": was.as_str() })),
            after: Some(json!({ "role": role.as_str() })),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a member's access away, everywhere and at once, or gives it back.
    pub async fn set_staff_disabled(
        &self,
        staff: &StaffViewer,
        member: Uuid,
        disabled: bool,
    ) -> Result<(), StaffError> {
        if !staff.role.may(Permission::ManageStaff) {
            return Err(StaffError::Forbidden);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let before = lock_in_tx(&mut tx, member).await?;
        if before.disabled == disabled {
            return Ok(());
        }
        if disabled && before.role == StaffRole::Owner {
            keep_an_owner_in_tx(&mut tx, member).await?;
        }
        sqlx::query!(
            "update app_user set disabled_at = $2 where id = $1",
            member,
            disabled.then_some(now),
        )
        .execute(&mut *tx)
        .await?;
        if disabled {
            sqlx::query!("delete from session where user_id = $1", member)
                .execute(&mut *tx)
                .await?;
        }
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: if disabled { "staff.disable" } else { "staff.enable" },
            object_type: "user",
            object_id: member,
            before: Some(json!({ "disabled": before.disabled })),
            after: Some(json!({ "disabled": disabled })),
            reason: None,
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn lock_in_tx(tx: &mut PgConnection, member: Uuid) -> Result<Before, StaffError> {
    let row = sqlx::query!(
        "select staff_role as \"role!\", disabled_at from app_user
          where id = $1 and staff_role is not null for no key update",
        member,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(StaffError::NoSuchMember)?;
    Ok(Before { role: read_role(&row.role)?, disabled: row.disabled_at.is_some() })
}

/// Whether somebody else can manage the staff; the database asks again (`staff_last_owner`), for
/// two owners who do this to each other at once.
async fn keep_an_owner_in_tx(tx: &mut PgConnection, member: Uuid) -> Result<(), StaffError> {
    let another = sqlx::query_scalar!(
        "select exists(select 1 from app_user
                        where staff_role = 'owner' and disabled_at is null and id <> $1) as \"any!\"",
        member,
    )
    .fetch_one(tx)
    .await?;
    if another { Ok(()) } else { Err(StaffError::LastOwner) }
}

fn read_role(word: &str) -> Result<StaffRole, Error> {
    StaffRole::from_word(word).ok_or_else(|| Error::unreadable("app_user", word))
}
