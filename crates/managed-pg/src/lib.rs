//! A private PostgreSQL cluster: made, started, adopted and stopped without any configuration.
//!
//! The portal uses it when it has no `DATABASE_URL`; `cargo xtask` uses it for throw-away databases.
//!
//! What holds, in this order:
//! 1. A folder named `cluster` is complete: `initdb` works in a sibling that is renamed at the end.
//! 2. One postmaster per folder. Starting and stopping happen under an exclusive file lock; every
//!    user of the cluster holds a shared one, and only the last user stops the postmaster. The
//!    kernel drops these locks with their process, so a `kill -9` leaves nothing to clean.
//! 3. A postmaster that outlived its user is adopted. What a killed postmaster left behind (pid
//!    file, socket) never prevents the next start.
//! 4. There is no TCP port and no password: the socket sits in a folder that only its owner enters.
//! 5. Nothing is passed through a shell, and PostgreSQL never runs as root.

mod account;
mod binaries;
mod error;
mod folder;
mod postmaster;
mod wire;

use std::{
    fs::{self, File},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use binaries::find_binaries;
pub use error::PgError;

use account::Account;
use error::{Result, at};
use folder::Folder;
use postmaster::Postmaster;

/// The superuser that `initdb` creates; the socket's folder decides who may use it.
pub(crate) const SUPERUSER: &str = "postgres";
/// Only a part of the socket's file name: nothing listens on TCP.
pub(crate) const PORT: u16 = 5432;
/// Crash recovery of a large cluster takes its time; it is not cut short.
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(5);
/// How long a stop waits for transactions to roll back before it becomes immediate.
const STOPPED_WITHIN: Duration = Duration::from_secs(25);
/// How often a condition is looked at again.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// A folder of the cluster's own; it is created, and owned by the account that runs PostgreSQL.
    pub data_dir: PathBuf,
    /// Where `initdb` and `postgres` are; [`find_binaries`] looks for them otherwise.
    pub bin_dir: Option<PathBuf>,
    /// Settings for `postgresql.conf`, stronger than the defaults. They take effect with a start,
    /// not when a running postmaster is adopted.
    pub settings: Vec<(String, String)>,
}

impl ClusterConfig {
    /// A durable cluster in `data_dir` with PostgreSQL's own defaults.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), bin_dir: None, settings: Vec::new() }
    }

    /// A cluster for tests: quick, and worthless after a crash.
    pub fn throw_away(data_dir: impl Into<PathBuf>) -> Self {
        let settings = [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("max_connections", "200"),
            ("autovacuum", "off"),
        ];
        Self {
            settings: settings.map(|(name, value)| (name.into(), value.into())).into(),
            ..Self::new(data_dir)
        }
    }

    fn durable(&self) -> bool {
        !self.settings.iter().any(|(name, value)| name == "fsync" && value == "off")
    }
}

/// A running cluster. Dropping it stops it like [`Cluster::stop`], without telling of errors.
#[derive(Debug)]
pub struct Cluster {
    folder: Folder,
    users: File,
    postmaster: Option<Postmaster>,
    adopted: bool,
    moved: bool,
}

impl Cluster {
    /// Makes the cluster if it does not exist and starts it, or adopts the postmaster that runs.
    ///
    /// Blocks until the cluster answers; call it from `spawn_blocking` in async code.
    pub fn start(config: &ClusterConfig) -> Result<Self> {
        let account = Account::for_postgres()?;
        let binaries = find_binaries(config.bin_dir.as_deref())?;
        let (folder, moved) = Folder::choose(&config.data_dir, &binaries, &account)?;
        let _turn = folder.lock_start()?;
        let users = folder.open_users()?;
        users.lock_shared().map_err(at(&folder.root))?;

        let adopted = Postmaster::find(&folder.cluster(), READY_WITHIN)?;
        let is_adopted = adopted.is_some();
        let postmaster = match adopted {
            Some(running) => running,
            None => folder.start(config, &binaries, &account)?,
        };
        let cluster =
            Self { folder, users, postmaster: Some(postmaster), adopted: is_adopted, moved };
        cluster.execute("postgres", "select 1")?;
        tracing::debug!(folder = %cluster.folder.root.display(), adopted = is_adopted, "PostgreSQL is ready");
        Ok(cluster)
    }

