use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use domain::address::LicenseIp;
use domain::change::Change;
use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money, Period};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};
use upstream::DialectKind;
use upstream::dialect::{Action, Item, OrderWish, Term, VendorLicense};
use upstream::effect::Before;
use uuid::Uuid;

use super::steps::Beforehand;
use crate::Error;
use crate::licenses::term_end;
use crate::orders::EventKind;
use crate::upstreams::dialect_kind;

/// An operation in the hands of this worker.
#[derive(Clone)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub kind: OperationKind,
    pub state: OperationState,
    pub generation: i32,
    pub attempts: i16,
    pub upstream_account: Uuid,
    pub dialect: DialectKind,
    pub refused: bool,
    /// From when its age counts.
    pub created_at: OffsetDateTime,
    pub sent_at: Option<OffsetDateTime>,
    pub absent_since: Option<OffsetDateTime>,
    pub hold: Option<Uuid>,
    pub cost: Money,
    pub customer: Uuid,
    /// What it was planned for is not so any more: what it waited for did not come about, or the
    /// license is of a plan without its add-ons.
    pub forsaken: bool,
    /// The vendor refused for lack of our money there.
    pub short: bool,
    /// What its results are guarded by.
    pub guard: Guard,
    pub task: Task,
}

/// What keeps a worker from writing a result that is not its own any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The generation that it was given.
    Generation,
    /// Nothing, in a test that leaves the rule out.
    Nothing,
}

/// What is to be done.
#[derive(Clone)]
pub(super) enum Task {
    /// A license is bought.
    Order(Box<Purchase>),
    /// Something is done to a license.
    Change(Box<Work>),
}

#[derive(Clone)]
pub(super) struct Purchase {
    pub order: Uuid,
    pub plan: Uuid,
    pub dialect: DialectKind,
    /// The license that it is a module of.
    pub parent: Option<Uuid>,
    pub wish: OrderWish,
    /// Counts by our own code.
    pub addons: BTreeMap<String, u32>,
    pub name: Option<String>,
    /// What lies in the vendor's basket for it.
    pub item: Option<Item>,
    /// The numbers in the vendor's list from before it was sent first, where the list shows no marks.
    pub known: Option<Vec<String>>,
}

#[derive(Clone)]
pub(super) struct Work {
    pub operation: Uuid,
    pub license: Uuid,
    /// The vendor's number of it.
    pub upstream_id: String,
    pub change: Change,
    pub action: Action,
    /// A renewal's: the last day from which it begins.
    pub term: Option<Date>,
    /// A renewal's: the last day that was agreed on.
    pub agreed_until: Option<Date>,
    /// The license right before the call; known once there was one.
    pub before: Option<Before>,
    /// The plan that it becomes one of.
    pub new_plan: Option<Uuid>,
    /// Its counts then, by our own code.
    pub new_addons: BTreeMap<String, u32>,
}

