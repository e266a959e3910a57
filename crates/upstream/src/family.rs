//! The function families of BILLmanager 5 and 6: `soft`, `platform`, `softexternal`, `parallelslic`
//! and `addition`. They differ by names and by a few fields, which are data here; the names can be
//! others for an account (see [`crate::catalog`]).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use billmgr::{Call, Node};
use domain::operation::OperationKind;

use crate::dialect::{
    Action, Dialect, Item, LIST_PAGE, ListPage, OrderWish, Ordering, Term, Unclear, VendorLicense,
    is_number, paying, throwing_away,
};
use crate::read;

/// A function's name.
type Func = Cow<'static, str>;

/// What a function of a family is for; names of an account's own are kept by these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Buys.
    Order,
    /// Lists everything of the family.
    List,
    /// Shows one license, and changes its address and name.
    Edit,
    /// Sets add-on counts.
    Addons,
    /// Makes another key.
    NewKey,
    /// Stops.
    Suspend,
    /// Starts again.
    Resume,
    /// Removes.
    Delete,
    /// Renews.
    Prolong,
    /// Makes it one of another plan.
    ChangePlan,
    /// Tells whether an address can be ordered for.
    CheckIp,
    /// Restricts the list to what ends between two days.
    Filter,
    /// Shows and empties the basket.
    Basket,
    /// Pays what lies in it.
    Pay,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Order,
        Self::List,
        Self::Edit,
        Self::Addons,
        Self::NewKey,
        Self::Suspend,
        Self::Resume,
        Self::Delete,
        Self::Prolong,
        Self::ChangePlan,
        Self::CheckIp,
        Self::Filter,
        Self::Basket,
        Self::Pay,
    ];

    /// The word kept in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::List => "list",
            Self::Edit => "edit",
            Self::Addons => "addons",
            Self::NewKey => "new_key",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Delete => "delete",
            Self::Prolong => "prolong",
            Self::ChangePlan => "change_plan",
            Self::CheckIp => "check_ip",
            Self::Filter => "filter",
            Self::Basket => "basket",
            Self::Pay => "pay",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// What is bought must be found again, and paid once: these are never taken away.
    pub(crate) const fn is_needed(self) -> bool {
        matches!(
            self,
            Self::Order | Self::List | Self::Edit | Self::Filter | Self::Basket | Self::Pay
        )
    }

    /// What a person asks for with it; none for what only reads.
    const fn serves(self) -> Option<OperationKind> {
        Some(match self {
            Self::Order => OperationKind::Order,
            Self::Edit => OperationKind::Edit,
            Self::Addons => OperationKind::Addons,
            Self::NewKey => OperationKind::ReissueKey,
            Self::Suspend => OperationKind::Suspend,
            Self::Resume => OperationKind::Resume,
            Self::Delete => OperationKind::Delete,
            Self::Prolong => OperationKind::Renew,
            Self::ChangePlan => OperationKind::ChangePlan,
            Self::List | Self::CheckIp | Self::Filter | Self::Basket | Self::Pay => return None,
        })
    }
}

/// One function family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    functions: BTreeMap<Role, Func>,
    /// What the address is called; none where licenses are not bound to one.
    address: Option<&'static str>,
    /// What the customer's name for it is called, in which our reference travels too.
    name: Option<&'static str>,
    /// Orders name the license that they are a module of.
    has_parent: bool,
    /// Deleting is confirmed by `sok`.
    confirms_delete: bool,
    /// Add-on counts are sent together with the address and the name as they are.
    repeats_form: bool,
}

