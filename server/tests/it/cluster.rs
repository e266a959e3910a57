//! A PostgreSQL of a test's own, which may be stopped, killed and starved.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use managed_pg::{Cluster, ClusterConfig};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const PREFIX: &str = "keystall-it-";

pub struct OwnCluster {
    config: ClusterConfig,
    cluster: Option<Cluster>,
    url: String,
    folder: PathBuf,
}

impl OwnCluster {
    /// Made anew, and as safe against a crash as a real one.
    pub async fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}-{number}", process::id()));
        let mut config = ClusterConfig::throw_away(folder.join("postgres"));
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            config.settings.push((name.to_owned(), "on".to_owned()));
        }
        let wanted = config.clone();
        let cluster = tokio::task::spawn_blocking(move || {
            sweep();
            let cluster = Cluster::start(&wanted).unwrap();
            cluster.ensure_database("shop").unwrap();
            cluster
        })
        .await
        .unwrap();
        let url = cluster.url("shop");
        Self { config, cluster: Some(cluster), url, folder }
    }

    /// The database, with our tables.
    pub async fn pool(&self) -> PgPool {
        let options =
            PgPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(20));
        let pool = options.connect(&self.url).await.unwrap();
        portal::migrate(&pool).await.unwrap();
        pool
    }

    /// The postmaster.
    fn pid(&self) -> Pid {
        let pid = self.cluster.as_ref().unwrap().pid().unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    /// Ends it: by `INT` as `pg_ctl stop -m fast` does, by `QUIT` as `-m immediate`.
    pub async fn stop(&mut self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
        let cluster = self.cluster.take();
        tokio::task::spawn_blocking(move || drop(cluster)).await.unwrap();
    }

    /// Starts it again, with whatever recovery it needs.
    pub async fn start_again(&mut self) {
        let config = self.config.clone();
        let cluster = tokio::task::spawn_blocking(move || Cluster::start(&config).unwrap());
        self.cluster = Some(cluster.await.unwrap());
        assert_eq!(self.cluster.as_ref().unwrap().url("shop"), self.url);
    }

    /// No file of it grows beyond this, as on a full disk; none is no limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        // The postmaster first: what it starts from now on has the limit already.
        let postmaster = self.pid();
        let pid = postmaster.as_raw_nonzero();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        let children =
            children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        for process in std::iter::once(postmaster).chain(children) {
            let Ok(owner) = std::fs::metadata(format!("/proc/{}", process.as_raw_nonzero())) else {
                continue;
            };
            // As its owner: root may not do this to others everywhere.
            let set = Command::new("prlimit")
                .args([format!("--pid={}", process.as_raw_nonzero()), format!("--fsize={limit}:")])
                .uid(owner.uid())
                .gid(owner.gid())
                .output()
                .unwrap();
            // A child that has ended meanwhile writes nothing any more.
            assert!(set.status.success() || test_kill_process(process).is_err(), "{set:?}");
        }
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        let data_dir = self.cluster.as_ref().map(|cluster| cluster.data_dir().to_owned());
        drop(self.cluster.take());
        for folder in data_dir.into_iter().chain([self.folder.clone()]) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Removes what killed tests have left behind.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        if test_kill_process(pid).is_err()
            && matches!(managed_pg::remove_abandoned(&entry.path().join("postgres")), Ok(true))
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