/// Takes one due operation, of an account that is none of these, and makes every older owner's writes void by a new generation. What is
/// found `sent` with its lease run out becomes `unknown` in the same step. One that cannot be read is
/// taken as well: it must not stand in the way of the others.
pub(super) async fn claim_in_tx(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    except: &[Uuid],
) -> Result<Option<Result<Claimed, Error>>, Error> {
    // What decides stands on the locked row itself, so that it is looked at again once it is locked.
    let row = sqlx::query!(
        "select x.id, x.state, u.lease_ms
           from operation x join upstream_account u on u.id = x.upstream_account_id
          where x.state in ('planned', 'sent', 'unknown') and x.next_at <= $1
            and (x.lease_until is null or x.lease_until <= $1)
            and x.upstream_account_id <> all($2)
            and not operation_is_blocked(x)
          order by x.next_at, x.number limit 1 for update of x skip locked",
        now,
        except,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(due) = row else { return Ok(None) };
    let lost = due.state == "sent";
    let lease = now + Duration::from_millis(u64::try_from(due.lease_ms).unwrap_or(0));
    let row = take_in_tx(tx, due.id, lease).await?;
    if lost {
        let detail = "the worker that sent it did not come back";
        event_in_tx(tx, due.id, EventKind::Unclear, Some(detail), now).await?;
    }
    Ok(Some(row.read()))
}

/// The operation with everything that carrying it out needs, in the hands of a new owner.
pub(super) async fn take_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    lease: OffsetDateTime,
) -> Result<ClaimedRow, Error> {
    Ok(sqlx::query_as!(
        ClaimedRow,
        "with c as (
            update operation
               set generation = generation + 1, lease_until = $2,
                   state = case when state = 'sent' then 'unknown' else state end
             where id = $1
            returning *
         )
         select c.id as \"id!\", c.kind as \"kind!\", c.state as \"state!\",
                c.generation as \"generation!\", c.attempts as \"attempts!\",
                c.upstream_account_id as \"upstream_account_id!\", c.reference as \"reference!\",
                c.refused as \"refused!\", c.short as \"short!\", c.item_id, c.item_bill,
                greatest(c.created_at, c.undo_until, c.counts_from) as \"created_at!\", c.sent_at,
                c.absent_since, c.hold_id, c.currency as \"currency!\", c.cost as \"cost!\",
                c.customer_id as \"customer_id!\", c.term, c.known_ids,
                c.agreed_until,
                c.change as \"change: Json<Change>\", c.before as \"before: Json<Before>\",
                coalesce((select w.state <> 'confirmed' from operation w where w.id = c.waits_for),
                         false) as \"forsaken!\",
                p.id as \"plan_id!\", p.dialect as \"dialect!\",
                p.upstream_plan_code as \"plan_code!\",
                (select coalesce(jsonb_object_agg(a.code, a.upstream_addon_code), '{}')
                   from plan_addon a where a.plan_id = p.id)
                    as \"addon_codes!: Json<BTreeMap<String, String>>\",
                o.id as \"order_id?\", o.period as \"period?\",
                coalesce(host(o.ip), host(l.ip)) as ip, coalesce(o.name, l.name) as name,
                o.addons as \"addons?: Json<BTreeMap<String, u32>>\",
                l.id as \"license_id?\", l.upstream_id as \"upstream_id?\",
                (select b.reference from operation b where b.order_id = l.order_id) as bought_as,
                (select t.upstream_code from plan_period t where t.plan_id = p.id
                    and t.period = coalesce(o.period, (c.change ->> 'period')::smallint)) as term_code,
                (select t.upstream_code from plan_period t where t.plan_id = n.id
                    and t.period = (c.change ->> 'period')::smallint) as new_term_code,
                m.id as \"parent_id?\", m.upstream_id as \"parent_upstream_id?\",
                o.fields as \"fields?: Json<BTreeMap<String, String>>\",
                o.vendor_renews as \"vendor_renews?\",
                n.id as \"new_plan?\", n.upstream_plan_code as \"new_plan_code?\",
                (select coalesce(jsonb_object_agg(a.code, a.base), '{}')
                   from plan_addon a where a.plan_id = n.id)
                    as \"new_addons!: Json<BTreeMap<String, u32>>\",
                (select coalesce(jsonb_object_agg(a.code, a.upstream_addon_code), '{}')
                   from plan_addon a where a.plan_id = n.id)
                    as \"new_addon_codes!: Json<BTreeMap<String, String>>\"
           from c
           left join customer_order o on o.id = c.order_id
           left join license l on l.id = c.license_id and c.kind <> 'order'
           left join license m on m.id = o.parent_id
           join plan p on p.id = coalesce(o.plan_id, l.plan_id)
           left join plan n on n.slug = c.change ->> 'plan'
            and n.upstream_account_id = c.upstream_account_id",
        id,
        lease,
    )
    .fetch_one(tx)
    .await?)
}

