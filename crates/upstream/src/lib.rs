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
pub mod breaker;
pub mod catalog;
pub mod dialect;
pub mod effect;
pub mod export;
mod family;
mod kind;
pub mod outcome;
pub mod purchase;
mod read;
pub mod resolve;
pub mod sender;
mod software;
mod verify;

pub use billmgr::{Call, Node};
pub use family::{Family, Role, named};
pub use kind::{DialectKind, Habits, Names};
pub use software::Software;
pub use verify::{Listing, Next, Sighting, Wanted, find_ours, reference};
