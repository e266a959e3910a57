//! The site in a real browser: Playwright against the portal with demo data and a simulated
//! vendor, on free ports and a throw-away database.

use std::{
    env, fs,
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::{
    bundle,
    process::{self, Running},
    report::Report,
    throwaway::ThrowAway,
    tools,
    workspace::Workspace,
};

const READY_WITHIN: Duration = Duration::from_mins(2);
/// How much of a log tells what happened.
const TAIL: usize = 60;

/// Full-page screenshots of a portal that runs; arguments go to end2end/shots.mjs unchanged.
#[derive(clap::Args)]
pub struct ShotsArgs {
    /// For instance: OUT --base http://127.0.0.1:3000 --paths /,/catalog --widths 390,1280
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn shots(ws: &Workspace, args: &ShotsArgs) -> Result<ExitCode> {
    let chromium = tools::ensure_chromium()?;
    tools::ensure_npm_packages(ws)?;
    let mut shots = process::clean("node");
    shots.arg(ws.root.join("end2end/shots.mjs")).args(&args.args).env("CHROMIUM", chromium);
    Ok(if process::run(&mut shots)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the site, starts everything, and counts what Playwright says.
pub fn run(
    ws: &Workspace,
    database: &ThrowAway,
    chromium: &Path,
    filter: Option<&str>,
    report: &mut Report,
) -> Result<()> {
    // A folder of its own: the site of a portal that runs meanwhile stays as it is.
    let out = Some(ws.target.join("site-test"));
    let site = match bundle::bundle(ws, &bundle::Options { release: false, out }) {
        Err(error) if !error.is::<process::Interrupted>() => {
            println!("{error:#}");
            report.case("build of the site", false);
            return Ok(());
        }
        site => site?,
    };
    report.case("build of the site", true);

    let mut types = process::clean("node");
    types.current_dir(ws.root.join("end2end")).arg("node_modules/typescript/bin/tsc");
    report.case("types of the end-to-end tests", process::run(&mut types)?);

    let logs = Logs { folder: database.folder().to_path_buf() };
    let before = report.failed();
    let outcome = Stage::start(ws, database, &site, &logs).and_then(|mut stage| {
        let outcome = playwright(ws, &stage, chromium, filter, database.folder(), report);
        stage.portal.end(Duration::from_secs(30));
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

/// The portal and its vendor.
struct Stage {
    // The portal is dropped first: the simulator outlives it.
    portal: Running,
    _simulator: Running,
    portal_addr: SocketAddr,
    sim_addr: SocketAddr,
}

impl Stage {
    fn start(ws: &Workspace, database: &ThrowAway, site: &Path, logs: &Logs) -> Result<Self> {
        let folder = database.folder();
        let portal_addr = process::free_address()?;
        let sim_addr = process::free_address()?;

        let mut command = process::clean(ws.program("upstream-sim", false));
        command.args(["--with-parent", "--addr", &sim_addr.to_string(), "--state"]);
        command.arg(folder.join("simulator.json"));
        let mut simulator = Running::spawn("simulator", logs.attach("simulator", &mut command)?)?;
        process::wait_for_ok(&mut simulator, sim_addr, "/_sim/state", READY_WITHIN)?;

        let mut command = process::clean(ws.program("server", false));
        command
            .args(["serve", "--demo", "--with-parent"])
            .env("PORTAL_ADDR", portal_addr.to_string())
            .env("SIM_ADDR", sim_addr.to_string())
            .env("PORTAL_DATA", folder.join("data"))
            .env("PORTAL_SITE", site)
            .env("DATABASE_URL", database.database("end2end")?);
        let mut portal = Running::spawn("portal", logs.attach("portal", &mut command)?)?;
        process::wait_for_ok(&mut portal, portal_addr, "/readyz", READY_WITHIN)?;
        Ok(Self { portal, _simulator: simulator, portal_addr, sim_addr })
    }
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
    let mut command = process::clean("node");
    command
        .current_dir(ws.root.join("end2end"))
        .args(["node_modules/@playwright/test/cli.js", "test"])
        .env("PORTAL_URL", format!("http://{}", stage.portal_addr))
        .env("SIM_URL", format!("http://{}", stage.sim_addr))
        .env("CHROMIUM", chromium)
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

/// What the programs say goes to files: between the lines of Playwright nobody could read it.
struct Logs {
    folder: PathBuf,
}

impl Logs {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn attach<'a>(&self, name: &str, command: &'a mut Command) -> Result<&'a mut Command> {
        let path = self.path(name);
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        Ok(command.stdout(file.try_clone()?).stderr(file))
    }

    fn print_tails(&self) {
        // CI may want more than the end; it names a folder that is kept.
        if let Some(keep) = env::var_os("E2E_LOGS").map(PathBuf::from) {
            for name in ["simulator", "portal"] {
                let _ = fs::copy(self.path(name), keep.join(format!("{name}.log")));
            }
        }
        for name in ["simulator", "portal"] {
            let text = fs::read_to_string(self.path(name)).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
            println!("--- the last lines of the {name}");
            for line in tail {
                println!("{line}");
            }
        }
        println!("---");
    }
}
