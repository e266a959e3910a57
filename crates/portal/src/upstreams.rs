//! Our logins at vendors, and calls through them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::operation::OperationKind;
use domain::{Currency, Money};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use time::{Date, OffsetDateTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use upstream::Call;
use upstream::balance::BalanceFunction;
use upstream::breaker::{Breaker, Turn};
use upstream::dialect::{Dialect, Item, Ordering, Term, VendorLicense};
use upstream::export;
use upstream::outcome::{Evidence, Exchange, Failure};
pub use upstream::resolve::{Inside, InsideHost};
use upstream::sender::{Credentials, Endpoint, Limits, Sender, Wire};
use upstream::{DialectKind, Habits, Listing, Names, Next, Role};
use uuid::Uuid;

use crate::clock::Clock;
use crate::operations::Purse;
use crate::{Error, Portal};

/// What all accounts share.
#[derive(Clone)]
pub struct Upstreams {
    pub(crate) inside: Inside,
    /// The way of all calls in a test; none is HTTP.
    wire: Option<Arc<dyn Wire>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// One sender per connect timeout.
    senders: HashMap<i32, Sender>,
    /// What each account bears.
    gates: HashMap<Uuid, Gate>,
    /// Accounts that are left alone since lately, or not any more; to be written down.
    turns: Vec<(Uuid, Turn, String)>,
    /// What is known of our money per account.
    purses: HashMap<Uuid, Purse>,
}

/// What an account bears: so many calls at once, so many a minute, and none while it does not answer.
#[derive(Clone)]
struct Gate {
    most: i16,
    per_minute: Option<i32>,
    slots: Arc<Semaphore>,
    pace: Option<Arc<DefaultDirectRateLimiter>>,
    breaker: Arc<Mutex<Breaker>>,
    /// Who reads a list whose filter the vendor keeps: one of this process waits for the others.
    list: Arc<tokio::sync::Mutex<()>>,
}

impl Gate {
    fn new(most: i16, per_minute: Option<i32>, breaker: Arc<Mutex<Breaker>>) -> Self {
        let slots = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1)));
        let limit = per_minute.and_then(|calls| NonZeroU32::new(u32::try_from(calls).ok()?));
        let pace = limit.map(|limit| Arc::new(RateLimiter::direct(Quota::per_minute(limit))));
        Self { most, per_minute, slots, pace, breaker, list: Arc::default() }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in flight, or about to be.
pub(crate) type Slot = OwnedSemaphorePermit;

/// One login at a vendor with its limits.
#[derive(Clone)]
pub struct UpstreamAccount {
    /// Its id.
    pub id: Uuid,
    /// For people.
    pub name: String,
    /// From the commit of "sent" to the first byte out; later nothing is sent.
    pub send_deadline: Duration,
    /// How long a worker owns an operation.
    pub lease: Duration,
    /// How long a call may take.
    pub call_timeout: Duration,
    /// How long after a call its effect may still appear.
    pub quiet_window: Duration,
    /// Between two sightings of absence, and between two looks.
    pub second_sighting: Duration,
    /// How often an order that is proved absent is sent at most.
    pub max_attempts: i16,
    /// How old an order may be to be sent again.
    pub resend_within: Duration,
    /// How long something drastic can be taken back.
    pub undo_window: Duration,
    /// How orders are paid.
    pub(crate) ordering: Ordering,
    /// What shows the balance; none where the vendor has nothing that does.
    pub(crate) balance_function: Option<BalanceFunction>,
    /// What is known of our money there.
    pub(crate) purse: Purse,
    speech: Speech,
    currency: Currency,
    check_timeout: Duration,
    endpoint: Endpoint,
    credentials: Credentials,
    sender: Sender,
    gate: Gate,
    upstreams: Upstreams,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for UpstreamAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What an account says otherwise than its families do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Speech {
    /// Names of functions by family.
    names: BTreeMap<DialectKind, Names>,
    /// Orders of modules name the license that they are for.
    module_names_parent: bool,
    /// Families whose lists show neither our reference nor a name.
    unmarked: Vec<DialectKind>,
    /// Names of what belongs to no family.
    own: BTreeMap<OwnRole, String>,
}

/// What a function of an account is for that belongs to no family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OwnRole {
    /// Tells the balance.
    Balance,
    /// Exports the price list.
    PriceList,
}

