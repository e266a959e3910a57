//! The handle for tests, and the life of one call.
//!
//! A call goes through these steps: it is logged and draws its faults and gates; it stands at a gate
//! *before*; it is carried out, unless its fault prevents that; it stands at a gate *after*; its
//! answer is delayed, spoilt or withheld. The books are locked only inside a step.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use time::{Date, OffsetDateTime};
use tokio::sync::{Notify, watch};

use crate::catalogue::Plan;
use crate::faults::{
    Course, Fault, FaultView, Faults, Gate, GateInner, GatePoint, Gates, Times, Twists,
};
use crate::model::{
    Account, Ask, Books, Debit, Landing, LicenseView, NewLicense, SimConfig, Status, World,
};
use crate::wire::{Answer, Generation, Lang, Node, Out, Params, Refusal, XML_DECLARATION};
use crate::{account, addition, external, parallels, platform, service, soft, software};

/// A running vendor, seen from behind the counter. Clones are the same vendor.
#[derive(Clone, Debug)]
pub struct Sim {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    desk: Mutex<Desk>,
    changed: Notify,
    closed: watch::Sender<bool>,
}

/// Everything behind the lock.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) faults: Faults,
    pub(crate) gates: Gates,
    pub(crate) calls: VecDeque<CallView>,
    counts: BTreeMap<String, Counts>,
    /// The last right document of each user and function, for [`Fault::RepeatedAnswer`].
    last_answers: BTreeMap<(String, String), String>,
    last_seq: u64,
    saved_revision: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    arrived: usize,
    executed: usize,
    answered: usize,
}

/// One call to the vendor's API, as the log remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// Number of the call, counted from one.
    pub seq: u64,
    /// When it arrived, by the simulator's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// HTTP method.
    pub method: String,
    /// Path of the URL.
    pub path: String,
    /// The function; empty when none was named.
    pub func: String,
    /// All parameters, with passwords replaced by `***`.
    pub params: BTreeMap<String, String>,
    /// Names of the faults that hit it.
    pub faults: Vec<String>,
    /// True once the function ran to a success, so that whatever it does is done. False when it was
    /// refused, and when it never ran.
    pub executed: bool,
    /// What the client was given.
    pub answer: AnswerKind,
}

impl CallView {
    /// Who called, as far as the call said it.
    pub fn user(&self) -> &str {
        let login = self.params.get("authinfo").map_or("", String::as_str);
        login.split_once(':').map_or("", |(user, _)| user)
    }
}

/// What a client was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// The call is still under way, or held at a gate.
    Pending,
    /// The right document.
    Document,
    /// An error document of this type.
    Error(String),
    /// Not a byte.
    Nothing,
    /// An HTTP error of this status.
    Http(u16),
    /// HTTP 200 with something that is not the right document; the name of the fault.
    Spoilt(String),
}

/// What somebody did at the vendor's own site, past the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// Stopped it.
    Suspend,
    /// Started it.
    Resume,
    /// Removed it.
    Delete,
    /// Moved it to another address, without the monthly limit.
    Move(String),
    /// Gave it another name.
    Rename(String),
    /// Set the day it runs out.
    Expire(Date),
    /// Switched the vendor's own renewal on or off.
    Autoprolong(Option<i32>),
}

/// A license that somebody buys at the vendor's own site, past the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Whose account pays.
    pub user: String,
    /// The wire's `pricelist`.
    pub plan: u32,
    /// Months, or -100 for a trial.
    pub period: i32,
    /// Address of the server.
    pub ip: String,
    /// Name of the license.
    pub licname: String,
}

