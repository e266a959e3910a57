//! Reading orders: the customer's own, and the desk's with cost and evidence.

use domain::operation::OperationState;
use domain::price::Quote;
use domain::{Currency, Money, Period};
use sqlx::PgPool;
use sqlx::types::Json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::customers;
use crate::listing::{self, Days, Listed, Needle, Owners, Paging, SortKey, Source};
use crate::locale::Localized;
use crate::people::{CustomerViewer, StaffViewer};
use crate::{Error, Portal};

/// When it was placed.
pub const BY_TIME: SortKey = SortKey::time("placed", "o.created_at");
/// What it costs.
pub const BY_PRICE: SortKey = SortKey::number("price", "o.price");
/// What orders can be sorted by, the usual one first.
pub const SORTS: [SortKey; 2] = [BY_TIME, BY_PRICE];

/// Which orders are listed.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Those that stand there.
    pub state: Option<OperationState>,
    /// Number, server's address, or the beginning of the customer's name or address.
    pub needle: Option<Needle>,
    /// The number of the customer; the desk's only.
    pub customer: Option<i64>,
    /// When they were placed.
    pub days: Days,
}

/// Where an order's money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyState {
    /// It costs nothing.
    Free,
    /// Held in the wallet.
    Reserved,
    /// Charged.
    Captured,
    /// Back in the wallet.
    Released,
}

/// An order in a customer's list.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// Its id, for the address.
    pub id: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What was ordered.
    pub plan: Localized,
    /// For how long.
    pub period: Period,
    /// For which server.
    pub ip: Option<String>,
    /// What it costs.
    pub price: Money,
    /// Where it stands.
    pub state: OperationState,
    /// The license's key is here.
    pub has_key: bool,
    /// When it was placed.
    pub at: OffsetDateTime,
}

/// What happened, for the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Written down and reserved.
    Planned,
    /// Handed to the vendor.
    Sent,
    /// It did not leave; it will be tried again.
    NotSent,
    /// The vendor said no.
    Refused,
    /// No readable answer.
    Unclear,
    /// Looked for at the vendor, not there.
    Absent,
    /// Proved absent; it is sent once more.
    Resend,
    /// The vendor confirmed it.
    Confirmed,
    /// Found at the vendor after a lost answer.
    Found,
    /// The key is here.
    Key,
    /// Proved not bought; the money is back.
    Rejected,
    /// A person looks at it.
    Review,
    /// Taken back before it was sent, or given up because what it waited for did not come about.
    Cancelled,
    /// The vendor had it so already; nothing was sent.
    Already,
    /// A person said what became of it.
    Decided,
    /// It lies in the vendor's basket, unpaid.
    Item,
    /// The vendor refused for lack of our money there.
    Short,
    /// It waits for our money at the vendor.
    Parked,
    /// The vendor has our money again; it goes on.
    Resumed,
    /// The vendor took the term back that it had given, and its price went back to the wallet.
    TakenBack,
}

impl EventKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::NotSent => "not_sent",
            Self::Refused => "refused",
            Self::Unclear => "unclear",
            Self::Absent => "absent",
            Self::Resend => "resend",
            Self::Confirmed => "confirmed",
            Self::Found => "found",
            Self::Key => "key",
            Self::Rejected => "rejected",
            Self::Review => "review",
            Self::Cancelled => "cancelled",
            Self::Already => "already",
            Self::Decided => "decided",
            Self::Item => "item",
            Self::Short => "short",
            Self::Parked => "parked",
            Self::Resumed => "resumed",
            Self::TakenBack => "taken_back",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Planned,
            Self::Sent,
            Self::NotSent,
            Self::Refused,
            Self::Unclear,
            Self::Absent,
            Self::Resend,
            Self::Confirmed,
            Self::Found,
            Self::Key,
            Self::Rejected,
            Self::Review,
            Self::Cancelled,
            Self::Already,
            Self::Decided,
            Self::Item,
            Self::Short,
            Self::Parked,
            Self::Resumed,
            Self::TakenBack,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}

/// One line of the timeline.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: OffsetDateTime,
    /// The vendor's words or ours, for staff.
    pub detail: Option<String>,
}