impl OwnRole {
    /// The word in front of them in settings, where families have theirs.
    pub(crate) const PLACE: &str = "account";

    /// The reverse of the word kept in settings.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "balance" => Some(Self::Balance),
            "price_list" => Some(Self::PriceList),
            _ => None,
        }
    }
}

impl Speech {
    pub(crate) fn read(
        functions: &BTreeMap<String, BTreeMap<String, String>>,
        module_names_parent: bool,
    ) -> Result<Self, Error> {
        let bad = |what: &str| Error::unreadable("upstream_account", format!("function {what}"));
        let mut names = BTreeMap::new();
        let mut own = BTreeMap::new();
        for (family, of) in functions {
            if family == OwnRole::PLACE {
                for (role, name) in of {
                    own.insert(OwnRole::from_word(role).ok_or_else(|| bad(role))?, name.clone());
                }
                continue;
            }
            let kind = DialectKind::from_word(family).ok_or_else(|| bad(family))?;
            let of: Result<Names, Error> = of
                .iter()
                .map(|(role, name)| {
                    let role = Role::from_word(role).ok_or_else(|| bad(role))?;
                    Ok((role, name.clone()))
                })
                .collect();
            names.insert(kind, of?);
        }
        Ok(Self { names, module_names_parent, unmarked: Vec::new(), own })
    }

    fn with_unmarked(self, families: &[String]) -> Result<Self, Error> {
        let unmarked = families.iter().map(|family| dialect_kind(family)).collect::<Result<_, _>>();
        Ok(Self { unmarked: unmarked?, ..self })
    }

    /// The account's own name of a function, if it has one.
    fn own(&self, role: OwnRole) -> Option<&str> {
        self.own.get(&role).map(String::as_str)
    }

    /// Whether a family as this account speaks it tells if an address is free.
    pub(crate) fn checks_ip(&self, kind: DialectKind) -> bool {
        let none = Names::new();
        let names = self.names.get(&kind).unwrap_or(&none);
        let dialect = kind.dialect(names, Habits::default());
        dialect.is_some_and(|dialect| dialect.checks_ip())
    }

    /// Whether a family as this account speaks it can be asked for this.
    pub(crate) fn can(&self, kind: DialectKind, operation: OperationKind) -> bool {
        match self.names.get(&kind) {
            Some(names) => kind.can(operation, names),
            None => kind.can(operation, &Names::new()),
        }
    }
}

/// Whether a plan can be ordered for an address, as far as the vendor told us in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpCheck {
    /// Nothing speaks against it.
    Free,
    /// The vendor says no, in these words.
    Refused(String),
    /// No readable answer in time; buying stays possible, the order will tell.
    Unchecked,
}

impl Upstreams {
    /// Vendors inside this network are those that the configuration names.
    #[must_use]
    pub fn new(inside: Inside) -> Self {
        Self { inside, wire: None, shared: Arc::default() }
    }

    /// All calls go this way instead of over HTTP; for tests with a vendor in the same process.
    #[must_use]
    pub fn over(wire: Arc<dyn Wire>) -> Self {
        Self { inside: Inside::machine(), wire: Some(wire), shared: Arc::default() }
    }

    /// As another process would have it that has just been started: nothing is known of balances,
    /// and nothing is in flight.
    #[must_use]
    pub fn forgetful(&self) -> Self {
        Self { shared: Arc::default(), ..self.clone() }
    }

