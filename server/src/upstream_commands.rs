//! `server upstream`: our accounts at vendors, for whoever runs the server.
//!
//! A password is never an argument, because arguments stand in the list of processes and in the
//! shell's history.

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};
use domain::{Currency, Money};
use portal::Portal;
use portal::accounts::{
    Account, BalanceFunction, By, Change, NewAccount, Ordering, Preset, Proposal, Settings, Source,
    dialects_from_text, families_from_text, families_to_text, functions_from_text,
    functions_to_text,
};
use portal::demo::ModeError;
use portal::licenses::ChangeRule;

use crate::config::Storage;
use crate::pg::Database;
use crate::serve;

#[derive(Debug, Subcommand)]
pub(crate) enum Upstream {
    /// Make an account; the password comes from a prompt, a file or standard input
    Add(Add),
    /// List the accounts
    List,
    /// Change settings and limits of an account, or its password
    Set(Set),
    /// Ask the vendor for balance, lists and prices, and say what works; changes nothing
    Ping {
        /// The account's short name
        account: String,
    },
    /// Compare what the vendor sells with the catalogue; with --apply write the difference
    Import(Import),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Short name: small letters, digits and dashes
    account: String,
    /// What the vendor charges in, such as EUR
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The account's short name
    account: String,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Ask for another password at a prompt
    #[arg(long)]
    password: bool,
    #[command(flatten)]
    from: PasswordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The account's short name
    account: String,
    /// A table that ships, with costs from the vendor's own price list
    #[arg(long, value_enum, conflicts_with = "file")]
    preset: Option<PresetArg>,
    /// A table as TOML or CSV
    #[arg(long)]
    file: Option<PathBuf>,
    /// Where all new plans go; by default the table says it
    #[arg(long)]
    family: Option<String>,
    /// Write the difference into the catalogue; new plans are not for sale yet
    #[arg(long)]
    apply: bool,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct PasswordArgs {
    /// File with the password
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// What is not given stays as it is.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Where the vendor listens, path included: https://api.ispmanager.com/manager/billmgr
    #[arg(long)]
    url: Option<String>,
    /// User name at the vendor
    #[arg(long)]
    user: Option<String>,
    /// The table that ships for this vendor; a new account begins with its settings
    #[arg(long, value_enum)]
    preset: Option<PresetArg>,
    /// Whether anything is sold and looked at there
    #[arg(long)]
    enabled: Option<bool>,
    /// Orders are paid at once, or by way of the vendor's basket
    #[arg(long, value_enum)]
    ordering: Option<OrderingArg>,
    /// The function that shows the balance; "none" where there is none
    #[arg(long, value_enum)]
    balance_function: Option<BalanceArg>,
    /// Warn below this much of our money; "none" for never
    #[arg(long)]
    low_balance: Option<String>,
    /// How often the vendor lets address and key be changed
    #[arg(long, value_enum)]
    change_rule: Option<ChangeArg>,
    /// How many days a suspended license is kept there
    #[arg(long)]
    kept_suspended_days: Option<i16>,
    /// Whether orders of modules name their license
    #[arg(long)]
    module_names_parent: Option<bool>,
    /// Function families that there can be plans of, such as "soft,platform"; "all" for every one
    #[arg(long)]
    dialects: Option<String>,
    /// Families whose list shows neither our reference nor a name, such as "parallelslic addition"
    #[arg(long)]
    unmarked: Option<String>,
    /// Whether orders ask the vendor to renew by itself; each term that it begins is charged then
    #[arg(long)]
    renews_there: Option<bool>,
    /// A function of its own, such as softexternal.addons=softexternal.edit; "-" takes all away
    #[arg(long = "function", value_name = "FAMILY.ROLE=NAME")]
    functions: Vec<String>,
    /// Milliseconds until a connection stands
    #[arg(long)]
    connect_timeout_ms: Option<i32>,
    /// Milliseconds for a call
    #[arg(long)]
    call_timeout_ms: Option<i32>,
    /// Milliseconds for a check while somebody waits
    #[arg(long)]
    check_timeout_ms: Option<i32>,
    /// Milliseconds within which a call must begin after it was promised
    #[arg(long)]
    send_deadline_ms: Option<i32>,
    /// Milliseconds for which a worker owns an operation
    #[arg(long)]
    lease_ms: Option<i32>,
    /// Milliseconds after a call in which its effect may still appear
    #[arg(long)]
    quiet_window_ms: Option<i32>,
    /// Milliseconds between two looks for something that is absent
    #[arg(long)]
    second_sighting_ms: Option<i32>,
    /// How often an order that is proved absent is sent at most
    #[arg(long)]
    max_attempts: Option<i16>,
    /// Milliseconds after which an order is not sent again
    #[arg(long)]
    resend_within_ms: Option<i32>,
    /// Milliseconds in which a deletion can be taken back
    #[arg(long)]
    undo_window_ms: Option<i32>,
    /// Calls at one time
    #[arg(long)]
    max_concurrency: Option<i16>,
    /// Calls per minute; "none" for no limit
    #[arg(long)]
    calls_per_minute: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PresetArg {
    Eu,
    Ru,
    Isplicense,
    Legacy,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OrderingArg {
    #[value(name = "at_once")]
    AtOnce,
    #[value(name = "basket")]
    Basket,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BalanceArg {
    #[value(name = "none")]
    Nothing,
    #[value(name = "subaccount")]
    Subaccount,
    #[value(name = "accountinfo")]
    AccountInfo,
    #[value(name = "dashboard.info")]
    Dashboard,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ChangeArg {
    #[value(name = "calendar_month")]
    CalendarMonth,
    #[value(name = "days_31")]
    Days31,
    #[value(name = "unlimited")]
    Unlimited,
}

impl From<PresetArg> for Preset {
    fn from(preset: PresetArg) -> Self {
        match preset {
            PresetArg::Eu => Self::Eu,
            PresetArg::Ru => Self::Ru,
            PresetArg::Isplicense => Self::IspLicense,
            PresetArg::Legacy => Self::Legacy,
        }
    }
}

fn currency(code: &str) -> Result<Currency, String> {
    Currency::from_code(code).ok_or_else(|| "not an ISO 4217 code, such as EUR".to_owned())
}

impl SettingsArgs {
    /// These settings with what was given.
    fn over(&self, mut base: Settings, currency: Currency) -> anyhow::Result<Settings> {
        fn put<T: Clone>(place: &mut T, given: Option<&T>) {
            if let Some(given) = given {
                place.clone_from(given);
            }
        }
        put(&mut base.name, self.name.as_ref());
        put(&mut base.base_url, self.url.as_ref());
        put(&mut base.username, self.user.as_ref());
        put(&mut base.enabled, self.enabled.as_ref());
        if let Some(preset) = self.preset {
            base.preset = Some(preset.into());
        }
        if let Some(ordering) = self.ordering {
            base.ordering = match ordering {
                OrderingArg::AtOnce => Ordering::AtOnce,
                OrderingArg::Basket => Ordering::Basket,
            };
        }
        if let Some(function) = self.balance_function {
            base.balance_function = match function {
                BalanceArg::Nothing => None,
                BalanceArg::Subaccount => Some(BalanceFunction::Subaccount),
                BalanceArg::AccountInfo => Some(BalanceFunction::AccountInfo),
                BalanceArg::Dashboard => Some(BalanceFunction::Dashboard),
            };
        }
        if let Some(text) = &self.low_balance {
            base.low_balance = match text.as_str() {
                "none" => None,
                text => Some(Money::parse(text, currency).context("--low-balance")?.amount()),
            };
        }
        if let Some(rule) = self.change_rule {
            base.change_rule = match rule {
                ChangeArg::CalendarMonth => ChangeRule::CalendarMonth,
                ChangeArg::Days31 => ChangeRule::Days31,
                ChangeArg::Unlimited => ChangeRule::Unlimited,
            };
        }
        put(&mut base.module_names_parent, self.module_names_parent.as_ref());
        put(&mut base.renews_there, self.renews_there.as_ref());
        if let Some(text) = &self.dialects {
            base.dialects = match text.as_str() {
                "all" => None,
                text => Some(dialects_from_text(text).context("--dialects: no such families")?),
            };
        }
        if let Some(text) = &self.unmarked {
            base.unmarked = families_from_text(text).context("--unmarked: no such families")?;
        }
        for text in &self.functions {
            if text == "-" {
                base.functions.clear();
                continue;
            }
            let given = functions_from_text(text)
                .with_context(|| format!("--function {text}: not FAMILY.ROLE=NAME"))?;
            for (family, names) in given {
                base.functions.entry(family).or_default().extend(names);
            }
        }
        let limits = &mut base.limits;
        put(&mut limits.connect_timeout_ms, self.connect_timeout_ms.as_ref());
        put(&mut limits.call_timeout_ms, self.call_timeout_ms.as_ref());
        put(&mut limits.check_timeout_ms, self.check_timeout_ms.as_ref());
        put(&mut limits.send_deadline_ms, self.send_deadline_ms.as_ref());
        put(&mut limits.lease_ms, self.lease_ms.as_ref());
        put(&mut limits.quiet_window_ms, self.quiet_window_ms.as_ref());
        put(&mut limits.second_sighting_ms, self.second_sighting_ms.as_ref());
        put(&mut limits.max_attempts, self.max_attempts.as_ref());
        put(&mut limits.resend_within_ms, self.resend_within_ms.as_ref());
        put(&mut limits.undo_window_ms, self.undo_window_ms.as_ref());
        put(&mut limits.max_concurrency, self.max_concurrency.as_ref());
        if let Some(text) = &self.calls_per_minute {
            limits.calls_per_minute = match text.as_str() {
                "none" => None,
                text => Some(text.parse().context("--calls-per-minute")?),
            };
        }
        put(&mut limits.kept_suspended_days, self.kept_suspended_days.as_ref());
        Ok(base)
    }
}

impl PasswordArgs {
    const fn is_given(&self) -> bool {
        self.password_file.is_some() || self.password_stdin
    }

    fn read(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        if let Some(path) = &self.password_file {
            text = std::fs::read_to_string(path)
                .with_context(|| format!("password file {}", path.display()))?;
        } else if self.password_stdin {
            std::io::stdin().lock().read_line(&mut text)?;
        } else {
            text = prompt()?;
        }
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

/// Asks at the terminal without showing what is typed.
fn prompt() -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = std::io::stdin();
    if !input.is_terminal() {
        bail!("there is no terminal to ask at; use --password-file or --password-stdin");
    }
    eprintln!("Password (it is not shown while you type):");
    let before = tcgetattr(&input)?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    quiet.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&input, OptionalActions::Flush, &quiet)?;
    let mut text = String::new();
    let read = input.lock().read_line(&mut text);
    tcsetattr(&input, OptionalActions::Flush, &before)?;
    read?;
    Ok(text)
}

/// Runs one of them.
pub(crate) async fn run(storage: &Storage, command: &Upstream) -> anyhow::Result<bool> {
    // Asked for before the database starts, which somebody at a terminal would wait for.
    let password = match command {
        Upstream::Add(add) => Some(add.password.read()?),
        Upstream::Set(set) if set.password || set.from.is_given() => Some(set.from.read()?),
        _ => None,
    };
    let database = Database::open(storage).await?;
    let done = with_database(&database, storage, command, password).await;
    database.close().await;
    done
}

async fn with_database(
    database: &Database,
    storage: &Storage,
    command: &Upstream,
    password: Option<String>,
) -> anyhow::Result<bool> {
    portal::migrate(&database.pool).await?;
    // The simulator on this machine is a vendor for demo data only.
    let demo = portal::demo::is_demo(&database.pool).await?;
    let portal = serve::portal(database, storage, demo).await?;
    match portal.claim_installation().await {
        Ok(()) | Err(ModeError::IsDemo) => {}
        Err(error) => bail!("{error}"),
    }
    match command {
        Upstream::Add(add) => make(&portal, add, password.unwrap_or_default()).await?,
        Upstream::List => print!("{}", list(&portal.accounts(By::CommandLine).await?)),
        Upstream::Set(set) => change(&portal, set, password).await?,
        Upstream::Ping { account } => return ping(&portal, account).await,
        Upstream::Import(wish) => import(&portal, wish).await?,
    }
    Ok(true)
}

async fn make(portal: &Portal, add: &Add, password: String) -> anyhow::Result<()> {
    let preset = add.settings.preset.map(Preset::from);
    let shipped = preset.and_then(|preset| preset.table().ok()).and_then(|table| table.currency);
    let currency = add.currency.or(shipped).context("--currency is missing")?;
    let mut settings = add.settings.over(Settings::like(preset), currency)?;
    if settings.name.is_empty() {
        settings.name.clone_from(&add.account);
    }
    let new = NewAccount {
        slug: add.account.clone(),
        currency: Some(currency),
        settings,
        password: password.into(),
    };
    portal.add_account(By::CommandLine, new).await?;
    println!("the account {} is there; try it by `server upstream ping {0}`", add.account);
    Ok(())
}

async fn change(portal: &Portal, set: &Set, password: Option<String>) -> anyhow::Result<()> {
    let known = portal.account(By::CommandLine, &set.account).await?;
    let settings = set.settings.over(known.settings.clone(), known.currency)?;
    portal.set_account(By::CommandLine, &set.account, known.version, settings).await?;
    if let Some(password) = password {
        portal.set_account_password(By::CommandLine, &set.account, &password.into()).await?;
    }
    println!("the account {} is changed", set.account);
    Ok(())
}

async fn ping(portal: &Portal, account: &str) -> anyhow::Result<bool> {
    let looked = portal.ping_account(By::CommandLine, account).await?;
    for check in &looked.checks {
        let verdict = if check.ok { "ok" } else { "failed" };
        println!("{:<20} {verdict:<7} {}", check.what, check.text);
    }
    Ok(looked.checks.iter().all(|check| check.ok))
}

async fn import(portal: &Portal, wish: &Import) -> anyhow::Result<()> {
    let source = match (wish.preset, &wish.file) {
        (Some(preset), _) => Source::Preset(preset.into()),
        (None, Some(_)) => Source::File,
        (None, None) => Source::Export,
    };
    let text = wish.file.as_deref().map(read_table).transpose()?.unwrap_or_default();
    let (by, family) = (By::CommandLine, wish.family.as_deref());
    let id = portal.begin_import(by, &wish.account, source, &text, family).await?;
    let Some((stored, proposal)) = portal.newest_import(by, &wish.account).await? else {
        bail!("there is nothing to import");
    };
    if stored.id != id {
        bail!("somebody else read another table meanwhile; try again");
    }
    print!("{}", describe(&proposal));
    let count = proposal.to_write();
    if count == 0 {
        println!("nothing to write: the catalogue says the same");
    } else if wish.apply {
        let written = portal.apply_import(by, &wish.account, id, &proposal.hash).await?;
        println!("{written} changes are written; new plans are not for sale yet");
    } else {
        println!("{count} changes; --apply writes them");
    }
    Ok(())
}

/// The longest table.
const MOST_TABLE: u64 = 4 << 20;

fn read_table(path: &Path) -> anyhow::Result<String> {
    let context = || format!("table {}", path.display());
    let file = std::fs::File::open(path).with_context(context)?;
    let mut text = String::new();
    file.take(MOST_TABLE + 1).read_to_string(&mut text).with_context(context)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MOST_TABLE {
        bail!("{} is too long", context());
    }
    Ok(text)
}

fn list(accounts: &[Account]) -> String {
    let mut text = String::new();
    for account in accounts {
        let settings = &account.settings;
        let dialects: Vec<_> = account.dialects.iter().map(|kind| kind.as_str()).collect();
        let balance = match account.balance {
            Some((balance, at)) => {
                let low = if account.is_low() { ", low" } else { "" };
                format!("{balance} ({}{low})", at.date())
            }
            None => "unknown".to_owned(),
        };
        let state = if settings.enabled { "" } else { ", disabled" };
        let _ =
            writeln!(text, "{}: {} at {}{state}", account.slug, settings.name, settings.base_url);
        let _ = writeln!(
            text,
            "    user {}, {}, {} plans ({}), ordering {}, balance {balance}",
            settings.username,
            account.currency.code(),
            account.plans,
            dialects.join(" "),
            settings.ordering.as_str(),
        );
        let families = settings.dialects.as_ref().map(families_to_text);
        let _ = writeln!(text, "    dialects {}", families.as_deref().unwrap_or("all"));
        if !settings.functions.is_empty() {
            let functions = functions_to_text(&settings.functions).replace('\n', ", ");
            let _ = writeln!(text, "    functions {functions}");
        }
    }
    if text.is_empty() { "there are no accounts\n".to_owned() } else { text }
}

fn describe(proposal: &Proposal) -> String {
    let mut text = String::new();
    for change in &proposal.changes {
        let plan = change.plan();
        let _ = match change {
            Change::Plan(new) => {
                let terms: Vec<_> = new
                    .terms
                    .iter()
                    .map(|term| format!("{}: {}", term.period, term.cost))
                    .collect();
                let addons: Vec<_> = new.addons.iter().map(|addon| addon.key.as_str()).collect();
                let addons = match addons.join(", ") {
                    none if none.is_empty() => none,
                    some => format!("; add-ons: {some}"),
                };
                let inferred = if new.inferred { " (inferred)" } else { "" };
                writeln!(
                    text,
                    "new plan      {} {}{inferred} {}: {} -> {}, in {}{addons}",
                    new.dialect.as_str(),
                    plan.code,
                    plan.name,
                    terms.join(", "),
                    plan.slug,
                    new.family,
                )
            }
            Change::Term { term, .. } => {
                writeln!(text, "new term      {}: {} costs {}", plan.slug, term.period, term.cost)
            }
            Change::Addon { addon, .. } => {
                writeln!(text, "new add-on    {}: {} ({})", plan.slug, addon.name, addon.code)
            }
            Change::Cost { period, addon, before, after, .. } => {
                let of = addon.as_ref().map(|(_, name)| format!(", {name}")).unwrap_or_default();
                writeln!(text, "changed cost  {}, {period}{of}: {before} -> {after}", plan.slug)
            }
            Change::TermCode { period, before, after, .. } => {
                let before = before.as_deref().unwrap_or("none");
                writeln!(text, "changed code  {}, {period}: {before} -> {after}", plan.slug)
            }
            Change::Gone { .. } => {
                writeln!(text, "gone          {} ({}); nothing is deleted", plan.slug, plan.code)
            }
            Change::GoneTerm { period, .. } => {
                writeln!(text, "gone          {}, {period}; nothing is deleted", plan.slug)
            }
        };
    }
    for row in &proposal.endangered {
        let key = &row.after.key;
        let _ = writeln!(
            text,
            "price         {}, {} of {}: {} would be below its floor or its cost",
            key.plan,
            key.period,
            row.group.name,
            row.before.map_or_else(|| "none".to_owned(), |price| price.to_string()),
        );
    }
    for row in &proposal.repriced {
        let key = &row.after.key;
        let addon = key.addon.as_deref().map(|code| format!(", {code}")).unwrap_or_default();
        let then = row.after.price().unwrap_or(row.before);
        let _ = writeln!(
            text,
            "new price     {}, {}{addon} for {}: {} -> {then}",
            key.plan, key.period, row.group.name, row.before,
        );
    }
    for note in &proposal.notes {
        let _ = writeln!(text, "left out      {note}");
    }
    text
}
