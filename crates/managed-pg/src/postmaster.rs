//! One running postmaster: our child, or one that outlived the process which started it.
//!
//! It is started directly instead of by `pg_ctl`, which hands its arguments to a shell, and its
//! readiness is read from its pid file, which is what `pg_ctl -w` does too.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use crate::{
    account::Account,
    error::{PgError, Result, at},
    poll,
};

/// A postmaster that answers.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pid: Pid,
    cluster: PathBuf,
    child: Option<Child>,
    /// Where its socket is.
    pub(crate) socket_dir: Option<PathBuf>,
}

/// The lines of `postmaster.pid` that matter here.
struct PidFile {
    pid: Pid,
    socket_dir: Option<PathBuf>,
    status: String,
}

enum Outcome {
    Ready,
    Ended,
}

impl Postmaster {
    /// The postmaster of this folder, if one runs. Waits for one that is starting or stopping.
    pub(crate) fn find(cluster: &Path, within: Duration) -> Result<Option<Self>> {
        let settled = poll(within, || match PidFile::read(cluster) {
            Some(file) if is_postmaster(file.pid, cluster) => {
                (file.status == "ready").then_some(Some(file))
            }
            _ => Some(None),
        });
        match settled {
            Some(None) => Ok(None),
            Some(Some(file)) => Ok(Some(Self {
                pid: file.pid,
                cluster: cluster.to_path_buf(),
                child: None,
                socket_dir: file.socket_dir,
            })),
            None => Err(not_ready(cluster, within)),
        }
    }

    /// Starts a postmaster and waits until it answers.
    pub(crate) fn spawn(
        binaries: &Path,
        cluster: &Path,
        log: &Path,
        account: &Account,
        within: Duration,
    ) -> Result<Self> {
        // The children of a killed postmaster live on for a moment, and PostgreSQL refuses to
        // start beside them.
        const ORPHANS_END_WITHIN: Duration = Duration::from_secs(20);
        remove_misleading_pid_file(cluster)?;
        let start = Instant::now();
        loop {
            let log_file = File::options().create(true).append(true).open(log).map_err(at(log))?;
            let before = log_file.metadata().map_err(at(log))?.len();
            let program = binaries.join("postgres");
            let mut command = account.command(&program, cluster);
            command.arg("-D").arg(cluster);
            command.stdout(log_file.try_clone().map_err(at(log))?).stderr(log_file);
            // Ctrl-C reaches every process of the terminal's group; the portal decides instead.
            command.process_group(0);
            let mut child = command.spawn().map_err(at(&program))?;
            let pid = Pid::from_child(&child);

            let outcome = poll(within, || {
                if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
                    return Some(Outcome::Ended);
                }
                let file = PidFile::read(cluster)?;
                (file.pid == pid && file.status == "ready").then_some(Outcome::Ready)
            });
            match outcome {
                Some(Outcome::Ready) => {
                    let cluster = cluster.to_path_buf();
                    return Ok(Self { pid, cluster, child: Some(child), socket_dir: None });
                }
                Some(Outcome::Ended) => {
                    let said = read_from(log, before);
                    let orphans = said.contains("shared memory block");
                    if !orphans || start.elapsed() > ORPHANS_END_WITHIN {
                        return Err(PgError::Start { detail: complaint(&said), log: log.into() });
                    }
                    std::thread::sleep(crate::POLL);
                }
                None => return Err(not_ready(cluster, within)),
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        u32::try_from(self.pid.as_raw_nonzero().get()).unwrap_or_default()
    }

    /// Fast shutdown: open transactions are rolled back. Immediate, if that takes too long.
    pub(crate) fn stop(&mut self, within: Duration) -> Result<()> {
        // An error means that it is gone already; the waiting finds out.
        let _ = rustix::process::kill_process(self.pid, Signal::INT);
        if self.wait(within) {
            return Ok(());
        }
        let _ = rustix::process::kill_process(self.pid, Signal::QUIT);
        if self.wait(Duration::from_secs(5)) {
            Ok(())
        } else {
            Err(PgError::NotStopped { pid: self.pid() })
        }
    }

    fn wait(&mut self, within: Duration) -> bool {
        poll(within, || {
            let ended = match &mut self.child {
                Some(child) => !matches!(child.try_wait(), Ok(None)),
                None => !is_postmaster(self.pid, &self.cluster),
            };
            ended.then_some(())
        })
        .is_some()
    }
}

impl PidFile {
    fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        // Lines 2 to 4 are the folder, the time of the start and the port.
        let socket_dir = lines.nth(3).map(str::trim).filter(|dir| !dir.is_empty());
        let socket_dir = socket_dir.map(PathBuf::from);
        // Lines 6 and 7 are the TCP address and the shared memory.
        let status = lines.nth(2).unwrap_or_default().trim().to_owned();
        Some(Self { pid, socket_dir, status })
    }
}

/// Whether this process number belongs to a postmaster of this folder: it works inside it.
fn is_postmaster(pid: Pid, cluster: &Path) -> bool {
    let proc = Path::new("/proc");
    if proc.join("self").exists() {
        let working_dir = proc.join(pid.as_raw_nonzero().to_string()).join("cwd");
        return fs::read_link(working_dir).is_ok_and(|dir| dir == cluster);
    }
    rustix::process::test_kill_process(pid).is_ok()
}

/// PostgreSQL removes a stale pid file itself, unless its number is in use by another process.
fn remove_misleading_pid_file(cluster: &Path) -> Result<()> {
    let path = cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(());
    };
    // An empty file is what a full disk leaves behind.
    let in_use = PidFile::read(cluster)
        .is_some_and(|file| rustix::process::test_kill_process(file.pid).is_ok());
    if in_use || text.trim().is_empty() {
        fs::remove_file(&path).map_err(at(&path))?;
    }
    Ok(())
}

fn not_ready(cluster: &Path, within: Duration) -> PgError {
    PgError::NotReady { path: cluster.to_path_buf(), seconds: within.as_secs() }
}

fn read_from(log: &Path, offset: u64) -> String {
    let mut said = String::new();
    if let Ok(mut file) = File::open(log)
        && file.seek(SeekFrom::Start(offset)).is_ok()
    {
        // A log that cannot be read only makes the message shorter.
        let _ = file.read_to_string(&mut said);
    }
    said
}

/// The first line that tells of a failure, else the last one.
fn complaint(said: &str) -> String {
    let telling = said.lines().find(|line| line.contains("FATAL:") || line.contains("PANIC:"));
    let line = telling.or_else(|| said.lines().last()).unwrap_or("it says nothing");
    line.split_once("FATAL:").map_or(line, |(_, rest)| rest).trim().to_owned()
}
