//! Terms that a vendor began by itself: seen at the license's last day, which moved on without us,
//! and charged to whoever has it. Nothing is sent for them; the vendor has taken our money already.

use domain::Period;
use domain::operation::OperationState;
use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use super::findings::{FindingKind, RemedyError};
use super::steps::Proof;
use super::store;
use super::worker::Done;
use crate::licenses::{self, ChangeError, DoneRenewal, Unpaid};
use crate::orders::EventKind;
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal};

/// The shortest term is a month: a last day that moved by less was corrected, not renewed.
const SHORTEST: Duration = Duration::days(15);
/// When one that the wallet lacked the money for is tried again.
const AGAIN: Duration = Duration::hours(6);

/// A license's last day as our books have it and as its vendor shows it.
pub(crate) struct Moved<'a> {
    pub license: Uuid,
    pub account: Uuid,
    /// The vendor's number of it.
    pub upstream_id: &'a str,
    pub was: Date,
    pub is: Date,
}

/// Notes that the vendor has renewed a license by itself, if that is so.
pub(crate) async fn note_in_tx(
    tx: &mut PgConnection,
    moved: &Moved<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if moved.is - moved.was < SHORTEST {
        return Ok(());
    }
    let evidence = format!("until {} by our books, until {} at the vendor", moved.was, moved.is);
    // A second term that is seen before the first one was charged makes the first finding longer.
    sqlx::query!(
        "insert into upstream_finding
            (id, upstream_account_id, kind, upstream_id, license_id, evidence, first_seen_at,
             last_seen_at, term, until)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
         on conflict (upstream_account_id, kind, upstream_id)
            where resolution is null or resolution = 'dismissed'
         do update set last_seen_at = excluded.last_seen_at, until = excluded.until,
                       evidence = upstream_finding.evidence || E'\\n' || excluded.evidence",
        Uuid::now_v7(),
        moved.account,
        FindingKind::Renewed.as_str(),
        moved.upstream_id,
        moved.license,
        evidence,
        now,
        moved.was,
        moved.is,
    )
    .execute(tx)
    .await?;
    tracing::warn!(license.id = %moved.license, was = %moved.was, is = %moved.is,
        "the vendor has renewed a license by itself");
    Ok(())
}

/// A finding that is to be charged, and its license.
struct Found {
    finding: Uuid,
    account: Uuid,
    license: Uuid,
    customer: Uuid,
    group: String,
    period: Period,
    term: Date,
    until: Date,
}

impl Portal {
    /// Charges one renewal of an account that renews there, if one is due.
    pub(crate) async fn charge_due_renewal(&self) -> Result<Done, Error> {
        let now = self.clock.now();
        // Whoever takes it puts it off, so that what cannot be charged does not stand in the way.
        let due = sqlx::query_scalar!(
            "update upstream_finding set next_try_at = $2
              where id = (select f.id from upstream_finding f
                            join upstream_account u on u.id = f.upstream_account_id
                           where f.kind = 'renewed' and f.resolved_at is null and u.renews_there
                             and (f.next_try_at is null or f.next_try_at <= $1)
                           order by f.number limit 1 for update of f skip locked)
             returning id",
            now,
            now + AGAIN,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(finding) = due else { return Ok(Done::Idle) };
        let mut tx = self.pool.begin().await?;
        let Some(found) = find_in_tx(&mut tx, finding).await? else { return Ok(Done::Worked) };
        let unpaid = Unpaid { license: found.license, term: found.term };
        match self.charge_renewal(tx, &found, None).await {
            Ok(()) => {}
            Err(ChangeError::Internal(error)) => return Err(error),
            Err(ChangeError::NotEnough { missing, .. }) => {
                self.tell_unpaid(&unpaid, missing, now).await?;
            }
            Err(refused) => {
                tracing::warn!(license.id = %unpaid.license, %refused, "a term cannot be charged");
            }
        }
        Ok(Done::Worked)
    }

    /// Charges it because a person says so, in their transaction.
    pub(super) async fn charge_found_renewal(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        finding: Uuid,
        by: Uuid,
    ) -> Result<(), RemedyError> {
        let found = find_in_tx(&mut tx, finding).await?.ok_or(RemedyError::NotOpen)?;
        self.charge_renewal(tx, &found, Some(by)).await.map_err(|error| match error {
            ChangeError::NotEnough { .. } => RemedyError::NotEnough,
            ChangeError::Internal(error) => RemedyError::Internal(error),
            _ => RemedyError::NoPrice,
        })
    }

    /// One term: its price is taken, an operation says what for, and the finding is settled or begins
    /// where that term ends. All of it or nothing.
    async fn charge_renewal(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        found: &Found,
        by: Option<Uuid>,
    ) -> Result<(), ChangeError> {
        let now = self.clock.now();
        let account = self.upstream_account_in_tx(&mut tx, found.account).await?;
        let renewal = DoneRenewal {
            customer: found.customer,
            group: &found.group,
            user: by,
            license: found.license,
            period: found.period,
            term: found.term,
        };
        let operation = licenses::plan_done_renewal_in_tx(&mut tx, &renewal, now).await?;
        let next = licenses::later(found.term, found.period)
            .filter(|next| found.until - *next >= SHORTEST);
        sqlx::query!(
            "update upstream_finding
                set term = coalesce($2, term), next_try_at = null,
                    resolved_at = case when $2::date is null then coalesce(resolved_at, $3) end,
                    resolved_by = case when $2::date is null then resolved_by end,
                    reason = case when $2::date is null then reason end,
                    resolution = case when $2::date is null then coalesce(resolution, 'charged') end
              where id = $1",
            found.finding,
            next,
            now,
        )
        .execute(&mut *tx)
        .await?;
        let Some(operation) = operation else {
            // It is planned or done already: whoever asked for it pays for it.
            tx.commit().await?;
            return Ok(());
        };
        self.carry_out_in_tx(tx, operation, &account, now).await?;
        Ok(())
    }

    async fn carry_out_in_tx(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        operation: Uuid,
        account: &UpstreamAccount,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let op = store::take_in_tx(&mut tx, operation, now + account.lease).await?.read()?;
        debug_assert_eq!(op.state, OperationState::Planned);
        // The row is ours alone: nobody can have taken it from us within the transaction.
        self.confirm(tx, &op, account, &Proof::Done, EventKind::Found).await?;
        Ok(())
    }
}

async fn find_in_tx(tx: &mut PgConnection, finding: Uuid) -> Result<Option<Found>, Error> {
    let row = sqlx::query!(
        "select f.upstream_account_id, l.id as license, l.period, c.id as customer, c.group_code,
                f.term as \"term!\", f.until as \"until!\"
           from upstream_finding f
           join license l on l.id = f.license_id
           join customer c on c.id = l.customer_id
          where f.id = $1 and f.kind = 'renewed' for update of f",
        finding,
    )
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        Ok(Found {
            finding,
            account: row.upstream_account_id,
            license: row.license,
            customer: row.customer,
            group: row.group_code,
            period: Period::try_from(row.period)
                .map_err(|error| Error::unreadable("license", error))?,
            term: row.term,
            until: row.until,
        })
    })
    .transpose()
}
