//! `software.*`: the generation of 2009 (seed 003). It calls plans "prices" and has a period code of
//! its own for each price; both are data of the catalogue. It knows no reference of ours, so that one
//! travels in the name alone, and it neither pages nor counts its lists.

use std::net::IpAddr;

use billmgr::{Call, Node};
use domain::operation::OperationKind;

use crate::dialect::{
    Action, Dialect, Item, ListPage, OrderWish, Ordering, Term, Unclear, VendorLicense, is_number,
};
use crate::{family, read};

/// The function family of seed 003.
#[derive(Debug, Clone, Copy, Default)]
pub struct Software;

impl Software {
    /// Only licenses that end between these days, both included: the filter is kept by the vendor for
    /// this login, and the list that follows obeys it until it is taken away again (seed 003).
    #[must_use]
    pub fn filter(from: time::Date, to: time::Date) -> Call {
        Self::filtered(&from.to_string(), &to.to_string())
    }

    /// Takes the filter away; that empty days do so is inferred.
    #[must_use]
    pub fn no_filter() -> Call {
        Self::filtered("", "")
    }

    fn filtered(from: &str, to: &str) -> Call {
        Call::new("software.filter").with("expires", from).with("expiree", to).with("sok", "ok")
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
        matches!(
            kind,
            OperationKind::Order
                | OperationKind::Renew
                | OperationKind::Edit
                | OperationKind::Suspend
                | OperationKind::Resume
        )
    }

    fn order(&self, wish: &OrderWish, _ordering: Ordering) -> Option<Call> {
        let call = Call::new("software.edit")
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
        Some(Self::no_filter())
    }

    /// The whole list is the first page.
    fn list(&self, _page: u32) -> Call {
        Call::new("software")
    }

    fn read_list(&self, doc: &Node) -> Result<ListPage, Unclear> {
        let mut page = read::list(doc, false, Self::license)?;
        page.total = page.total.or(Some(page.rows.len()));
        Ok(page)
    }

    fn view(&self, id: &str) -> Call {
        Call::new("software.edit").with("elid", id)
    }

    fn read_view(&self, doc: &Node) -> Result<VendorLicense, Unclear> {
        Self::license(doc)
    }

    fn act(&self, license: &VendorLicense, action: &Action) -> Option<Call> {
        let on = |func: &'static str| Call::new(func).with("elid", &license.id);
        let call = match action {
            Action::Renew(term) => on("software.period").with("period", term.code.as_deref()?),
            Action::Edit { ip, name } => {
                let call = on("software.edit");
                let call = match name {
                    Some(name) => call.with("licname", name),
                    None => call,
                };
                match ip {
                    Some(ip) => call.with("ip", ip.to_string()),
                    None => call,
                }
            }
            Action::Suspend => on("software.disable"),
            Action::Resume => on("software.enable"),
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
            Call::new("software.licinfo")
                .with("sok", "ok")
                .with("price", plan_code)
                .with("period", term.code.as_deref()?)
                .with("ip", ip.to_string()),
        )
    }
}
