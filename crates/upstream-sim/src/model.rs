//! The vendor's books: accounts, licenses, debits, the catalogue and the clock.
//!
//! Everything that may happen to a license happens through a method of [`World`], and each method
//! checks first and writes afterwards, so a refusal leaves no trace. What the books say:
//! - an account's balance changes only together with a [`Debit`], or by hand from outside;
//! - a balance never goes below zero;
//! - a license is paid for exactly when it is not [`Status::Ordered`];
//! - numbers of licenses and of bill orders grow and are never used again.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::macros::date;
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::catalogue::{self, Plan, soft_catalogue};
use crate::faults::Twists;
use crate::wire::{Lang, Params, Refusal};

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

/// Ten-thousandths in one unit of a currency.
pub(crate) const UNIT: i64 = 10_000;
/// The period of a trial.
pub(crate) const TRIAL: i32 = -100;
/// The period that never ends.
pub(crate) const LIFETIME: i32 = 0;
/// How long a trial lasts: two weeks, as seed 003 says of the old products.
pub(crate) const TRIAL_DAYS: i64 = 14;
/// The day a lifetime license runs out.
const NEVER: Date = date!(9999 - 12 - 31);
/// How long a suspended license is kept.
const KEPT_SUSPENDED: Duration = Duration::days(30);
/// The address of a license that belongs to no server at the moment.
pub(crate) const NOWHERE: &str = "0.0.0.0";

/// How a simulator is set up. Each switch stands for something that the vendor's documents leave
/// open, so a client can be tested against both answers.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, set by name")]
pub struct SimConfig {
    /// Where to listen. Port 0 lets the system choose.
    pub addr: SocketAddr,
    /// Who may sign in.
    pub accounts: Vec<Account>,
    /// What is sold.
    pub catalogue: Vec<Plan>,
    /// The clock to start from.
    pub clock: Clock,
    /// Lists carry `remoteid`.
    pub list_shows_remoteid: bool,
    /// Views (`soft.edit` without `sok`) carry `remoteid`.
    pub view_shows_remoteid: bool,
    /// An order with the non-empty `remoteid` of a live license or unpaid item is refused.
    pub unique_remoteid: bool,
    /// An order or move to an address that `soft.checkip` calls taken is refused. Off by default: a
    /// vendor that refuses would hide a client's double orders.
    pub refuse_taken_ip: bool,
    /// Orders without `skipbasket=on` become unpaid items; when off they are refused.
    pub basket: bool,
    /// Lists carry `lickey`. Off by default: public clients make a view of each license for it.
    pub list_shows_lickey: bool,
    /// How often a license's address may change. Seed 003 says once a month; an offer that is quoted
    /// in public says once a calendar month, and a public client waits 31 days.
    pub ip_changes: ChangeLimit,
    /// How often a license's key may change.
    pub key_changes: ChangeLimit,
    /// An order of a module must name its license by `item`, as ispmanager's page has it. ISPlicense's
    /// sample has none (seed 002); a [`Plan`] can do without it by itself.
    pub addition_item_required: bool,
    /// What a lifetime license shows as `expiredate`. No public sample exists: inferred.
    pub lifetime_expiredate: String,
    /// The functions of 2009 answer a wrong login with `<authfail/>`, as one public client expects of
    /// BILLmanager 4, and not with an error of code 6.
    pub legacy_authfail: bool,
    /// The `type` of the error for a balance that is too low. No public sample exists: inferred.
    pub low_balance_type: String,
    /// Language of answers to calls without `lang`: `en` or `ru`.
    pub lang: String,
    /// The most rows that a list page has, whatever `p_cnt` asks for; `None` means all of them.
    pub page_size: Option<usize>,
    /// Number of the first license. Bill orders are numbered from ten times this.
    pub first_license: u64,
    /// Seed of license keys, which are otherwise the same in every run.
    pub seed: u64,
    /// Where to keep the books between runs; `None` keeps them in memory only.
    pub state_file: Option<PathBuf>,
    /// How many calls the log remembers. Counts for `wait_for_call` are kept for all of them.
    pub call_log: usize,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            accounts: vec![Account::default()],
            catalogue: soft_catalogue(),
            clock: Clock::Real,
            list_shows_remoteid: true,
            view_shows_remoteid: true,
            unique_remoteid: false,
            refuse_taken_ip: false,
            basket: true,
            list_shows_lickey: false,
            ip_changes: ChangeLimit::CalendarMonth,
            key_changes: ChangeLimit::CalendarMonth,
            addition_item_required: true,
            lifetime_expiredate: String::new(),
            legacy_authfail: false,
            low_balance_type: "limit".to_owned(),
            lang: "en".to_owned(),
            page_size: None,
            first_license: 334_601,
            seed: 2026,
            state_file: None,
            call_log: 10_000,
        }
    }
}

