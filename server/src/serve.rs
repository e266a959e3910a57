//! Starting and stopping: database, worker, mail, site.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use portal::Portal;
use portal::catalog::Shelves;
use portal::clock::DatabaseClock;
use portal::mail::Mailer;
use portal::operations::{self, Bell};
use portal::people::Passwords;
use portal::secrets::MasterKey;
use portal::upstreams::{Inside, Upstreams};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::commands::Work;
use crate::config::{Mail, Mode, Serve, Storage};
use crate::http::{self, Site};
use crate::pg::Database;

/// How long requests and operations in flight may take after the signal to end.
const DRAIN: Duration = Duration::from_secs(20);

/// `server serve`.
pub(crate) async fn serve(storage: &Storage, settings: &Serve) -> anyhow::Result<()> {
    end_with_parent(&settings.mode)?;
    // The port first: a second server must not get as far as the database.
    let listener = bind(settings.addr).await?;
    let addr = listener.local_addr()?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
    let site = Site::read(&settings.site)?;
    let started = start(storage, &settings.mode).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (portal, clock) = (started.portal.clone(), Arc::clone(&started.clock));
    tasks.spawn(keep_time(portal, clock, stopped.clone()));
    if !settings.no_worker {
        background(&mut tasks, &started, &settings.mail, storage, &public_url, &stopped)?;
    }
    tasks.spawn(portal::catalog::listen(started.portal.clone(), stopped.clone()));
    tasks.spawn(operations::carry(started.portal.clone(), stopped.clone()));
    let facing = http::Facing {
        trusted_proxies: settings.trusted_proxies.clone(),
        panel_currency: settings.panel_currency,
        support: settings
            .support
            .clone()
            .or_else(|| settings.mode.demo.then(|| portal::demo::SUPPORT.to_owned())),
    };
    let router = http::router(&started.portal, &site, &facing);
    println!("Keystall is at http://{addr}");
    if settings.mode.demo {
        println!(
            "  demo customer: {}  password: {}",
            portal::demo::CUSTOMER,
            portal::demo::PASSWORD
        );
        println!("  demo staff:    {}  password: {}", portal::demo::ADMIN, portal::demo::PASSWORD);
    } else {
        println!(
            "  a real portal: there is no demo data; make your first sign-in by `server create-admin`"
        );
    }
    let site = tokio::spawn(http::listen(listener, router, stopped));
    let guard = tokio::spawn(started.database.guard());
    signal().await;
    guard.abort();
    tracing::info!("ending: no new requests, what is in flight is finished");
    let _ = stop.send(true);
    let drained = tokio::time::timeout(DRAIN, async {
        let _ = site.await;
        while tasks.join_next().await.is_some() {}
    })
    .await;
    if drained.is_err() {
        tracing::warn!("something did not end in time; the next start picks it up");
    }
    started.database.close().await;
    Ok(())
}

/// `server work`.
pub(crate) async fn work(storage: &Storage, settings: &Work) -> anyhow::Result<()> {
    end_with_parent(&settings.mode)?;
    let started = start(storage, &settings.mode).await?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (portal, clock) = (started.portal.clone(), Arc::clone(&started.clock));
    tasks.spawn(keep_time(portal, clock, stopped.clone()));
    background(&mut tasks, &started, &settings.mail, storage, &settings.public_url, &stopped)?;
    println!("a worker runs");
    let guard = tokio::spawn(started.database.guard());
    signal().await;
    guard.abort();
    let _ = stop.send(true);
    let _ = tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
    started.database.close().await;
    Ok(())
}

struct Started {
    database: Database,
    portal: Portal,
    clock: Arc<DatabaseClock>,
}

async fn start(storage: &Storage, mode: &Mode) -> anyhow::Result<Started> {
    let database = Database::open(storage).await?;
    let begun: anyhow::Result<(Portal, Arc<DatabaseClock>)> = async {
        portal::migrate(&database.pool).await.context("the database cannot be migrated")?;
        let (portal, clock) = portal_and_clock(&database, storage, mode.demo).await?;
        if mode.demo {
            portal.fill_demo(&simulator_url(mode.sim_addr)).await?;
        } else {
            portal.claim_installation().await?;
        }
        Ok((portal, clock))
    }
    .await;
    match begun {
        Ok((portal, clock)) => Ok(Started { database, portal, clock }),
        Err(error) => {
            database.close().await;
            Err(error)
        }
    }
}

