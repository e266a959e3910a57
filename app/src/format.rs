//! Values in a reader's words: money, periods, dates, states.

use domain::license::LicenseStatus;
use domain::operation::OperationState;
use domain::pricelist::Rounding;
use domain::{Decimal, Money, Period};
use portal::locale::Locale;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::components::Tone;
use crate::t;

/// An amount with its symbol.
#[must_use]
pub fn money(locale: Locale, amount: Money) -> String {
    amount.display(locale.numbers())
}

/// An amount, or the word for nothing.
#[must_use]
pub fn price(locale: Locale, amount: Money) -> String {
    if amount.is_zero() { t!(locale, "price-free") } else { money(locale, amount) }
}

/// A share: "12.5%", "12,5 %".
#[must_use]
pub fn percent(locale: Locale, share: Decimal) -> String {
    let number = share.normalize().to_string().replace('-', "\u{2212}");
    match locale {
        Locale::En => format!("{number}%"),
        Locale::Ru => format!("{}\u{a0}%", number.replace('.', ",")),
    }
}

/// A share in tenths of a percent, always with its tenth so that a column of them aligns.
#[must_use]
pub fn share(locale: Locale, tenths: i64) -> String {
    let sign = if tenths < 0 { "\u{2212}" } else { "" };
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match locale {
        Locale::En => format!("{sign}{whole}.{tenth}%"),
        Locale::Ru => format!("{sign}{whole},{tenth}\u{a0}%"),
    }
}

/// A difference with its sign: "+€1.00".
#[must_use]
pub fn signed(locale: Locale, amount: Money) -> String {
    let sign = if amount.amount() > 0 { "+" } else { "" };
    format!("{sign}{}", money(locale, amount))
}

/// A rounding's word in forms and addresses.
#[must_use]
pub const fn rounding_word(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Cent => "cent",
        Rounding::Whole => "whole",
        Rounding::Ninety => "90",
        Rounding::NinetyNine => "99",
    }
}

/// The reverse of [`rounding_word`].
#[must_use]
pub fn rounding_of(word: &str) -> Option<Rounding> {
    Rounding::ALL.into_iter().find(|rounding| rounding_word(*rounding) == word)
}

/// A term: "12 months".
#[must_use]
pub fn period(locale: Locale, period: Period) -> String {
    match period {
        Period::Trial => t!(locale, "period-trial"),
        Period::Lifetime => t!(locale, "period-lifetime"),
        Period::Months(months) => t!(locale, "period-months", count = months.get()),
    }
}

/// What stands behind a price: "/ month".
#[must_use]
pub fn per_period(locale: Locale, period: Period) -> String {
    match period {
        Period::MONTH => t!(locale, "per-month"),
        Period::YEAR => t!(locale, "per-year"),
        Period::Trial => t!(locale, "per-trial"),
        Period::Lifetime => t!(locale, "per-lifetime"),
        Period::Months(months) => t!(locale, "per-months", count = months.get()),
    }
}

/// A day: "21 Nov 2026", "21.11.2026"; it stays on one line.
#[must_use]
pub fn day(locale: Locale, day: Date) -> String {
    let text = match locale {
        Locale::En => {
            day.format(format_description!("[day padding:none] [month repr:short] [year]"))
        }
        Locale::Ru => day.format(format_description!("[day].[month].[year]")),
    };
    text.map_or_else(|_| day.to_string(), |text| text.replace(' ', "\u{a0}"))
}

/// A day and a time of it, in UTC.
#[must_use]
pub fn moment(locale: Locale, at: OffsetDateTime) -> String {
    let time = at.format(format_description!("[hour]:[minute]")).unwrap_or_default();
    format!("{}, {time}", day(locale, at.date()))
}

/// A time of day with seconds, in UTC, with the day only when it is not obvious.
#[must_use]
pub fn clock(locale: Locale, at: OffsetDateTime) -> String {
    let time = at.format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default();
    format!("{}, {time}\u{a0}UTC", day(locale, at.date()))
}

/// An instant for machines.
#[must_use]
pub fn machine(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

/// A value for a query string.
#[must_use]
pub fn query(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// An order's state: colour, icon, word. The same everywhere.
#[must_use]
pub fn order_status(
    locale: Locale,
    state: OperationState,
    has_key: bool,
) -> (Tone, &'static str, String) {
    match state {
        OperationState::Planned => (Tone::Info, "clock", t!(locale, "status-planned")),
        OperationState::Sent => (Tone::Info, "loader", t!(locale, "status-sent")),
        OperationState::Unknown => (Tone::Warning, "loader", t!(locale, "status-unknown")),
        OperationState::Confirmed if has_key => {
            (Tone::Success, "circle-check", t!(locale, "status-delivered"))
        }
        OperationState::Confirmed => {
            (Tone::Success, "circle-check", t!(locale, "status-confirmed"))
        }
        OperationState::Rejected => (Tone::Danger, "circle-x", t!(locale, "status-rejected")),
        OperationState::Review => (Tone::Warning, "user", t!(locale, "status-review")),
        OperationState::Parked => (Tone::Warning, "clock", t!(locale, "status-parked")),
        OperationState::Cancelled => (Tone::Neutral, "circle-x", t!(locale, "status-cancelled")),
    }
}

/// A license's status: colour and word.
#[must_use]
pub fn license_status(locale: Locale, status: LicenseStatus) -> (Tone, String) {
    match status {
        LicenseStatus::Ordered => (Tone::Info, t!(locale, "license-ordered")),
        LicenseStatus::Active => (Tone::Success, t!(locale, "license-active")),
        LicenseStatus::Suspended => (Tone::Warning, t!(locale, "license-suspended")),
        LicenseStatus::Deleted => (Tone::Neutral, t!(locale, "license-deleted")),
        LicenseStatus::Processing => (Tone::Info, t!(locale, "license-processing")),
    }
}
