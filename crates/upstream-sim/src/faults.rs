//! What can go wrong between a client and its vendor.
//!
//! Every fault says whether the call was *executed*: whether the license exists and the money is gone
//! when the client is left with its puzzle. A fault is either an **ending**, which replaces what the
//! client receives (one per call, the first that matches), or a **twist**, which changes how the call
//! is carried out or answered (any number per call). [`Fault::is_twist`] tells them apart.
//!
//! A fault whose text says *executed* carries the call out as usual; when the rules refuse the call
//! (bad password, taken address, low balance), then nothing happened in spite of it, and the log of
//! calls says `executed: false`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// One way to fail. In JSON: `{"fault":"reset_after"}`, `{"fault":"slow","ms":200}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Executed at once; the right answer comes `ms` milliseconds of real time later. Twist.
    Slow {
        /// Delay of the answer.
        ms: u64,
    },
    /// **Not executed.** No byte of an answer; the connection stays open until the client leaves.
    #[serde(alias = "hang")]
    HangBefore,
    /// **Executed.** No byte of an answer; the connection stays open until the client leaves.
    HangAfter,
    /// **Not executed.** The connection is reset (TCP RST) before any byte of an answer.
    ResetBefore,
    /// **Executed**, then the connection is reset before any byte of an answer.
    ResetAfter,
    /// **Not executed.** An HTTP error of this status with an HTML body.
    HttpBefore {
        /// HTTP status, 500 when left out.
        #[serde(default = "internal_error")]
        status: u16,
    },
    /// **Executed**, then an HTTP error of this status with an HTML body.
    HttpAfter {
        /// HTTP status, 500 when left out.
        #[serde(default = "internal_error")]
        status: u16,
    },
    /// **Not executed.** HTTP 429 with `Retry-After: 1` and an HTML body.
    TooMany,
    /// **Not executed.** HTTP 200 with an HTML page instead of a document, as a login page would be.
    GarbageBefore,
    /// **Executed**, then HTTP 200 with an HTML page instead of the document.
    GarbageAfter,
    /// **Executed**, then HTTP 200 with an empty body.
    EmptyBody,
    /// **Executed**, then the first half of the right answer as a complete HTTP message.
    TruncatedXml,
    /// **Executed**, then a document that declares UTF-8 and carries windows-1251 bytes.
    WrongCharset,
    /// **Executed**, then the right answer, padded to more than this many bytes.
    HugeBody {
        /// Size of the padding, 20 MiB when left out.
        #[serde(default = "twenty_mebibytes")]
        bytes: usize,
    },
    /// **Executed**, then the right answer behind a document type with exponential entities.
    EntityBomb,
    /// **Executed**, then the right answer, whole but a few bytes at a time: `ms` milliseconds of real
    /// time pass before each piece, so that a client that only waits for the next byte waits for very
    /// long.
    Drip {
        /// Pause before each piece, 200 when left out.
        #[serde(default = "fifth_of_a_second")]
        ms: u64,
    },
    /// **Not executed.** An error document of this type.
    ErrorDoc {
        /// Value of the `type` attribute, `internal` when left out; the functions of the old generation
        /// answer with its number, or with this if it is one.
        #[serde(default = "internal", alias = "type")]
        kind: String,
    },
    /// **Executed** (the money is debited, the license exists), then an error document of this type.
    ErrorAfterDebit {
        /// Value of the `type` attribute, `internal` when left out; the functions of the old generation
        /// answer with its number, or with this if it is one.
        #[serde(default = "internal", alias = "type")]
        kind: String,
    },
    /// **Executed**, then the right document twice in one body.
    DoubledAnswer,
    /// **Executed**, then the right document of an earlier call: the last one that the same user had
    /// from the same function, confirmed or not as this one is. The right answer when there is none.
    /// This is how a cache on the way fails, and the only fault whose answer can be believed and is
    /// wrong.
    RepeatedAnswer,
    /// **Executed later**: the call is carried out when the simulator's clock has moved on by `ms`.
    /// The client gets a reset connection at once, or with `hang` silence until it leaves. Twists of
    /// the same call are lost.
    LateLanding {
        /// Delay on the simulator's clock, which [`crate::Sim::advance_clock`] moves.
        ms: u64,
        /// Leave the client waiting instead of resetting the connection.
        #[serde(default)]
        hang: bool,
    },
    /// **Executed twice** by one call to an order function: two licenses, two debits, and an answer
    /// that names the first. Twist.
    DuplicateOrder,
    /// A paid call is refused for lack of money although the balance would suffice, so it is **not
    /// executed**; a function that shows the balance shows zero. Twist.
    LowBalance,
    /// Executed. A license ordered by this call has no key in its first `views` views. Twist.
    KeyEmpty {
        /// How many views show an empty key.
        views: u32,
    },
    /// Executed. A license ordered by this call is shown as being processed (status 5), and without a
    /// key, until the simulator's clock has moved on by `ms`; it is paid for all the same. Twist.
    Processing {
        /// Delay on the simulator's clock.
        ms: u64,
    },
    /// Executed. A license ordered by this call is missing from the list (not from its view by id)
    /// until the simulator's clock has moved on by `ms` **and** `lists` lists were answered. Twist.
    ListLag {
        /// Delay on the simulator's clock.
        #[serde(default)]
        ms: u64,
        /// Number of lists without it.
        #[serde(default)]
        lists: u32,
    },
    /// Executed as usual; dates and times in this answer are shifted by this many seconds. Twist.
    ClockSkew {
        /// Shift, negative for a vendor whose clock is slow.
        seconds: i64,
    },
}

