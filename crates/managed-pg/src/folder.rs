//! The files of one cluster: where they are, who owns them, and how they come to be.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::ErrorKind,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use crate::{
    ClusterConfig, PORT, READY_WITHIN, SUPERUSER,
    account::{self, Account},
    binaries,
    error::{PgError, Result, at},
    postmaster::Postmaster,
};

/// Where a cluster goes that its account could not reach at the wanted place.
const FALLBACK: &str = "/var/lib/keystall";
/// The kernel's limit for a socket path is 108 bytes (104 on BSDs).
const SOCKET_PATH_MAX: usize = 100;

/// The files of one cluster.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Owned by the account that runs PostgreSQL, and private to it.
    pub(crate) root: PathBuf,
}

impl Folder {
    /// Takes the wanted folder, or the fallback if only that one has or can have a cluster.
    pub(crate) fn choose(
        wanted: &Path,
        binaries: &Path,
        account: &Account,
    ) -> Result<(Self, bool)> {
        let here = Self::create(wanted, account)?;
        if here.has_cluster() || !account.is_other() {
            return Ok((here, false));
        }
        let name = here.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let there = Path::new(FALLBACK).join(format!("{name}-{}", short_hash(&here.root)));
        let there_has_one = there.join("cluster/PG_VERSION").exists();
        if !there_has_one && account.reaches(&here.root, binaries) {
            return Ok((here, false));
        }
        let there = Self::create(&there, account)?;
        if !account.reaches(&there.root, binaries) {
            return Err(PgError::Unreachable {
                path: there.root,
                binaries: binaries.to_path_buf(),
                user: account.name().to_owned(),
            });
        }
        tracing::info!(
            "user {} cannot reach {}: the database is in {}",
            account.name(),
            here.root.display(),
            there.root.display()
        );
        Ok((there, true))
    }

    /// Creates the folder for the account, private to it.
    fn create(path: &Path, account: &Account) -> Result<Self> {
        fs::create_dir_all(path).map_err(at(path))?;
        let root = path.canonicalize().map_err(at(path))?;
        account.own(&root)?;
        fs::set_permissions(&root, Permissions::from_mode(0o700)).map_err(at(&root))?;
        Ok(Self { root })
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    fn has_cluster(&self) -> bool {
        self.cluster().join("PG_VERSION").exists()
    }

    /// In the folder itself if that makes a path which the kernel accepts, else below `/tmp`.
    pub(crate) fn socket_dir(&self) -> PathBuf {
        let inside = self.root.join("socket");
        let socket = inside.join(format!(".s.PGSQL.{PORT}"));
        if socket.as_os_str().len() <= SOCKET_PATH_MAX {
            inside
        } else {
            Path::new("/tmp").join(format!("keystall-{}", short_hash(&self.root)))
        }
    }

    pub(crate) fn lock_start(&self) -> Result<File> {
        let path = self.root.join("start.lock");
        let file = File::create(&path).map_err(at(&path))?;
        file.lock().map_err(at(&path))?;
        Ok(file)
    }

    pub(crate) fn open_users(&self) -> Result<File> {
        let path = self.root.join("users.lock");
        File::create(&path).map_err(at(&path))
    }

    pub(crate) fn start(
        &self,
        config: &ClusterConfig,
        binaries: &Path,
        account: &Account,
    ) -> Result<Postmaster> {
        if !self.has_cluster() {
            self.init(config, binaries, account)?;
        }
        let binaries = binaries::for_cluster(binaries, &self.cluster())?;
        let socket_dir = self.prepare_socket_dir(account)?;
        self.write_settings(config, &socket_dir, account)?;
        self.rotate_log()?;
        let mut postmaster =
            Postmaster::spawn(&binaries, &self.cluster(), &self.log(), account, READY_WITHIN)?;
        postmaster.socket_dir = Some(socket_dir);
        Ok(postmaster)
    }

    /// `initdb` beside the final place, so that a crash half way leaves no cluster at all.
    fn init(&self, config: &ClusterConfig, binaries: &Path, account: &Account) -> Result<()> {
        let half_made = self.root.join("cluster.new");
        if half_made.exists() {
            fs::remove_dir_all(&half_made).map_err(at(&half_made))?;
        }
        let mut initdb = account.command(&binaries.join("initdb"), &self.root);
        initdb
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
            .arg(format!("--username={SUPERUSER}"))
            .arg("--pgdata")
            .arg(&half_made);
        if !config.durable() {
            initdb.arg("--no-sync");
        }
        let output = initdb.output().map_err(at(&binaries.join("initdb")))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let mut lines = stderr.lines().rev().filter(|line| !line.trim().is_empty());
            let detail = lines.next().unwrap_or("it says nothing").trim().to_owned();
            return Err(PgError::Init { path: self.root.clone(), detail });
        }
        let conf = half_made.join("postgresql.conf");
        let mut text = fs::read_to_string(&conf).map_err(at(&conf))?;
        text.push_str("\n# Written anew with every start.\ninclude_if_exists = 'keystall.conf'\n");
        fs::write(&conf, text).map_err(at(&conf))?;
        fs::rename(&half_made, self.cluster()).map_err(at(&half_made))?;
        File::open(&self.root).and_then(|dir| dir.sync_all()).map_err(at(&self.root))
    }

    /// Settings go through a file: `postgres -c` on a command line would need quoting rules.
    fn write_settings(
        &self,
        config: &ClusterConfig,
        socket_dir: &Path,
        account: &Account,
    ) -> Result<()> {
        let own = [
            ("listen_addresses", String::new()),
            ("port", PORT.to_string()),
            ("unix_socket_directories", socket_dir.to_string_lossy().into_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
        ];
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let callers = config.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = String::new();
        for (name, value) in own.chain(callers) {
            text.extend([name, " = '", &value.replace('\'', "''"), "'\n"]);
        }
        let path = self.cluster().join("keystall.conf");
        fs::write(&path, text).map_err(at(&path))?;
        account.own(&path)
    }

    /// The folder holds nothing but the socket, and nobody else can have put it there.
    fn prepare_socket_dir(&self, account: &Account) -> Result<PathBuf> {
        let path = self.socket_dir();
        if let Err(error) = DirBuilder::new().mode(0o700).create(&path)
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(at(&path)(error));
        }
        let found = fs::symlink_metadata(&path).map_err(at(&path))?;
        let mine = found.uid() == account.uid() || found.uid() == account::caller();
        if !found.is_dir() || !mine {
            return Err(PgError::SocketFolder { path });
        }
        account.own(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(at(&path))?;
        for entry in fs::read_dir(&path).map_err(at(&path))?.flatten() {
            fs::remove_file(entry.path()).map_err(at(&entry.path()))?;
        }
        Ok(path)
    }

    pub(crate) fn remove_socket_dir(&self) -> Result<()> {
        match fs::remove_dir_all(self.socket_dir()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&self.socket_dir())(error)),
            _ => Ok(()),
        }
    }

    /// Keeps the log of the start before this one, once it has become large.
    fn rotate_log(&self) -> Result<()> {
        const LARGE: u64 = 8 * 1024 * 1024;
        let log = self.log();
        if fs::metadata(&log).is_ok_and(|found| found.len() > LARGE) {
            fs::rename(&log, self.root.join("log.old")).map_err(at(&log))?;
        }
        Ok(())
    }
}

/// FNV-1a: names on disk must not change with the toolchain, as `DefaultHasher` may.
fn short_hash(path: &Path) -> String {
    let hash = path.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:012x}", hash >> 16)
}
