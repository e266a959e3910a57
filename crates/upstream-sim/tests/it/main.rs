//! The simulator as a client sees it, over real connections. No test sleeps: time is the simulator's,
//! and waiting is for calls.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop where it is"
)]

mod client;
mod control;
mod faults;
mod life;
mod process;
mod wire;