impl Fault {
    /// One of each fault, with parameters that a test can wait for. Tests that are to meet every fault
    /// at every step of something go by this list, so that what is added here is met by all of them.
    pub fn all() -> Vec<Self> {
        let kind = internal;
        vec![
            Self::Slow { ms: 100 },
            Self::HangBefore,
            Self::HangAfter,
            Self::ResetBefore,
            Self::ResetAfter,
            Self::HttpBefore { status: 502 },
            Self::HttpAfter { status: 500 },
            Self::TooMany,
            Self::GarbageBefore,
            Self::GarbageAfter,
            Self::EmptyBody,
            Self::TruncatedXml,
            Self::WrongCharset,
            Self::HugeBody { bytes: twenty_mebibytes() },
            Self::EntityBomb,
            Self::Drip { ms: fifth_of_a_second() },
            Self::ErrorDoc { kind: kind() },
            Self::ErrorAfterDebit { kind: kind() },
            Self::LateLanding { ms: 150, hang: false },
            Self::DuplicateOrder,
            Self::LowBalance,
            Self::KeyEmpty { views: 2 },
            Self::ListLag { ms: 200, lists: 0 },
            Self::ClockSkew { seconds: 90_000 },
            Self::DoubledAnswer,
            Self::RepeatedAnswer,
            Self::Processing { ms: 200 },
        ]
    }

    /// True for a fault that goes together with others and with a readable answer.
    pub fn is_twist(&self) -> bool {
        matches!(
            self,
            Self::Slow { .. }
                | Self::DuplicateOrder
                | Self::LowBalance
                | Self::KeyEmpty { .. }
                | Self::Processing { .. }
                | Self::ListLag { .. }
                | Self::ClockSkew { .. }
        )
    }

    /// True when a call with this ending is never carried out.
    pub(crate) fn prevents(&self) -> bool {
        matches!(
            self,
            Self::HangBefore
                | Self::ResetBefore
                | Self::HttpBefore { .. }
                | Self::TooMany
                | Self::GarbageBefore
                | Self::ErrorDoc { .. }
        )
    }

    /// The name as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Slow { .. } => "slow",
            Self::HangBefore => "hang_before",
            Self::HangAfter => "hang_after",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::HttpBefore { .. } => "http_before",
            Self::HttpAfter { .. } => "http_after",
            Self::TooMany => "too_many",
            Self::GarbageBefore => "garbage_before",
            Self::GarbageAfter => "garbage_after",
            Self::EmptyBody => "empty_body",
            Self::TruncatedXml => "truncated_xml",
            Self::WrongCharset => "wrong_charset",
            Self::HugeBody { .. } => "huge_body",
            Self::EntityBomb => "entity_bomb",
            Self::Drip { .. } => "drip",
            Self::ErrorDoc { .. } => "error_doc",
            Self::ErrorAfterDebit { .. } => "error_after_debit",
            Self::DoubledAnswer => "doubled_answer",
            Self::RepeatedAnswer => "repeated_answer",
            Self::LateLanding { .. } => "late_landing",
            Self::DuplicateOrder => "duplicate_order",
            Self::LowBalance => "low_balance",
            Self::KeyEmpty { .. } => "key_empty",
            Self::Processing { .. } => "processing",
            Self::ListLag { .. } => "list_lag",
            Self::ClockSkew { .. } => "clock_skew",
        }
    }
}

