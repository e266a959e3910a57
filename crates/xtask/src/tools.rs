//! What has to be installed: looked for first, then installed, then explained.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::{process, workspace::Workspace};

const WASM: &str = "wasm32-unknown-unknown";

/// The standard library for the browser.
pub fn ensure_wasm_target() -> Result<()> {
    let mut libdir = process::clean("rustc");
    let libdir = process::read(libdir.args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    println!("installing the Rust target {WASM}");
    let mut add = process::clean("rustup");
    match process::run(add.args(["target", "add", WASM])) {
        Ok(true) => Ok(()),
        Err(error) if error.is::<process::Interrupted>() => Err(error),
        // It failed and said why, or there is no rustup.
        _ => bail!("the Rust target {WASM} is missing: run `rustup target add {WASM}`"),
    }
}

/// The folder of `initdb` and `postgres`.
pub fn ensure_postgres() -> Result<PathBuf> {
    match managed_pg::find_binaries(None) {
        Err(managed_pg::PgError::NoBinaries) => {}
        found => return Ok(found?),
    }
    println!("installing PostgreSQL");
    apt_install(&["postgresql"])?;
    Ok(managed_pg::find_binaries(None)?)
}

/// The browser for the end-to-end tests.
pub fn ensure_chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if named.is_file() {
            return Ok(named);
        }
        bail!("CHROMIUM={} does not exist", named.display());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    if let Some(found) = names.into_iter().find_map(on_path) {
        return Ok(found);
    }
    println!("installing Chromium");
    apt_install(&["chromium"])?;
    on_path("chromium").context("the package chromium brought no program `chromium`")
}

/// The library that gives a process a wrong wall clock, for the tests of the server.
pub fn ensure_faketime() -> Result<()> {
    let found = || {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).any(|it| it.is_file())
    };
    if found() {
        return Ok(());
    }
    println!("installing faketime");
    apt_install(&["faketime"])?;
    if found() { Ok(()) } else { bail!("the package faketime brought no libfaketime.so.1") }
}

/// What makes load for `cargo xtask bench`.
pub fn ensure_wrk() -> Result<PathBuf> {
    if let Some(found) = on_path("wrk") {
        return Ok(found);
    }
    println!("installing wrk");
    apt_install(&["wrk"])?;
    on_path("wrk").context("the package wrk brought no program `wrk`")
}

/// The npm packages of `end2end`, exactly as its lock file names them.
pub fn ensure_npm_packages(ws: &Workspace) -> Result<()> {
    let folder = ws.root.join("end2end");
    let lock_file = folder.join("package-lock.json");
    let lock = fs::read(&lock_file).with_context(|| lock_file.display().to_string())?;
    let wanted = hex::encode(Sha256::digest(&lock));
    // A mark of our own: npm's has other contents than the lock file.
    let mark = folder.join("node_modules/.keystall-lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if on_path("npm").is_none() {
        println!("installing Node.js");
        apt_install(&["nodejs", "npm"])?;
    }
    println!("installing the npm packages of end2end");
    process::run_ok(
        process::clean("npm")
            .args(["ci", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder)
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )?;
    fs::write(&mark, wanted).with_context(|| mark.display().to_string())
}

/// The program that shrinks wasm, in the version that the lock file pins; other versions make other
/// files of the same source.
pub fn ensure_wasm_opt(ws: &Workspace) -> Result<PathBuf> {
    ensure_npm_packages(ws)?;
    Ok(ws.root.join("end2end/node_modules/.bin/wasm-opt"))
}

/// A program on PATH.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !rustix::process::geteuid().is_root() || on_path("apt-get").is_none() {
        bail!("please install {list} (on Debian: sudo apt-get install -y {list})");
    }
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    // A failed update may still have lists that are good enough.
    process::run(&mut apt(&["update", "-q"]))?;
    let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
    process::run_ok(install.args(packages))
}
