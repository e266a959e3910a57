//! What can be done to a license that exists.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month};

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
    /// Its vendor has no function for that, or the plan does not take part in it.
    #[error("this cannot be done to it")]
    Unable,
    /// The vendor allows it again from this day on.
    #[error("it was changed lately; possible from {0}")]
    TooSoon(Date),
    /// The vendor renews licenses of this plan no more.
    #[error("the plan is not renewed any more")]
    RenewalOver,
}

/// How often the vendor lets an address or a key be changed (protocol section 4): "once a month",
/// which offers and clients read in two ways, so that it is a setting of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRule {
    /// Once in a calendar month.
    CalendarMonth,
    /// Once in 31 days.
    Days31,
    /// As often as one likes.
    Unlimited,
}

impl ChangeRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CalendarMonth, Self::Days31, Self::Unlimited];

    /// The word kept in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarMonth => "calendar_month",
            Self::Days31 => "days_31",
            Self::Unlimited => "unlimited",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == word)
    }

    /// The first day of the next change after one on this day, if that day is yet to come.
    #[must_use]
    pub fn waits_until(self, last: Option<Date>, today: Date) -> Option<Date> {
        let last = last?;
        let from = match self {
            Self::Unlimited => return None,
            Self::Days31 => last.checked_add(Duration::days(31))?,
            Self::CalendarMonth => {
                let month = last.month().next();
                let year = last.year() + i32::from(month == Month::January);
                Date::from_calendar_date(year, month, 1).ok()?
            }
        };
        (from > today).then_some(from)
    }
}

/// What decides whether a change makes sense.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// As the vendor had it when it was last read.
    pub status: LicenseStatus,
    /// The term that was bought last.
    pub period: Period,
    /// Its last day is before today.
    pub ran_out: bool,
    /// What can be done to a license of its plan at all.
    pub can: &'a [OperationKind],
    /// Its address cannot be changed before this day.
    pub ip_from: Option<Date>,
    /// Its key cannot be changed before this day.
    pub key_from: Option<Date>,
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
            Self::Edit { ip: Some(_), .. } => license.ip_from.map_or(Ok(()), too_soon),
            Self::Addons { .. } | Self::ReissueKey | Self::Suspend if suspended => {
                Err(NotNow::Suspended)
            }
            Self::Resume if !suspended => Err(NotNow::Active),
            Self::Resume if license.ran_out => Err(NotNow::RanOut),
            Self::ReissueKey => license.key_from.map_or(Ok(()), too_soon),
            _ => Ok(()),
        }
    }
}

const fn too_soon(from: Date) -> Result<(), NotNow> {
    Err(NotNow::TooSoon(from))
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
            ip_from: None,
            key_from: None,
            renewal_over: false,
        }
    }

    #[test]
    fn an_address_and_a_key_are_changed_once_a_month() {
        for (rule, last, today, from) in [
            (ChangeRule::CalendarMonth, "2026-11-01", "2026-11-30", Some("2026-12-01")),
            (ChangeRule::CalendarMonth, "2026-11-30", "2026-12-01", None),
            (ChangeRule::CalendarMonth, "2026-12-31", "2026-12-31", Some("2027-01-01")),
            (ChangeRule::Days31, "2026-11-01", "2026-12-01", Some("2026-12-02")),
            (ChangeRule::Days31, "2026-11-01", "2026-12-02", None),
            (ChangeRule::Unlimited, "2026-11-30", "2026-11-30", None),
        ] {
            let day = |text: &str| {
                Date::parse(text, time::macros::format_description!("[year]-[month]-[day]"))
                    .unwrap()
            };
            let waits = rule.waits_until(Some(day(last)), day(today));
            assert_eq!(waits, from.map(day), "{rule:?} {last} {today}");
            assert_eq!(ChangeRule::from_word(rule.as_str()), Some(rule));
        }
        let day = time::macros::date!(2026 - 12 - 01);
        let of = license(LicenseStatus::Active, Period::MONTH);
        let waiting = Subject { ip_from: Some(day), key_from: Some(day), ..of };
        let ip = Some(LicenseIp::parse("203.0.113.7").unwrap());
        let moved = Change::Edit { ip, name: None };
        assert_eq!(moved.check(of), Ok(()));
        assert_eq!(moved.check(waiting), Err(NotNow::TooSoon(day)));
        let renamed = Change::Edit { ip: None, name: Some("web".to_owned()) };
        assert_eq!(renamed.check(waiting), Ok(()), "an address that stays is no change");
        assert_eq!(Change::ReissueKey.check(waiting), Err(NotNow::TooSoon(day)));
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