/// Takes an operation that waits for a person or for money at its vendor; none if it does not, or
/// not any more.
pub(super) async fn take_waiting(
    pool: &PgPool,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Claimed>, Error> {
    let mut tx = pool.begin().await?;
    let due = sqlx::query!(
        "select u.lease_ms from operation x
           join upstream_account u on u.id = x.upstream_account_id
          where x.id = $1 and x.state in ('review', 'parked') for update of x",
        id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(due) = due else { return Ok(None) };
    let lease = now + Duration::from_millis(u64::try_from(due.lease_ms).unwrap_or(0));
    let row = take_in_tx(&mut tx, id, lease).await?;
    tx.commit().await?;
    row.read().map(Some)
}

pub(super) struct ClaimedRow {
    id: Uuid,
    kind: String,
    state: String,
    generation: i32,
    attempts: i16,
    upstream_account_id: Uuid,
    reference: String,
    refused: bool,
    short: bool,
    item_id: Option<String>,
    item_bill: Option<String>,
    created_at: OffsetDateTime,
    sent_at: Option<OffsetDateTime>,
    absent_since: Option<OffsetDateTime>,
    hold_id: Option<Uuid>,
    currency: String,
    cost: i64,
    customer_id: Uuid,
    term: Option<Date>,
    known_ids: Option<Vec<String>>,
    agreed_until: Option<Date>,
    change: Option<Json<Change>>,
    before: Option<Json<Before>>,
    forsaken: bool,
    plan_id: Uuid,
    dialect: String,
    plan_code: String,
    addon_codes: Json<BTreeMap<String, String>>,
    order_id: Option<Uuid>,
    period: Option<i16>,
    ip: Option<String>,
    name: Option<String>,
    addons: Option<Json<BTreeMap<String, u32>>>,
    license_id: Option<Uuid>,
    upstream_id: Option<String>,
    bought_as: Option<String>,
    term_code: Option<String>,
    new_term_code: Option<String>,
    parent_id: Option<Uuid>,
    parent_upstream_id: Option<String>,
    fields: Option<Json<BTreeMap<String, String>>>,
    vendor_renews: Option<bool>,
    new_plan: Option<Uuid>,
    new_plan_code: Option<String>,
    new_addons: Json<BTreeMap<String, u32>>,
    new_addon_codes: Json<BTreeMap<String, String>>,
}

impl ClaimedRow {
    pub(super) fn read(self) -> Result<Claimed, Error> {
        let id = self.id;
        let bad = |what: &str| Error::unreadable("operation", format!("{id} {what}"));
        let currency = Currency::from_code(&self.currency).ok_or_else(|| bad("currency"))?;
        let forsaken = self.forsaken || (self.state == "planned" && self.lacks_addons());
        Ok(Claimed {
            id,
            kind: OperationKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?,
            state: OperationState::from_word(&self.state).ok_or_else(|| bad("state"))?,
            generation: self.generation,
            attempts: self.attempts,
            upstream_account: self.upstream_account_id,
            dialect: self.dialect()?,
            refused: self.refused,
            created_at: self.created_at,
            sent_at: self.sent_at,
            absent_since: self.absent_since,
            hold: self.hold_id,
            cost: Money::new(self.cost, currency),
            customer: self.customer_id,
            forsaken,
            short: self.short,
            guard: Guard::Generation,
            task: match (self.order_id, self.license_id) {
                (Some(order), None) => Task::Order(Box::new(self.purchase(order, &bad)?)),
                (None, Some(license)) => Task::Change(Box::new(self.work(license, &bad)?)),
                _ => return Err(bad("object")),
            },
        })
    }

    fn dialect(&self) -> Result<DialectKind, Error> {
        dialect_kind(&self.dialect)
    }

    /// Its plan became another one while it waited.
    fn lacks_addons(&self) -> bool {
        matches!(&self.change, Some(Json(Change::Addons { counts }))
            if on_wire(counts, &self.addon_codes.0).is_none())
    }

    fn ip(&self, bad: &impl Fn(&str) -> Error) -> Result<Option<IpAddr>, Error> {
        self.ip.as_ref().map(|ip| ip.parse()).transpose().map_err(|_| bad("address"))
    }

    fn purchase(self, order: Uuid, bad: &impl Fn(&str) -> Error) -> Result<Purchase, Error> {
        let addons = self.addons.as_ref().map(|addons| addons.0.clone()).unwrap_or_default();
        let period = self.period.ok_or_else(|| bad("period"))?;
        let dialect = self.dialect()?;
        Ok(Purchase {
            wish: OrderWish {
                term: Term {
                    period: Period::try_from(period).map_err(|_| bad("period"))?,
                    code: self.term_code.clone(),
                },
                ip: self.ip(bad)?,
                parent: self.parent_upstream_id.clone(),
                fields: self.fields.as_ref().map(|fields| fields.0.clone()).unwrap_or_default(),
                addons: on_wire(&addons, &self.addon_codes.0).ok_or_else(|| bad("add-on"))?,
                plan_code: self.plan_code,
                name: self.name.clone(),
                reference: self.reference,
                renews: self.vendor_renews.unwrap_or_default(),
            },
            order,
            plan: self.plan_id,
            dialect,
            parent: self.parent_id,
            addons,
            name: self.name,
            item: self.item_id.map(|id| Item { id, bill: self.item_bill }),
            known: self.known_ids,
        })
    }

    fn work(self, license: Uuid, bad: &impl Fn(&str) -> Error) -> Result<Work, Error> {
        let change = self.change.as_ref().ok_or_else(|| bad("change"))?.0.clone();
        let mut new_addons = BTreeMap::new();
        let action = match &change {
            Change::Renew { period } => {
                Action::Renew(Term { period: *period, code: self.term_code.clone() })
            }
            Change::Edit { ip, name } => {
                let name = name.as_deref().or(self.name.as_deref());
                let reference = self.bought_as.as_deref().ok_or_else(|| bad("reference"))?;
                let named = || upstream::named(name, reference);
                let name = self.dialect()?.has_name().then(named);
                Action::Edit { ip: ip.map(LicenseIp::get), name }
            }
            Change::ChangePlan { period, .. } => {
                new_addons = self.new_addons.0;
                Action::ChangePlan {
                    plan_code: self.new_plan_code.ok_or_else(|| bad("plan"))?,
                    term: Term { period: *period, code: self.new_term_code.clone() },
                    addons: on_wire(&new_addons, &self.new_addon_codes.0)
                        .ok_or_else(|| bad("add-on"))?,
                }
            }
            Change::Addons { counts } => match on_wire(counts, &self.addon_codes.0) {
                Some(counts) => Action::Addons(counts),
                None if self.state == "planned" => Action::Addons(BTreeMap::new()),
                None => return Err(bad("add-on")),
            },
            Change::Suspend => Action::Suspend,
            Change::Resume => Action::Resume,
            Change::ReissueKey => Action::NewKey,
            Change::Delete => Action::Delete,
        };
        // An older server has planned it: it was for a license that works.
        let agreed_until = match &change {
            Change::Renew { period } => self.agreed_until.or_else(|| term_end(self.term?, *period)),
            _ => None,
        };
        Ok(Work {
            operation: self.id,
            license,
            upstream_id: self.upstream_id.ok_or_else(|| bad("license"))?,
            change,
            action,
            term: self.term,
            agreed_until,
            before: self.before.map(|before| before.0),
            new_plan: self.new_plan,
            new_addons,
        })
    }
}

/// Counts by the vendor's codes; none if one is not known.
fn on_wire(
    counts: &BTreeMap<String, u32>,
    codes: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, u32>> {
    counts.iter().map(|(code, count)| Some((codes.get(code)?.clone(), *count))).collect()
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
pub(super) struct Moved<'a> {
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
    /// The license right before the call.
    pub before: Option<&'a Before>,
    /// Its age counts anew from now.
    pub counts_from: Option<OffsetDateTime>,
    /// The vendor refused for lack of our money there.
    pub short: bool,
    /// What lies in the vendor's basket for it; with it the attempts begin anew, since it cost nothing.
    pub item: Option<&'a Item>,
}

/// Moves the operation, if this worker still owns it; false if it lost it meanwhile.
pub(super) async fn transition_in_tx(
    tx: &mut PgConnection,
    op: &Claimed,
    to: OperationState,
    change: Moved<'_>,
) -> Result<bool, Error> {
    let generation = generation(tx, op).await?;
    // Nothing left, or a person has judged what there is: what the list had before says no more.
    let waited = matches!(op.state, OperationState::Review | OperationState::Parked);
    let forgets =
        change.uncount || to == OperationState::Parked || (waited && to == OperationState::Planned);
    let rows = sqlx::query!(
        "update operation
            set state = $4, lease_until = $5, next_at = coalesce($6, next_at), absent_since = $7,
                sent_at = coalesce($8, sent_at), first_sent_at = coalesce(first_sent_at, $8),
                attempts = case when $18::text is not null then 0
                                when $8::timestamptz is not null then attempts + 1
                                when $9 then attempts - 1 else attempts end,
                refused = $10, vendor_message = coalesce($11, vendor_message),
                finished_at = $12, upstream_id = coalesce($13, upstream_id),
                license_id = coalesce($14, license_id), before = coalesce($15, before),
                counts_from = coalesce($16, counts_from), short = $17,
                item_id = coalesce($18, item_id), item_bill = coalesce($19, item_bill),
                alone_in = case when $20 then null else alone_in end,
                known_ids = case when $20 then null else known_ids end
          where id = $1 and generation = $2 and state = $3",
        op.id,
        generation,
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
        change.before.map(Json) as _,
        change.counts_from,
        change.short,
        change.item.map(|item| item.id.as_str()),
        change.item.and_then(|item| item.bill.as_deref()),
        forgets,
    )
    .execute(tx)
    .await?
    .rows_affected();
    Ok(rows == 1)
}

/// The generation by which a result is guarded.
async fn generation(tx: &mut PgConnection, op: &Claimed) -> Result<i32, Error> {
    match op.guard {
        Guard::Generation => Ok(op.generation),
        Guard::Nothing => {
            let any = sqlx::query_scalar!("select generation from operation where id = $1", op.id);
            Ok(any.fetch_one(tx).await?)
        }
    }
}

/// Promises to send: the state, the attempt and the line of the timeline in one statement; false if
/// this worker lost the operation meanwhile.
pub(super) async fn promise_in_tx(
    tx: &mut PgConnection,
    op: &Claimed,
    request: &str,
    lease_until: OffsetDateTime,
    before: Option<&Beforehand>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let generation = generation(tx, op).await?;
    let (license, known) = match before {
        Some(Beforehand::License(license)) => (Some(license), None),
        Some(Beforehand::List(ids)) => (None, Some(ids.as_slice())),
        None => (None, None),
    };
    let promised = sqlx::query_scalar!(
        "with promised as (
            update operation
               set state = 'sent', lease_until = $4, next_at = $4, absent_since = null,
                   sent_at = $5, first_sent_at = coalesce(first_sent_at, $5),
                   attempts = attempts + 1, refused = false, short = false,
                   before = coalesce($6, before), known_ids = coalesce(known_ids, $8::text[]),
                   alone_in = case when $8::text[] is not null then $9 else alone_in end
             where id = $1 and generation = $2 and state = 'planned'
            returning id, attempts, generation
         ), attempt as (
            insert into operation_attempt (operation_id, attempt, generation, sent_at, request)
            select id, attempts, generation, $5, $3 from promised
         ), told as (
            insert into operation_event (operation_id, at, event) select id, $5, $7 from promised
         )
         select count(*) as \"promised!\" from promised",
        op.id,
        generation,
        request,
        lease_until,
        now,
        license.map(Json) as _,
        EventKind::Sent.as_str(),
        known as _,
        op.dialect.as_str(),
    )
    .fetch_one(tx)
    .await?;
    Ok(promised == 1)
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

/// Whether another order of this family is under way at the account, of which nobody knows the end.
pub(super) async fn is_taken(
    pool: &PgPool,
    op: Uuid,
    account: Uuid,
    family: DialectKind,
) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        "select exists (
            select from operation x
              join customer_order o on o.id = x.order_id join plan p on p.id = o.plan_id
             where x.upstream_account_id = $2 and x.kind = 'order' and x.id <> $1
               and x.state in ('sent', 'unknown', 'review') and p.dialect = $3) as \"taken!\"",
        op,
        account,
        family.as_str(),
    )
    .fetch_one(pool)
    .await?)
}