impl SimConfig {
    /// Every family, every plan that the documents name, and four accounts, of which each may order
    /// what its own vendor sells:
    ///
    /// | user | sells | currency |
    /// |---|---|---|
    /// | `reseller@demo.test` | European codes of seeds 000, 001 and 004, protocol section 6 | EUR |
    /// | `reseller-ru@demo.test` | Russian codes of protocol section 6 | RUB |
    /// | `isplicense@demo.test` | codes of seed 002 | USD |
    /// | `legacy@demo.test` | prices and periods of seed 003 | EUR |
    ///
    /// All have the password `SimPass2026`.
    pub fn full() -> Self {
        let account = |user: &str, currency: &str, balance: i64, plans: Vec<Plan>| Account {
            user: user.to_owned(),
            currency: currency.to_owned(),
            balance: balance * UNIT,
            plans: Some(plans.into_iter().map(|plan| (plan.family, plan.code)).collect()),
            ..Account::default()
        };
        Self {
            accounts: vec![
                account("reseller@demo.test", "EUR", 10_000, catalogue::european_catalogue()),
                account("reseller-ru@demo.test", "RUB", 1_000_000, catalogue::russian_catalogue()),
                account("isplicense@demo.test", "USD", 10_000, catalogue::isplicense_catalogue()),
                account("legacy@demo.test", "EUR", 10_000, catalogue::legacy_catalogue()),
            ],
            catalogue: catalogue::full_catalogue(),
            ..Self::default()
        }
    }
}

/// How often something about a license may change. What is sent unchanged is no change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeLimit {
    /// Once in a calendar month.
    CalendarMonth,
    /// Once in 31 days.
    Days31,
    /// As often as one likes.
    Off,
}

impl ChangeLimit {
    pub(crate) fn allows(self, last: Option<Date>, today: Date) -> bool {
        let Some(last) = last else { return true };
        match self {
            Self::CalendarMonth => !same_month(last, today),
            Self::Days31 => (today - last).whole_days() >= 31,
            Self::Off => true,
        }
    }
}

/// Where the simulator's time comes from; [`crate::Sim::advance_clock`] is added to either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// Stands still at this moment.
    Fixed(OffsetDateTime),
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub(crate) fn read(self) -> OffsetDateTime {
        match self {
            Self::Real => OffsetDateTime::now_utc(),
            Self::Fixed(at) => at.to_offset(time::UtcOffset::UTC),
        }
    }
}

/// A login at the vendor with its prepaid money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Name in `authinfo`, before the first colon.
    pub user: String,
    /// Rest of `authinfo`.
    pub password: String,
    /// ISO code.
    pub currency: String,
    /// Prepaid money in ten-thousandths.
    pub balance: i64,
    /// Families and codes of the plans that it may order; `None` is the whole catalogue.
    #[serde(default)]
    pub plans: Option<Vec<(String, u32)>>,
}

impl Default for Account {
    /// `reseller@demo.test` with `SimPass2026` and 10,000.00 EUR.
    fn default() -> Self {
        Self {
            user: "reseller@demo.test".to_owned(),
            password: "SimPass2026".to_owned(),
            currency: "EUR".to_owned(),
            balance: 10_000 * UNIT,
            plans: None,
        }
    }
}

/// Counts of add-ons by code.
pub(crate) type Addons = BTreeMap<u32, u32>;

/// Where a license stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In the basket, not paid.
    Ordered,
    /// Works.
    Active,
    /// Stopped, by hand or because it ran out.
    Suspended,
    /// Gone; only this program still remembers it.
    Deleted,
}

impl Status {
    /// The wire's `status` and `item_status orig=`.
    pub fn code(self) -> u8 {
        match self {
            Self::Ordered => 1,
            Self::Active => 2,
            Self::Suspended => 3,
            Self::Deleted => 4,
        }
    }

    /// Paid for and not gone.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }

    pub(crate) fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Ordered, Lang::En) => "Ordered",
            (Self::Ordered, Lang::Ru) => "Заказан",
            (Self::Active, Lang::En) => "Active",
            (Self::Active, Lang::Ru) => "Активен",
            (Self::Suspended, Lang::En) => "Stopped",
            (Self::Suspended, Lang::Ru) => "Остановлен",
            (Self::Deleted, Lang::En) => "Deleted",
            (Self::Deleted, Lang::Ru) => "Удален",
        }
    }
}

