//! The loops of a worker: what is due is claimed here and carried out by [`super::steps`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{WAKE, store};
use crate::{Error, Portal};

/// What one step of the worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Something was due and is handled for now.
    Worked,
    /// Nothing is due.
    Idle,
}

/// How many operations one process carries out at one time for one account; the vendor's own limit
/// comes on top.
const AT_ONCE: usize = 8;
/// How many licenses of one account it reads at one time.
const READ_AT_ONCE: usize = 1;
/// The longest sleep, in case a notification is lost.
const POLL: Duration = Duration::from_secs(5);
/// The shortest sleep after a failure of our own database.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Carries out what is due until `stop` says so; then finishes what is in flight.
///
/// Operations, licenses and the sign of life each have a loop of their own: a vendor that hangs
/// while a license is read holds up no order. And each account has its own hands: one that hangs
/// holds up no order and no key of another.
pub async fn run(portal: Portal, mut stop: watch::Receiver<bool>) {
    let others = [
        tokio::spawn(keep_pulse(portal.clone(), stop.clone())),
        tokio::spawn(read_licenses(portal.clone(), stop.clone())),
        tokio::spawn(keep_house(portal.clone(), stop.clone())),
    ];
    let mut hands = Hands::new(AT_ONCE);
    let mut listener = None;
    while !*stop.borrow() {
        if listener.is_none() {
            listener = listen(&portal).await;
        }
        let pause = drain(&portal, &mut hands).await.unwrap_or_else(|error| {
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
    hands.finish().await;
    for other in others {
        let _ = other.await;
    }
}

async fn listen(portal: &Portal) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(&portal.pool).await.ok()?;
    listener.listen(WAKE).await.ok()?;
    Some(listener)
}

/// Work that one process does side by side: so much at a time for one account.
struct Hands {
    most: usize,
    busy: Arc<Mutex<HashMap<Uuid, usize>>>,
    tasks: JoinSet<()>,
}

/// Counts for an account as long as it lives.
struct Busy(Arc<Mutex<HashMap<Uuid, usize>>>, Uuid);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.1) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Hands {
    fn new(most: usize) -> Self {
        Self { most, busy: Arc::default(), tasks: JoinSet::new() }
    }

    /// The accounts for which no hand is free.
    fn full(&self) -> Vec<Uuid> {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.iter().filter(|(_, count)| **count >= self.most).map(|(id, _)| *id).collect()
    }

    fn spawn(&mut self, account: Uuid, work: impl Future<Output = ()> + Send + 'static) {
        // What is done already is forgotten.
        while self.tasks.try_join_next().is_some() {}
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner).entry(account).or_default() += 1;
        let busy = Busy(Arc::clone(&self.busy), account);
        self.tasks.spawn(async move {
            work.await;
            drop(busy);
        });
    }

    /// Something that was begun is done; never, if there is nothing.
    async fn one_is_free(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    async fn finish(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Starts everything that is due and that there are hands for; says how long to sleep.
async fn drain(portal: &Portal, hands: &mut Hands) -> Result<Duration, Error> {
    loop {
        let mut full = hands.full();
        full.extend(portal.upstreams.paused(portal.clock.uptime()));
        let Some(hand) = portal.claim(&full).await? else {
            let now = portal.clock.now();
            let wait = store::next_due(&portal.pool, &full).await?.map_or(POLL, |due| {
                Duration::try_from(due - now).unwrap_or(Duration::from_millis(20))
            });
            // One of those hands will be free soon.
            let most = if full.is_empty() { POLL } else { PAUSE };
            return Ok(wait.clamp(Duration::from_millis(20), most));
        };
        let portal = portal.clone();
        hands.spawn(hand.op.upstream_account, async move {
            let id = hand.op.id;
            if let Err(error) = portal.carry_out(hand).await {
                // The lease runs out and the row is looked at again; nothing is lost.
                tracing::warn!(operation.id = %id, error = %error.chain(), "an operation is left to its lease");
            }
        });
    }
}

/// Reads licenses that are due: keys that are awaited, and everything once a day.
async fn read_licenses(portal: Portal, mut stop: watch::Receiver<bool>) {
    let mut hands = Hands::new(READ_AT_ONCE);
    while !*stop.borrow() {
        let mut full = hands.full();
        full.extend(portal.upstreams.paused(portal.clock.uptime()));
        match portal.claim_license(&full).await {
            Ok(Some(due)) => {
                let portal = portal.clone();
                hands.spawn(due.account(), async move {
                    if let Err(error) = portal.read_license(due).await {
                        tracing::warn!(error = %error.chain(), "a license cannot be read now");
                    }
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %error.chain(), "licenses cannot be read now"),
        }
        tokio::select! {
            // One after the other, as fast as the vendor answers.
            () = hands.one_is_free() => {}
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
    hands.finish().await;
}

/// Reads balances that are due, renews what renews by itself, and compares whole lists.
async fn keep_house(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match portal.keep_house_once().await {
            Ok(Done::Worked) => continue,
            Ok(Done::Idle) => {}
            Err(error) => {
                tracing::warn!(error = %error.chain(), "balances and lists cannot be looked at now");
            }
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
    /// Carries out one due operation, or reads a license or a balance that is due; what the loops of
    /// a worker do side by side, one after the other.
    pub async fn work_once(&self) -> Result<Done, Error> {
        if let Some(hand) = self.claim(&[]).await? {
            self.carry_out(hand).await?;
            return Ok(Done::Worked);
        }
        if let Some(due) = self.claim_license(&[]).await? {
            self.read_license(due).await?;
            return Ok(Done::Worked);
        }
        self.keep_house_once().await
    }

    async fn keep_house_once(&self) -> Result<Done, Error> {
        self.note_pauses().await?;
        if self.check_due_balance().await? == Done::Worked
            || self.renew_due_license().await? == Done::Worked
            || self.charge_due_renewal().await? == Done::Worked
        {
            return Ok(Done::Worked);
        }
        self.sweep_due_account().await
    }
}
