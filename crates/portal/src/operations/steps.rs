//! The steps of one operation, whatever it does: promise, send, write down, look, judge.
//!
//! What differs between a purchase and a change of a license stands in [`super::purchase`] and
//! [`super::change`]: how the vendor is looked at, and what a confirmation writes.

use domain::operation::OperationState;
use ledger::{AccountKind, Cause, CauseKind, Transfer};
use sqlx::PgConnection;
use time::OffsetDateTime;
use upstream::Call;
use upstream::dialect::{Action, Dialect, Item};
use upstream::effect::Before;
use upstream::outcome::{Evidence, Exchange, Outcome};
use upstream::purchase::Stage;
use uuid::Uuid;

use super::inbox::Shown;
use super::parking::Funds;
use super::store::{self, Claimed, Moved, Task};
use super::worker::PAUSE;
use crate::fault::{Step, Weakness};
use crate::orders::EventKind;
use crate::upstreams::{Slot, UpstreamAccount};
use crate::{Error, Portal, licenses};

/// Why a person has what no function does.
pub(super) const BY_HAND: &str = "to be carried out at the vendor by hand";

/// What a success brings with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// It is done; there is nothing to it but that.
    Done,
    /// The vendor's number of what was bought.
    Number(String),
    /// It lies in the basket, unpaid.
    Item(Item),
    /// A person did it and says what there is now; of a purchase with the vendor's number.
    Shown(Option<String>, Shown),
}

impl Proof {
    fn number(&self) -> Option<&str> {
        match self {
            Self::Done => None,
            Self::Number(number) => Some(number),
            Self::Item(item) => Some(&item.id),
            Self::Shown(number, _) => number.as_deref(),
        }
    }
}

/// What a look at the vendor shows.
pub(super) enum Seen {
    /// It happened.
    Happened(Proof),
    /// It has not happened as far as can be seen.
    NotYet,
    /// Nothing can be told now; in words.
    Nothing(String),
    /// It contradicts itself; a person decides.
    Contradiction(String, Evidence),
}

/// What is seen at the vendor right before a call, by which its effect is told afterwards.
pub(super) enum Beforehand {
    /// The license that it changes.
    License(Before),
    /// The numbers in the list that the license appears in.
    List(Vec<String>),
}

/// The index that lets only one order be under way of a family whose list shows no marks.
const ALONE: &str = "operation_alone";
/// When another one looks again whether it is its turn.
const TURN: std::time::Duration = std::time::Duration::from_secs(5);

/// What is left to do before an operation is sent.
pub(super) enum Ready {
    /// Send this call; what it is sent to is like this before it.
    Go(Call, Option<Beforehand>),
    /// The vendor has it so already.
    Already(Proof),
    /// It must not be sent any more; in words.
    Stale(String),
    /// The vendor cannot be looked at now; in words.
    Later(String),
    /// Another order of the family is under way.
    Turn,
    /// It may be there already: a person decides; in words.
    Unclear(String),
}

/// An operation in the hands of this worker, with all that it takes to carry it out.
pub(super) struct Hand {
    pub op: Claimed,
    account: UpstreamAccount,
    /// It is marked as sent already.
    promise: Option<Promise>,
}

/// The committed word that this call may be on the wire from now on.
struct Promise {
    call: Call,
    /// On the clock that never jumps, from before the commit.
    given: std::time::Duration,
    _slot: Slot,
}

