//! Operations that wait for a person: what is known of both sides, and the three ways out.

use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money, Period};
use serde_json::json;
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use time::{Date, OffsetDateTime};
use upstream::DialectKind;
use upstream::dialect::Action;
use uuid::Uuid;

use super::steps::Proof;
use super::store::{self, Task};
use crate::listing::{Listed, Needle, Paging, SortKey};
use crate::locale::Localized;
use crate::orders::{Attempt, EventKind, attempts_of};
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit, customers};

/// When it was asked for; the oldest first, so that none is forgotten.
pub const CASES_BY_TIME: SortKey = SortKey::time("asked", "x.created_at").ascending();
/// What cases can be sorted by.
pub const CASE_SORTS: [SortKey; 1] = [CASES_BY_TIME];

/// Which cases are listed.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// What was to be done.
    pub kind: Option<OperationKind>,
    /// A number of the operation, its order or its license; a reference; a server's address; or
    /// the beginning of the customer's name or address.
    pub needle: Option<Needle>,
}

/// An operation of which nobody but a person can say what became of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The operation.
    pub operation: Uuid,
    /// Its number, for people.
    pub number: i64,
    /// What was to be done.
    pub kind: OperationKind,
    /// For whom.
    pub customer: String,
    /// The customer.
    pub customer_id: Uuid,
    /// The order of a purchase, with its number.
    pub order: Option<(Uuid, i64)>,
    /// The plan that is or was to be owned.
    pub plan: Localized,
    /// The server's address.
    pub ip: Option<String>,
    /// What the customer pays, held until then.
    pub price: Money,
    /// Our id at the vendor.
    pub reference: String,
    /// The vendor's number of the license, where it has one already.
    pub upstream_id: Option<String>,
    /// When it was asked for.
    pub at: OffsetDateTime,
    /// Why a person is needed, with what the vendor showed.
    pub why: String,
    /// What was sent and what came back.
    pub attempts: Vec<Attempt>,
    /// What seems right.
    pub advice: Advice,
    /// A person carries it out at the vendor's site.
    pub by_hand: bool,
}

/// What seems right, by what is known; the person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Of a purchase: one of these numbers is ours; the others have to be given back at the vendor.
    Adopt(Vec<String>),
    /// Look at the license: it is gone or changed past us.
    Look,
}

impl Advice {
    /// The one number that is advised.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        match self {
            Self::Adopt(numbers) => match numbers.as_slice() {
                [number] => Some(number),
                _ => None,
            },
            Self::Look => None,
        }
    }
}

/// What a person says became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It happened. Of a purchase with the vendor's number of the license.
    Happened {
        /// The vendor's number; ignored for anything but a purchase.
        upstream_id: String,
        /// What the vendor's site shows after work by hand; ignored where the vendor can be read.
        shown: Shown,
    },
    /// It did not happen, and is sent once more.
    SendAgain,
    /// It did not happen and will not: the money goes back.
    GiveUp,
}

/// What a person read at the vendor's site (seed 004 names this way of working).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The license's key.
    pub key: Option<String>,
    /// Its last day.
    pub expires_on: Option<Date>,
}

impl Shown {
    /// The longest key.
    pub const LONGEST_KEY: usize = 200;

    fn is_usable(&self) -> bool {
        self.key.as_deref().is_none_or(|key| {
            key.chars().count() <= Self::LONGEST_KEY && !key.chars().any(char::is_control)
        })
    }
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// This role may not do that.
    #[error("not allowed")]
    Forbidden,
    /// It does not wait for a person, or not any more.
    #[error("nothing to decide")]
    NotInReview,
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// A purchase that happened has a number at the vendor.
    #[error("the vendor's number is needed")]
    Number,
    /// The vendor's number belongs to another license of ours.
    #[error("the number belongs to another license")]
    NumberTaken,
    /// Whoever buys or renews by hand says until when it lasts, and that is later than before.
    #[error("the last day is needed")]
    Day,
    /// What is to be shown as the key cannot be one.
    #[error("the key is not usable")]
    Key,
    /// It was sent as often as it may be.
    #[error("sent too often")]
    TooOften,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for DecideError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    kind: String,
    customer: String,
    customer_id: Uuid,
    order_id: Option<Uuid>,
    order_number: Option<i64>,
    plan: Json<Localized>,
    ip: Option<String>,
    currency: String,
    price: i64,
    reference: String,
    upstream_id: Option<String>,
    dialect: String,
    created_at: OffsetDateTime,
    why: Option<String>,
    sort_key: String,
}