fn functions<const N: usize>(names: [(Role, &'static str); N]) -> BTreeMap<Role, Func> {
    names.into_iter().map(|(role, name)| (role, Cow::Borrowed(name))).collect()
}

impl Family {
    /// ISPmanager 5 and 6, VMmanager, DCImanager, BILLmanager and DNSmanager 5 (seed 001).
    #[must_use]
    pub fn soft() -> Self {
        Self {
            functions: functions([
                (Role::Order, "soft.order.param"),
                (Role::List, "soft"),
                (Role::Edit, "soft.edit"),
                (Role::Addons, "soft.edit"),
                (Role::NewKey, "soft.edit"),
                (Role::Suspend, "soft.suspend"),
                (Role::Resume, "soft.resume"),
                (Role::Delete, "soft.delete"),
                (Role::Prolong, "service.prolong"),
                (Role::ChangePlan, "service.changepricelist"),
                (Role::CheckIp, "soft.checkip"),
            ]),
            address: Some("ip"),
            name: Some("licname"),
            has_parent: false,
            confirms_delete: false,
            repeats_form: false,
        }
    }

    /// VMmanager 6 and DCImanager 6 (seed 000): no address, and a comment for a name. Its list is
    /// inferred from the other families.
    #[must_use]
    pub fn platform() -> Self {
        Self {
            functions: functions([
                (Role::Order, "platform.order.param"),
                (Role::List, "platform"),
                (Role::Edit, "platform.edit"),
                (Role::Addons, "platform.edit"),
                (Role::Suspend, "platform.suspend"),
                (Role::Resume, "platform.resume"),
                (Role::Delete, "platform.delete"),
                (Role::Prolong, "service.prolong"),
                // Only of a trial, which seed 000 sells: no document names the function for this family,
                // so it is inferred from `soft`.
                (Role::ChangePlan, "service.changepricelist"),
            ]),
            address: None,
            name: Some("comment"),
            ..Self::soft()
        }
    }

    /// Software of third parties, and everything of `ISPlicense` (seed 002), whose nodes are added by
    /// `soft.edit` with the address and the name beside them.
    #[must_use]
    pub fn softexternal() -> Self {
        Self {
            functions: functions([
                (Role::Order, "softexternal.order.param"),
                (Role::List, "softexternal"),
                (Role::Edit, "softexternal.edit"),
                (Role::Addons, "soft.edit"),
                (Role::Suspend, "softexternal.suspend"),
                (Role::Resume, "softexternal.resume"),
                (Role::Delete, "softexternal.delete"),
                (Role::Prolong, "service.prolong"),
            ]),
            confirms_delete: true,
            repeats_form: true,
            ..Self::soft()
        }
    }

    /// Plesk (seed 002). Everything but the order is inferred from the other families.
    #[must_use]
    pub fn parallelslic() -> Self {
        Self {
            functions: functions([
                (Role::Order, "parallelslic.order.param"),
                (Role::List, "parallelslic"),
                (Role::Edit, "parallelslic.edit"),
                (Role::Suspend, "parallelslic.suspend"),
                (Role::Resume, "parallelslic.resume"),
                (Role::Delete, "parallelslic.delete"),
                (Role::Prolong, "service.prolong"),
            ]),
            address: Some("pa_ip"),
            name: None,
            confirms_delete: true,
            ..Self::soft()
        }
    }

    /// Modules of a panel (seeds 002 and 004). No document lists suspending, resuming or changing
    /// them; the form that shows one is inferred. `with_parent`: orders carry `item`, which the sample
    /// of `ISPlicense` does not.
    #[must_use]
    pub fn addition(with_parent: bool) -> Self {
        Self {
            functions: functions([
                (Role::Order, "addition.order.param"),
                (Role::List, "addition"),
                (Role::Edit, "addition.edit"),
                (Role::Delete, "addition.delete"),
                (Role::Prolong, "service.prolong"),
            ]),
            address: None,
            name: None,
            has_parent: with_parent,
            ..Self::soft()
        }
    }

    /// The same family with names of an account's own; an empty name takes a function away.
    #[must_use]
    pub fn with_names(mut self, names: &BTreeMap<Role, String>) -> Self {
        for (role, name) in names {
            let needed = role.is_needed();
            if !name.is_empty() {
                self.functions.insert(*role, Cow::Owned(name.clone()));
            } else if !needed {
                self.functions.remove(role);
            }
        }
        self
    }

    /// A function that all families have, under the account's own name for it.
    fn shared(&self, role: Role, name: &'static str) -> Call {
        self.func(role).unwrap_or_else(|| Call::new(name))
    }

    fn func(&self, role: Role) -> Option<Call> {
        self.functions.get(&role).map(|name| Call::new(name.clone()))
    }

    fn on(&self, role: Role, id: &str) -> Option<Call> {
        Some(self.func(role)?.with("elid", id))
    }

    /// A license with everything that this family calls by names of its own.
    fn license(&self, node: &Node, plan_code: Option<&str>) -> Result<VendorLicense, Unclear> {
        let mut license = read::license(node)?;
        license.ip = self
            .address
            .and_then(|address| node.value(address).or(node.value("ip")))
            .and_then(|ip| ip.parse().ok());
        // An empty name is a name, too: one that does not carry our reference.
        license.name =
            self.name.and_then(|name| node.child(name)).map(|name| name.text.to_string());
        license.plan_code = plan_code.map(str::to_owned);
        Ok(license)
    }
}

fn counted(call: Call, addons: &BTreeMap<String, u32>) -> Call {
    addons
        .iter()
        .fold(call, |call, (code, count)| call.with(format!("addon_{code}"), count.to_string()))
}

impl Dialect for Family {
    fn basket(&self) -> Call {
        self.shared(Role::Basket, "basket")
    }

    fn pay(&self, bill: &str) -> Call {
        paying(self.shared(Role::Pay, "payment.add"), bill)
    }

    fn unbasket(&self, id: &str) -> Call {
        throwing_away(self.basket(), id)
    }

    fn can(&self, kind: OperationKind) -> bool {
        let has = self.functions.keys().any(|role| role.serves() == Some(kind));
        // A form without anything in it that could be changed only shows.
        has && (kind != OperationKind::Edit || self.address.is_some() || self.name.is_some())
    }

    /// `autoprolong` is the term where the buyer was told that the vendor renews (BitNinja takes no other,
    /// protocol section 4), else `null`: a license renewed by both sides would be paid twice. The
    /// reference travels as `remoteid` and, because no document says
    /// that a list shows that, inside the name as well.
    fn order(&self, wish: &OrderWish, ordering: Ordering) -> Option<Call> {
        let mut call = self.func(Role::Order)?.with("clicked_button", "finish");
        if let (true, Some(parent)) = (self.has_parent, &wish.parent) {
            call = call.with("item", parent);
        }
        if let (Some(address), Some(ip)) = (self.address, wish.ip) {
            call = call.with(address, ip.to_string());
        }
        if let Some(name) = self.name {
            call = call.with(name, named(wish.name.as_deref(), &wish.reference));
        }
        call = counted(
            call.with("period", wish.term.said()).with("pricelist", &wish.plan_code),
            &wish.addons,
        );
        for (name, value) in &wish.fields {
            call = call.with(name, value);
        }
        let skip = match ordering {
            Ordering::AtOnce => "on",
            Ordering::Basket => "off",
        };
        let again = if wish.renews && wish.term.period.months().is_some() {
            wish.term.said()
        } else {
            "null".to_owned()
        };
        let call = call.with("autoprolong", again).with("remoteid", &wish.reference);
        Some(call.with("skipbasket", skip).with("sok", "ok"))
    }

    fn read_order(&self, doc: &Node) -> Result<Item, Unclear> {
        read::order(doc)
    }

    fn list(&self, page: u32) -> Call {
        let name = self.functions.get(&Role::List).cloned().unwrap_or_default();
        Call::new(name).with("p_cnt", LIST_PAGE.to_string()).with("p_num", page.to_string())
    }

    /// In a form `pricelist` is the code, in a list it is the name (protocol section 3.1).
    fn read_list(&self, doc: &Node) -> Result<ListPage, Unclear> {
        read::list(doc, true, |row| self.license(row, row.value("pricelist_id")))
    }

    fn view(&self, id: &str) -> Call {
        let name = self.functions.get(&Role::Edit).cloned().unwrap_or_default();
        Call::new(name).with("elid", id)
    }

    fn read_view(&self, doc: &Node) -> Result<VendorLicense, Unclear> {
        let code = doc.value("pricelist").filter(|code| is_number(code));
        self.license(doc, doc.value("pricelist_id").or(code))
    }

    /// `suspend` and `resume` need no `sok`, nor does `soft.delete` (seed 001).
    fn act(&self, license: &VendorLicense, action: &Action) -> Option<Call> {
        let id = license.id.as_str();
        Some(match action {
            Action::Renew(term) => {
                let call = self.on(Role::Prolong, id)?;
                call.with("period", term.said()).with("sok", "ok")
            }
            Action::Edit { ip, name } => {
                let mut call = self.on(Role::Edit, id)?;
                if let (Some(address), Some(ip)) = (self.address, ip) {
                    call = call.with(address, ip.to_string());
                }
                if let (Some(field), Some(name)) = (self.name, name) {
                    call = call.with(field, name);
                }
                call.with("sok", "ok")
            }
            Action::ChangePlan { plan_code, term, addons } => {
                let call = self
                    .on(Role::ChangePlan, id)?
                    .with("pricelist", plan_code)
                    .with("period", term.said());
                counted(call, addons).with("sok", "ok")
            }
            Action::Addons(counts) => {
                let mut call = self.on(Role::Addons, id)?;
                if self.repeats_form {
                    if let (Some(address), Some(ip)) = (self.address, license.ip) {
                        call = call.with(address, ip.to_string());
                    }
                    if let (Some(field), Some(name)) = (self.name, &license.name) {
                        call = call.with(field, name);
                    }
                }
                counted(call, counts).with("sok", "ok")
            }
            Action::NewKey => {
                self.on(Role::NewKey, id)?.with("clicked_button", "newkey").with("sok", "ok")
            }
            Action::Suspend => self.on(Role::Suspend, id)?,
            Action::Resume => self.on(Role::Resume, id)?,
            Action::Delete if self.confirms_delete => self.on(Role::Delete, id)?.with("sok", "ok"),
            Action::Delete => self.on(Role::Delete, id)?,
        })
    }

    fn read_act(&self, doc: &Node) -> Result<(), Unclear> {
        read::confirmed(doc)
    }

    fn check_ip(&self, plan_code: &str, term: &Term, ip: IpAddr) -> Option<Call> {
        let address = self.address?;
        Some(
            self.func(Role::CheckIp)?
                .with("pricelist", plan_code)
                .with("period", term.said())
                .with(address, ip.to_string()),
        )
    }

    fn checks_ip(&self) -> bool {
        self.address.is_some() && self.func(Role::CheckIp).is_some()
    }
}

/// A license's name at the vendor: the customer's, and our reference as its last word.
#[must_use]
pub fn named(name: Option<&str>, reference: &str) -> String {
    match name {
        Some(name) if !name.is_empty() => format!("{name} {reference}"),
        _ => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Evidence, Exchange, Failure, Outcome};
    use billmgr::read_xml;
    use domain::license::LicenseStatus;
    use time::macros::date;

    fn doc(xml: &str) -> Node {
        read_xml(xml.as_bytes()).unwrap()
    }

    #[test]
    fn only_a_confirmation_with_one_number_is_a_purchase() {
        for (xml, id) in [
            ("<doc><id>17</id><ok/></doc>", "17"),
            ("<doc><item.id>17</item.id><ok/></doc>", "17"),
            (
                "<doc><id>17</id><item.id>17</item.id><billorder.id>3</billorder.id><ok type=\"form\">func=x</ok></doc>",
                "17",
            ),
        ] {
            let bill = xml.contains("billorder").then(|| "3".to_owned());
            assert_eq!(
                Family::soft().read_order(&doc(xml)),
                Ok(Item { id: id.to_owned(), bill }),
                "{xml}"
            );
        }
        for xml in [
            "<doc><ok/></doc>",
            "<doc><id>17</id></doc>",
            "<doc><id/><ok/></doc>",
            "<doc><id>seventeen</id><ok/></doc>",
            "<doc><id>17</id><item.id>18</item.id><ok/></doc>",
            "<doc/>",
        ] {
            assert!(Family::soft().read_order(&doc(xml)).is_err(), "{xml}");
        }
    }

    #[test]
    fn an_error_is_a_refusal_even_beside_a_number() {
        let exchange = |result| Exchange { result, evidence: Evidence::default() };
        let refused = exchange(Ok(doc(
            "<doc><id>17</id><ok/><error type=\"value\" object=\"ip\"><msg>taken</msg></error></doc>",
        )));
        assert!(
            matches!(refused.outcome(|doc| Family::soft().read_order(doc)), Outcome::Refused(e) if e.message == "taken")
        );
        let lost = exchange(Err(Failure::OutcomeUnknown("timeout".into())));
        assert_eq!(
            lost.outcome(|doc| Family::soft().read_order(doc)),
            Outcome::Unknown("timeout".into())
        );
        let refused = exchange(Err(Failure::NotSent("refused".into())));
        assert_eq!(
            refused.outcome(|doc| Family::soft().read_order(doc)),
            Outcome::NotSent("refused".into())
        );
    }

    #[test]
    fn a_list_shows_codes_under_localised_words() {
        let list = doc(
            "<doc><p_elems>2</p_elems><elem><id>17</id><licname>web ks-1</licname><ip>203.0.113.7</ip>\
             <pricelist>ispmanager 6 lite</pricelist><pricelist_id>55227</pricelist_id>\
             <createdate>2026-11-21 10:00:00</createdate><expiredate>2026-12-21</expiredate>\
             <item_status orig=\"2\">Активен</item_status><remoteid>ks-1</remoteid></elem>\
             <metadata/><elem><id>18</id><status>3</status></elem></doc>",
        );
        let page = Family::soft().read_list(&list).unwrap();
        assert_eq!((page.rows.len(), page.total), (2, Some(2)));
        let rows = page.rows;
        assert_eq!(rows[0].plan_code.as_deref(), Some("55227"));
        assert_eq!(rows[0].status, Some(LicenseStatus::Active));
        assert_eq!(rows[0].expires_on, Some(date!(2026 - 12 - 21)));
        assert_eq!(rows[0].reference.as_deref(), Some("ks-1"));
        assert_eq!(rows[1].status, Some(LicenseStatus::Suspended));
        assert_eq!(rows[1].reference, None);
        let broken = doc("<doc><elem><licname>x</licname></elem></doc>");
        assert!(
            Family::soft().read_list(&broken).is_err(),
            "a row without a number hides a license"
        );
        assert!(Family::soft().read_list(&doc("<doc/>")).is_err(), "no list at all proves nothing");
        let empty = Family::soft().read_list(&doc("<doc><p_elems>0</p_elems></doc>")).unwrap();
        assert_eq!((empty.rows.len(), empty.total), (0, Some(0)));
    }

    #[test]
    fn a_form_shows_the_key_once_there_is_one() {
        let form = |key: &str| {
            doc(&format!(
                "<doc><elid>17</elid><licname>x</licname><pricelist>55227</pricelist><lickey>{key}</lickey><status>2</status></doc>"
            ))
        };
        assert_eq!(Family::soft().read_view(&form("")).unwrap().key, None);
        let view = Family::soft().read_view(&form("17-abc")).unwrap();
        assert_eq!((view.id.as_str(), view.key.as_deref()), ("17", Some("17-abc")));
        assert_eq!(view.plan_code.as_deref(), Some("55227"));
    }
}
