//! A folder and a database cluster that exist as long as one command.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context as _, Result};
use managed_pg::{Cluster, ClusterConfig};
use rustix::process::{Pid, test_kill_process};

const PREFIX: &str = "keystall-throwaway-";

/// Stopped and deleted when dropped; after a `kill -9`, by the next one.
pub struct ThrowAway {
    cluster: Option<Cluster>,
    folder: PathBuf,
}

impl ThrowAway {
    /// Starts a cluster in a new folder below the temporary one: quick, and worthless after a crash.
    pub fn start() -> Result<Self> {
        Self::with(ClusterConfig::throw_away)
    }

    /// Starts one that writes as safely as a real one, for measurements.
    pub fn start_durable() -> Result<Self> {
        Self::with(|folder| {
            let settings = [("fsync", "on"), ("synchronous_commit", "on")];
            ClusterConfig {
                settings: settings.map(|(name, value)| (name.into(), value.into())).into(),
                ..ClusterConfig::new(folder)
            }
        })
    }

    fn with(config: impl FnOnce(PathBuf) -> ClusterConfig) -> Result<Self> {
        sweep();
        let folder = env::temp_dir().join(format!("{PREFIX}{}", process::id()));
        let mut throwaway = Self { cluster: None, folder };
        fs::create_dir_all(&throwaway.folder)
            .with_context(|| throwaway.folder.display().to_string())?;
        let config = config(throwaway.folder.join("postgres"));
        throwaway.cluster = Some(Cluster::start(&config)?);
        Ok(throwaway)
    }

    /// For whatever else should be gone at the end.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a new or existing database.
    pub fn database(&self, name: &str) -> Result<String> {
        let cluster = self.cluster()?;
        cluster.ensure_database(name)?;
        Ok(cluster.url(name))
    }

    /// Runs statements, for instance a migration.
    pub fn execute(&self, database: &str, sql: &str) -> Result<()> {
        Ok(self.cluster()?.execute(database, sql)?)
    }

    fn cluster(&self) -> Result<&Cluster> {
        self.cluster.as_ref().context("the database is stopped")
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        if let Some(cluster) = self.cluster.take() {
            let data_dir = cluster.data_dir().to_path_buf();
            if let Err(error) = cluster.stop() {
                eprintln!("{error}");
            }
            // It may be somewhere else than below our folder.
            let _ = fs::remove_dir_all(data_dir);
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{} is left over: {error}", self.folder.display());
        }
    }
}

/// Removes what commands left behind that were killed. Nothing depends on it.
fn sweep() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(PREFIX).and_then(|pid| pid.parse().ok()) else {
            continue;
        };
        if Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok()) {
            continue;
        }
        let cluster = entry.path().join("postgres");
        if !cluster.exists() || matches!(managed_pg::remove_abandoned(&cluster), Ok(true)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
