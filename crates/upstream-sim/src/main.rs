//! Runs the vendor simulator as a program of its own, for the demo, real-process tests and the bench.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use upstream_sim::SimConfig;

/// Plays an upstream license vendor: a BILLmanager-style API with pretended licenses and money.
///
/// Sign in to the API with authinfo=reseller@demo.test:SimPass2026. The page at /_sim shows what the
/// vendor knows, sets faults and moves the clock.
#[derive(Debug, Parser)]
#[command(name = "upstream-sim", version)]
struct Options {
    /// Address to listen on; port 0 lets the system choose.
    #[arg(long, env = "SIM_ADDR", default_value = "127.0.0.1:3010")]
    addr: SocketAddr,

    /// File that keeps licenses, balances and the clock between runs.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Sell everything, in all six dialects, and have an account for each vendor: also
    /// reseller-ru@demo.test, isplicense@demo.test and legacy@demo.test, with the same password.
    #[arg(long)]
    full: bool,

    /// Stop when the process that started this one ends (on Linux: when the thread that did so ends).
    #[arg(long)]
    with_parent: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("upstream-sim: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    if options.with_parent && !follow_parent().map_err(|error| error.to_string())? {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(serve(options))
}

/// Asks the kernel for SIGTERM when the parent ends. False when it has ended already.
fn follow_parent() -> io::Result<bool> {
    let before = getppid();
    set_parent_process_death_signal(Some(Signal::TERM))?;
    Ok(getppid() == before)
}

async fn serve(options: Options) -> Result<(), String> {
    // Before the port is open, so that no signal can come too early.
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;

    let addr = options.addr;
    let state_file = options.state;
    let kind = if options.full { SimConfig::full() } else { SimConfig::default() };
    let config = SimConfig { addr, state_file: state_file.clone(), ..kind };
    let running = upstream_sim::start(config).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("address {addr} is already in use"),
        io::ErrorKind::InvalidData => match state_file {
            Some(file) => format!("cannot read {}: {error}", file.display()),
            None => error.to_string(),
        },
        _ => format!("cannot listen on {addr}: {error}"),
    })?;
    println!("simulator listening on http://{}", running.addr());

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}
