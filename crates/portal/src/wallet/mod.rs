//! The customer's money: what there is, what moved, crediting it by hand and giving it back.

mod limit;
mod refund;

use std::collections::BTreeMap;

use domain::operation::OperationKind;
use domain::{Currency, Money};
use ledger::{
    AccountKind, Balance, Cause, CauseKind, Look, Movement, MovementKind, Transfer,
    house_account_in_tx, post_in_tx, statement, wallet_balance, wallet_in_tx, wallets,
};
use serde_json::json;
use uuid::Uuid;

pub use limit::{LimitError, NewLimit};
pub(crate) use refund::give_back_rest_in_tx;
pub use refund::{Charge, Refund, RefundError};

use crate::listing::{Cursor, Days, Listed, Paging, SortKey};
use crate::people::{CustomerViewer, Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// The order in which the balance moved.
pub const BY_LINE: SortKey = SortKey::number("when", "e.line");
/// What a statement can be sorted by.
pub const SORTS: [SortKey; 1] = [BY_LINE];

/// Which movements are listed.
#[derive(Debug, Clone, Default)]
pub struct MovementFilter {
    /// Those that did this.
    pub kind: Option<MovementKind>,
    /// When.
    pub days: Days,
}

/// A customer whose wallet whoever holds this may read: the customer's own, or any for staff.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    customer: Uuid,
}

impl Holder {
    /// For the desk: whoever works there may see what customers have.
    #[must_use]
    pub const fn for_staff(_staff: &StaffViewer, customer: Uuid) -> Self {
        Self { customer }
    }
}

impl From<&CustomerViewer> for Holder {
    fn from(viewer: &CustomerViewer) -> Self {
        Self { customer: viewer.customer }
    }
}

/// What a movement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// An order.
    Order {
        /// The order.
        id: Uuid,
        /// Its number.
        number: i64,
    },
    /// Something that was done to a license.
    Change {
        /// The license.
        license: Uuid,
        /// Its number.
        number: i64,
        /// What was done.
        kind: OperationKind,
    },
}

/// A credit by hand.
#[derive(Debug, Clone)]
pub struct Credit {
    /// Made with the form: the same form twice is one credit.
    pub id: Uuid,
    /// Whose wallet.
    pub customer: Uuid,
    /// How much, more than nothing.
    pub amount: Money,
    /// Why; at least three characters.
    pub reason: String,
}

/// Why a wallet was not credited.
#[derive(Debug, thiserror::Error)]
pub enum CreditError {
    /// This role may not move money.
    #[error("not allowed")]
    Forbidden,
    /// There is no such customer.
    #[error("no such customer")]
    NoSuchCustomer,
    /// The amount is not more than nothing, or beyond what one credit may be.
    #[error("the amount is out of range")]
    Amount,
    /// The reason is missing.
    #[error("a reason is needed")]
    Reason,
    /// The form was used for another credit.
    #[error("the form was used before")]
    FormUsed,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The most that one credit by hand or a credit limit may be: a slip of the keyboard is not worth
/// more.
pub const CREDIT_LIMIT: i64 = 100_000 * domain::money::SCALE;

impl Portal {
    /// What the customer's wallet in this currency holds.
    pub async fn balance(
        &self,
        viewer: &CustomerViewer,
        currency: Currency,
    ) -> Result<Balance, Error> {
        let mut db = self.pool.acquire().await?;
        Ok(wallet_balance(&mut db, viewer.customer, currency).await?)
    }

    /// All wallets of the customer.
    pub async fn balances(&self, holder: impl Into<Holder>) -> Result<Vec<Balance>, Error> {
        let customer = holder.into().customer;
        let mut db = self.pool.acquire().await?;
        let wallets = wallets(&mut db, &[customer]).await?;
        Ok(wallets.into_iter().map(|wallet| wallet.balance).collect())
    }

    /// The wallet's statement.
    pub async fn statement(
        &self,
        holder: impl Into<Holder>,
        currency: Currency,
        filter: &MovementFilter,
        paging: &Paging,
    ) -> Result<Listed<Movement>, Error> {
        let customer = holder.into().customer;
        let mut db = self.pool.acquire().await?;
        let wallet = wallets(&mut db, &[customer])
            .await?
            .into_iter()
            .find(|wallet| wallet.account.currency == currency);
        let Some(wallet) = wallet else { return Ok(Listed::nothing()) };
        let look = Look {
            kind: filter.kind,
            from: filter.days.start(),
            until: filter.days.end(),
            ascending: !paging.descending,
            after: paging.after.as_ref().map(Cursor::number),
        };
        let page = statement(&mut db, wallet.account, &look, paging.limit).await?;
        Ok(Listed { rows: page.movements, next: page.next.map(Cursor::at) })
    }

