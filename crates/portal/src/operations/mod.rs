//! The journal of upstream actions, and the worker that carries them out.
//!
//! An upstream call spends real money and the vendor knows no idempotency, so each action is a row
//! that is committed *before* the call:
//!
//! ```text
//! planned ─► sent ─► confirmed            a readable success
//!    ▲         └───► unknown ─► (read the vendor) ─► confirmed | planned | rejected | review | parked
//!    ├── provably not sent (DNS, refused, TLS)
//!    └── in the basket, unpaid: exactly that item is paid next
//! ```
//!
//! What our money at the vendor does not suffice for is `parked` ([`parking`]) and planned again
//! after a top-up.
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
mod change;
mod failover;
mod findings;
mod inbox;
mod parking;
mod purchase;
mod steps;
mod store;
mod sweep;
mod taken_back;
mod vendor_renewals;
mod worker;

use ledger::{Cause, CauseKind};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use bell::{Bell, carry};
pub use findings::{
    FINDING_SORTS, FINDINGS_BY_TIME, Finding, FindingFilter, FindingKind, Remedy, RemedyError,
};
pub use inbox::{Advice, CASE_SORTS, CASES_BY_TIME, Case, CaseFilter, DecideError, Shown, Verdict};
pub(crate) use parking::Purse;
pub use parking::Treasury;
pub(crate) use taken_back::note_taken_back_in_tx;
pub(crate) use vendor_renewals::{ShownEnd, note_renewed_in_tx};
pub use worker::{Done, is_working, run};

use crate::Error;

/// The channel on which workers are woken.
pub(crate) const WAKE: &str = "keystall_operation";

/// Gives a hold back whose operation comes to nothing, in the transaction that says so.
pub(crate) async fn release_in_tx(
    tx: &mut PgConnection,
    operation: Uuid,
    hold: Uuid,
    actor: Option<Uuid>,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let reason = reason.to_owned();
    let cause = Cause { kind: CauseKind::Operation, id: operation, actor, reason };
    ledger::release_in_tx(tx, Uuid::now_v7(), hold, cause, now).await?;
    Ok(())
}
