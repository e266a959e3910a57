use domain::{Currency, Money};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::LedgerError;

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A customer's prepaid money: our debt to the customer.
    Wallet,
    /// What was earned.
    Revenue,
    /// Our money at a vendor.
    UpstreamPrepaid,
    /// What the sold licenses cost us.
    CostOfSales,
    /// Money on its way in through a payment gateway or the bank.
    GatewayClearing,
    /// Tax that we owe.
    TaxPayable,
    /// What was given back.
    Refunds,
    /// Corrections by staff.
    Adjustments,
    /// Differences of exchange.
    Fx,
}

impl AccountKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Revenue => "revenue",
            Self::UpstreamPrepaid => "upstream_prepaid",
            Self::CostOfSales => "cost_of_sales",
            Self::GatewayClearing => "gateway_clearing",
            Self::TaxPayable => "tax_payable",
            Self::Refunds => "refunds",
            Self::Adjustments => "adjustments",
            Self::Fx => "fx",
        }
    }
}

/// An account's name in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// The only currency it can hold.
    pub currency: Currency,
}

/// What a wallet holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Free to spend, without the credit limit; negative while credit is used.
    pub available: Money,
    /// Reserved by holds.
    pub held: Money,
    /// How far `available` may go below zero.
    pub credit_limit: Money,
}

impl Balance {
    /// What can be spent now: the available money and the credit limit.
    pub fn spendable(self) -> Money {
        self.available.checked_add(self.credit_limit).unwrap_or(self.available)
    }

    /// Nothing, for a customer without a wallet in this currency.
    pub const fn empty(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { available: zero, held: zero, credit_limit: zero }
    }
}

/// The customer's wallet in this currency, opened when it does not exist yet.
pub async fn wallet_in_tx(
    tx: &mut PgConnection,
    customer: Uuid,
    currency: Currency,
    now: OffsetDateTime,
) -> Result<Account, LedgerError> {
    open_in_tx(tx, AccountKind::Wallet, Some(customer), 0, currency, now).await
}

/// An account of the house. `near` is the wallet or other account on the far side of the transfer:
/// it picks the shard, so that two customers' orders rarely wait for one row.
pub async fn house_account_in_tx(
    tx: &mut PgConnection,
    kind: AccountKind,
    owner: Option<Uuid>,
    currency: Currency,
    near: Uuid,
    now: OffsetDateTime,
) -> Result<Account, LedgerError> {
    // As `order_place` and `hold_from_wallet_in_tx` do in SQL.
    let shard = near.as_bytes().last().map_or(0, |byte| i16::from(byte & 0x3f));
    open_in_tx(tx, kind, owner, shard, currency, now).await
}

// Owners are compared as the index `ledger_account_purpose` has them, coalesced: by the column alone
// every wallet there is would be looked at.

async fn open_in_tx(
    tx: &mut PgConnection,
    kind: AccountKind,
    owner: Option<Uuid>,
    shard: i16,
    currency: Currency,
    now: OffsetDateTime,
) -> Result<Account, LedgerError> {
    let find = || {
        sqlx::query_scalar!(
            "select id from ledger_account
              where kind = $1
                and coalesce(owner, '00000000-0000-0000-0000-000000000000')
                  = coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid)
                and currency = $3 and shard = $4",
            kind.as_str(),
            owner,
            currency.code(),
            shard,
        )
    };
    if let Some(id) = find().fetch_optional(&mut *tx).await? {
        return Ok(Account { id, currency });
    }
    sqlx::query!(
        "insert into ledger_account (id, kind, owner, currency, shard, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        Uuid::now_v7(),
        kind.as_str(),
        owner,
        currency.code(),
        shard,
        now,
    )
    .execute(&mut *tx)
    .await?;
    // Whoever won the race, there is exactly one now.
    let id = find().fetch_one(&mut *tx).await?;
    Ok(Account { id, currency })
}

/// What the customer's wallet in this currency holds; all zero if there is none.
pub async fn wallet_balance(
    db: &mut PgConnection,
    customer: Uuid,
    currency: Currency,
) -> Result<Balance, LedgerError> {
    let row = sqlx::query!(
        "select credits_posted - debits_posted - debits_pending as \"available!\",
                debits_pending, credit_limit
           from ledger_account
          where kind = 'wallet' and coalesce(owner, '00000000-0000-0000-0000-000000000000') = $1
            and currency = $2",
        customer,
        currency.code(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map_or(Balance::empty(currency), |row| Balance {
        available: Money::new(row.available, currency),
        held: Money::new(row.debits_pending, currency),
        credit_limit: Money::new(row.credit_limit, currency),
    }))
}

/// A customer's wallet with what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    /// The customer.
    pub owner: Uuid,
    /// Its name in the books.
    pub account: Account,
    /// What it holds.
    pub balance: Balance,
}

/// All wallets of these customers, by currency.
pub async fn wallets(
    db: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Wallet>, LedgerError> {
    let rows = sqlx::query!(
        "select id, owner as \"owner!\", currency,
                credits_posted - debits_posted - debits_pending as \"available!\",
                debits_pending, credit_limit
           from ledger_account
          where kind = 'wallet' and coalesce(owner, '00000000-0000-0000-0000-000000000000') = any($1)
          order by currency, owner",
        customers,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency = read_currency("ledger_account", row.id, &row.currency)?;
            Ok(Wallet {
                owner: row.owner,
                account: Account { id: row.id, currency },
                balance: Balance {
                    available: Money::new(row.available, currency),
                    held: Money::new(row.debits_pending, currency),
                    credit_limit: Money::new(row.credit_limit, currency),
                },
            })
        })
        .collect()
}

/// Credits minus debits that are posted, over all shards: what the house's account of this kind
/// stands at.
pub async fn balance(
    db: &mut PgConnection,
    kind: AccountKind,
    owner: Option<Uuid>,
    currency: Currency,
) -> Result<Money, LedgerError> {
    let amount = sqlx::query_scalar!(
        "select coalesce(sum(credits_posted - debits_posted), 0)::bigint as \"amount!\"
           from ledger_account
          where kind = $1 and ($2::uuid is null or owner = $2) and currency = $3",
        kind.as_str(),
        owner,
        currency.code(),
    )
    .fetch_one(db)
    .await?;
    Ok(Money::new(amount, currency))
}

/// Lets a wallet go this far below zero. The caller writes the audit row in the same transaction.
pub async fn set_credit_limit_in_tx(
    tx: &mut PgConnection,
    wallet: Account,
    limit: Money,
) -> Result<(), LedgerError> {
    if limit.currency() != wallet.currency {
        return Err(LedgerError::CurrencyMismatch);
    }
    sqlx::query!(
        "update ledger_account set credit_limit = $2 where id = $1 and kind = 'wallet'",
        wallet.id,
        limit.amount(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) fn read_currency(
    table: &'static str,
    id: Uuid,
    code: &str,
) -> Result<Currency, LedgerError> {
    Currency::from_code(code).ok_or(LedgerError::UnreadableRow { table, id, what: "currency" })
}
