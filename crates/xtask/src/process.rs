//! Children that end when we end, and waiting for them.
//!
//! Each child leads a process group of its own: Ctrl-C reaches only us, and we end the group, so
//! that nothing that a child started is left over and the order of the ends is ours.

use std::{
    env, fmt,
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

static SIGNALED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
const POLL: Duration = Duration::from_millis(20);
/// How long a child may take to end when it was not told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// The person, or whoever started us, wants us to end.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// A program ended that should have gone on.
#[derive(Debug)]
pub struct Ended {
    name: String,
    status: ExitStatus,
}

impl Ended {
    /// The program's exit code as ours; 1 if a signal ended it, or if it found nothing wrong.
    pub fn code(&self) -> ExitCode {
        let code = self.status.code().and_then(|code| u8::try_from(code).ok());
        code.filter(|code| *code != 0).map_or(ExitCode::FAILURE, ExitCode::from)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} ended by itself ({})", self.name, self.status)
    }
}

impl std::error::Error for Ended {}

/// From here on Ctrl-C and SIGTERM are noticed by the waiting functions below.
pub fn listen_for_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&SIGNALED))?;
    }
    Ok(())
}

/// Fails once a signal has arrived.
pub fn go_on() -> Result<()> {
    if SIGNALED.load(Ordering::Relaxed) { Err(Interrupted.into()) } else { Ok(()) }
}

/// Cargo as if it had been called from a terminal: what `cargo run` added for us would make build
/// scripts run again that watch it. Queries are always read from `.sqlx`, see `prepare`.
pub fn cargo() -> Command {
    let mut cargo = clean(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.env("SQLX_OFFLINE", "true");
    cargo
}

/// A program without what `cargo run` put into our environment.
pub fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_our_package = name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        let of_this_run = ["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"];
        if of_our_package || of_this_run.contains(&name.as_ref()) {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// Runs a program with its output on ours. Whether it succeeded.
pub fn run(command: &mut Command) -> Result<bool> {
    let mut child = Running::spawn(&name_of(command), command)?;
    Ok(child.wait()?.success())
}

/// Runs a program that has to succeed.
pub fn run_ok(command: &mut Command) -> Result<()> {
    if run(command)? { Ok(()) } else { bail!("{} failed", line_of(command)) }
}

/// Runs a program that has to succeed, and returns what it says.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} does not start", name_of(command)))?;
    go_on()?;
    if !output.status.success() {
        bail!("{} failed", line_of(command));
    }
    String::from_utf8(output.stdout).context("its output is not UTF-8")
}

/// Runs a program, shows what it says and lets `each_line` look at it. Whether it succeeded.
pub fn run_lines(command: &mut Command, mut each_line: impl FnMut(&str)) -> Result<bool> {
    let mut child = Running::spawn(&name_of(command), command.stdout(Stdio::piped()))?;
    let (sender, lines) = mpsc::channel();
    let reader = child.child.stdout.take().map(|stdout| {
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                line.clear();
                if sender.send(text).is_err() {
                    return;
                }
            }
        })
    });
    loop {
        match lines.recv_timeout(POLL) {
            Ok(line) => {
                println!("{line}");
                each_line(&line);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => go_on()?,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Some(reader) = reader {
        // It has hung up already, so it does not block, and it cannot panic.
        let _ = reader.join();
    }
    Ok(child.wait()?.success())
}

/// A child and all that it starts; they end when this is dropped.
pub struct Running {
    name: String,
    child: Child,
    ended: bool,
}

impl Running {
    /// Starts a program under a name for messages.
    pub fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        go_on()?;
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} does not start", line_of(command)))?;
        Ok(Self { name: name.to_owned(), child, ended: false })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    fn exited(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait().with_context(|| self.name.clone())?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Fails if it ended.
    pub fn still_runs(&mut self) -> Result<()> {
        match self.exited()? {
            Some(status) => Err(Ended { name: self.name.clone(), status }.into()),
            None => Ok(()),
        }
    }

    /// Waits for its end, or for a signal.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.exited()? {
                return Ok(status);
            }
            go_on()?;
            thread::sleep(POLL);
        }
    }

    /// Asks it to end; after `patience`, or when another signal arrives, it is killed.
    pub fn end(&mut self, patience: Duration) {
        if self.ended {
            return;
        }
        let before = SIGNALED.swap(false, Ordering::Relaxed);
        self.signal(Signal::TERM);
        let start = Instant::now();
        loop {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            if start.elapsed() > patience || SIGNALED.load(Ordering::Relaxed) {
                eprintln!("{} does not end in time and is killed", self.name);
                self.signal(Signal::KILL);
                // Killed processes end; waiting only collects them.
                let _ = self.child.wait();
                break;
            }
            thread::sleep(POLL);
        }
        self.ended = true;
        SIGNALED.fetch_or(before, Ordering::Relaxed);
    }

    fn signal(&self, signal: Signal) {
        // It fails only if the group is gone already.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(PATIENCE);
    }
}

/// Waits until an address answers a path with 200; fails when the child ends or time is over.
pub fn wait_for_ok(
    child: &mut Running,
    address: SocketAddr,
    path: &str,
    within: Duration,
) -> Result<()> {
    let start = Instant::now();
    while status_of(address, path) != Some(200) {
        child.still_runs()?;
        if start.elapsed() > within {
            let seconds = within.as_secs();
            bail!("http://{address}{path} does not answer with 200 within {seconds} s");
        }
        go_on()?;
        thread::sleep(POLL);
    }
    Ok(())
}

/// The status of `GET path`; `None` if nothing readable comes back.
fn status_of(address: SocketAddr, path: &str) -> Option<u16> {
    let timeout = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    let mut head = String::new();
    stream.take(64).read_to_string(&mut head).ok();
    head.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// An address from the environment, or the default.
pub fn address(variable: &str, default: &str) -> Result<SocketAddr> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty());
    let text = text.unwrap_or_else(|| default.to_owned());
    let resolved = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    resolved.with_context(|| format!("{variable}={text} is not an address such as {default}"))
}

/// Fails with advice if somebody listens there already. A portal whose parent was killed needs a
/// moment to end, so there is a second look.
pub fn check_free(address: SocketAddr, variable: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        let Err(error) = TcpListener::bind(address) else { return Ok(()) };
        let is_taken = error.kind() == io::ErrorKind::AddrInUse;
        if !is_taken || start.elapsed() > Duration::from_secs(3) {
            let (ip, port) = (address.ip(), address.port());
            let why = if is_taken { "is taken".to_owned() } else { format!("fails ({error})") };
            let other = SocketAddr::new(ip, port.checked_add(1).unwrap_or(3001));
            bail!("port {port} on {ip} {why}: choose another with {variable}={other}");
        }
        go_on()?;
        thread::sleep(POLL);
    }
}

/// An address nobody uses at this moment.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn name_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    program.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The program and its arguments, to be repeated by hand.
fn line_of(command: &Command) -> String {
    let mut line = name_of(command);
    for arg in command.get_args() {
        line.extend([" ", &arg.to_string_lossy()]);
    }
    line
}
