//! `cargo xtask bench`: the portal's speed as a share of what this machine can do.
//!
//! Release builds of the portal and of `crates/ceiling` share one durable throw-away
//! PostgreSQL. Each case alternates between the portal and its ceilings, round by round, and the
//! medians are compared: on a machine with other work only ratios of one run mean anything.

mod load;
mod report;
mod stage;
mod wire;

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::{bundle, process, report::Progress, tools, workspace::Workspace};
use load::{Load, Target};
use report::{Measured, Results};
use stage::Stage;
use wire::ListRead;

/// Measures pages, sign-in and orders of the portal against ceilings: the same rows and bytes
/// straight from axum and sqlx, argon2 alone, and a bare debit transaction. `list-read` reads a
/// vendor's list against quick-xml alone, without a portal.
#[derive(clap::Args)]
pub struct Args {
    /// Length of each measurement, of which there are three per number
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Only these cases, with commas
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Case>,
    /// How many connections at once, with commas
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    connections: Vec<u32>,
    /// One second and one round per measurement: whether it works, not how fast
    #[arg(long)]
    quick: bool,
    /// Also compares lists of 100 rows with lists of so many
    #[arg(long)]
    rows: Option<u32>,
    /// Where the numbers go as JSON [default: <target>/bench.json]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Case {
    /// The catalogue, as a guest sees it
    Catalog,
    /// The same, compressed as browsers ask for it
    CatalogBr,
    /// A product, as a guest sees it
    Product,
    /// The prices that panels fetch, against the same bytes as a file
    PriceList,
    /// A customer's list: 25 of 200 licenses
    Licenses,
    /// Signing in
    SignIn,
    /// Placing an order
    Order,
    /// Reading a vendor's list of 10,000 licenses
    ListRead,
}

impl Case {
    /// Those that are answered by a running portal.
    const ALL: [Self; 7] = [
        Self::Catalog,
        Self::CatalogBr,
        Self::Product,
        Self::PriceList,
        Self::Licenses,
        Self::SignIn,
        Self::Order,
    ];

    /// Its name in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::CatalogBr => "catalog-br",
            Self::Product => "product",
            Self::PriceList => "price-list",
            Self::Licenses => "licenses",
            Self::SignIn => "sign-in",
            Self::Order => "order",
            Self::ListRead => "list-read",
        }
    }

    /// The portal's side.
    fn portal(self) -> Option<Target> {
        Some(match self {
            Self::Catalog => Target::portal("page", "/catalog"),
            Self::CatalogBr => Target::portal("page-br", "/catalog"),
            Self::Product => Target::portal("page", stage::PRODUCT),
            Self::PriceList => Target::portal("page", stage::PRICE_LIST),
            Self::Licenses => Target::portal("my-page", "/my/licenses"),
            Self::SignIn => Target::portal("sign-in", "/login"),
            Self::Order => Target::portal("order", "/buy"),
            Self::ListRead => return None,
        })
    }

    /// What bounds it: the same rows and bytes, or the one thing that has to be done.
    fn ceiling(self) -> Option<Target> {
        Some(match self {
            Self::Catalog | Self::CatalogBr => Target::ceiling("page", "/rows/catalog"),
            Self::Product => Target::ceiling("page", "/rows/product"),
            Self::PriceList => Target::ceiling("page", "/bytes/price-list"),
            Self::Licenses => Target::ceiling("page", "/rows/licenses"),
            Self::SignIn => Target::ceiling("argon2", "/argon2"),
            Self::Order => Target::ceiling("debit", "/debit"),
            Self::ListRead => return None,
        })
    }

    /// The same bytes without a database, for pages.
    fn bytes(self) -> Option<Target> {
        match self {
            Self::Catalog | Self::CatalogBr => Some(Target::ceiling("page", "/bytes/catalog")),
            Self::Product => Some(Target::ceiling("page", "/bytes/product")),
            Self::Licenses => Some(Target::ceiling("page", "/bytes/licenses")),
            Self::PriceList | Self::SignIn | Self::Order | Self::ListRead => None,
        }
    }
}

