//! `cargo xtask torture`: the long forms of what `test` runs shortly.

use std::process::ExitCode;

use anyhow::Result;

use crate::{process, report::Report, throwaway::ThrowAway, tools, workspace::Workspace};

/// Thousands of made-up lives, and the real server killed at every step of every kind of operation
/// with every fault of the vendor. Takes hours; a life that ends badly prints its seed.
#[derive(clap::Args)]
pub struct Args {
    /// How many lives
    #[arg(long, default_value_t = 5000)]
    seeds: u64,
    /// Only the life of this seed
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Leave out the kills of the real server
    #[arg(long)]
    lives_only: bool,
    /// Leave out the lives
    #[arg(long, conflicts_with_all = ["lives_only", "seed", "seeds"])]
    kills_only: bool,
}

pub fn torture(_: &Workspace, args: &Args) -> Result<ExitCode> {
    tools::ensure_postgres()?;
    let database = ThrowAway::start()?;
    let url = database.database("torture")?;
    let mut report = Report::default();
    let mut suite = |name: &str, filter: &str| -> Result<()> {
        let mut command = process::cargo();
        command.args(["test", "--package", "server", "--test", "it", "--no-fail-fast", "--"]);
        command.args([filter, "--nocapture"]);
        command.env("DATABASE_URL", &url).env("PORTAL_MATRIX", "all");
        match args.seed {
            Some(seed) => command.env("PORTAL_SEED", seed.to_string()),
            None => command.env("PORTAL_SEEDS", args.seeds.to_string()),
        };
        let good = process::run(&mut command)?;
        report.case(name, good);
        Ok(())
    };
    if !args.kills_only {
        suite("lives", "simulation::")?;
    }
    if !args.lives_only && args.seed.is_none() {
        suite("kills", "killed::")?;
    }
    Ok(report.finish())
}
