//! `cargo xtask sim`: only the simulated vendors, with everything that they sell.

use std::process::ExitCode;

use anyhow::Result;

use crate::{process, workspace::Workspace};

/// Builds the simulator and runs it; arguments go to it unchanged.
#[derive(clap::Args)]
pub struct Args {
    /// Arguments of the simulator, for instance `--help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn sim(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    process::run_ok(process::cargo().args(["build", "--quiet", "--package", "upstream-sim"]))?;
    let mut command = process::clean(ws.program("upstream-sim", false));
    command.args(["--with-parent", "--full"]).args(&args.args);
    let mut simulator = process::Running::spawn("simulator", &mut command)?;
    match simulator.wait() {
        Ok(status) if status.success() => Ok(ExitCode::SUCCESS),
        Ok(_) => Ok(ExitCode::FAILURE),
        Err(error) if error.is::<process::Interrupted>() => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error),
    }
}
