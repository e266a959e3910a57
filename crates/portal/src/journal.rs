//! The journal as the desk reads it: everything that is or was to be done at the vendors.

use std::collections::BTreeMap;

use domain::change::Change;
use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::listing::{self, Days, Listed, Needle, Owners, Paging, SortKey, Source};
use crate::locale::Localized;
use crate::orders::{Attempt, Event, MoneyState, attempts, events, money_of};
use crate::people::StaffViewer;
use crate::{Error, Portal, customers};

/// When it was asked for.
pub const BY_TIME: SortKey = SortKey::time("asked", "x.created_at");
/// What operations can be sorted by. Not by price: each order of a list costs every purchase an index
/// or two, and the lists of orders have that one.
pub const SORTS: [SortKey; 1] = [BY_TIME];

/// Which operations are listed.
#[derive(Debug, Clone, Default)]
pub struct OperationFilter {
    /// What is done.
    pub kind: Option<OperationKind>,
    /// Those that stand there.
    pub state: Option<OperationState>,
    /// A number of the operation, its order or its license; a reference; a server's address; or
    /// the beginning of the customer's name or address.
    pub needle: Option<Needle>,
    /// The number of the customer.
    pub customer: Option<i64>,
    /// The number of the license.
    pub license: Option<i64>,
    /// When they were asked for.
    pub days: Days,
}

/// An operation in the list.
#[derive(Debug, Clone)]
pub struct OperationRow {
    /// Its id, for the address.
    pub id: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What is done.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// The customer's name.
    pub customer: String,
    /// The customer.
    pub customer_id: Uuid,
    /// The order of a purchase, with its number.
    pub order: Option<(Uuid, i64)>,
    /// The license's number, once there is one.
    pub license: Option<i64>,
    /// The plan that is bought, or that the license is one of.
    pub plan: Localized,
    /// The server's address.
    pub ip: Option<String>,
    /// What the customer pays.
    pub price: Money,
    /// What we pay.
    pub cost: Money,
    /// How often it was sent.
    pub attempts: i16,
    /// When it was asked for.
    pub at: OffsetDateTime,
    /// When it ended.
    pub finished_at: Option<OffsetDateTime>,
}