/// A license as it really is, whatever faults make clients believe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseView {
    /// The wire's `elid`.
    pub id: u64,
    /// The bill order that it was ordered with.
    pub billorder: u64,
    /// The function family that ordered it.
    pub family: String,
    /// Who owns it.
    pub user: String,
    /// The wire's `pricelist`.
    pub plan: u32,
    /// Months, -100 for a trial, 0 for a lifetime. In every family: the codes of seed 003 are only on
    /// the wire.
    pub period: i32,
    /// Address of the server; empty where the product has none.
    pub ip: String,
    /// Address that the panel is reached at, if it differs.
    pub remoteip: String,
    /// Name given by the client.
    pub licname: String,
    /// The client's own reference.
    pub remoteid: String,
    /// Period that the vendor renews by itself.
    pub autoprolong: Option<i32>,
    /// Counts of add-ons by code, including what the plan includes.
    pub addons: BTreeMap<u32, u32>,
    /// Where it stands.
    pub status: Status,
    /// Empty until it is paid for.
    pub key: String,
    /// When it was ordered.
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// The day it runs out; the day of the order until it is paid for; 9999-12-31 for a lifetime.
    #[serde(with = "iso_date")]
    pub expires: Date,
    /// When it was suspended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub suspended: Option<OffsetDateTime>,
    /// Last change of address.
    #[serde(with = "iso_date::option")]
    pub ip_changed: Option<Date>,
    /// Last change of key.
    #[serde(with = "iso_date::option")]
    pub key_changed: Option<Date>,
    /// Views that will still show an empty key.
    pub key_empty_views: u32,
    /// It is shown as being processed until then.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub processing_until: Option<OffsetDateTime>,
    /// Lists leave it out until then.
    #[serde(with = "time::serde::rfc3339")]
    pub listed_from: OffsetDateTime,
    /// Lists that will still leave it out.
    pub unlisted: u32,
    /// Address at the time of the order; a trial uses this one up.
    pub ordered_ip: String,
    /// It began as a trial, whatever it is now.
    #[serde(default)]
    pub began_as_trial: bool,
    /// What the client noted, in the families that have a comment.
    #[serde(default)]
    pub comment: String,
    /// The license that a module is for.
    #[serde(default)]
    pub item: Option<u64>,
    /// What else the product wants to know, as `bitninja_email`.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}

impl LicenseView {
    /// It is paid for, and shown as if the vendor still worked on it.
    pub(crate) fn is_processing(&self, now: OffsetDateTime) -> bool {
        self.status == Status::Active && self.processing_until.is_some_and(|until| now < until)
    }

    /// The wire's `status`: that of [`Status::code`], or 5 while it is processed.
    pub(crate) fn shown_status(&self, now: OffsetDateTime, lang: Lang) -> (u8, &'static str) {
        match (self.is_processing(now), lang) {
            (false, _) => (self.status.code(), self.status.text(lang)),
            (true, Lang::En) => (5, "Processing"),
            (true, Lang::Ru) => (5, "Обрабатывается"),
        }
    }

    /// It never runs out.
    pub fn is_lifetime(&self) -> bool {
        self.period == LIFETIME
    }
}

/// Money that left an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debit {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whose money.
    pub user: String,
    /// What for.
    pub license: u64,
    /// `order`, `prolong`, `autoprolong`, `changepricelist` or `addon`.
    pub reason: String,
    /// Ten-thousandths.
    pub amount: i64,
}

/// A call that was taken and will be carried out later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Landing {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) due: OffsetDateTime,
    pub(crate) seq: u64,
    pub(crate) func: String,
    pub(crate) user: String,
    pub(crate) params: BTreeMap<String, String>,
}

/// What a user's list of old licenses is narrowed to: the first and the last day of running out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expiring {
    #[serde(with = "iso_date::option")]
    pub(crate) from: Option<Date>,
    #[serde(with = "iso_date::option")]
    pub(crate) until: Option<Date>,
}

impl Expiring {
    pub(crate) fn takes(self, expires: Date) -> bool {
        self.from.is_none_or(|from| from <= expires)
            && self.until.is_none_or(|last| expires <= last)
    }
}

/// Whether a plan is on sale.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sale {
    orderable: bool,
    renewable: bool,
}

/// What survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Books {
    pub(crate) accounts: Vec<Account>,
    pub(crate) licenses: BTreeMap<u64, LicenseView>,
    pub(crate) debits: Vec<Debit>,
    pub(crate) landings: Vec<Landing>,
    /// Monthly costs that were changed while running.
    pub(crate) month_costs: BTreeMap<u32, i64>,
    /// Sales that were opened or closed while running.
    sales: BTreeMap<u32, Sale>,
    /// The filter of each user's old list, until it is set to nothing.
    pub(crate) filters: BTreeMap<String, Expiring>,
    pub(crate) ahead_ms: i64,
    next_license: u64,
    next_billorder: u64,
    keys: u64,
}

