//! The real program as a child process, with the real clock.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use sqlx::{ConnectOptions, PgPool};

/// A running `server serve --demo`.
pub struct Program {
    pub addr: SocketAddr,
    child: Child,
}

/// Folder with a site that has no files: pages work without scripts and styles.
pub fn empty_site(folder: &tempfile::TempDir) -> PathBuf {
    std::fs::write(folder.path().join("manifest.json"), "{}").unwrap();
    folder.path().to_owned()
}

impl Program {
    /// Starts it on a free port over this database; dies at `crash_at` if that is named.
    pub async fn start(
        pool: &PgPool,
        vendor: SocketAddr,
        folder: &tempfile::TempDir,
        crash_at: Option<&str>,
    ) -> Self {
        let crash_at: Vec<_> = crash_at.map(|step| ("PORTAL_CRASH_AT", step)).into_iter().collect();
        Self::start_with(pool, vendor, folder, &crash_at).await
    }

    /// Starts it with this in its environment.
    pub async fn start_with(
        pool: &PgPool,
        vendor: SocketAddr,
        folder: &tempfile::TempDir,
        env: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command
            .args(["serve", "--demo", "--addr", "127.0.0.1:0"])
            .env("DATABASE_URL", pool.connect_options().to_url_lossy().as_str())
            .env("SIM_ADDR", vendor.to_string())
            .env("PORTAL_DATA", folder.path().join("data"))
            .env("PORTAL_SITE", empty_site(folder))
            .env("PORTAL_KEY", "07".repeat(32))
            .env("PORTAL_LOG", "warn")
            .env_remove("PORTAL_CRASH_AT")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let addr = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(stdout).lines();
            let first = lines.next().expect("the server says where it is").unwrap();
            // Keep reading, or the pipe fills up.
            std::thread::spawn(move || lines.for_each(drop));
            first
        })
        .await
        .unwrap();
        let addr = addr.rsplit("http://").next().unwrap().parse().expect(&addr);
        Self { addr, child }
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        poll(|| self.child.try_wait().unwrap()).await
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        let _ = self.child.kill();
        self.ended().await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again, for up to a minute.
pub async fn poll<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(answer) = ask() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not happen within a minute");
}
