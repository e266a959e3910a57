//! Our accounts at vendors: making them, their settings and limits, whether they work, and importing
//! what they sell. Owners do that at the desk, others at the server's command line.
//!
//! A password is sealed before it is stored and never comes out again but to the vendor: no reading
//! here has it, and the audit says only that it changed.

mod apply;
mod import;
mod licenses;
mod ping;
mod propose;

use std::collections::{BTreeMap, BTreeSet};

use domain::{Currency, Money};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use upstream::Role;
use upstream::resolve::Inside;
use upstream::sender::{Endpoint, EndpointError};
use uuid::Uuid;

use crate::licenses::ChangeRule;
use crate::listing::{HERE, SortKey};
use crate::people::{Permission, StaffViewer};
use crate::upstreams::OwnRole;
use crate::{Error, Portal, audit};

pub use import::{ImportError, Source, StoredImport};
pub use licenses::{AT_VENDOR_BY_END, AT_VENDOR_BY_NUMBER, AT_VENDOR_SORTS, AtVendor, VendorList};
pub use ping::{Check, Looked};
use propose::families;
pub(crate) use propose::is_product;
pub use propose::{Change, NewPlan, PlanName, PlanTerm, Proposal, ProposedAddon};
pub use upstream::DialectKind;
pub use upstream::balance::BalanceFunction;
pub use upstream::catalog::{Amount, Note, Preset};
pub use upstream::dialect::Ordering;

/// Who does something to an account.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// A member of the staff.
    Staff(&'a StaffViewer),
    /// Whoever runs the server.
    CommandLine,
}

/// Names of functions that are an account's own, by family and by what they are for.
pub type Functions = BTreeMap<String, BTreeMap<String, String>>;

/// How long, how often and how much, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect_timeout_ms: i32,
    /// For a call.
    pub call_timeout_ms: i32,
    /// For a check while somebody waits.
    pub check_timeout_ms: i32,
    /// From "sent" to the first byte out.
    pub send_deadline_ms: i32,
    /// How long a worker owns an operation.
    pub lease_ms: i32,
    /// How long after a call its effect may still appear.
    pub quiet_window_ms: i32,
    /// Between two sightings of an absence.
    pub second_sighting_ms: i32,
    /// How often an order that is proved absent is sent at most.
    pub max_attempts: i16,
    /// How old an order may be to be sent again.
    pub resend_within_ms: i32,
    /// How long a deletion can be taken back.
    pub undo_window_ms: i32,
    /// Calls at one time.
    pub max_concurrency: i16,
    /// Calls per minute; none is no limit.
    pub calls_per_minute: Option<i32>,
    /// How long a suspended license is kept there.
    pub kept_suspended_days: i16,
}

/// What can be changed about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// For people.
    pub name: String,
    /// Where it listens.
    pub base_url: String,
    /// Login.
    pub username: String,
    /// Whether anything is sold and looked at there.
    pub enabled: bool,
    /// How orders are paid.
    pub ordering: Ordering,
    /// What shows the balance.
    pub balance_function: Option<BalanceFunction>,
    /// Below this much, staff are warned; in ten-thousandths of the account's currency.
    pub low_balance: Option<i64>,
    /// How often address and key may be changed.
    pub change_rule: ChangeRule,
    /// Orders of modules name their license.
    pub module_names_parent: bool,
    /// The families that it speaks, and of which alone there can be plans; none is every one.
    pub dialects: Option<BTreeSet<DialectKind>>,
    /// Families whose lists show neither our reference nor a name: one order of each at a time, found
    /// by what is new.
    pub unmarked: Vec<DialectKind>,
    /// Orders ask the vendor to renew by itself, and each term that it begins is charged.
    pub renews_there: bool,
    /// The shipped table that knows its plans.
    pub preset: Option<Preset>,
    /// Names of functions that are its own.
    pub functions: Functions,
    /// How long, how often and how much.
    pub limits: Limits,
}