/// Who asks for what, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) user: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) lang: Lang,
    pub(crate) twists: Twists,
    pub(crate) now: OffsetDateTime,
}

impl Ask<'_> {
    pub(crate) fn today(&self) -> Date {
        self.now.date()
    }

    /// A date as this answer shows it.
    pub(crate) fn date(&self, date: Date) -> String {
        crate::wire::date(self.shifted(date.midnight().assume_utc()).date())
    }

    pub(crate) fn date_or_empty(&self, date: Option<Date>) -> String {
        date.map(|date| self.date(date)).unwrap_or_default()
    }

    /// A date with its time as this answer shows it.
    pub(crate) fn date_time(&self, at: OffsetDateTime) -> String {
        crate::wire::date_time(self.shifted(at))
    }

    fn shifted(&self, at: OffsetDateTime) -> OffsetDateTime {
        at.checked_add(Duration::seconds(self.twists.skew_seconds)).unwrap_or(at)
    }
}

/// An order, read and checked as far as one can without the books.
#[derive(Clone, Debug)]
pub(crate) struct NewLicense {
    pub(crate) family: String,
    pub(crate) plan: u32,
    pub(crate) period: i32,
    pub(crate) ip: String,
    pub(crate) remoteip: String,
    pub(crate) licname: String,
    pub(crate) remoteid: String,
    pub(crate) autoprolong: Option<i32>,
    pub(crate) addons: Addons,
    pub(crate) comment: String,
    pub(crate) item: Option<u64>,
    pub(crate) details: BTreeMap<String, String>,
}

/// The books together with the rules.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: SimConfig,
    pub(crate) books: Books,
    /// Grows with every change, so that unchanged books are not written again.
    pub(crate) revision: u64,
}

impl World {
    /// Opens the books: those of an earlier run, where there are any, completed from the settings.
    pub(crate) fn new(config: SimConfig, earlier: Option<Books>) -> Self {
        let mut books = earlier.unwrap_or_default();
        for account in &config.accounts {
            match books.accounts.iter_mut().find(|known| known.user == account.user) {
                Some(known) => {
                    known.password.clone_from(&account.password);
                    known.plans.clone_from(&account.plans);
                }
                None => books.accounts.push(account.clone()),
            }
        }
        books.next_license = books.next_license.max(config.first_license);
        books.next_billorder = books.next_billorder.max(config.first_license.saturating_mul(10));
        Self { config, books, revision: 0 }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.config.clock.read();
        now.checked_add(Duration::milliseconds(self.books.ahead_ms)).unwrap_or(now)
    }

    pub(crate) fn advance(&mut self, by: std::time::Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.books.ahead_ms = self.books.ahead_ms.saturating_add(by);
        self.touch();
    }

    pub(crate) fn set_clock(&mut self, at: OffsetDateTime) {
        let ahead = (at - self.config.clock.read()).whole_milliseconds();
        self.books.ahead_ms = i64::try_from(ahead).unwrap_or(i64::MAX);
        self.touch();
    }

    pub(crate) fn touch(&mut self) {
        self.revision += 1;
    }

    pub(crate) fn account(&self, user: &str) -> Option<&Account> {
        self.books.accounts.iter().find(|account| account.user == user)
    }

    pub(crate) fn account_mut(&mut self, user: &str) -> Option<&mut Account> {
        self.revision += 1;
        self.books.accounts.iter_mut().find(|account| account.user == user)
    }

    pub(crate) fn currency(&self, user: &str) -> String {
        self.account(user).map(|account| account.currency.clone()).unwrap_or_default()
    }

    /// The user that `authinfo` names, if its password is right.
    pub(crate) fn sign_in(&self, authinfo: &str) -> Result<String, Refusal> {
        let (user, password) = authinfo.split_once(':').ok_or_else(Refusal::bad_password)?;
        let account = self.account(user).filter(|account| account.password == password);
        account.map(|account| account.user.clone()).ok_or_else(Refusal::bad_password)
    }

    /// A plan as it is at the moment, whoever may order it.
    pub(crate) fn plan(&self, family: &str, code: u32) -> Option<Plan> {
        let known = |plan: &&Plan| plan.code == code && plan.family == family;
        self.config.catalogue.iter().find(known).map(|plan| self.as_it_is(plan))
    }

    fn as_it_is(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if let Some(cost) = self.books.month_costs.get(&plan.code) {
            plan.month_cost = *cost;
        }
        if let Some(sale) = self.books.sales.get(&plan.code) {
            plan.orderable = sale.orderable;
            plan.renewable = sale.renewable;
        }
        plan
    }

    /// The plan of this code if the user's vendor has it in this family.
    pub(crate) fn offer(&self, user: &str, family: &str, code: u32) -> Option<Plan> {
        let plan = self.plan(family, code)?;
        self.may_order(user, &plan).then_some(plan)
    }

