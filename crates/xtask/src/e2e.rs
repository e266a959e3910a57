//! The site in a real browser: Playwright against the portal with demo data and a simulated
//! vendor, on free ports and a throw-away database.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{
    bundle, process,
    report::{Report, kilobytes},
    stage::{Logs, Stage},
    throwaway::ThrowAway,
    workspace::Workspace,
};

/// All scripts and wasm together, as brotli: what a telephone gets in a second.
const ISLANDS: u64 = 160_000;

/// Builds the site, starts everything, and counts what Playwright says.
pub fn run(
    ws: &Workspace,
    database: &ThrowAway,
    chromium: &Path,
    filter: Option<&str>,
    report: &mut Report,
) -> Result<()> {
    // What is tested is what ships. A folder of its own: the site of a portal that runs meanwhile
    // stays as it is.
    let out = Some(ws.target.join("site-test"));
    let site = match bundle::bundle(ws, &bundle::Options { release: true, out }) {
        Err(error) if !error.is::<process::Interrupted>() => {
            println!("{error:#}");
            report.case("build of the site", false);
            return Ok(());
        }
        site => site?,
    };
    report.case("build of the site", true);
    let islands = bundle::weight_of_islands(&site)?;
    let (size, limit) = (kilobytes(islands), kilobytes(ISLANDS));
    report.case(&format!("scripts and wasm: {size} of {limit} as brotli"), islands <= ISLANDS);

    let mut types = process::clean("node");
    types.current_dir(ws.root.join("end2end")).arg("node_modules/typescript/bin/tsc");
    report.case("types of the end-to-end tests", process::run(&mut types)?);

    let logs = Logs::of(database);
    let before = report.failed();
    let outcome = Stage::start(ws, database, &site, false, &logs).and_then(|mut stage| {
        let outcome = playwright(ws, &stage, chromium, filter, database.folder(), report);
        stage.end();
        outcome
    });
    match outcome {
        Err(error) if error.is::<process::Interrupted>() => return Err(error),
        Err(error) => {
            println!("{error:#}");
            report.case("end-to-end tests", false);
        }
        Ok(()) => {}
    }
    if report.failed() > before {
        logs.print_tails();
    }
    Ok(())
}

fn playwright(
    ws: &Workspace,
    stage: &Stage,
    chromium: &Path,
    filter: Option<&str>,
    folder: &Path,
    report: &mut Report,
) -> Result<()> {
    let results = folder.join("playwright.json");
    // What the server says of itself: no page is left out because nobody thought of it.
    let routes = folder.join("routes.json");
    let list = process::read(process::clean(ws.program("server", false)).arg("routes"))?;
    fs::write(&routes, list).with_context(|| routes.display().to_string())?;
    let mut command = stage.node(ws, chromium);
    command
        .args(["node_modules/@playwright/test/cli.js", "test"])
        .env("PORTAL_ROUTES", &routes)
        .env("E2E_REPORT", &results);
    if let Some(filter) = filter {
        command.args(["--pass-with-no-tests", "--grep", filter]);
    }
    let good = process::run(&mut command)?;
    let json = fs::read_to_string(&results).context("Playwright wrote no report")?;
    let counted: PlaywrightReport = serde_json::from_str(&json).context("Playwright's report")?;
    let Stats { expected, unexpected, flaky } = counted.stats;
    report.suite("end-to-end tests", expected, unexpected + flaky);
    if !good && unexpected + flaky == 0 {
        report.case("Playwright itself", false);
    }
    Ok(())
}

#[derive(Deserialize)]
struct PlaywrightReport {
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    expected: u64,
    unexpected: u64,
    flaky: u64,
}