/// Accounts by their name.
pub const ACCOUNTS_BY_NAME: SortKey = SortKey::text("name", HERE);
/// By how many plans come from there.
pub const ACCOUNTS_BY_PLANS: SortKey = SortKey::number("plans", HERE);
/// What accounts can be sorted by.
pub const ACCOUNT_SORTS: [SortKey; 2] = [ACCOUNTS_BY_NAME, ACCOUNTS_BY_PLANS];

/// An account as staff see it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// The name in addresses.
    pub slug: String,
    /// Goes up with every change of the settings.
    pub version: i32,
    /// What it charges in.
    pub currency: Currency,
    /// What can be changed.
    pub settings: Settings,
    /// How many plans come from there.
    pub plans: i64,
    /// Which functions sell them; what could be sold is a setting.
    pub dialects: Vec<DialectKind>,
    /// What it showed last, and when.
    pub balance: Option<(Money, OffsetDateTime)>,
    /// It did not answer lately and is left alone until then.
    pub paused_until: Option<OffsetDateTime>,
    /// The last look at everything.
    pub looked: Option<Looked>,
}

/// An account that is to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The name in addresses.
    pub slug: String,
    /// What it charges in; none if what was entered is no currency, which is told with the rest.
    pub currency: Option<Currency>,
    /// The rest.
    pub settings: Settings,
    /// Password.
    pub password: SecretString,
}

