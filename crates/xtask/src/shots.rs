//! `cargo xtask shots`: what the pages look like.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{
    bundle, process,
    stage::{Logs, Stage},
    throwaway::ThrowAway,
    tools,
    workspace::Workspace,
};

/// Screenshots of every page, narrow and wide, light and dark, in both languages, empty and full,
/// with an index.html to look at them all. The portal for it is started and thrown away.
///
/// With `--base` a portal that runs already is photographed instead; arguments then go to
/// end2end/shots.mjs unchanged.
#[derive(clap::Args)]
pub struct Args {
    /// Folder [default: target/shots]; or: OUT --base http://127.0.0.1:3000 --paths /,/catalog
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn shots(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    let chromium = tools::ensure_chromium()?;
    tools::ensure_npm_packages(ws)?;
    let program = ws.root.join("end2end/shots.mjs");
    if args.args.iter().any(|arg| arg == "--base" || arg.starts_with("--base=")) {
        let mut shots = process::clean("node");
        shots.arg(program).args(&args.args).env("CHROMIUM", chromium);
        return Ok(code(process::run(&mut shots)?));
    }
    let out = args.args.first().map_or_else(|| ws.target.join("shots"), |out| ws.root.join(out));
    all(ws, &chromium, &program, &out)
}

fn all(ws: &Workspace, chromium: &Path, program: &Path, out: &Path) -> Result<ExitCode> {
    tools::ensure_wasm_target()?;
    tools::ensure_postgres()?;
    let site = Some(ws.target.join("site-test"));
    let site = bundle::bundle(ws, &bundle::Options { release: true, out: site })?;
    let mut build = process::cargo();
    process::run_ok(build.args(["build", "--package", "server", "--package", "upstream-sim"]))?;
    let database = ThrowAway::start()?;
    let logs = Logs::of(&database);
    let mut stage = Stage::start(ws, &database, &site, false, &logs)?;
    let good = process::run(stage.node(ws, chromium).arg(program).arg("--all").arg(out))?;
    stage.end();
    if !good {
        logs.print_tails();
    }
    Ok(code(good))
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
