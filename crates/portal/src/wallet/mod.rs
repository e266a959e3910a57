//! The customer's money: what there is, what moved, and crediting it by hand.

use domain::{Currency, Money};
use ledger::{
    AccountKind, Balance, Cause, CauseKind, Look, Movement, MovementKind, Transfer,
    house_account_in_tx, post_in_tx, statement, wallet_balance, wallet_in_tx, wallets,
};
use serde_json::json;
use uuid::Uuid;

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

/// The most that one credit by hand may be: a slip of the keyboard is not worth more.
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
    pub async fn balances(&self, viewer: &CustomerViewer) -> Result<Vec<Balance>, Error> {
        let mut db = self.pool.acquire().await?;
        let wallets = wallets(&mut db, &[viewer.customer]).await?;
        Ok(wallets.into_iter().map(|wallet| wallet.balance).collect())
    }

    /// The wallet's statement.
    pub async fn statement(
        &self,
        viewer: &CustomerViewer,
        currency: Currency,
        filter: &MovementFilter,
        paging: &Paging,
    ) -> Result<Listed<Movement>, Error> {
        let mut db = self.pool.acquire().await?;
        let wallet = wallets(&mut db, &[viewer.customer])
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

    /// The numbers of the orders behind a statement's movements.
    pub async fn order_numbers(
        &self,
        viewer: &CustomerViewer,
        causes: &[Uuid],
    ) -> Result<Vec<(Uuid, Uuid, i64)>, Error> {
        let rows = sqlx::query!(
            "select c.id as \"cause!\", o.id, o.number from unnest($1::uuid[]) as c(id)
               left join operation x on x.id = c.id
               join customer_order o on o.id = coalesce(x.order_id, c.id)
              where o.customer_id = $2",
            causes,
            viewer.customer,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.cause, row.id, row.number)).collect())
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