    /// What the customer can spend now, and what is missing for this amount: all of it if enough came
    /// in meanwhile, because nothing was reserved.
    pub(crate) async fn shortfall(
        &self,
        customer: Uuid,
        total: Money,
    ) -> Result<(Money, Money), Error> {
        let mut db = self.pool.acquire().await?;
        let wallet = ledger::wallet_balance(&mut db, customer, total.currency()).await?;
        let available = wallet.spendable();
        let missing = total.checked_sub(available).ok().filter(|money| money.amount() > 0);
        Ok((available, missing.unwrap_or(total)))
    }

    /// The orders and licenses behind a statement's movements, by their causes.
    pub async fn behind(
        &self,
        holder: impl Into<Holder>,
        causes: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Behind>, Error> {
        let customer = holder.into().customer;
        let rows = sqlx::query!(
            "select c.id as \"cause!\", o.id as \"order?\", o.number as \"order_number?\",
                    l.id as \"license?\", l.number as \"license_number?\", x.kind as \"kind?\"
               from unnest($1::uuid[]) as c(id)
               left join operation x on x.id = c.id
               left join customer_order o
                 on o.id = coalesce(x.order_id, c.id) and o.customer_id = $2
               left join license l
                 on l.id = x.license_id and x.kind <> 'order' and l.customer_id = $2
              where o.id is not null or l.id is not null",
            causes,
            customer,
        )
        .fetch_all(&self.pool)
        .await?;
        let behind = rows.into_iter().filter_map(|row| {
            let kind = row.kind.as_deref().and_then(OperationKind::from_word);
            let behind = match (row.order.zip(row.order_number), row.license, kind) {
                (Some((id, number)), _, _) => Behind::Order { id, number },
                (None, Some(id), Some(kind)) => {
                    Behind::Change { license: id, number: row.license_number?, kind }
                }
                _ => return None,
            };
            Some((row.cause, behind))
        });
        Ok(behind.collect())
    }

    /// Credits a wallet by hand: a transfer from the adjustments and a line in the audit, together.
    pub async fn credit_wallet(
        &self,
        staff: &StaffViewer,
        credit: &Credit,
    ) -> Result<(), CreditError> {
        if !staff.role.may(Permission::CreditWallet) {
            return Err(CreditError::Forbidden);
        }
        let reason = credit.reason.trim();
        if reason.chars().count() < 3 || reason.chars().count() > 500 {
            return Err(CreditError::Reason);
        }
        if credit.amount.amount() <= 0 || credit.amount.amount() > CREDIT_LIMIT {
            return Err(CreditError::Amount);
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let known =
            sqlx::query_scalar!("select id from customer where id = $1 for share", credit.customer)
                .fetch_optional(&mut *tx)
                .await
                .map_err(Error::from)?;
        if known.is_none() {
            return Err(CreditError::NoSuchCustomer);
        }
        let currency = credit.amount.currency();
        let wallet =
            wallet_in_tx(&mut tx, credit.customer, currency, now).await.map_err(Error::from)?;
        let before =
            wallet_balance(&mut tx, credit.customer, currency).await.map_err(Error::from)?;
        let house =
            house_account_in_tx(&mut tx, AccountKind::Adjustments, None, currency, wallet.id, now)
                .await
                .map_err(Error::from)?;
        let transfer = Transfer {
            id: credit.id,
            debit: house,
            credit: wallet,
            amount: credit.amount,
            cause: Cause {
                kind: CauseKind::Staff,
                id: credit.id,
                actor: Some(staff.user),
                reason: reason.to_owned(),
            },
        };
        let fresh = match post_in_tx(&mut tx, &transfer, now).await {
            Ok(fresh) => fresh,
            Err(ledger::LedgerError::IdReused(_)) => return Err(CreditError::FormUsed),
            Err(error) => return Err(Error::from(error).into()),
        };
        let after =
            wallet_balance(&mut tx, credit.customer, currency).await.map_err(Error::from)?;
        if fresh {
            let entry = audit::Entry {
                actor: Some(staff.user),
                action: "wallet.credit",
                object_type: "customer",
                object_id: credit.customer,
                before: Some(json!({ "available": before.available.to_string() })),
                after: Some(json!({ "available": after.available.to_string() })),
                reason: Some(reason),
            };
            audit::write_in_tx(&mut tx, entry, now).await?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(())
    }
}
