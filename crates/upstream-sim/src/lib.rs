//! A program that plays the upstream vendor: a BILLmanager-style HTTP API with accounts, licenses, a
//! catalogue and a clock, and with faults to order.
//!
//! It exists so that everything that spends money at a vendor can be tested against something that
//! really takes it. It therefore shares no types, no parser and no writer with the crates under test:
//! a wrong reading of the vendor's documents cannot cancel out.
//!
//! What always holds:
//! - **Money is exact.** Amounts are integers of ten-thousandths; a balance changes only by a recorded
//!   debit or by hand, and never goes below zero.
//! - **A refusal leaves no trace.** Every function checks first and writes afterwards.
//! - **A call is atomic and outlives its client.** One lock guards the books, and a call runs in a task
//!   of its own: a client that hangs up does not stop it.
//! - **Every fault says whether the call was executed**, and the log of calls says it again, see
//!   [`Fault`] and [`CallView::executed`].
//! - **Application errors are HTTP 200** with an error document; only faults use other statuses.
//! - **Time is the simulator's own.** Expiry, late landings and list lag follow a clock that tests move
//!   with [`Sim::advance_clock`]; only [`Fault::Slow`] and [`Fault::Drip`] use real
//!   time.
//! - **Nothing outside `/_sim` is the simulator's**: any other path is the vendor's API, which goes by
//!   `func=` alone.
//!
//! Where the vendor's documents are silent, the behavior is a switch in [`SimConfig`] or is marked
//! *inferred* in the doc comment of the function that implements it.
//!
//! | file | what is in it |
//! |---|---|
//! | `wire` | parameters in, documents out |
//! | `model` | the books and the rules |
//! | `service` | functions on services of any family, tariffs, payment |
//! | `soft` | the `soft` family; further families become files beside it |
//! | `account` | the login and its balance |
//! | `faults` | what can go wrong, and gates |
//! | `sim` | the handle for tests, and the life of one call |
//! | `control` | `/_sim`: JSON for other processes, a page for people |
//! | `server` | connections, so that one can be cut without an answer |

mod account;
mod control;
mod faults;
mod model;
mod server;
mod service;
mod sim;
mod soft;
mod wire;

pub use faults::{Fault, FaultView, Gate, GatePoint, Times};
pub use model::{
    Account, Addon, Clock, Debit, LicenseView, Plan, SimConfig, Status, soft_catalogue,
};
pub use server::{Posted, Running, start};
pub use sim::{AnswerKind, ByHand, CallView, Purchase, Sim};