    /// The address of one database, for sqlx and for `psql` alike.
    pub fn url(&self, database: &str) -> String {
        let socket = percent(&self.socket_dir().to_string_lossy());
        let database = percent(database);
        format!("postgres:///{database}?host={socket}&port={PORT}&user={SUPERUSER}&sslmode=disable")
    }

    /// Creates a database unless it exists.
    pub fn ensure_database(&self, name: &str) -> Result<()> {
        let quoted = name.replace('"', "\"\"");
        match self.execute("postgres", &format!("create database \"{quoted}\"")) {
            Err(PgError::Sql { code, .. }) if code == wire::DUPLICATE_DATABASE => Ok(()),
            other => other,
        }
    }

    /// Runs statements that return nothing of interest, all in one transaction unless they say
    /// otherwise. Meant for migrations and for housekeeping, not for queries.
    pub fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let socket = self.socket_dir().join(format!(".s.PGSQL.{PORT}"));
        wire::execute(&socket, SUPERUSER, database, sql)
    }

    /// Where the cluster is: the wanted folder, or one below `/var/lib/keystall`.
    pub fn data_dir(&self) -> &Path {
        &self.folder.root
    }

    /// Whether the wanted folder was out of reach for the account that runs PostgreSQL.
    pub fn is_moved(&self) -> bool {
        self.moved
    }

    /// Whether the postmaster ran already.
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> Option<u32> {
        self.postmaster.as_ref().map(Postmaster::pid)
    }

    /// Stops the cluster, unless another process still uses it.
    pub fn stop(mut self) -> Result<()> {
        self.shut_down()
    }

    fn socket_dir(&self) -> PathBuf {
        let of_postmaster = self.postmaster.as_ref().and_then(|p| p.socket_dir.clone());
        of_postmaster.unwrap_or_else(|| self.folder.socket_dir())
    }

    fn shut_down(&mut self) -> Result<()> {
        let Some(mut postmaster) = self.postmaster.take() else {
            return Ok(());
        };
        let _turn = self.folder.lock_start()?;
        self.users.unlock().map_err(at(&self.folder.root))?;
        if self.users.try_lock().is_err() {
            tracing::debug!("PostgreSQL goes on: another process uses it");
            return Ok(());
        }
        postmaster.stop(STOPPED_WITHIN)?;
        self.folder.remove_socket_dir()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            tracing::warn!(%error, "PostgreSQL did not stop");
        }
    }
}

/// Stops and deletes a throw-away cluster whose user was killed. `false` if it is still in use.
pub fn remove_abandoned(data_dir: &Path) -> Result<bool> {
    let folder = Folder { root: data_dir.to_path_buf() };
    let _turn = folder.lock_start()?;
    let users = folder.open_users()?;
    if users.try_lock().is_err() {
        return Ok(false);
    }
    if let Some(mut postmaster) = Postmaster::find(&folder.cluster(), READY_WITHIN)? {
        postmaster.stop(STOPPED_WITHIN)?;
    }
    folder.remove_socket_dir()?;
    fs::remove_dir_all(data_dir).map_err(at(data_dir))?;
    Ok(true)
}

/// Polls until there is an answer; `None` when the time is over.
pub(crate) fn poll<T>(within: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ready() {
            return Some(answer);
        }
        if start.elapsed() > within {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

/// Percent-encodes all but what is harmless anywhere in a URL.
fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    encoded
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Gives a path to a user and a group.
pub(crate) fn give(path: &Path, uid: u32, gid: u32) -> Result<()> {
    chown(path, Some(uid), Some(gid)).map_err(at(path))
}
