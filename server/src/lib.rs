//! The one binary: command line, configuration, HTTP, the worker loop.
//!
//! It contains no SQL and no rule about money: it wires [`portal`] to [`app`] and to the world.

pub mod commands;
pub mod config;
pub mod http;
mod pg;
pub mod serve;
mod telemetry;
mod upstream_commands;
