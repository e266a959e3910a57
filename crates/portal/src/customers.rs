//! Customers as the desk sees and changes them. Each change says what was before and what is after
//! in the audit, in its own transaction.

use domain::Currency;
use ledger::{Balance, wallets};
use serde_json::json;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::listing::{Listed, Needle, Paging, SortKey, push_beginning};
use crate::people::{Permission, StaffViewer};
use crate::pricing::Group;
use crate::{Error, Portal, audit};

const NAME: &str = "lower(c.name) collate \"C\"";
/// When they signed up.
pub const BY_NUMBER: SortKey = SortKey::number("joined", "c.number");
/// Their name.
pub const BY_NAME: SortKey = SortKey::text("name", NAME);
/// What customers can be sorted by, the usual one first.
pub const SORTS: [SortKey; 2] = [BY_NUMBER, BY_NAME];

/// How many licenses are counted; a list says "more" beyond it.
pub const COUNTED: i64 = 1000;
/// How many customers a text finds; whoever means one of more types more of it.
const NAMED: i64 = 1000;
const NAME_MAX: usize = 200;

/// Which customers are listed.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Number, or the beginning of the name or of an address.
    pub needle: Option<Needle>,
    /// Those that pay these prices.
    pub group: Option<String>,
    /// The blocked ones, or the others.
    pub blocked: Option<bool>,
}

/// A customer in the desk's list.
#[derive(Debug, Clone)]
pub struct CustomerRow {
    /// The customer.
    pub id: Uuid,
    /// Their number, for people.
    pub number: i64,
    /// Their name.
    pub name: String,
    /// The address of their first user.
    pub email: Option<String>,
    /// Whose prices they pay.
    pub group: Group,
    /// What they have, per currency; none before the first payment.
    pub balances: Vec<Balance>,
    /// How many licenses they own, counted up to [`COUNTED`].
    pub licenses: i64,
    /// When they signed up.
    pub joined: OffsetDateTime,
    /// Since when they may not sign in.
    pub blocked_at: Option<OffsetDateTime>,
}

/// A customer in full.
#[derive(Debug, Clone)]
pub struct CustomerDetail {
    /// As in the list.
    pub row: CustomerRow,
    /// Goes up with each change; a form carries the one that it was made from.
    pub version: i32,
    /// Who signs in for them.
    pub users: Vec<CustomerUser>,
    /// What they may pay in: their wallets' currencies, and what our accounts at vendors sell in; the
    /// portal's own where that is nothing yet.
    pub currencies: Vec<Currency>,
}

/// Somebody who signs in for a customer.
#[derive(Debug, Clone)]
pub struct CustomerUser {
    /// The address they sign in with.
    pub email: String,
    /// It is proved to be theirs.
    pub email_verified: bool,
    /// When they were last here.
    pub last_seen_at: Option<OffsetDateTime>,
}

/// Why a customer was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// This role may not do that.
    #[error("not allowed")]
    Forbidden,
    /// There is no such customer.
    #[error("no such customer")]
    NoSuchCustomer,
    /// Somebody else has changed the customer since the form was made.
    #[error("changed meanwhile")]
    Changed,
    /// The name is empty, too long, or has line breaks.
    #[error("not a name")]
    Name,
    /// There is no such group.
    #[error("no such group")]
    Group,
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for CustomerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// Which customer is changed, as the form knows them.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The customer.
    pub customer: Uuid,
    /// Their version when the form was made.
    pub version: i32,
}

/// The customers whose name, or the address of one of whose users, begins with this text.
pub(crate) async fn named(pool: &PgPool, text: &str) -> Result<Vec<Uuid>, Error> {
    let mut query = QueryBuilder::<Postgres>::new("(select c.id from customer c where ");
    push_beginning(&mut query, NAME, text);
    query.push(format_args!(" order by {NAME} limit {NAMED})"));
    query.push(" union (select u.customer_id from app_user u where u.customer_id is not null and ");
    let email = "lower(u.email) collate \"C\"";
    push_beginning(&mut query, email, text);
    query.push(format_args!(" order by {email} limit {NAMED})"));
    Ok(query.build_query_scalar().persistent(false).fetch_all(pool).await?)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    name: String,
    email: Option<String>,
    group_code: String,
    group_name: String,
    licenses: i64,
    created_at: OffsetDateTime,
    blocked_at: Option<OffsetDateTime>,
    version: i32,
    sort_key: String,
}

