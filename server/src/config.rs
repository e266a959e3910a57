//! Settings of one process, from flags and the environment. What the business decides (prices,
//! vendors, limits) is in the database.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// Settings that all subcommands share.
#[derive(Debug, Clone, Args)]
pub struct Storage {
    /// PostgreSQL to use; without it the portal runs one of its own
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// Folder for the portal's own PostgreSQL, mailbox and master key
    #[arg(long, env = "PORTAL_DATA", default_value = "data", global = true)]
    pub data: PathBuf,
    /// Folder of PostgreSQL's programs, when they are not found by themselves
    #[arg(long, env = "PG_BIN", global = true)]
    pub pg_bin: Option<PathBuf>,
    /// Key that seals the vendors' passwords, 64 hex digits; by default a file in the data folder
    #[arg(long, env = "PORTAL_KEY", hide_env_values = true, global = true)]
    pub key: Option<String>,
    /// Vendors inside this network that accounts may name, as hosts with commas; all others are refused
    #[arg(long, env = "PORTAL_INSIDE_VENDORS", default_value = "", value_parser = inside_vendors,
          global = true)]
    pub inside_vendors: InsideVendors,
}

/// Hosts inside this network at which vendors may be.
#[derive(Debug, Clone, Default)]
pub struct InsideVendors(pub Vec<portal::upstreams::InsideHost>);

/// Reads hosts with commas between; nothing is none.
fn inside_vendors(text: &str) -> Result<InsideVendors, String> {
    let hosts = text.split(',').map(str::trim).filter(|host| !host.is_empty());
    let hosts: Result<Vec<_>, _> =
        hosts.map(|host| host.parse().map_err(|error| format!("{host}: {error}"))).collect();
    Ok(InsideVendors(hosts?))
}

/// Settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, env = "PORTAL_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// Folder that `cargo xtask bundle` filled
    #[arg(long, env = "PORTAL_SITE", default_value = "target/site")]
    pub site: PathBuf,
    /// Address of the portal as customers see it, for links in mails
    #[arg(long, env = "PORTAL_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Leave the operations to `server work` processes
    #[arg(long)]
    pub no_worker: bool,
    /// Proxies whose X-Forwarded-For is believed, as IP addresses with commas
    #[arg(long, env = "PORTAL_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Currency in which panels are told the prices of modules
    #[arg(long, env = "PORTAL_PANEL_CURRENCY", default_value = "EUR", value_parser = currency)]
    pub panel_currency: domain::Currency,
    /// E-mail address that customers write to with questions; without it no page says whom to ask
    #[arg(long, env = "PORTAL_SUPPORT", value_parser = address)]
    pub support: Option<String>,
    #[command(flatten)]
    /// Mode.
    pub mode: Mode,
    #[command(flatten)]
    /// Mail.
    pub mail: Mail,
}

/// An address that can stand in a `mailto:` link as it is.
fn address(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let sound = text.split_once('@').is_some_and(|(who, host)| {
        !who.is_empty() && host.contains('.') && who.chars().all(plain) && host.chars().all(plain)
    });
    if sound { Ok(text.to_owned()) } else { Err("not an address such as help@example.com".into()) }
}

fn currency(code: &str) -> Result<domain::Currency, String> {
    domain::Currency::from_code(code).ok_or_else(|| "not an ISO 4217 code, such as EUR".to_owned())
}

/// Demo or real.
#[derive(Debug, Clone, Args)]
pub struct Mode {
    /// Fill in demo data and sell from the vendor simulator; only for databases that hold nothing else
    #[arg(long)]
    pub demo: bool,
    /// Address of the vendor simulator, for --demo
    #[arg(long, env = "SIM_ADDR", default_value = "127.0.0.1:3010")]
    pub sim_addr: SocketAddr,
    /// End when the process that started this one ends
    #[arg(long)]
    pub with_parent: bool,
}

/// How mail leaves.
#[derive(Debug, Clone, Args)]
pub struct Mail {
    /// Mail server, such as smtps://user:password@host; without it mails become files in the data folder
    #[arg(long, env = "PORTAL_MAIL", hide_env_values = true)]
    pub mail: Option<String>,
    /// Sender of mails
    #[arg(long, env = "PORTAL_MAIL_FROM", default_value = "Keystall <no-reply@localhost>")]
    pub mail_from: String,
}
