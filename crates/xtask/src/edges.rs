//! The forbidden crate edges. Rules about what a manifest names are read from `cargo metadata`,
//! rules about everything below from `cargo tree`, which knows the features of one build.

use anyhow::{Context as _, Result};

use crate::{process, workspace::Workspace};

/// One rule with everything that breaks it.
pub struct Rule {
    /// What must hold.
    pub name: String,
    /// Where it does not.
    pub broken: Vec<String>,
}

impl Rule {
    /// A rule that holds so far.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), broken: Vec::new() }
    }

    /// Adds what breaks it.
    pub fn extend<T>(&mut self, found: impl Iterator<Item = T>, say: impl Fn(T) -> String) {
        self.broken.extend(found.map(say));
    }
}

/// All rules about edges.
pub fn rules(ws: &Workspace) -> Result<Vec<Rule>> {
    let ours: Vec<_> = ws.packages.iter().map(|package| package.name.as_str()).collect();
    let mut rules = vec![
        named(ws, "domain", "depends on nothing of ours", &ours, Kinds::All)?,
        named(ws, "billmgr", "depends on nothing of ours", &ours, Kinds::All)?,
        named(ws, "upstream-sim", "depends on nothing of ours", &ours, Kinds::All)?,
        named(
            ws,
            "portal",
            "knows nothing of HTTP, HTML, XML and Leptos",
            &["axum", "http", "hyper", "leptos", "leptos_axum", "quick-xml", "billmgr", "app"],
            Kinds::Normal,
        )?,
        named(
            ws,
            "ledger",
            "knows no orders and no vendors",
            &["portal", "upstream", "billmgr", "app", "server"],
            Kinds::Normal,
        )?,
    ];

    let mut reqwest = Rule::new("only upstream depends on reqwest");
    for package in ws.packages.iter().filter(|package| package.name != "upstream") {
        let normal = package.dependencies.iter().filter(|d| d.kind.as_deref() != Some("dev"));
        reqwest.extend(normal.filter(|d| d.name == "reqwest"), |_| package.name.clone());
    }
    rules.push(reqwest);

    let io = [
        "tokio",
        "mio",
        "async-std",
        "sqlx",
        "sqlx-core",
        "reqwest",
        "hyper",
        "axum",
        "leptos",
        "server_fn",
        "time",
        "chrono",
        "jiff",
        "rand",
        "getrandom",
        "rustix",
        "tracing",
    ];
    rules.push(below(ws, "domain", None, "has no I/O, no clock and no randomness", &io)?);
    let money = ["sqlx", "sqlx-core", "sqlx-postgres", "ledger", "portal"];
    rules.push(below(ws, "upstream", None, "knows no wallets and no Postgres", &money)?);
    let heavy = [
        "sqlx",
        "sqlx-core",
        "reqwest",
        "argon2",
        "jiff",
        "tokio",
        "hyper",
        "axum",
        "portal",
        "ledger",
        "upstream",
    ];
    let wasm = Some("wasm32-unknown-unknown");
    rules.push(below(ws, "frontend", wasm, "brings no server code to the browser", &heavy)?);
    Ok(rules)
}

/// Which lines of a manifest count.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    /// Not those for tests.
    Normal,
    /// Those for tests too.
    All,
}

/// A rule about what a manifest names.
fn named(
    ws: &Workspace,
    package: &str,
    what: &str,
    forbidden: &[&str],
    kinds: Kinds,
) -> Result<Rule> {
    let mut rule = Rule::new(&format!("{package} {what}"));
    let package = ws.package(package).with_context(|| format!("there is no crate {package}"))?;
    let counted = package
        .dependencies
        .iter()
        .filter(|dependency| kinds == Kinds::All || dependency.kind.as_deref() != Some("dev"));
    let found = counted.filter(|dependency| forbidden.contains(&dependency.name.as_str()));
    rule.extend(found, |dependency| format!("{} -> {}", package.name, dependency.name));
    Ok(rule)
}

/// A rule about everything that is linked into a crate for a target.
fn below(
    ws: &Workspace,
    package: &str,
    target: Option<&str>,
    what: &str,
    forbidden: &[&str],
) -> Result<Rule> {
    let mut rule = Rule::new(&format!("{package} {what}"));
    let mut tree = process::cargo();
    tree.current_dir(&ws.root).args(["tree", "--quiet", "--package", package]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    if let Some(target) = target {
        tree.args(["--target", target]);
    }
    let tree = process::read(&mut tree)?;
    let mut linked: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    linked.sort_unstable();
    linked.dedup();
    let found = linked.into_iter().filter(|name| *name != package && forbidden.contains(name));
    rule.extend(found, |name| {
        format!("{package} … {name}: see `cargo tree -p {package} -i {name}`")
    });
    Ok(rule)
}