impl Sim {
    /// Opens the books without serving them; [`crate::start`] does both.
    pub(crate) fn open(config: SimConfig) -> io::Result<Self> {
        let earlier = match &config.state_file {
            Some(file) => load(file)?,
            None => None,
        };
        let desk = Desk {
            world: World::new(config, earlier),
            faults: Faults::default(),
            gates: Gates::default(),
            calls: VecDeque::new(),
            counts: BTreeMap::new(),
            last_answers: BTreeMap::new(),
            last_seq: 0,
            saved_revision: 0,
        };
        let inner = Inner {
            desk: Mutex::new(desk),
            changed: Notify::new(),
            closed: watch::Sender::new(false),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Lets a fault wait for calls of `func`, or of any function for `*`; with a `!` behind the name
    /// only for calls that confirm a change. Returns its number.
    pub fn add_fault(&self, func: &str, fault: Fault, times: Times) -> u64 {
        self.with(|desk| desk.faults.add(func, fault, times))
    }

    /// Takes back one fault. False when it does not wait any more.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.with(|desk| desk.faults.remove(id))
    }

    /// Takes back every fault that still waits. Calls that already drew one are not helped.
    pub fn clear_faults(&self) {
        self.with(|desk| desk.faults.clear());
    }

    /// The faults that still wait.
    pub fn faults(&self) -> Vec<FaultView> {
        self.with(|desk| desk.faults.views())
    }

    /// Closes a gate for the next call of `func`, or of any function for `*`.
    #[must_use = "dropping a gate opens it"]
    pub fn gate(&self, func: &str, point: GatePoint) -> Gate {
        Gate { inner: self.with(|desk| desk.gates.close(func, point)) }
    }

    /// Every license and unpaid item there ever was, by number, the deleted ones with their status.
    pub fn licenses(&self) -> Vec<LicenseView> {
        self.with(|desk| desk.world.books.licenses.values().cloned().collect())
    }

    /// The licenses that are paid for and not gone.
    pub fn live_licenses(&self) -> Vec<LicenseView> {
        let mut licenses = self.licenses();
        licenses.retain(|license| license.status.is_live());
        licenses
    }

    /// One license.
    pub fn license(&self, id: u64) -> Option<LicenseView> {
        self.with(|desk| desk.world.books.licenses.get(&id).cloned())
    }

    /// Every debit so far. Their sum is what the balances have lost, but for changes by hand.
    pub fn debits(&self) -> Vec<Debit> {
        self.with(|desk| desk.world.books.debits.clone())
    }

    /// The accounts with their balances.
    pub fn accounts(&self) -> Vec<Account> {
        self.with(|desk| desk.world.books.accounts.clone())
    }

    /// The balance in ten-thousandths; zero for an unknown user.
    pub fn balance(&self, user: &str) -> i64 {
        self.with(|desk| desk.world.account(user).map_or(0, |account| account.balance))
    }

    /// Sets the balance, as a top-up or a correction by hand would. Negative counts as zero.
    pub fn set_balance(&self, user: &str, balance: i64) {
        self.with(|desk| {
            if let Some(account) = desk.world.account_mut(user) {
                account.balance = balance.max(0);
            }
        });
    }

    /// Opens or closes the sale of a plan: for new orders, and for renewals.
    pub fn set_sale(&self, plan: u32, orderable: bool, renewable: bool) {
        self.with(|desk| desk.world.set_sale(plan, orderable, renewable));
    }

    /// The catalogue with its present costs and sales.
    pub fn plans(&self) -> Vec<Plan> {
        self.with(|desk| desk.world.plans())
    }

    /// Changes what a month of a plan costs from now on.
    pub fn set_month_cost(&self, plan: u32, month_cost: i64) {
        self.with(|desk| {
            desk.world.books.month_costs.insert(plan, month_cost.max(0));
            desk.world.touch();
        });
    }

    /// Changes a license past the API. Returns false when there is no such license.
    pub fn by_hand(&self, license: u64, change: ByHand) -> bool {
        self.with(|desk| {
            let now = desk.world.now();
            let Ok(license) = desk.world.license_mut(license) else { return false };
            match change {
                ByHand::Suspend => {
                    license.status = Status::Suspended;
                    license.suspended = Some(now);
                }
                ByHand::Resume => {
                    license.status = Status::Active;
                    license.suspended = None;
                }
                ByHand::Delete => license.status = Status::Deleted,
                ByHand::Move(ip) => license.ip = ip,
                ByHand::Rename(licname) => license.licname = licname,
                ByHand::Expire(date) => license.expires = date,
                ByHand::Autoprolong(period) => license.autoprolong = period,
            }
            true
        })
    }

    /// Buys a license past the API, with a debit. Returns its number, or `None` when the rules refuse.
    pub fn buy_by_hand(&self, purchase: &Purchase) -> Option<u64> {
        self.with(|desk| {
            let plans = desk.world.offers(&purchase.user);
            let plan = plans.into_iter().find(|plan| plan.code == purchase.plan)?;
            let params = Params::default();
            let ask = Ask {
                user: &purchase.user,
                params: &params,
                lang: Lang::En,
                twists: Twists::default(),
                now: desk.world.now(),
            };
            let new = NewLicense {
                family: plan.family.clone(),
                plan: purchase.plan,
                period: purchase.period,
                ip: purchase.ip.clone(),
                remoteip: String::new(),
                licname: purchase.licname.clone(),
                remoteid: String::new(),
                autoprolong: None,
                addons: plan.base_addons(),
                comment: String::new(),
                item: None,
                details: BTreeMap::new(),
            };
            desk.world.order(&ask, &new, true).ok().map(|(id, _)| id)
        })
    }

    /// The log of calls, oldest first, as far as it reaches back.
    pub fn calls(&self) -> Vec<CallView> {
        self.with(|desk| desk.calls.iter().cloned().collect())
    }

    /// The logged calls of one function.
    pub fn calls_of(&self, func: &str) -> Vec<CallView> {
        let mut calls = self.calls();
        calls.retain(|call| call.func == func);
        calls
    }

    /// Waits until at least `count` calls of `func` (or of all functions for `*`) have arrived since
    /// the start. A call has arrived before any of its faults and gates.
    pub async fn wait_for_call(&self, func: &str, count: usize) {
        self.wait_until(|desk| desk.count(func).arrived >= count).await;
    }

    /// Waits until at least `count` calls of `func` (or of all functions for `*`) were executed.
    pub async fn wait_for_executed(&self, func: &str, count: usize) {
        self.wait_until(|desk| desk.count(func).executed >= count).await;
    }

    /// Waits until the simulator has decided what at least `count` calls of `func` (or of all functions
    /// for `*`) get to see, be it nothing.
    pub async fn wait_for_answered(&self, func: &str, count: usize) {
        self.wait_until(|desk| desk.count(func).answered >= count).await;
    }

    async fn wait_until(&self, reached: impl Fn(&Desk) -> bool) {
        loop {
            // Made before the look, so a change between look and wait is not lost.
            let changed = self.inner.changed.notified();
            if self.with(|desk| reached(desk)) {
                return;
            }
            changed.await;
        }
    }

    /// Moves the clock forward and lets everything happen that falls due.
    pub fn advance_clock(&self, by: Duration) {
        self.with(|desk| {
            desk.world.advance(by);
            desk.settle();
        });
        self.inner.changed.notify_waiters();
    }

    /// Sets the clock, from where it then goes on as before. Going forward lets everything happen that
    /// falls due; going back takes nothing back.
    pub fn set_clock(&self, at: OffsetDateTime) {
        self.with(|desk| {
            desk.world.set_clock(at);
            desk.settle();
        });
        self.inner.changed.notify_waiters();
    }

    /// The simulator's time, in UTC.
    pub fn now(&self) -> OffsetDateTime {
        self.with(|desk| desk.world.now())
    }

    /// Locks the books, lets time pass, and keeps what changed.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&mut Desk) -> R) -> R {
        let mut desk = self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let executed = desk.settle();
        let result = look(&mut desk);
        desk.save();
        drop(desk);
        if executed {
            self.inner.changed.notify_waiters();
        }
        result
    }

