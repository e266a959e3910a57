//! Places where tests kill the process, or stop it, or let another worker go first; and the rules
//! that tests leave out, to see whether they would notice.
//!
//! Debug builds read `PORTAL_CRASH_AT` and `PORTAL_STOP_AT` and ask the probe; release builds contain nothing of this. The
//! list of steps is the source of the crash test, so that a new step without a case cannot exist.

use std::pin::Pin;
use std::sync::Arc;

use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::SignalKind;

/// A step between the click and the delivery, named by what is durable when it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The operation and its hold are written, not committed; of a purchase, whose order is written
    /// and committed by one statement, they are about to be.
    Planning,
    /// They are committed.
    Planned,
    /// A worker owns the operation.
    Claimed,
    /// The license is looked at before something is done to it; nothing is promised yet.
    Peeked,
    /// It is marked as sent; no byte has left yet.
    Armed,
    /// The vendor has answered, or failed to; nothing of it is written.
    Answered,
    /// What it led to, capture and confirmation are written, not committed.
    Confirming,
    /// They are committed.
    Confirmed,
    /// The vendor was looked at; the verdict is not written.
    Looked,
    /// The key was read, not written.
    KeyRead,
    /// The key is committed.
    Delivered,
    /// The number of the unpaid item is committed; nothing is paid.
    InBasket,
    /// It waits for money at the vendor, and that is committed.
    Parked,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 13] = [
        Self::Planning,
        Self::Planned,
        Self::Claimed,
        Self::Peeked,
        Self::Armed,
        Self::Answered,
        Self::Confirming,
        Self::Confirmed,
        Self::Looked,
        Self::KeyRead,
        Self::Delivered,
        Self::InBasket,
        Self::Parked,
    ];

    /// The name used in `PORTAL_CRASH_AT` and `PORTAL_STOP_AT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Claimed => "claimed",
            Self::Peeked => "peeked",
            Self::Armed => "armed",
            Self::Answered => "answered",
            Self::Confirming => "confirming",
            Self::Confirmed => "confirmed",
            Self::Looked => "looked",
            Self::KeyRead => "key-read",
            Self::Delivered => "delivered",
            Self::InBasket => "in-basket",
            Self::Parked => "parked",
        }
    }
}

/// A rule that a test leaves out: each of them must then be missed by the simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// What got no readable answer is sent again at once.
    RetryOnTimeout,
    /// An error of the vendor's gives the money back at once.
    ErrorMeansRelease,
    /// Absence is believed at the first look, however early.
    NoQuietWindow,
    /// Who lost its lease writes all the same.
    NoGenerationGuard,
    /// What was promised is sent however late.
    NoDeadline,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RetryOnTimeout,
        Self::ErrorMeansRelease,
        Self::NoQuietWindow,
        Self::NoGenerationGuard,
        Self::NoDeadline,
    ];
}

/// Waiting at a step.
pub type Pause<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A test's hand on a worker.
pub trait Probe: Send + Sync {
    /// The worker goes on when this is ready, or never, when its future is dropped meanwhile.
    fn reach(&self, step: Step) -> Pause<'_>;
    /// The rule that is left out.
    fn weakness(&self) -> Option<Weakness> {
        None
    }
}

/// The probe of a process; none in a real one.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<dyn Probe>>);

impl Faults {
    /// Lets a test hold this process at its steps. Release builds do not ask it.
    #[must_use]
    pub fn probed(probe: Arc<dyn Probe>) -> Self {
        Self(Some(probe))
    }

    /// Dies here, as by `kill -9`, or stands still until somebody wakes the process, when a test asked
    /// for it, or waits for the probe.
    pub(crate) async fn reach(&self, step: Step) {
        if cfg!(debug_assertions) {
            crash_point(step).await;
            if let Some(probe) = &self.0 {
                probe.reach(step).await;
            }
        }
    }

    /// Whether a test leaves this rule out; never in a release build.
    pub(crate) fn lacks(&self, rule: Weakness) -> bool {
        cfg!(debug_assertions)
            && self.0.as_ref().is_some_and(|probe| probe.weakness() == Some(rule))
    }
}

/// Dies, or stands still until the process is told to go on.
async fn crash_point(step: Step) {
    let asked = |name| std::env::var(name).is_ok_and(|wanted| wanted == step.as_str());
    if asked("PORTAL_CRASH_AT") {
        let _ = kill_process(getpid(), Signal::KILL);
    }
    if asked("PORTAL_STOP_AT") {
        // The kernel stops one thread after the other. This one must not get any further meanwhile.
        let go_on = SignalKind::from_raw(Signal::CONT.as_raw());
        let Ok(mut go_on) = tokio::signal::unix::signal(go_on) else { return };
        let _ = kill_process(getpid(), Signal::STOP);
        go_on.recv().await;
    }
}
