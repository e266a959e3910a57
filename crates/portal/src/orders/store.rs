use ledger::LedgerError;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{PlaceError, Placed, Wish};
use crate::Error;
use crate::catalog::{Plan, Priced};
use crate::people::CustomerViewer;

/// The order that this form placed before, or the error that its reuse is; none for a new form.
pub(super) async fn same_form(
    pool: &PgPool,
    customer: Uuid,
    id: Uuid,
    hash: &[u8; 32],
) -> Result<Option<Result<Placed, PlaceError>>, Error> {
    let row = sqlx::query!("select customer_id, wish_hash from customer_order where id = $1", id)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| answer(id, row.customer_id == customer && row.wish_hash == hash)))
}

fn answer(id: Uuid, same: bool) -> Result<Placed, PlaceError> {
    if same { Ok(Placed { id, fresh: false }) } else { Err(PlaceError::FormUsed) }
}

/// Everything that an order consists of.
pub(super) struct NewOrder<'a> {
    pub viewer: &'a CustomerViewer,
    pub wish: &'a Wish,
    pub name: Option<&'a str>,
    /// The license that it is a module of.
    pub parent: Option<Uuid>,
    pub hash: &'a [u8; 32],
    pub priced: &'a Priced,
    /// The revision of the catalogue that it was priced from.
    pub revision: i64,
    /// The operation's id.
    pub operation: Uuid,
    /// The reference that the vendor is given.
    pub reference: &'a str,
    /// The id of the price's hold; none for what is free.
    pub hold: Option<Uuid>,
    /// What the hold is for.
    pub reason: &'a str,
}

/// What came of [`place`]; nothing was written but by the first.
pub(super) enum Outcome {
    /// The order, its hold, its operation and the first line of the timeline are committed.
    Placed,
    /// This form was sent before.
    Known(Result<Placed, PlaceError>),
    /// The catalogue has another revision.
    Stale,
    /// An order of this customer for this plan and address is open, or lives on as a license.
    Alive(Uuid),
    /// It is a trial, and the address had it.
    Tried,
    /// The wallet or the house's account does not exist yet.
    Unopened,
}

/// Whether this license is the customer's, works, is to stay, and is one that the module fits.
pub(super) async fn is_parent(
    pool: &PgPool,
    customer: Uuid,
    license: Uuid,
    module: &Plan,
) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        "select exists (
            select from license l join plan p on p.id = l.plan_id
             where l.id = $1 and l.customer_id = $2 and takes_modules(l.id)
               and l.upstream_account_id = $3 and p.slug = any($4)) as \"fits!\"",
        license,
        customer,
        module.upstream_account,
        &module.fits,
    )
    .fetch_one(pool)
    .await?)
}

/// Places an order in one statement, which is a transaction of its own: one round trip, because the
/// customer's other orders wait meanwhile. What it does is said beside `order_place` in
/// `migrations/*_order_place.sql`. Whoever calls it rings the [`crate::operations::Bell`].
pub(super) async fn place(
    pool: &PgPool,
    new: &NewOrder<'_>,
    now: OffsetDateTime,
) -> Result<Outcome, LedgerError> {
    let NewOrder { viewer, wish, priced, .. } = new;
    // All rows of the one that there is: only after the last one is the commit known to have happened.
    let rows = sqlx::query!(
        "select outcome as \"outcome!\", other from order_place($1, $2, $3, $4, $5, $6, $7,
            $8::text::inet, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
        wish.id,
        new.hash.as_slice(),
        viewer.customer,
        viewer.user,
        new.revision,
        priced.plan.id,
        priced.choice.period.code(),
        priced.choice.ip.map(|ip| ip.to_string()),
        new.name,
        Json(&priced.choice.addons) as _,
        Json(&priced.quote) as _,
        priced.quote.total.currency().code(),
        priced.quote.total.amount(),
        priced.quote.cost.amount(),
        priced.pricelist,
        priced.plan.upstream_account,
        new.operation,
        new.reference,
        new.hold,
        new.reason,
        now,
        new.parent,
        Json(&priced.fields) as _,
        // What ends for good is not renewed, whatever its vendor does.
        wish.told_of_renewals && priced.choice.period.months().is_some(),
    )
    .fetch_all(pool)
    .await?;
    let row = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
    Ok(match (row.outcome.as_str(), row.other) {
        ("placed", _) => Outcome::Placed,
        ("stale", _) => Outcome::Stale,
        ("tried", _) => Outcome::Tried,
        ("unopened", _) => Outcome::Unopened,
        ("alive", Some(order)) => Outcome::Alive(order),
        (known, _) => Outcome::Known(answer(wish.id, known == "known")),
    })
}