/// The names of all faults and the parameter each one takes, for the control page.
pub(crate) const FAULTS: [(&str, &str); 27] = [
    ("slow", "ms"),
    ("hang_before", ""),
    ("hang_after", ""),
    ("reset_before", ""),
    ("reset_after", ""),
    ("http_before", "status"),
    ("http_after", "status"),
    ("too_many", ""),
    ("garbage_before", ""),
    ("garbage_after", ""),
    ("empty_body", ""),
    ("truncated_xml", ""),
    ("wrong_charset", ""),
    ("huge_body", "bytes"),
    ("entity_bomb", ""),
    ("drip", "ms"),
    ("error_doc", "kind"),
    ("error_after_debit", "kind"),
    ("late_landing", "ms"),
    ("duplicate_order", ""),
    ("low_balance", ""),
    ("key_empty", "views"),
    ("list_lag", "ms, lists"),
    ("clock_skew", "seconds"),
    ("doubled_answer", ""),
    ("repeated_answer", ""),
    ("processing", "ms"),
];

fn internal_error() -> u16 {
    500
}

fn twenty_mebibytes() -> usize {
    20 << 20
}

fn fifth_of_a_second() -> u64 {
    200
}

fn internal() -> String {
    "internal".to_owned()
}

/// How many calls a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The next matching call.
    Once,
    /// This many matching calls.
    Count(u32),
    /// Every matching call until the faults are cleared.
    Forever,
}

impl Times {
    pub(crate) fn left(self) -> Option<u32> {
        match self {
            Self::Once => Some(1),
            Self::Count(count) => Some(count),
            Self::Forever => None,
        }
    }
}

/// An active fault, as the control API and tests see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultView {
    /// Number of the fault, counted from one.
    pub id: u64,
    /// The function it hits, or `*`.
    pub func: String,
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// Calls it will still hit; `None` means all.
    pub left: Option<u32>,
}

/// Whether a call is meant: of any function for `*`, of this function, or with a `!` behind its name
/// only one that confirms a change by `sok`, and not the view before it.
fn fits(wanted: &str, func: &str, confirmed: bool) -> bool {
    match wanted.strip_suffix('!') {
        Some(wanted) => confirmed && wanted == func,
        None => wanted == "*" || wanted == func,
    }
}

/// The faults that are waiting for calls.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Vec<FaultView>,
    added: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, func: &str, fault: Fault, times: Times) -> u64 {
        self.added += 1;
        self.active.push(FaultView {
            id: self.added,
            func: func.to_owned(),
            fault,
            left: times.left(),
        });
        self.added
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.active.len();
        self.active.retain(|fault| fault.id != id);
        self.active.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.active.clear();
    }

    pub(crate) fn views(&self) -> Vec<FaultView> {
        self.active.clone()
    }

    /// Uses up the faults for one call: the first ending and every twist that match.
    pub(crate) fn take(&mut self, func: &str, confirmed: bool) -> Course {
        let mut course = Course::default();
        for active in &mut self.active {
            if active.left == Some(0) || !fits(&active.func, func, confirmed) {
                continue;
            }
            if active.fault.is_twist() {
                course.twists.add(&active.fault);
            } else if course.ending.is_none() {
                course.ending = Some(active.fault.clone());
            } else {
                continue;
            }
            course.names.push(active.fault.name());
            active.left = active.left.map(|left| left.saturating_sub(1));
        }
        self.active.retain(|active| active.left != Some(0));
        course
    }
}

/// The faults of one call.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) ending: Option<Fault>,
    pub(crate) twists: Twists,
    pub(crate) names: Vec<&'static str>,
}

/// The twists of one call, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Twists {
    pub(crate) delay_ms: u64,
    pub(crate) duplicate: bool,
    pub(crate) low_balance: bool,
    pub(crate) key_empty_views: u32,
    pub(crate) processing_ms: u64,
    pub(crate) list_lag_ms: u64,
    pub(crate) list_lag_lists: u32,
    pub(crate) skew_seconds: i64,
}

