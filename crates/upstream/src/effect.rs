//! Whether an action took effect, told from the license before and after: no answer is needed, and
//! none is trusted more than the license itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use domain::license::LicenseStatus;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::Date;

use crate::dialect::{Action, VendorLicense};

/// What a license was right before an action; written down before the action is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Life-cycle state.
    pub status: Option<LicenseStatus>,
    /// Last day.
    pub expires_on: Option<Date>,
    /// The vendor's code of the plan.
    pub plan_code: Option<String>,
    /// The address.
    pub ip: Option<IpAddr>,
    /// The whole name.
    pub name: Option<String>,
    /// Absolute counts by the vendor's add-on code.
    pub addons: BTreeMap<String, u32>,
    /// A fingerprint of the key; the key itself is kept in one place only.
    pub key_print: Option<String>,
}

/// What a look at the license proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is as it was asked to be.
    Applied,
    /// It is as it was before.
    NotYet,
    /// The license does not show what would tell.
    Unclear(&'static str),
}

impl From<&VendorLicense> for Before {
    fn from(license: &VendorLicense) -> Self {
        Self {
            status: license.status,
            expires_on: license.expires_on,
            plan_code: license.plan_code.clone(),
            ip: license.ip,
            name: license.name.clone(),
            addons: license.addons.clone(),
            key_print: license.key.as_deref().map(print),
        }
    }
}

fn print(key: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let start = hash.first_chunk::<8>().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}

/// The plan tells nothing where it was the same before.
pub const SAME_PLAN: &str = "the plan was the same before";

