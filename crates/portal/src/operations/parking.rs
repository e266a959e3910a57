//! Our own money at a vendor: looked at before something is bought, and after an error; what it
//! does not suffice for is parked with its hold and goes on by itself after a top-up.
//!
//! Whether money is missing is told by the balance alone, never by the words of an error. A balance
//! that cannot be read proves nothing: then the order itself will tell.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::operation::OperationState;
use domain::{Currency, Money};
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store::{self, Claimed, Moved};
use super::worker::Done;
use crate::fault::Step;
use crate::locale::Locale;
use crate::mail::{self, Letter, Template};
use crate::orders::EventKind;
use crate::people::StaffViewer;
use crate::upstreams::UpstreamAccount;
use crate::{Error, Portal};

/// How long a balance that was read is relied on.
const FRESH: Duration = Duration::from_mins(1);
/// How often a balance is read that nothing waits for.
const EVERY: Duration = Duration::from_mins(10);

/// What is known of the money at a vendor without asking: the last reading less what was sent since.
/// Every process has its own; it only saves questions, and what it gets wrong the vendor refuses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Purse(Arc<Mutex<Option<(Money, Duration)>>>);

impl Purse {
    /// Sets this much aside if it is there for sure.
    pub(super) fn covers(&self, cost: Money, uptime: Duration) -> bool {
        if cost.is_zero() {
            return true;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((balance, read)) = known.as_mut() else { return false };
        let left = balance.checked_sub(cost).ok().filter(|left| !left.is_negative());
        match left {
            Some(left) if uptime.saturating_sub(*read) < FRESH => {
                *balance = left;
                true
            }
            _ => false,
        }
    }

    fn note(&self, balance: Money, uptime: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((balance, uptime));
    }

    /// Something spoke against it: the vendor is asked before anything else is sent.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Whether our money at the vendor suffices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Funds {
    /// As far as can be told.
    Enough,
    /// It does not; this is all there is.
    Low(Money),
}

/// Money at a vendor, for the desk.
#[derive(Debug, Clone)]
pub struct Treasury {
    /// Our login there.
    pub account: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it showed last, and when; none if it was never read.
    pub balance: Option<(Money, OffsetDateTime)>,
    /// It is below what somebody wants to be warned of.
    pub low: bool,
    /// It did not answer lately and is left alone: since when, until when, and why.
    pub paused: Option<(OffsetDateTime, OffsetDateTime, String)>,
    /// How many operations wait for money.
    pub parked: i64,
    /// What they cost there together.
    pub needed: Money,
}

impl Portal {
    /// Whether the vendor has enough of our money for this operation; sets it aside.
    pub(super) async fn funds(&self, op: &Claimed, account: &UpstreamAccount) -> Funds {
        if account.purse.covers(op.cost, self.clock.uptime()) {
            return Funds::Enough;
        }
        let asked_at = self.clock.uptime();
        match account.read_balance().await {
            None => Funds::Enough,
            Some(Err(failure)) => {
                tracing::info!(operation.id = %op.id, %failure, "the balance cannot be read");
                Funds::Enough
            }
            Some(Ok(balance)) => {
                account.purse.note(balance, asked_at);
                if account.purse.covers(op.cost, asked_at) {
                    Funds::Enough
                } else {
                    Funds::Low(balance)
                }
            }
        }
    }

    /// Parks what was not sent, because the vendor has too little of our money.
    pub(super) async fn park(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        balance: Money,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        keep_balance_in_tx(&mut tx, account, balance, now).await?;
        self.park_in_tx(&mut tx, op, account, now).await?;
        tx.commit().await?;
        self.faults.reach(Step::Parked).await;
        Ok(())
    }

    /// Parks what certainly did not happen, and tells whoever can top up.
    pub(super) async fn park_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        account: &UpstreamAccount,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let parked = Moved { short: true, ..Moved::default() };
        if !store::transition_in_tx(tx, op, OperationState::Parked, parked).await? {
            return Ok(());
        }
        store::event_in_tx(tx, op.id, EventKind::Parked, None, now).await?;
        sqlx::query!(
            "update upstream_account
                set balance_next_at = least(coalesce(balance_next_at, $2), $2) where id = $1",
            account.id,
            now + account.second_sighting,
        )
        .execute(&mut *tx)
        .await?;
        tracing::warn!(operation.id = %op.id, upstream = account.name, "the vendor has too little of our money");
        let args = json!({ "vendor": account.name });
        let event = format!("low {}", now.date());
        tell_staff_in_tx(tx, account, (Template::VendorBalance, &event), &args, now).await
    }