    /// Everything that the user's vendor has.
    pub(crate) fn offers(&self, user: &str) -> Vec<Plan> {
        let plans = self.config.catalogue.iter().filter(|plan| self.may_order(user, plan));
        plans.map(|plan| self.as_it_is(plan)).collect()
    }

    /// The whole catalogue.
    pub(crate) fn plans(&self) -> Vec<Plan> {
        self.config.catalogue.iter().map(|plan| self.as_it_is(plan)).collect()
    }

    fn may_order(&self, user: &str, plan: &Plan) -> bool {
        let plans = self.account(user).and_then(|account| account.plans.as_ref());
        plans.is_none_or(|plans| {
            plans.iter().any(|(family, code)| *family == plan.family && *code == plan.code)
        })
    }

    /// Opens or closes the sale of a plan.
    pub(crate) fn set_sale(&mut self, code: u32, orderable: bool, renewable: bool) {
        self.books.sales.insert(code, Sale { orderable, renewable });
        self.touch();
    }

    pub(crate) fn plan_of(&self, license: &LicenseView) -> Result<Plan, Refusal> {
        let plan = self.plan(&license.family, license.plan);
        plan.ok_or_else(|| Refusal::missed("pricelist", license.plan))
    }

    fn product_of(&self, license: &LicenseView) -> Option<&str> {
        let known = |plan: &&Plan| plan.code == license.plan && plan.family == license.family;
        self.config.catalogue.iter().find(known).map(|plan| plan.product.as_str())
    }

    /// A license of this user that is not gone.
    pub(crate) fn license(&self, user: &str, id: u64) -> Result<&LicenseView, Refusal> {
        let license = self.books.licenses.get(&id);
        license
            .filter(|license| license.user == user && license.status != Status::Deleted)
            .ok_or_else(|| Refusal::missed("elid", id))
    }

    /// The same for writing; call it only after every check.
    pub(crate) fn license_mut(&mut self, id: u64) -> Result<&mut LicenseView, Refusal> {
        self.revision += 1;
        self.books.licenses.get_mut(&id).ok_or_else(|| Refusal::missed("elid", id))
    }

    /// Refuses an address that is malformed; `field` is its name on the wire.
    pub(crate) fn check_ip_form(field: &str, ip: &str) -> Result<String, Refusal> {
        let address: IpAddr =
            ip.parse().map_err(|_| Refusal::value(field, ip, "not an IP address"))?;
        Ok(address.to_string())
    }

    /// The live license of the same product on this address, if there is one beside `except`.
    pub(crate) fn taken_by(&self, ip: &str, product: &str, except: Option<u64>) -> Option<u64> {
        if ip == NOWHERE || ip.is_empty() {
            return None;
        }
        let holder = self.books.licenses.values().find(|license| {
            license.ip == ip
                && license.status.is_live()
                && Some(license.id) != except
                && self.product_of(license) == Some(product)
        })?;
        Some(holder.id)
    }

    /// Refuses a trial on an address that already had one, whatever became of it.
    pub(crate) fn check_trial(&self, ip: &str, plan: &Plan, period: i32) -> Result<(), Refusal> {
        let used = (period == TRIAL || plan.is_trial())
            && ip != NOWHERE
            && !ip.is_empty()
            && self.books.licenses.values().any(|license| {
                license.began_as_trial
                    && license.status != Status::Ordered
                    && license.ordered_ip == ip
                    && self.product_of(license) == Some(&plan.product)
            });
        if used {
            return Err(Refusal::new(
                "exists",
                "trial",
                ip,
                &format!("A trial was already used on {ip}"),
                &format!("Пробный период для {ip} уже использован"),
            ));
        }
        Ok(())
    }

    pub(crate) fn check_free(
        &self,
        ip: &str,
        plan: &Plan,
        except: Option<u64>,
    ) -> Result<(), Refusal> {
        match self.taken_by(ip, &plan.product, except) {
            None => Ok(()),
            Some(_) => Err(Refusal::new(
                "exists",
                "ip",
                ip,
                &format!("A license for {ip} already exists"),
                &format!("Лицензия для {ip} уже существует"),
            )),
        }
    }

    /// Takes money for something, or refuses and takes nothing.
    fn debit(&mut self, ask: &Ask, license: u64, reason: &str, amount: i64) -> Result<(), Refusal> {
        self.check_funds(ask, amount)?;
        let account = self.account_mut(ask.user).ok_or_else(Refusal::bad_password)?;
        account.balance = account.balance.saturating_sub(amount);
        self.books.debits.push(Debit {
            at: ask.now,
            user: ask.user.to_owned(),
            license,
            reason: reason.to_owned(),
            amount,
        });
        Ok(())
    }

