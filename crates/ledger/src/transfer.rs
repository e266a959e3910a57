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

/// One movement, and what it does to money that was moved or reserved before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Moves money at once.
    Post(Transfer),
    /// Reserves money: it stays in the debit account but cannot be spent again.
    Hold(Transfer),
    /// Charges a hold, whole or in part; the rest of a part goes back.
    Capture {
        /// Made by the caller before the first attempt.
        id: Uuid,
        /// What is charged.
        hold: Uuid,
        /// How much; everything if none.
        amount: Option<Money>,
        /// Why.
        cause: Cause,
    },
    /// Gives a hold back.
    Release {
        /// Made by the caller before the first attempt.
        id: Uuid,
        /// What is given back.
        hold: Uuid,
        /// Why.
        cause: Cause,
    },
}

/// Moves money at once; false if this very transfer had been made before.
pub async fn post_in_tx(
    tx: &mut PgConnection,
    transfer: &Transfer,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    insert(tx, &Row::of("posted", transfer), now).await
}

/// Reserves money: it stays in the debit account but cannot be spent again.
pub async fn hold_in_tx(
    tx: &mut PgConnection,
    transfer: &Transfer,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    insert(tx, &Row::of("pending", transfer), now).await.map(drop)
}

/// Makes several transfers of which none exists without the others; false if all of them had been
/// made before. `link` names them together and is made by the caller, too.
///
/// # Errors
/// [`LedgerError::IdReused`] if only some of them had been made before, beside what each of them
/// can meet. At most 50 transfers can be linked.
pub async fn link_in_tx(
    tx: &mut PgConnection,
    link: Uuid,
    steps: &[Step],
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    let link = match i16::try_from(steps.len()) {
        Ok(size) if size > 1 => Some((link, size)),
        Ok(_) => None,
        Err(_) => return Err(LedgerError::NotAllLinked),
    };
    let mut fresh = None;
    for step in steps {
        let (id, made) = match step {
            Step::Post(transfer) => {
                (transfer.id, insert(tx, &Row { link, ..Row::of("posted", transfer) }, now).await?)
            }
            Step::Hold(transfer) => {
                (transfer.id, insert(tx, &Row { link, ..Row::of("pending", transfer) }, now).await?)
            }
            Step::Capture { id, hold, amount, cause } => {
                (*id, resolve(tx, "post", *id, *hold, *amount, cause.clone(), link, now).await?)
            }
            Step::Release { id, hold, cause } => {
                (*id, resolve(tx, "void", *id, *hold, None, cause.clone(), link, now).await?)
            }
        };
        if *fresh.get_or_insert(made) != made {
            return Err(LedgerError::IdReused(id));
        }
    }
    Ok(fresh.unwrap_or(false))
}

/// Gives money back that `original` moved, whole or in part, by a new transfer: to the account that
/// paid, out of the one that got it or out of `from`, such as the house's refunds. All of it
/// together is never more than was moved.
///
/// # Errors
/// [`LedgerError::NotGivenBack`] if it would be more, if `original` is a hold, was voided, or itself
/// gave something back.
pub async fn give_back_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    original: Uuid,
    amount: Option<Money>,
    from: Option<Account>,
    cause: Cause,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    let moved = sqlx::query!(
        "select debit_account, credit_account, amount, currency from ledger_transfer
          where id = $1 and kind in ('posted', 'post') and reverses is null",
        original,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(LedgerError::NotGivenBack)?;
    let currency = crate::account::read_currency("ledger_transfer", original, &moved.currency)?;
    let transfer = Transfer {
        id,
        debit: from.unwrap_or(Account { id: moved.credit_account, currency }),
        credit: Account { id: moved.debit_account, currency },
        amount: amount.unwrap_or(Money::new(moved.amount, currency)),
        cause,
    };
    insert(tx, &Row { reverses: Some(original), ..Row::of("posted", &transfer) }, now).await
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
            and h.shard = get_byte(uuid_send(w.id), 15) & 63
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
    resolve(tx, "post", id, hold, amount, cause, None, now).await.map(drop)
}

/// Gives a hold back.
pub async fn release_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    hold: Uuid,
    cause: Cause,
    now: OffsetDateTime,
) -> Result<(), LedgerError> {
    resolve(tx, "void", id, hold, None, cause, None, now).await.map(drop)
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of one row")]
async fn resolve(
    tx: &mut PgConnection,
    kind: &'static str,
    id: Uuid,
    hold: Uuid,
    amount: Option<Money>,
    cause: Cause,
    link: Option<(Uuid, i16)>,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
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
    insert(tx, &Row { pending: Some(hold), link, ..Row::of(kind, &transfer) }, now).await
}

/// A row of `ledger_transfer`.
struct Row<'a> {
    kind: &'static str,
    transfer: &'a Transfer,
    pending: Option<Uuid>,
    reverses: Option<Uuid>,
    link: Option<(Uuid, i16)>,
}

impl<'a> Row<'a> {
    const fn of(kind: &'static str, transfer: &'a Transfer) -> Self {
        Self { kind, transfer, pending: None, reverses: None, link: None }
    }
}

/// False if the row exists already with the same content, whenever it was written.
async fn insert(
    tx: &mut PgConnection,
    row: &Row<'_>,
    now: OffsetDateTime,
) -> Result<bool, LedgerError> {
    let transfer = row.transfer;
    let currency = transfer.amount.currency();
    if transfer.debit.currency != currency || transfer.credit.currency != currency {
        return Err(LedgerError::CurrencyMismatch);
    }
    let inserted = sqlx::query!(
        "insert into ledger_transfer
            (id, kind, debit_account, credit_account, amount, currency, pending_id, reverses,
             link_id, link_size, cause_kind, cause_id, actor, reason, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (id) do nothing",
        transfer.id,
        row.kind,
        transfer.debit.id,
        transfer.credit.id,
        transfer.amount.amount(),
        currency.code(),
        row.pending,
        row.reverses,
        row.link.map(|(id, _)| id),
        row.link.map(|(_, size)| size),
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
        "select (kind, debit_account, credit_account, amount, currency, cause_kind, cause_id, reason)
              = ($2, $3::uuid, $4::uuid, $5::bigint, $6, $7, $8::uuid, $9)
            and (pending_id, reverses, link_id, link_size, actor)
                is not distinct from
                ($10::uuid, $11::uuid, $12::uuid, $13::smallint, $14::uuid) as \"same!\"
           from ledger_transfer where id = $1",
        transfer.id,
        row.kind,
        transfer.debit.id,
        transfer.credit.id,
        transfer.amount.amount(),
        currency.code(),
        transfer.cause.kind.as_str(),
        transfer.cause.id,
        transfer.cause.reason,
        row.pending,
        row.reverses,
        row.link.map(|(id, _)| id),
        row.link.map(|(_, size)| size),
        transfer.cause.actor,
    )
    .fetch_one(tx)
    .await?;
    if same { Ok(false) } else { Err(LedgerError::IdReused(transfer.id)) }
}