    /// Reads one balance that is due, and lets go on what it suffices for.
    pub(crate) async fn check_due_balance(&self) -> Result<Done, Error> {
        let now = self.clock.now();
        let due = sqlx::query_scalar!(
            "update upstream_account
                set balance_lease_until = $1 + lease_ms * interval '1 millisecond'
              where id = (select id from upstream_account
                           where enabled and balance_function is not null
                             and (balance_next_at is null or balance_next_at <= $1)
                             and (balance_lease_until is null or balance_lease_until <= $1)
                           order by balance_next_at nulls first limit 1 for update skip locked)
             returning id",
            now,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(id) = due else { return Ok(Done::Idle) };
        let account = self.upstream_account(id).await?;
        let asked_at = self.clock.uptime();
        let read = account.read_balance().await;
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        match read {
            Some(Ok(balance)) => {
                account.purse.note(balance, asked_at);
                keep_balance_in_tx(&mut tx, &account, balance, now).await?;
                resume_in_tx(&mut tx, &account, balance, now).await?;
            }
            Some(Err(failure)) => {
                tracing::info!(upstream = account.name, %failure, "the balance cannot be read");
            }
            None => {}
        }
        sqlx::query!(
            "update upstream_account u
                set balance_lease_until = null,
                    balance_next_at = case when exists (
                        select from operation x
                         where x.upstream_account_id = u.id and x.state = 'parked')
                    then $2::timestamptz else $3::timestamptz end
              where id = $1",
            id,
            now + account.second_sighting,
            now + EVERY,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.bell.ring();
        Ok(Done::Worked)
    }

    /// Our money at every vendor, and what waits for more of it.
    pub async fn treasury(&self, _staff: &StaffViewer) -> Result<Vec<Treasury>, Error> {
        let rows = sqlx::query!(
            "select u.id, u.slug, u.name, u.currency, u.balance, u.balance_at,
                    coalesce(u.balance < u.low_balance, false) as \"low!\",
                    s.since as \"since?\", s.retry_at as \"retry_at?\", s.why as \"why?\",
                    coalesce(p.parked, 0) as \"parked!\", coalesce(p.needed, 0) as \"needed!\"
               from upstream_account u
               left join upstream_pause s on s.upstream_account_id = u.id
               left join (select upstream_account_id, count(*) as parked, sum(cost)::bigint as needed
                            from operation where state = 'parked' group by 1) p
                 on p.upstream_account_id = u.id
              order by u.name"
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let currency = Currency::from_code(&row.currency)
                    .ok_or_else(|| Error::unreadable("upstream_account", &row.currency))?;
                let balance = row.balance.map(|amount| Money::new(amount, currency));
                Ok(Treasury {
                    account: row.id,
                    slug: row.slug,
                    name: row.name,
                    balance: balance.zip(row.balance_at),
                    low: row.low,
                    paused: row
                        .since
                        .zip(row.retry_at)
                        .zip(row.why)
                        .map(|((since, until), why)| (since, until, why)),
                    parked: row.parked,
                    needed: Money::new(row.needed, currency),
                })
            })
            .collect()
    }
}

/// Writes down what a vendor has of our money, and tells the staff when it falls below what they want
/// to be told of: once, until it was enough again.
async fn keep_balance_in_tx(
    tx: &mut PgConnection,
    account: &UpstreamAccount,
    balance: Money,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let fell = sqlx::query_scalar!(
        "update upstream_account
            set balance = $2, balance_at = $3,
                low_told_at = case when $2 < low_balance then coalesce(low_told_at, $3) end
          where id = $1 and (balance_at is null or balance_at <= $3)
         returning case when low_told_at = $3 then low_balance end",
        account.id,
        balance.amount(),
        now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .flatten();
    let Some(threshold) = fell else { return Ok(()) };
    let args = json!({
        "vendor": account.name,
        "balance": balance.to_string(),
        "threshold": Money::new(threshold, balance.currency()).to_string(),
    });
    let event = format!("low since {}", now.unix_timestamp());
    tell_staff_in_tx(tx, account, (Template::VendorBalanceLow, &event), &args, now).await
}

/// Plans again what the balance suffices for, the oldest first. Nobody owns what is parked.
async fn resume_in_tx(
    tx: &mut PgConnection,
    account: &UpstreamAccount,
    balance: Money,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let resumed = sqlx::query_scalar!(
        "with queue as (
            select id, sum(cost) over (order by created_at, number) as until_here
              from operation where upstream_account_id = $1 and state = 'parked'
         ), planned as (
            update operation x
               set state = 'planned', generation = generation + 1, next_at = $3, counts_from = $3,
                   short = false
              from queue
             where queue.id = x.id and queue.until_here <= $2 and x.state = 'parked'
            returning x.id
         )
         insert into operation_event (operation_id, at, event)
         select id, $3, $4 from planned returning operation_id",
        account.id,
        rust_decimal::Decimal::from(balance.amount()),
        now,
        EventKind::Resumed.as_str(),
    )
    .fetch_all(tx)
    .await?;
    if !resumed.is_empty() {
        tracing::info!(upstream = account.name, count = resumed.len(), "there is money again");
    }
    Ok(())
}

/// One mail per event to everybody who may top up.
async fn tell_staff_in_tx(
    tx: &mut PgConnection,
    account: &UpstreamAccount,
    (template, event): (Template, &str),
    args: &Value,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let staff = sqlx::query!(
        "select email, locale from app_user
          where staff_role in ('owner', 'support') and disabled_at is null"
    )
    .fetch_all(&mut *tx)
    .await?;
    for member in staff {
        let letter = Letter {
            template,
            object: account.id,
            event,
            recipient: &member.email,
            locale: Locale::from_tag(&member.locale).unwrap_or_default(),
            args: args.clone(),
        };
        mail::enqueue_in_tx(tx, &letter, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purse_never_promises_more_than_was_seen() {
        let eur = |amount| Money::new(amount, Currency::EUR);
        let (purse, start) = (Purse::default(), Duration::from_secs(1000));
        assert!(purse.covers(eur(0), start), "what is free needs nothing");
        assert!(!purse.covers(eur(1), start), "nothing was read yet");
        purse.note(eur(10), start);
        assert!(purse.covers(eur(6), start));
        assert!(!purse.covers(eur(6), start), "it was set aside");
        assert!(purse.covers(eur(4), start + Duration::from_secs(59)));
        purse.note(eur(10), start);
        assert!(!purse.covers(eur(1), start + FRESH), "too old");
        purse.note(eur(-5), start);
        assert!(!purse.covers(eur(1), start));
        purse.note(eur(10), start);
        purse.forget();
        assert!(!purse.covers(eur(1), start));
    }
}
