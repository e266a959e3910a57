//! The loops of a worker: what is due is claimed here and carried out by [`super::steps`].

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::{Semaphore, watch};

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

/// How many operations one process carries out at one time; the vendors' own limits come on top.
const AT_ONCE: usize = 8;
/// The longest sleep, in case a notification is lost.
const POLL: Duration = Duration::from_secs(5);
/// The shortest sleep after a failure of our own database.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Carries out what is due until `stop` says so; then finishes what is in flight.
///
/// Operations, licenses and the sign of life each have a loop of their own: a vendor that hangs
/// while a license is read holds up no order.
pub async fn run(portal: Portal, mut stop: watch::Receiver<bool>) {
    let others = [
        tokio::spawn(keep_pulse(portal.clone(), stop.clone())),
        tokio::spawn(read_licenses(portal.clone(), stop.clone())),
        tokio::spawn(keep_house(portal.clone(), stop.clone())),
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
        let Some(hand) = portal.claim().await? else {
            let now = portal.clock.now();
            let wait = store::next_due(&portal.pool).await?.map_or(POLL, |due| {
                Duration::try_from(due - now).unwrap_or(Duration::from_millis(20))
            });
            return Ok(wait.clamp(Duration::from_millis(20), POLL));
        };
        let portal = portal.clone();
        tokio::spawn(async move {
            let id = hand.op.id;
            if let Err(error) = portal.carry_out(hand).await {
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
        if let Some(hand) = self.claim().await? {
            self.carry_out(hand).await?;
            return Ok(Done::Worked);
        }
        match self.check_due_license().await? {
            Done::Worked => Ok(Done::Worked),
            Done::Idle => self.keep_house_once().await,
        }
    }

    async fn keep_house_once(&self) -> Result<Done, Error> {
        if self.check_due_balance().await? == Done::Worked
            || self.renew_due_license().await? == Done::Worked
        {
            return Ok(Done::Worked);
        }
        self.sweep_due_account().await
    }
}