    fn sender(&self, connect_timeout_ms: i32) -> Result<Sender, Error> {
        if let Some(wire) = &self.wire {
            return Ok(Sender::over(Arc::clone(wire)));
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = shared.senders.get(&connect_timeout_ms) {
            return Ok(sender.clone());
        }
        let sender = Sender::new(millis(connect_timeout_ms), self.inside.clone())
            .map_err(|error| Error::Machine(format!("no HTTP client: {error}")))?;
        shared.senders.insert(connect_timeout_ms, sender.clone());
        Ok(sender)
    }

    /// The account's gate, made anew when its limits are others by now; whether it answers is known
    /// on.
    fn gate(&self, account: Uuid, most: i16, per_minute: Option<i32>, pause: Duration) -> Gate {
        let mut shared = self.lock();
        let known = shared.gates.get(&account);
        let same = known.filter(|gate| gate.most == most && gate.per_minute == per_minute);
        if let Some(gate) = same {
            return gate.clone();
        }
        let breaker = known.map(|gate| Arc::clone(&gate.breaker));
        let breaker = breaker.unwrap_or_else(|| Arc::new(Mutex::new(Breaker::new(pause))));
        let gate = Gate::new(most, per_minute, breaker);
        shared.gates.insert(account, gate.clone());
        gate
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts that are left alone now, as far as this process knows.
    pub(crate) fn paused(&self, now: Duration) -> Vec<Uuid> {
        let shared = self.lock();
        let open = |(id, gate): (&Uuid, &Gate)| gate.breaker().is_open(now).then_some(*id);
        shared.gates.iter().filter_map(open).collect()
    }

    fn purse(&self, account: Uuid) -> Purse {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.purses.entry(account).or_default().clone()
    }
}

/// The function family of this name.
pub(crate) fn dialect_kind(name: &str) -> Result<DialectKind, Error> {
    DialectKind::from_word(name).ok_or_else(|| Error::unreadable("plan", format!("dialect {name}")))
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

impl Portal {
    /// Loads an account with its password opened.
    pub(crate) async fn upstream_account(&self, id: Uuid) -> Result<UpstreamAccount, Error> {
        let mut db = self.pool.acquire().await?;
        self.upstream_account_in_tx(&mut db, id).await
    }

    pub(crate) async fn upstream_account_in_tx(
        &self,
        tx: &mut sqlx::PgConnection,
        id: Uuid,
    ) -> Result<UpstreamAccount, Error> {
        // By name: with a star a server that runs would fail once a migration adds a column.
        let row = sqlx::query!(
            "select balance_function, base_url, call_timeout_ms, calls_per_minute,
                    check_timeout_ms, connect_timeout_ms, currency, functions, lease_ms,
                    max_attempts, max_concurrency, module_names_parent, name, ordering,
                    quiet_window_ms, resend_within_ms, second_sighting_ms, secret,
                    send_deadline_ms, undo_window_ms, unmarked, username
               from upstream_account where id = $1",
            id,
        )
        .fetch_one(tx)
        .await?;
        let bad = |what: &str| Error::unreadable("upstream_account", what);
        let endpoint = Endpoint::parse(&row.base_url, &self.upstreams.inside)
            .map_err(|error| Error::unreadable("upstream_account", error))?;
        Ok(UpstreamAccount {
            id,
            name: row.name,
            send_deadline: millis(row.send_deadline_ms),
            lease: millis(row.lease_ms),
            call_timeout: millis(row.call_timeout_ms),
            quiet_window: millis(row.quiet_window_ms),
            second_sighting: millis(row.second_sighting_ms),
            max_attempts: row.max_attempts,
            resend_within: millis(row.resend_within_ms),
            undo_window: millis(row.undo_window_ms),
            ordering: Ordering::from_word(&row.ordering).ok_or_else(|| bad("ordering"))?,
            balance_function: row
                .balance_function
                .map(|word| {
                    BalanceFunction::from_word(&word).ok_or_else(|| bad("balance_function"))
                })
                .transpose()?,
            purse: self.upstreams.purse(id),
            speech: Speech::read(
                &serde_json::from_value(row.functions)
                    .map_err(|error| Error::unreadable("upstream_account", error))?,
                row.module_names_parent,
            )?
            .with_unmarked(&row.unmarked)?,
            currency: Currency::from_code(&row.currency).ok_or_else(|| bad("currency"))?,
            check_timeout: millis(row.check_timeout_ms),
            endpoint,
            credentials: Credentials {
                username: row.username,
                password: self.key.open(id, &row.secret)?,
            },
            sender: self.upstreams.sender(row.connect_timeout_ms)?,
            gate: self.upstreams.gate(
                id,
                row.max_concurrency,
                row.calls_per_minute,
                millis(row.second_sighting_ms),
            ),
            upstreams: self.upstreams.clone(),
            clock: Arc::clone(&self.clock),
        })
    }
}

impl Portal {
    /// Reads the vendor's whole list, or what of it ends between two days.
    ///
    /// A vendor may keep the list's filter for the login: then one reader at a time sets it and reads,
    /// in all processes. What hides behind somebody else's filter would be bought once more.
    pub(crate) async fn vendor_list(
        &self,
        account: &UpstreamAccount,
        dialect: &dyn Dialect,
        between: Option<(Date, Date)>,
    ) -> Result<(Vec<VendorLicense>, Evidence), Failure> {
        let filter = between.and_then(|(from, to)| dialect.between(from, to));
        let Some(whole) = dialect.before_list() else {
            return account.read_list(dialect, None).await;
        };
        let away = |error: sqlx::Error| Failure::OutcomeUnknown(error.to_string());
        let _first = account.gate.list.lock().await;
        // Closed with its lock, whatever becomes of this reader.
        let mut turn = self.pool.acquire().await.map_err(away)?.detach();
        sqlx::query!("select pg_advisory_lock(hashtextextended($1, 0))", account.id.to_string())
            .execute(&mut turn)
            .await
            .map_err(away)?;
        account.read_list(dialect, Some(filter.unwrap_or(whole))).await
    }
}

impl Portal {
    /// Writes down which vendors are left alone since lately, and which are not any more.
    pub(crate) async fn note_pauses(&self) -> Result<(), Error> {
        let turns = std::mem::take(&mut self.upstreams.lock().turns);
        for (account, turn, why) in turns {
            let now = self.clock.now();
            match turn {
                Turn::Opened(pause) => {
                    sqlx::query!(
                        "insert into upstream_pause (upstream_account_id, since, retry_at, why)
                         values ($1, $2, $3, $4)
                         on conflict (upstream_account_id) do update
                            set retry_at = greatest(upstream_pause.since, excluded.retry_at),
                                why = excluded.why",
                        account,
                        now,
                        now + pause,
                        why,
                    )
                    .execute(&self.pool)
                    .await?;
                }
                Turn::Closed | Turn::First => {
                    let gone = "delete from upstream_pause where upstream_account_id = $1";
                    sqlx::query(gone).bind(account).execute(&self.pool).await?;
                }
            }
        }
        Ok(())
    }
}

impl UpstreamAccount {
    /// A family as this account speaks it; none where a person does the work.
    pub(crate) fn dialect(&self, kind: DialectKind) -> Option<Box<dyn Dialect>> {
        let none = Names::new();
        let names = self.speech.names.get(&kind).unwrap_or(&none);
        kind.dialect(names, Habits { names_parent: self.speech.module_names_parent })
    }

    /// Whether the list of this family shows our reference, or at least a name.
    pub(crate) fn shows_marks(&self, kind: DialectKind) -> bool {
        !self.speech.unmarked.contains(&kind)
    }

    /// Sends something that changes the vendor's books, once.
    pub(crate) async fn send(&self, call: &Call) -> Exchange {
        self.call(call, Limits { total: self.call_timeout, list: false }).await
    }

    /// Every call goes this way: not at all while the vendor is left alone, and what comes of it is
    /// remembered.
    async fn call(&self, call: &Call, limits: Limits) -> Exchange {
        let now = self.clock.uptime();
        if let Err(wait) = self.gate.breaker().admit(now, limits.total) {
            let why = format!("the vendor did not answer lately; next try in {} s", wait.as_secs());
            return Exchange { result: Err(Failure::NotSent(why)), evidence: Evidence::default() };
        }
        let exchange = self.sender.send(&self.endpoint, &self.credentials, call, limits).await;
        let turn = self.gate.breaker().report(exchange.result.is_ok(), self.clock.uptime());
        if let Some(turn) = turn {
            let why = exchange.result.as_ref().err().map(ToString::to_string).unwrap_or_default();
            if turn != Turn::First {
                tracing::warn!(
                    upstream = self.name,
                    ?turn,
                    why,
                    "whether the vendor answers has changed"
                );
            }
            self.upstreams.lock().turns.push((self.id, turn, why));
        }
        exchange
    }

    /// Waits for its turn and for a free slot before anything is promised; a held slot is a call in
    /// flight.
    pub(crate) async fn slot(&self) -> Result<Slot, Error> {
        if let Some(pace) = &self.gate.pace {
            pace.until_ready().await;
        }
        Arc::clone(&self.gate.slots)
            .acquire_owned()
            .await
            .map_err(|_| Error::Machine("the vendor's slots are closed".to_owned()))
    }

    /// A slot if one is free now.
    pub(crate) fn free_slot(&self) -> Option<Slot> {
        let slot = Arc::clone(&self.gate.slots).try_acquire_owned().ok()?;
        let in_pace = self.gate.pace.as_ref().is_none_or(|pace| pace.check().is_ok());
        in_pace.then_some(slot)
    }

    /// How much of our money the vendor has; none where it has no function that tells.
    pub(crate) async fn read_balance(&self) -> Option<Result<Money, Failure>> {
        let function = self.balance_function?;
        let _slot = self.slot().await;
        let limits = Limits { total: self.call_timeout, list: false };
        let call = function.call(self.speech.own(OwnRole::Balance));
        let exchange = self.call(&call, limits).await;
        Some(exchange.result.and_then(|doc| {
            match doc.error() {
                Some(error) => Err(Failure::OutcomeUnknown(error.message)),
                None => function
                    .read(&doc, self.currency)
                    .map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string())),
            }
        }))
    }

    /// Asks for the vendor's price list.
    pub(crate) fn price_list(&self) -> Call {
        export::call(self.speech.own(OwnRole::PriceList))
    }

    /// The unpaid items in the basket.
    pub(crate) async fn basket(&self, dialect: &dyn Dialect) -> Result<Vec<Item>, Failure> {
        let _slot = self.slot().await;
        let limits = Limits { total: self.call_timeout, list: true };
        let call = dialect.basket();
        let exchange = self.call(&call, limits).await;
        let doc = exchange.result?;
        if let Some(error) = doc.error() {
            return Err(Failure::OutcomeUnknown(format!("the basket: {}", error.message)));
        }
        dialect.read_basket(&doc).map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string()))
    }

    /// Reads the vendor's whole list. One that cannot be read wholly proves nothing and is an
    /// error.
    async fn read_list(
        &self,
        dialect: &dyn Dialect,
        filter: Option<Call>,
    ) -> Result<(Vec<VendorLicense>, Evidence), Failure> {
        /// 100,000 licenses; a list that never ends is a broken vendor.
        const MOST_PAGES: u32 = 1000;
        let _slot = self.slot().await;
        if let Some(call) = filter {
            let limits = Limits { total: self.call_timeout, list: false };
            let exchange = self.call(&call, limits).await;
            let doc = exchange.result?;
            if doc.error().is_some() || !doc.is_ok() {
                let why = "the list's filter cannot be set";
                return Err(Failure::OutcomeUnknown(why.to_owned()));
            }
        }
        let mut listing = Listing::default();
        for page in 1..=MOST_PAGES {
            let limits = Limits { total: self.call_timeout, list: true };
            let call = dialect.list(page);
            let exchange = self.call(&call, limits).await;
            let doc = exchange.result.as_ref().map_err(Clone::clone)?;
            if let Some(error) = doc.error() {
                return Err(Failure::OutcomeUnknown(format!("the list: {}", error.message)));
            }
            let rows = dialect
                .read_list(doc)
                .map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string()))?;
            match listing.add(rows) {
                Next::Whole => return Ok((listing.into_rows(), exchange.evidence)),
                Next::Page => {}
                Next::Broken => {
                    let why = "the list's pages contradict each other";
                    return Err(Failure::OutcomeUnknown(why.to_owned()));
                }
            }
        }
        Err(Failure::OutcomeUnknown("the list does not end".to_owned()))
    }

    /// Reads one license in full.
    pub(crate) async fn view(
        &self,
        dialect: &dyn Dialect,
        id: &str,
    ) -> Result<VendorLicense, Failure> {
        let _slot = self.slot().await;
        let limits = Limits { total: self.call_timeout, list: false };
        let exchange = self.call(&dialect.view(id), limits).await;
        let doc = exchange.result?;
        if let Some(error) = doc.error() {
            return Err(Failure::OutcomeUnknown(error.message));
        }
        let license = dialect
            .read_view(&doc)
            .map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string()))?;
        if license.id == id {
            Ok(license)
        } else {
            Err(Failure::OutcomeUnknown("the answer is about another license".to_owned()))
        }
    }

    /// Asks whether the plan can be ordered for this address, within the account's short limit.
    pub(crate) async fn check_ip(
        &self,
        dialect: &dyn Dialect,
        plan_code: &str,
        term: &Term,
        ip: IpAddr,
    ) -> IpCheck {
        let Some(call) = dialect.check_ip(plan_code, term, ip) else {
            return IpCheck::Unchecked;
        };
        // Somebody's curiosity never stands in the way of an order.
        let Some(_slot) = self.free_slot() else { return IpCheck::Unchecked };
        // Nor does it count: this limit is far shorter than an order's, and anybody may ask.
        if self.gate.breaker().is_open(self.clock.uptime()) {
            return IpCheck::Unchecked;
        }
        let limits = Limits { total: self.check_timeout, list: false };
        let exchange = self.sender.send(&self.endpoint, &self.credentials, &call, limits).await;
        match exchange.result {
            Err(_) => IpCheck::Unchecked,
            Ok(doc) => match doc.error() {
                // Our own login is no answer about the customer's address.
                Some(error) if error.kind == "auth" || error.kind == "access" => IpCheck::Unchecked,
                Some(error) => IpCheck::Refused(error.message),
                None => IpCheck::Free,
            },
        }
    }
}

