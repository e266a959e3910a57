//! The program itself: its one line of output, its state file, its end.

use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::client::{LOGIN, Vendor, get, order};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_upstream-sim"));
    program.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// Waits for the line that says where it listens.
async fn address(child: &mut Child) -> std::net::SocketAddr {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    line.trim().strip_prefix("simulator listening on http://").unwrap().parse().unwrap()
}

/// A file that is gone when the test is over.
struct StateFile(PathBuf);

impl StateFile {
    fn new(name: &str) -> Self {
        let file = format!("upstream-sim-{name}-{}.json", std::process::id());
        Self(std::env::temp_dir().join(file))
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_killed_program_remembers_everything() {
    let state = StateFile::new("killed");
    let start = || {
        let mut program = program();
        program.args(["--addr", "127.0.0.1:0", "--with-parent", "--state"]).arg(&state.0);
        program.spawn().unwrap()
    };
    let mut child = start();
    let addr = address(&mut child).await;
    let answer = get(addr, &format!("/?{LOGIN}&{}", order(""))).await.unwrap();
    let id = answer.field("id");
    child.kill().await.unwrap();

    let mut child = start();
    let addr = address(&mut child).await;
    let list = get(addr, &format!("/?{LOGIN}&func=soft")).await.unwrap();
    assert_eq!(list.field("id"), id);
    let money = get(addr, &format!("/?{LOGIN}&func=subaccount")).await.unwrap();
    assert_eq!(money.field("balance"), "9996.5000");
    let next = get(addr, &format!("/?{LOGIN}&{}", order(""))).await.unwrap();
    assert_ne!(next.field("id"), id);

    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn late_calls_survive_a_restart() {
    let state = StateFile::new("late");
    let with = || Vendor::with(|config| config.state_file = Some(state.0.clone()));
    let vendor = with().await;
    let late = upstream_sim::Fault::LateLanding { ms: 60_000, hang: false };
    vendor.sim().add_fault("*", late, upstream_sim::Times::Once);
    vendor.try_call(&order("")).await.err().unwrap();
    vendor.running.stop().await;

    let vendor = with().await;
    assert!(vendor.sim().licenses().is_empty());
    vendor.sim().advance_clock(std::time::Duration::from_mins(1));
    assert_eq!(vendor.sim().live_licenses().len(), 1);
    let now = vendor.sim().now();
    vendor.running.stop().await;
    assert_eq!(with().await.sim().now(), now);
    assert!(!std::fs::read_to_string(&state.0).unwrap().contains(LOGIN));
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr().to_string();
    let output = program().env("SIM_ADDR", &addr).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, format!("upstream-sim: address {addr} is already in use\n"));
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn stopping_frees_the_port_and_cuts_connections() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();
    let gate = vendor.sim().gate("*", upstream_sim::GatePoint::Before);
    let target = format!("/?{LOGIN}&func=soft");
    let call = tokio::spawn(async move { get(addr, &target).await.map(|answer| answer.status) });
    gate.arrived().await;
    vendor.running.stop().await;
    assert!(call.await.unwrap().is_err());
    tokio::net::TcpListener::bind(addr).await.unwrap();
}

#[tokio::test]
async fn the_full_program_knows_every_vendor_and_keeps_filters() {
    let state = StateFile::new("full");
    let start = || {
        let mut program = program();
        program.args(["--addr", "127.0.0.1:0", "--full", "--state"]).arg(&state.0);
        program.spawn().unwrap()
    };
    let legacy = "authinfo=legacy@demo.test:SimPass2026";
    let mut child = start();
    let addr = address(&mut child).await;
    let order = "func=software.edit&price=17&period=31&licname=n&ip=192.0.2.1&sok=ok";
    let answer = get(addr, &format!("/?{legacy}&{order}")).await.unwrap();
    assert!(answer.text().contains("<ok/>"), "{}", answer.text());
    let filter = "func=software.filter&expires=&expiree=2030-01-01&sok=ok";
    get(addr, &format!("/?{legacy}&{filter}")).await.unwrap();
    child.kill().await.unwrap();

    let mut child = start();
    let addr = address(&mut child).await;
    let list = get(addr, &format!("/?{legacy}&func=software")).await.unwrap();
    assert_eq!(list.count("<elem>"), 0, "{}", list.text());
    let whole = "func=software.filter&sok=ok";
    get(addr, &format!("/?{legacy}&{whole}")).await.unwrap();
    let list = get(addr, &format!("/?{legacy}&func=software")).await.unwrap();
    assert_eq!((list.count("<elem>"), list.field("period")), (1, "31".into()));
    child.kill().await.unwrap();
}
