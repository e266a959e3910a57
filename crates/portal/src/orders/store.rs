use domain::address::LicenseIp;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{PlaceError, Placed, Wish};
use crate::Error;
use crate::catalog::Priced;
use crate::people::CustomerViewer;

/// The order that this form placed before, or the error that its reuse is; none for a new form.
pub(super) async fn same_form(
    db: &mut PgConnection,
    customer: Uuid,
    id: Uuid,
    hash: &[u8; 32],
) -> Result<Option<Result<Placed, PlaceError>>, Error> {
    let row = sqlx::query!("select customer_id, wish_hash from customer_order where id = $1", id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| answer(id, row.customer_id == customer && row.wish_hash == hash)))
}

/// Queues behind every other order that this customer is placing, and finds the one that this form
/// placed before, as [`same_form`] does. What commits while it waits it may not see; [`insert`] does.
pub(super) async fn enter(
    tx: &mut PgConnection,
    customer: Uuid,
    id: Uuid,
    hash: &[u8; 32],
) -> Result<Option<Result<Placed, PlaceError>>, Error> {
    let row = sqlx::query!(
        "select o.customer_id as \"customer_id?\", o.wish_hash as \"wish_hash?\"
           from customer c left join customer_order o on o.id = $2
          where c.id = $1 for no key update of c",
        customer,
        id,
    )
    .fetch_one(tx)
    .await?;
    let found = row.customer_id.zip(row.wish_hash);
    Ok(found.map(|(owner, wish)| answer(id, owner == customer && wish == hash)))
}

fn answer(id: Uuid, same: bool) -> Result<Placed, PlaceError> {
    if same { Ok(Placed { id, fresh: false }) } else { Err(PlaceError::FormUsed) }
}

/// An order of this customer for this plan and address that is open or lives on as a license.
pub(super) async fn live_order_for_ip(
    db: &mut PgConnection,
    customer: Uuid,
    plan: Uuid,
    ip: LicenseIp,
) -> Result<Option<Uuid>, Error> {
    Ok(sqlx::query_scalar!(
        "select o.id from customer_order o
           join operation p on p.order_id = o.id
           left join license l on l.order_id = o.id
          where o.customer_id = $1 and o.plan_id = $2 and o.ip = $3::text::inet
            and p.state not in ('rejected', 'cancelled')
            and (l.id is null or (l.status <> 'deleted' and l.ip = o.ip))
          limit 1",
        customer,
        plan,
        ip.to_string(),
    )
    .fetch_optional(db)
    .await?)
}

/// Writes the order; false if the id exists already, or an order for its address is alive
/// ([`live_order_for_ip`]).
pub(super) async fn insert(
    tx: &mut PgConnection,
    viewer: &CustomerViewer,
    wish: &Wish,
    name: Option<&str>,
    hash: &[u8; 32],
    priced: &Priced,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let rows = sqlx::query!(
        "insert into customer_order
            (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons, quote,
             currency, price, cost, pricelist_version_id, created_at)
         select $1, $2, $3, $4, $5, $6, $7::text::inet, $8, $9, $10, $11, $12, $13, $14, $15
          where $7 is null or not exists (
                select 1 from customer_order o
                  join operation p on p.order_id = o.id
                  left join license l on l.order_id = o.id
                 where o.customer_id = $2 and o.plan_id = $5 and o.ip = $7::text::inet
                   and p.state not in ('rejected', 'cancelled')
                   and (l.id is null or (l.status <> 'deleted' and l.ip = o.ip)))
         on conflict (id) do nothing",
        wish.id,
        viewer.customer,
        viewer.user,
        hash.as_slice(),
        priced.plan.id,
        priced.choice.period.code(),
        priced.choice.ip.map(|ip| ip.to_string()),
        name,
        Json(&priced.choice.addons) as _,
        Json(&priced.quote) as _,
        priced.quote.total.currency().code(),
        priced.quote.total.amount(),
        priced.quote.cost.amount(),
        priced.pricelist,
        now,
    )
    .execute(tx)
    .await?
    .rows_affected();
    Ok(rows == 1)
}
