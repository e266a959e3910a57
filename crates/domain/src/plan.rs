//! What is sold, and what a customer may choose about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Period;
use crate::address::{AddressError, LicenseIp};
use crate::operation::OperationKind;

/// What a plan can do. Pages obey it, so that there is no button that must fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The license is bound to an IP address that the buyer enters.
    pub needs_ip: bool,
    /// The vendor keeps a name for it.
    pub named: bool,
    /// It belongs to another license, which the buyer chooses.
    pub module: bool,
    /// The terms on offer, shortest first.
    pub periods: Vec<Period>,
    /// Counted options.
    pub addons: Vec<Addon>,
    /// What the order asks for beside that.
    pub fields: Vec<Field>,
    /// What can be done to a license of it.
    pub can: Vec<OperationKind>,
}

/// Something that a product asks its buyer for, such as the e-mail address of an account there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The vendor's name of it, which the order carries: `bitninja_email`.
    pub code: String,
    /// What belongs into it.
    pub kind: FieldKind,
}

/// What belongs into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// An e-mail address.
    Email,
}

impl Field {
    /// The longest that a field may be.
    pub const MAX: usize = 255;

    /// The value without blanks around it, if it can stand in this field.
    #[must_use]
    pub fn tidy<'a>(&self, value: &'a str) -> Option<&'a str> {
        let value = value.trim();
        let fits = !value.is_empty()
            && value.chars().count() <= Self::MAX
            && !value.chars().any(char::is_control);
        let kind = match self.kind {
            FieldKind::Text => true,
            // Whether it exists is the vendor's to say.
            FieldKind::Email => value.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty()
                    && host.contains('.')
                    && !host.contains('@')
                    && !value.contains(char::is_whitespace)
            }),
        };
        (fits && kind).then_some(value)
    }
}

/// A counted option. Counts are absolute and include the base (protocol section 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addon {
    /// Our short name, unique within the plan, such as `node`.
    pub code: String,
    /// The smallest count that can be ordered; also what the plan's own price covers.
    pub base: u32,
    /// The largest count that can be ordered.
    pub max: u32,
    /// Counts go up from the base in steps of this size, at least 1.
    pub step: u32,
}

impl Addon {
    /// Whether `count` can be ordered.
    #[must_use]
    pub const fn accepts(&self, count: u32) -> bool {
        count >= self.base
            && count <= self.max
            && (count - self.base).is_multiple_of(if self.step == 0 { 1 } else { self.step })
    }
}

/// What somebody wants of a plan; made valid by [`Capabilities::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The term.
    pub period: Period,
    /// The server's address, where the plan needs one.
    pub ip: Option<LicenseIp>,
    /// Every add-on of the plan with its absolute count.
    pub addons: BTreeMap<String, u32>,
}

/// Why a choice does not fit the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ChoiceError {
    /// The plan has no such term.
    #[error("the plan is not sold for this period")]
    Period,
    /// The address is missing or not usable.
    #[error("the IP address is not usable")]
    Ip(AddressError),
    /// The plan has no such add-on, or not in this number.
    #[error("the count of add-on {0} is not on offer")]
    Addon(String),
    /// The product asks for this, and what was entered is not it.
    #[error("the field {0} is not filled in as it must be")]
    Field(String),
}

impl Capabilities {
    /// Checks raw input against the plan. Add-ons that are not mentioned stand at their base.
    pub fn check(
        &self,
        period: Period,
        ip: &str,
        addons: &BTreeMap<String, u32>,
    ) -> Result<Choice, ChoiceError> {
        if !self.periods.contains(&period) {
            return Err(ChoiceError::Period);
        }
        if let Some(unknown) =
            addons.keys().find(|code| self.addons.iter().all(|addon| addon.code != **code))
        {
            return Err(ChoiceError::Addon(unknown.clone()));
        }
        let mut counts = BTreeMap::new();
        for addon in &self.addons {
            let count = addons.get(&addon.code).copied().unwrap_or(addon.base);
            if !addon.accepts(count) {
                return Err(ChoiceError::Addon(addon.code.clone()));
            }
            counts.insert(addon.code.clone(), count);
        }
        let ip =
            if self.needs_ip { Some(LicenseIp::parse(ip).map_err(ChoiceError::Ip)?) } else { None };
        Ok(Choice { period, ip, addons: counts })
    }

    /// Checks what was entered into the fields of the product; what it does not ask for is left out.
    ///
    /// # Errors
    /// [`ChoiceError::Field`] names the first field that is empty or not what it must be.
    pub fn check_fields(
        &self,
        entered: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ChoiceError> {
        self.fields
            .iter()
            .map(|field| {
                let value = entered.get(&field.code).and_then(|value| field.tidy(value));
                let value = value.ok_or_else(|| ChoiceError::Field(field.code.clone()))?;
                Ok((field.code.clone(), value.to_owned()))
            })
            .collect()
    }

    /// Whether this can be done to a license of the plan.
    #[must_use]
    pub fn can(&self, kind: OperationKind) -> bool {
        self.can.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn business() -> Capabilities {
        Capabilities {
            needs_ip: true,
            named: true,
            module: false,
            periods: vec![Period::MONTH, Period::YEAR],
            addons: vec![Addon { code: "node".into(), base: 1, max: 9, step: 2 }],
            fields: vec![Field { code: "bitninja_email".into(), kind: FieldKind::Email }],
            can: vec![OperationKind::Renew],
        }
    }

    #[test]
    fn a_choice_must_fit_the_plan() {
        let plan = business();
        let none = BTreeMap::new();
        let choice = plan.check(Period::MONTH, "203.0.113.7", &none).unwrap();
        assert_eq!(choice.addons.get("node"), Some(&1));
        assert_eq!(plan.check(Period::Trial, "203.0.113.7", &none), Err(ChoiceError::Period));
        assert_eq!(
            plan.check(Period::MONTH, "", &none),
            Err(ChoiceError::Ip(AddressError::Missing))
        );
        for (count, fits) in [(0, false), (1, true), (2, false), (3, true), (9, true), (11, false)]
        {
            let counts = BTreeMap::from([("node".to_owned(), count)]);
            assert_eq!(plan.check(Period::MONTH, "203.0.113.7", &counts).is_ok(), fits, "{count}");
        }
        let stranger = BTreeMap::from([("gpu".to_owned(), 1)]);
        assert_eq!(
            plan.check(Period::MONTH, "203.0.113.7", &stranger),
            Err(ChoiceError::Addon("gpu".into()))
        );
    }

    #[test]
    fn fields_are_filled_in_as_the_product_asks() {
        let plan = business();
        let entered = |value: &str| BTreeMap::from([("bitninja_email".into(), value.to_owned())]);
        let tidy = plan.check_fields(&entered("  a@example.org ")).unwrap();
        assert_eq!(tidy, entered("a@example.org"));
        let mut more = entered("a@example.org");
        more.insert("sok".into(), "ok".into());
        assert_eq!(plan.check_fields(&more).unwrap(), tidy, "nobody asked for it");
        let missing = Err(ChoiceError::Field("bitninja_email".into()));
        for wrong in ["", " ", "a", "@example.org", "a@b", "a b@example.org", "a@b@c.d", "a@b.c\n&"]
        {
            assert_eq!(plan.check_fields(&entered(wrong)), missing, "{wrong:?}");
        }
        assert_eq!(plan.check_fields(&BTreeMap::new()), missing);
        assert!(plan.can(OperationKind::Renew) && !plan.can(OperationKind::Suspend));
    }
}