    /// Landings happen when somebody looks; this makes sure that somebody does.
    fn look_again(&self, after: Duration) {
        let sim = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = sim.closed() => {}
                () = tokio::time::sleep(after) => sim.with(|_| ()),
            }
        });
    }

    pub(crate) fn close(&self) {
        self.inner.closed.send_replace(true);
    }

    pub(crate) async fn closed(&self) {
        let mut closed = self.inner.closed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = closed.wait_for(|closed| *closed).await;
    }

    /// Carries one call through all its steps.
    pub(crate) async fn serve(&self, call: Call) -> Reply {
        let (seq, course, gates) = self.with(|desk| desk.arrive(&call));
        self.inner.changed.notify_waiters();

        pass(&gates, GatePoint::Before).await;
        let answer = match &course.ending {
            Some(fault) if fault.prevents() => None,
            Some(Fault::LateLanding { ms, .. }) => {
                self.with(|desk| desk.land_later(seq, &call, *ms));
                self.look_again(Duration::from_millis(*ms));
                None
            }
            _ => Some(self.with(|desk| desk.execute_now(seq, &call, course.twists))),
        };
        self.inner.changed.notify_waiters();
        pass(&gates, GatePoint::After).await;
        if course.twists.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(course.twists.delay_ms)).await;
        }

        let ending = course.ending.as_ref();
        let farewell = matches!(&answer, Some(Err(refusal)) if refusal.kind == "auth")
            && Generation::of(&call.func) == Generation::Four
            && self.with(|desk| desk.world.config.legacy_authfail);
        // A long list is written while others go on.
        let (text, kind) = written(&call, answer, farewell);
        let reply = self.with(|desk| {
            let before = desk.remember(&call, &text, &kind);
            let (reply, kind) = shape(ending, text, kind, before, &call);
            desk.answered(seq, &call.func, kind);
            reply
        });
        self.inner.changed.notify_waiters();
        reply
    }
}