/// Where the simulator speaks the vendor's language.
pub(crate) fn simulator_url(addr: SocketAddr) -> String {
    format!("http://{addr}/billmgr")
}

/// The use cases over this database.
pub(crate) async fn portal(
    database: &Database,
    storage: &Storage,
    demo: bool,
) -> anyhow::Result<Portal> {
    Ok(portal_and_clock(database, storage, demo).await?.0)
}

async fn portal_and_clock(
    database: &Database,
    storage: &Storage,
    demo: bool,
) -> anyhow::Result<(Portal, Arc<DatabaseClock>)> {
    let clock = Arc::new(DatabaseClock::read(&database.pool).await?);
    let shared: Arc<dyn portal::Clock> = clock.clone();
    // The demo's vendor is the simulator on this machine.
    let inside = if demo { Inside::machine() } else { Inside::default() };
    let portal = Portal {
        pool: database.pool.clone(),
        clock: shared,
        key: master_key(storage)?,
        passwords: Passwords::new()?,
        upstreams: Upstreams::new(inside.and(storage.inside_vendors.0.iter().cloned())),
        shelves: Shelves::default(),
        tags: portal::catalog::Tags::default(),
        bell: Bell::default(),
        faults: portal::fault::Faults::default(),
        demo,
    };
    Ok((portal, clock))
}

fn background(
    tasks: &mut JoinSet<()>,
    started: &Started,
    mail: &Mail,
    storage: &Storage,
    public_url: &str,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<()> {
    tasks.spawn(portal::operations::run(started.portal.clone(), stopped.clone()));
    tasks.spawn(portal::health::watch_over(started.portal.clone(), stopped.clone()));
    let mailer = match &mail.mail {
        Some(url) => Mailer::to_server(&mail.mail_from, url)?,
        None => Mailer::to_files(&mail.mail_from, storage.data.join("mail"))?,
    };
    tasks.spawn(post(started.portal.clone(), mailer, public_url.to_owned(), stopped.clone()));
    Ok(())
}

/// Delivers mail and sweeps up, every second or so.
async fn post(
    portal: Portal,
    mailer: Mailer,
    public_url: String,
    mut stopped: watch::Receiver<bool>,
) {
    let mut rounds = 0_u32;
    while !*stopped.borrow() {
        loop {
            match portal.deliver_mail(&mailer, |mail| app::letters::write(mail, &public_url)).await
            {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "mail waits for the database");
                    break;
                }
            }
        }
        if rounds.is_multiple_of(60)
            && let Err(error) = portal.sweep().await
        {
            tracing::warn!(%error, "sweeping up waits for the database");
        }
        rounds = rounds.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Keeps the clock right, whether this process has a worker or not.
async fn keep_time(portal: Portal, clock: Arc<DatabaseClock>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_mins(1)) => {}
            _ = stopped.changed() => break,
        }
        if let Err(error) = clock.refresh(&portal.pool).await {
            tracing::warn!(%error, "the database's clock cannot be read");
        }
    }
}

async fn bind(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("address {addr} is in use; choose another by PORTAL_ADDR")
        }
        Err(error) => Err(error).with_context(|| format!("address {addr}")),
    }
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut term) => term.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = term => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn end_with_parent(mode: &Mode) -> anyhow::Result<()> {
    if mode.with_parent {
        let signal = rustix::process::Signal::TERM;
        rustix::process::set_parent_process_death_signal(Some(signal))?;
    }
    Ok(())
}

/// From `PORTAL_KEY`, else from a file that is made at the first start.
fn master_key(storage: &Storage) -> anyhow::Result<MasterKey> {
    let path = storage.data.join("master.key");
    let text = match &storage.key {
        Some(key) => key.clone(),
        None if path.exists() => std::fs::read_to_string(&path)
            .with_context(|| format!("master key {}", path.display()))?,
        None => new_key(&path)?,
    };
    let bytes: [u8; 32] = hex::decode(text.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .context("the master key is not 64 hex digits")?;
    Ok(MasterKey::new(&bytes))
}

fn new_key(path: &Path) -> anyhow::Result<String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    }
    let key = hex::encode(portal::random::bytes::<32>());
    // Written aside and linked in: a half-written key is never read, and of two first starts one
    // wins.
    let aside = path.with_extension(format!("{}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .with_context(|| format!("master key {}", aside.display()))?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(std::fs::read_to_string(path)?)
        }
        Err(error) => Err(error).with_context(|| format!("master key {}", path.display())),
    }
}