impl UpstreamAccount {
    /// Asks for something that changes nothing; an answer that is an error counts as none.
    pub(crate) async fn ask(&self, call: &Call, list: bool) -> Result<upstream::Node, Failure> {
        let _slot = self.slot().await;
        let exchange = self.call(call, Limits { total: self.call_timeout, list }).await;
        let doc = exchange.result?;
        match doc.error() {
            Some(error) => Err(Failure::OutcomeUnknown(error.message)),
            None => Ok(doc),
        }
    }

    /// What the vendor charges in.
    pub(crate) const fn currency(&self) -> Currency {
        self.currency
    }
}

/// No money, in what the vendor charges.
pub(crate) async fn currency_in_tx(
    tx: &mut sqlx::PgConnection,
    account: Uuid,
) -> Result<Money, Error> {
    let code = sqlx::query_scalar!("select currency from upstream_account where id = $1", account)
        .fetch_one(tx)
        .await?;
    let currency = Currency::from_code(&code);
    let currency = currency.ok_or_else(|| Error::unreadable("upstream_account", &code))?;
    Ok(Money::zero(currency))
}

/// A vendor account to be created.
#[derive(Debug)]
pub struct NewUpstream<'a> {
    /// Short name.
    pub slug: &'a str,
    /// For people.
    pub name: &'a str,
    /// Where it listens.
    pub base_url: &'a str,
    /// Login.
    pub username: &'a str,
    /// Password; sealed before it is stored.
    pub password: &'a str,
    /// What the vendor charges in.
    pub currency: Currency,
    /// Seconds instead of minutes: for the simulator.
    pub fast: bool,
}

