//! Terms that were paid for here and that their vendor shows no more: found whenever a license is read,
//! and given back by a person, after which the license can be renewed from the same day once more.

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

/// A license's last day as its vendor shows it now.
pub(crate) struct ShownEnd<'a> {
    pub license: Uuid,
    pub account: Uuid,
    /// The vendor's number of it.
    pub upstream_id: &'a str,
    pub is: Date,
}

/// Notes paid terms that begin on the last day or later: the vendor does not give them. A whole term
/// is looked for; a day that is off by less has ends that only a person can judge.
pub(crate) async fn note_in_tx(
    tx: &mut PgConnection,
    shown: &ShownEnd<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    // Shown again, or one that was given back by somebody meanwhile.
    let missing = missing_in_tx(tx, shown.license, shown.is, now - LAG).await?;
    let Some(first) = missing.first() else {
        sqlx::query!(
            "update upstream_finding
                set resolved_at = $2, resolution = 'reversed', last_seen_at = $2
              where license_id = $1 and kind = 'taken_back' and resolved_at is null",
            shown.license,
            now,
        )
        .execute(tx)
        .await?;
        return Ok(());
    };
    let evidence = format!("paid from {} on, at the vendor until {}", first.term, shown.is);
    sqlx::query!(
        "insert into upstream_finding
            (id, upstream_account_id, kind, upstream_id, license_id, evidence, first_seen_at,
             last_seen_at, term, until)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
         on conflict (upstream_account_id, kind, upstream_id)
            where resolution is null or resolution = 'dismissed'
         do update set last_seen_at = excluded.last_seen_at, term = excluded.term,
                       until = greatest(upstream_finding.until, excluded.until)",
        Uuid::now_v7(),
        shown.account,
        FindingKind::TakenBack.as_str(),
        shown.upstream_id,
        shown.license,
        evidence,
        now,
        shown.is,
        missing.iter().filter_map(Missing::end).max().unwrap_or(shown.is),
    )
    .execute(tx)
    .await?;
    tracing::warn!(license.id = %shown.license, is = %shown.is,
        "the vendor does not show a term that is paid for");
    Ok(())
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

/// The renewals, done before a time, whose terms begin on this last day or later; the earliest first.
async fn missing_in_tx(
    tx: &mut PgConnection,
    license: Uuid,
    last_day: Date,
    done_before: OffsetDateTime,
) -> Result<Vec<Missing>, Error> {
    Ok(sqlx::query_as!(
        Missing,
        "select id as \"operation!\", term as \"term!\", (change ->> 'period')::smallint as \"period!\"
           from renewals_not_given($1, $2, $3) order by term",
        license,
        last_day,
        done_before,
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
            "select l.id as license, l.customer_id, f.term as \"term!\"
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
        let missing = missing_in_tx(&mut tx, found.license, found.term, now).await?;
        if missing.is_empty() {
            return Err(RemedyError::NotOpen);
        }
        for Missing { operation, .. } in missing {
            sqlx::query!("update operation set taken_back_at = $2 where id = $1", operation, now)
                .execute(&mut *tx)
                .await?;
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
