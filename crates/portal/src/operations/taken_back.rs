//! Terms that were paid for here and that their vendor shows no more: found when a license is read, and
//! given back by a person, after which the license can be renewed from the same day once more. Until a
//! person has looked at it, nothing more is charged for a term of it.

use domain::Period;
use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use super::findings::{FindingKind, RemedyError};
use super::store;
use crate::orders::EventKind;
use crate::people::StaffViewer;
use crate::wallet::{self, RefundError};
use crate::{Error, Portal, licenses};

/// A list may lag behind a renewal for so long.
const LAG: Duration = Duration::days(2);
/// What was put right otherwise is asked about again after so long, if it is as it was.
const AGAIN: Duration = Duration::days(7);
/// The shortest term is a month: a last day that moves by less was corrected.
const SHORTEST: Duration = Duration::days(15);

/// A license's last day as our books have it and as its vendor shows it.
pub(crate) struct ShownEnd<'a> {
    pub license: Uuid,
    pub account: Uuid,
    /// The vendor's number of it.
    pub upstream_id: &'a str,
    pub was: Date,
    pub is: Date,
}

/// A renewal whose term is not there.
struct Missing {
    operation: Uuid,
    term: Date,
    period: i16,
}

impl Missing {
    /// Where its term would end.
    fn end(&self) -> Option<Date> {
        licenses::term_end(self.term, Period::try_from(self.period).ok()?)
    }
}

/// Notes paid terms that the vendor does not show: the last day has moved back before them, or has not
/// moved on for days. A whole term is looked for; a day that is off by less is for nobody but a person.
pub(crate) async fn note_in_tx(
    tx: &mut PgConnection,
    shown: &ShownEnd<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    // Shown again. Whoever settles it at this moment is waited for, and what they did is seen below.
    sqlx::query!(
        "update upstream_finding
            set last_seen_at = $3, term = $2::date,
                resolved_at = case when $2::date >= until - $4::int then $3::timestamptz end,
                resolution = case when $2::date >= until - $4::int then 'reversed' end
          where license_id = $1 and kind = 'taken_back' and resolved_at is null",
        shown.license,
        shown.is,
        now,
        licenses::NEAR_DAYS,
    )
    .execute(&mut *tx)
    .await?;
    let missing = missing_in_tx(tx, shown, now).await?;
    let Some(first) = missing.first() else { return Ok(()) };
    let evidence = format!(
        "paid from {} on; at the vendor until {} before, until {} now",
        first.term, shown.was, shown.is
    );
    let operations: Vec<Uuid> = missing.iter().map(|missing| missing.operation).collect();
    let until = missing.iter().filter_map(Missing::end).max().unwrap_or(shown.was);
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
        until,
        &operations,
    )
    .execute(tx)
    .await?;
    tracing::warn!(license.id = %shown.license, was = %shown.was, is = %shown.is,
        "the vendor does not show a term that is paid for");
    Ok(())
}

/// Paid terms that begin on the last day or later, the earliest first: those that the day has just left
/// behind, or one from this very day that it should have moved on for by now. A change of plan begins a
/// term of its own and ends theirs.
async fn missing_in_tx(
    tx: &mut PgConnection,
    shown: &ShownEnd<'_>,
    now: OffsetDateTime,
) -> Result<Vec<Missing>, Error> {
    Ok(sqlx::query_as!(
        Missing,
        "select x.id as operation, x.term as \"term!\", (x.change ->> 'period')::smallint as \"period!\"
           from operation x
          where x.license_id = $1 and x.kind = 'renew' and x.state = 'confirmed'
            and x.taken_back_at is null
            and ($3 and x.term >= $4 or abs(x.term - $2::date) <= $7 and x.finished_at < $5)
            and not exists (select from operation p
                             where p.license_id = x.license_id and p.kind = 'change_plan'
                               and p.state = 'confirmed' and p.finished_at >= x.finished_at)
            and ($3 or not exists (select from upstream_finding f
                                    where f.license_id = x.license_id and f.resolution = 'borne'
                                      and x.id = any(f.operations) and f.resolved_at >= $6))
          order by x.term",
        shown.license,
        shown.is,
        shown.was - shown.is >= SHORTEST,
        shown.is - Duration::days(licenses::NEAR_DAYS.into()),
        now - LAG,
        now - AGAIN,
        licenses::NEAR_DAYS,
    )
    .fetch_all(tx)
    .await?)
}

impl Portal {
    /// Gives back what the terms of a finding had cost, as far as it was not given back before, in the
    /// transaction of whoever says so. From then on they can be bought again.
    pub(super) async fn give_terms_back(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        finding: Uuid,
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
