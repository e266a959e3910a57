//! Talking to vendors: what to say ([`dialect`]), how to send it ([`sender`]), and what the answer
//! proves ([`outcome`]).
//!
//! Knows nothing of wallets, customers, prices or Postgres.
//!
//! Invariants:
//! - A dialect is pure: it builds calls and reads answers, it never sends.
//! - Credentials are added by the sender alone, travel in the body of a POST and appear in no
//!   `Debug`, log line or evidence.
//! - A call that may spend money goes out on a fresh connection, once; nothing here repeats it.
//! - Errors are sorted by what may have happened: [`outcome::Failure::NotSent`] is the only one
//!   after which sending again is safe.

pub mod balance;
pub mod dialect;
pub mod effect;
pub mod outcome;
pub mod purchase;
pub mod sender;
mod soft;
mod verify;

pub use billmgr::Call;
pub use soft::{Soft, named};
pub use verify::{Listing, Next, Sighting, find_ours, reference};