/// An operation in full.
#[derive(Debug, Clone)]
pub struct OperationDetail {
    /// As in the list.
    pub row: OperationRow,
    /// What is asked for of the license; none for a purchase.
    pub change: Option<Change>,
    /// Names of the add-ons of its plan.
    pub addon_names: BTreeMap<String, Localized>,
    /// The name of the plan that the license becomes one of.
    pub new_plan: Option<Localized>,
    /// Where the customer's money is.
    pub money: MoneyState,
    /// The group and version of the pricelist that it was priced with.
    pub pricelist: Option<(String, i32)>,
    /// The vendor account.
    pub upstream: String,
    /// Our id at the vendor.
    pub reference: String,
    /// The vendor's number of the license.
    pub upstream_id: Option<String>,
    /// Who asked for it; none for the portal itself.
    pub asked_by: Option<String>,
    /// It is not sent before this.
    pub undo_until: Option<OffsetDateTime>,
    /// When the portal looks again.
    pub next_at: Option<OffsetDateTime>,
    /// The vendor said no, in these words.
    pub vendor_message: Option<String>,
    /// What happened so far.
    pub events: Vec<Event>,
    /// Everything that was sent.
    pub attempts: Vec<Attempt>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    kind: String,
    state: String,
    customer: String,
    customer_id: Uuid,
    order_id: Option<Uuid>,
    order_number: Option<i64>,
    license_number: Option<i64>,
    plan: Json<Localized>,
    ip: Option<String>,
    currency: String,
    price: i64,
    cost: i64,
    attempts: i16,
    created_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl Row {
    fn read(self) -> Result<OperationRow, Error> {
        let bad = |what: &str| Error::unreadable("operation", format!("{} {what}", self.id));
        let currency = Currency::from_code(&self.currency).ok_or_else(|| bad("currency"))?;
        Ok(OperationRow {
            id: self.id,
            number: self.number,
            kind: OperationKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?,
            state: OperationState::from_word(&self.state).ok_or_else(|| bad("state"))?,
            customer: self.customer,
            customer_id: self.customer_id,
            order: self.order_id.zip(self.order_number),
            license: self.license_number,
            plan: self.plan.0,
            ip: self.ip,
            price: Money::new(self.price, currency),
            cost: Money::new(self.cost, currency),
            attempts: self.attempts,
            at: self.created_at,
            finished_at: self.finished_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct SortedRow {
    #[sqlx(flatten)]
    row: Row,
    sort_key: String,
}

/// What a search field leaves, found before the list is read: few rows, by an index of their own.
#[derive(Default)]
struct Found {
    operation: Option<Uuid>,
    orders: Vec<Uuid>,
    licenses: Vec<Uuid>,
}

impl Portal {
    /// All operations, for the desk.
    pub async fn operations(
        &self,
        _staff: &StaffViewer,
        filter: &OperationFilter,
        paging: &Paging,
    ) -> Result<Listed<OperationRow>, Error> {
        let mut owners = match filter.customer {
            None => Owners::All,
            Some(number) => match self.customer_of_number(number).await? {
                Some(customer) => Owners::One(customer),
                None => return Ok(Listed::nothing()),
            },
        };
        let license = match filter.license {
            None => None,
            Some(number) => match self.license_of_number(number).await? {
                Some(license) => Some(license),
                None => return Ok(Listed::nothing()),
            },
        };
        let found = match &filter.needle {
            None => None,
            Some(needle) => {
                let found = self.find_operations(needle).await?;
                // A text that is no reference is somebody's name.
                match (needle, found.operation, &owners) {
                    (Needle::Text(text), None, Owners::All) => {
                        owners = Owners::Some(customers::named(&self.pool, text).await?);
                        None
                    }
                    _ => Some(found),
                }
            }
        };
        let source = Source {
            from: "operation x",
            id: "x.id",
            key: paging.sort.column,
            number: "x.number",
            owner: "x.customer_id",
        };
        let mut query = listing::page(&source, owners, paging, |query| {
            // Words of ours, written out: the planner sees which of them are rare, and that an index
            // of some of them is enough.
            if let Some(kind) = filter.kind {
                query.push(format_args!(" and x.kind = '{}'", kind.as_str()));
            }
            if let Some(state) = filter.state {
                query.push(format_args!(" and x.state = '{}'", state.as_str()));
            }
            if let Some(license) = license {
                query.push(" and x.license_id = ").push_bind(license);
            }
            if let Some(found) = found {
                query.push(" and (x.id = ").push_bind(found.operation);
                query.push(" or x.order_id = any(").push_bind(found.orders);
                query.push(") or x.license_id = any(").push_bind(found.licenses).push("))");
            }
            filter.days.push(query, "x.created_at");
        });
        query.push(
            "select x.id, x.number, x.kind, x.state, c.name as customer, c.id as customer_id,
                    x.order_id, x.order_number, l.number as license_number, p.name as plan,
                    coalesce(host(o.ip), host(l.ip)) as ip, x.currency, x.price, x.cost,
                    x.attempts, x.created_at, x.finished_at, ",
        );
        query.push(paging.sort.selected("page.key")).push(
            " from page
               join operation x on x.id = page.id
               join customer c on c.id = x.customer_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = x.license_id
               join plan p on p.id = coalesce(o.plan_id, l.plan_id)",
        );
        paging.push_order(&mut query, "page.key", "page.number");
        let rows: Vec<SortedRow> =
            query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        Listed::cut(
            rows,
            paging,
            |row| (row.row.number, row.sort_key.as_str()),
            |row| row.row.read(),
        )
    }

    async fn find_operations(&self, needle: &Needle) -> Result<Found, Error> {
        match needle {
            Needle::Number(number) => {
                let row = sqlx::query!(
                    "select (select id from operation where number = $1) as operation,
                            (select id from customer_order where number = $1) as \"order\",
                            (select id from license where number = $1) as license",
                    number,
                )
                .fetch_one(&self.pool)
                .await?;
                Ok(Found {
                    operation: row.operation,
                    orders: row.order.into_iter().collect(),
                    licenses: row.license.into_iter().collect(),
                })
            }
            Needle::Ip(ip) => {
                let ip = ip.to_string();
                let orders = sqlx::query_scalar!(
                    "select id from customer_order where ip = $1::text::inet",
                    ip
                );
                let licenses =
                    sqlx::query_scalar!("select id from license where ip = $1::text::inet", ip);
                Ok(Found {
                    operation: None,
                    orders: orders.fetch_all(&self.pool).await?,
                    licenses: licenses.fetch_all(&self.pool).await?,
                })
            }
            Needle::Text(text) => {
                let operation =
                    sqlx::query_scalar!("select id from operation where reference = $1", text)
                        .fetch_optional(&self.pool)
                        .await?;
                Ok(Found { operation, ..Found::default() })
            }
        }
    }

    async fn license_of_number(&self, number: i64) -> Result<Option<Uuid>, Error> {
        Ok(sqlx::query_scalar!("select id from license where number = $1", number)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// One operation, for the desk.
    pub async fn operation(
        &self,
        _staff: &StaffViewer,
        id: Uuid,
    ) -> Result<Option<OperationDetail>, Error> {
        let row = sqlx::query!(
            "select x.id, x.number, x.kind, x.state, c.name as customer, c.id as customer_id,
                    x.order_id, x.order_number, l.number as \"license_number?\",
                    p.name as \"plan: Json<Localized>\",
                    coalesce(host(o.ip), host(l.ip)) as ip, x.currency, x.price, x.cost, x.attempts,
                    x.created_at, x.finished_at, x.change as \"change: Json<Change>\", x.hold_id,
                    x.reference, coalesce(x.upstream_id, l.upstream_id) as upstream_id,
                    x.undo_until, x.next_at, x.vendor_message, u.name as upstream,
                    a.email as \"asked_by?\", v.group_code as \"group_code?\",
                    v.version as \"version?\", n.name as \"new_plan?: Json<Localized>\",
                    (select coalesce(jsonb_object_agg(d.code, d.name), '{}') from plan_addon d
                      where d.plan_id = p.id) as \"addon_names!: Json<BTreeMap<String, Localized>>\"
               from operation x
               join customer c on c.id = x.customer_id
               join upstream_account u on u.id = x.upstream_account_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = x.license_id
               join plan p on p.id = coalesce(o.plan_id, l.plan_id)
               left join plan n on n.slug = x.change ->> 'plan'
               left join app_user a on a.id = x.requested_by
               left join pricelist_version v
                 on v.id = coalesce(x.pricelist_version_id, o.pricelist_version_id)
              where x.id = $1",
            id,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let listed = Row {
            id: row.id,
            number: row.number,
            kind: row.kind,
            state: row.state,
            customer: row.customer,
            customer_id: row.customer_id,
            order_id: row.order_id,
            order_number: row.order_number,
            license_number: row.license_number,
            plan: row.plan,
            ip: row.ip,
            currency: row.currency,
            price: row.price,
            cost: row.cost,
            attempts: row.attempts,
            created_at: row.created_at,
            finished_at: row.finished_at,
        };
        let listed = listed.read()?;
        let state = listed.state;
        Ok(Some(OperationDetail {
            change: row.change.map(|change| change.0),
            addon_names: row.addon_names.0,
            new_plan: row.new_plan.map(|plan| plan.0),
            money: money_of(row.hold_id.is_some(), state),
            pricelist: row.group_code.zip(row.version),
            upstream: row.upstream,
            reference: row.reference,
            upstream_id: row.upstream_id,
            asked_by: row.asked_by,
            undo_until: row.undo_until.filter(|_| state == OperationState::Planned),
            next_at: (!state.is_final() && state != OperationState::Review).then_some(row.next_at),
            vendor_message: row.vendor_message,
            events: events(&self.pool, id).await?,
            attempts: attempts(&self.pool, id).await?,
            row: listed,
        }))
    }
}
