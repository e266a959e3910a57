//! When a term ends: from its end if the license works, from today if it is stopped (seed 001, renewal).

use domain::Period;
use domain::license::LicenseStatus;
use time::{Date, Duration, Month};

/// The vendor's day may be another one than ours.
const OTHER_DAY: Duration = Duration::days(1);

/// The last day of a term that begins on this one; none for what has no end.
pub(crate) fn term_end(from: Date, period: Period) -> Option<Date> {
    add_months(from, i32::from(period.months()?))
}

/// The same day of another month, or its last one.
pub(super) fn add_months(day: Date, months: i32) -> Option<Date> {
    let index = day.year() * 12 + i32::from(u8::from(day.month())) - 1 + months;
    let month = Month::try_from(u8::try_from(index.rem_euclid(12) + 1).ok()?).ok()?;
    let year = index.div_euclid(12);
    Date::from_calendar_date(year, month, day.day().min(month.length(year))).ok()
}

/// The last day once a term is paid for a license that is so and paid until then.
pub(super) fn renewed_until(
    status: LicenseStatus,
    until: Option<Date>,
    today: Date,
    period: Period,
) -> Option<Date> {
    match status {
        LicenseStatus::Active => until.and_then(|day| term_end(day, period)),
        _ => term_end(today, period),
    }
}

/// Whether a term would end no later than what is paid already: nobody pays for that.
pub(crate) fn brings_nothing(
    status: LicenseStatus,
    until: Option<Date>,
    today: Date,
    period: Period,
) -> bool {
    status == LicenseStatus::Suspended
        && term_end(today, period).is_some_and(|end| Some(end) <= until)
}

/// Whether a term would end before the day that was agreed on, since the license was stopped or started
/// meanwhile.
pub(crate) fn falls_short(
    status: LicenseStatus,
    until: Option<Date>,
    agreed: Date,
    today: Date,
    period: Period,
) -> bool {
    renewed_until(status, until, today + OTHER_DAY, period).is_none_or(|end| end < agreed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 21);

    #[test]
    fn months_end_where_the_month_ends() {
        for (from, months, to) in [
            (TODAY, 1, date!(2026 - 12 - 21)),
            (date!(2026 - 01 - 31), 1, date!(2026 - 02 - 28)),
            (date!(2028 - 02 - 29), 12, date!(2029 - 02 - 28)),
            (date!(2026 - 03 - 31), -1, date!(2026 - 02 - 28)),
            (date!(2026 - 01 - 15), -1, date!(2025 - 12 - 15)),
        ] {
            assert_eq!(add_months(from, months), Some(to), "{from} {months}");
        }
        assert_eq!(term_end(TODAY, Period::Lifetime), None);
    }

    #[test]
    fn a_term_counts_from_the_end_or_from_today() {
        let until = Some(date!(2026 - 12 - 10));
        let then = |status| renewed_until(status, until, TODAY, Period::MONTH);
        assert_eq!(then(LicenseStatus::Active), Some(date!(2027 - 01 - 10)));
        assert_eq!(then(LicenseStatus::Suspended), Some(date!(2026 - 12 - 21)));
        assert_eq!(renewed_until(LicenseStatus::Active, None, TODAY, Period::MONTH), None);
    }

    #[test]
    fn what_is_paid_ahead_of_a_stopped_license_is_not_paid_twice() {
        for (until, month, year) in [
            (None, false, false),
            (Some(TODAY), false, false),
            (Some(date!(2026 - 12 - 20)), false, false),
            (Some(date!(2026 - 12 - 21)), true, false),
            (Some(date!(2027 - 11 - 20)), true, false),
            (Some(date!(2027 - 11 - 21)), true, true),
        ] {
            let stopped = LicenseStatus::Suspended;
            assert_eq!(brings_nothing(stopped, until, TODAY, Period::MONTH), month, "{until:?}");
            assert_eq!(brings_nothing(stopped, until, TODAY, Period::YEAR), year, "{until:?}");
            assert!(!brings_nothing(LicenseStatus::Active, until, TODAY, Period::MONTH));
        }
    }

    #[test]
    fn nobody_is_given_less_than_was_agreed_on() {
        let (active, stopped) = (LicenseStatus::Active, LicenseStatus::Suspended);
        for (status, until, agreed, short) in [
            // From today, and from the day that it may be at the vendor.
            (stopped, date!(2026 - 12 - 10), date!(2026 - 12 - 21), false),
            (stopped, date!(2026 - 12 - 10), date!(2026 - 12 - 22), false),
            (stopped, date!(2026 - 12 - 10), date!(2026 - 12 - 23), true),
            (stopped, date!(2026 - 12 - 10), date!(2027 - 01 - 10), true),
            (active, date!(2026 - 12 - 10), date!(2027 - 01 - 10), false),
            // It had run out, was to begin today, and works again.
            (active, date!(2026 - 11 - 11), date!(2026 - 12 - 21), true),
        ] {
            let month = Period::MONTH;
            assert_eq!(falls_short(status, Some(until), agreed, TODAY, month), short, "{agreed}");
        }
    }
}