async fn pass(gates: &[Arc<GateInner>], point: GatePoint) {
    for gate in gates.iter().filter(|gate| gate.point == point) {
        gate.pass().await;
    }
}

/// A call as it came over HTTP.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) func: String,
    pub(crate) params: Params,
    /// `None` keeps the language of the settings.
    pub(crate) lang: Lang,
    pub(crate) out: Option<Out>,
}

/// What the connection does in the end.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        content_type: &'static str,
        retry_after: bool,
        body: Vec<u8>,
        /// The body comes in pieces, with this pause before each.
        drip: Option<Duration>,
    },
    /// Reset the connection.
    Reset,
    /// Say nothing until the client leaves.
    Silence,
}

impl Desk {
    fn arrive(&mut self, call: &Call) -> (u64, Course, Vec<Arc<GateInner>>) {
        self.last_seq += 1;
        let seq = self.last_seq;
        let confirmed = call.params.confirmed();
        let course = self.faults.take(&call.func, confirmed);
        let gates = self.gates.take(&call.func, confirmed);
        self.counts.entry(call.func.clone()).or_default().arrived += 1;
        self.calls.push_back(CallView {
            seq,
            at: self.world.now(),
            method: call.method.clone(),
            path: call.path.clone(),
            func: call.func.clone(),
            params: call.params.redacted(),
            faults: course.names.iter().map(ToString::to_string).collect(),
            executed: false,
            answer: AnswerKind::Pending,
        });
        while self.calls.len() > self.world.config.call_log {
            self.calls.pop_front();
        }
        (seq, course, gates)
    }

    fn count(&self, func: &str) -> Counts {
        if func != "*" {
            return self.counts.get(func).copied().unwrap_or_default();
        }
        self.counts.values().fold(Counts::default(), |sum, counts| Counts {
            arrived: sum.arrived + counts.arrived,
            executed: sum.executed + counts.executed,
            answered: sum.answered + counts.answered,
        })
    }

    /// Who calls. The price list is open to everybody, as panels ask for it without a login.
    fn sign_in(&self, call: &Call) -> Result<String, Refusal> {
        match (call.params.sent("authinfo"), self.world.books.accounts.first()) {
            (Some(authinfo), _) => self.world.sign_in(authinfo),
            (None, Some(first)) if call.func == "pricelist.export" => Ok(first.user.clone()),
            (None, _) => Err(Refusal::bad_password()),
        }
    }

    fn execute_now(&mut self, seq: u64, call: &Call, twists: Twists) -> Answer {
        let user = self.sign_in(call)?;
        if call.func.is_empty() {
            return Err(Refusal::missed("func", ""));
        }
        if call.out.is_none() {
            let out = call.params.word("out").unwrap_or_default();
            return Err(Refusal::value("out", out, "the simulator does not speak this format"));
        }
        let now = self.world.now();
        let ask = Ask { user: &user, params: &call.params, lang: call.lang, twists, now };
        let mut doc = self.execute(seq, &call.func, &ask)?;
        if call.out == Some(Out::XJson) && !doc.has("user") {
            doc.push(account::user(&self.world, &ask));
        }
        Ok(doc)
    }

    fn execute(&mut self, seq: u64, func: &str, ask: &Ask) -> Answer {
        let world = &mut self.world;
        let answer = account::answer(world, ask, func)
            .or_else(|| service::answer(world, ask, func))
            .or_else(|| soft::answer(world, ask, func))
            .or_else(|| platform::answer(world, ask, func))
            .or_else(|| external::answer(world, ask, func))
            .or_else(|| parallels::answer(world, ask, func))
            .or_else(|| addition::answer(world, ask, func))
            .or_else(|| software::answer(world, ask, func))
            .unwrap_or_else(|| Err(Refusal::missed("func", func)));
        if answer.is_ok() {
            self.counts.entry(func.to_owned()).or_default().executed += 1;
            if let Some(call) = self.logged(seq) {
                call.executed = true;
            }
        }
        answer
    }

