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
use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::faults::Twists;
use crate::wire::{Lang, Params, Refusal};

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

/// Ten-thousandths in one unit of a currency.
pub(crate) const UNIT: i64 = 10_000;
/// The period code of a trial.
pub(crate) const TRIAL: i32 = -100;
/// How long a trial lasts.
pub(crate) const TRIAL_DAYS: i64 = 14;
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
}

impl Default for Account {
    /// `reseller@demo.test` with `SimPass2026` and 10,000.00 EUR.
    fn default() -> Self {
        Self {
            user: "reseller@demo.test".to_owned(),
            password: "SimPass2026".to_owned(),
            currency: "EUR".to_owned(),
            balance: 10_000 * UNIT,
        }
    }
}

/// A product edition that can be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The wire's `pricelist`.
    pub code: u32,
    /// The function family that sells it, as `soft`.
    pub family: String,
    /// Plans of one product exclude each other on an address and can be changed into each other.
    pub product: String,
    /// Name for people.
    pub name: String,
    /// Cost of a month in ten-thousandths; a year costs ten months.
    pub month_cost: i64,
    /// Periods on sale: months, or -100 for a trial.
    pub periods: Vec<i32>,
    /// Counted options.
    pub addons: Vec<Addon>,
    /// New orders are accepted; renewals always are.
    pub orderable: bool,
}

/// A counted option of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addon {
    /// X in `addon_X`.
    pub code: u32,
    /// Name for people.
    pub name: String,
    /// Cost of one piece for a month, beyond the base.
    pub month_cost: i64,
    /// Pieces that the plan's own cost includes. Counts on the wire include them too.
    pub base: u32,
}

impl Plan {
    /// A plan of the `soft` family that is sold by the month and by the year.
    pub fn soft(code: u32, product: &str, name: &str, month_cost: i64) -> Self {
        Self {
            code,
            family: "soft".to_owned(),
            product: product.to_owned(),
            name: name.to_owned(),
            month_cost,
            periods: vec![1, 12],
            addons: Vec::new(),
            orderable: true,
        }
    }

    /// The same plan as a trial: free, fourteen days, once per address.
    #[must_use]
    pub fn trial(mut self) -> Self {
        self.month_cost = 0;
        self.periods = vec![TRIAL];
        self
    }

    /// The same plan with a counted option.
    #[must_use]
    pub fn addon(mut self, code: u32, name: &str, month_cost: i64, base: u32) -> Self {
        self.addons.push(Addon { code, name: name.to_owned(), month_cost, base });
        self
    }

    pub(crate) fn is_trial(&self) -> bool {
        self.periods == [TRIAL]
    }

    pub(crate) fn base_addons(&self) -> Addons {
        self.addons.iter().map(|addon| (addon.code, addon.base)).collect()
    }

    /// What a period costs, or `None` when it is not sold.
    pub(crate) fn cost(&self, period: i32, addons: &Addons) -> Option<i64> {
        if !self.periods.contains(&period) {
            return None;
        }
        let mut month = self.month_cost;
        for addon in &self.addons {
            let count = addons.get(&addon.code).copied().unwrap_or(addon.base);
            let extra = i64::from(count.saturating_sub(addon.base));
            month = month.checked_add(addon.month_cost.checked_mul(extra)?)?;
        }
        month.checked_mul(months_paid(period)?)
    }
}

/// How many months are paid for a period: ten for a year.
pub(crate) fn months_paid(period: i32) -> Option<i64> {
    match period {
        TRIAL => Some(0),
        months if months > 0 => Some(i64::from(months / 12 * 10 + months % 12)),
        _ => None,
    }
}

