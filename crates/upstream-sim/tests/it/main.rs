//! The simulator as a client sees it, over real connections. No test sleeps: time is the simulator's,
//! and waiting is for calls.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop where it is"
)]

mod addition;
mod client;
mod control;
mod external;
mod faults;
mod formats;
mod life;
mod parallels;
mod platform;
mod process;
mod rules;
mod software;
mod wire;