impl Twists {
    fn add(&mut self, fault: &Fault) {
        match fault {
            Fault::Slow { ms } => self.delay_ms = self.delay_ms.saturating_add(*ms),
            Fault::DuplicateOrder => self.duplicate = true,
            Fault::LowBalance => self.low_balance = true,
            Fault::KeyEmpty { views } => self.key_empty_views = *views,
            Fault::Processing { ms } => self.processing_ms = *ms,
            Fault::ListLag { ms, lists } => {
                self.list_lag_ms = *ms;
                self.list_lag_lists = *lists;
            }
            Fault::ClockSkew { seconds } => {
                self.skew_seconds = self.skew_seconds.saturating_add(*seconds);
            }
            _ => {}
        }
    }
}

/// Where a gate stops a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatePoint {
    /// Before the function is carried out: while it waits, nothing has happened.
    Before,
    /// After the function was carried out: while it waits, everything has happened, but the client
    /// knows nothing of it.
    After,
}

/// Holds exactly one call, the next that matches, until the test lets it go on.
///
/// A client that gives up does not take its call with it: a call held at [`GatePoint::Before`] is
/// carried out after the release even when nobody waits for the answer any more. Dropping the gate
/// releases it.
#[derive(Debug)]
pub struct Gate {
    pub(crate) inner: Arc<GateInner>,
}

impl Gate {
    /// Waits until a call stands at the gate.
    pub async fn arrived(&self) {
        let mut state = self.inner.state.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = state.wait_for(|state| state.arrived).await;
    }

    /// Lets the call go on; a gate without a call will not stop one any more.
    pub fn release(&self) {
        self.inner.release();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.inner.release();
    }
}

#[derive(Debug)]
pub(crate) struct GateInner {
    func: String,
    pub(crate) point: GatePoint,
    state: watch::Sender<GateState>,
}

#[derive(Clone, Copy, Debug, Default)]
struct GateState {
    taken: bool,
    arrived: bool,
    open: bool,
}

impl GateInner {
    fn new(func: &str, point: GatePoint) -> Self {
        Self { func: func.to_owned(), point, state: watch::Sender::new(GateState::default()) }
    }

    pub(crate) fn release(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// Stands at the gate until it is open.
    pub(crate) async fn pass(&self) {
        let mut state = self.state.subscribe();
        self.state.send_modify(|state| state.arrived = true);
        let _ = state.wait_for(|state| state.open).await;
    }
}

/// A gate as the control API shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GateView {
    func: String,
    point: GatePoint,
    arrived: bool,
}

/// The gates that are closed.
#[derive(Debug, Default)]
pub(crate) struct Gates(Vec<Arc<GateInner>>);

impl Gates {
    pub(crate) fn close(&mut self, func: &str, point: GatePoint) -> Arc<GateInner> {
        self.0.retain(|gate| !gate.state.borrow().open);
        let gate = Arc::new(GateInner::new(func, point));
        self.0.push(Arc::clone(&gate));
        gate
    }

    /// The gates that one call has to pass, at most one per point.
    pub(crate) fn take(&mut self, func: &str, confirmed: bool) -> Vec<Arc<GateInner>> {
        self.0.retain(|gate| !gate.state.borrow().open);
        let mut taken: Vec<Arc<GateInner>> = Vec::new();
        for gate in &self.0 {
            let fits = fits(&gate.func, func, confirmed);
            if !fits || gate.state.borrow().taken || taken.iter().any(|t| t.point == gate.point) {
                continue;
            }
            gate.state.send_modify(|state| state.taken = true);
            taken.push(Arc::clone(gate));
        }
        taken
    }

    pub(crate) fn release(&mut self) {
        for gate in self.0.drain(..) {
            gate.release();
        }
    }

    pub(crate) fn views(&self) -> Vec<GateView> {
        let closed = self.0.iter().filter(|gate| !gate.state.borrow().open);
        closed
            .map(|gate| GateView {
                func: gate.func.clone(),
                point: gate.point,
                arrived: gate.state.borrow().arrived,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_in_the_list_once() {
        let each: Vec<&str> = Fault::all().iter().map(Fault::name).collect();
        let all: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(each, all);
    }
}