    pub(crate) fn check_funds(&self, ask: &Ask, amount: i64) -> Result<(), Refusal> {
        let balance = self.account(ask.user).map_or(0, |account| account.balance);
        let short = ask.twists.low_balance || balance < amount;
        if short && amount > 0 {
            return Err(Refusal::new(
                &self.config.low_balance_type,
                "balance",
                crate::wire::amount(amount),
                "Not enough funds on the balance",
                "Недостаточно средств на балансе",
            ));
        }
        Ok(())
    }

    /// Books an order: unpaid, or paid and active at once.
    pub(crate) fn order(
        &mut self,
        ask: &Ask,
        new: &NewLicense,
        pay: bool,
    ) -> Result<(u64, u64), Refusal> {
        let plan = self.offer(ask.user, &new.family, new.plan);
        let plan = plan.ok_or_else(|| Refusal::missed("pricelist", new.plan))?;
        if !plan.orderable {
            return Err(Refusal::access("pricelist", new.plan, "this tariff is not sold any more"));
        }
        let cost = plan
            .cost(new.period, &new.addons)
            .ok_or_else(|| Refusal::value("period", new.period, "not sold for this period"))?;
        self.check_trial(&new.ip, &plan, new.period)?;
        if self.config.refuse_taken_ip {
            self.check_free(&new.ip, &plan, None)?;
        }
        let repeated = self.books.licenses.values().any(|license| {
            license.remoteid == new.remoteid
                && license.user == ask.user
                && license.status != Status::Deleted
        });
        if self.config.unique_remoteid && !new.remoteid.is_empty() && repeated {
            let refused = "A service with this remoteid already exists";
            let ru = "Услуга с таким remoteid уже существует";
            return Err(Refusal::new("exists", "remoteid", &new.remoteid, refused, ru));
        }
        if pay {
            self.check_funds(ask, cost)?;
        }

        let (id, billorder) = (self.books.next_license, self.books.next_billorder);
        self.books.next_license += 1;
        self.books.next_billorder += 1;
        self.touch();
        let in_ms = |ms: u64| {
            let ms = Duration::milliseconds(i64::try_from(ms).unwrap_or(i64::MAX));
            ask.now.checked_add(ms).unwrap_or(ask.now)
        };
        let processing = ask.twists.processing_ms;
        let license = LicenseView {
            id,
            billorder,
            family: new.family.clone(),
            user: ask.user.to_owned(),
            plan: new.plan,
            period: new.period,
            ip: new.ip.clone(),
            remoteip: new.remoteip.clone(),
            licname: new.licname.clone(),
            remoteid: new.remoteid.clone(),
            autoprolong: new.autoprolong,
            addons: new.addons.clone(),
            status: Status::Ordered,
            key: String::new(),
            created: ask.now,
            expires: ask.today(),
            suspended: None,
            ip_changed: None,
            key_changed: None,
            key_empty_views: ask.twists.key_empty_views,
            processing_until: (processing > 0).then(|| in_ms(processing)),
            listed_from: in_ms(ask.twists.list_lag_ms),
            unlisted: ask.twists.list_lag_lists,
            ordered_ip: new.ip.clone(),
            began_as_trial: new.period == TRIAL,
            comment: new.comment.clone(),
            item: new.item,
            details: new.details.clone(),
        };
        self.books.licenses.insert(id, license);
        if pay {
            self.activate(ask, id)?;
        }
        Ok((id, billorder))
    }

    /// Pays an item of the basket and makes it work.
    pub(crate) fn activate(&mut self, ask: &Ask, id: u64) -> Result<(), Refusal> {
        let license = self.license(ask.user, id)?.clone();
        if license.status != Status::Ordered {
            let why = "the order is already paid";
            return Err(Refusal::access("billorder", license.billorder, why));
        }
        let plan = self.plan_of(&license)?;
        self.check_trial(&license.ip, &plan, license.period)?;
        if self.config.refuse_taken_ip {
            self.check_free(&license.ip, &plan, Some(id))?;
        }
        let cost = plan
            .cost(license.period, &license.addons)
            .ok_or_else(|| Refusal::value("period", license.period, "not sold for this period"))?;
        self.debit(ask, id, "order", cost)?;
        let key = self.new_key(id);
        let expires = after(ask.today(), license.period);
        let license = self.license_mut(id)?;
        license.status = Status::Active;
        license.key = key;
        license.expires = expires;
        Ok(())
    }

    /// The item of the basket with this bill order.
    pub(crate) fn by_billorder(&self, user: &str, billorder: u64) -> Result<u64, Refusal> {
        let item = self.books.licenses.values().find(|license| {
            license.billorder == billorder
                && license.user == user
                && license.status != Status::Deleted
        });
        item.map(|item| item.id).ok_or_else(|| Refusal::missed("billorder", billorder))
    }