    /// Keeps a right document for the next call of the same user to the same function, in the same
    /// format, and returns the one before it. A view and the change it leads to are two.
    fn remember(&mut self, call: &Call, text: &str, kind: &AnswerKind) -> Option<String> {
        if *kind != AnswerKind::Document {
            return None;
        }
        let login = call.params.sent("authinfo").unwrap_or_default();
        let user = login.split(':').next().unwrap_or_default().to_owned();
        let what = format!("{} {:?} {}", call.func, call.out, call.params.confirmed());
        self.last_answers.insert((user, what), text.to_owned())
    }

    fn logged(&mut self, seq: u64) -> Option<&mut CallView> {
        let first = self.calls.front()?.seq;
        let index = usize::try_from(seq.checked_sub(first)?).ok()?;
        self.calls.get_mut(index)
    }

    fn answered(&mut self, seq: u64, func: &str, kind: AnswerKind) {
        self.counts.entry(func.to_owned()).or_default().answered += 1;
        if let Some(call) = self.logged(seq) {
            call.answer = kind;
        }
    }

    fn land_later(&mut self, seq: u64, call: &Call, ms: u64) {
        // Nobody waits for the answer, so a wrong login simply leads to nothing.
        let Ok(user) = self.sign_in(call) else { return };
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        let now = self.world.now();
        self.world.books.landings.push(Landing {
            due: now.checked_add(time::Duration::milliseconds(ms)).unwrap_or(now),
            seq,
            func: call.func.clone(),
            user,
            params: call.params.redacted(),
        });
        self.world.touch();
    }

    /// Lets late calls land and time pass, in order. True when a call was carried out.
    fn settle(&mut self) -> bool {
        let now = self.world.now();
        let mut landed = false;
        loop {
            let landings = self.world.books.landings.iter().enumerate();
            let next = landings
                .filter(|(_, landing)| landing.due <= now)
                .min_by_key(|(_, landing)| (landing.due, landing.seq))
                .map(|(index, _)| index);
            let Some(index) = next else { break };
            let landing = self.world.books.landings.remove(index);
            self.world.touch();
            self.world.pass_time(landing.due);
            let params = Params::from_map(landing.params);
            let ask = Ask {
                user: &landing.user,
                params: &params,
                lang: Lang::En,
                twists: Twists::default(),
                now: landing.due,
            };
            // Nobody is left to be told how it went; the log knows.
            let _ = self.execute(landing.seq, &landing.func, &ask);
            landed = true;
        }
        self.world.pass_time(now);
        landed
    }

    /// Writes the books if they changed. A failure is reported and the simulator goes on: it is a
    /// test tool, and its memory is still right.
    fn save(&mut self) {
        if self.saved_revision == self.world.revision {
            return;
        }
        self.saved_revision = self.world.revision;
        let Some(file) = &self.world.config.state_file else { return };
        if let Err(error) = store(file, &self.world.books) {
            tracing::error!(file = %file.display(), %error, "cannot keep the simulator's state");
        }
    }
}

fn load(file: &Path) -> io::Result<Option<Books>> {
    match std::fs::read(file) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes beside the file and renames, so that a kill at any moment leaves one of the two whole.
fn store(file: &Path, books: &Books) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".tmp");
    std::fs::write(&beside, serde_json::to_vec(books)?)?;
    std::fs::rename(&beside, file)
}

const HTML: &str = "text/html; charset=UTF-8";
const ERROR_PAGE: &str = "<!doctype html>\n<html><head><title>Error</title></head>\
    <body><center><h1>Something went wrong</h1></center><hr><center>nginx</center></body></html>\n";
const LOGIN_PAGE: &str = "<!doctype html>\n<html><head><title>Sign in</title></head>\
    <body><form method=\"post\"><input name=\"username\"><input name=\"password\" \
    type=\"password\"><br></form></body></html>\n";

/// The text of an answer, and what it is; empty for no answer. A `farewell` is how BILLmanager 4 says
/// that the login is wrong.
fn written(call: &Call, answer: Option<Answer>, farewell: bool) -> (String, AnswerKind) {
    let out = call.out.unwrap_or(Out::Xml);
    match answer {
        Some(Ok(doc)) => (out.write(&doc), AnswerKind::Document),
        Some(Err(refusal)) => {
            let kind = AnswerKind::Error(refusal.kind.clone());
            let doc = if farewell {
                Node::doc().with(Node::new("authfail"))
            } else {
                refusal.into_doc(call.lang, Generation::of(&call.func))
            };
            (out.write(&doc), kind)
        }
        None => (String::new(), AnswerKind::Nothing),
    }
}

