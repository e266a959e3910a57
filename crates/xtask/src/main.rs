//! `cargo xtask`: the whole developer interface, in Rust.
//!
//! One file per command; below them `tools` (what has to be installed), `process` (children that
//! end with us), `report` (counts) and `workspace` (what Cargo knows). Commands are run from the
//! main thread, because a child that asks to end with its parent ends with the parent's thread.

mod bench;
mod bundle;
mod check;
mod css;
mod e2e;
mod edges;
mod fuzz;
mod lighthouse;
mod messages;
mod prepare;
mod process;
mod report;
mod run;
mod shots;
mod sim;
mod sources;
mod stage;
mod test;
mod throwaway;
mod tools;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::Workspace;

/// Builds, runs and tests Keystall.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and run the portal with demo data and a simulated vendor
    Run(run::Args),
    /// Run only the vendor simulator
    Sim(sim::Args),
    /// Build the site: wasm, styles, assets, hashed and compressed
    Bundle(bundle::Args),
    /// Formatting, lints and the forbidden crate edges
    Check(check::Args),
    /// Everything that must hold: checks, tests, the site in a real browser
    Test(test::Args),
    /// Measure pages, sign-in and orders against what this machine can do
    Bench(bench::Args),
    /// Renew `.sqlx`, the committed descriptions of the queries
    Prepare(prepare::Args),
    /// Screenshots of every page
    Shots(shots::Args),
    /// Lighthouse on the pages of the main job
    Lighthouse(lighthouse::Args),
    /// Thousands of simulated lives, and every kill with every fault
    Torture(torture::Args),
    /// Made-up answers of vendors, read until one does harm
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = process::listen_for_signals().and_then(|()| Workspace::enter()).and_then(|ws| {
        match cli.command {
            Task::Run(args) => run::run(&ws, &args),
            Task::Sim(args) => sim::sim(&ws, &args),
            Task::Bundle(args) => bundle::command(&ws, &args),
            Task::Check(args) => check::command(&ws, &args),
            Task::Test(args) => Ok(test::test(&ws, &args)),
            Task::Bench(args) => bench::bench(&ws, &args),
            Task::Prepare(args) => prepare::prepare(&ws, &args),
            Task::Shots(args) => shots::shots(&ws, &args),
            Task::Lighthouse(args) => lighthouse::lighthouse(&ws, &args),
            Task::Torture(args) => torture::torture(&ws, &args),
            Task::Fuzz(args) => fuzz::fuzz(&ws, &args),
        }
    });
    outcome.unwrap_or_else(|error| {
        if error.is::<process::Interrupted>() {
            return ExitCode::from(130);
        }
        eprintln!("error: {error:#}");
        error.downcast_ref::<process::Ended>().map_or(ExitCode::FAILURE, process::Ended::code)
    })
}