/// Rounds of which the median counts.
const ROUNDS: u32 = 3;
/// Before anything counts: statements are prepared, pools and caches filled.
const WARM_UP: Duration = Duration::from_secs(1);
/// At how many connections growth is measured.
const GROWTH_CONNECTIONS: u32 = 4;

pub fn bench(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    ensure!(args.connections.iter().all(|n| *n > 0), "--connections are more than nothing");
    ensure!(args.seconds > 0, "--seconds are more than nothing");
    let wanted = |case: Case| args.only.is_empty() || args.only.contains(&case);
    let list = if wanted(Case::ListRead) { Some(wire::measure(ws)?) } else { None };
    if !Case::ALL.into_iter().any(wanted) && args.rows.is_none() {
        write(ws, args, json!({}), list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut progress = Progress::new(4);
    let wrk = progress.step("looking for tools", || {
        tools::ensure_wasm_target()?;
        tools::ensure_postgres()?;
        tools::ensure_wrk()
    })?;
    let site = progress.step("building the site", || {
        bundle::bundle(ws, &bundle::Options { release: true, out: None })
    })?;
    progress.step("building the portal and the ceilings", || {
        // One by one: built together they would share the features of their dependencies, and the
        // portal would not be the one that is deployed.
        for program in ["server", "ceiling"] {
            process::run_ok(process::cargo().args(["build", "--release", "--package", program]))?;
        }
        Ok(())
    })?;
    let mut stage = progress.step("starting and filling the portal", || Stage::start(ws, &site))?;
    let mut load = Load::new(ws, wrk);

    let (rounds, length) = if args.quick {
        (1, Duration::from_secs(1))
    } else {
        (ROUNDS, Duration::from_secs(args.seconds))
    };
    let mut results = Results::new(&stage, &site)?;
    for case in Case::ALL {
        if !wanted(case) {
            continue;
        }
        let targets = [case.portal(), case.ceiling(), case.bytes()];
        for connections in &args.connections {
            println!("{} at {connections} connections …", case.name());
            let medians =
                load.alternate(&mut stage, &targets, *connections, rounds, WARM_UP, length)?;
            if let [Some(portal), Some(ceiling), bytes] = medians {
                let measured = Measured { case, connections: *connections, portal, ceiling, bytes };
                results.cases.push(measured);
            }
        }
        if case == Case::Order {
            stage.check_orders(load.orders)?;
        }
        if case == Case::SignIn {
            stage.check_sessions(load.sign_ins)?;
        }
    }
    if let Some(rows) = args.rows {
        println!("lists with 100 rows …");
        let mut look = |stage: &mut Stage| {
            let lists = stage::GROWING.iter();
            let pages = lists.map(|(account, path)| Target::portal_as(*account, path));
            pages
                .map(|page| load.median(stage, &page, GROWTH_CONNECTIONS, rounds, length))
                .collect::<Result<Vec<_>>>()
        };
        let few = look(&mut stage)?;
        println!("lists with {rows} rows …");
        stage.grow(rows)?;
        let many = look(&mut stage)?;
        for (((_, path), few), many) in stage::GROWING.into_iter().zip(few).zip(many) {
            results.growth.push(report::Growth { path, rows, few, many });
        }
    }
    results.peak_memory_kb = stage.peak_memory_kb()?;
    stage.end();

    results.print();
    write(ws, args, results.json(), list)?;
    Ok(ExitCode::SUCCESS)
}

/// Puts the numbers into their file, those of `list-read` with them, and prints these.
fn write(ws: &Workspace, args: &Args, mut numbers: Value, list: Option<ListRead>) -> Result<()> {
    if let (Some(list), Some(numbers)) = (list, numbers.as_object_mut()) {
        numbers.insert("list_read".to_owned(), list.json());
        list.print();
    }
    let out = args.out.clone().unwrap_or_else(|| ws.target.join("bench.json"));
    let json = serde_json::to_string_pretty(&numbers)? + "\n";
    fs::write(&out, json).with_context(|| out.display().to_string())?;
    println!("the numbers are in {}", out.display());
    Ok(())
}