/// What is wrong with something that was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Not of the shape that it must have, or missing.
    #[error("it is missing or malformed")]
    Shape,
    /// Outside of what makes sense.
    #[error("it must be between {0} and {1}")]
    Range(i64, i64),
    /// The address is no URL.
    #[error("it must be a plain https address without user, query and fragment")]
    Url,
    /// Plain http.
    #[error("it must use https: plain http is for the simulator on this machine only")]
    Insecure,
    /// Inside this network.
    #[error("it leads into this network or to this machine")]
    Internal,
    /// Another account has it.
    #[error("another account has it already")]
    Taken,
    /// What was sent with the old one would be looked for with the new one, and bought again.
    #[error("something is under way at this vendor; change it when that is settled")]
    Busy,
    /// The lease ends before a call can.
    #[error("it must be longer than the deadline and the timeouts of a call together")]
    ShortLease,
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// This role may not.
    #[error("not allowed")]
    Forbidden,
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// Somebody changed it since the form was made.
    #[error("the account was changed meanwhile")]
    Stale,
    /// These fields are wrong.
    #[error("{}", in_words(.0))]
    Wrong(Vec<(&'static str, Wrong)>),
    /// There are plans of these families, which the account would not speak any more.
    #[error("dialects: there are plans of {}", families_to_text(.0))]
    Dialects(Vec<DialectKind>),
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

fn in_words(wrong: &[(&'static str, Wrong)]) -> String {
    let words = wrong.iter().map(|(field, why)| format!("{field}: {why}"));
    words.collect::<Vec<_>>().join("; ")
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        match constraint {
            Some("upstream_account_slug_key") => Self::Wrong(vec![("slug", Wrong::Taken)]),
            _ => Self::Internal(error.into()),
        }
    }
}

impl By<'_> {
    const fn may(self) -> bool {
        match self {
            By::Staff(staff) => staff.role.may(Permission::ManageVendors),
            By::CommandLine => true,
        }
    }

    const fn user(self) -> Option<Uuid> {
        match self {
            By::Staff(staff) => Some(staff.user),
            By::CommandLine => None,
        }
    }

    const fn reason(self) -> Option<&'static str> {
        match self {
            By::Staff(_) => None,
            By::CommandLine => Some(audit::COMMAND_LINE),
        }
    }
}

impl Default for Limits {
    /// As the database has them.
    fn default() -> Self {
        Self {
            connect_timeout_ms: 5_000,
            call_timeout_ms: 60_000,
            check_timeout_ms: 2_000,
            send_deadline_ms: 30_000,
            lease_ms: 120_000,
            quiet_window_ms: 300_000,
            second_sighting_ms: 60_000,
            max_attempts: 3,
            resend_within_ms: 3_600_000,
            undo_window_ms: 3_600_000,
            max_concurrency: 4,
            calls_per_minute: Some(300),
            kept_suspended_days: 30,
        }
    }
}

impl Limits {
    /// Each with its name and the bounds that the database has.
    fn bounded(&self) -> [(&'static str, i64, i64, i64); 12] {
        const DAY: i64 = 86_400_000;
        [
            ("connect_timeout_ms", self.connect_timeout_ms.into(), 50, 60_000),
            ("call_timeout_ms", self.call_timeout_ms.into(), 50, 300_000),
            ("check_timeout_ms", self.check_timeout_ms.into(), 50, 10_000),
            ("send_deadline_ms", self.send_deadline_ms.into(), 50, 60_000),
            ("lease_ms", self.lease_ms.into(), 200, DAY),
            ("quiet_window_ms", self.quiet_window_ms.into(), 100, DAY),
            ("second_sighting_ms", self.second_sighting_ms.into(), 50, DAY),
            ("max_attempts", self.max_attempts.into(), 1, 3),
            ("resend_within_ms", self.resend_within_ms.into(), 0, DAY),
            ("undo_window_ms", self.undo_window_ms.into(), 0, DAY),
            ("max_concurrency", self.max_concurrency.into(), 1, 64),
            ("kept_suspended_days", self.kept_suspended_days.into(), 1, 366),
        ]
    }

    fn lease_is_long_enough(&self) -> bool {
        let call = [self.send_deadline_ms, self.connect_timeout_ms, self.call_timeout_ms];
        i64::from(self.lease_ms) > call.into_iter().map(i64::from).sum()
    }
}

impl Settings {
    /// As a shipped table has them, or as those of any vendor.
    #[must_use]
    pub fn like(preset: Option<Preset>) -> Self {
        let table = preset.and_then(|preset| preset.table().ok()).unwrap_or_default();
        let balance = match preset {
            Some(_) => table.balance_function.as_deref().and_then(BalanceFunction::from_word),
            None => Some(BalanceFunction::Subaccount),
        };
        // A table of no plans says nothing about families, and what people do needs no function.
        let dialects = Some(table.dialects()).filter(|families| !families.is_empty());
        let dialects = dialects.map(|families| {
            families.into_iter().chain([DialectKind::Manual]).collect::<BTreeSet<_>>()
        });
        Self {
            name: table.name,
            base_url: table.base_url.unwrap_or_default(),
            username: String::new(),
            enabled: true,
            ordering: Ordering::AtOnce,
            balance_function: balance,
            low_balance: None,
            change_rule: ChangeRule::CalendarMonth,
            module_names_parent: table.module_names_parent,
            dialects,
            unmarked: table.unmarked,
            renews_there: false,
            preset,
            functions: table.functions,
            limits: Limits::default(),
        }
    }

    /// Whether there can be plans of this family.
    #[must_use]
    pub fn speaks(&self, kind: DialectKind) -> bool {
        self.dialects.as_ref().is_none_or(|families| families.contains(&kind))
    }

    fn tidy(mut self) -> Self {
        for text in [&mut self.name, &mut self.base_url, &mut self.username] {
            *text = text.trim().to_owned();
        }
        // All of them is no limit, and one that comes later is not left out by what was ticked before.
        self.dialects = self.dialects.filter(|families| families.len() < DialectKind::ALL.len());
        self
    }

    fn check(&self, inside: &Inside) -> Vec<(&'static str, Wrong)> {
        let mut wrong = Vec::new();
        if !(1..=100).contains(&self.name.chars().count()) {
            wrong.push(("name", Wrong::Shape));
        }
        match Endpoint::parse(&self.base_url, inside) {
            Ok(_) => {}
            Err(EndpointError::Malformed) => wrong.push(("base_url", Wrong::Url)),
            Err(EndpointError::Insecure) => wrong.push(("base_url", Wrong::Insecure)),
            Err(EndpointError::Internal) => wrong.push(("base_url", Wrong::Internal)),
        }
        // The first colon ends the name on the wire.
        let user = &self.username;
        if user.is_empty() || user.len() > 254 || user.contains(':') {
            wrong.push(("username", Wrong::Shape));
        }
        if self.low_balance.is_some_and(|low| !(0..=crate::pricing::COST_LIMIT).contains(&low)) {
            wrong.push(("low_balance", Wrong::Shape));
        }
        // Nothing could be bought there.
        if self.dialects.as_ref().is_some_and(BTreeSet::is_empty) {
            wrong.push(("dialects", Wrong::Shape));
        }
        let known = self.functions.iter().all(|(family, names)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
            let named = |name: &String| name.len() <= 60 && name.chars().all(plain);
            if family == OwnRole::PLACE {
                // Which balance function there is, or none, is a setting of its own.
                return names.iter().all(|(role, name)| {
                    OwnRole::from_word(role).is_some() && named(name) && !name.is_empty()
                });
            }
            DialectKind::from_word(family).is_some()
                && names.iter().all(|(role, name)| Role::from_word(role).is_some() && named(name))
        });
        if !known {
            wrong.push(("functions", Wrong::Shape));
        }
        for (field, value, least, most) in self.limits.bounded() {
            if !(least..=most).contains(&value) {
                wrong.push((field, Wrong::Range(least, most)));
            }
        }
        if self.limits.calls_per_minute.is_some_and(|calls| !(1..=60_000).contains(&calls)) {
            wrong.push(("calls_per_minute", Wrong::Range(1, 60_000)));
        }
        if wrong.is_empty() && !self.limits.lease_is_long_enough() {
            wrong.push(("lease_ms", Wrong::ShortLease));
        }
        wrong
    }

    /// For the audit; there is no secret in it.
    fn audited(&self) -> Value {
        let limits: BTreeMap<_, _> =
            self.limits.bounded().into_iter().map(|(name, value, ..)| (name, value)).collect();
        json!({
            "name": self.name,
            "base_url": self.base_url,
            "username": self.username,
            "enabled": self.enabled,
            "ordering": self.ordering.as_str(),
            "balance_function": self.balance_function.map(BalanceFunction::as_str),
            "low_balance": self.low_balance,
            "change_rule": self.change_rule.as_str(),
            "module_names_parent": self.module_names_parent,
            "dialects": self.dialects.as_ref().map(families_to_text),
            "unmarked": families_to_text(&self.unmarked),
            "renews_there": self.renews_there,
            "preset": self.preset.map(Preset::as_str),
            "functions": self.functions,
            "calls_per_minute": self.limits.calls_per_minute,
            "limits": limits,
        })
    }
}

/// Reads names of functions, one a line: `softexternal.addons = softexternal.edit`.
#[must_use]
pub fn functions_from_text(text: &str) -> Option<Functions> {
    let mut found = Functions::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (what, name) = line.split_once('=')?;
        let (family, role) = what.trim().split_once('.')?;
        if family == OwnRole::PLACE {
            OwnRole::from_word(role)?;
        } else {
            DialectKind::from_word(family)?;
            Role::from_word(role)?;
        }
        found.entry(family.to_owned()).or_default().insert(role.to_owned(), name.trim().to_owned());
    }
    Some(found)
}