impl Row {
    fn read(self, balances: Vec<Balance>) -> CustomerRow {
        CustomerRow {
            id: self.id,
            number: self.number,
            name: self.name,
            email: self.email,
            group: Group { code: self.group_code, name: self.group_name },
            balances,
            licenses: self.licenses,
            joined: self.created_at,
            blocked_at: self.blocked_at,
        }
    }
}

/// What stands behind every row; the caller adds `sort_key` and the rest of the query.
fn select() -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select c.id, c.number, c.name, c.group_code, g.name as group_name, c.created_at,
                c.blocked_at, c.version,
                (select u.email from app_user u where u.customer_id = c.id
                  order by u.created_at, u.id limit 1) as email,
                (select count(*) from (select 1 from license l where l.customer_id = c.id ",
    );
    query.push(format_args!("limit {COUNTED}) counted) as licenses, "));
    query
}

const FROM: &str = " from customer c join customer_group g on g.code = c.group_code where true";

impl Portal {
    /// Customers, for staff.
    pub async fn customers(
        &self,
        _staff: &StaffViewer,
        filter: &CustomerFilter,
        paging: &Paging,
    ) -> Result<Listed<CustomerRow>, Error> {
        let column = paging.sort.column;
        let mut query = select();
        query.push(paging.sort.selected(column)).push(FROM);
        match &filter.needle {
            None => {}
            Some(Needle::Number(number)) => {
                query.push(" and c.number = ").push_bind(*number);
            }
            Some(Needle::Ip(ip)) => {
                let customers = named(&self.pool, &ip.to_string()).await?;
                query.push(" and c.id = any(").push_bind(customers).push(")");
            }
            Some(Needle::Text(text)) => {
                let customers = named(&self.pool, text).await?;
                query.push(" and c.id = any(").push_bind(customers).push(")");
            }
        }
        if let Some(group) = &filter.group {
            query.push(" and c.group_code = ").push_bind(group.clone());
        }
        query.push(match filter.blocked {
            None => "",
            Some(true) => " and c.blocked_at is not null",
            Some(false) => " and c.blocked_at is null",
        });
        paging.push(&mut query, column, "c.number");
        let rows: Vec<Row> = query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let wallets = wallets(&mut *self.pool.acquire().await?, &ids).await?;
        let read = |row: Row| {
            let own = wallets.iter().filter(|wallet| wallet.owner == row.id);
            let balances = own.map(|wallet| wallet.balance).collect();
            Ok::<_, Error>(row.read(balances))
        };
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), read)
    }

    /// One customer, for staff.
    pub async fn customer(
        &self,
        _staff: &StaffViewer,
        id: Uuid,
    ) -> Result<Option<CustomerDetail>, Error> {
        let mut query = select();
        query.push(BY_NUMBER.selected(BY_NUMBER.column)).push(FROM);
        query.push(" and c.id = ").push_bind(id);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let users = sqlx::query!(
            "select email, email_verified_at, last_seen_at from app_user
              where customer_id = $1 order by created_at, id limit 100",
            id,
        )
        .fetch_all(&self.pool)
        .await?;
        let wallets = wallets(&mut *self.pool.acquire().await?, &[id]).await?;
        let sold =
            sqlx::query_scalar!("select distinct currency as \"currency!\" from upstream_account")
                .fetch_all(&self.pool)
                .await?;
        let mut currencies: Vec<_> =
            wallets.iter().map(|wallet| wallet.balance.available.currency()).collect();
        for code in sold {
            let currency = Currency::from_code(&code)
                .ok_or_else(|| Error::unreadable("upstream_account", code))?;
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        if currencies.is_empty() {
            currencies.push(Currency::EUR);
        }
        // The portal's own comes first.
        currencies.sort_by_key(|currency| (*currency != Currency::EUR, currency.code()));
        let version = row.version;
        Ok(Some(CustomerDetail {
            row: row.read(wallets.into_iter().map(|wallet| wallet.balance).collect()),
            version,
            currencies,
            users: users
                .into_iter()
                .map(|user| CustomerUser {
                    email: user.email,
                    email_verified: user.email_verified_at.is_some(),
                    last_seen_at: user.last_seen_at,
                })
                .collect(),
        }))
    }

    pub(crate) async fn customer_of_number(&self, number: i64) -> Result<Option<Uuid>, Error> {
        Ok(sqlx::query_scalar!("select id from customer where number = $1", number)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Gives a customer another name.
    pub async fn rename_customer(
        &self,
        staff: &StaffViewer,
        expected: Expected,
        name: &str,
    ) -> Result<(), CustomerError> {
        if !staff.role.may(Permission::ManageCustomers) {
            return Err(CustomerError::Forbidden);
        }
        let name = name.trim();
        let length = name.chars().count();
        if length == 0 || length > NAME_MAX || name.chars().any(char::is_control) {
            return Err(CustomerError::Name);
        }
        let mut tx = self.pool.begin().await?;
        let before = lock_in_tx(&mut tx, expected).await?;
        if before.name == name {
            return Ok(());
        }
        sqlx::query!("update customer set name = $2 where id = $1", expected.customer, name)
            .execute(&mut *tx)
            .await?;
        let (before, after) = (json!({ "name": before.name }), json!({ "name": name }));
        let entry = entry(staff, "customer.rename", expected.customer, before, after, None);
        audit::write_in_tx(&mut tx, entry, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets a customer pay another group's prices, from the next look at them on.
    pub async fn set_customer_group(
        &self,
        staff: &StaffViewer,
        expected: Expected,
        group: &str,
    ) -> Result<(), CustomerError> {
        if !staff.role.may(Permission::SetPrices) {
            return Err(CustomerError::Forbidden);
        }
        let mut tx = self.pool.begin().await?;
        let before = lock_in_tx(&mut tx, expected).await?;
        let known =
            sqlx::query_scalar!("select code from customer_group where code = $1 for share", group)
                .fetch_optional(&mut *tx)
                .await?;
        if known.is_none() {
            return Err(CustomerError::Group);
        }
        if before.group == group {
            return Ok(());
        }
        sqlx::query!("update customer set group_code = $2 where id = $1", expected.customer, group)
            .execute(&mut *tx)
            .await?;
        let (before, after) = (json!({ "group": before.group }), json!({ "group": group }));
        let entry = entry(staff, "customer.group", expected.customer, before, after, None);
        audit::write_in_tx(&mut tx, entry, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets a customer in no more, or in again. Who is blocked is signed out everywhere; orders under
    /// way and licenses go on as they are.
    pub async fn set_customer_blocked(
        &self,
        staff: &StaffViewer,
        expected: Expected,
        blocked: bool,
        reason: &str,
    ) -> Result<(), CustomerError> {
        if !staff.role.may(Permission::ManageCustomers) {
            return Err(CustomerError::Forbidden);
        }
        let reason = reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(CustomerError::Reason);
        }
        let now = self.clock.now();
        let customer = expected.customer;
        let mut tx = self.pool.begin().await?;
        let before = lock_in_tx(&mut tx, expected).await?;
        if before.blocked == blocked {
            return Ok(());
        }
        sqlx::query!(
            "update customer set blocked_at = $2 where id = $1",
            customer,
            blocked.then_some(now),
        )
        .execute(&mut *tx)
        .await?;
        if blocked {
            sqlx::query!(
                "delete from session where user_id in (select id from app_user where customer_id = $1)",
                customer,
            )
            .execute(&mut *tx)
            .await?;
        }
        let action = if blocked { "customer.block" } else { "customer.unblock" };
        let (before, after) = (json!({ "blocked": before.blocked }), json!({ "blocked": blocked }));
        let entry = entry(staff, action, customer, before, after, Some(reason));
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

struct Before {
    name: String,
    group: String,
    blocked: bool,
}

/// Takes the customer for a change and counts it, unless somebody else was faster.
async fn lock_in_tx(tx: &mut PgConnection, expected: Expected) -> Result<Before, CustomerError> {
    let row = sqlx::query!(
        "select name, group_code, blocked_at, version from customer where id = $1
            for no key update",
        expected.customer,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(CustomerError::NoSuchCustomer)?;
    if row.version != expected.version {
        return Err(CustomerError::Changed);
    }
    sqlx::query!("update customer set version = version + 1 where id = $1", expected.customer)
        .execute(tx)
        .await?;
    Ok(Before { name: row.name, group: row.group_code, blocked: row.blocked_at.is_some() })
}

fn entry<'a>(
    staff: &StaffViewer,
    action: &'a str,
    customer: Uuid,
    before: serde_json::Value,
    after: serde_json::Value,
    reason: Option<&'a str>,
) -> audit::Entry<'a> {
    audit::Entry {
        actor: Some(staff.user),
        action,
        object_type: "customer",
        object_id: customer,
        before: Some(before),
        after: Some(after),
        reason,
    }
}
