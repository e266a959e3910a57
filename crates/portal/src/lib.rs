//! The use cases: who may do what, and in which transaction.
//!
//! Each area has a `mod.rs` (authorise, load, decide in `domain`, persist; one transaction per use
//! case) and, where it has much SQL, a `store.rs` with free functions on a connection.
//! Knows nothing of HTTP, HTML, XML or Leptos.
//!
//! Invariants:
//! - Every function that a customer reaches takes a [`people::CustomerViewer`], which only
//!   [`people`] makes, and every query of theirs is bound to its customer.
//! - Money moves in the transaction of the state that explains it ([`orders`], [`operations`]).
//! - No transaction and no lock is held across a call to a vendor.
//! - Time comes from [`clock::Clock`], randomness from [`random`].

pub mod accounts;
pub mod audit;
pub mod catalog;
pub mod clock;
pub mod customers;
pub mod demo;
pub mod fault;
pub mod health;
pub mod journal;
pub mod licenses;
pub mod listing;
pub mod locale;
pub mod mail;
pub mod operations;
pub mod orders;
pub mod people;
pub mod pricing;
pub mod random;
pub mod secrets;
pub mod sessions;
pub mod staff;
pub mod upstreams;
pub mod wallet;

use std::sync::Arc;

use sqlx::{Executor as _, PgConnection, PgPool};

pub use clock::Clock;
use ledger::LedgerError;

/// Everything that the use cases need of the world.
#[derive(Clone)]
pub struct Portal {
    /// The database.
    pub pool: PgPool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Opens the vendors' credentials.
    pub key: secrets::MasterKey,
    /// Hashes and checks passwords.
    pub passwords: people::Passwords,
    /// Talks to vendors.
    pub upstreams: upstreams::Upstreams,
    /// What is for sale, as long as somebody hears of its changes.
    pub shelves: catalog::Shelves,
    /// Prices of orders, as long as the catalogue does not change.
    pub tags: catalog::Tags,
    /// Wakes the workers.
    pub bell: operations::Bell,
    /// What tests do to this process; nothing in a real one.
    pub faults: fault::Faults,
    /// Demo data and demo conveniences are on.
    pub demo: bool,
}

/// What can go wrong inside, whatever was asked; a page says "our fault, nothing happened".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed or is away.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The ledger refused something that it should not have been asked.
    #[error("the ledger refused")]
    Ledger(#[from] ledger::LedgerError),
    /// A row does not make sense to this version of the program.
    #[error("a row of {table} is unreadable: {what}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// Something of this machine failed: a thread pool, a cipher, a file.
    #[error("{0}")]
    Machine(String),
}

impl Error {
    /// The database is away, not wrong: the same request may go through in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let (Self::Database(error) | Self::Ledger(LedgerError::Database(error))) = self else {
            return false;
        };
        match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| passes(&code)),
            _ => false,
        }
    }

    /// Whether it is this constraint of the database that was broken.
    pub(crate) fn breaks(&self, constraint: &str) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.constraint() == Some(constraint)
    }

    /// The error with everything behind it, in one line for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(source) = next {
            text.push_str(": ");
            text.push_str(&source.to_string());
            next = source.source();
        }
        text
    }

    pub(crate) fn unreadable(table: &'static str, what: impl std::fmt::Display) -> Self {
        Self::Unreadable { table, what: what.to_string() }
    }
}

/// Whether a state that PostgreSQL reports goes by: a lost connection (08), no space, memory or
/// connection left (53), ended or started by its administrator or after a crash (57P), a failing disk
/// (58), and the loser of two transactions (40).
fn passes(code: &str) -> bool {
    ["08", "40", "53", "57P", "58"].iter().any(|class| code.starts_with(class))
}

/// What every connection is told first. A process that stands still in the middle of a transaction
/// (a suspended machine, a stopped container) would keep everything that it has locked from the
/// others; no transaction of ours ever waits for anything but the database.
pub async fn begin_session(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    db.execute("set idle_in_transaction_session_timeout = '10s'").await?;
    Ok(())
}

/// Brings the database to this version's schema.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    MIGRATOR.run(pool).await
}

/// Whether the database has exactly this version's schema.
pub async fn is_migrated(pool: &PgPool) -> Result<bool, Error> {
    let known = MIGRATOR.iter().filter(|step| step.migration_type.is_up_migration()).count();
    let applied =
        sqlx::query_scalar::<_, i64>("select count(*) from _sqlx_migrations where success")
            .fetch_one(pool)
            .await?;
    Ok(usize::try_from(applied) == Ok(known))
}

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
