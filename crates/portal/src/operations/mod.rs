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

use domain::Money;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use bell::{Bell, carry};
pub use worker::{Done, is_working, run};

use crate::Error;
use crate::orders::EventKind;

/// The channel on which workers are woken.
pub(crate) const WAKE: &str = "keystall_operation";

/// A purchase to be planned.
pub(crate) struct NewOrder {
    pub order: Uuid,
    pub upstream_account: Uuid,
    pub reference: String,
    /// The hold of the price; none for what is free.
    pub hold: Option<Uuid>,
    pub price: Money,
    pub cost: Money,
    pub requested_by: Uuid,
}

/// Writes the plan of a purchase, in the transaction that reserves its money. Whoever commits it
/// rings the [`Bell`].
pub(crate) async fn plan_order_in_tx(
    tx: &mut PgConnection,
    new: &NewOrder,
    now: OffsetDateTime,
) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    // In one round trip, while the customer's other orders wait.
    sqlx::query!(
        "with planned as (
            insert into operation
                (id, kind, order_id, upstream_account_id, state, reference, hold_id, currency, price,
                 cost, next_at, requested_by, created_at)
            values ($1, 'order', $2, $3, 'planned', $4, $5, $6, $7, $8, $9, $10, $9))
         insert into operation_event (operation_id, at, event) values ($1, $9, $11)",
        id,
        new.order,
        new.upstream_account,
        new.reference,
        new.hold,
        new.price.currency().code(),
        new.price.amount(),
        new.cost.amount(),
        now,
        new.requested_by,
        EventKind::Planned.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(id)
}
