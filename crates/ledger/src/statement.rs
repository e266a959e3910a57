use domain::Money;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::read_currency;
use crate::{Account, LedgerError};

/// What a movement did to a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// Money came in.
    In,
    /// Money went out.
    Out,
    /// Money was reserved.
    Held,
    /// Reserved money was charged.
    Captured,
    /// Reserved money came back.
    Released,
}

/// One line of a wallet's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Its place in the statement; also the cursor of the next page.
    pub line: i64,
    /// The transfer.
    pub transfer: Uuid,
    /// What it did.
    pub kind: MovementKind,
    /// How much, never negative.
    pub amount: Money,
    /// Free to spend after it.
    pub available_after: Money,
    /// Reserved after it.
    pub held_after: Money,
    /// The order, operation, payment or staff action behind it.
    pub cause_id: Uuid,
    /// In words.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A page of a statement, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The movements.
    pub movements: Vec<Movement>,
    /// Pass it as `before` for the next page; none when this is the last.
    pub next: Option<i64>,
}

/// Reads a wallet's statement from `before` (a cursor, none for the newest) backwards.
pub async fn statement(
    db: &mut PgConnection,
    wallet: Account,
    before: Option<i64>,
    limit: u16,
) -> Result<Page, LedgerError> {
    let rows = sqlx::query!(
        "select e.line, e.available_after, e.held_after, t.id, t.kind, t.amount, t.currency,
                t.cause_id, t.reason, t.created_at, t.debit_account = e.account_id as \"debit!\"
           from ledger_entry e join ledger_transfer t on t.id = e.transfer_id
          where e.account_id = $1 and e.line < $2
          order by e.line desc limit $3",
        wallet.id,
        before.unwrap_or(i64::MAX),
        i64::from(limit) + 1,
    )
    .fetch_all(db)
    .await?;
    let more = rows.len() > usize::from(limit);
    let mut movements = Vec::with_capacity(rows.len());
    for row in rows.into_iter().take(usize::from(limit)) {
        let currency = read_currency("ledger_transfer", row.id, &row.currency)?;
        let kind = match (row.kind.as_str(), row.debit) {
            ("posted", false) => MovementKind::In,
            ("posted", true) => MovementKind::Out,
            ("pending", _) => MovementKind::Held,
            ("post", _) => MovementKind::Captured,
            ("void", _) => MovementKind::Released,
            _ => {
                return Err(LedgerError::UnreadableRow {
                    table: "ledger_transfer",
                    id: row.id,
                    what: "kind",
                });
            }
        };
        movements.push(Movement {
            line: row.line,
            transfer: row.id,
            kind,
            amount: Money::new(row.amount, currency),
            available_after: Money::new(row.available_after, currency),
            held_after: Money::new(row.held_after, currency),
            cause_id: row.cause_id,
            reason: row.reason,
            at: row.created_at,
        });
    }
    let next = if more { movements.last().map(|movement| movement.line) } else { None };
    Ok(Page { movements, next })
}
