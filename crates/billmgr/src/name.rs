use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The name of an element or an attribute, such as `elem` or `item.id`. It reads as a `&str`; a
/// document of ten thousand rows keeps each name once.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Default for Name {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self
    }
}

/// Hashes and compares as its text does.
impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// The names of one document.
#[derive(Default)]
pub(crate) struct Names(HashSet<Name>);

impl Names {
    /// The name with this text, if it was there before or is `good`.
    pub(crate) fn get(&mut self, text: &str, good: impl FnOnce(&str) -> bool) -> Option<Name> {
        if let Some(name) = self.0.get(text) {
            return Some(name.clone());
        }
        if !good(text) {
            return None;
        }
        let name = Name::from(text);
        self.0.insert(name.clone());
        Some(name)
    }
}
