use std::collections::BTreeMap;
use std::time::Duration;

use domain::operation::OperationState;
use domain::{Currency, Money, Period};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use upstream::dialect::OrderWish;
use uuid::Uuid;

use crate::Error;
use crate::orders::EventKind;

/// An operation in the hands of this worker.
#[derive(Clone)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub state: OperationState,
    pub generation: i32,
    pub attempts: i16,
    pub upstream_account: Uuid,
    pub dialect: String,
    pub wish: OrderWish,
    pub refused: bool,
    pub created_at: OffsetDateTime,
    pub sent_at: Option<OffsetDateTime>,
    pub absent_since: Option<OffsetDateTime>,
    pub hold: Option<Uuid>,
    pub cost: Money,
    pub order: Uuid,
    pub plan: Uuid,
    pub customer: Uuid,
    pub addons: BTreeMap<String, u32>,
    pub name: Option<String>,
}

/// Takes one due operation and makes every older owner's writes void by a new generation. What is
/// found `sent` with its lease run out becomes `unknown` in the same step.
pub(super) async fn claim(pool: &PgPool, now: OffsetDateTime) -> Result<Option<Claimed>, Error> {
    let mut tx = pool.begin().await?;
    let row = sqlx::query!(
        "select x.id, x.state, x.upstream_account_id, u.lease_ms
           from operation x join upstream_account u on u.id = x.upstream_account_id
          where x.state in ('planned', 'sent', 'unknown') and x.next_at <= $1
            and (x.lease_until is null or x.lease_until <= $1)
          order by x.next_at limit 1 for update of x skip locked",
        now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(due) = row else { return Ok(None) };
    let lost = due.state == "sent";
    let lease = now + Duration::from_millis(u64::try_from(due.lease_ms).unwrap_or(0));
    let row = sqlx::query!(
        "update operation x
            set generation = x.generation + 1, lease_until = $2,
                state = case when x.state = 'sent' then 'unknown' else x.state end
           from customer_order o, plan p
          where x.id = $1 and o.id = x.order_id and p.id = o.plan_id
         returning x.id, x.state, x.generation, x.attempts, x.upstream_account_id, p.dialect,
                   p.upstream_plan_code, o.period, host(o.ip) as ip, o.name,
                   o.addons as \"addons: Json<BTreeMap<String, u32>>\", x.reference, x.refused,
                   x.created_at, x.sent_at, x.absent_since, x.hold_id, x.currency, x.cost,
                   o.id as order_id, p.id as plan_id, o.customer_id,
                   (select coalesce(jsonb_object_agg(a.code, a.upstream_addon_code), '{}')
                      from plan_addon a where a.plan_id = p.id)
                      as \"addon_codes!: Json<BTreeMap<String, String>>\"",
        due.id,
        lease,
    )
    .fetch_one(&mut *tx)
    .await?;
    if lost {
        let detail = "the worker that sent it did not come back";
        event_in_tx(&mut tx, due.id, EventKind::Unclear, Some(detail), now).await?;
    }
    tx.commit().await?;
    let bad = |what: &str| Error::unreadable("operation", format!("{} {what}", row.id));
    let currency = Currency::from_code(&row.currency).ok_or_else(|| bad("currency"))?;
    let mut addons = BTreeMap::new();
    for (code, count) in &row.addons.0 {
        let wire = row.addon_codes.0.get(code).ok_or_else(|| bad("add-on"))?;
        addons.insert(wire.clone(), *count);
    }
    Ok(Some(Claimed {
        state: OperationState::from_word(&row.state).ok_or_else(|| bad("state"))?,
        wish: OrderWish {
            plan_code: row.upstream_plan_code,
            period: Period::try_from(row.period).map_err(|_| bad("period"))?,
            ip: row.ip.map(|ip| ip.parse()).transpose().map_err(|_| bad("address"))?,
            name: row.name.clone(),
            addons,
            reference: row.reference,
        },
        id: row.id,
        generation: row.generation,
        attempts: row.attempts,
        upstream_account: row.upstream_account_id,
        dialect: row.dialect,
        refused: row.refused,
        created_at: row.created_at,
        sent_at: row.sent_at,
        absent_since: row.absent_since,
        hold: row.hold_id,
        cost: Money::new(row.cost, currency),
        order: row.order_id,
        plan: row.plan_id,
        customer: row.customer_id,
        addons: row.addons.0,
        name: row.name,
    }))
}

/// Adds a line to the timeline.
pub(super) async fn event_in_tx(
    tx: &mut PgConnection,
    operation: Uuid,
    event: EventKind,
    detail: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into operation_event (operation_id, at, event, detail) values ($1, $2, $3, $4)",
        operation,
        now,
        event.as_str(),
        detail,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What a verdict changes beside the state.
#[derive(Default)]
pub(super) struct Change<'a> {
    pub next_at: Option<OffsetDateTime>,
    /// The operation stays in this worker's hands, until then.
    pub lease_until: Option<OffsetDateTime>,
    pub absent_since: Option<OffsetDateTime>,
    pub sent: Option<OffsetDateTime>,
    /// The last attempt did not leave, so it does not count.
    pub uncount: bool,
    pub refused: bool,
    pub vendor_message: Option<&'a str>,
    pub finished_at: Option<OffsetDateTime>,
    pub upstream_id: Option<&'a str>,
    pub license: Option<Uuid>,
}

/// Moves the operation, if this worker still owns it; false if it lost it meanwhile.
pub(super) async fn transition_in_tx(
    tx: &mut PgConnection,
    op: &Claimed,
    to: OperationState,
    change: Change<'_>,
) -> Result<bool, Error> {
    let rows = sqlx::query!(
        "update operation
            set state = $4, lease_until = $5, next_at = coalesce($6, next_at), absent_since = $7,
                sent_at = coalesce($8, sent_at), first_sent_at = coalesce(first_sent_at, $8),
                attempts = attempts + case when $8::timestamptz is not null then 1
                                           when $9 then -1 else 0 end,
                refused = $10, vendor_message = coalesce($11, vendor_message),
                finished_at = $12, upstream_id = coalesce($13, upstream_id),
                license_id = coalesce($14, license_id)
          where id = $1 and generation = $2 and state = $3",
        op.id,
        op.generation,
        op.state.as_str(),
        to.as_str(),
        change.lease_until,
        change.next_at,
        change.absent_since,
        change.sent,
        change.uncount,
        change.refused,
        change.vendor_message,
        change.finished_at,
        change.upstream_id,
        change.license,
    )
    .execute(tx)
    .await?
    .rows_affected();
    Ok(rows == 1)
}

/// Writes down what is about to be sent. The key is unique, so that one owner cannot send twice.
pub(super) async fn attempt_in_tx(
    tx: &mut PgConnection,
    op: &Claimed,
    request: &str,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into operation_attempt (operation_id, attempt, generation, sent_at, request)
         values ($1, $2, $3, $4, $5)",
        op.id,
        op.attempts + 1,
        op.generation,
        now,
        request,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What came back.
pub(super) struct Answer<'a> {
    pub outcome: &'a str,
    pub text: &'a str,
    /// The vendor's number, if the answer is a purchase.
    pub upstream_id: Option<&'a str>,
}

/// Writes down what came back; evidence, kept also when the operation was lost meanwhile.
pub(super) async fn answer_in_tx(
    tx: &mut PgConnection,
    op: &Claimed,
    answer: &Answer<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "update operation_attempt
            set answered_at = $3, outcome = $4, answer = $5, upstream_id = $6
          where operation_id = $1 and generation = $2 and answered_at is null",
        op.id,
        op.generation,
        now,
        answer.outcome,
        answer.text,
        answer.upstream_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The vendor's number from an answer that was a purchase but came too late for its owner.
pub(super) async fn confirmed_answer(
    pool: &PgPool,
    operation: Uuid,
) -> Result<Option<String>, Error> {
    let id = sqlx::query_scalar!(
        "select upstream_id from operation_attempt
          where operation_id = $1 and outcome = 'confirmed' order by sent_at limit 1",
        operation,
    )
    .fetch_optional(pool)
    .await?;
    Ok(id.flatten())
}

/// Some licenses that must stand in this account's list, the newest first.
pub(super) async fn known_licenses(
    pool: &PgPool,
    account: Uuid,
    operation: Uuid,
) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        "select l.upstream_id from license l join operation x on x.license_id = l.id
          where l.upstream_account_id = $1 and x.id <> $2 and l.status in ('active', 'suspended')
          order by l.number desc limit 20",
        account,
        operation,
    )
    .fetch_all(pool)
    .await?)
}

/// Keeps an operation for longer; false if it has another owner by now.
pub(super) async fn prolong(
    pool: &PgPool,
    op: &Claimed,
    until: OffsetDateTime,
) -> Result<bool, Error> {
    let rows = sqlx::query!(
        "update operation set lease_until = $4 where id = $1 and generation = $2 and state = $3",
        op.id,
        op.generation,
        op.state.as_str(),
        until,
    )
    .execute(pool)
    .await?
    .rows_affected();
    Ok(rows == 1)
}

/// When the next operation is due or the next lease ends; none if nothing is open.
pub(super) async fn next_due(pool: &PgPool) -> Result<Option<OffsetDateTime>, Error> {
    Ok(sqlx::query_scalar!(
        "select min(greatest(next_at, coalesce(lease_until, next_at))) from operation
          where state in ('planned', 'sent', 'unknown')"
    )
    .fetch_one(pool)
    .await?)
}
