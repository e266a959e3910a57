//! `cargo xtask check`: what can be said without running anything of ours.

use std::process::ExitCode;

use anyhow::Result;

use crate::{edges, messages, process, report::Report, sources, tools, workspace::Workspace};

/// Formatting, clippy with warnings as errors for the server and for the browser, and the
/// forbidden edges between crates.
#[derive(clap::Args)]
pub struct Args {}

pub fn command(ws: &Workspace, _: &Args) -> Result<ExitCode> {
    tools::ensure_wasm_target()?;
    let mut report = Report::default();
    check(ws, &mut report)?;
    Ok(report.finish())
}

/// Each lint and each rule is one case.
pub fn check(ws: &Workspace, report: &mut Report) -> Result<()> {
    let edges = edges::rules(ws)?.into_iter();
    for rule in edges.chain(sources::rules(ws)?).chain(messages::rules(ws)?) {
        for place in &rule.broken {
            println!("       {place}");
        }
        report.case(&format!("rule: {}", rule.name), rule.broken.is_empty());
    }

    let formatted = process::run(process::cargo().args(["fmt", "--all", "--check"]))?;
    report.case("rustfmt", formatted);
    // With `frontend` out, `app` is built for the server only: `server` switches `ssr` on for it.
    let host = ["--workspace", "--exclude", "frontend", "--all-targets"];
    report.case("clippy for the server", clippy(&host)?);
    let wasm = ["-p", "frontend", "-p", "app", "--features", "app/hydrate"];
    let target = ["--target", "wasm32-unknown-unknown"];
    report.case("clippy for the browser", clippy(&[&wasm[..], &target[..]].concat())?);
    Ok(())
}

fn clippy(selection: &[&str]) -> Result<bool> {
    let mut clippy = process::cargo();
    clippy.arg("clippy").args(selection).args(["--", "--deny", "warnings"]);
    process::run(&mut clippy)
}