impl Portal {
    /// Takes one due operation, of an account that is none of these. What needs no look at the vendor before is marked as sent in the
    /// same transaction.
    pub(super) async fn claim(&self, except: &[Uuid]) -> Result<Option<Hand>, Error> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let claimed = store::claim_in_tx(&mut tx, now, except).await?;
        let Some(claimed) = claimed else { return Ok(None) };
        let ready = match claimed {
            Ok(op) => self
                .upstream_account_in_tx(&mut tx, op.upstream_account)
                .await
                .map(|account| (op, account)),
            Err(error) => Err(error),
        };
        let (mut op, account) = match ready {
            Ok(ready) => ready,
            Err(error) => {
                // It stays with its lease, so that it does not stand in the way of the others.
                tx.commit().await?;
                return Err(error);
            }
        };
        if self.faults.lacks(Weakness::NoGenerationGuard) {
            op.guard = store::Guard::Nothing;
        }
        let promise = match self.call_at_once(&op, &account) {
            Some((call, slot)) => {
                self.promise_in_tx(&mut tx, &mut op, &account, call, None, slot).await?
            }
            None => None,
        };
        tx.commit().await?;
        self.faults.reach(if promise.is_some() { Step::Armed } else { Step::Claimed }).await;
        Ok(Some(Hand { op, account, promise }))
    }

    pub(super) async fn carry_out(&self, hand: Hand) -> Result<(), Error> {
        let Hand { op, account, promise } = hand;
        let Some(dialect) = account.dialect(op.dialect) else {
            return self.hand_over(op, &account).await;
        };
        let dialect = dialect.as_ref();
        match (op.state, promise) {
            (_, Some(promise)) => self.keep_promise(&op, &account, dialect, promise).await,
            (OperationState::Planned, None) => self.send(op, &account, dialect).await,
            (OperationState::Unknown, None) => self.verify(op, &account, dialect).await,
            // `claim` hands out nothing else.
            _ => Ok(()),
        }
    }

    /// Gives what no function does to a person: marked as sent, since from now on it may be carried
    /// out at any moment, and then in doubt until they say what became of it.
    async fn hand_over(&self, mut op: Claimed, account: &UpstreamAccount) -> Result<(), Error> {
        if op.forsaken && op.state == OperationState::Planned {
            return self.forsake(&op).await;
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        if op.state == OperationState::Planned {
            let lease = now + account.lease;
            // Nobody looks at the license before; whoever does the work does.
            let before =
                matches!(op.task, Task::Change(_)).then(|| Beforehand::License(Before::default()));
            let before = before.as_ref();
            if !store::promise_in_tx(&mut tx, &op, "by hand", lease, before, now).await? {
                return Ok(());
            }
            op.state = OperationState::Sent;
        }
        self.review_in_tx(&mut tx, &op, BY_HAND, &Evidence::default(), now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The call of what can be sent without looking at anything before, and a free slot for it.
    fn call_at_once(&self, op: &Claimed, account: &UpstreamAccount) -> Option<(Call, Slot)> {
        let Task::Order(purchase) = &op.task else { return None };
        if op.state != OperationState::Planned || op.forsaken || op.sent_at.is_some() {
            return None;
        }
        let stage = purchase.stage(account);
        if purchase.is_alone(account) {
            return None;
        }
        let dialect = account.dialect(op.dialect)?;
        let call = stage.call(&purchase.wish, dialect.as_ref())?;
        let affordable = stage == Stage::Item
            || account.balance_function.is_none()
            || account.purse.covers(op.cost, self.clock.uptime());
        // A slot takes its place in the account's pace, so it comes last.
        if !affordable {
            return None;
        }
        Some((call, account.free_slot()?))
    }

    /// Marks as sent, in the caller's transaction: nothing is sent without its commit.
    async fn promise_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &mut Claimed,
        account: &UpstreamAccount,
        call: Call,
        before: Option<&Beforehand>,
        slot: Slot,
    ) -> Result<Option<Promise>, Error> {
        let given = self.clock.uptime();
        let now = self.clock.now();
        let (request, lease) = (call.to_string(), now + account.lease);
        if !store::promise_in_tx(tx, op, &request, lease, before, now).await? {
            return Ok(None);
        }
        op.state = OperationState::Sent;
        op.sent_at = Some(now);
        op.attempts += 1;
        Ok(Some(Promise { call, given, _slot: slot }))
    }

    /// Makes ready, marks as sent, sends, and writes down what that proves.
    async fn send(
        &self,
        mut op: Claimed,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
    ) -> Result<(), Error> {
        if op.forsaken {
            return self.forsake(&op).await;
        }
        let now = self.clock.now();
        if op.sent_at.is_some() && now - op.created_at > account.resend_within {
            // It was proved absent once, but too long ago to be sent again on that proof.
            return self.reject(&op, "too old to be sent once more", now).await;
        }
        let look = async {
            match &op.task {
                Task::Order(purchase) => {
                    self.ready_for_purchase(&op, purchase, account, dialect).await
                }
                Task::Change(work) => self.ready_for_change(&op, work, account, dialect).await,
            }
        };
        let Some(ready) = self.while_owned(&op, account, look).await? else {
            return Ok(());
        };
        if matches!(op.task, Task::Change(_)) {
            self.faults.reach(Step::Peeked).await;
        }
        let (call, before) = match ready {
            Ready::Go(call, before) => (call, before),
            Ready::Already(proof) => {
                let tx = self.pool.begin().await?;
                return match self.confirm(tx, &op, account, &proof, EventKind::Already).await {
                    Err(error) if error.breaks(ALONE) => self.wait_for_turn(&op).await,
                    confirmed => confirmed.map(drop),
                };
            }
            Ready::Stale(why) => {
                if let Task::Change(work) = &op.task {
                    store::read_again(&self.pool, work.license, now).await?;
                }
                return self.reject(&op, &why, now).await;
            }
            Ready::Later(why) => return self.postpone(&op, account, &why, now).await,
            Ready::Turn => return self.wait_for_turn(&op).await,
            Ready::Unclear(why) => {
                return Box::pin(self.ask_a_person(op, account, &why)).await;
            }
        };
        if !op.is_free(account) {
            let look = self.funds(&op, account);
            let Some(funds) = self.while_owned(&op, account, look).await? else {
                return Ok(());
            };
            if let Funds::Low(balance) = funds {
                return self.park(&op, account, balance).await;
            }
        }
        // Waiting for a free slot comes before the promise, not after it.
        let Some(slot) = self.while_owned(&op, account, account.slot()).await? else {
            return Ok(());
        };
        let mut tx = self.pool.begin().await?;
        let before = before.as_ref();
        let planned = op.clone();
        let promise = match self.promise_in_tx(&mut tx, &mut op, account, call, before, slot?).await
        {
            Err(error) if error.breaks(ALONE) => {
                drop(tx);
                return self.wait_for_turn(&planned).await;
            }
            promise => promise?,
        };
        let Some(promise) = promise else { return Ok(()) };
        tx.commit().await?;
        self.faults.reach(Step::Armed).await;
        self.keep_promise(&op, account, dialect, promise).await
    }

    /// What was sent before may be there, and nothing tells which one it is. It goes through all states,
    /// so that each of them means the same for every operation.
    async fn ask_a_person(
        &self,
        mut op: Claimed,
        account: &UpstreamAccount,
        why: &str,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let request = "nothing was sent: it may be there already";
        let lease = now + account.lease;
        let promised = store::promise_in_tx(&mut tx, &op, request, lease, None, now).await;
        match promised {
            Err(error) if error.breaks(ALONE) => {
                drop(tx);
                return self.wait_for_turn(&op).await;
            }
            Err(error) => return Err(error),
            Ok(false) => return Ok(()),
            Ok(true) => op.state = OperationState::Sent,
        }
        if self.review_in_tx(&mut tx, &op, why, &Evidence::default(), now).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Another order of the family is under way: until it is known what became of it, nobody could say
    /// which license is whose.
    async fn wait_for_turn(&self, op: &Claimed) -> Result<(), Error> {
        let now = self.clock.now();
        // Nobody's fault: the time that it waits does not make it too old.
        let next = Moved { next_at: Some(now + TURN), counts_from: Some(now), ..Moved::default() };
        let mut tx = self.pool.begin().await?;
        if store::transition_in_tx(&mut tx, op, OperationState::Planned, next).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Sends what is marked as sent, unless it is too late for that.
    async fn keep_promise(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
        promise: Promise,
    ) -> Result<(), Error> {
        let passed = self.clock.uptime().saturating_sub(promise.given);
        let late = passed > account.send_deadline && !self.faults.lacks(Weakness::NoDeadline);
        let (outcome, exchange) = if late {
            // This process stood still; somebody may have judged the row meanwhile.
            let why = "too much time passed between the promise and the call";
            (Outcome::NotSent(why.to_owned()), None)
        } else {
            let exchange = account.send(&promise.call).await;
            let outcome = exchange.outcome(|doc| match &op.task {
                Task::Order(purchase) => {
                    purchase.stage(account).read(dialect, doc).map(Proof::from)
                }
                Task::Change(_) => dialect.read_act(doc).map(|()| Proof::Done),
            });
            (outcome, Some(exchange))
        };
        self.faults.reach(Step::Answered).await;
        self.record(op, account, outcome, exchange.as_ref()).await
    }

    async fn record(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        outcome: Outcome<Proof>,
        exchange: Option<&Exchange>,
    ) -> Result<(), Error> {
        let answer = exchange.map_or("", |exchange| exchange.evidence.0.as_str());
        let (word, note) = match &outcome {
            Outcome::Confirmed(Proof::Item(_)) => ("item", answer.to_owned()),
            Outcome::Confirmed(_) => ("confirmed", answer.to_owned()),
            Outcome::Refused(_) => ("refused", answer.to_owned()),
            Outcome::NotSent(why) => ("not_sent", format!("{why}\n{answer}")),
            Outcome::Unknown(why) => ("unknown", format!("{why}\n{answer}")),
        };
        let number = match &outcome {
            Outcome::Confirmed(proof) => proof.number(),
            _ => None,
        };
        let note = store::Answer { outcome: word, text: note.trim(), upstream_id: number };
        tracing::info!(
            operation.id = %op.id, operation.kind = op.kind.as_str(), outcome = word,
            upstream.id = number, "the vendor was asked"
        );
        // Whether money was missing is told by the balance, never by the words of the error.
        let short = match &outcome {
            Outcome::Refused(_) if !op.is_free(account) => {
                account.purse.forget();
                let look = self.funds(op, account);
                matches!(self.while_owned(op, account, look).await?, Some(Funds::Low(_)))
            }
            _ => false,
        };
        let now = self.clock.now();
        let settled = self.settle(op, account, &outcome, short, &note, now).await;
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
        outcome: &Outcome<Proof>,
        short: bool,
        answer: &store::Answer<'_>,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let mut tx = self.pool.begin().await?;
        store::answer_in_tx(&mut tx, op, answer, now).await?;
        let owned = match outcome {
            Outcome::Confirmed(Proof::Item(item)) => return self.itemize(tx, op, item, now).await,
            Outcome::Confirmed(proof) => {
                return self.confirm(tx, op, account, proof, EventKind::Confirmed).await;
            }
            Outcome::NotSent(why) => {
                let back = Moved {
                    uncount: true,
                    next_at: Some(now + account.second_sighting),
                    ..Moved::default()
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
            Outcome::Refused(error) if short => {
                let unclear = Moved {
                    short: true,
                    next_at: Some(now + account.second_sighting),
                    ..Moved::default()
                };
                let owned =
                    store::transition_in_tx(&mut tx, op, OperationState::Unknown, unclear).await?;
                if owned {
                    let said = Some(error.message.as_str());
                    store::event_in_tx(&mut tx, op.id, EventKind::Short, said, now).await?;
                }
                owned
            }
            Outcome::Refused(error) => {
                let unclear = Moved {
                    refused: true,
                    vendor_message: Some(&error.message),
                    next_at: Some(now + account.quiet_window),
                    ..Moved::default()
                };
                let owned =
                    store::transition_in_tx(&mut tx, op, OperationState::Unknown, unclear).await?;
                if owned {
                    let said = Some(error.message.as_str());
                    store::event_in_tx(&mut tx, op.id, EventKind::Refused, said, now).await?;
                    if self.faults.lacks(Weakness::ErrorMeansRelease) {
                        let op = Claimed { state: OperationState::Unknown, ..op.clone() };
                        self.reject_in_tx(&mut tx, &op, &error.message, now).await?;
                    }
                }
                owned
            }
            Outcome::Unknown(why) => {
                let unclear =
                    Moved { next_at: Some(now + account.second_sighting), ..Moved::default() };
                let to = if self.faults.lacks(Weakness::RetryOnTimeout) {
                    OperationState::Planned
                } else {
                    OperationState::Unknown
                };
                let owned = store::transition_in_tx(&mut tx, op, to, unclear).await?;
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
    pub(super) async fn while_owned<T>(
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
        if let Some(proof) = store::confirmed_answer(&self.pool, op.id).await? {
            let tx = self.pool.begin().await?;
            let proof = proof.map_or(Proof::Done, Proof::Number);
            return self.confirm(tx, &op, account, &proof, EventKind::Found).await.map(drop);
        }
        // What is seen is true of the moment before the reading began.
        let now = self.clock.now();
        let look = async {
            match &op.task {
                Task::Order(purchase) => {
                    self.look_for_purchase(&op, purchase, account, dialect).await
                }
                Task::Change(work) => self.look_for_change(&op, work, account, dialect).await,
            }
        };
        let Some(seen) = self.while_owned(&op, account, look).await? else { return Ok(()) };
        let seen = seen?;
        self.faults.reach(Step::Looked).await;
        let mut tx = self.pool.begin().await?;
        match seen {
            Seen::Happened(Proof::Item(item)) => {
                return self.itemize(tx, &op, &item, now).await.map(drop);
            }
            Seen::Happened(proof) => {
                return self.confirm(tx, &op, account, &proof, EventKind::Found).await.map(drop);
            }
            Seen::Nothing(why) => {
                tracing::info!(operation.id = %op.id, why, "the vendor cannot be judged yet");
                self.stay_in_tx(&mut tx, &op, account, now).await?;
            }
            Seen::Contradiction(why, evidence) => {
                self.review_in_tx(&mut tx, &op, &why, &evidence, now).await?;
            }
            Seen::NotYet => self.not_yet_in_tx(&mut tx, &op, account, now).await?,
        }
        tx.commit().await?;
        Ok(())
    }

    /// What has not happened, as far as this sighting shows, is looked at again, sent once more or
    /// given up.
    async fn not_yet_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        account: &UpstreamAccount,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let again = !op.refused
            && op.attempts < account.max_attempts
            && now - op.created_at < account.resend_within;
        if again && op.is_harmless(account) {
            return self.resend_in_tx(tx, op, now).await;
        }
        if self.faults.lacks(Weakness::NoQuietWindow) {
            return if again {
                self.resend_in_tx(tx, op, now).await
            } else {
                self.reject_in_tx(tx, op, "not seen", now).await
            };
        }
        let stay = |absent_since, next_at| Moved {
            absent_since,
            refused: op.refused,
            short: op.short,
            next_at: Some(next_at),
            ..Moved::default()
        };
        let later = now + account.second_sighting;
        // The call may have begun as late as the deadline allows.
        let quiet_after = op.sent_at.unwrap_or(op.created_at)
            + account.send_deadline
            + account.call_timeout
            + account.quiet_window;
        match op.absent_since {
            // It may still appear: this sighting proves nothing.
            _ if now < quiet_after => {
                store::transition_in_tx(tx, op, op.state, stay(None, later)).await?;
            }
            None => {
                if store::transition_in_tx(tx, op, op.state, stay(Some(now), later)).await? {
                    store::event_in_tx(tx, op.id, EventKind::Absent, None, now).await?;
                }
            }
            Some(first) if now < first + account.second_sighting => {
                let soon = stay(Some(first), first + account.second_sighting);
                store::transition_in_tx(tx, op, op.state, soon).await?;
            }
            Some(_) if op.short => self.park_in_tx(tx, op, account, now).await?,
            Some(_) if again => self.resend_in_tx(tx, op, now).await?,
            Some(_) => {
                let why = "seen absent at the vendor twice after the quiet window";
                self.reject_in_tx(tx, op, why, now).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn resend_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let waited = matches!(op.state, OperationState::Review | OperationState::Parked);
        let counts_from = waited.then_some(now);
        let plan = Moved { next_at: Some(now), counts_from, ..Moved::default() };
        if store::transition_in_tx(tx, op, OperationState::Planned, plan).await? {
            store::event_in_tx(tx, op.id, EventKind::Resend, None, now).await?;
        }
        Ok(())
    }

    /// Looks again later, forgetting nothing.
    async fn stay_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        account: &UpstreamAccount,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let stay = Moved {
            next_at: Some(now + account.second_sighting),
            absent_since: op.absent_since,
            refused: op.refused,
            short: op.short,
            ..Moved::default()
        };
        store::transition_in_tx(tx, op, op.state, stay).await
    }

    /// Keeps the number of what lies in the basket, so that exactly that is paid; false if the
    /// operation has another owner by now and nothing was written.
    async fn itemize(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        op: &Claimed,
        item: &Item,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let plan = Moved { next_at: Some(now), item: Some(item), ..Moved::default() };
        if !store::transition_in_tx(&mut tx, op, OperationState::Planned, plan).await? {
            return Ok(false);
        }
        store::event_in_tx(&mut tx, op.id, EventKind::Item, Some(&item.id), now).await?;
        tx.commit().await?;
        self.faults.reach(Step::InBasket).await;
        self.bell.ring();
        Ok(true)
    }

    /// What the confirmation writes, the capture, the cost and the verdict, in one transaction; false
    /// if the operation has another owner by now and nothing was written.
    pub(super) async fn confirm(
        &self,
        mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
        op: &Claimed,
        account: &UpstreamAccount,
        proof: &Proof,
        event: EventKind,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let shown = match proof {
            Proof::Shown(_, shown) => Some(shown),
            _ => None,
        };
        let proof = proof.number();
        // A plan that turns out to be carried out goes through all states, so that each of them
        // means the same for every operation.
        let sent = op.state != OperationState::Planned;
        let op = if op.state == OperationState::Planned {
            let before = match &op.task {
                Task::Change(work) => work.before.clone().or_else(|| Some(Before::default())),
                Task::Order(_) => None,
            };
            let sent = Moved {
                sent: Some(now),
                lease_until: Some(now + account.lease),
                before: before.as_ref(),
                ..Moved::default()
            };
            if !store::transition_in_tx(&mut tx, op, OperationState::Sent, sent).await? {
                return Ok(false);
            }
            store::attempt_in_tx(&mut tx, op, "nothing was sent: it was so already", now).await?;
            &Claimed { state: OperationState::Sent, ..op.clone() }
        } else {
            op
        };
        let written = match &op.task {
            Task::Order(purchase) => {
                let Some(number) = proof else {
                    return Err(Error::unreadable("operation", format!("{} has no number", op.id)));
                };
                self.write_purchase_in_tx(&mut tx, op, purchase, account, number, now).await?
            }
            Task::Change(work) => {
                self.write_change_in_tx(&mut tx, work, sent, now).await?;
                Ok(work.license)
            }
        };
        let license = match written {
            Ok(license) => license,
            // The answer was another order's: what became of this one is for the list to say.
            Err(why) if op.state == OperationState::Sent && event == EventKind::Confirmed => {
                tracing::error!(operation.id = %op.id, why, "an answer is no proof");
                store::doubt_answer_in_tx(&mut tx, op).await?;
                let next_at = Some(now + account.second_sighting);
                let unclear = Moved { next_at, ..Moved::default() };
                let to = OperationState::Unknown;
                if !store::transition_in_tx(&mut tx, op, to, unclear).await? {
                    return Ok(false);
                }
                store::event_in_tx(&mut tx, op.id, EventKind::Unclear, Some(&why), now).await?;
                tx.commit().await?;
                return Ok(true);
            }
            Err(why) => {
                tracing::error!(operation.id = %op.id, why, "a confirmation cannot be written");
                let owned = self.review_in_tx(&mut tx, op, &why, &Evidence::default(), now).await?;
                tx.commit().await?;
                return Ok(owned);
            }
        };
        if let Some(shown) = shown {
            licenses::show_in_tx(&mut tx, license, shown, now).await?;
        }
        let confirmed = Moved {
            finished_at: Some(now),
            upstream_id: proof,
            license: Some(license),
            refused: op.refused,
            ..Moved::default()
        };
        if !store::transition_in_tx(&mut tx, op, OperationState::Confirmed, confirmed).await? {
            return Ok(false);
        }
        self.charge_in_tx(&mut tx, op, account, now).await?;
        store::event_in_tx(&mut tx, op.id, event, proof, now).await?;
        self.faults.reach(Step::Confirming).await;
        tx.commit().await?;
        self.faults.reach(Step::Confirmed).await;
        // What waited for it may begin.
        self.bell.ring();
        tracing::info!(
            operation.id = %op.id, operation.kind = op.kind.as_str(), upstream.id = proof,
            "an operation is confirmed"
        );
        Ok(true)
    }

    /// The hold is charged and our own cost is booked, both or neither.
    async fn charge_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        account: &UpstreamAccount,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let cause = |reason: &str| Cause {
            kind: CauseKind::Operation,
            id: op.id,
            actor: None,
            reason: reason.to_owned(),
        };
        let mut steps = Vec::new();
        if let Some(hold) = op.hold {
            steps.push(ledger::Step::Capture {
                id: Uuid::now_v7(),
                hold,
                amount: None,
                cause: cause("the vendor confirmed"),
            });
        }
        if !op.cost.is_zero() {
            let currency = op.cost.currency();
            let (near, cost) = (op.customer, AccountKind::CostOfSales);
            let debit = ledger::house_account_in_tx(tx, cost, None, currency, near, now).await?;
            let (owner, prepaid) = (Some(account.id), AccountKind::UpstreamPrepaid);
            let credit =
                ledger::house_account_in_tx(tx, prepaid, owner, currency, near, now).await?;
            let cause = cause("cost at the vendor");
            let transfer = Transfer { id: Uuid::now_v7(), debit, credit, amount: op.cost, cause };
            steps.push(ledger::Step::Post(transfer));
        }
        ledger::link_in_tx(tx, Uuid::now_v7(), &steps, now).await?;
        Ok(())
    }

    /// Gives an operation up of which it is known that nothing happened.
    async fn reject(&self, op: &Claimed, why: &str, now: OffsetDateTime) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        self.reject_in_tx(&mut tx, op, why, now).await?;
        tx.commit().await?;
        self.bell.ring();
        Ok(())
    }

    pub(super) async fn reject_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        why: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let to = OperationState::Rejected;
        self.give_up_in_tx(tx, op, to, EventKind::Rejected, why, now).await
    }

    /// Ends a plan whose condition did not come about.
    async fn forsake(&self, op: &Claimed) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let why = "what it was planned for is not so any more";
        let to = OperationState::Cancelled;
        self.give_up_in_tx(&mut tx, op, to, EventKind::Cancelled, why, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn give_up_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        to: OperationState,
        event: EventKind,
        why: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let ended = Moved { finished_at: Some(now), refused: op.refused, ..Moved::default() };
        if !store::transition_in_tx(tx, op, to, ended).await? {
            return Ok(());
        }
        if let Some(hold) = op.hold {
            super::release_in_tx(tx, op.id, hold, None, "nothing was bought", now).await?;
        }
        if matches!(&op.task, Task::Change(work) if matches!(work.action, Action::Delete)) {
            // What has come to nothing leaves everything as it was.
            licenses::start_again_in_tx(tx, None, op.id, now).await?;
        }
        store::event_in_tx(tx, op.id, event, Some(why), now).await
    }

    /// Nothing was sent, and it is tried again later, or given up when it is too old for that.
    async fn postpone(
        &self,
        op: &Claimed,
        account: &UpstreamAccount,
        why: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if now - op.created_at > account.resend_within {
            return self.reject(op, why, now).await;
        }
        tracing::info!(operation.id = %op.id, why, "the license cannot be looked at yet");
        let mut tx = self.pool.begin().await?;
        self.stay_in_tx(&mut tx, op, account, now).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn review_in_tx(
        &self,
        tx: &mut PgConnection,
        op: &Claimed,
        why: &str,
        evidence: &Evidence,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        if op.state == OperationState::Sent {
            let unknown = Moved::default();
            if !store::transition_in_tx(tx, op, OperationState::Unknown, unknown).await? {
                return Ok(false);
            }
        }
        let op = Claimed { state: OperationState::Unknown, ..op.clone() };
        let change = Moved { refused: op.refused, short: op.short, ..Moved::default() };
        let owned = store::transition_in_tx(tx, &op, OperationState::Review, change).await?;
        if owned {
            let detail = format!("{why}\n{}", evidence.0);
            store::event_in_tx(tx, op.id, EventKind::Review, Some(detail.trim()), now).await?;
            tracing::error!(operation.id = %op.id, why, "an operation needs a person");
        }
        Ok(owned)
    }
}
