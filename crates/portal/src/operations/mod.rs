//! The journal of upstream actions, and the worker that carries them out.
//!
//! An upstream call spends real money and the vendor knows no idempotency, so each action is a row
//! that is committed *before* the call:
//!
//! ```text
//! planned ─► sent ─► confirmed            a readable success
//!    ▲         └───► unknown ─► (read the vendor) ─► confirmed | planned | rejected | review
//!    └── provably not sent (DNS, refused, TLS)
//! ```
//!
//! Invariants:
//! - Nothing is sent without the committed `sent` row and its `operation_attempt`, and nothing
//!   later than the account's deadline after it, on a monotonic clock.
//! - A row whose lease ran out while `sent` becomes `unknown`; it is never sent again blindly.
//! - Absence at the vendor counts when it is seen twice, after the quiet window.
//! - Every write of a result names the state and the generation that it belongs to; who lost its
//!   lease writes nothing.
//! - The money moves in the transaction of the verdict: captured with `confirmed`, released with
//!   `rejected`.
//!
//! The steps are separate functions so that tests can stop between any two of them.

mod bell;
mod store;
mod worker;

pub use bell::{Bell, carry};
pub use worker::{Done, is_working, run};

/// The channel on which workers are woken.
pub(crate) const WAKE: &str = "keystall_operation";
