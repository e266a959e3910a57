//! When an address or a key may be changed again.

use time::{Date, Duration, Month};

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
    pub(crate) fn waits_until(self, last: Option<Date>, today: Date) -> Option<Date> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::format_description;

    #[test]
    fn once_a_month_by_either_reading() {
        for (rule, last, today, from) in [
            (ChangeRule::CalendarMonth, "2026-11-01", "2026-11-30", Some("2026-12-01")),
            (ChangeRule::CalendarMonth, "2026-11-30", "2026-12-01", None),
            (ChangeRule::CalendarMonth, "2026-12-31", "2026-12-31", Some("2027-01-01")),
            (ChangeRule::Days31, "2026-11-01", "2026-12-01", Some("2026-12-02")),
            (ChangeRule::Days31, "2026-11-01", "2026-12-02", None),
            (ChangeRule::Unlimited, "2026-11-30", "2026-11-30", None),
        ] {
            let day = |text: &str| {
                Date::parse(text, format_description!("[year]-[month]-[day]")).unwrap()
            };
            let waits = rule.waits_until(Some(day(last)), day(today));
            assert_eq!(waits, from.map(day), "{rule:?} {last} {today}");
            assert_eq!(ChangeRule::from_word(rule.as_str()), Some(rule));
        }
    }
}
