//! `cargo xtask run`: from a fresh clone to a portal in the browser.
//!
//! The simulator outlives the portal, so that an operation in flight can still be finished while
//! the portal ends.

use std::{env, fs, path::PathBuf, process::ExitCode, thread, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    bundle,
    process::{self, Interrupted, Running},
    report::Progress,
    tools,
    workspace::Workspace,
};

/// The portal finishes open requests and operations before it ends.
const PORTAL_ENDS_WITHIN: Duration = Duration::from_secs(30);
/// First start: a new database cluster, migrations and demo data.
const READY_WITHIN: Duration = Duration::from_mins(5);

/// Installs what is missing, builds the site and the programs, starts the simulated vendor on
/// SIM_ADDR (127.0.0.1:3010) and the portal with demo data on PORTAL_ADDR (127.0.0.1:3000).
///
/// Data are in PORTAL_DATA (./data), or in DATABASE_URL if that is set. Ctrl-C ends everything.
#[derive(clap::Args)]
pub struct Args {
    /// Run what would be deployed: optimised, and slower to build
    #[arg(long)]
    release: bool,
}

pub fn run(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    let portal_addr = process::address("PORTAL_ADDR", "127.0.0.1:3000")?;
    let sim_addr = process::address("SIM_ADDR", "127.0.0.1:3010")?;
    process::check_free(portal_addr, "PORTAL_ADDR")?;
    process::check_free(sim_addr, "SIM_ADDR")?;
    let data = env::var_os("PORTAL_DATA").map_or_else(|| ws.root.join("data"), PathBuf::from);
    fs::create_dir_all(&data).with_context(|| data.display().to_string())?;

    let mut progress = Progress::new(5);
    progress.step("looking for tools", || {
        tools::ensure_wasm_target()?;
        if env::var_os("DATABASE_URL").is_none_or(|url| url.is_empty()) {
            tools::ensure_postgres()?;
        }
        Ok(())
    })?;
    let site = progress.step("building the site", || {
        bundle::bundle(ws, &bundle::Options { release: args.release, out: None })
    })?;
    progress.step("building the portal and the simulator", || {
        let mut build = process::cargo();
        build.args(["build", "--package", "server", "--package", "upstream-sim"]);
        if args.release {
            build.arg("--release");
        }
        process::run_ok(&mut build)
    })?;

    let mut simulator = progress.step("starting the simulated vendor", || {
        let mut command = process::clean(ws.program("upstream-sim", args.release));
        command.args(["--with-parent", "--full", "--addr", &sim_addr.to_string(), "--state"]);
        command.arg(data.join("simulator.json"));
        let mut simulator = Running::spawn("simulator", &mut command)?;
        process::wait_for_ok(&mut simulator, sim_addr, "/_sim/state", Duration::from_secs(30))?;
        Ok(simulator)
    })?;
    let mut portal = progress.step("starting the portal", || {
        let mut command = process::clean(ws.program("server", args.release));
        command
            .args(["serve", "--demo", "--with-parent"])
            .env("PORTAL_ADDR", portal_addr.to_string())
            .env("SIM_ADDR", sim_addr.to_string())
            .env("PORTAL_DATA", &data)
            .env("PORTAL_SITE", &site);
        let mut portal = Running::spawn("portal", &mut command)?;
        process::wait_for_ok(&mut portal, portal_addr, "/readyz", READY_WITHIN)?;
        Ok(portal)
    })?;
    println!("http://{portal_addr} is ready after {}; Ctrl-C ends everything", progress.elapsed());

    let outcome = watch([&mut portal, &mut simulator]);
    println!("ending …");
    portal.end(PORTAL_ENDS_WITHIN);
    simulator.end(Duration::from_secs(5));
    match outcome {
        Err(error) if !error.is::<Interrupted>() => Err(error),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Until a signal arrives, or one of them ends by itself.
fn watch(mut children: [&mut Running; 2]) -> Result<()> {
    loop {
        for child in &mut children {
            child.still_runs()?;
        }
        process::go_on()?;
        thread::sleep(Duration::from_millis(50));
    }
}
