//! The languages of the portal and texts in each of them.

use std::collections::BTreeMap;

use domain::money::NumberStyle;
use serde::{Deserialize, Serialize};

/// A language that the portal speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Locale {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::En, Self::Ru];

    /// The language's tag, as in `lang=` and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// Reads a tag such as `ru` or `ru-RU`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or(tag).trim();
        Self::ALL.into_iter().find(|locale| locale.as_str().eq_ignore_ascii_case(language))
    }

    /// How numbers are written.
    #[must_use]
    pub const fn numbers(self) -> NumberStyle {
        match self {
            Self::En => NumberStyle::English,
            Self::Ru => NumberStyle::Russian,
        }
    }
}

/// A text in several languages, as kept in `jsonb`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localized(pub BTreeMap<String, String>);

impl Localized {
    /// The text in this language, else in English, else in any.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        self.0
            .get(locale.as_str())
            .or_else(|| self.0.get(Locale::En.as_str()))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}
