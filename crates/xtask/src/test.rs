//! `cargo xtask test`: everything that must hold, with the counts in the last line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;

use crate::{
    check, e2e,
    process::{self, Interrupted},
    report::Report,
    throwaway::ThrowAway,
    tools,
    workspace::Workspace,
};

/// All crates of the server side, built once with the same features for every suite. `frontend`
/// would switch on the browser's side of Leptos, and `xtask` is us: it is built already.
const SERVER_SIDE: [&str; 5] = ["--workspace", "--exclude", "frontend", "--exclude", "xtask"];

/// Lints, forbidden edges, unit, property, database and integration tests, and the site in a real
/// browser. The last line is `N passed, N failed`.
///
/// Installs what is missing: the wasm target, PostgreSQL, faketime, Chromium, npm packages.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out the tests in the browser
    #[arg(long)]
    skip_e2e: bool,
    /// Only tests whose name contains this, and no lints
    #[arg(long)]
    filter: Option<String>,
}

pub fn test(ws: &Workspace, args: &Args) -> ExitCode {
    let mut report = Report::default();
    if let Err(error) = suites(ws, args, &mut report) {
        println!("{error:#}");
        report.case(if error.is::<Interrupted>() { "interrupted" } else { "preparation" }, false);
    }
    report.finish()
}

fn suites(ws: &Workspace, args: &Args, report: &mut Report) -> Result<()> {
    let filter = args.filter.as_deref();
    tools::ensure_wasm_target()?;
    tools::ensure_postgres()?;
    tools::ensure_faketime()?;
    let chromium = if args.skip_e2e { None } else { browser(ws, report)? };

    if filter.is_none() {
        check::check(ws, report)?;
    }

    // Programs and tests in one go, so that nothing is built twice for the browser tests.
    let mut build = process::cargo();
    let good = process::run(build.arg("build").args(SERVER_SIDE).arg("--all-targets"))?;
    report.case("build", good);
    if !good {
        return Ok(());
    }

    let database = ThrowAway::start()?;
    let url = database.database("tests")?;
    cargo_test("tests of the server side", &SERVER_SIDE, filter, &url, report)?;
    cargo_test("tests of xtask", &["--package", "xtask"], filter, &url, report)?;
    if let Some(chromium) = chromium {
        e2e::run(ws, &database, &chromium, filter, report)?;
    }
    Ok(())
}

/// The browser and what drives it; without them only the browser tests fail.
fn browser(ws: &Workspace, report: &mut Report) -> Result<Option<PathBuf>> {
    let found = tools::ensure_chromium()
        .and_then(|chromium| tools::ensure_npm_packages(ws).map(|()| chromium));
    match found {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => {
            println!("{error:#}");
            report.case("preparation of the end-to-end tests", false);
            Ok(None)
        }
        Ok(chromium) => Ok(Some(chromium)),
    }
}

/// Runs all tests of a selection, doc tests included, and counts them.
fn cargo_test(
    name: &str,
    selection: &[&str],
    filter: Option<&str>,
    database_url: &str,
    report: &mut Report,
) -> Result<()> {
    let mut command = process::cargo();
    command.arg("test").args(selection).arg("--no-fail-fast").args(filter);
    command.env("DATABASE_URL", database_url);
    let (mut passed, mut failed) = (0, 0);
    let good = process::run_lines(&mut command, |line| {
        if let Some(counts) = counts(line) {
            passed += counts.0;
            failed += counts.1;
        }
    })?;
    if !good && failed == 0 {
        // A test program that crashes has no line with its result.
        failed = 1;
    }
    report.suite(name, passed, failed);
    Ok(())
}

/// `test result: ok. 4 passed; 0 failed; 0 ignored; …`
fn counts(line: &str) -> Option<(u64, u64)> {
    let result = line.strip_prefix("test result: ")?;
    let (_, numbers) = result.split_once(". ")?;
    let mut numbers = numbers.split("; ");
    let passed = numbers.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = numbers.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some((passed, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_libtest() {
        let line = "test result: FAILED. 7 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(counts(line), Some((7, 2)));
        assert_eq!(counts("test counts ... ok"), None);
    }
}
