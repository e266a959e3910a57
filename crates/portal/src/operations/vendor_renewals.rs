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

/// When one that the wallet lacked the money for is tried again.
const AGAIN: Duration = Duration::hours(6);

/// A license's last day as our books have it and as its vendor shows it.
#[derive(Clone, Copy)]
pub(crate) struct ShownEnd<'a> {
    pub license: Uuid,
    pub account: Uuid,
    /// The vendor's number of it.
    pub upstream_id: &'a str,
    pub was: Date,
    pub is: Date,
}

/// Notes that the vendor has renewed a license by itself, if that is so. What no machine can tell the
/// meaning of is for a person (`by_person`): a stopped license, whose term began on the day of the
/// renewal, or a term that a person has settled.
pub(crate) async fn note_renewed_in_tx(
    tx: &mut PgConnection,
    shown: &ShownEnd<'_>,
    by_person: bool,
    now: OffsetDateTime,
) -> Result<(), Error> {
    // The vendor may take it back before it was charged.
    sqlx::query!(
        "update upstream_finding
            set until = least(until, $2::date), last_seen_at = $3::timestamptz,
                resolved_at = case when $2::date <= term then $3::timestamptz end,
                resolution = case when $2::date <= term then 'reversed' end
          where license_id = $1 and kind = 'renewed' and resolved_at is null and until > $2::date",
        shown.license,
        shown.is,
        now,
    )
    .execute(&mut *tx)
    .await?;
    if (shown.is - shown.was).whole_days() < licenses::LEAST_DAYS.into() {
        return Ok(());
    }
    let evidence = format!("until {} by our books, until {} at the vendor", shown.was, shown.is);
    // A second term that is seen before the first one was charged makes the first finding longer.
    sqlx::query!(
        "insert into upstream_finding
            (id, upstream_account_id, kind, upstream_id, license_id, evidence, first_seen_at,
             last_seen_at, term, until, by_person)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
         on conflict (upstream_account_id, kind, upstream_id)
            where resolution is null or resolution = 'dismissed'
         do update set last_seen_at = excluded.last_seen_at, until = excluded.until,
                       by_person = upstream_finding.by_person or excluded.by_person,
                       evidence = upstream_finding.evidence || E'\\n' || excluded.evidence",
        Uuid::now_v7(),
        shown.account,
        FindingKind::Renewed.as_str(),
        shown.upstream_id,
        shown.license,
        evidence,
        now,
        shown.was,
        shown.is,
        by_person,
    )
    .execute(tx)
    .await?;
    tracing::warn!(license.id = %shown.license, was = %shown.was, is = %shown.is,
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
    /// The license's own term.
    period: Period,
    /// What its plan is sold for.
    sold: Vec<Period>,
    term: Date,
    until: Date,
    is_open: bool,
    /// It was seen again, longer.
    grown: bool,
    /// Plan or counts became others since: what the term costs is not known any more.
    replanned: bool,
}

/// More terms than this are never behind.
const MOST_TERMS: usize = 36;

/// The term that the vendor began on this day, and the day on which the next one began if it has begun
/// several. One of another length than the license's own is taken if the plan is sold for it; what
/// fits nothing is for a person. What was seen to grow (`grown`) is several terms rather than a long one.
fn began(
    (term, until): (Date, Date),
    own: Period,
    sold: &[Period],
    grown: bool,
) -> Option<(Period, Option<Date>)> {
    let near = |day: Date| (day - until).whole_days().abs() <= licenses::NEAR_DAYS.into();
    let all = || std::iter::once(own).chain(sold.iter().copied());
    let once = |period: Period| licenses::term_end(term, period).filter(|day| near(*day));
    let single = || all().find_map(|period| once(period).map(|_| (period, None)));
    let several = || all().find_map(|period| Some((period, Some(first_of(term, period, near)?))));
    if once(own).is_some() {
        return Some((own, None));
    }
    if grown { several().or_else(single) } else { single().or_else(several) }
}

/// The end of the first of several terms that lead to a day that is near enough.
fn first_of(term: Date, period: Period, near: impl Fn(Date) -> bool) -> Option<Date> {
    let first = licenses::term_end(term, period)?;
    let mut day = first;
    for _ in 0..MOST_TERMS {
        day = licenses::term_end(day, period)?;
        if near(day) {
            return Some(first);
        }
    }
    None
}

impl Portal {
    /// Charges one term of a license that was bought so that the vendor renews it, if one is due.
    pub(crate) async fn charge_due_renewal(&self) -> Result<Done, Error> {
        let now = self.clock.now();
        // Whoever takes it puts it off, so that what cannot be charged does not stand in the way.
        let due = sqlx::query_scalar!(
            "update upstream_finding set next_try_at = $2
              where id = (select f.id from upstream_finding f
                            join license l on l.id = f.license_id
                           where f.kind = 'renewed' and f.resolved_at is null and l.renews_there and not f.by_person
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
        let found = find_in_tx(&mut tx, finding).await?;
        // Somebody may have settled it meanwhile.
        let Some(found) = found.filter(|found| found.is_open) else { return Ok(Done::Worked) };
        let unpaid = Unpaid { license: found.license, term: found.term };
        match self.charge_renewal(tx, &found, None).await {
            Ok(()) => {}
            Err(ChangeError::Internal(error)) => return Err(error),
            Err(ChangeError::NotEnough { missing: total, .. }) => {
                let (_, missing) = self.shortfall(found.customer, total).await?;
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
            ChangeError::TooLate => RemedyError::Busy,
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
        let (period, next) =
            began((found.term, found.until), found.period, &found.sold, found.grown)
                .filter(|_| !found.replanned)
                .ok_or(ChangeError::NoPrice)?;
        let renewal = DoneRenewal {
            customer: found.customer,
            group: &found.group,
            user: by,
            license: found.license,
            period,
            term: found.term,
        };
        let operation = licenses::plan_done_renewal_in_tx(&mut tx, &renewal, now).await?;
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
            // It is paid already.
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
                f.term as \"term!\", f.until as \"until!\", f.resolved_at is null as \"is_open!\", f.last_seen_at > f.first_seen_at as \"grown!\",
                exists (select from operation x
                         where x.license_id = l.id and x.kind in ('change_plan', 'addons')
                           and x.state not in ('rejected', 'cancelled')
                           and (x.finished_at is null or x.finished_at >= f.first_seen_at))
                    as \"replanned!\",
                array(select t.period from plan_period t
                       where t.plan_id = l.plan_id and t.period > 0 order by t.period) as \"sold!\"
           from upstream_finding f
           join license l on l.id = f.license_id
           join customer c on c.id = l.customer_id
          where f.id = $1 and f.kind = 'renewed' for update of f",
        finding,
    )
    .fetch_optional(tx)
    .await?;
    let period =
        |code: i16| Period::try_from(code).map_err(|error| Error::unreadable("license", error));
    row.map(|row| {
        Ok(Found {
            finding,
            account: row.upstream_account_id,
            license: row.license,
            customer: row.customer,
            group: row.group_code,
            period: period(row.period)?,
            sold: row.sold.into_iter().map(period).collect::<Result<_, _>>()?,
            term: row.term,
            until: row.until,
            is_open: row.is_open,
            grown: row.grown,
            replanned: row.replanned,
        })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn what_a_vendor_began_is_told_by_its_end() {
        let start = date!(2026 - 12 - 31);
        let sold = [Period::MONTH, Period::YEAR];
        for (until, own, found) in [
            (date!(2027 - 01 - 31), Period::MONTH, Some((Period::MONTH, None))),
            // Vendors count the short month in their own ways.
            (date!(2027 - 02 - 03), Period::MONTH, Some((Period::MONTH, None))),
            // The license is renewed by the year here, and the vendor's switch says a month.
            (date!(2027 - 01 - 31), Period::YEAR, Some((Period::MONTH, None))),
            (date!(2027 - 12 - 31), Period::MONTH, Some((Period::YEAR, None))),
            (
                date!(2027 - 02 - 28),
                Period::MONTH,
                Some((Period::MONTH, Some(date!(2027 - 01 - 31)))),
            ),
            // From another day than ours, or for nothing that is sold: a person looks at it.
            (date!(2027 - 01 - 20), Period::MONTH, None),
            (date!(2027 - 01 - 31), Period::Lifetime, Some((Period::MONTH, None))),
            (date!(2027 - 03 - 15), Period::Trial, None),
        ] {
            assert_eq!(began((start, until), own, &sold, false), found, "{until} {own}");
        }
        // Three months that were not paid are no quarter, and twelve no year.
        let quarter = Period::try_from(3).unwrap();
        let until = date!(2027 - 03 - 31);
        let of = |own, grown| began((start, until), own, &[Period::MONTH, quarter], grown);
        assert_eq!(of(Period::MONTH, false), Some((quarter, None)));
        assert_eq!(of(Period::MONTH, true), Some((Period::MONTH, Some(date!(2027 - 01 - 31)))));
        // A license by the year whose vendor goes by the month.
        let until = date!(2027 - 02 - 28);
        let found = began((start, until), Period::YEAR, &sold, true);
        assert_eq!(found, Some((Period::MONTH, Some(date!(2027 - 01 - 31)))));
    }
}