/// Creates the account, or points the existing one of this slug at the given address and login.
pub(crate) async fn put_in_tx(
    tx: &mut sqlx::PgConnection,
    key: &crate::secrets::MasterKey,
    new: &NewUpstream<'_>,
    now: OffsetDateTime,
) -> Result<Uuid, Error> {
    let known = sqlx::query_scalar!("select id from upstream_account where slug = $1", new.slug)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(id) = known {
        sqlx::query!(
            "update upstream_account set base_url = $2, username = $3, secret = $4 where id = $1",
            id,
            new.base_url,
            new.username,
            key.seal(id, new.password)?,
        )
        .execute(tx)
        .await?;
        return Ok(id);
    }
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into upstream_account (id, slug, name, base_url, username, secret, currency, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        new.slug,
        new.name,
        new.base_url,
        new.username,
        key.seal(id, new.password)?,
        new.currency.code(),
        now,
    )
    .execute(&mut *tx)
    .await?;
    if new.fast {
        sqlx::query!(
            "update upstream_account
                set connect_timeout_ms = 1000, call_timeout_ms = 4000, send_deadline_ms = 3000,
                    lease_ms = 9000, quiet_window_ms = 3000, second_sighting_ms = 1000,
                    undo_window_ms = 20000
              where id = $1",
            id,
        )
        .execute(tx)
        .await?;
    }
    Ok(id)
}
