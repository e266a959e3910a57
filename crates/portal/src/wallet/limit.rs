//! How far below zero a wallet may go: granted by owners, with a reason, and never below what is used.

use domain::Money;
use ledger::{LedgerError, set_credit_limit_in_tx, wallet_balance, wallet_in_tx};
use serde_json::json;
use uuid::Uuid;

use super::CREDIT_LIMIT;
use crate::people::{Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// A limit that is to be.
#[derive(Debug, Clone)]
pub struct NewLimit {
    /// Whose wallet.
    pub customer: Uuid,
    /// How far below zero it may go; nothing takes the limit away.
    pub limit: Money,
    /// The limit that the form showed.
    pub seen: Money,
    /// Why; at least three characters.
    pub reason: String,
}

/// Why a limit was not set.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// This role may not grant credit.
    #[error("not allowed")]
    Forbidden,
    /// There is no such customer.
    #[error("no such customer")]
    NoSuchCustomer,
    /// Somebody else has changed the limit since the form was made.
    #[error("changed meanwhile")]
    Changed,
    /// The limit is below nothing, or beyond what one customer may owe.
    #[error("the limit is out of range")]
    Amount,
    /// The customer owes more than that already.
    #[error("{used} of it is used")]
    Used {
        /// How far below zero the wallet is.
        used: Money,
    },
    /// The reason is missing or too long.
    #[error("a reason is needed")]
    Reason,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for LimitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl Portal {
    /// Lets a wallet go this far below zero; with a line in the audit, in one transaction.
    pub async fn set_credit_limit(
        &self,
        staff: &StaffViewer,
        new: &NewLimit,
    ) -> Result<(), LimitError> {
        if !staff.role.may(Permission::GrantCredit) {
            return Err(LimitError::Forbidden);
        }
        let reason = new.reason.trim();
        if !(3..=500).contains(&reason.chars().count()) {
            return Err(LimitError::Reason);
        }
        let currency = new.limit.currency();
        let within = (0..=CREDIT_LIMIT).contains(&new.limit.amount());
        if !within || new.seen.currency() != currency {
            return Err(LimitError::Amount);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        // Orders and changes of this customer wait meanwhile, so that what is used stays what it is.
        let known = sqlx::query_scalar!(
            "select id from customer where id = $1 for no key update",
            new.customer
        )
        .fetch_optional(&mut *tx)
        .await?;
        if known.is_none() {
            return Err(LimitError::NoSuchCustomer);
        }
        let wallet =
            wallet_in_tx(&mut tx, new.customer, currency, now).await.map_err(Error::from)?;
        let before = wallet_balance(&mut tx, new.customer, currency).await.map_err(Error::from)?;
        if before.credit_limit != new.seen {
            return Err(LimitError::Changed);
        }
        if before.credit_limit == new.limit {
            return Ok(());
        }
        let used = Money::new(before.available.amount().min(0).saturating_neg(), currency);
        if new.limit.amount() < used.amount() {
            return Err(LimitError::Used { used });
        }
        match set_credit_limit_in_tx(&mut tx, wallet, new.limit).await {
            Ok(()) => {}
            // The books have the last word.
            Err(LedgerError::InsufficientFunds) => return Err(LimitError::Used { used }),
            Err(error) => return Err(Error::from(error).into()),
        }
        // By currency: the health of the books compares the last one with the wallet's.
        let limit = |limit: Money| json!({ "credit_limit": { currency.code(): limit.to_plain() } });
        let entry = audit::Entry {
            actor: Some(staff.user),
            action: "wallet.credit_limit",
            object_type: "customer",
            object_id: new.customer,
            before: Some(limit(before.credit_limit)),
            after: Some(limit(new.limit)),
            reason: Some(reason),
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(())
    }
}
