//! Sessions at rest. The key is the SHA-256 of the cookie's id; the cookie itself is never stored.

use serde_json::Value;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::people::{Viewer, ViewerRow};
use crate::{Error, Portal};

/// A session that nobody uses for this long is over.
pub const IDLE: Duration = Duration::days(14);
/// No session lives longer than this.
pub const ABSOLUTE: Duration = Duration::days(60);
/// How often using a session is written down.
const TOUCH: Duration = Duration::minutes(5);

/// A stored session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What the session holds.
    pub data: Value,
    /// When it ends if it is not used.
    pub expires_at: OffsetDateTime,
}

impl Portal {
    /// Stores a new session; false if the key is taken.
    pub async fn session_create(&self, key: &[u8; 32], data: &Value) -> Result<bool, Error> {
        let now = self.clock.now();
        let rows = sqlx::query!(
            "insert into session (key, user_id, data, created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $4, $5) on conflict do nothing",
            key.as_slice(),
            user_of(data),
            data,
            now,
            now + IDLE,
        )
        .execute(&self.pool)
        .await?
        .rows_affected();
        Ok(rows == 1)
    }

    /// Changes a session that still exists: a revoked one is not brought back.
    pub async fn session_save(&self, key: &[u8; 32], data: &Value) -> Result<(), Error> {
        sqlx::query!(
            "update session set user_id = $2, data = $3 where key = $1",
            key.as_slice(),
            user_of(data),
            data,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Who a session that is still good belongs to, a guest if to nobody; none if it is over. Using
    /// it keeps it alive.
    pub async fn session_viewer(&self, key: &[u8; 32]) -> Result<Option<Viewer>, Error> {
        let now = self.clock.now();
        let row = sqlx::query!(
            "select s.user_id, s.last_seen_at, u.email as \"email?\", u.email_verified_at,
                    u.staff_role, u.locale as \"locale?\", c.id as \"customer?\",
                    c.group_code as \"group?\"
               from session s
               left join app_user u on u.id = s.user_id and u.disabled_at is null
               left join customer c on c.id = u.customer_id and c.blocked_at is null
              where s.key = $1 and s.expires_at > $2 and s.created_at > $3",
            key.as_slice(),
            now,
            now - ABSOLUTE,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.last_seen_at < now - TOUCH {
            sqlx::query!(
                "update session set last_seen_at = $2, expires_at = $3 where key = $1",
                key.as_slice(),
                now,
                now + IDLE,
            )
            .execute(&self.pool)
            .await?;
            if let Some(user) = row.user_id {
                self.seen(user, now).await?;
            }
        }
        let (Some(user), Some(email), Some(locale)) = (row.user_id, row.email, row.locale) else {
            return Ok(Some(Viewer::Guest));
        };
        Ok(Some(Viewer::from(ViewerRow {
            user,
            email,
            email_verified: row.email_verified_at.is_some(),
            staff_role: row.staff_role,
            locale,
            customer: row.customer.zip(row.group),
        })))
    }

    /// A session that is still good.
    pub async fn session_load(&self, key: &[u8; 32]) -> Result<Option<Stored>, Error> {
        let now = self.clock.now();
        let row = sqlx::query!(
            "select data, expires_at from session
              where key = $1 and expires_at > $2 and created_at > $3",
            key.as_slice(),
            now,
            now - ABSOLUTE,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| Stored { data: row.data, expires_at: row.expires_at }))
    }

    /// Ends a session.
    pub async fn session_delete(&self, key: &[u8; 32]) -> Result<(), Error> {
        sqlx::query!("delete from session where key = $1", key.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Throws away what ran out, with spent throttles and proofs; called now and then.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        sqlx::query!(
            "delete from session where expires_at < $1 or created_at < $2",
            now,
            now - ABSOLUTE
        )
        .execute(&self.pool)
        .await?;
        sqlx::query!("delete from throttle where updated_at < $1", now - Duration::days(1))
            .execute(&self.pool)
            .await?;
        sqlx::query!("delete from email_proof where expires_at < $1", now - Duration::days(7))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// The name under which a session holds its user.
pub const USER_KEY: &str = "user";

fn user_of(data: &Value) -> Option<Uuid> {
    data.get(USER_KEY)?.as_str()?.parse().ok()
}