/// Whether the action took effect between `before` and now; `now` is none when the vendor has no
/// such license any more.
#[must_use]
pub fn effect(action: &Action, before: &Before, now: Option<&VendorLicense>) -> Effect {
    let gone = now.is_none_or(|license| license.status == Some(LicenseStatus::Deleted));
    let Some(now) = now.filter(|_| !gone) else {
        return match action {
            Action::Delete => Effect::Applied,
            _ => Effect::Unclear("the license is gone"),
        };
    };
    let when = |applied: bool| if applied { Effect::Applied } else { Effect::NotYet };
    match action {
        // A renewal is seen by the last day alone, and only forward: a status may have changed for
        // any reason.
        Action::Renew(_) => match (before.expires_on, now.expires_on) {
            (Some(was), Some(is)) if is < was => Effect::Unclear("the last day went back"),
            // One that was suspended is renewed from today, which may end on the same day: then only
            // its state has changed, and that may have been done by anybody.
            (Some(was), Some(is))
                if is == was
                    && before.status == Some(LicenseStatus::Suspended)
                    && now.status != Some(LicenseStatus::Suspended) =>
            {
                Effect::Unclear("it works again until the same day")
            }
            (Some(was), Some(is)) => when(is > was),
            _ => Effect::Unclear("the last day is not shown"),
        },
        Action::Edit { ip, name } => {
            if ip.is_some() && now.ip.is_none() {
                return Effect::Unclear("the address is not shown");
            }
            let moved = ip.is_none() || now.ip == *ip;
            match (name, &now.name) {
                (None, _) => when(moved),
                (Some(name), Some(shown)) => when(moved && shown.trim() == name.trim()),
                (Some(_), None) => Effect::Unclear("the name is not shown"),
            }
        }
        // A trial becomes a paid license of the same plan: then only the last day tells, and two terms
        // may end on one day. So it is, too, where nobody knows what it was before.
        Action::ChangePlan { plan_code, .. }
            if now.plan_code.as_ref() == Some(plan_code)
                && before.plan_code.as_ref().is_none_or(|was| was == plan_code) =>
        {
            match (before.expires_on, now.expires_on) {
                (Some(was), Some(is)) if is != was => Effect::Applied,
                _ => Effect::Unclear(SAME_PLAN),
            }
        }
        Action::ChangePlan { plan_code, .. } => match &now.plan_code {
            Some(code) => when(code == plan_code),
            None => Effect::Unclear("the plan is not shown"),
        },
        Action::Addons(counts) => {
            if counts.keys().all(|code| now.addons.contains_key(code)) {
                when(counts.iter().all(|(code, count)| now.addons.get(code) == Some(count)))
            } else {
                Effect::Unclear("an add-on is not shown")
            }
        }
        Action::Suspend => match now.status {
            Some(status) => when(status == LicenseStatus::Suspended),
            None => Effect::Unclear("the state is not shown"),
        },
        Action::Resume => match now.status {
            Some(status) => when(status == LicenseStatus::Active),
            None => Effect::Unclear("the state is not shown"),
        },
        // Between two keys there may be none for a while.
        Action::NewKey => match (&before.key_print, now.key.as_deref().map(print)) {
            (_, None) => Effect::Unclear("there is no key now"),
            // The first one comes by itself some time after the purchase.
            (None, Some(_)) => Effect::Unclear("what the key was before is not known"),
            (Some(was), Some(is)) => when(*was != is),
        },
        Action::Delete => Effect::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Term;
    use domain::Period;
    use time::macros::date;

    fn license() -> VendorLicense {
        VendorLicense {
            id: "17".into(),
            name: Some("web ks-1".into()),
            ip: Some("203.0.113.7".parse().unwrap()),
            plan_code: Some("3541".into()),
            key: Some("17-a".into()),
            status: Some(LicenseStatus::Active),
            expires_on: Some(date!(2026 - 12 - 21)),
            addons: BTreeMap::from([("4602".into(), 1)]),
            ..VendorLicense::default()
        }
    }

    fn after(change: impl FnOnce(&mut VendorLicense)) -> VendorLicense {
        let mut after = license();
        change(&mut after);
        after
    }

    #[test]
    fn an_effect_is_seen_at_the_license() {
        let nodes = |count| BTreeMap::from([("4602".into(), count)]);
        let edit = Action::Edit {
            ip: Some("203.0.113.8".parse().unwrap()),
            name: Some("mail ks-1".into()),
        };
        let plan = Action::ChangePlan {
            plan_code: "4601".into(),
            term: Term::of(Period::MONTH),
            addons: BTreeMap::new(),
        };
        let cases = [
            (
                Action::Renew(Term::of(Period::MONTH)),
                after(|now| now.expires_on = Some(date!(2027 - 01 - 21))),
                after(|now| now.expires_on = None),
            ),
            (
                edit,
                after(|now| {
                    now.ip = Some("203.0.113.8".parse().unwrap());
                    now.name = Some("mail ks-1".into());
                }),
                after(|now| now.name = None),
            ),
            (
                plan,
                after(|now| now.plan_code = Some("4601".into())),
                after(|now| now.plan_code = None),
            ),
            (
                Action::Addons(nodes(3)),
                after(|now| now.addons = nodes(3)),
                after(|now| now.addons.clear()),
            ),
            (
                Action::Suspend,
                after(|now| now.status = Some(LicenseStatus::Suspended)),
                after(|now| now.status = None),
            ),
            (
                Action::NewKey,
                after(|now| now.key = Some("17-b".into())),
                after(|now| now.key = None),
            ),
        ];
        let before = Before::from(&license());
        for (action, applied, unclear) in cases {
            assert_eq!(effect(&action, &before, Some(&applied)), Effect::Applied, "{action:?}");
            assert_eq!(effect(&action, &before, Some(&license())), Effect::NotYet, "{action:?}");
            let seen = effect(&action, &before, Some(&unclear));
            assert!(matches!(seen, Effect::Unclear(_)), "{action:?}: {seen:?}");
            let gone = effect(&action, &before, None);
            assert!(matches!(gone, Effect::Unclear(_)), "{action:?}: {gone:?}");
        }
        assert_eq!(effect(&Action::Resume, &before, Some(&license())), Effect::Applied);
        assert_eq!(effect(&Action::Delete, &before, Some(&license())), Effect::NotYet);
        assert_eq!(effect(&Action::Delete, &before, None), Effect::Applied);
        let deleted = after(|now| now.status = Some(LicenseStatus::Deleted));
        assert_eq!(effect(&Action::Delete, &before, Some(&deleted)), Effect::Applied);
        let back = after(|now| now.expires_on = Some(date!(2026 - 12 - 20)));
        let renew = Action::Renew(Term::of(Period::MONTH));
        assert!(matches!(effect(&renew, &before, Some(&back)), Effect::Unclear(_)));
        // Renewed from today, or only resumed? The last day does not tell.
        let stopped = after(|now| now.status = Some(LicenseStatus::Suspended));
        let before = Before::from(&stopped);
        assert!(matches!(effect(&renew, &before, Some(&license())), Effect::Unclear(_)));
        assert_eq!(effect(&renew, &before, Some(&stopped)), Effect::NotYet);
    }

    #[test]
    fn what_is_kept_tells_no_key() {
        for kept in [format!("{:?}", Before::from(&license())), format!("{:?}", license())] {
            assert!(!kept.contains("17-a"), "{kept}");
        }
    }
}