/// The `soft` plans of the European catalogue. Codes are the vendor's; costs are samples.
pub fn soft_catalogue() -> Vec<Plan> {
    let cents = |cents: i64| cents * (UNIT / 100);
    let nodes = "Number of nodes";
    vec![
        Plan::soft(55227, "ispmanager 6", "ispmanager 6 lite", cents(350)),
        Plan::soft(55228, "ispmanager 6", "ispmanager 6 pro", cents(700)),
        Plan::soft(55229, "ispmanager 6", "ispmanager 6 host", cents(1050)),
        Plan::soft(55230, "ispmanager 6", "ispmanager 6 business", cents(900)).addon(
            55236,
            nodes,
            cents(900),
            1,
        ),
        Plan::soft(55239, "ispmanager 6", "ispmanager 6 trial", 0).trial(),
        Plan::soft(55240, "ispmanager 6", "ispmanager 6 business trial", 0).trial(),
        Plan::soft(3541, "ISPmanager 5", "ISPmanager 5 Lite", cents(300)),
        Plan::soft(4601, "ISPmanager 5", "ISPmanager 5 Business", cents(900)).addon(
            4602,
            nodes,
            cents(900),
            1,
        ),
        Plan::soft(3045, "VMmanager 5 KVM", "VMmanager 5 KVM", cents(600)).addon(
            3049,
            nodes,
            cents(600),
            1,
        ),
        Plan::soft(3651, "VMmanager 5 OVZ", "VMmanager 5 OVZ", cents(600)).addon(
            3698,
            nodes,
            cents(600),
            1,
        ),
        Plan::soft(3887, "VMmanager 5 Cloud", "VMmanager 5 Cloud", cents(6000)).addon(
            3889,
            nodes,
            cents(1200),
            5,
        ),
        Plan::soft(5577, "BILLmanager 5", "BILLmanager 5", cents(1100)),
        Plan::soft(5579, "BILLmanager 5", "BILLmanager 5 Corporate", cents(4500)),
        Plan::soft(3932, "DCImanager 5", "DCImanager 5 Essential", cents(1200)),
        Plan::soft(3934, "DCImanager 5", "DCImanager 5 Progressive", cents(2400)),
        Plan::soft(3936, "DCImanager 5", "DCImanager 5 Enterprise", cents(3800)),
        Plan::soft(3136, "DNSmanager 5", "DNSmanager 5", cents(200)),
        Plan::soft(2891, "IPmanager 5", "IPmanager 5", cents(200)),
    ]
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
    /// Months, or -100 for a trial.
    pub period: i32,
    /// Address of the server.
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
    /// The day it runs out; the day of the order until it is paid for.
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
    /// Lists leave it out until then.
    #[serde(with = "time::serde::rfc3339")]
    pub listed_from: OffsetDateTime,
    /// Lists that will still leave it out.
    pub unlisted: u32,
    /// Address at the time of the order; a trial uses this one up.
    pub ordered_ip: String,
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

/// What survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Books {
    pub(crate) accounts: Vec<Account>,
    pub(crate) licenses: BTreeMap<u64, LicenseView>,
    pub(crate) debits: Vec<Debit>,
    pub(crate) landings: Vec<Landing>,
    /// Monthly costs that were changed while running.
    pub(crate) month_costs: BTreeMap<u32, i64>,
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
    pub(crate) family: &'static str,
    pub(crate) plan: u32,
    pub(crate) period: i32,
    pub(crate) ip: String,
    pub(crate) remoteip: String,
    pub(crate) licname: String,
    pub(crate) remoteid: String,
    pub(crate) autoprolong: Option<i32>,
    pub(crate) addons: Addons,
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
                Some(known) => known.password.clone_from(&account.password),
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

    pub(crate) fn plan(&self, code: u32) -> Option<Plan> {
        let mut plan = self.config.catalogue.iter().find(|plan| plan.code == code)?.clone();
        if let Some(cost) = self.books.month_costs.get(&code) {
            plan.month_cost = *cost;
        }
        Some(plan)
    }

    pub(crate) fn plans(&self) -> Vec<Plan> {
        self.config.catalogue.iter().filter_map(|plan| self.plan(plan.code)).collect()
    }

    pub(crate) fn plan_of(&self, license: &LicenseView) -> Result<Plan, Refusal> {
        self.plan(license.plan).ok_or_else(|| Refusal::missed("pricelist", license.plan))
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

    /// Refuses an address that is malformed, and a trial on an address that had one.
    pub(crate) fn check_ip_form(ip: &str) -> Result<String, Refusal> {
        let address: IpAddr =
            ip.parse().map_err(|_| Refusal::value("ip", ip, "not an IP address"))?;
        Ok(address.to_string())
    }

    /// The live license of the same product on this address, if there is one beside `except`.
    pub(crate) fn taken_by(&self, ip: &str, product: &str, except: Option<u64>) -> Option<u64> {
        if ip == NOWHERE {
            return None;
        }
        let holder = self.books.licenses.values().find(|license| {
            license.ip == ip
                && license.status.is_live()
                && Some(license.id) != except
                && self.plan(license.plan).is_some_and(|plan| plan.product == product)
        })?;
        Some(holder.id)
    }

    /// Refuses an address that already had its trial, whatever became of it.
    pub(crate) fn check_trial(&self, ip: &str, plan: &Plan) -> Result<(), Refusal> {
        let used = plan.is_trial()
            && ip != NOWHERE
            && self.books.licenses.values().any(|license| {
                license.period == TRIAL
                    && license.status != Status::Ordered
                    && license.ordered_ip == ip
                    && self.plan(license.plan).is_some_and(|other| other.product == plan.product)
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
        let plan = self.plan(new.plan).ok_or_else(|| Refusal::missed("pricelist", new.plan))?;
        let cost = plan
            .cost(new.period, &new.addons)
            .ok_or_else(|| Refusal::value("period", new.period, "not sold for this period"))?;
        self.check_trial(&new.ip, &plan)?;
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
        let lag = i64::try_from(ask.twists.list_lag_ms).unwrap_or(i64::MAX);
        let license = LicenseView {
            id,
            billorder,
            family: new.family.to_owned(),
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
            listed_from: ask.now.checked_add(Duration::milliseconds(lag)).unwrap_or(ask.now),
            unlisted: ask.twists.list_lag_lists,
            ordered_ip: new.ip.clone(),
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
        self.check_trial(&license.ip, &plan)?;
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
        let cost = plan
            .cost(period, &license.addons)
            .ok_or_else(|| Refusal::value("period", period, "not sold for this period"))?;
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
        let new = self.plan(code).ok_or_else(|| Refusal::missed("pricelist", code))?;
        if !license.status.is_live() {
            return Err(Refusal::access("elid", id, "the service is not active"));
        }
        if new.product != old.product || new.is_trial() || new.code == old.code || !new.orderable {
            return Err(Refusal::value("pricelist", code, "cannot be changed to this tariff"));
        }
        let cost = new
            .cost(period, &addons)
            .ok_or_else(|| Refusal::value("period", period, "not sold for this period"))?;
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
        let Some(plan) = self.plan(license.plan) else { return 0 };
        let cost = |addons| plan.cost(license.period, addons).unwrap_or(0);
        let more = cost(addons).saturating_sub(cost(&license.addons));
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
    if period == TRIAL {
        from.checked_add(Duration::days(TRIAL_DAYS)).unwrap_or(from)
    } else {
        add_months(from, period)
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
pub(crate) fn same_month(one: Date, other: Date) -> bool {
    one.year() == other.year() && one.month() == other.month()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_are_clamped_to_their_last_day() {
        assert_eq!(add_months(date!(2027 - 01 - 31), 1), date!(2027 - 02 - 28));
        assert_eq!(add_months(date!(2027 - 12 - 31), 2), date!(2028 - 02 - 29));
        assert_eq!(add_months(date!(2027 - 03 - 31), -1), date!(2027 - 02 - 28));
        assert_eq!(after(date!(2027 - 02 - 20), TRIAL), date!(2027 - 03 - 06));
    }

    #[test]
    fn a_year_costs_ten_months_and_addons_count_beyond_the_base() {
        let plans = soft_catalogue();
        let business = plans.iter().find(|plan| plan.code == 55230).unwrap();
        assert_eq!(business.cost(1, &business.base_addons()), Some(90_000));
        assert_eq!(business.cost(12, &Addons::from([(55236, 3)])), Some(2_700_000));
        let cloud = plans.iter().find(|plan| plan.code == 3887).unwrap();
        assert_eq!(cloud.cost(1, &Addons::from([(3889, 6)])), Some(720_000));
        assert_eq!(cloud.cost(TRIAL, &Addons::new()), None);
    }
}
