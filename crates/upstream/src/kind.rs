//! Which function family a plan belongs to, by name.

use std::collections::BTreeMap;

use domain::operation::OperationKind;

use crate::dialect::{Dialect, Ordering};
use crate::{Family, Role, Software};

/// Names of functions that are an account's own, by what the functions are for.
pub type Names = BTreeMap<Role, String>;

/// A function family by name; each plan is of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DialectKind {
    /// `soft.*` (seed 001).
    Soft,
    /// `platform.*` (seed 000).
    Platform,
    /// `softexternal.*` (seed 002).
    SoftExternal,
    /// `parallelslic.*` (seed 002).
    ParallelsLic,
    /// `addition.*` (seeds 002 and 004).
    Addition,
    /// `software.*` (seed 003).
    Software,
    /// Carried out by a person at the vendor's own site (seed 004 names this way).
    Manual,
}

/// What differs from account to account beside names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// Orders of modules name the license that they are for.
    pub names_parent: bool,
}

impl Default for Habits {
    /// As the documents have it.
    fn default() -> Self {
        Self { names_parent: true }
    }
}

impl DialectKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Soft,
        Self::Platform,
        Self::SoftExternal,
        Self::ParallelsLic,
        Self::Addition,
        Self::Software,
        Self::Manual,
    ];

    /// The word kept in the database: the prefix of its functions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Platform => "platform",
            Self::SoftExternal => "softexternal",
            Self::ParallelsLic => "parallelslic",
            Self::Addition => "addition",
            Self::Software => "software",
            Self::Manual => "manual",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The family as an account with these settings speaks it; none where a person does the work.
    #[must_use]
    pub fn dialect(self, names: &Names, habits: Habits) -> Option<Box<dyn Dialect>> {
        let family = match self {
            Self::Soft => Family::soft(),
            Self::Platform => Family::platform(),
            Self::SoftExternal => Family::softexternal(),
            Self::ParallelsLic => Family::parallelslic(),
            Self::Addition => Family::addition(habits.names_parent),
            Self::Software => return Some(Box::new(Software::with_names(names))),
            Self::Manual => return None,
        };
        Some(Box::new(family.with_names(names)))
    }

    /// Whether its licenses come with a key: modules are loaded by their panel, and no document of the
    /// 2009 generation shows one (seed 003; inferred: what it sells is bound to the address alone).
    #[must_use]
    pub const fn has_key(self) -> bool {
        !matches!(self, Self::Addition | Self::Software)
    }

    /// Whether an order can ask the vendor to renew by itself: the 2009 generation cannot.
    #[must_use]
    pub const fn can_renew_itself(self) -> bool {
        !matches!(self, Self::Software | Self::Manual)
    }

    /// How an order is paid, on an account whose way is this one: the 2009 generation has no basket.
    #[must_use]
    pub const fn ordering(self, account: Ordering) -> Ordering {
        match self {
            Self::Software => Ordering::AtOnce,
            _ => account,
        }
    }

    /// Whether licenses are bound to an address.
    #[must_use]
    pub const fn has_address(self) -> bool {
        !matches!(self, Self::Platform | Self::Addition)
    }

    /// Whether the vendor keeps a name for a license.
    #[must_use]
    pub const fn has_name(self) -> bool {
        !matches!(self, Self::ParallelsLic | Self::Addition)
    }

    /// Whether its licenses are modules of another one.
    #[must_use]
    pub const fn has_parent(self) -> bool {
        matches!(self, Self::Addition)
    }

    /// Whether terms need a code of the vendor's, which differs from plan to plan.
    #[must_use]
    pub const fn has_term_codes(self) -> bool {
        matches!(self, Self::Software)
    }

    /// Whether a term with this code of the vendor's, or none, can be said.
    #[must_use]
    pub const fn is_sayable(self, code: Option<&str>) -> bool {
        !self.has_term_codes() || code.is_some()
    }

    /// Whether it can be asked for this; a person can do anything.
    #[must_use]
    pub fn can(self, kind: OperationKind, names: &Names) -> bool {
        self.dialect(names, Habits::default()).is_none_or(|dialect| dialect.can(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for kind in DialectKind::ALL {
            assert_eq!(DialectKind::from_word(kind.as_str()), Some(kind));
        }
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
    }

    #[test]
    fn what_a_family_lacks_is_not_offered() {
        use OperationKind as K;
        let lacks = |kind: DialectKind| -> Vec<&str> {
            let lacking = K::ALL.into_iter().filter(|op| !kind.can(*op, &Names::new()));
            lacking.map(K::as_str).collect()
        };
        assert_eq!(lacks(DialectKind::Soft), <[&str; 0]>::default());
        assert_eq!(lacks(DialectKind::Platform), ["reissue_key"]);
        assert_eq!(lacks(DialectKind::SoftExternal), ["change_plan", "reissue_key"]);
        assert_eq!(lacks(DialectKind::ParallelsLic), ["change_plan", "addons", "reissue_key"]);
        assert_eq!(
            lacks(DialectKind::Addition),
            ["edit", "change_plan", "addons", "suspend", "resume", "reissue_key"]
        );
        assert_eq!(
            lacks(DialectKind::Software),
            ["change_plan", "addons", "reissue_key", "delete"]
        );
        assert_eq!(lacks(DialectKind::Manual), <[&str; 0]>::default());
        let without = Names::from([(Role::NewKey, String::new())]);
        assert!(!DialectKind::Soft.can(K::ReissueKey, &without));
        assert!(DialectKind::Soft.can(K::Edit, &without));
        let names = Names::from([
            (Role::Suspend, String::new()),
            (Role::Prolong, "software.prolong".to_owned()),
            (Role::Filter, String::new()),
        ]);
        assert!(!DialectKind::Software.can(K::Suspend, &names));
        assert!(DialectKind::Software.can(K::Renew, &names));
        let software = DialectKind::Software.dialect(&names, Habits::default()).unwrap();
        assert_eq!(software.before_list().unwrap().func(), "software.filter", "never taken away");
        let renamed = Names::from([
            (Role::Basket, "billing.basket".to_owned()),
            (Role::Pay, "billing.pay".to_owned()),
        ]);
        let soft = DialectKind::Soft.dialect(&renamed, Habits::default()).unwrap();
        assert_eq!(soft.basket().func(), "billing.basket");
        assert_eq!(soft.unbasket("1").func(), "billing.basket");
        assert_eq!(soft.pay("1").func(), "billing.pay");
    }
}
