//! `cargo xtask prepare`: renews `.sqlx`.
//!
//! With a database at hand and `SQLX_OFFLINE_DIR` set, each query macro writes its own description
//! while it is compiled. So the crates with such macros are compiled anew against a throw-away
//! database with all migrations, into a new folder whose files replace the old ones only if all went well.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::Path,
    process::ExitCode,
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};

use crate::{
    bundle::files_below,
    process,
    report::Progress,
    throwaway::ThrowAway,
    tools,
    workspace::{Package, Workspace},
};

/// Renews `.sqlx`, from which builds without a database read what the queries return.
#[derive(clap::Args)]
pub struct Args {}

pub fn prepare(ws: &Workspace, _: &Args) -> Result<ExitCode> {
    let mut progress = Progress::new(3);
    let database = progress.step("starting a database", || {
        tools::ensure_postgres()?;
        ThrowAway::start()
    })?;
    let url = database.database("prepare")?;
    progress.step("applying the migrations", || {
        for path in files_below(&ws.root.join("migrations"))? {
            if path.extension().is_none_or(|extension| extension != "sql") {
                continue;
            }
            let sql = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            database.execute("prepare", &sql).with_context(|| path.display().to_string())?;
        }
        Ok(())
    })?;
    let count = progress.step("describing the queries", || describe(ws, &url))?;
    println!("{count} queries are described in .sqlx");
    Ok(ExitCode::SUCCESS)
}

fn describe(ws: &Workspace, url: &str) -> Result<usize> {
    let packages: Vec<_> = ws.packages.iter().filter(|package| has_query_macros(package)).collect();
    let finished = ws.root.join(".sqlx");
    let unfinished = ws.target.join("sqlx-new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;
    }
    fs::create_dir_all(&unfinished).with_context(|| unfinished.display().to_string())?;

    if !packages.is_empty() {
        let mut check = process::cargo();
        check.args(["check", "--all-targets"]);
        for package in &packages {
            check.args(["--package", &package.name]);
            // A macro writes only while it is expanded, and Cargo looks at the time of a file.
            for target in &package.targets {
                let file = File::options().append(true).open(&target.src_path);
                file.and_then(|file| file.set_modified(SystemTime::now()))
                    .with_context(|| target.src_path.display().to_string())?;
            }
        }
        check.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &unfinished);
        check.env("DATABASE_URL", url);
        if !process::run(&mut check)? {
            bail!("the queries do not compile; .sqlx is as it was");
        }
    }
    replace(&finished, &unfinished)
}

/// Copies what is new, then removes what is old: a build meanwhile finds all it needs.
fn replace(finished: &Path, unfinished: &Path) -> Result<usize> {
    fs::create_dir_all(finished).with_context(|| finished.display().to_string())?;
    let mut names = BTreeSet::new();
    for path in files_below(unfinished)? {
        let name = path.file_name().unwrap_or_default().to_owned();
        fs::copy(&path, finished.join(&name)).with_context(|| path.display().to_string())?;
        names.insert(name);
    }
    for path in files_below(finished)? {
        if path.file_name().is_none_or(|name| !names.contains(name)) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    fs::remove_dir_all(unfinished)?;
    Ok(names.len())
}

fn has_query_macros(package: &Package) -> bool {
    let macros = ["query!(", "query_as!(", "query_scalar!(", "query_file!(", "query_file_as!("];
    let sources = ["src", "tests"].map(|folder| files_below(&package.folder().join(folder)));
    package.name != "xtask"
        && sources.into_iter().flatten().flatten().any(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            macros.iter().any(|name| text.contains(name))
        })
}