/// An order in full.
#[derive(Debug, Clone)]
pub struct OrderDetail {
    /// As in the list.
    pub row: OrderRow,
    /// The purchase at the vendor.
    pub operation: Uuid,
    /// The plan's name in addresses, to order it again.
    pub slug: String,
    /// The customer's name for the license.
    pub name: Option<String>,
    /// Absolute counts.
    pub addons: BTreeMap<String, u32>,
    /// Names of the add-ons.
    pub addon_names: BTreeMap<String, Localized>,
    /// What was agreed.
    pub quote: Quote,
    /// Where the money is.
    pub money: MoneyState,
    /// What happened so far.
    pub events: Vec<Event>,
    /// The vendor said no, in these words.
    pub vendor_message: Option<String>,
    /// The license, once there is one.
    pub license: Option<Uuid>,
    /// When the portal looks again.
    pub next_at: Option<OffsetDateTime>,
    /// Nothing was sent yet: it can be taken back.
    pub can_cancel: bool,
    /// Its vendor delivers a key for it.
    pub awaits_key: bool,
}

/// An order in the desk's list.
#[derive(Debug, Clone)]
pub struct DeskOrderRow {
    /// As the customer sees it.
    pub row: OrderRow,
    /// Who ordered.
    pub customer: String,
    /// The customer.
    pub customer_id: Uuid,
    /// What we pay.
    pub cost: Money,
}

impl DeskOrderRow {
    /// Price minus cost; nothing is earned before it was bought.
    #[must_use]
    pub fn earned(&self) -> Option<Money> {
        match self.row.state {
            OperationState::Confirmed => self.row.price.checked_sub(self.cost).ok(),
            _ => None,
        }
    }
}

/// One attempt at the vendor.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Counting from 1; what provably did not leave does not count.
    pub number: i16,
    /// When the order was marked as sent.
    pub sent_at: OffsetDateTime,
    /// The call without credentials.
    pub request: String,
    /// When something came back.
    pub answered_at: Option<OffsetDateTime>,
    /// What it proved.
    pub outcome: Option<String>,
    /// What came back, redacted.
    pub answer: Option<String>,
}

/// An order in full, for the desk.
#[derive(Debug, Clone)]
pub struct DeskOrder {
    /// As the customer sees it.
    pub detail: OrderDetail,
    /// In the list.
    pub desk: DeskOrderRow,
    /// The operation's number.
    pub operation_number: i64,
    /// Our id at the vendor.
    pub reference: String,
    /// The vendor's number of the license.
    pub upstream_id: Option<String>,
    /// The vendor account.
    pub upstream: String,
    /// The group and version of the pricelist that it was priced with.
    pub pricelist: (String, i32),
    /// Everything that was sent.
    pub attempts: Vec<Attempt>,
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: Uuid,
    number: i64,
    plan: Json<Localized>,
    period: i16,
    ip: Option<String>,
    currency: String,
    price: i64,
    cost: i64,
    state: String,
    has_key: bool,
    created_at: OffsetDateTime,
    customer: String,
    customer_id: Uuid,
}

impl ListRow {
    fn read(self) -> Result<DeskOrderRow, Error> {
        let bad = |what: &str| Error::unreadable("customer_order", format!("{} {what}", self.id));
        let currency = Currency::from_code(&self.currency).ok_or_else(|| bad("currency"))?;
        Ok(DeskOrderRow {
            row: OrderRow {
                id: self.id,
                number: self.number,
                period: Period::try_from(self.period).map_err(|_| bad("period"))?,
                state: OperationState::from_word(&self.state).ok_or_else(|| bad("state"))?,
                has_key: self.has_key,
                plan: self.plan.0,
                ip: self.ip,
                price: Money::new(self.price, currency),
                at: self.created_at,
            },
            customer: self.customer,
            customer_id: self.customer_id,
            cost: Money::new(self.cost, currency),
        })
    }
}

#[derive(sqlx::FromRow)]
struct SortedRow {
    #[sqlx(flatten)]
    row: ListRow,
    sort_key: String,
}

/// Where a page of orders is found.
const ORDERS: Source<'_> = Source {
    from: "customer_order o",
    id: "o.id",
    key: "o.created_at",
    number: "o.number",
    owner: "o.customer_id",
};
/// Where a page of orders of one state is found.
const OPERATIONS: Source<'_> = Source {
    from: "operation x join customer_order o on o.id = x.order_id",
    id: "x.order_id",
    key: "x.created_at",
    number: "x.order_number",
    owner: "x.customer_id",
};

/// What was sent for an operation and what came back, the first attempt first.
pub(crate) async fn attempts(pool: &PgPool, operation: Uuid) -> Result<Vec<Attempt>, Error> {
    Ok(attempts_of(pool, &[operation]).await?.remove(&operation).unwrap_or_default())
}