/// The reverse of [`functions_from_text`].
#[must_use]
pub fn functions_to_text(functions: &Functions) -> String {
    let lines = functions.iter().flat_map(|(family, names)| {
        names.iter().map(move |(role, name)| format!("{family}.{role} = {name}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads names of families, parted by blanks or commas; what people do by hand is one of them.
#[must_use]
pub fn dialects_from_text(text: &str) -> Option<BTreeSet<DialectKind>> {
    let words = text.split([' ', ',', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    words.map(DialectKind::from_word).collect()
}

/// As [`dialects_from_text`], but of those that have lists, which excludes what people do.
#[must_use]
pub fn families_from_text(text: &str) -> Option<Vec<DialectKind>> {
    let mut found: Vec<_> = dialects_from_text(text)?.into_iter().collect();
    found.sort_by_key(|kind| kind.as_str());
    (!found.contains(&DialectKind::Manual)).then_some(found)
}

/// The reverse of [`dialects_from_text`] and of [`families_from_text`].
#[must_use]
pub fn families_to_text<'a>(families: impl IntoIterator<Item = &'a DialectKind>) -> String {
    families.into_iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}

/// The longest password.
const MOST_PASSWORD: usize = 200;

fn check_password(password: &SecretString) -> Option<(&'static str, Wrong)> {
    let text = password.expose_secret();
    let good = !text.is_empty() && text.len() <= MOST_PASSWORD && !text.contains(char::is_control);
    (!good).then_some(("password", Wrong::Shape))
}

impl Portal {
    /// Every account.
    pub async fn accounts(&self, by: By<'_>) -> Result<Vec<Account>, AccountError> {
        if !by.may() {
            return Err(AccountError::Forbidden);
        }
        let mut db = self.pool.acquire().await.map_err(Error::from)?;
        Ok(read(&mut db, None).await?)
    }

    /// One account.
    pub async fn account(&self, by: By<'_>, slug: &str) -> Result<Account, AccountError> {
        if !by.may() {
            return Err(AccountError::Forbidden);
        }
        let mut db = self.pool.acquire().await.map_err(Error::from)?;
        read(&mut db, Some(slug)).await?.pop().ok_or(AccountError::NoSuchAccount)
    }

    /// Makes an account.
    pub async fn add_account(&self, by: By<'_>, new: NewAccount) -> Result<Uuid, AccountError> {
        if !by.may() {
            return Err(AccountError::Forbidden);
        }
        let settings = new.settings.tidy();
        let mut wrong = settings.check(&self.upstreams.inside);
        let slug = new.slug.trim();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=40).contains(&slug.len()) || !slug.chars().all(plain) {
            wrong.insert(0, ("slug", Wrong::Shape));
        }
        wrong.extend(check_password(&new.password));
        if new.currency.is_none() {
            wrong.push(("currency", Wrong::Shape));
        }
        let Some(currency) = new.currency.filter(|_| wrong.is_empty()) else {
            return Err(AccountError::Wrong(wrong));
        };
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let secret = self.key.seal(id, new.password.expose_secret())?;
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "insert into upstream_account
                (id, slug, name, base_url, username, secret, currency, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            id,
            slug,
            settings.name,
            settings.base_url,
            settings.username,
            secret,
            currency.code(),
            now,
        )
        .execute(&mut *tx)
        .await?;
        write_in_tx(&mut tx, id, 1, &settings).await?;
        let mut after = settings.audited();
        if let Some(after) = after.as_object_mut() {
            after.insert("slug".to_owned(), json!(slug));
            after.insert("currency".to_owned(), json!(currency.code()));
        }
        note_in_tx(&mut tx, by, "upstream.add", id, None, Some(after), now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(id)
    }

    /// Changes what the page of this version showed.
    pub async fn set_account(
        &self,
        by: By<'_>,
        slug: &str,
        version: i32,
        settings: Settings,
    ) -> Result<(), AccountError> {
        if !by.may() {
            return Err(AccountError::Forbidden);
        }
        let settings = settings.tidy();
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        // Held before it is read: no plan of a family is made while that family is taken away.
        sqlx::query!("select id from upstream_account where slug = $1 for no key update", slug)
            .fetch_optional(&mut *tx)
            .await?;
        let before = read(&mut tx, Some(slug)).await?.pop().ok_or(AccountError::NoSuchAccount)?;
        let wrong = settings.check(&self.upstreams.inside);
        if !wrong.is_empty() {
            return Err(AccountError::Wrong(wrong));
        }
        if before.version != version {
            return Err(AccountError::Stale);
        }
        if before.settings == settings {
            return Ok(());
        }
        let other_place = before.settings.base_url != settings.base_url
            || before.settings.username != settings.username;
        if other_place && is_busy(&mut tx, before.id).await? {
            return Err(AccountError::Wrong(vec![("base_url", Wrong::Busy)]));
        }
        let lost: Vec<_> =
            before.dialects.into_iter().filter(|kind| !settings.speaks(*kind)).collect();
        if !lost.is_empty() {
            return Err(AccountError::Dialects(lost));
        }
        if write_in_tx(&mut tx, before.id, version, &settings).await? == 0 {
            return Err(AccountError::Stale);
        }
        let (was, is) = (before.settings.audited(), settings.audited());
        note_in_tx(&mut tx, by, "upstream.set", before.id, Some(was), Some(is), now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(())
    }

    /// Another password for the same login.
    pub async fn set_account_password(
        &self,
        by: By<'_>,
        slug: &str,
        password: &SecretString,
    ) -> Result<(), AccountError> {
        if !by.may() {
            return Err(AccountError::Forbidden);
        }
        if let Some(wrong) = check_password(password) {
            return Err(AccountError::Wrong(vec![wrong]));
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let id = sqlx::query_scalar!("select id from upstream_account where slug = $1", slug)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(AccountError::NoSuchAccount)?;
        let secret = self.key.seal(id, password.expose_secret())?;
        sqlx::query!("update upstream_account set secret = $2 where id = $1", id, secret)
            .execute(&mut *tx)
            .await?;
        let changed = Some(json!({ "password": "changed" }));
        note_in_tx(&mut tx, by, "upstream.password", id, None, changed, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn note_in_tx(
    tx: &mut PgConnection,
    by: By<'_>,
    action: &str,
    account: Uuid,
    before: Option<Value>,
    after: Option<Value>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let entry = audit::Entry {
        actor: by.user(),
        action,
        object_type: "upstream_account",
        object_id: account,
        before,
        after,
        reason: by.reason(),
    };
    audit::write_in_tx(tx, entry, now).await
}

/// Whether something was sent there of which nobody knows the end.
async fn is_busy(tx: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "select exists (select from operation where upstream_account_id = $1
                           and state in ('sent', 'unknown', 'review')) as \"busy!\"",
        id,
    )
    .fetch_one(tx)
    .await
}

/// Writes all settings of the account of this version; how many rows that were.
async fn write_in_tx(
    tx: &mut PgConnection,
    id: Uuid,
    version: i32,
    settings: &Settings,
) -> Result<u64, sqlx::Error> {
    let limits = &settings.limits;
    let words = |families: &BTreeSet<DialectKind>| {
        families.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>()
    };
    let dialects = settings.dialects.as_ref().map(words);
    let done = sqlx::query!(
        "update upstream_account
            set name = $3, base_url = $4, username = $5, enabled = $6, ordering = $7,
                balance_function = $8, low_balance = $9, change_rule = $10,
                module_names_parent = $11, preset = $12, functions = $13,
                connect_timeout_ms = $14, call_timeout_ms = $15, check_timeout_ms = $16,
                send_deadline_ms = $17, lease_ms = $18, quiet_window_ms = $19,
                second_sighting_ms = $20, max_concurrency = $21, kept_suspended_days = $22,
                calls_per_minute = $23, unmarked = $24, max_attempts = $25,
                resend_within_ms = $26, undo_window_ms = $27, renews_there = $28, dialects = $29,
                version = version + 1
          where id = $1 and version = $2",
        id,
        version,
        settings.name,
        settings.base_url,
        settings.username,
        settings.enabled,
        settings.ordering.as_str(),
        settings.balance_function.map(BalanceFunction::as_str),
        settings.low_balance,
        settings.change_rule.as_str(),
        settings.module_names_parent,
        settings.preset.map(Preset::as_str),
        Json(&settings.functions) as _,
        limits.connect_timeout_ms,
        limits.call_timeout_ms,
        limits.check_timeout_ms,
        limits.send_deadline_ms,
        limits.lease_ms,
        limits.quiet_window_ms,
        limits.second_sighting_ms,
        limits.max_concurrency,
        limits.kept_suspended_days,
        limits.calls_per_minute,
        &settings.unmarked.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>(),
        limits.max_attempts,
        limits.resend_within_ms,
        limits.undo_window_ms,
        settings.renews_there,
        dialects.as_deref(),
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

async fn read(db: &mut PgConnection, slug: Option<&str>) -> Result<Vec<Account>, Error> {
    let rows = sqlx::query!(
        "select u.id, u.slug, u.version, u.name, u.base_url, u.username, u.currency, u.enabled,
                u.ordering, u.balance_function, u.low_balance, u.change_rule,
                u.module_names_parent, u.dialects as spoken, u.unmarked, u.renews_there, u.preset,
                u.functions as \"functions: Json<Functions>\",
                u.connect_timeout_ms, u.call_timeout_ms, u.check_timeout_ms, u.send_deadline_ms,
                u.lease_ms, u.quiet_window_ms, u.max_attempts, u.resend_within_ms,
                u.undo_window_ms, u.second_sighting_ms, u.max_concurrency,
                u.kept_suspended_days, u.calls_per_minute, u.balance, u.balance_at,
                u.ping as \"ping: Json<Vec<Check>>\", u.ping_at, s.retry_at as \"paused_until?\",
                (select count(*) from plan p where p.upstream_account_id = u.id) as \"plans!\",
                (select coalesce(array_agg(distinct p.dialect order by p.dialect), '{}')
                   from plan p where p.upstream_account_id = u.id) as \"dialects!\"
           from upstream_account u
           left join upstream_pause s on s.upstream_account_id = u.id
          where $1::text is null or u.slug = $1 order by u.name, u.slug",
        slug,
    )
    .fetch_all(db)
    .await?;
    let bad = |what: &str| Error::unreadable("upstream_account", what);
    rows.into_iter()
        .map(|row| {
            let currency = Currency::from_code(&row.currency).ok_or_else(|| bad("currency"))?;
            let balance = row.balance.map(|amount| Money::new(amount, currency));
            let balance_function = row
                .balance_function
                .map(|word| {
                    BalanceFunction::from_word(&word).ok_or_else(|| bad("balance_function"))
                })
                .transpose()?;
            let dialects = row.dialects.iter().map(|word| crate::upstreams::dialect_kind(word));
            let spoken = row.spoken.as_ref().map(|words| {
                let kinds = words.iter().map(|word| crate::upstreams::dialect_kind(word));
                kinds.collect::<Result<_, Error>>()
            });
            let unmarked = row.unmarked.iter().map(|word| crate::upstreams::dialect_kind(word));
            Ok(Account {
                id: row.id,
                slug: row.slug,
                version: row.version,
                currency,
                plans: row.plans,
                dialects: dialects.collect::<Result<_, _>>()?,
                balance: balance.zip(row.balance_at),
                paused_until: row.paused_until,
                looked: row
                    .ping
                    .zip(row.ping_at)
                    .map(|(checks, at)| Looked { checks: checks.0, at }),
                settings: Settings {
                    name: row.name,
                    base_url: row.base_url,
                    username: row.username,
                    enabled: row.enabled,
                    ordering: Ordering::from_word(&row.ordering).ok_or_else(|| bad("ordering"))?,
                    balance_function,
                    low_balance: row.low_balance,
                    change_rule: ChangeRule::from_word(&row.change_rule)
                        .ok_or_else(|| bad("change_rule"))?,
                    module_names_parent: row.module_names_parent,
                    dialects: spoken.transpose()?,
                    unmarked: unmarked.collect::<Result<_, _>>()?,
                    renews_there: row.renews_there,
                    preset: row.preset.as_deref().and_then(Preset::from_word),
                    functions: row.functions.0,
                    limits: Limits {
                        connect_timeout_ms: row.connect_timeout_ms,
                        call_timeout_ms: row.call_timeout_ms,
                        check_timeout_ms: row.check_timeout_ms,
                        send_deadline_ms: row.send_deadline_ms,
                        lease_ms: row.lease_ms,
                        quiet_window_ms: row.quiet_window_ms,
                        second_sighting_ms: row.second_sighting_ms,
                        max_attempts: row.max_attempts,
                        resend_within_ms: row.resend_within_ms,
                        undo_window_ms: row.undo_window_ms,
                        max_concurrency: row.max_concurrency,
                        kept_suspended_days: row.kept_suspended_days,
                        calls_per_minute: row.calls_per_minute,
                    },
                },
            })
        })
        .collect()
}

impl Account {
    /// Whether our money there is below what somebody wants to be warned of.
    #[must_use]
    pub fn is_low(&self) -> bool {
        let (Some(low), Some((balance, _))) = (self.settings.low_balance, self.balance) else {
            return false;
        };
        balance.amount() < low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_round_trip_as_text() {
        let text = "account.balance = v2.subaccount\nsoft.new_key = \n\
                    softexternal.addons = softexternal.edit";
        let functions = functions_from_text(text).unwrap();
        assert_eq!(functions_to_text(&functions), text);
        for bad in ["soft", "soft.x = y", "hard.edit = y", "edit = y", "account.edit = y"] {
            assert_eq!(functions_from_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_account_begins_with_the_families_of_its_table_and_can_have_all() {
        let families = |preset| Settings::like(preset).dialects.map(|set| families_to_text(&set));
        assert_eq!(families(None), None);
        for (preset, known) in [
            (Preset::Eu, "soft platform softexternal addition manual"),
            (Preset::Ru, "soft softexternal addition manual"),
            (Preset::IspLicense, "softexternal parallelslic addition manual"),
            (Preset::Legacy, "software manual"),
        ] {
            assert_eq!(families(Some(preset)).as_deref(), Some(known));
        }
        let mut settings = Settings::like(Some(Preset::Legacy));
        settings.dialects = dialects_from_text("addition, software");
        let settings = settings.tidy();
        assert!(settings.speaks(DialectKind::Addition) && !settings.speaks(DialectKind::Manual));
        let all = DialectKind::ALL.into_iter().collect();
        let settings = Settings { dialects: Some(all), ..settings }.tidy();
        assert_eq!(settings.dialects, None);
        assert!(settings.speaks(DialectKind::Soft));
        assert_eq!(dialects_from_text("soft hard"), None);
    }

    #[test]
    fn settings_are_checked_as_the_database_does() {
        let good =
            |preset| Settings { username: "a@b.example".to_owned(), ..Settings::like(preset) };
        for preset in Preset::ALL {
            assert_eq!(good(Some(preset)).check(&Inside::default()), [], "{}", preset.as_str());
        }
        let mut bad = good(Some(Preset::Eu));
        bad.base_url = "http://api.ispmanager.com/".to_owned();
        bad.username = "a:b".to_owned();
        bad.limits.max_concurrency = 0;
        let wrong = [
            ("base_url", Wrong::Insecure),
            ("username", Wrong::Shape),
            ("max_concurrency", Wrong::Range(1, 64)),
        ];
        assert_eq!(bad.check(&Inside::machine()), wrong);
        let mut mute = good(Some(Preset::Eu));
        mute.dialects = Some(BTreeSet::new());
        assert_eq!(mute.check(&Inside::default()), [("dialects", Wrong::Shape)]);
        let mut short = good(Some(Preset::Eu));
        short.limits.lease_ms = 95_000;
        assert_eq!(short.check(&Inside::default()), [("lease_ms", Wrong::ShortLease)]);
    }
}
