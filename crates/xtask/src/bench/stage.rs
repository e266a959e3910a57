//! The portal under measurement, the ceilings, and the database that both use.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    process::{self, Running},
    throwaway::ThrowAway,
    workspace::Workspace,
};

/// Accounts that sign in and order in turn: so many that their throttles never matter.
pub const ACCOUNTS: u32 = 2000;
/// Licenses of the first account, of which a page shows 25.
const LICENSES: u32 = 200;
/// The plan that is looked at and ordered; `load.lua` knows its price.
pub const PLAN: &str = "isp6-lite";
/// What panels ask for.
pub const PRICE_LIST: &str = "/?func=pricelist.export&itemtype=addition&out=xml";
/// Its page.
pub const PRODUCT: &str = "/p/isp6-lite";
/// Of every account; the demo data's.
pub const PASSWORD: &str = "demo-portal-2026";
/// Lists that grow, and who looks at them.
pub const GROWING: [(u32, &str); 6] = [
    (LONG, "/my/licenses"),
    (LONG, "/my/orders"),
    (LONG, "/my/wallet"),
    (STAFF, "/admin/operations"),
    (STAFF, "/admin/orders"),
    (STAFF, "/admin/licenses"),
];
/// The account whose lists grow.
const LONG: u32 = 2;
/// The one of the house, which sees the lists of all.
const STAFF: u32 = 0;

const FILL: &str = include_str!("../../bench/fill.sql");
const GROW: &str = include_str!("../../bench/grow.sql");
const DATABASE: &str = "bench";
const READY_WITHIN: Duration = Duration::from_mins(2);

/// Who answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Portal,
    Ceiling,
}

/// Everything that has to run.
pub struct Stage {
    // Dropped in this order: whoever uses the database goes first.
    portal: Running,
    ceiling: Running,
    database: ThrowAway,
    portal_addr: SocketAddr,
    ceiling_addr: SocketAddr,
    /// Name and size of each captured page.
    pub pages: Vec<(&'static str, u64)>,
}

impl Stage {
    pub fn start(ws: &Workspace, site: &Path) -> Result<Self> {
        let database = ThrowAway::start_durable()?;
        let url = database.database(DATABASE)?;
        let folder = database.folder();
        let portal_addr = process::free_address()?;
        let mut command = process::clean(ws.program("server", true));
        command
            // The worker would share the two cores and the tables with what is measured.
            .args(["serve", "--demo", "--with-parent", "--no-worker"])
            .env("PORTAL_ADDR", portal_addr.to_string())
            .env("PORTAL_DATA", folder.join("data"))
            .env("PORTAL_SITE", site)
            .env("PORTAL_TRUSTED_PROXIES", "127.0.0.1")
            .env("DATABASE_URL", &url);
        let mut portal = spawn("portal", &mut command, folder)?;
        process::wait_for_ok(&mut portal, portal_addr, "/healthz", READY_WITHIN)?;
        let fill = FILL
            .replace("{accounts}", &ACCOUNTS.to_string())
            .replace("{licenses}", &LICENSES.to_string())
            .replace("{plan}", PLAN);
        database.execute(DATABASE, &fill)?;
        database.execute(DATABASE, &grow(LONG, 1, 100))?;
        database.execute(DATABASE, "vacuum analyze")?;

        let bodies = folder.join("bodies");
        fs::create_dir_all(&bodies).with_context(|| bodies.display().to_string())?;
        let session = cookie(1);
        let mut pages = Vec::new();
        let wanted = [
            ("catalog", "/catalog"),
            ("product", PRODUCT),
            ("price-list", PRICE_LIST),
            ("licenses", "/my/licenses"),
        ];
        for (name, path) in wanted {
            let body = page(portal_addr, path, &session)?;
            fs::write(bodies.join(name), &body)?;
            pages.push((name, u64::try_from(body.len())?));
        }

        let ceiling_addr = process::free_address()?;
        let mut command = process::clean(ws.program("ceiling", true));
        command.args(["--with-parent", "--addr", &ceiling_addr.to_string()]);
        command.args(["--database-url", &url, "--plan", PLAN, "--password", PASSWORD]);
        command.args(["--session", &session, "--bodies"]).arg(&bodies);
        let mut ceiling = spawn("ceiling", &mut command, folder)?;
        process::wait_for_ok(&mut ceiling, ceiling_addr, "/healthz", READY_WITHIN)?;
        Ok(Self { portal, ceiling, database, portal_addr, ceiling_addr, pages })
    }

    /// Where somebody listens.
    pub fn addr(&self, side: Side) -> SocketAddr {
        match side {
            Side::Portal => self.portal_addr,
            Side::Ceiling => self.ceiling_addr,
        }
    }

    /// Fails if somebody ended.
    pub fn still_runs(&mut self) -> Result<()> {
        self.portal.still_runs()?;
        self.ceiling.still_runs()
    }

    /// The most memory that the portal had in RAM so far.
    pub fn peak_memory_kb(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.portal.pid());
        let status = fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes.and_then(|kb| kb.parse().ok()).with_context(|| format!("no VmHWM in {path}"))
    }

    /// Fails unless so many orders came through: a page of refusal would be answered, too.
    pub fn check_orders(&self, least: u64) -> Result<()> {
        self.check("orders", "customer_order where price > 0", least)
    }

    /// Fails unless so many sign-ins made a session.
    pub fn check_sessions(&self, least: u64) -> Result<()> {
        self.check("sessions", "session", least + u64::from(ACCOUNTS) + 1)
    }

    fn check(&self, what: &str, rows: &str, least: u64) -> Result<()> {
        let sql = format!(
            "do $$ declare n bigint; begin select count(*) into n from {rows};
             if n < {least} then raise 'only % of {least} {what}', n; end if; end $$"
        );
        self.database.execute(DATABASE, &sql)
    }

    /// Makes the lists this long.
    pub fn grow(&self, rows: u32) -> Result<()> {
        self.database.execute(DATABASE, &grow(LONG, 101, rows))?;
        self.database.execute(DATABASE, "vacuum analyze")
    }

    /// Ends both before the database goes.
    pub fn end(mut self) {
        self.portal.end(Duration::from_secs(30));
        self.ceiling.end(Duration::from_secs(5));
    }
}

/// The cookie's value of an account's session, as `fill.sql` and `load.lua` make it.
fn cookie(account: u32) -> String {
    format!("{account:021}A")
}

fn grow(account: u32, first: u32, last: u32) -> String {
    GROW.replace("{account}", &account.to_string())
        .replace("{first}", &first.to_string())
        .replace("{last}", &last.to_string())
        .replace("{plan}", PLAN)
}

/// Starts a program whose words go into a file.
fn spawn(name: &str, command: &mut Command, folder: &Path) -> Result<Running> {
    let log = File::create(folder.join(format!("{name}.log")))?;
    command.stdout(log.try_clone()?).stderr(log);
    Running::spawn(name, command)
}

/// The body of a page that answers with 200.
fn page(addr: SocketAddr, path: &str, session: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // The shop is captured as guests see it.
    let cookie = if path.starts_with("/my") {
        format!("cookie: __Host-session={session}\r\n")
    } else {
        String::new()
    };
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {addr}\r\naccept: text/html\r\n{cookie}connection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let head = end.and_then(|end| answer.split_at_checked(end + 4));
    let (head, body) = head.with_context(|| format!("{path} answers with no page"))?;
    ensure!(
        head.starts_with(b"HTTP/1.1 200 "),
        "{path}: {}",
        String::from_utf8_lossy(head.get(..40).unwrap_or(head))
    );
    Ok(body.to_vec())
}