impl Row {
    fn read(self, attempts: Vec<Attempt>) -> Result<Case, Error> {
        let bad = |what: &str| Error::unreadable("operation", format!("{} {what}", self.id));
        let kind = OperationKind::from_word(&self.kind).ok_or_else(|| bad("kind"))?;
        let currency = Currency::from_code(&self.currency).ok_or_else(|| bad("currency"))?;
        let why = self.why.unwrap_or_default();
        Ok(Case {
            attempts,
            advice: advice(kind, &why),
            by_hand: self.dialect == DialectKind::Manual.as_str(),
            operation: self.id,
            number: self.number,
            kind,
            customer: self.customer,
            customer_id: self.customer_id,
            order: self.order_id.zip(self.order_number),
            plan: self.plan.0,
            ip: self.ip,
            price: Money::new(self.price, currency),
            reference: self.reference,
            upstream_id: self.upstream_id,
            at: self.created_at,
            why,
        })
    }
}

impl Portal {
    /// Operations that wait for a person.
    pub async fn inbox(
        &self,
        _staff: &StaffViewer,
        filter: &CaseFilter,
        paging: &Paging,
    ) -> Result<Listed<Case>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select x.id, x.number, x.kind, c.name as customer, c.id as customer_id, x.order_id,
                    x.order_number, p.name as plan, coalesce(host(o.ip), host(l.ip)) as ip,
                    x.currency, x.price, x.reference, l.upstream_id, p.dialect,
                    x.created_at,
                    (select e.detail from operation_event e
                      where e.operation_id = x.id and e.event = 'review'
                      order by e.id desc limit 1) as why, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(
            " from operation x
               join customer c on c.id = x.customer_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = x.license_id
               join plan p on p.id = coalesce(o.plan_id, l.plan_id)
              where x.state = 'review'",
        );
        if let Some(kind) = filter.kind {
            query.push(" and x.kind = ").push_bind(kind.as_str());
        }
        // Few wait at a time: what they are looked for by needs no index.
        match &filter.needle {
            None => {}
            Some(Needle::Number(number)) => {
                query.push(" and ").push_bind(*number);
                query.push(" in (x.number, x.order_number, l.number)");
            }
            Some(Needle::Ip(ip)) => {
                query.push(" and coalesce(o.ip, l.ip) = ").push_bind(ip.to_string());
                query.push("::inet");
            }
            Some(Needle::Text(text)) => {
                let customers = customers::named(&self.pool, text).await?;
                query.push(" and (x.customer_id = any(").push_bind(customers);
                query.push(") or x.reference = ").push_bind(text.clone()).push(")");
            }
        }
        paging.push(&mut query, paging.sort.column, "x.number");
        let rows: Vec<Row> = query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut attempts = attempts_of(&self.pool, &ids).await?;
        let read = |row: Row| {
            let attempts = attempts.remove(&row.id).unwrap_or_default();
            row.read(attempts)
        };
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), read)
    }

    /// Ends the doubt as a person says, in one transaction with the money and the audit.
    pub async fn decide(
        &self,
        staff: &StaffViewer,
        operation: Uuid,
        verdict: &Verdict,
        reason: &str,
    ) -> Result<(), DecideError> {
        if !staff.role.may(Permission::DecideOperations) {
            return Err(DecideError::Forbidden);
        }
        let reason = reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(DecideError::Reason);
        }
        let now = self.clock.now();
        let op = store::take_waiting(&self.pool, operation, now).await?;
        let op = op.ok_or(DecideError::NotInReview)?;
        let account = self.upstream_account(op.upstream_account).await?;
        if op.state == OperationState::Parked && matches!(verdict, Verdict::Happened { .. }) {
            // It certainly did not: that is what parked means.
            return Err(DecideError::NotInReview);
        }
        let after = match verdict {
            Verdict::Happened { .. } => OperationState::Confirmed,
            Verdict::SendAgain => OperationState::Planned,
            Verdict::GiveUp => OperationState::Rejected,
        };
        let number = match (&op.task, verdict) {
            (Task::Order(_), Verdict::Happened { upstream_id, .. }) => {
                let number = upstream_id.trim();
                // People's sites number otherwise than the wire does.
                let fits = if op.dialect == DialectKind::Manual {
                    number.chars().count() <= 60 && number.chars().all(|c| c.is_ascii_graphic())
                } else {
                    number.len() <= 18 && number.bytes().all(|byte| byte.is_ascii_digit())
                };
                let fits = fits && !number.is_empty();
                if !fits {
                    return Err(DecideError::Number);
                }
                Some(number)
            }
            _ => None,
        };
        let shown = match verdict {
            Verdict::Happened { shown, .. } if op.dialect == DialectKind::Manual => shown.clone(),
            _ => Shown::default(),
        };
        if !shown.is_usable() {
            return Err(DecideError::Key);
        }
        if op.dialect == DialectKind::Manual
            && matches!(verdict, Verdict::Happened { .. })
            && !lasts(&op.task, shown.expires_on)
        {
            return Err(DecideError::Day);
        }
        let mut tx = self.pool.begin().await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "operation.decide",
            object_type: "operation",
            object_id: op.id,
            before: Some(json!({ "state": op.state.as_str() })),
            after: Some(json!({
                "state": after.as_str(), "upstream_id": number, "expires_on": shown.expires_on,
            })),
            reason: Some(reason),
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        let said = format!("{}: {reason}", staff.email);
        store::event_in_tx(&mut tx, op.id, EventKind::Decided, Some(&said), now).await?;
        match verdict {
            Verdict::Happened { .. } => {
                let taken = match number {
                    Some(number) => sqlx::query_scalar!(
                        "select exists (select from license
                                         where upstream_account_id = $1 and upstream_id = $2) as \"taken!\"",
                        account.id,
                        number,
                    )
                    .fetch_one(&mut *tx)
                    .await?,
                    None => false,
                };
                if taken {
                    return Err(DecideError::NumberTaken);
                }
                let number = number.map(str::to_owned);
                let proof = match (op.dialect, number) {
                    (DialectKind::Manual, number) => Proof::Shown(number, shown),
                    (_, Some(number)) => Proof::Number(number),
                    (_, None) => Proof::Done,
                };
                if !self.confirm(tx, &op, &account, &proof, EventKind::Found).await? {
                    return Err(DecideError::NotInReview);
                }
            }
            Verdict::SendAgain if op.attempts >= account.max_attempts => {
                return Err(DecideError::TooOften);
            }
            Verdict::SendAgain => {
                self.resend_in_tx(&mut tx, &op, now).await?;
                tx.commit().await?;
            }
            Verdict::GiveUp => {
                self.reject_in_tx(&mut tx, &op, reason, now).await?;
                tx.commit().await?;
            }
        }
        self.bell.ring();
        Ok(())
    }
}

/// Whether a day is said where one belongs: without it a renewal would never be seen, and the next
/// one would be taken for it.
fn lasts(task: &Task, until: Option<Date>) -> bool {
    let (term, after) = match task {
        Task::Order(purchase) => (&purchase.wish.term, None),
        Task::Change(work) => match &work.action {
            Action::Renew(term) => (term, work.term),
            Action::ChangePlan { term, .. } => (term, None),
            _ => return true,
        },
    };
    match until {
        Some(day) => after.is_none_or(|before| day > before),
        None => term.period == Period::Lifetime,
    }
}

/// Numbers of the vendor's, as the worker has written them down.
fn advice(kind: OperationKind, why: &str) -> Advice {
    if kind != OperationKind::Order {
        return Advice::Look;
    }
    let first = why.lines().next().unwrap_or_default();
    let numbers = first.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    Advice::Adopt(numbers.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_offered_for_purchases() {
        let several = "the vendor has it several times: 17, 18\n<doc/>";
        let both = Advice::Adopt(vec!["17".to_owned(), "18".to_owned()]);
        assert_eq!(advice(OperationKind::Order, several), both);
        assert_eq!(advice(OperationKind::Renew, several), Advice::Look);
    }
}
