use domain::Money;
use sqlx::{PgConnection, Postgres, QueryBuilder};
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

impl MovementKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::In, Self::Out, Self::Held, Self::Captured, Self::Released];

    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Held => "held",
            Self::Captured => "captured",
            Self::Released => "released",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Which lines of a statement are read, and in which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Movements of this kind only.
    pub kind: Option<MovementKind>,
    /// Not earlier than this.
    pub from: Option<OffsetDateTime>,
    /// Earlier than this.
    pub until: Option<OffsetDateTime>,
    /// The oldest first.
    pub ascending: bool,
    /// Continued from this line.
    pub after: Option<i64>,
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

/// A page of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The movements.
    pub movements: Vec<Movement>,
    /// Pass it as [`Look::after`] for the next page; none when this is the last.
    pub next: Option<i64>,
}

/// Reads a wallet's statement, newest first unless asked otherwise.
pub async fn statement(
    db: &mut PgConnection,
    wallet: Account,
    look: &Look,
    limit: u16,
) -> Result<Page, LedgerError> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select e.line, e.kind, e.at, e.available_after, e.held_after, t.id, t.amount, t.currency,
                t.cause_id, t.reason
           from ledger_entry e join ledger_transfer t on t.id = e.transfer_id
          where e.of_wallet and e.account_id = ",
    );
    query.push_bind(wallet.id);
    if let Some(kind) = look.kind {
        query.push(" and e.kind = ").push_bind(kind.as_str());
    }
    // Times never go back within a wallet, so a stretch of time is a stretch of lines.
    if let Some(from) = look.from {
        let first = line_from(&mut *db, wallet, from).await?;
        query.push(" and e.line >= ").push_bind(first.unwrap_or(i64::MAX));
    }
    if let Some(until) = look.until
        && let Some(first) = line_from(&mut *db, wallet, until).await?
    {
        query.push(" and e.line < ").push_bind(first);
    }
    let (than, order) = if look.ascending { (" > ", "") } else { (" < ", " desc") };
    if let Some(after) = look.after {
        query.push(" and e.line").push(than).push_bind(after);
    }
    query.push(" order by e.line").push(order).push(" limit ").push(i64::from(limit) + 1);
    let rows: Vec<Row> = query.build_query_as().fetch_all(db).await?;
    let more = rows.len() > usize::from(limit);
    let movements = rows
        .into_iter()
        .take(usize::from(limit))
        .map(Row::read)
        .collect::<Result<Vec<_>, LedgerError>>()?;
    let next = if more { movements.last().map(|movement| movement.line) } else { None };
    Ok(Page { movements, next })
}

/// The first line that is not earlier than this.
async fn line_from(
    db: &mut PgConnection,
    wallet: Account,
    from: OffsetDateTime,
) -> Result<Option<i64>, LedgerError> {
    Ok(sqlx::query_scalar!(
        "select line from ledger_entry
          where of_wallet and account_id = $1 and at >= $2 order by at, line limit 1",
        wallet.id,
        from,
    )
    .fetch_optional(db)
    .await?)
}

#[derive(sqlx::FromRow)]
struct Row {
    line: i64,
    kind: String,
    at: OffsetDateTime,
    available_after: i64,
    held_after: i64,
    id: Uuid,
    amount: i64,
    currency: String,
    cause_id: Uuid,
    reason: String,
}

impl Row {
    fn read(self) -> Result<Movement, LedgerError> {
        let currency = read_currency("ledger_transfer", self.id, &self.currency)?;
        let kind = MovementKind::from_word(&self.kind).ok_or(LedgerError::UnreadableRow {
            table: "ledger_entry",
            id: self.id,
            what: "kind",
        })?;
        Ok(Movement {
            line: self.line,
            transfer: self.id,
            kind,
            amount: Money::new(self.amount, currency),
            available_after: Money::new(self.available_after, currency),
            held_after: Money::new(self.held_after, currency),
            cause_id: self.cause_id,
            reason: self.reason,
            at: self.at,
        })
    }
}
