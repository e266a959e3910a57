//! Our logins at vendors, and calls through them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::operation::OperationKind;
use domain::{Currency, Money};
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use upstream::Call;
use upstream::balance::BalanceFunction;
use upstream::dialect::Term;
use upstream::dialect::{Dialect, Item, Ordering, VendorLicense};
use upstream::outcome::{Evidence, Exchange, Failure};
use upstream::sender::{Credentials, Endpoint, Limits, Sender, Wire};
use upstream::{DialectKind, Listing, Names, Next, Role};
use uuid::Uuid;

use crate::operations::Purse;
use crate::{Error, Portal};

/// What all accounts share.
#[derive(Clone)]
pub struct Upstreams {
    pub(crate) loopback_allowed: bool,
    /// The way of all calls in a test; none is HTTP.
    wire: Option<Arc<dyn Wire>>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// One sender per connect timeout.
    senders: HashMap<i32, Sender>,
    /// One limit of concurrent calls per account, and another one when it is set otherwise.
    slots: HashMap<(Uuid, i16), Arc<Semaphore>>,
    /// What is known of our money per account.
    purses: HashMap<Uuid, Purse>,
}

/// A call in flight, or about to be.
pub(crate) type Slot = OwnedSemaphorePermit;

/// One login at a vendor with its limits.
#[derive(Debug, Clone)]
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
    slots: Arc<Semaphore>,
}

/// What an account says otherwise than its families do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Speech {
    /// Names of functions by family.
    names: BTreeMap<DialectKind, Names>,
    /// Orders of modules name the license that they are for.
    module_names_parent: bool,
}

impl Speech {
    pub(crate) fn read(
        functions: &BTreeMap<String, BTreeMap<String, String>>,
        module_names_parent: bool,
    ) -> Result<Self, Error> {
        let bad = |what: &str| Error::unreadable("upstream_account", format!("function {what}"));
        let mut names = BTreeMap::new();
        for (family, of) in functions {
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
        Ok(Self { names, module_names_parent })
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
    /// `loopback_allowed` lets accounts name this very machine: the simulator.
    #[must_use]
    pub fn new(loopback_allowed: bool) -> Self {
        Self { loopback_allowed, wire: None, shared: Arc::default() }
    }

    /// All calls go this way instead of over HTTP; for tests with a vendor in the same process.
    #[must_use]
    pub fn over(wire: Arc<dyn Wire>) -> Self {
        Self { loopback_allowed: true, wire: Some(wire), shared: Arc::default() }
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
        let sender = Sender::new(millis(connect_timeout_ms))
            .map_err(|error| Error::Machine(format!("no HTTP client: {error}")))?;
        shared.senders.insert(connect_timeout_ms, sender.clone());
        Ok(sender)
    }

    fn slots(&self, account: Uuid, most: i16) -> Arc<Semaphore> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let free = usize::try_from(most).unwrap_or(1);
        let slots = shared.slots.entry((account, most));
        Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(free))))
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
        let row =
            sqlx::query!("select * from upstream_account where id = $1", id).fetch_one(tx).await?;
        let bad = |what: &str| Error::unreadable("upstream_account", what);
        let endpoint = Endpoint::parse(&row.base_url, self.upstreams.loopback_allowed)
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
            )?,
            currency: Currency::from_code(&row.currency).ok_or_else(|| bad("currency"))?,
            check_timeout: millis(row.check_timeout_ms),
            endpoint,
            credentials: Credentials {
                username: row.username,
                password: self.key.open(id, &row.secret)?,
            },
            sender: self.upstreams.sender(row.connect_timeout_ms)?,
            slots: self.upstreams.slots(id, row.max_concurrency),
        })
    }
}

impl UpstreamAccount {
    /// A family as this account speaks it; none where a person does the work.
    pub(crate) fn dialect(&self, kind: DialectKind) -> Option<Box<dyn Dialect>> {
        let none = Names::new();
        let names = self.speech.names.get(&kind).unwrap_or(&none);
        kind.dialect(names, self.speech.module_names_parent)
    }

    /// Sends something that changes the vendor's books, once.
    pub(crate) async fn send(&self, call: &Call) -> Exchange {
        let limits = Limits { total: self.call_timeout, list: false };
        self.sender.send(&self.endpoint, &self.credentials, call, limits).await
    }

    /// Waits for a free slot before anything is promised; a held slot is a call in flight.
    pub(crate) async fn slot(&self) -> Result<Slot, Error> {
        Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(|_| Error::Machine("the vendor's slots are closed".to_owned()))
    }

    /// A slot if one is free now.
    pub(crate) fn free_slot(&self) -> Option<Slot> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// How much of our money the vendor has; none where it has no function that tells.
    pub(crate) async fn read_balance(&self) -> Option<Result<Money, Failure>> {
        let function = self.balance_function?;
        let _slot = self.slots.acquire().await;
        let limits = Limits { total: self.call_timeout, list: false };
        let call = function.call();
        let exchange = self.sender.send(&self.endpoint, &self.credentials, &call, limits).await;
        Some(exchange.result.and_then(|doc| {
            match doc.error() {
                Some(error) => Err(Failure::OutcomeUnknown(error.message)),
                None => function
                    .read(&doc, self.currency)
                    .map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string())),
            }
        }))
    }

    /// The unpaid items in the basket.
    pub(crate) async fn basket(&self, dialect: &dyn Dialect) -> Result<Vec<Item>, Failure> {
        let _slot = self.slots.acquire().await;
        let limits = Limits { total: self.call_timeout, list: true };
        let call = dialect.basket();
        let exchange = self.sender.send(&self.endpoint, &self.credentials, &call, limits).await;
        let doc = exchange.result?;
        if let Some(error) = doc.error() {
            return Err(Failure::OutcomeUnknown(format!("the basket: {}", error.message)));
        }
        dialect.read_basket(&doc).map_err(|unclear| Failure::OutcomeUnknown(unclear.to_string()))
    }

    /// Reads the vendor's whole list. One that cannot be read wholly proves nothing and is an
    /// error.
    pub(crate) async fn list(
        &self,
        dialect: &dyn Dialect,
    ) -> Result<(Vec<VendorLicense>, Evidence), Failure> {
        /// 100,000 licenses; a list that never ends is a broken vendor.
        const MOST_PAGES: u32 = 1000;
        let _slot = self.slots.acquire().await;
        if let Some(call) = dialect.before_list() {
            let limits = Limits { total: self.call_timeout, list: false };
            let exchange = self.sender.send(&self.endpoint, &self.credentials, &call, limits).await;
            let doc = exchange.result?;
            if doc.error().is_some() || !doc.is_ok() {
                let why = "the list's filter cannot be taken away";
                return Err(Failure::OutcomeUnknown(why.to_owned()));
            }
        }
        let mut listing = Listing::default();
        for page in 1..=MOST_PAGES {
            let limits = Limits { total: self.call_timeout, list: true };
            let call = dialect.list(page);
            let exchange = self.sender.send(&self.endpoint, &self.credentials, &call, limits).await;
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
        let _slot = self.slots.acquire().await;
        let limits = Limits { total: self.call_timeout, list: false };
        let exchange =
            self.sender.send(&self.endpoint, &self.credentials, &dialect.view(id), limits).await;
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
        let Ok(_slot) = self.slots.try_acquire() else { return IpCheck::Unchecked };
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
        let _slot = self.slots.acquire().await;
        let limits = Limits { total: self.call_timeout, list };
        let exchange = self.sender.send(&self.endpoint, &self.credentials, call, limits).await;
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
