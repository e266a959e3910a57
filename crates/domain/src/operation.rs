//! The states of one upstream action and the ways between them.
//!
//! The same table stands in the database as a trigger (`operation_guard`), so that not even
//! hand-written SQL takes an operation out of a final state.

use serde::{Deserialize, Serialize};

/// What is done at the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A new license is bought.
    Order,
    /// A license is paid for another term.
    Renew,
    /// Its address or name is changed.
    Edit,
    /// It becomes one of another plan.
    ChangePlan,
    /// Its add-on counts are changed.
    Addons,
    /// It is stopped.
    Suspend,
    /// It is started again.
    Resume,
    /// It gets another key, and the old one stops working.
    ReissueKey,
    /// It is removed for good.
    Delete,
}

impl OperationKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Order,
        Self::Renew,
        Self::Edit,
        Self::ChangePlan,
        Self::Addons,
        Self::Suspend,
        Self::Resume,
        Self::ReissueKey,
        Self::Delete,
    ];

    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Renew => "renew",
            Self::Edit => "edit",
            Self::ChangePlan => "change_plan",
            Self::Addons => "addons",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::ReissueKey => "reissue_key",
            Self::Delete => "delete",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What it costs depends on the plan that the license is of.
    #[must_use]
    pub const fn is_priced_by_plan(self) -> bool {
        matches!(self, Self::Renew | Self::ChangePlan | Self::Addons)
    }

    /// Doing it twice is doing it once, at the vendor and on the bill: what is not so yet may be
    /// sent again without a proof that the first call had no effect.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Edit | Self::Suspend | Self::Resume | Self::Delete)
    }
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationState {
    /// Written down, with its hold; nothing was sent since.
    Planned,
    /// Committed as "may be on the wire from now on".
    Sent,
    /// It may or may not have happened; the vendor has to be read.
    Unknown,
    /// It happened, we hold the vendor's proof and the money is captured.
    Confirmed,
    /// It is proved that it did not happen; the money is released.
    Rejected,
    /// The evidence is contradictory; a person decides.
    Review,
    /// The vendor's balance is too low; it goes on after a top-up.
    Parked,
    /// Taken back while nothing had been sent.
    Cancelled,
}

impl OperationState {
    /// Every state, for tests and for filters.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Sent,
        Self::Unknown,
        Self::Confirmed,
        Self::Rejected,
        Self::Review,
        Self::Parked,
        Self::Cancelled,
    ];

    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Review => "review",
            Self::Parked => "parked",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// No way leads out of here.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::Rejected | Self::Cancelled)
    }

    /// Whether an operation in this state may become `next`.
    ///
    /// `Sent → Planned` is for what provably never left this machine, `Unknown → Planned` for what
    /// was proved absent at the vendor and is sent once more. `Parked → Sent` does not exist: a
    /// parked operation is planned again first, so that there is one way to send.
    #[must_use]
    pub const fn allows(self, next: Self) -> bool {
        use OperationState::{
            Cancelled, Confirmed, Parked, Planned, Rejected, Review, Sent, Unknown,
        };
        match self {
            Planned => matches!(next, Sent | Parked | Cancelled | Rejected),
            Sent => matches!(next, Confirmed | Unknown | Planned),
            Unknown => matches!(next, Confirmed | Planned | Rejected | Review | Parked),
            Review => matches!(next, Confirmed | Planned | Rejected),
            Parked => matches!(next, Planned | Cancelled | Rejected),
            Confirmed | Rejected | Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_final_state_is_never_left(steps in proptest::collection::vec(0..8_usize, 1..60)) {
            let mut state = OperationState::Planned;
            let mut ended = None;
            for step in steps {
                let next = OperationState::ALL[step];
                if state.allows(next) {
                    prop_assert_eq!(ended, None);
                    state = next;
                    if state.is_final() { ended = Some(state); }
                }
            }
        }
    }

    #[test]
    fn words_round_trip() {
        for kind in OperationKind::ALL {
            assert_eq!(OperationKind::from_word(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for state in OperationState::ALL {
            assert_eq!(OperationState::from_word(state.as_str()), Some(state));
            assert!(!state.allows(state), "{state:?} is not a step to itself");
        }
    }

    #[test]
    fn nothing_is_rejected_or_repeated_straight_from_the_wire() {
        assert!(!OperationState::Sent.allows(OperationState::Rejected));
        assert!(!OperationState::Parked.allows(OperationState::Sent));
        assert!(!OperationState::Unknown.allows(OperationState::Sent));
        assert!(!OperationState::Unknown.allows(OperationState::Cancelled));
    }
}
