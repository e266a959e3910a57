//! The portal with demo data and its simulated vendor, on free ports and a throw-away database.

use std::{
    env, fs,
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};

use crate::{
    process::{self, Running},
    throwaway::ThrowAway,
    workspace::Workspace,
};

const READY_WITHIN: Duration = Duration::from_mins(2);
/// How much of a log tells what happened.
const TAIL: usize = 60;

/// The portal and its vendor.
pub struct Stage {
    // The portal is dropped first: the simulator outlives it.
    portal: Running,
    _simulator: Running,
    /// Where the portal answers.
    pub portal_addr: SocketAddr,
    /// Where the vendor does.
    pub sim_addr: SocketAddr,
}

impl Stage {
    /// Starts both with demo data; they end when this is dropped.
    pub fn start(
        ws: &Workspace,
        database: &ThrowAway,
        site: &Path,
        release: bool,
        logs: &Logs,
    ) -> Result<Self> {
        let folder = database.folder();
        let portal_addr = process::free_address()?;
        let sim_addr = process::free_address()?;

        let mut command = process::clean(ws.program("upstream-sim", release));
        command.args(["--with-parent", "--full", "--addr", &sim_addr.to_string(), "--state"]);
        command.arg(folder.join("simulator.json"));
        let mut simulator = Running::spawn("simulator", logs.attach("simulator", &mut command)?)?;
        process::wait_for_ok(&mut simulator, sim_addr, "/_sim/state", READY_WITHIN)?;

        let mut command = process::clean(ws.program("server", release));
        command
            .args(["serve", "--demo", "--with-parent"])
            .env("PORTAL_ADDR", portal_addr.to_string())
            .env("SIM_ADDR", sim_addr.to_string())
            .env("PORTAL_DATA", folder.join("data"))
            .env("PORTAL_SITE", site)
            .env("DATABASE_URL", database.database("end2end")?);
        let mut portal = Running::spawn("portal", logs.attach("portal", &mut command)?)?;
        process::wait_for_ok(&mut portal, portal_addr, "/readyz", READY_WITHIN)?;
        Ok(Self { portal, _simulator: simulator, portal_addr, sim_addr })
    }

    /// A program of Node's that looks at this stage.
    pub fn node(&self, ws: &Workspace, chromium: &Path) -> Command {
        let mut node = process::clean("node");
        node.current_dir(ws.root.join("end2end"))
            .env("PORTAL_URL", format!("http://{}", self.portal_addr))
            .env("SIM_URL", format!("http://{}", self.sim_addr))
            .env("CHROMIUM", chromium);
        node
    }

    /// Ends the portal as an operator would, with time for what is in flight.
    pub fn end(&mut self) {
        self.portal.end(Duration::from_secs(30));
    }
}

/// What the programs say goes to files: between the lines of Playwright nobody could read it.
pub struct Logs {
    folder: PathBuf,
}

impl Logs {
    /// Beside the data of the stage.
    pub fn of(database: &ThrowAway) -> Self {
        Self { folder: database.folder().to_path_buf() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn attach<'a>(&self, name: &str, command: &'a mut Command) -> Result<&'a mut Command> {
        let path = self.path(name);
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        Ok(command.stdout(file.try_clone()?).stderr(file))
    }

    /// The end of each, for whoever looks for the reason of a failure.
    pub fn print_tails(&self) {
        // CI may want more than the end; it names a folder that is kept.
        if let Some(keep) = env::var_os("E2E_LOGS").map(PathBuf::from) {
            for name in ["simulator", "portal"] {
                let _ = fs::copy(self.path(name), keep.join(format!("{name}.log")));
            }
        }
        for name in ["simulator", "portal"] {
            let text = fs::read_to_string(self.path(name)).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
            println!("--- the last lines of the {name}");
            for line in tail {
                println!("{line}");
            }
        }
        println!("---");
    }
}