    /// What a renewal would cost and lead to.
    pub(crate) fn prolonged(
        &self,
        ask: &Ask,
        id: u64,
        period: i32,
    ) -> Result<(i64, Date), Refusal> {
        let license = self.license(ask.user, id)?;
        let plan = self.plan_of(license)?;
        if !license.status.is_live() {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
        if license.period == TRIAL {
            return Err(Refusal::access("elid", id, "a trial cannot be prolonged"));
        }
        if license.is_lifetime() {
            return Err(Refusal::access("elid", id, "a lifetime license never runs out"));
        }
        if !plan.renewable {
            let why = "this tariff is not renewed any more";
            return Err(Refusal::access("pricelist", plan.code, why));
        }
        // A trial or a lifetime can only be ordered: inferred for the lifetime.
        let cost = plan.cost(period, &license.addons).filter(|_| period > 0);
        let cost =
            cost.ok_or_else(|| Refusal::value("period", period, "not sold for this period"))?;
        let from = match license.status {
            Status::Active => license.expires,
            _ => ask.today(),
        };
        Ok((cost, after(from, period)))
    }

    /// Renews: from its end while it works, from today when it is suspended.
    pub(crate) fn prolong(&mut self, ask: &Ask, id: u64, period: i32) -> Result<Date, Refusal> {
        let (cost, expires) = self.prolonged(ask, id, period)?;
        self.debit(ask, id, "prolong", cost)?;
        let license = self.license_mut(id)?;
        license.expires = expires;
        license.period = period;
        license.status = Status::Active;
        license.suspended = None;
        Ok(expires)
    }

    /// Changes the plan: the new period is paid in full and runs from today. That a trial works like
    /// this is documented; that a paid license does, and gets no credit for its rest, is inferred.
    /// A trial of a plan that is also sold (seed 000) becomes a paid license of the same plan.
    pub(crate) fn change_plan(
        &mut self,
        ask: &Ask,
        id: u64,
        code: u32,
        period: i32,
        addons: Addons,
    ) -> Result<Date, Refusal> {
        let license = self.license(ask.user, id)?;
        let old = self.plan_of(license)?;
        let new = self.offer(ask.user, &license.family, code);
        let new = new.ok_or_else(|| Refusal::missed("pricelist", code))?;
        if !license.status.is_live() {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
        let same = new.code == old.code && license.period != TRIAL;
        if new.product != old.product || new.is_trial() || same || !new.orderable {
            return Err(Refusal::value("pricelist", code, "cannot be changed to this tariff"));
        }
        let cost = new.cost(period, &addons).filter(|_| period != TRIAL);
        let cost =
            cost.ok_or_else(|| Refusal::value("period", period, "not sold for this period"))?;
        self.debit(ask, id, "changepricelist", cost)?;
        let expires = after(ask.today(), period);
        let license = self.license_mut(id)?;
        license.plan = code;
        license.period = period;
        license.addons = addons;
        license.expires = expires;
        license.status = Status::Active;
        license.suspended = None;
        Ok(expires)
    }

    /// What a change of add-on counts costs now: the difference of the two monthly costs for the days
    /// that are left, rounded up; fewer pieces give nothing back. How the vendor counts is unknown.
    pub(crate) fn addon_cost(&self, ask: &Ask, license: &LicenseView, addons: &Addons) -> i64 {
        let Ok(plan) = self.plan_of(license) else { return 0 };
        let cost = |addons| plan.cost(license.period, addons).unwrap_or(0);
        let more = cost(addons).saturating_sub(cost(&license.addons));
        if license.is_lifetime() && license.status != Status::Ordered {
            return more.max(0);
        }
        let left = (license.expires - ask.today()).whole_days();
        let start = before(license.expires, license.period);
        let whole = (license.expires - start).whole_days().max(1);
        if more <= 0 || left <= 0 || license.status == Status::Ordered {
            return 0;
        }
        let share = i128::from(more) * i128::from(left);
        let share = (share + i128::from(whole) - 1) / i128::from(whole);
        i64::try_from(share).unwrap_or(i64::MAX)
    }

    pub(crate) fn charge_addons(&mut self, ask: &Ask, id: u64, cost: i64) -> Result<(), Refusal> {
        if cost == 0 {
            return Ok(());
        }
        self.debit(ask, id, "addon", cost)
    }

    /// `<id>-<sixteen hexadecimal digits>`: clients recover the number from the text before the dash.
    pub(crate) fn new_key(&mut self, id: u64) -> String {
        self.books.keys += 1;
        self.touch();
        // SplitMix64: spreads a counter over all bits, which is all that a pretended key needs.
        let mut bits =
            self.books.keys.wrapping_add(self.config.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        format!("{id}-{bits:016X}")
    }

    /// Lets time do its work up to `now`: renewals by the vendor itself, suspension of what ran out,
    /// deletion of what was suspended for thirty days.
    pub(crate) fn pass_time(&mut self, now: OffsetDateTime) {
        let ids: Vec<u64> = self
            .books
            .licenses
            .values()
            .filter(|license| match license.status {
                Status::Active => license.expires <= now.date(),
                Status::Suspended => license.suspended.is_some_and(|at| at + KEPT_SUSPENDED <= now),
                _ => false,
            })
            .map(|license| license.id)
            .collect();
        for id in ids {
            self.age(id, now);
        }
    }

    fn age(&mut self, id: u64, now: OffsetDateTime) {
        while let Some(license) = self.books.licenses.get(&id).cloned() {
            let ended = license.expires.with_time(Time::MIDNIGHT).assume_utc();
            let params = Params::default();
            let ask = Ask {
                user: &license.user,
                params: &params,
                lang: Lang::En,
                twists: Twists::default(),
                now: ended,
            };
            match license.status {
                Status::Active if license.expires <= now.date() => {
                    let renewed = license
                        .autoprolong
                        .ok_or_else(|| Refusal::access("elid", id, "not renewed by itself"))
                        .and_then(|period| Ok((period, self.prolonged(&ask, id, period)?)))
                        .and_then(|(period, (cost, expires))| {
                            self.debit(&ask, id, "autoprolong", cost)?;
                            Ok((period, expires))
                        });
                    let Ok(license) = self.license_mut(id) else { return };
                    if let Ok((period, expires)) = renewed {
                        license.period = period;
                        license.expires = expires;
                    } else {
                        license.status = Status::Suspended;
                        license.suspended = Some(ended);
                    }
                }
                Status::Suspended
                    if license.suspended.is_some_and(|at| at + KEPT_SUSPENDED <= now) =>
                {
                    if let Ok(license) = self.license_mut(id) {
                        license.status = Status::Deleted;
                    }
                    return;
                }
                _ => return,
            }
        }
    }
}

/// The day a period ends that begins on `from`.
pub(crate) fn after(from: Date, period: i32) -> Date {
    match period {
        TRIAL => from.checked_add(Duration::days(TRIAL_DAYS)).unwrap_or(from),
        LIFETIME => NEVER,
        months => add_months(from, months),
    }
}

/// The day a period began that ends on `until`.
fn before(until: Date, period: i32) -> Date {
    if period == TRIAL {
        until.checked_sub(Duration::days(TRIAL_DAYS)).unwrap_or(until)
    } else {
        add_months(until, period.saturating_neg())
    }
}

/// The same day some months later, or the last day of a shorter month.
fn add_months(from: Date, months: i32) -> Date {
    let count = from.year() * 12 + i32::from(u8::from(from.month())) - 1;
    let count = count.saturating_add(months);
    let year = count.div_euclid(12);
    let month = u8::try_from(count.rem_euclid(12) + 1).unwrap_or(1);
    let month = Month::try_from(month).unwrap_or(Month::January);
    let day = from.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).unwrap_or(from)
}

/// True when both days are in one calendar month.
fn same_month(one: Date, other: Date) -> bool {
    one.year() == other.year() && one.month() == other.month()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_clamped_to_their_last_day() {
        assert_eq!(add_months(date!(2027 - 01 - 31), 1), date!(2027 - 02 - 28));
        assert_eq!(add_months(date!(2027 - 12 - 31), 2), date!(2028 - 02 - 29));
        assert_eq!(add_months(date!(2027 - 03 - 31), -1), date!(2027 - 02 - 28));
        assert_eq!(after(date!(2027 - 02 - 20), TRIAL), date!(2027 - 03 - 06));
    }

    #[test]
    fn changes_are_limited_as_told() {
        let (last, calendar) = (Some(date!(2027 - 01 - 31)), ChangeLimit::CalendarMonth);
        assert!(!calendar.allows(Some(date!(2027 - 01 - 01)), date!(2027 - 01 - 31)));
        assert!(calendar.allows(last, date!(2027 - 02 - 01)));
        assert!(calendar.allows(Some(date!(2026 - 02 - 01)), date!(2027 - 02 - 01)));
        assert!(!ChangeLimit::Days31.allows(last, date!(2027 - 03 - 02)));
        assert!(ChangeLimit::Days31.allows(last, date!(2027 - 03 - 03)));
        assert!(ChangeLimit::Off.allows(last, date!(2027 - 01 - 31)));
        assert!(ChangeLimit::Days31.allows(None, date!(2027 - 01 - 31)));
    }
}
