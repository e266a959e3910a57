//! The customer's money: what there is, what moved, and crediting it by hand.

use domain::{Currency, Money};
use ledger::{
    AccountKind, Balance, Cause, CauseKind, Page, Transfer, house_account_in_tx, post_in_tx,
    statement, wallet_balance, wallet_in_tx, wallets,
};
use serde_json::json;
use uuid::Uuid;

use crate::people::{CustomerViewer, Permission, StaffViewer};
use crate::{Error, Portal, audit};

/// A wallet among others, for the desk.
#[derive(Debug, Clone)]
pub struct DeskWallet {
    /// Whose.
    pub customer_id: Uuid,
    /// The customer's number, for people.
    pub customer_number: i64,
    /// Whose, in words.
    pub customer: String,
    /// What it holds, per currency; a customer who never paid anything in has none.
    pub balances: Vec<Balance>,
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

    /// The wallet's statement, newest first, before this cursor.
    pub async fn statement(
        &self,
        viewer: &CustomerViewer,
        currency: Currency,
        before: Option<i64>,
        limit: u16,
    ) -> Result<Page, Error> {
        let mut db = self.pool.acquire().await?;
        let wallet = wallets(&mut db, &[viewer.customer])
            .await?
            .into_iter()
            .find(|wallet| wallet.account.currency == currency);
        match wallet {
            Some(wallet) => Ok(statement(&mut db, wallet.account, before, limit).await?),
            None => Ok(Page { movements: Vec::new(), next: None }),
        }
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

    /// Customers with their wallets, newest first, before this number.
    pub async fn desk_wallets(
        &self,
        _staff: &StaffViewer,
        before: Option<i64>,
        limit: u16,
    ) -> Result<crate::orders::Listed<DeskWallet>, Error> {
        let customers = sqlx::query!(
            "select id, number, name from customer where number < $1 order by number desc limit $2",
            before.unwrap_or(i64::MAX),
            i64::from(limit) + 1,
        )
        .fetch_all(&self.pool)
        .await?;
        let more = customers.len() > usize::from(limit);
        let mut db = self.pool.acquire().await?;
        let customers: Vec<_> = customers.into_iter().take(usize::from(limit)).collect();
        let ids: Vec<Uuid> = customers.iter().map(|customer| customer.id).collect();
        let wallets = wallets(&mut db, &ids).await?;
        let rows: Vec<DeskWallet> = customers
            .into_iter()
            .map(|customer| DeskWallet {
                customer_id: customer.id,
                customer_number: customer.number,
                customer: customer.name,
                balances: wallets
                    .iter()
                    .filter(|wallet| wallet.owner == customer.id)
                    .map(|wallet| wallet.balance)
                    .collect(),
            })
            .collect();
        let next = if more { rows.last().map(|row| row.customer_number) } else { None };
        Ok(crate::orders::Listed { rows, next })
    }

    /// One customer with their wallets, for the desk.
    pub async fn desk_wallet(
        &self,
        _staff: &StaffViewer,
        customer: Uuid,
    ) -> Result<Option<DeskWallet>, Error> {
        let row = sqlx::query!("select number, name from customer where id = $1", customer)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut db = self.pool.acquire().await?;
        let wallets = wallets(&mut db, &[customer]).await?;
        Ok(Some(DeskWallet {
            customer_id: customer,
            customer_number: row.number,
            customer: row.name,
            balances: wallets.into_iter().map(|wallet| wallet.balance).collect(),
        }))
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
