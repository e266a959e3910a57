//! The thing owned.

use serde::{Deserialize, Serialize};

/// The vendor's life-cycle codes (protocol section 4): 1 ordered, 2 active, 3 stopped, 4 deleted,
/// 5 being processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LicenseStatus {
    /// Ordered, not yet paid at the vendor.
    Ordered,
    /// Works.
    Active,
    /// Stopped by us, by the vendor or because it ran out.
    Suspended,
    /// Gone; kept for the record.
    Deleted,
    /// The vendor is at work on it.
    Processing,
}

impl LicenseStatus {
    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Processing => "processing",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ordered, Self::Active, Self::Suspended, Self::Deleted, Self::Processing]
            .into_iter()
            .find(|status| status.as_str() == word)
    }

    /// Reads the vendor's number.
    #[must_use]
    pub const fn from_vendor_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Ordered),
            2 => Some(Self::Active),
            3 => Some(Self::Suspended),
            4 => Some(Self::Deleted),
            5 => Some(Self::Processing),
            _ => None,
        }
    }
}
