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
    /// It is becoming one of another plan or of other counts: what something costs is known after that.
    #[error("its plan or counts are being changed")]
    PlanChanging,
    /// It is being stopped or started: a term of a stopped license begins on its own day.
    #[error("it is being suspended or resumed")]
    Stopping,
    /// It is stopped, and paid for longer than another term from today would last: resuming it is free.
    #[error("it is suspended, and paid for longer than that")]
    PaidAhead,
    /// It is about to be deleted: whatever else is done to it would be lost.
    #[error("it is about to be deleted")]
    Deleting,
    /// Its vendor does not give a term that was paid for: no other is sold until that is cleared up.
    #[error("a paid term is missing at the vendor")]
    Disputed,
    /// Its vendor has begun a term that is not paid yet, for what the license is until then.
    #[error("a term of it is not paid")]
    Unpaid,
    /// Its vendor has no function for that, or the plan does not take part in it.
    #[error("this cannot be done to it")]
    Unable,
    /// The vendor does not allow it again so soon.
    #[error("it was changed lately")]
    TooSoon,
    /// The vendor renews licenses of this plan no more.
    #[error("the plan is not renewed any more")]
    RenewalOver,
}

/// What decides whether a change makes sense.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, set by name")]
pub struct Subject<'a> {
    /// As the vendor had it when it was last read.
    pub status: LicenseStatus,
    /// The term that was bought last.
    pub period: Period,
    /// Its last day is before today.
    pub ran_out: bool,
    /// What can be done to a license of its plan at all.
    pub can: &'a [OperationKind],
    /// Its address was changed lately, so that the vendor would refuse.
    pub ip_waits: bool,
    /// So was its key.
    pub key_waits: bool,
    /// Licenses of its plan are renewed no more.
    pub renewal_over: bool,
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
    pub fn check(&self, license: Subject<'_>) -> Result<(), NotNow> {
        if !license.can.contains(&self.kind()) {
            return Err(NotNow::Unable);
        }
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
                Period::Months(_) if license.renewal_over => Err(NotNow::RenewalOver),
                Period::Months(_) => Ok(()),
            },
            Self::Edit { ip: None, name: None } => Err(NotNow::Same),
            Self::Edit { ip: Some(_), .. } if license.ip_waits => Err(NotNow::TooSoon),
            Self::Addons { .. } | Self::ReissueKey | Self::Suspend if suspended => {
                Err(NotNow::Suspended)
            }
            Self::Resume if !suspended => Err(NotNow::Active),
            Self::Resume if license.ran_out => Err(NotNow::RanOut),
            Self::ReissueKey if license.key_waits => Err(NotNow::TooSoon),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn license(status: LicenseStatus, period: Period) -> Subject<'static> {
        Subject {
            status,
            period,
            ran_out: false,
            can: &OperationKind::ALL,
            ip_waits: false,
            key_waits: false,
            renewal_over: false,
        }
    }

    #[test]
    fn an_address_and_a_key_are_changed_once_a_month() {
        let of = license(LicenseStatus::Active, Period::MONTH);
        let waiting = Subject { ip_waits: true, key_waits: true, ..of };
        let ip = Some(LicenseIp::parse("203.0.113.7").unwrap());
        let moved = Change::Edit { ip, name: None };
        assert_eq!(moved.check(of), Ok(()));
        assert_eq!(moved.check(waiting), Err(NotNow::TooSoon));
        let renamed = Change::Edit { ip: None, name: Some("web".to_owned()) };
        assert_eq!(renamed.check(waiting), Ok(()), "an address that stays is no change");
        assert_eq!(Change::ReissueKey.check(waiting), Err(NotNow::TooSoon));
        let over = Subject { renewal_over: true, ..of };
        let renewal = Change::Renew { period: Period::MONTH };
        assert_eq!(renewal.check(over), Err(NotNow::RenewalOver));
        let module = Subject { can: &[OperationKind::Delete], ..of };
        assert_eq!(Change::Suspend.check(module), Err(NotNow::Unable));
        assert_eq!(Change::Delete.check(module), Ok(()));
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
