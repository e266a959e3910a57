//! What can go wrong, each as one line that says what to do.

use std::{
    io,
    path::{Path, PathBuf},
};

pub(crate) type Result<T> = std::result::Result<T, PgError>;

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PgError {
    /// Neither `PG_BIN` nor the usual places have `initdb` and `postgres`.
    #[error(
        "PostgreSQL is not installed: install the Debian package `postgresql`, or name its \
         folder of programs in PG_BIN, or a running server in DATABASE_URL"
    )]
    NoBinaries,
    /// The folder that was named explicitly is not one of PostgreSQL's programs.
    #[error("{} has no `initdb` and `postgres`: correct PG_BIN", .0.display())]
    NotBinaries(PathBuf),
    /// Root may not run PostgreSQL, and there is nobody else.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`"
    )]
    NoAccount,
    /// The account that runs PostgreSQL cannot enter the folder or run the programs.
    #[error("user {user} cannot use {} with the programs in {}", .path.display(), .binaries.display())]
    Unreachable {
        /// The folder of the cluster.
        path: PathBuf,
        /// The folder of the programs.
        binaries: PathBuf,
        /// The account.
        user: String,
    },
    /// The cluster was made by another major version than the one at hand.
    #[error(
        "the database in {} was made by PostgreSQL {made_by}, here is {found}: install \
         `postgresql-{made_by}` or set PG_BIN", .path.display()
    )]
    Version {
        /// The folder of the cluster.
        path: PathBuf,
        /// The major version that made it.
        made_by: String,
        /// The major version that was found.
        found: String,
    },
    /// `initdb` failed.
    #[error("initdb failed in {}: {detail}", .path.display())]
    Init {
        /// The folder of the cluster.
        path: PathBuf,
        /// Its last line.
        detail: String,
    },
    /// The postmaster ended instead of becoming ready.
    #[error("PostgreSQL did not start: {detail} (log: {})", .log.display())]
    Start {
        /// The last complaint in its log.
        detail: String,
        /// Where the log is.
        log: PathBuf,
    },
    /// The postmaster runs and does not become ready.
    #[error("PostgreSQL in {} is not ready after {seconds} s", .path.display())]
    NotReady {
        /// The folder of the cluster.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// The postmaster goes on although it was told to stop.
    #[error("PostgreSQL (process {pid}) does not stop")]
    NotStopped {
        /// The postmaster.
        pid: u32,
    },
    /// Somebody else made a folder where the socket should go.
    #[error("{} is not ours: remove it or choose another data folder", .path.display())]
    SocketFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A statement failed.
    #[error("PostgreSQL says {message} ({code})")]
    Sql {
        /// SQLSTATE.
        code: String,
        /// The primary message, with its line if there is one.
        message: String,
    },
    /// A file, a folder, a socket or a program could not be used.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Says where an I/O error happened.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> PgError {
    let path = path.to_path_buf();
    move |source| PgError::Io { path, source }
}
