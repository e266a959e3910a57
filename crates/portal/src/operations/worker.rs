use std::sync::Arc;
use std::time::Duration;

use domain::license::LicenseStatus;
use domain::operation::OperationState;
use ledger::{AccountKind, Cause, CauseKind, Transfer};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, watch};
use upstream::dialect::Dialect;
use upstream::outcome::{Evidence, Exchange, OrderOutcome};
use upstream::{Sighting, find_ours};
use uuid::Uuid;

use super::WAKE;
use super::store::{self, Change, Claimed};
use crate::clock::boot_time;
use crate::fault::{Step, crash_point};
use crate::orders::EventKind;
use crate::upstreams::{UpstreamAccount, dialect};
use crate::{Error, Portal, licenses};

/// What one step of the worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Something was due and is handled for now.
    Worked,
    /// Nothing is due.
    Idle,
}

/// How many operations one process carries out at one time; the vendors' own limits come on top.
const AT_ONCE: usize = 8;
/// The longest sleep, in case a notification is lost.
const POLL: Duration = Duration::from_secs(5);
/// The shortest sleep after a failure of our own database.
const PAUSE: Duration = Duration::from_millis(500);

/// Carries out what is due until `stop` says so; then finishes what is in flight.
///
/// Operations, licenses and the sign of life each have a loop of their own: a vendor that hangs
/// while a license is read holds up no order.
pub async fn run(portal: Portal, mut stop: watch::Receiver<bool>) {
    let others = [
        tokio::spawn(keep_pulse(portal.clone(), stop.clone())),
        tokio::spawn(read_licenses(portal.clone(), stop.clone())),
    ];
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut listener = None;
    while !*stop.borrow() {
        if listener.is_none() {
            listener = listen(&portal).await;
        }
        let pause = drain(&portal, &slots).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error.chain(), "the worker cannot reach its work; it will try again");
            listener = None;
            PAUSE
        });
        let woken = async {
            match &mut listener {
                // An error means a lost connection: listen anew.
                Some(listener) => listener.try_recv().await.is_ok_and(|note| note.is_some()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = woken => if !heard { listener = None },
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
    let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
    let _ = slots.acquire_many(all).await;
    for other in others {
        let _ = other.await;
    }
}

async fn listen(portal: &Portal) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(&portal.pool).await.ok()?;
    listener.listen(WAKE).await.ok()?;
    Some(listener)
}

/// Starts everything that is due and that there is room for; says how long to sleep.
async fn drain(portal: &Portal, slots: &Arc<Semaphore>) -> Result<Duration, Error> {
    // All hands are full: one of them will be free soon.
    while let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        let Some(op) = store::claim(&portal.pool, portal.clock.now()).await? else {
            let now = portal.clock.now();
            let wait = store::next_due(&portal.pool).await?.map_or(POLL, |due| {
                Duration::try_from(due - now).unwrap_or(Duration::from_millis(20))
            });
            return Ok(wait.clamp(Duration::from_millis(20), POLL));
        };
        let portal = portal.clone();
        tokio::spawn(async move {
            let id = op.id;
            if let Err(error) = portal.carry_out(op).await {
                // The lease runs out and the row is looked at again; nothing is lost.
                tracing::warn!(operation.id = %id, error = %error.chain(), "an operation is left to its lease");
            }
            drop(slot);
        });
    }
    Ok(PAUSE)
}

