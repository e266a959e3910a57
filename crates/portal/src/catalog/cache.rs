//! The finished shelf of each group, in the memory of this process.
//!
//! Invariants:
//! - Nothing is kept or served unless a listener is connected that would hear of a change
//!   (`migrations/*_catalog_notify.sql`); without one every page reads the database.
//! - What was read before a change is never kept after it: a reader draws a ticket first, and a
//!   change makes all tickets void.
//! - Placing an order does not look here; it prices from the database in its own transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;

use super::Family;
use crate::Portal;

/// The channel on which the catalogue's tables tell of changes.
const CHANGED: &str = "keystall_catalog";
/// How often the listener's connection is tried: a lost one that nobody closed would keep old
/// prices on the pages.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long the listener waits before it connects again.
const PAUSE: Duration = Duration::from_millis(500);

/// The shelves that are kept; clones share them.
#[derive(Clone, Default)]
pub struct Shelves(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    listening: bool,
    /// Goes up with every change, and with every new connection.
    generation: u64,
    shelves: HashMap<String, Arc<[Family]>>,
}

impl Kept {
    fn forget(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.shelves.clear();
    }
}

/// What [`Shelves`] has for a group.
pub(super) enum Found {
    Shelf(Arc<[Family]>),
    /// It has to be read; the ticket is for keeping it.
    Nothing(Ticket),
    /// It has to be read, and cannot be kept.
    Deaf,
}

/// Drawn before reading.
pub(super) struct Ticket(u64);

impl Shelves {
    pub(super) fn find(&self, group: &str) -> Found {
        let kept = self.lock();
        if !kept.listening {
            return Found::Deaf;
        }
        let shelf = kept.shelves.get(group).cloned();
        shelf.map_or(Found::Nothing(Ticket(kept.generation)), Found::Shelf)
    }

    /// Goes up with every change that this process hears of; none while it hears of none.
    pub(super) fn generation(&self) -> Option<u64> {
        let kept = self.lock();
        kept.listening.then_some(kept.generation)
    }

    /// Keeps what was read, unless something changed since the ticket was drawn.
    pub(super) fn keep(&self, ticket: &Ticket, group: &str, shelf: &Arc<[Family]>) {
        let mut kept = self.lock();
        if kept.listening && kept.generation == ticket.0 {
            kept.shelves.insert(group.to_owned(), Arc::clone(shelf));
        }
    }

    /// Forgets everything at once, for whoever has just committed a change and shows it next; other
    /// processes hear of it.
    pub(crate) fn changed(&self) {
        self.lock().forget();
    }

    fn forget(&self, listening: bool) {
        let mut kept = self.lock();
        kept.listening = listening;
        kept.forget();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of changes; as long as it lives, shelves are kept.
pub struct ShelfListener {
    shelves: Shelves,
    listener: PgListener,
}

impl ShelfListener {
    /// Connects; from now on shelves are kept.
    pub async fn connect(portal: &Portal) -> Result<Self, sqlx::Error> {
        let mut listener = PgListener::connect_with(&portal.pool).await?;
        // A connection that came back by itself would hide what was not heard meanwhile.
        listener.eager_reconnect(false);
        listener.listen(CHANGED).await?;
        portal.shelves.forget(true);
        Ok(Self { shelves: portal.shelves.clone(), listener })
    }

    /// Waits for one change and forgets what is kept; false when the connection is lost.
    pub async fn hear(&mut self) -> bool {
        let heard = self.listener.try_recv().await.is_ok_and(|note| note.is_some());
        self.shelves.forget(heard);
        heard
    }

    /// Whether the connection still answers.
    async fn is_alive(&mut self) -> bool {
        let ping = sqlx::query("select 1").execute(&mut self.listener);
        tokio::time::timeout(HEARTBEAT, ping).await.is_ok_and(|answer| answer.is_ok())
    }
}

impl Drop for ShelfListener {
    fn drop(&mut self) {
        self.shelves.forget(false);
    }
}

/// Keeps shelves true until `stop` says so.
pub async fn listen(portal: Portal, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Ok(mut listener) = ShelfListener::connect(&portal).await {
            loop {
                let goes_on = tokio::select! {
                    heard = listener.hear() => heard,
                    () = tokio::time::sleep(HEARTBEAT) => listener.is_alive().await,
                    _ = stop.changed() => false,
                };
                if !goes_on {
                    break;
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(shelves: &Shelves) -> Ticket {
        match shelves.find("public") {
            Found::Nothing(ticket) => ticket,
            Found::Shelf(_) | Found::Deaf => panic!("nothing is kept, and it could be"),
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let shelves = Shelves::default();
        assert!(matches!(shelves.find("public"), Found::Deaf), "nobody listens");
        shelves.forget(true);
        let early = ticket(&shelves);
        shelves.forget(true);
        shelves.keep(&early, "public", &Arc::from([]));
        let late = ticket(&shelves);
        shelves.keep(&late, "public", &Arc::from([]));
        assert!(matches!(shelves.find("public"), Found::Shelf(_)));
        assert!(matches!(shelves.find("partners"), Found::Nothing(_)));
    }

    #[test]
    fn without_a_listener_nothing_is_kept() {
        let shelves = Shelves::default();
        shelves.forget(true);
        let before = ticket(&shelves);
        shelves.forget(false);
        shelves.keep(&before, "public", &Arc::from([]));
        assert!(matches!(shelves.find("public"), Found::Deaf));
        shelves.forget(true);
        // A ticket of the connection before is void, whatever was not heard in between.
        shelves.keep(&before, "public", &Arc::from([]));
        ticket(&shelves);
    }
}
