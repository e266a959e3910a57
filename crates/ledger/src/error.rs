use uuid::Uuid;

/// What went wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The wallet has not enough money; nothing was written.
    #[error("the wallet does not have enough money")]
    InsufficientFunds,
    /// The id belongs to another transfer already; the caller has a bug or an attacker.
    #[error("transfer {0} exists with other content")]
    IdReused(Uuid),
    /// The hold was captured or released before.
    #[error("the hold is resolved already")]
    AlreadyResolved,
    /// There is no such hold, or it does not fit what should resolve it.
    #[error("no such hold, or not of this size and between these accounts")]
    NotThatHold,
    /// More would be given back than was moved, or to somebody else.
    #[error("this is not what the transfer moved, or more of it")]
    NotGivenBack,
    /// Linked transfers would exist in part.
    #[error("the linked transfers are not all there")]
    NotAllLinked,
    /// Accounts and amount are not of one currency.
    #[error("the currencies differ")]
    CurrencyMismatch,
    /// A row does not make sense to this version of the program.
    #[error("row {id} of {table} is unreadable: {what}")]
    UnreadableRow {
        /// The table.
        table: &'static str,
        /// The row.
        id: Uuid,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The database failed; the transaction is gone and nothing happened.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|db| db.constraint());
        match constraint {
            Some("wallet_within_limit") => Self::InsufficientFunds,
            Some("ledger_transfer_resolved_once") => Self::AlreadyResolved,
            Some("transfer_resolves_its_hold") => Self::NotThatHold,
            Some("transfer_gives_back") => Self::NotGivenBack,
            Some("transfers_all_linked") => Self::NotAllLinked,
            Some("transfer_one_currency") => Self::CurrencyMismatch,
            _ => Self::Database(error),
        }
    }
}
