//! What can be done to a license that exists.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Period;
use crate::address::LicenseIp;
use crate::license::LicenseStatus;
use crate::operation::OperationKind;

/// A change of a license, as its owner asks for it; kept with the operation that carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Pay for another term.
    Renew {
        /// How long.
        period: Period,
    },
    /// Move it to another server, or call it otherwise.
    Edit {
        /// The new address; none leaves it.
        ip: Option<LicenseIp>,
        /// The new name, maybe empty; none leaves it.
        name: Option<String>,
    },
    /// Make it one of another plan, for a term that begins today.
    ChangePlan {
        /// The plan's name in addresses.
        plan: String,
        /// How long.
        period: Period,
    },
    /// Set the counts of its add-ons, base included.
    Addons {
        /// Absolute counts by add-on code.
        counts: BTreeMap<String, u32>,
    },
    /// Stop it.
    Suspend,
    /// Start it again.
    Resume,
    /// Get another key.
    ReissueKey,
    /// Remove it for good.
    Delete,
}

/// Why a change makes no sense for a license as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The license is gone, or not there yet.
    #[error("the license is deleted or not ready")]
    NotLive,
    /// A trial is never renewed.
    #[error("a trial cannot be renewed")]
    Trial,
    /// A lifetime license has no end to renew from.
    #[error("the license has no end")]
    Lifetime,
    /// It is stopped; it has to be started or renewed first.
    #[error("the license is suspended")]
    Suspended,
    /// It works already.
    #[error("the license is active")]
    Active,
    /// It ran out: it is renewed, not started.
    #[error("the license has run out")]
    RanOut,
    /// It would be as it is.
    #[error("nothing would change")]
    Same,
    /// It is becoming one of another plan: what something costs is known after that.
    #[error("its plan is being changed")]
    PlanChanging,
}

/// What decides whether a change makes sense.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// As the vendor had it when it was last read.
    pub status: LicenseStatus,
    /// The term that was bought last.
    pub period: Period,
    /// Its last day is before today.
    pub ran_out: bool,
}

impl Change {
    /// The kind of operation that carries it out.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Renew { .. } => OperationKind::Renew,
            Self::Edit { .. } => OperationKind::Edit,
            Self::ChangePlan { .. } => OperationKind::ChangePlan,
            Self::Addons { .. } => OperationKind::Addons,
            Self::Suspend => OperationKind::Suspend,
            Self::Resume => OperationKind::Resume,
            Self::ReissueKey => OperationKind::ReissueKey,
            Self::Delete => OperationKind::Delete,
        }
    }

    /// Whether it makes sense for this license; the pages offer what does, and what is planned is
    /// checked again.
    ///
    /// # Errors
    /// [`NotNow`] says why not. That addresses and plans fit is checked elsewhere.
    pub const fn check(&self, license: Subject) -> Result<(), NotNow> {
        let suspended = match license.status {
            LicenseStatus::Active => false,
            LicenseStatus::Suspended => true,
            LicenseStatus::Ordered | LicenseStatus::Processing | LicenseStatus::Deleted => {
                return Err(NotNow::NotLive);
            }
        };
        match self {
            Self::Renew { .. } => match license.period {
                Period::Trial => Err(NotNow::Trial),
                Period::Lifetime => Err(NotNow::Lifetime),
                Period::Months(_) => Ok(()),
            },
            Self::Edit { ip: None, name: None } => Err(NotNow::Same),
            Self::Addons { .. } | Self::ReissueKey | Self::Suspend if suspended => {
                Err(NotNow::Suspended)
            }
            Self::Resume if !suspended => Err(NotNow::Active),
            Self::Resume if license.ran_out => Err(NotNow::RanOut),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn license(status: LicenseStatus, period: Period) -> Subject {
        Subject { status, period, ran_out: false }
    }

    #[test]
    fn what_makes_sense_is_offered() {
        let month = Change::Renew { period: Period::MONTH };
        let active = license(LicenseStatus::Active, Period::MONTH);
        let stopped = license(LicenseStatus::Suspended, Period::MONTH);
        for (change, on_active, on_stopped) in [
            (month.clone(), Ok(()), Ok(())),
            (Change::Suspend, Ok(()), Err(NotNow::Suspended)),
            (Change::Resume, Err(NotNow::Active), Ok(())),
            (Change::ReissueKey, Ok(()), Err(NotNow::Suspended)),
            (Change::Addons { counts: BTreeMap::new() }, Ok(()), Err(NotNow::Suspended)),
            (Change::Edit { ip: None, name: None }, Err(NotNow::Same), Err(NotNow::Same)),
            (Change::Edit { ip: None, name: Some(String::new()) }, Ok(()), Ok(())),
            (Change::Delete, Ok(()), Ok(())),
        ] {
            assert_eq!(change.check(active), on_active, "{change:?}");
            assert_eq!(change.check(stopped), on_stopped, "{change:?}");
            for status in
                [LicenseStatus::Ordered, LicenseStatus::Processing, LicenseStatus::Deleted]
            {
                assert_eq!(change.check(license(status, Period::MONTH)), Err(NotNow::NotLive));
            }
        }
        let trial = license(LicenseStatus::Active, Period::Trial);
        assert_eq!(month.check(trial), Err(NotNow::Trial));
        assert_eq!(
            month.check(Subject { period: Period::Lifetime, ..trial }),
            Err(NotNow::Lifetime)
        );
        assert_eq!(Change::Resume.check(Subject { ran_out: true, ..stopped }), Err(NotNow::RanOut));
    }

    #[test]
    fn a_change_is_kept_with_its_kind() {
        let change = Change::Edit { ip: None, name: Some("web".to_owned()) };
        let kept = serde_json::to_value(&change).unwrap();
        assert_eq!(kept, serde_json::json!({"kind": "edit", "ip": null, "name": "web"}));
        assert_eq!(serde_json::from_value::<Change>(kept).unwrap(), change);
    }
}