/// The same of several operations; none for those of which nothing was sent.
pub(crate) async fn attempts_of(
    pool: &PgPool,
    operations: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Attempt>>, Error> {
    let rows = sqlx::query!(
        "select operation_id, attempt, sent_at, request, answered_at, outcome, answer
           from operation_attempt where operation_id = any($1) order by sent_at, generation",
        operations,
    )
    .fetch_all(pool)
    .await?;
    let mut found: BTreeMap<Uuid, Vec<Attempt>> = BTreeMap::new();
    for row in rows {
        found.entry(row.operation_id).or_default().push(Attempt {
            number: row.attempt,
            sent_at: row.sent_at,
            request: row.request,
            answered_at: row.answered_at,
            outcome: row.outcome,
            answer: row.answer,
        });
    }
    Ok(found)
}

/// What happened to an operation so far. That it was planned is in its row, and was a line of its own
/// once.
pub(crate) async fn events(pool: &PgPool, operation: Uuid) -> Result<Vec<Event>, Error> {
    let rows = sqlx::query!(
        "select event as \"event!\", at as \"at!\", detail
           from (select 0 as line, $2 as event, created_at as at, null as detail
                   from operation where id = $1
                 union all
                 select id, event, at, detail
                   from operation_event where operation_id = $1 and event <> $2) line
          order by line",
        operation,
        EventKind::Planned.as_str(),
    )
    .fetch_all(pool)
    .await?;
    let events = rows.into_iter().filter_map(|row| {
        let kind = EventKind::from_word(&row.event)?;
        Some(Event { kind, at: row.at, detail: row.detail })
    });
    Ok(events.collect())
}

/// Where the money of an operation is, by its hold and its state.
pub(crate) const fn money_of(held: bool, state: OperationState) -> MoneyState {
    match (held, state) {
        (false, _) => MoneyState::Free,
        (true, OperationState::Confirmed) => MoneyState::Captured,
        (true, OperationState::Rejected | OperationState::Cancelled) => MoneyState::Released,
        (true, _) => MoneyState::Reserved,
    }
}

impl Portal {
    /// A customer's orders.
    pub async fn orders(
        &self,
        viewer: &CustomerViewer,
        filter: &OrderFilter,
        paging: &Paging,
    ) -> Result<Listed<OrderRow>, Error> {
        let listed = self.list(Owners::One(viewer.customer), filter, paging).await?;
        Ok(Listed { rows: listed.rows.into_iter().map(|row| row.row).collect(), next: listed.next })
    }

    /// All orders, for the desk.
    pub async fn desk_orders(
        &self,
        _staff: &StaffViewer,
        filter: &OrderFilter,
        paging: &Paging,
    ) -> Result<Listed<DeskOrderRow>, Error> {
        let owners = match (filter.customer, &filter.needle) {
            (Some(number), _) => match self.customer_of_number(number).await? {
                Some(customer) => Owners::One(customer),
                None => return Ok(Listed::nothing()),
            },
            (None, Some(Needle::Text(text))) => {
                Owners::Some(customers::named(&self.pool, text).await?)
            }
            (None, _) => Owners::All,
        };
        self.list(owners, filter, paging).await
    }

    /// The order of this number, for the desk.
    pub async fn desk_order_of_number(
        &self,
        _staff: &StaffViewer,
        number: i64,
    ) -> Result<Option<Uuid>, Error> {
        Ok(sqlx::query_scalar!("select id from customer_order where number = $1", number)
            .fetch_optional(&self.pool)
            .await?)
    }

    async fn list(
        &self,
        owners: Owners,
        filter: &OrderFilter,
        paging: &Paging,
    ) -> Result<Listed<DeskOrderRow>, Error> {
        let source = if filter.state.is_some() { OPERATIONS } else { ORDERS };
        let time = source.key;
        let key = match (paging.sort == BY_PRICE, filter.state) {
            (true, Some(_)) => "x.price",
            (true, None) => BY_PRICE.column,
            (false, _) => time,
        };
        let source = Source { key, ..source };
        let mut query = listing::page(&source, owners, paging, |query| {
            if let Some(state) = filter.state {
                query.push(" and x.order_id is not null and x.state = ").push_bind(state.as_str());
            }
            match &filter.needle {
                Some(Needle::Number(wanted)) => {
                    query.push(" and o.number = ").push_bind(*wanted);
                }
                Some(Needle::Ip(ip)) => {
                    query.push(" and o.ip = ").push_bind(ip.to_string()).push("::inet");
                }
                Some(Needle::Text(_)) | None => {}
            }
            filter.days.push(query, time);
        });
        query.push(
            "select o.id, o.number, p.name as plan, o.period, host(o.ip) as ip, o.currency,
                    o.price, o.cost, x.state, o.created_at,
                    coalesce((select l.key is not null or not p.has_key from license l
                               where l.order_id = o.id), false) as has_key,
                    c.name as customer, c.id as customer_id, ",
        );
        query.push(paging.sort.selected("page.key")).push(
            " from page
               join customer_order o on o.id = page.id
               join plan p on p.id = o.plan_id
               join customer c on c.id = o.customer_id
               join operation x on x.order_id = o.id and x.kind = 'order'",
        );
        paging.push_order(&mut query, "page.key", "page.number");
        let rows: Vec<SortedRow> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(
            rows,
            paging,
            |row| (row.row.number, row.sort_key.as_str()),
            |row| row.row.read(),
        )
    }

    /// One of the customer's orders; none if there is no such order of theirs.
    pub async fn order(
        &self,
        viewer: &CustomerViewer,
        id: Uuid,
    ) -> Result<Option<OrderDetail>, Error> {
        Ok(self.load(Some(viewer.customer), id).await?.map(|order| order.detail))
    }

    /// Any order, for the desk.
    pub async fn desk_order(
        &self,
        _staff: &StaffViewer,
        id: Uuid,
    ) -> Result<Option<DeskOrder>, Error> {
        let Some(mut order) = self.load(None, id).await? else { return Ok(None) };
        order.attempts = attempts(&self.pool, order.detail.operation).await?;
        Ok(Some(order))
    }

    async fn load(&self, customer: Option<Uuid>, id: Uuid) -> Result<Option<DeskOrder>, Error> {
        let row = sqlx::query!(
            "select o.id, o.number, p.name as \"plan: Json<Localized>\", p.slug, o.period,
                    host(o.ip) as ip, o.name, o.addons as \"addons: Json<BTreeMap<String, u32>>\",
                    o.quote as \"quote: Json<Quote>\", o.currency, o.price, o.cost, x.state,
                    o.created_at, c.name as customer, c.id as customer_id, x.id as operation,
                    x.number as operation_number, x.hold_id, x.vendor_message, x.next_at,
                    (x.attempts = 0 and x.first_sent_at is null) as \"unsent!\",
                    x.reference, x.upstream_id, u.name as upstream,
                    v.group_code, v.version,
                    l.id as \"license?\", p.has_key as awaits_key,
                    (l.id is not null and (l.key is not null or not p.has_key)) as \"has_key?\",
                    (select coalesce(jsonb_object_agg(a.code, a.name), '{}') from plan_addon a
                      where a.plan_id = p.id) as \"addon_names!: Json<BTreeMap<String, Localized>>\"
               from customer_order o
               join plan p on p.id = o.plan_id
               join customer c on c.id = o.customer_id
               join operation x on x.order_id = o.id
               join upstream_account u on u.id = x.upstream_account_id
               join pricelist_version v on v.id = o.pricelist_version_id
               left join license l on l.order_id = o.id
              where o.id = $1 and ($2::uuid is null or o.customer_id = $2)",
            id,
            customer,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let events = events(&self.pool, row.operation).await?;
        let desk = ListRow {
            id: row.id,
            number: row.number,
            plan: row.plan,
            period: row.period,
            ip: row.ip,
            currency: row.currency,
            price: row.price,
            cost: row.cost,
            state: row.state,
            has_key: row.has_key.unwrap_or(false),
            created_at: row.created_at,
            customer: row.customer,
            customer_id: row.customer_id,
        }
        .read()?;
        let state = desk.row.state;
        let money = money_of(row.hold_id.is_some(), state);
        Ok(Some(DeskOrder {
            detail: OrderDetail {
                operation: row.operation,
                row: desk.row.clone(),
                slug: row.slug,
                name: row.name,
                addons: row.addons.0,
                addon_names: row.addon_names.0,
                quote: row.quote.0,
                money,
                events,
                vendor_message: row.vendor_message,
                license: row.license,
                next_at: (!state.is_final()).then_some(row.next_at),
                can_cancel: row.unsent
                    && matches!(state, OperationState::Planned | OperationState::Parked),
                awaits_key: row.awaits_key,
            },
            desk,
            operation_number: row.operation_number,
            reference: row.reference,
            upstream_id: row.upstream_id,
            upstream: row.upstream,
            pricelist: (row.group_code, row.version),
            attempts: Vec::new(),
        }))
    }
}
