//! Waking the workers of every process when something is due.
//!
//! A `NOTIFY` inside an order's transaction would make the commits of all orders queue behind each
//! other, since Postgres lets one notifying transaction commit at a time, each with its own flush.
//! So an order rings after its commit, and one task carries the rings on: however many come in
//! while one is under way or has just been, they become a single next one: the first order of many
//! is heard at once, and the others do not each pay for a second transaction. A ring that is lost
//! with its process costs a few seconds, because workers look by themselves, too.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::WAKE;
use crate::Portal;

/// How long rings are gathered after one was carried.
const GATHERED: Duration = Duration::from_millis(20);

/// Rung by whoever has committed work for a worker; clones share it.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Something is due.
    pub(crate) fn ring(&self) {
        self.0.notify_one();
    }
}

/// Carries the rings of this process to all workers until `stop` says so.
pub async fn carry(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = portal.bell.0.notified() => {}
            _ = stop.changed() => return,
        }
        // There is nothing in this transaction that would have to survive anything.
        let told = sqlx::query!(
            "select set_config('synchronous_commit', 'off', true), pg_notify($1, '')",
            WAKE,
        )
        .fetch_one(&portal.pool)
        .await;
        if let Err(error) = told {
            tracing::debug!(%error, "nobody was woken; workers look by themselves");
        }
        tokio::select! {
            () = tokio::time::sleep(GATHERED) => {}
            _ = stop.changed() => return,
        }
    }
}