/// Turns what happened into what the client gets to see. `text` is the right answer, `right` what it
/// is, and `before` the answer to an earlier call of the same kind.
fn shape(
    ending: Option<&Fault>,
    text: String,
    right: AnswerKind,
    before: Option<String>,
    call: &Call,
) -> (Reply, AnswerKind) {
    let out = call.out.unwrap_or(Out::Xml);
    let page = |status: u16, page: &str| Reply::Answer {
        status,
        content_type: HTML,
        retry_after: status == 429,
        body: page.as_bytes().to_vec(),
        drip: None,
    };
    let document = |body: Vec<u8>| Reply::Answer {
        status: 200,
        content_type: out.content_type(),
        retry_after: false,
        body,
        drip: None,
    };
    let Some(fault) = ending else { return (document(text.into_bytes()), right) };
    let spoilt = AnswerKind::Spoilt(fault.name().to_owned());
    match fault {
        Fault::HangBefore | Fault::HangAfter | Fault::LateLanding { hang: true, .. } => {
            (Reply::Silence, AnswerKind::Nothing)
        }
        Fault::ResetBefore | Fault::ResetAfter | Fault::LateLanding { hang: false, .. } => {
            (Reply::Reset, AnswerKind::Nothing)
        }
        Fault::HttpBefore { status } | Fault::HttpAfter { status } => {
            (page(*status, ERROR_PAGE), AnswerKind::Http(*status))
        }
        Fault::TooMany => (page(429, ERROR_PAGE), AnswerKind::Http(429)),
        Fault::GarbageBefore | Fault::GarbageAfter => (page(200, LOGIN_PAGE), spoilt),
        Fault::EmptyBody => (document(Vec::new()), spoilt),
        Fault::TruncatedXml => {
            let half = text.len() / 2;
            (document(text.into_bytes().into_iter().take(half).collect()), spoilt)
        }
        Fault::WrongCharset => {
            // A Cyrillic word in windows-1251, which is no UTF-8, right behind the opening tag.
            (document(insert(&text, b"\xcf\xf0\xe8\xe2\xe5\xf2", out)), spoilt)
        }
        Fault::Drip { ms } => {
            let reply = Reply::Answer {
                status: 200,
                content_type: out.content_type(),
                retry_after: false,
                body: text.into_bytes(),
                drip: Some(Duration::from_millis(*ms)),
            };
            (reply, spoilt)
        }
        Fault::HugeBody { bytes } => (document(insert(&text, &vec![b' '; *bytes], out)), spoilt),
        Fault::EntityBomb => (document(bomb(&text)), spoilt),
        Fault::ErrorDoc { kind } | Fault::ErrorAfterDebit { kind } => {
            let refusal = Refusal::new(
                kind,
                "simulator",
                "",
                "An internal error has occurred",
                "Произошла внутренняя ошибка",
            );
            let doc = refusal.into_doc(call.lang, Generation::of(&call.func));
            (document(out.write(&doc).into_bytes()), AnswerKind::Error(kind.clone()))
        }
        Fault::DoubledAnswer => (document([text.as_str(), &text].concat().into_bytes()), spoilt),
        Fault::RepeatedAnswer => match before {
            Some(before) => (document(before.into_bytes()), spoilt),
            None => (document(text.into_bytes()), right),
        },
        // Twists are never an ending.
        _ => (document(text.into_bytes()), right),
    }
}

/// Puts bytes into the document where text may stand.
fn insert(text: &str, bytes: &[u8], out: Out) -> Vec<u8> {
    let end = match out {
        Out::Xml => "</doc>",
        Out::Json | Out::XJson | Out::BJson => "}",
    };
    let at = text.rfind(end).unwrap_or(text.len());
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    [head.as_bytes(), bytes, tail.as_bytes()].concat()
}

/// Ten levels of ten references each: ten thousand million times the last word.
fn bomb(text: &str) -> Vec<u8> {
    let mut bomb = format!("{XML_DECLARATION}<!DOCTYPE doc [\n<!ENTITY a0 \"ha\">\n");
    for level in 1..=10 {
        let references = format!("&a{};", level - 1).repeat(10);
        let _ = writeln!(bomb, "<!ENTITY a{level} \"{references}\">");
    }
    bomb.push_str("]>\n");
    let body = text.strip_prefix(XML_DECLARATION).unwrap_or(text);
    bomb.push_str(&body.replacen("</doc>", "<note>&a10;</note></doc>", 1));
    bomb.into_bytes()
}