/// Takes back what the last answer was taken for; its text stays as evidence.
pub(super) async fn doubt_answer_in_tx(tx: &mut PgConnection, op: &Claimed) -> Result<(), Error> {
    sqlx::query!(
        "update operation_attempt set outcome = 'unknown', upstream_id = null
          where operation_id = $1 and generation = $2 and outcome = 'confirmed'",
        op.id,
        op.generation,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What an answer proved that came too late for its owner: of a purchase the vendor's number.
pub(super) async fn confirmed_answer(
    pool: &PgPool,
    operation: Uuid,
) -> Result<Option<Option<String>>, Error> {
    Ok(sqlx::query_scalar!(
        "select upstream_id from operation_attempt
          where operation_id = $1 and outcome = 'confirmed' order by sent_at limit 1",
        operation,
    )
    .fetch_optional(pool)
    .await?)
}

/// Some licenses that must stand in this list of the account's, the newest first.
pub(super) async fn known_licenses(
    pool: &PgPool,
    account: Uuid,
    family: DialectKind,
) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        "select l.upstream_id from license l join plan p on p.id = l.plan_id
          where l.upstream_account_id = $1 and p.dialect = $2
            and l.status in ('active', 'suspended')
          order by l.number desc limit 20",
        account,
        family.as_str(),
    )
    .fetch_all(pool)
    .await?)
}

