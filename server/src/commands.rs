//! The command line.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand, ValueEnum};
use portal::demo::ModeError;
use portal::people::{JoinError, StaffRole};

use crate::config::{Mail, Mode, Serve, Storage};
use crate::pg::Database;
use crate::{serve, telemetry, upstream_commands};

/// Keystall: a portal that sells other vendors' licenses.
#[derive(Debug, Parser)]
#[command(name = "server", version)]
struct Cli {
    #[command(flatten)]
    storage: Storage,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site, and carry out operations unless told otherwise
    Serve(Serve),
    /// Carry out operations and deliver mail, without a site
    Work(Work),
    /// Bring the database to this version
    Migrate,
    /// Fill in demo data, for a database that holds nothing else
    Demo(Mode),
    /// Make a member of the staff; the password is read from standard input
    CreateAdmin(CreateAdmin),
    /// Our accounts at vendors, and what they sell
    Upstream {
        #[command(subcommand)]
        command: upstream_commands::Upstream,
    },
    /// Look after the books
    Ledger {
        #[command(subcommand)]
        command: Ledger,
    },
    /// After the database was replaced by a copy that may lack the last commits: take everything
    /// planned for sent, so that the vendor's list decides (docs/failover.md)
    DistrustPlans,
    /// List every page and every server function as JSON; for tests
    Routes,
    /// Ask a running server whether it is ready; for containers
    Healthcheck {
        /// Where it listens
        #[arg(long, env = "PORTAL_ADDR", default_value = "127.0.0.1:3000")]
        addr: std::net::SocketAddr,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub mode: Mode,
    #[command(flatten)]
    pub mail: Mail,
    /// Address of the portal as customers see it, for links in mails
    #[arg(long, env = "PORTAL_PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
    pub public_url: String,
}

#[derive(Debug, clap::Args)]
struct CreateAdmin {
    /// E-mail address to sign in with
    email: String,
    /// What they may do
    #[arg(long, value_enum, default_value = "owner")]
    role: Role,
    /// File with the password, instead of standard input
    #[arg(long)]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    Owner,
    Support,
    Pricing,
    Readonly,
}

impl From<Role> for StaffRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Support => Self::Support,
            Role::Pricing => Self::Pricing,
            Role::Readonly => Self::ReadOnly,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Ledger {
    /// Recompute the books and name every row that does not agree
    Verify,
}

/// Runs the command line; an error is one line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("server: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Before the first client is made; only one provider is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let storage = &cli.storage;
    match cli.command {
        Command::Serve(settings) => serve::serve(storage, &settings).await?,
        Command::Work(settings) => serve::work(storage, &settings).await?,
        Command::Migrate => {
            let database = Database::open(storage).await?;
            portal::migrate(&database.pool).await?;
            println!("the database is at this version");
            database.close().await;
        }
        Command::Demo(mode) => {
            let database = Database::open(storage).await?;
            portal::migrate(&database.pool).await?;
            let portal = serve::portal(&database, storage, true).await?;
            portal.fill_demo(&serve::simulator_url(mode.sim_addr)).await?;
            println!("the demo data is there");
            database.close().await;
        }
        Command::DistrustPlans => {
            let database = Database::open(storage).await?;
            portal::migrate(&database.pool).await?;
            let portal = serve::portal(&database, storage, false).await?;
            let count = portal.distrust_plans().await?;
            println!(
                "{count} planned operations are looked for at their vendor before anything is sent"
            );
            database.close().await;
        }
        Command::CreateAdmin(new) => {
            let password = read_password(new.password_file.as_deref())?;
            let database = Database::open(storage).await?;
            portal::migrate(&database.pool).await?;
            let portal = serve::portal(&database, storage, false).await?;
            // A staff sign-in makes a fresh database a real one; a demo may have more staff too.
            match portal.claim_installation().await {
                Ok(()) | Err(ModeError::IsDemo) => {}
                Err(error) => bail!("{error}"),
            }
            let made = portal.create_staff(&new.email, &password, new.role.into()).await;
            database.close().await;
            match made {
                Ok(_) => println!("{} can sign in at /login", new.email),
                Err(JoinError::Internal(portal::Error::Database(sqlx::Error::Database(error))))
                    if error.is_unique_violation() =>
                {
                    bail!("{} exists already", new.email)
                }
                Err(error) => bail!("{error}"),
            }
        }
        Command::Upstream { command } => {
            if !upstream_commands::run(storage, &command).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Ledger { command: Ledger::Verify } => {
            let database = Database::open(storage).await?;
            let findings = ledger::verify(&mut *database.pool.acquire().await?).await?;
            database.close().await;
            for finding in &findings {
                let row = finding.row.map(|row| row.to_string()).unwrap_or_default();
                println!("{}: {row} {}", finding.rule, finding.detail);
            }
            if findings.is_empty() {
                println!("the books are sound");
            } else {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Routes => {
            println!("{}", serde_json::to_string_pretty(&crate::http::Routes::list())?);
        }
        Command::Healthcheck { addr } => return healthcheck(addr).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn read_password(file: Option<&std::path::Path>) -> anyhow::Result<String> {
    let mut text = String::new();
    if let Some(path) = file {
        text = std::fs::read_to_string(path)
            .with_context(|| format!("password file {}", path.display()))?;
    } else {
        let input = std::io::stdin();
        if input.is_terminal() {
            eprintln!("Password (it is shown while you type):");
        }
        input.lock().read_line(&mut text)?;
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A plain request over a plain socket: nothing else is needed to ask this machine.
async fn healthcheck(addr: std::net::SocketAddr) -> anyhow::Result<ExitCode> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(addr).await?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), ask)
        .await
        .with_context(|| format!("{addr} does not answer"))?
        .with_context(|| format!("{addr} does not answer"))?;
    if answer.starts_with("HTTP/1.1 200") {
        println!("ready");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("not ready: {}", answer.lines().last().unwrap_or_default());
        Ok(ExitCode::FAILURE)
    }
}
