//! A real cluster in a temporary folder: started, stopped, killed, adopted.

#![expect(clippy::expect_used, reason = "a test may fail")]

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use managed_pg::{Cluster, ClusterConfig, PgError};
use rustix::process::{Pid, Signal, kill_process};

/// A folder below the temporary one, gone at the end.
struct Temp(PathBuf);

impl Temp {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("managed-pg-{}-{number}", process::id()));
        Self(path)
    }

    fn config(&self) -> ClusterConfig {
        ClusterConfig::throw_away(&self.0)
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pid(cluster: &Cluster) -> Pid {
    let pid = cluster.pid().expect("it runs");
    Pid::from_raw(i32::try_from(pid).expect("fits")).expect("is not zero")
}

/// Writes a row where the next start should find it.
fn remember(cluster: &Cluster, value: i32) {
    let sql =
        format!("create table if not exists t (v int unique); insert into t values ({value})");
    cluster.execute("shop", &sql).expect("is written");
}

/// The unique index answers whether the row is there.
fn remembers(cluster: &Cluster, value: i32) -> bool {
    let twice = cluster.execute("shop", &format!("insert into t values ({value})"));
    matches!(twice, Err(PgError::Sql { code, .. }) if code == "23505")
}

#[test]
fn start_stop_start_again() {
    let temp = Temp::new();
    let cluster = Cluster::start(&temp.config()).expect("starts");
    cluster.ensure_database("shop").expect("is made");
    cluster.ensure_database("shop").expect("is there already");
    remember(&cluster, 1);
    let first = pid(&cluster);
    cluster.stop().expect("stops");
    assert!(rustix::process::test_kill_process(first).is_err(), "the postmaster is gone");

    let cluster = Cluster::start(&temp.config()).expect("starts again");
    assert!(!cluster.is_adopted());
    assert!(remembers(&cluster, 1));
    cluster.stop().expect("stops");
}

#[test]
fn a_killed_postmaster_does_not_prevent_the_next_start() {
    let temp = Temp::new();
    let durable = ClusterConfig::new(&temp.0);
    let cluster = Cluster::start(&durable).expect("starts");
    cluster.ensure_database("shop").expect("is made");
    remember(&cluster, 7);
    kill_process(pid(&cluster), Signal::KILL).expect("is killed");
    drop(cluster);

    let cluster = Cluster::start(&durable).expect("recovers");
    assert!(!cluster.is_adopted());
    assert!(remembers(&cluster, 7));
}

#[test]
fn a_pid_file_with_the_number_of_another_process_does_not_prevent_the_start() {
    let temp = Temp::new();
    Cluster::start(&temp.config()).and_then(Cluster::stop).expect("makes a cluster");
    let pid_file = temp.0.join("cluster/postmaster.pid");
    fs::write(&pid_file, format!("{}\n/somewhere\n0\n5432\n/tmp\n\n1 1\nready\n", process::id()))
        .expect("is written");
    Cluster::start(&temp.config()).and_then(Cluster::stop).expect("starts nevertheless");
}

#[test]
fn a_running_postmaster_is_adopted_and_the_last_user_stops_it() {
    let temp = Temp::new();
    let first = Cluster::start(&temp.config()).expect("starts");
    let second = Cluster::start(&temp.config()).expect("adopts");
    assert!(second.is_adopted());
    assert_eq!(first.pid(), second.pid());

    first.stop().expect("leaves");
    second.execute("postgres", "select 1").expect("still answers");
    second.stop().expect("stops");
    assert!(!temp.0.join("cluster/postmaster.pid").exists(), "the postmaster is gone");
}

#[test]
fn half_an_initdb_is_thrown_away() {
    let temp = Temp::new();
    fs::create_dir_all(temp.0.join("cluster.new/base")).expect("is made");
    fs::write(temp.0.join("cluster.new/PG_VERSION"), "15\n").expect("is written");
    let cluster = Cluster::start(&temp.config()).expect("starts");
    assert!(!temp.0.join("cluster.new").exists());
    cluster.stop().expect("stops");
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let temp = Temp::new();
    let long = temp.0.join("a-folder-with-a-name-that-is-much-longer-than-usual".repeat(3));
    let cluster = Cluster::start(&ClusterConfig::throw_away(long)).expect("starts");
    assert!(cluster.url("x").contains("host=/tmp/keystall-"), "{}", cluster.url("x"));
    cluster.stop().expect("stops");
}

#[test]
fn an_abandoned_cluster_is_removed_and_a_used_one_is_not() {
    let temp = Temp::new();
    let cluster = Cluster::start(&temp.config()).expect("starts");
    assert!(!managed_pg::remove_abandoned(&temp.0).expect("is looked at"));
    cluster.stop().expect("stops");
    assert!(managed_pg::remove_abandoned(&temp.0).expect("is removed"));
    assert!(!temp.0.exists());
}

#[test]
fn a_setting_that_is_wrong_gets_one_line() {
    let temp = Temp::new();
    let mut config = temp.config();
    config.settings.push(("shared_buffers".into(), "much".into()));
    let error = Cluster::start(&config).expect_err("does not start");
    let line = error.to_string();
    assert!(line.starts_with("PostgreSQL did not start: "), "{line}");
    assert_eq!(line.lines().count(), 1);
    assert!(Path::new(&temp.0).join("log").exists());
}