/// Reads licenses that are due: keys that are awaited, and everything once a day.
async fn read_licenses(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match portal.check_due_license().await {
            Ok(Done::Worked) => continue,
            Ok(Done::Idle) => {}
            Err(error) => tracing::warn!(error = %error.chain(), "licenses cannot be read now"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn keep_pulse(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = pulse(&portal).await {
            tracing::warn!(error = %error.chain(), "the worker cannot sign in");
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Says that a worker is alive, for `/readyz` of every replica.
async fn pulse(portal: &Portal) -> Result<(), Error> {
    sqlx::query!(
        "insert into worker_pulse (only_one, at) values (true, $1)
         on conflict (only_one) do update set at = greatest(worker_pulse.at, excluded.at)
          where worker_pulse.at < $1 - interval '2 seconds'",
        portal.clock.now(),
    )
    .execute(&portal.pool)
    .await?;
    Ok(())
}

/// Whether some worker, of this process or another, was alive within the last half minute.
pub async fn is_working(portal: &Portal) -> bool {
    let alive = sqlx::query_scalar!(
        "select exists(select 1 from worker_pulse where at > $1) as \"alive!\"",
        portal.clock.now() - Duration::from_secs(30),
    )
    .fetch_one(&portal.pool)
    .await;
    alive.unwrap_or(false)
}

impl Portal {
    /// Carries out one due operation or checks one due license; for tests and for `server work`.
    pub async fn work_once(&self) -> Result<Done, Error> {
        match store::claim(&self.pool, self.clock.now()).await? {
            Some(op) => {
                self.carry_out(op).await?;
                Ok(Done::Worked)
            }
            None => self.check_due_license().await,
        }
    }

    async fn carry_out(&self, op: Claimed) -> Result<(), Error> {
        crash_point(Step::Claimed);
        let account = self.upstream_account(op.upstream_account).await?;
        let dialect = dialect(&op.dialect)?;
        match op.state {
            OperationState::Planned => self.send(op, &account, dialect).await,
            OperationState::Unknown => self.verify(op, &account, dialect).await,
            // `claim` hands out nothing else.
            _ => Ok(()),
        }
    }

    /// Marks as sent, sends, and writes down what that proves.
    async fn send(
        &self,
        mut op: Claimed,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<(), Error> {
        // Waiting for a free slot comes before the promise, not after it.
        let Some(slot) = self.while_owned(&op, account, account.slot()).await? else {
            return Ok(());
        };
        let _slot = slot?;
        let promised = boot_time();
        let now = self.clock.now();
        if op.sent_at.is_some() && now - op.created_at > account.resend_within {
            // It was proved absent once, but too long ago to be sent again on that proof.
            let mut tx = self.pool.begin().await?;
            self.reject_in_tx(&mut tx, &op, "too old to be sent once more", now).await?;
            tx.commit().await?;
            return Ok(());
        }
        let request = dialect.order(&op.wish).to_string();
        let mut tx = self.pool.begin().await?;
        let sent = Change {
            sent: Some(now),
            lease_until: Some(now + account.lease),
            next_at: Some(now + account.lease),
            ..Change::default()
        };
        if !store::transition_in_tx(&mut tx, &op, OperationState::Sent, sent).await? {
            return Ok(());
        }
        store::attempt_in_tx(&mut tx, &op, &request, now).await?;
        store::event_in_tx(&mut tx, op.id, EventKind::Sent, None, now).await?;
        tx.commit().await?;
        op.state = OperationState::Sent;
        op.sent_at = Some(now);
        op.attempts += 1;
        crash_point(Step::Armed);

        let (outcome, exchange) = if boot_time().saturating_sub(promised) > account.send_deadline {
            // This process stood still; somebody may have judged the row meanwhile.
            let late = "too much time passed between the promise and the call";
            (OrderOutcome::NotSent(late.to_owned()), None)
        } else {
            let (outcome, exchange) = account.order(dialect, &op.wish).await;
            (outcome, Some(exchange))
        };
        crash_point(Step::Answered);
        self.record(&op, account, outcome, exchange.as_ref()).await
    }

    async fn record(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        outcome: OrderOutcome,
        exchange: Option<&Exchange>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let answer = exchange.map_or("", |exchange| exchange.evidence.0.as_str());
        let word = match &outcome {
            OrderOutcome::Confirmed(_) => "confirmed",
            OrderOutcome::Refused(_) => "refused",
            OrderOutcome::NotSent(_) => "not_sent",
            OrderOutcome::Unknown(_) => "unknown",
        };
        let note = match &outcome {
            OrderOutcome::NotSent(why) | OrderOutcome::Unknown(why) => format!("{why}\n{answer}"),
            OrderOutcome::Confirmed(_) | OrderOutcome::Refused(_) => answer.to_owned(),
        };
        let bought = match &outcome {
            OrderOutcome::Confirmed(id) => Some(id.as_str()),
            _ => None,
        };
        let note = store::Answer { outcome: word, text: note.trim(), upstream_id: bought };
        tracing::info!(operation.id = %op.id, outcome = word, upstream.id = bought, "the vendor was asked");
        let settled = self.settle(op, account, &outcome, &note, now).await;
        if !matches!(settled, Ok(true)) {
            // The verdict was not written, because of our database or because the operation has
            // another owner by now. The proof must not go with it: who verifies finds it.
            self.keep_answer(op, &note, now).await;
        }
        settled.map(drop)
    }

    /// Writes the answer down by itself, trying for a while.
    async fn keep_answer(&self, op: &Claimed, answer: &store::Answer<'_>, now: OffsetDateTime) {
        for _ in 0..20 {
            let kept = async {
                let mut db = self.pool.acquire().await?;
                store::answer_in_tx(&mut db, op, answer, now).await
            };
            match kept.await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(
                        operation.id = %op.id, upstream.id = answer.upstream_id,
                        error = %error.chain(), "an answer of the vendor is not written down yet"
                    );
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Writes the answer and what it means in one transaction; false if the operation has another
    /// owner by now and nothing was written.
    async fn settle(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        outcome: &OrderOutcome,
        answer: &store::Answer<'_>,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let mut tx = self.pool.begin().await?;
        store::answer_in_tx(&mut tx, op, answer, now).await?;
        let owned = match outcome {
            OrderOutcome::Confirmed(id) => {
                return self.confirm(tx, op, account, id, EventKind::Confirmed).await;
            }
            OrderOutcome::NotSent(why) => {
                let back = Change {
                    uncount: true,
                    next_at: Some(now + account.second_sighting),
                    ..Change::default()
                };
                let owned =
                    store::transition_in_tx(&mut tx, op, OperationState::Planned, back).await?;
                if owned {
                    store::event_in_tx(&mut tx, op.id, EventKind::NotSent, Some(why), now).await?;
                    if now - op.created_at > account.resend_within {
                        let planned = Claimed { state: OperationState::Planned, ..op.clone() };
                        self.reject_in_tx(&mut tx, &planned, why, now).await?;
                    }
                }
                owned
            }
            OrderOutcome::Refused(error) => {
                let unclear = Change {
                    refused: true,
                    vendor_message: Some(&error.message),
                    next_at: Some(now + account.quiet_window),
                    ..Change::default()
                };
                let owned =
                    store::transition_in_tx(&mut tx, op, OperationState::Unknown, unclear).await?;
                if owned {
                    let said = Some(error.message.as_str());
                    store::event_in_tx(&mut tx, op.id, EventKind::Refused, said, now).await?;
                }
                owned
            }
            OrderOutcome::Unknown(why) => {
                let unclear =
                    Change { next_at: Some(now + account.second_sighting), ..Change::default() };
                let owned =
                    store::transition_in_tx(&mut tx, op, OperationState::Unknown, unclear).await?;
                if owned {
                    store::event_in_tx(&mut tx, op.id, EventKind::Unclear, Some(why), now).await?;
                }
                owned
            }
        };
        if owned {
            tx.commit().await?;
        }
        Ok(owned)
    }

    /// Waits for something while keeping the operation: the lease is prolonged as long as it takes.
    /// None when the operation was lost meanwhile.
    async fn while_owned<T>(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>, Error> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(Some(done)),
                () = tokio::time::sleep(account.lease / 3) => {
                    let until = self.clock.now() + account.lease;
                    if !store::prolong(&self.pool, op, until).await? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads the vendor to find out what happened.
    async fn verify(
        &self,
        op: Claimed,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<(), Error> {
        // An answer that came too late for its owner is still proof.
        if let Some(id) = store::confirmed_answer(&self.pool, op.id).await? {
            let tx = self.pool.begin().await?;
            return self.confirm(tx, &op, account, &id, EventKind::Found).await.map(drop);
        }
        // What is seen is true of the moment before the reading began.
        let looked_at = self.clock.now();
        let Some(listed) = self.while_owned(&op, account, account.list(dialect)).await? else {
            return Ok(());
        };
        let looked = match listed {
            Err(failure) => Err(failure.to_string()),
            Ok((rows, evidence)) => {
                let known = store::known_licenses(&self.pool, account.id, op.id).await?;
                let complete =
                    known.is_empty() || known.iter().any(|id| rows.iter().any(|row| row.id == *id));
                match find_ours(rows, &op.wish.reference) {
                    // A list without a single one of our licenses is filtered or somebody else's.
                    Sighting::Absent if !complete => {
                        Err("the list shows none of our licenses".to_owned())
                    }
                    sighting => Ok((sighting, evidence)),
                }
            }
        };
        crash_point(Step::Looked);
        let now = looked_at;
        let later = Some(now + account.second_sighting);
        let mut tx = self.pool.begin().await?;
        let stay = Change {
            next_at: later,
            absent_since: op.absent_since,
            refused: op.refused,
            ..Change::default()
        };
        match looked {
            Err(failure) => {
                tracing::info!(operation.id = %op.id, %failure, "the vendor's list cannot be read yet");
                self.stay_in_tx(&mut tx, &op, stay).await?;
            }
            Ok((Sighting::Several(ids), evidence)) => {
                let detail = format!("the vendor has it several times: {}", ids.join(", "));
                self.review_in_tx(&mut tx, &op, &detail, &evidence, now).await?;
            }
            Ok((Sighting::Found(license), evidence)) => match license.status {
                // Ordered but not paid yet may become active; only time tells.
                Some(LicenseStatus::Ordered) if now - op.created_at < account.resend_within => {
                    self.stay_in_tx(&mut tx, &op, stay).await?;
                }
                Some(status) if !is_bought(status) => {
                    let detail = format!("found as no. {}, but {}", license.id, status.as_str());
                    self.review_in_tx(&mut tx, &op, &detail, &evidence, now).await?;
                }
                _ => {
                    return self
                        .confirm(tx, &op, account, &license.id, EventKind::Found)
                        .await
                        .map(drop);
                }
            },
            Ok((Sighting::Absent, _)) => {
                // The call may have begun as late as the deadline allows.
                let quiet_after = op.sent_at.unwrap_or(op.created_at)
                    + account.send_deadline
                    + account.call_timeout
                    + account.quiet_window;
                match op.absent_since {
                    // It may still appear: this sighting proves nothing.
                    _ if now < quiet_after => {
                        self.stay_in_tx(&mut tx, &op, Change { absent_since: None, ..stay })
                            .await?;
                    }
                    None => {
                        let seen = Change { absent_since: Some(now), ..stay };
                        if self.stay_in_tx(&mut tx, &op, seen).await? {
                            store::event_in_tx(&mut tx, op.id, EventKind::Absent, None, now)
                                .await?;
                        }
                    }
                    Some(first) if now < first + account.second_sighting => {
                        let soon = Some(first + account.second_sighting);
                        self.stay_in_tx(&mut tx, &op, Change { next_at: soon, ..stay }).await?;
                    }
                    Some(_) => {
                        let again = !op.refused
                            && op.attempts < account.max_attempts
                            && now - op.created_at < account.resend_within;
                        if again {
                            let plan = Change { next_at: Some(now), ..Change::default() };
                            let to = OperationState::Planned;
                            if store::transition_in_tx(&mut tx, &op, to, plan).await? {
                                let event = EventKind::Resend;
                                store::event_in_tx(&mut tx, op.id, event, None, now).await?;
                            }
                        } else {
                            let why = "seen absent at the vendor twice after the quiet window";
                            self.reject_in_tx(&mut tx, &op, why, now).await?;
                        }
                    }
                }
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn stay_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        change: Change<'_>,
    ) -> Result<bool, Error> {
        store::transition_in_tx(tx, op, op.state, change).await
    }

    /// The license, the capture, the cost and the verdict, in one transaction; false if the
    /// operation has another owner by now and nothing was written.
    async fn confirm(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        op: &Claimed,
        account: &UpstreamAccount,
        upstream_id: &str,
        event: EventKind,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let new = licenses::NewLicense {
            id: Uuid::now_v7(),
            customer: op.customer,
            order: op.order,
            plan: op.plan,
            upstream_account: account.id,
            upstream_id,
            wish: &op.wish,
            name: op.name.as_deref(),
            addons: &op.addons,
        };
        if !licenses::insert_in_tx(&mut tx, &new, now).await? {
            // The number belongs to another order of ours, or the order has another license.
            tracing::error!(operation.id = %op.id, upstream.id = upstream_id, "a license stands in the way");
            let detail = format!("no. {upstream_id} collides with a license that we have");
            let owned = self.review_in_tx(&mut tx, op, &detail, &Evidence::default(), now).await?;
            tx.commit().await?;
            return Ok(owned);
        }
        let confirmed = Change {
            finished_at: Some(now),
            upstream_id: Some(upstream_id),
            license: Some(new.id),
            refused: op.refused,
            ..Change::default()
        };
        if !store::transition_in_tx(&mut tx, op, OperationState::Confirmed, confirmed).await? {
            return Ok(false);
        }
        let cause = |reason: &str| Cause {
            kind: CauseKind::Operation,
            id: op.id,
            actor: None,
            reason: reason.to_owned(),
        };
        if let Some(hold) = op.hold {
            let why = cause("the vendor confirmed");
            ledger::capture_in_tx(&mut tx, Uuid::now_v7(), hold, None, why, now).await?;
        }
        if !op.cost.is_zero() {
            let currency = op.cost.currency();
            let near = op.customer;
            let cost = ledger::house_account_in_tx(
                &mut tx,
                AccountKind::CostOfSales,
                None,
                currency,
                near,
                now,
            )
            .await?;
            let owner = Some(account.id);
            let prepaid = ledger::house_account_in_tx(
                &mut tx,
                AccountKind::UpstreamPrepaid,
                owner,
                currency,
                near,
                now,
            )
            .await?;
            let transfer = Transfer {
                id: Uuid::now_v7(),
                debit: cost,
                credit: prepaid,
                amount: op.cost,
                cause: cause("cost at the vendor"),
            };
            ledger::post_in_tx(&mut tx, &transfer, now).await?;
        }
        store::event_in_tx(&mut tx, op.id, event, Some(upstream_id), now).await?;
        crash_point(Step::Confirming);
        tx.commit().await?;
        crash_point(Step::Confirmed);
        tracing::info!(operation.id = %op.id, upstream.id = upstream_id, "an order is confirmed");
        Ok(true)
    }

    async fn reject_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        why: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let rejected = Change { finished_at: Some(now), refused: op.refused, ..Change::default() };
        if !store::transition_in_tx(tx, op, OperationState::Rejected, rejected).await? {
            return Ok(());
        }
        if let Some(hold) = op.hold {
            let cause = Cause {
                kind: CauseKind::Operation,
                id: op.id,
                actor: None,
                reason: "nothing was bought".to_owned(),
            };
            ledger::release_in_tx(tx, Uuid::now_v7(), hold, cause, now).await?;
        }
        store::event_in_tx(tx, op.id, EventKind::Rejected, Some(why), now).await
    }

    async fn review_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        why: &str,
        evidence: &Evidence,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        if op.state == OperationState::Sent {
            let unknown = Change::default();
            if !store::transition_in_tx(tx, op, OperationState::Unknown, unknown).await? {
                return Ok(false);
            }
        }
        let op = Claimed { state: OperationState::Unknown, ..op.clone() };
        let change = Change { refused: op.refused, ..Change::default() };
        let owned = store::transition_in_tx(tx, &op, OperationState::Review, change).await?;
        if owned {
            let detail = format!("{why}\n{}", evidence.0);
            store::event_in_tx(tx, op.id, EventKind::Review, Some(detail.trim()), now).await?;
            tracing::error!(operation.id = %op.id, why, "an operation needs a person");
        }
        Ok(owned)
    }
}

const fn is_bought(status: LicenseStatus) -> bool {
    matches!(status, LicenseStatus::Active | LicenseStatus::Processing | LicenseStatus::Suspended)
}