/// Those that are no license of ours.
pub(super) async fn not_ours(
    pool: &PgPool,
    account: Uuid,
    mut rows: Vec<VendorLicense>,
) -> Result<Vec<VendorLicense>, Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let ours = sqlx::query_scalar!(
        "select upstream_id from license
          where upstream_account_id = $1 and upstream_id = any($2::text[])",
        account,
        &ids as _,
    )
    .fetch_all(pool)
    .await?;
    rows.retain(|row| !ours.contains(&row.id));
    Ok(rows)
}

/// Has a license read from its vendor soon: what we know of it is not what the vendor has.
pub(super) async fn read_again(
    pool: &PgPool,
    license: Uuid,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "update license set next_check_at = $2 where id = $1 and status <> 'deleted'",
        license,
        now,
    )
    .execute(pool)
    .await?;
    Ok(())
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

/// When the next operation is due or the next lease ends, of accounts that are none of these; none if
/// nothing is open.
pub(super) async fn next_due(
    pool: &PgPool,
    except: &[Uuid],
) -> Result<Option<OffsetDateTime>, Error> {
    Ok(sqlx::query_scalar!(
        "select min(greatest(next_at, coalesce(lease_until, next_at))) from operation
          where state in ('planned', 'sent', 'unknown') and upstream_account_id <> all($1)
            and not operation_is_blocked(operation)",
        except,
    )
    .fetch_one(pool)
    .await?)
}
