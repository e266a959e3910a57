//! `cargo xtask lighthouse`: how fast and how accessible the pages are on a telephone.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    bundle, process,
    stage::{Logs, Stage},
    throwaway::ThrowAway,
    tools,
    workspace::Workspace,
};

/// Lighthouse, as on a slow telephone, on the pages of the main job, with what would be deployed:
/// fails when a page scores less than 98 in any category.
///
/// Not a part of `test`: scores of a busy machine say little.
#[derive(clap::Args)]
pub struct Args {
    /// The portal without optimisation: builds sooner, answers later
    #[arg(long)]
    dev: bool,
}

pub fn lighthouse(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    let release = !args.dev;
    let chromium = tools::ensure_chromium()?;
    tools::ensure_npm_packages(ws)?;
    tools::ensure_wasm_target()?;
    tools::ensure_postgres()?;
    let site = Some(ws.target.join("site-test"));
    let site = bundle::bundle(ws, &bundle::Options { release: true, out: site })?;
    let mut build = process::cargo();
    build.args(["build", "--package", "server", "--package", "upstream-sim"]);
    if release {
        build.arg("--release");
    }
    process::run_ok(&mut build)?;
    let database = ThrowAway::start()?;
    let logs = Logs::of(&database);
    let mut stage = Stage::start(ws, &database, &site, release, &logs)?;
    let program = ws.root.join("end2end/lighthouse.mjs");
    let good = process::run(stage.node(ws, &chromium).arg(program))?;
    stage.end();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
