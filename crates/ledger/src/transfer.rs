use domain::Money;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::{AccountKind, house_account_in_tx, wallet_in_tx};
use crate::{Account, LedgerError};

/// What a transfer exists for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// A customer's order.
    Order,
    /// One upstream action.
    Operation,
    /// Money that came in from outside.
    Payment,
    /// Somebody of the staff, with a reason.
    Staff,
}

impl CauseKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Operation => "operation",
            Self::Payment => "payment",
            Self::Staff => "staff",
        }
    }
}

/// Why a transfer exists, and who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The sort of thing that `id` names.
    pub kind: CauseKind,
    /// The order, operation, payment or staff action.
    pub id: Uuid,
    /// The user who asked; none for the portal's own automation.
    pub actor: Option<Uuid>,
    /// In words, for the statement and the auditor. Must not be empty.
    pub reason: String,
}

/// A movement between two accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Made by the caller before the first attempt.
    pub id: Uuid,
    /// Where it leaves.
    pub debit: Account,
    /// Where it arrives.
    pub credit: Account,
    /// More than nothing.
    pub amount: Money,
    /// Why.
    pub cause: Cause,
}

/// Moves money at once; false if this very transfer had been made before.
pub async fn post_in_tx(
    tx: &mut PgConnection,
    transfer: &Transfer,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    insert(tx, "posted", transfer, None, now).await
}

/// Reserves money: it stays in the debit account but cannot be spent again.
pub async fn hold_in_tx(
    tx: &mut PgConnection,
    transfer: &Transfer,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    insert(tx, "pending", transfer, None, now).await.map(drop)
}

/// A hold of a customer's money against an account of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletHold {
    /// Made by the caller before the first attempt.
    pub id: Uuid,
    /// Whose wallet; the one in the amount's currency.
    pub customer: Uuid,
    /// The house's account that a capture credits.
    pub against: AccountKind,
    /// More than nothing.
    pub amount: Money,
    /// Why.
    pub cause: Cause,
}

/// Reserves a customer's money in one round trip, and in a few more where an account has to be
/// opened first.
///
/// # Errors
/// [`LedgerError::InsufficientFunds`] ends the transaction: nothing else can be asked in it.
pub async fn hold_from_wallet_in_tx(
    tx: &mut PgConnection,
    hold: &WalletHold,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    let currency = hold.amount.currency();
    // The shard of the house's account is chosen as `house_account_in_tx` does.
    let held = sqlx::query!(
        "insert into ledger_transfer
            (id, kind, debit_account, credit_account, amount, currency, cause_kind, cause_id, actor,
             reason, created_at)
         select $1, 'pending', w.id, h.id, $2, $3, $6, $7, $8, $9, $10
           from ledger_account w join ledger_account h
             on h.kind = $5 and h.currency = w.currency
            and coalesce(h.owner, '00000000-0000-0000-0000-000000000000')
              = '00000000-0000-0000-0000-000000000000'
            and h.shard = get_byte(uuid_send(w.id), 15) & 15
          where w.kind = 'wallet' and w.currency = $3
            and coalesce(w.owner, '00000000-0000-0000-0000-000000000000') = $4
         on conflict (id) do nothing",
        hold.id,
        hold.amount.amount(),
        currency.code(),
        hold.customer,
        hold.against.as_str(),
        hold.cause.kind.as_str(),
        hold.cause.id,
        hold.cause.actor,
        hold.cause.reason,
        now,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if held == 1 {
        return Ok(());
    }
    let debit = wallet_in_tx(tx, hold.customer, currency, now).await?;
    let credit = house_account_in_tx(tx, hold.against, None, currency, debit.id, now).await?;
    let transfer =
        Transfer { id: hold.id, debit, credit, amount: hold.amount, cause: hold.cause.clone() };
    hold_in_tx(tx, &transfer, now).await
}

/// Charges a hold, whole or in part; the rest of a part goes back.
pub async fn capture_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    hold: Uuid,
    amount: Option<Money>,
    cause: Cause,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    resolve(tx, "post", id, hold, amount, cause, now).await
}

/// Gives a hold back.
pub async fn release_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    hold: Uuid,
    cause: Cause,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    resolve(tx, "void", id, hold, None, cause, now).await
}

async fn resolve(
    tx: &mut PgConnection,
    kind: &'static str,
    id: Uuid,
    hold: Uuid,
    amount: Option<Money>,
    cause: Cause,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    let held = sqlx::query!(
        "select debit_account, credit_account, amount, currency
           from ledger_transfer where id = $1 and kind = 'pending'",
        hold,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(LedgerError::NotThatHold)?;
    let currency = crate::account::read_currency("ledger_transfer", hold, &held.currency)?;
    let amount = amount.unwrap_or(Money::new(held.amount, currency));
    let transfer = Transfer {
        id,
        debit: Account { id: held.debit_account, currency },
        credit: Account { id: held.credit_account, currency },
        amount,
        cause,
    };
    insert(tx, kind, &transfer, Some(hold), now).await.map(drop)
}

async fn insert(
    tx: &mut PgConnection,
    kind: &'static str,
    transfer: &Transfer,
    pending: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    let currency = transfer.amount.currency();
    if transfer.debit.currency != currency || transfer.credit.currency != currency {
        return Err(LedgerError::CurrencyMismatch);
    }
    let inserted = sqlx::query!(
        "insert into ledger_transfer
            (id, kind, debit_account, credit_account, amount, currency, pending_id,
             cause_kind, cause_id, actor, reason, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do nothing",
        transfer.id,
        kind,
        transfer.debit.id,
        transfer.credit.id,
        transfer.amount.amount(),
        currency.code(),
        pending,
        transfer.cause.kind.as_str(),
        transfer.cause.id,
        transfer.cause.actor,
        transfer.cause.reason,
        now,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if inserted == 1 {
        return Ok(true);
    }
    let same = sqlx::query_scalar!(
        "select (kind, debit_account, credit_account, amount, currency, cause_kind, cause_id)
              = ($2, $3::uuid, $4::uuid, $5::bigint, $6, $7, $8::uuid)
                and pending_id is not distinct from $9 as \"same!\"
           from ledger_transfer where id = $1",
        transfer.id,
        kind,
        transfer.debit.id,
        transfer.credit.id,
        transfer.amount.amount(),
        currency.code(),
        transfer.cause.kind.as_str(),
        transfer.cause.id,
        pending,
    )
    .fetch_one(tx)
    .await?;
    if same { Ok(false) } else { Err(LedgerError::IdReused(transfer.id)) }
}
