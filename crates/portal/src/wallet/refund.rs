//! Giving back what was charged: a new transfer that names the one it reverses.

use domain::{Currency, Money};
use ledger::{
    Account, AccountKind, Cause, CauseKind, LedgerError, give_back_in_tx, house_account_in_tx,
};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// Money that goes back for something that was charged.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Made with the form: the same form twice is one refund.
    pub id: Uuid,
    /// The operation that was paid for.
    pub operation: Uuid,
    /// How much, more than nothing and not more than is left of the charge.
    pub amount: Money,
    /// Why; at least three characters. The customer reads it in their statement.
    pub reason: String,
}

/// Why nothing was given back.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// This role may not move money.
    #[error("not allowed")]
    Forbidden,
    /// Nothing was charged for it.
    #[error("nothing was charged")]
    NotCharged,
    /// The amount is not more than nothing, or more than is left of the charge.
    #[error("the amount is out of range")]
    Amount,
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// The form was used for another refund.
    #[error("the form was used before")]
    FormUsed,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for RefundError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// What was charged for an operation, and how much of it was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The capture.
    transfer: Uuid,
    /// The wallet that paid.
    wallet: Uuid,
    customer: Uuid,
    /// What was charged.
    pub amount: Money,
    /// What of it went back.
    pub given_back: Money,
}

impl Charge {
    /// What can still be given back.
    #[must_use]
    pub fn left(&self) -> Money {
        self.amount.checked_sub(self.given_back).unwrap_or(Money::zero(self.amount.currency()))
    }
}

async fn charge_of(db: &mut PgConnection, operation: Uuid) -> Result<Option<Charge>, Error> {
    let row = sqlx::query!(
        "select t.id, t.debit_account, t.amount, t.currency, x.customer_id,
                (select coalesce(sum(r.amount), 0)::bigint from ledger_transfer r
                  where r.reverses = t.id) as \"given_back!\"
           from operation x join ledger_transfer t on t.pending_id = x.hold_id and t.kind = 'post'
          where x.id = $1",
        operation,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = Currency::from_code(&row.currency)
        .ok_or_else(|| Error::unreadable("ledger_transfer", row.id))?;
    Ok(Some(Charge {
        transfer: row.id,
        wallet: row.debit_account,
        customer: row.customer_id,
        amount: Money::new(row.amount, currency),
        given_back: Money::new(row.given_back, currency),
    }))
}

impl Portal {
    /// What was charged for an operation; none if nothing was.
    pub async fn charge(
        &self,
        _staff: &StaffViewer,
        operation: Uuid,
    ) -> Result<Option<Charge>, Error> {
        charge_of(&mut *self.pool.acquire().await?, operation).await
    }

    /// Gives money back for something that was charged, whole or in part: out of the house's refunds,
    /// with a line in the audit. All refunds together are never more than the charge.
    pub async fn refund(&self, staff: &StaffViewer, refund: &Refund) -> Result<(), RefundError> {
        if !staff.role.may(Permission::CreditWallet) {
            return Err(RefundError::Forbidden);
        }
        let reason = refund.reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(RefundError::Reason);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let charge = charge_of(&mut tx, refund.operation).await?.ok_or(RefundError::NotCharged)?;
        if refund.amount.amount() <= 0 || refund.amount.currency() != charge.amount.currency() {
            return Err(RefundError::Amount);
        }
        let refund = Refund { reason: reason.to_owned(), ..refund.clone() };
        give_in_tx(&mut tx, staff, &refund, &charge, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Gives back what is left of an operation's charge, if anything is, as a step of something else that
/// staff do.
pub(crate) async fn give_back_rest_in_tx(
    tx: &mut PgConnection,
    staff: &StaffViewer,
    id: Uuid,
    operation: Uuid,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), RefundError> {
    let Some(charge) = charge_of(tx, operation).await? else { return Ok(()) };
    let amount = charge.left();
    if amount.is_zero() {
        return Ok(());
    }
    let refund = Refund { id, operation, amount, reason: reason.to_owned() };
    give_in_tx(tx, staff, &refund, &charge, now).await
}

async fn give_in_tx(
    tx: &mut PgConnection,
    staff: &StaffViewer,
    refund: &Refund,
    charge: &Charge,
    now: OffsetDateTime,
) -> Result<(), RefundError> {
    let currency = charge.amount.currency();
    let near = Account { id: charge.wallet, currency };
    let house = house_account_in_tx(tx, AccountKind::Refunds, None, currency, near.id, now)
        .await
        .map_err(Error::from)?;
    let cause = Cause {
        kind: CauseKind::Staff,
        id: refund.operation,
        actor: Some(staff.user),
        reason: refund.reason.clone(),
    };
    let amount = Some(refund.amount);
    let given = give_back_in_tx(tx, refund.id, charge.transfer, amount, Some(house), cause, now);
    let fresh = match given.await {
        Ok(fresh) => fresh,
        Err(LedgerError::IdReused(_)) => return Err(RefundError::FormUsed),
        Err(LedgerError::NotGivenBack) => return Err(RefundError::Amount),
        Err(error) => return Err(Error::from(error).into()),
    };
    if fresh {
        let left = charge.left().checked_sub(refund.amount).unwrap_or(charge.left());
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "wallet.refund",
            object_type: "customer",
            object_id: charge.customer,
            before: Some(json!({
                "operation": refund.operation, "charged": charge.left().to_string(),
            })),
            after: Some(json!({ "charged": left.to_string() })),
            reason: Some(&refund.reason),
        };
        audit::write_in_tx(tx, entry, now).await?;
    }
    Ok(())
}
