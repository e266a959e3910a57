//! Double entry on Postgres, after TigerBeetle's model.
//!
//! An *account* has four running sums; a *transfer* moves an amount from its debit account to its
//! credit account and is never changed. A transfer may be *pending* (a hold) and is later *posted*
//! (captured) or *voided* (released) by a new transfer, once.
//!
//! Invariants, enforced by `migrations/*_ledger.sql` whatever SQL arrives:
//! - per currency the sum of all entries is zero, because each transfer debits what it credits;
//! - balances change only by inserting a transfer;
//! - a wallet's holds and spending never exceed its money and credit limit;
//! - a hold is resolved at most once;
//! - nothing gives back more than was moved;
//! - linked transfers exist together or not at all;
//! - every account's movements are a chain of hashes, so that [`verify`] names the first row that
//!   somebody changed past all this.
//!
//! The caller makes a transfer's id, and makes it before anything can fail: the same transfer twice
//! is one transfer, the same id with other content is [`LedgerError::IdReused`].
//! Nothing here knows orders or licenses; a [`Cause`] names them by id.

mod account;
mod error;
mod statement;
mod transfer;
mod verify;

pub use account::{
    Account, AccountKind, Balance, Wallet, balance, house_account_in_tx, set_credit_limit_in_tx,
    wallet_balance, wallet_in_tx, wallets,
};
pub use error::LedgerError;
pub use statement::{Look, Movement, MovementKind, Page, statement};
pub use transfer::{
    Cause, CauseKind, Step, Transfer, WalletHold, capture_in_tx, give_back_in_tx,
    hold_from_wallet_in_tx, hold_in_tx, link_in_tx, post_in_tx, release_in_tx,
};
pub use verify::{Finding, verify};
