//! The nouns and rules of the portal: money, periods, plans, prices, operation states.
//!
//! Nothing here performs I/O, reads a clock or draws a random number, and everything builds for the
//! browser, so that a page, the server and a test compute the same cent from the same inputs.
//!
//! Invariants:
//! - An amount of money always carries its currency; amounts of different currencies never add.
//! - A selling price is rounded exactly once, in [`price::price`].
//! - An operation that reached a final state never leaves it ([`operation::OperationState::allows`]).

pub mod address;
pub mod change;
pub mod license;
pub mod money;
pub mod operation;
pub mod period;
pub mod plan;
pub mod price;
pub mod pricelist;

pub use iso_currency::Currency;
pub use money::Money;
pub use period::Period;
pub use rust_decimal::Decimal;
