//! `software.*`: the generation of 2009 (seed 003). It calls plans "prices" and has a period code of
//! its own for each price; both are data of the catalogue. It knows no reference of ours, so that one
//! travels in the name alone, and it neither pages nor counts its lists.

use std::net::IpAddr;

use billmgr::{Call, Node};
use domain::operation::OperationKind;

use crate::dialect::{
    Action, Dialect, Item, ListPage, OrderWish, Ordering, Term, Unclear, VendorLicense, is_number,
};
use crate::kind::Names;
use crate::{Role, family, read};

/// The function family of seed 003.
#[derive(Debug, Clone, Default)]
pub struct Software {
    /// Names of functions that are an account's own; an empty one takes the function away.
    names: Names,
}

impl Software {
    /// Only licenses that end between these days, both included: the filter is kept by the vendor for
    /// this login, and the list that follows obeys it until it is taken away again (seed 003).
    #[must_use]
    pub fn filter(&self, from: time::Date, to: time::Date) -> Call {
        self.filtered(&from.to_string(), &to.to_string())
    }

    /// Takes the filter away; that empty days do so is inferred.
    #[must_use]
    pub fn no_filter(&self) -> Call {
        self.filtered("", "")
    }

    fn filtered(&self, from: &str, to: &str) -> Call {
        self.needed(Role::Filter, "software.filter")
            .with("expires", from)
            .with("expiree", to)
            .with("sok", "ok")
    }

    /// The same family with names of an account's own.
    #[must_use]
    pub fn with_names(names: &Names) -> Self {
        Self { names: names.clone() }
    }

    fn func(&self, role: Role, name: &'static str) -> Option<Call> {
        match self.names.get(&role) {
            Some(own) if own.is_empty() && !role.is_needed() => None,
            Some(own) if !own.is_empty() => Some(Call::new(own.clone())),
            _ => Some(Call::new(name)),
        }
    }

    fn needed(&self, role: Role, name: &'static str) -> Call {
        self.func(role, name).unwrap_or_else(|| Call::new(name))
    }

    fn license(node: &Node) -> Result<VendorLicense, Unclear> {
        let mut license = read::license(node)?;
        license.name = node.child("licname").map(|name| name.text.to_string());
        license.ip = node.value("ip").and_then(|ip| ip.parse().ok());
        license.plan_code = node.value("price").filter(|code| is_number(code)).map(str::to_owned);
        Ok(license)
    }
}

impl Dialect for Software {
    /// `software.enable` and `software.disable` stand in clients of the time, not in the seed. There
    /// is no function for add-ons, keys, plans or deleting.
    fn can(&self, kind: OperationKind) -> bool {
        let has = |role| self.func(role, "").is_some();
        match kind {
            OperationKind::Order | OperationKind::Edit => true,
            OperationKind::Renew => has(Role::Prolong),
            OperationKind::Suspend => has(Role::Suspend),
            OperationKind::Resume => has(Role::Resume),
            _ => false,
        }
    }

    fn order(&self, wish: &OrderWish, _ordering: Ordering) -> Option<Call> {
        let call = self
            .needed(Role::Order, "software.edit")
            .with("price", &wish.plan_code)
            .with("period", wish.term.code.as_deref()?)
            .with("licname", family::named(wish.name.as_deref(), &wish.reference));
        let call = match wish.ip {
            Some(ip) => call.with("ip", ip.to_string()),
            None => call,
        };
        Some(call.with("sok", "ok"))
    }

    fn read_order(&self, doc: &Node) -> Result<Item, Unclear> {
        read::order(doc)
    }

    /// A filter that somebody left behind would hide licenses, and what hides is bought twice.
    fn before_list(&self) -> Option<Call> {
        Some(self.no_filter())
    }

    fn between(&self, from: time::Date, to: time::Date) -> Option<Call> {
        Some(self.filter(from, to))
    }

    /// The whole list is the first page.
    fn list(&self, _page: u32) -> Call {
        self.needed(Role::List, "software")
    }

    fn read_list(&self, doc: &Node) -> Result<ListPage, Unclear> {
        let mut page = read::list(doc, false, Self::license)?;
        page.total = page.total.or(Some(page.rows.len()));
        Ok(page)
    }

    fn view(&self, id: &str) -> Call {
        self.needed(Role::Edit, "software.edit").with("elid", id)
    }

    fn read_view(&self, doc: &Node) -> Result<VendorLicense, Unclear> {
        Self::license(doc)
    }

    fn act(&self, license: &VendorLicense, action: &Action) -> Option<Call> {
        let on = |role, func| Some(self.func(role, func)?.with("elid", &license.id));
        let call = match action {
            Action::Renew(term) => {
                on(Role::Prolong, "software.period")?.with("period", term.code.as_deref()?)
            }
            Action::Edit { ip, name } => {
                let call = on(Role::Edit, "software.edit")?;
                let call = match name {
                    Some(name) => call.with("licname", name),
                    None => call,
                };
                match ip {
                    Some(ip) => call.with("ip", ip.to_string()),
                    None => call,
                }
            }
            Action::Suspend => on(Role::Suspend, "software.disable")?,
            Action::Resume => on(Role::Resume, "software.enable")?,
            Action::ChangePlan { .. } | Action::Addons(_) | Action::NewKey | Action::Delete => {
                return None;
            }
        };
        Some(call.with("sok", "ok"))
    }

    fn read_act(&self, doc: &Node) -> Result<(), Unclear> {
        read::confirmed(doc)
    }

    fn check_ip(&self, plan_code: &str, term: &Term, ip: IpAddr) -> Option<Call> {
        Some(
            self.func(Role::CheckIp, "software.licinfo")?
                .with("sok", "ok")
                .with("price", plan_code)
                .with("period", term.code.as_deref()?)
                .with("ip", ip.to_string()),
        )
    }

    fn checks_ip(&self) -> bool {
        self.func(Role::CheckIp, "software.licinfo").is_some()
    }
}
