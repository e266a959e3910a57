//! For how long something is bought.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A term of a plan. The wire's codes are those of BILLmanager 5 and 6 (seeds 000, 001, 002):
/// `-100` trial, `0` lifetime, `N` months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub enum Period {
    /// A free or cheap first time that cannot be renewed.
    Trial,
    /// This many calendar months.
    Months(NonZeroU16),
    /// Bought once, without an end.
    Lifetime,
}

/// The code is none that the wire knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a period code")]
pub struct NotAPeriod;

impl Period {
    /// One month.
    pub const MONTH: Self = Self::Months(NonZeroU16::MIN);
    /// Twelve months.
    pub const YEAR: Self = match NonZeroU16::new(12) {
        Some(months) => Self::Months(months),
        None => Self::MONTH,
    };

    /// The number that BILLmanager 5 and 6 use on the wire; also how a period is kept in the
    /// database and in addresses of pages.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::Trial => -100,
            Self::Lifetime => 0,
            Self::Months(months) => i16::try_from(months.get()).unwrap_or(i16::MAX),
        }
    }

    /// How many months, if it is a number of months.
    #[must_use]
    pub fn months(self) -> Option<u16> {
        match self {
            Self::Months(months) => Some(months.get()),
            Self::Trial | Self::Lifetime => None,
        }
    }
}

impl TryFrom<i16> for Period {
    type Error = NotAPeriod;

    fn try_from(code: i16) -> Result<Self, NotAPeriod> {
        match code {
            -100 => Ok(Self::Trial),
            0 => Ok(Self::Lifetime),
            // Ten years is more than any plan of the seeds has.
            1..=120 => {
                let months = u16::try_from(code).ok().and_then(NonZeroU16::new);
                months.map(Self::Months).ok_or(NotAPeriod)
            }
            _ => Err(NotAPeriod),
        }
    }
}

impl From<Period> for i16 {
    fn from(period: Period) -> Self {
        period.code()
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        text.parse::<i16>().map_err(|_| NotAPeriod)?.try_into()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_wire() {
        for (code, period) in
            [(-100, Period::Trial), (0, Period::Lifetime), (1, Period::MONTH), (12, Period::YEAR)]
        {
            assert_eq!(Period::try_from(code), Ok(period));
            assert_eq!(period.code(), code);
            assert_eq!(period.to_string().parse(), Ok(period));
        }
        for bad in [-50, -1, 121, i16::MAX, i16::MIN] {
            assert_eq!(Period::try_from(bad), Err(NotAPeriod));
        }
    }
}
