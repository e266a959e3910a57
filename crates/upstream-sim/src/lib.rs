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
//! | `wire` | parameters in, documents out: XML, three kinds of JSON, errors of two generations |
//! | `model` | the books and the rules |
//! | `catalogue` | what is sold: plans, and a catalogue for each vendor of the documents |
//! | `service` | functions on services of any family, tariffs, payment, the price list |
//! | `family` | what the families of the newer generation share: order, list, view, change |
//! | `soft` | the `soft` family (seed 001): panels |
//! | `platform` | the `platform` family (seed 000): VMmanager 6 and DCImanager 6 |
//! | `external` | the `softexternal` family (seed 002): other products, at ISPlicense panels too |
//! | `parallels` | the `parallelslic` family (seed 002): Plesk |
//! | `addition` | the `addition` family (seeds 002, 004): modules of a panel |
//! | `software` | the `software` family (seed 003): the functions of 2009 |
//! | `account` | the login and its balance |
//! | `faults` | what can go wrong, and gates |
//! | `sim` | the handle for tests, and the life of one call |
//! | `control` | `/_sim`: JSON for other processes, a page for people |
//! | `server` | connections, so that one can be cut without an answer |

mod account;
mod addition;
mod catalogue;
mod control;
mod external;
mod family;
mod faults;
mod model;
mod parallels;
mod platform;
mod server;
mod service;
mod sim;
mod soft;
mod software;
mod wire;

pub use catalogue::{
    Addon, Plan, addition_catalogue, european_catalogue, external_catalogue, full_catalogue,
    isplicense_catalogue, legacy_catalogue, platform_catalogue, russian_catalogue, soft_catalogue,
};
pub use faults::{Fault, FaultView, Gate, GatePoint, Times};
pub use model::{Account, ChangeLimit, Clock, Debit, LicenseView, SimConfig, Status};
pub use server::{Posted, Running, start};
pub use sim::{AnswerKind, ByHand, CallView, Purchase, Sim};
