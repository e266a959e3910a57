//! Places where tests kill the process.
//!
//! Debug builds read `PORTAL_CRASH_AT`; release builds contain nothing of this. The list of steps is
//! the source of the crash test, so that a new step without a case cannot exist.

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
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 11] = [
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
    ];

    /// The name used in `PORTAL_CRASH_AT`.
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
        }
    }
}

/// Dies here, as by `kill -9`, when a test asked for it.
pub(crate) fn crash_point(step: Step) {
    #[cfg(debug_assertions)]
    if std::env::var("PORTAL_CRASH_AT").is_ok_and(|wanted| wanted == step.as_str()) {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    let _ = step;
}
