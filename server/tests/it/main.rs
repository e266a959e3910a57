//! The portal against a real Postgres and the vendor simulator: what goes right, what goes wrong,
//! and what is left afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

mod access;
mod catalog;
mod changes;
mod cluster;
mod credit;
mod desk;
mod dialects;
mod dialects_more;
mod failures;
mod forms;
mod harness;
mod headers;
mod health;
mod inbox;
mod journal;
mod killed;
mod lists;
mod orders;
mod outage;
mod panels;
mod people;
mod prices;
mod program;
mod proofs;
mod races;
mod simulation;
mod slow;
mod upstreams;
mod vendor_renewals;
mod visitor;
mod wire;
