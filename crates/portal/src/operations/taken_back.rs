//! Terms that were paid for here and that their vendor shows no more: found when a license is read, and
//! given back by a person, after which the license can be renewed from the same day once more. Until a
//! person has looked at it, nothing more is charged for a term of it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::findings::{FindingKind, Remedy, RemedyError};
use super::store;
use super::vendor_renewals::ShownEnd;
use crate::orders::EventKind;
use crate::people::StaffViewer;
use crate::wallet::{self, RefundError};
use crate::{Error, Portal, licenses};

/// Notes paid terms that the vendor does not show: the last day has moved back and falls short of one,
/// or has not moved on to it for days.
pub(crate) async fn note_taken_back_in_tx(
    tx: &mut PgConnection,
    shown: &ShownEnd<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    // What is shown again is no part of it any more. Whoever settles it at this moment is waited for,
    // and what they did is seen below.
    sqlx::query!(
        "with owed as (
            select array_agg(t.operation) as operations, max(t.ends) as until
              from paid_terms($1) t
              join upstream_finding f on f.license_id = $1 and f.kind = 'taken_back'
               and f.resolved_at is null and t.operation = any(f.operations)
             where t.ends > $2::date + $4::int
         )
         update upstream_finding f
            set last_seen_at = $3, term = $2::date, until = coalesce(owed.until, f.until),
                operations = coalesce(owed.operations, f.operations),
                resolved_at = case when owed.operations is null then $3::timestamptz end,
                resolution = case when owed.operations is null then 'reversed' end
           from owed
          where f.license_id = $1 and f.kind = 'taken_back' and f.resolved_at is null",
        shown.license,
        shown.is,
        now,
        licenses::LEAST_DAYS,
    )
    .execute(&mut *tx)
    .await?;
    let has_moved_back = (shown.was - shown.is).whole_days() >= licenses::LEAST_DAYS.into();
    let owed = sqlx::query!(
        "select array_agg(operation) as operations, min(starts) as starts, max(ends) as ends
           from paid_terms($1)
          where kind = 'renew' and ends > $2::date + $3::int
            and ($4 and ends <= $5::date + $6::int or finished_at < $7)",
        shown.license,
        shown.is,
        licenses::LEAST_DAYS,
        has_moved_back,
        shown.was,
        licenses::NEAR_DAYS,
        now - licenses::LAG,
    )
    .fetch_one(&mut *tx)
    .await?;
    let (Some(operations), Some(starts), Some(ends)) = (owed.operations, owed.starts, owed.ends)
    else {
        return Ok(());
    };
    let evidence = format!(
        "paid from {starts} to {ends}; at the vendor until {} before, until {} now",
        shown.was, shown.is
    );
    sqlx::query!(
        "insert into upstream_finding
            (id, upstream_account_id, kind, upstream_id, license_id, evidence, first_seen_at,
             last_seen_at, term, until, operations)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
         on conflict (upstream_account_id, kind, upstream_id)
            where resolution is null or resolution = 'dismissed'
         do update set until = greatest(upstream_finding.until, excluded.until),
                       operations = array(select unnest(upstream_finding.operations)
                                          union select unnest(excluded.operations))",
        Uuid::now_v7(),
        shown.account,
        FindingKind::TakenBack.as_str(),
        shown.upstream_id,
        shown.license,
        evidence,
        now,
        shown.is,
        ends,
        &operations,
    )
    .execute(tx)
    .await?;
    tracing::warn!(license.id = %shown.license, was = %shown.was, is = %shown.is,
        "the vendor does not show a term that is paid for");
    Ok(())
}

impl Portal {
    /// Settles the terms of a finding in the transaction of whoever says so: from then on they can be
    /// bought again. What they had cost is given back, as far as it was not before, unless they are put
    /// right otherwise.
    pub(super) async fn settle_terms(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        finding: Uuid,
        remedy: Remedy,
        staff: &StaffViewer,
        reason: &str,
    ) -> Result<(), RemedyError> {
        let now = self.clock.now();
        let found = sqlx::query!(
            "select l.id as license, l.customer_id, f.operations as \"operations!\"
               from upstream_finding f join license l on l.id = f.license_id
              where f.id = $1 and f.kind = 'taken_back'",
            finding,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(RemedyError::NotOpen)?;
        // One thing of a customer at a time, as with every change.
        sqlx::query!(
            "select 1 as one from customer where id = $1 for no key update",
            found.customer_id
        )
        .fetch_one(&mut *tx)
        .await?;
        // What was planned before it was found may be this very term.
        let busy = sqlx::query_scalar!(
            "select exists (select from operation
                             where license_id = $1 and finished_at is null
                               and kind in ('renew', 'change_plan')) as \"busy!\"",
            found.license,
        )
        .fetch_one(&mut *tx)
        .await?;
        if busy {
            return Err(RemedyError::Busy);
        }
        let taken = sqlx::query_scalar!(
            "update operation set taken_back_at = $2
              where id = any($1) and taken_back_at is null returning id",
            &found.operations,
            now,
        )
        .fetch_all(&mut *tx)
        .await?;
        for operation in taken {
            if remedy == Remedy::Dismiss {
                let event = EventKind::Decided;
                store::event_in_tx(&mut tx, operation, event, Some(reason), now).await?;
                continue;
            }
            store::event_in_tx(&mut tx, operation, EventKind::TakenBack, None, now).await?;
            // Where it was free or is given back, there is nothing left to give.
            let id = Uuid::new_v5(&finding, operation.as_bytes());
            let given =
                wallet::give_back_rest_in_tx(&mut tx, staff, id, operation, reason, now).await;
            given.map_err(|error| match error {
                RefundError::Internal(error) => RemedyError::Internal(error),
                // Somebody gave it back at the same time.
                _ => RemedyError::NotOpen,
            })?;
        }
        tx.commit().await?;
        Ok(())
    }
}
