//! Who changed what, before and after. Rows are never changed (trigger `audit_immutable`).

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Error;

/// One line of the audit.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The user who did it; none for the portal itself.
    pub actor: Option<Uuid>,
    /// `area.verb`, such as `wallet.credit`.
    pub action: &'a str,
    /// The sort of object.
    pub object_type: &'a str,
    /// The object.
    pub object_id: Uuid,
    /// Before, if it existed.
    pub before: Option<Value>,
    /// After, if it still exists.
    pub after: Option<Value>,
    /// Why, where a person must say.
    pub reason: Option<&'a str>,
}

/// Writes a line in the transaction of the change itself.
pub async fn write_in_tx(
    tx: &mut PgConnection,
    entry: Entry<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into audit (at, actor, action, object_type, object_id, before, after, reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        now,
        entry.actor,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.before,
        entry.after,
        entry.reason,
    )
    .execute(tx)
    .await?;
    Ok(())
}
