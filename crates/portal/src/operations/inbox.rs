//! Operations that wait for a person: what is known of both sides, and the three ways out.

use domain::Money;
use domain::operation::{OperationKind, OperationState};
use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::steps::Proof;
use super::store::{self, Task};
use crate::locale::Localized;
use crate::orders::{Attempt, EventKind};
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

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
    /// The order of a purchase.
    pub order: Option<Uuid>,
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
}

/// What seems right, by what is known; the person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Of a purchase: one of these numbers is ours; the others have to be given back at the vendor.
    Adopt(Vec<String>),
    /// Look at the license: it is gone or changed past us.
    Look,
}

/// What a person says became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It happened. Of a purchase with the vendor's number of the license.
    Happened {
        /// The vendor's number; ignored for anything but a purchase.
        upstream_id: String,
    },
    /// It did not happen, and is sent once more.
    SendAgain,
    /// It did not happen and will not: the money goes back.
    GiveUp,
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

/// So many are shown at once; the oldest first, so that none is forgotten.
const SHOWN: i64 = 50;

impl Portal {
    /// Operations that wait for a person, the oldest first.
    pub async fn inbox(&self, _staff: &StaffViewer) -> Result<Vec<Case>, Error> {
        let rows = sqlx::query!(
            "select x.id, x.number, x.kind, c.name as customer, c.id as customer_id,
                    x.order_id as \"order?\", p.name as \"plan: Json<Localized>\",
                    coalesce(host(o.ip), host(l.ip)) as ip, x.currency, x.price, x.reference,
                    l.upstream_id as \"upstream_id?\", x.created_at,
                    (select e.detail from operation_event e
                      where e.operation_id = x.id and e.event = 'review'
                      order by e.id desc limit 1) as why
               from operation x
               join customer c on c.id = x.customer_id
               left join customer_order o on o.id = x.order_id
               left join license l on l.id = x.license_id
               join plan p on p.id = coalesce(o.plan_id, l.plan_id)
              where x.state = 'review' order by x.created_at, x.number limit $1",
            SHOWN,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut cases = Vec::new();
        for row in rows {
            let bad = |what: &str| Error::unreadable("operation", format!("{} {what}", row.id));
            let kind = OperationKind::from_word(&row.kind).ok_or_else(|| bad("kind"))?;
            let currency =
                domain::Currency::from_code(&row.currency).ok_or_else(|| bad("currency"))?;
            let why = row.why.unwrap_or_default();
            cases.push(Case {
                attempts: crate::orders::attempts(&self.pool, row.id).await?,
                advice: advice(kind, &why),
                operation: row.id,
                number: row.number,
                kind,
                customer: row.customer,
                customer_id: row.customer_id,
                order: row.order,
                plan: row.plan.0,
                ip: row.ip,
                price: Money::new(row.price, currency),
                reference: row.reference,
                upstream_id: row.upstream_id,
                at: row.created_at,
                why,
            });
        }
        Ok(cases)
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
            (Task::Order(_), Verdict::Happened { upstream_id }) => {
                let number = upstream_id.trim();
                let fits = !number.is_empty()
                    && number.len() <= 18
                    && number.bytes().all(|byte| byte.is_ascii_digit());
                if !fits {
                    return Err(DecideError::Number);
                }
                Some(number)
            }
            _ => None,
        };
        let mut tx = self.pool.begin().await?;
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "operation.decide",
            object_type: "operation",
            object_id: op.id,
            before: Some(json!({ "state": op.state.as_str() })),
            after: Some(json!({ "state": after.as_str(), "upstream_id": number })),
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
                let proof = number.map_or(Proof::Done, |number| Proof::Number(number.to_owned()));
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
