use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{EventKind, PlaceError, Placed, Wish};
use crate::Error;
use crate::catalog::Priced;
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

/// What is found on entering.
pub(super) enum Entered {
    /// This form was sent before.
    Known(Result<Placed, PlaceError>),
    /// It was not, as far as can be seen; the newest revision of the catalogue.
    New(i64),
}

/// Queues behind every other order that this customer is placing, and finds the one that this form
/// placed before, as [`same_form`] does. What commits while it waits it may not see.
pub(super) async fn enter(
    tx: &mut PgConnection,
    customer: Uuid,
    id: Uuid,
    hash: &[u8; 32],
) -> Result<Entered, Error> {
    let row = sqlx::query!(
        "select o.customer_id as \"customer_id?\", o.wish_hash as \"wish_hash?\", r.revision
           from customer c cross join catalog_revision r
           left join customer_order o on o.id = $2
          where c.id = $1 for no key update of c",
        customer,
        id,
    )
    .fetch_one(tx)
    .await?;
    let found = row.customer_id.zip(row.wish_hash);
    Ok(found.map_or(Entered::New(row.revision), |(owner, wish)| {
        Entered::Known(answer(id, owner == customer && wish == hash))
    }))
}

fn answer(id: Uuid, same: bool) -> Result<Placed, PlaceError> {
    if same { Ok(Placed { id, fresh: false }) } else { Err(PlaceError::FormUsed) }
}

/// Everything that an order consists of.
pub(super) struct NewOrder<'a> {
    pub viewer: &'a CustomerViewer,
    pub wish: &'a Wish,
    pub name: Option<&'a str>,
    pub hash: &'a [u8; 32],
    pub priced: &'a Priced,
    /// The operation's id.
    pub operation: Uuid,
    /// The reference that the vendor is given.
    pub reference: &'a str,
    /// The hold of the price; none for what is free.
    pub hold: Option<Uuid>,
}

/// Why [`insert`] wrote nothing.
pub(super) enum InTheWay {
    /// An order of this customer for this plan and address is open, or lives on as a license.
    Alive(Uuid),
    /// The id exists already.
    Id,
}

/// Writes the order, its operation and the first line of the timeline; one round trip, because the
/// customer's other orders wait meanwhile. Whoever commits it rings the [`crate::operations::Bell`].
pub(super) async fn insert(
    tx: &mut PgConnection,
    new: &NewOrder<'_>,
    now: OffsetDateTime,
) -> Result<Result<(), InTheWay>, Error> {
    let NewOrder { viewer, wish, priced, .. } = new;
    let row = sqlx::query!(
        "with alive as (
            select o.id from customer_order o
              join operation p on p.order_id = o.id
              left join license l on l.order_id = o.id
             where o.customer_id = $2 and o.plan_id = $5 and o.ip = $7::text::inet
               and p.state not in ('rejected', 'cancelled')
               and (l.id is null or (l.status <> 'deleted' and l.ip = o.ip))
             limit 1
         ), placed as (
            insert into customer_order
                (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons, quote,
                 currency, price, cost, pricelist_version_id, created_at)
            select $1, $2, $3, $4, $5, $6, $7::text::inet, $8, $9, $10, $11, $12, $13, $14, $15
             where not exists (select from alive)
            on conflict (id) do nothing
            returning id
         ), planned as (
            insert into operation
                (id, kind, order_id, upstream_account_id, state, reference, hold_id, currency,
                 price, cost, next_at, requested_by, created_at)
            select $16, 'order', placed.id, $17, 'planned', $18, $19, $11, $12, $13, $15, $3, $15
              from placed
            returning id
         ), told as (
            insert into operation_event (operation_id, at, event)
            select planned.id, $15, $20 from planned
         )
         select (select id from alive) as alive, exists (select from placed) as \"placed!\"",
        wish.id,
        viewer.customer,
        viewer.user,
        new.hash.as_slice(),
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
        now,
        new.operation,
        priced.plan.upstream_account,
        new.reference,
        new.hold,
        EventKind::Planned.as_str(),
    )
    .fetch_one(tx)
    .await?;
    Ok(match row.alive {
        _ if row.placed => Ok(()),
        Some(order) => Err(InTheWay::Alive(order)),
        None => Err(InTheWay::Id),
    })
}
