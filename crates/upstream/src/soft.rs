//! `soft.*`: ISPmanager 5 and 6, VMmanager, DCImanager, BILLmanager and DNSmanager 5 (seed 001).

use std::collections::BTreeMap;
use std::net::IpAddr;

use billmgr::{Call, Node};
use domain::Period;
use domain::license::LicenseStatus;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime};

use crate::dialect::{
    Action, Dialect, Item, LIST_PAGE, ListPage, OrderWish, Ordering, Unclear, VendorLicense,
    is_number,
};

/// The function family of seed 001.
#[derive(Debug, Clone, Copy, Default)]
pub struct Soft;

impl Dialect for Soft {
    /// `autoprolong=null` always: a license renewed by both sides would be paid twice
    /// (protocol section 4). The reference travels as `remoteid` and, because no document says
    /// that a list shows that, inside the name as well.
    fn order(&self, wish: &OrderWish, ordering: Ordering) -> Call {
        let name = named(wish.name.as_deref(), &wish.reference);
        let mut call = Call::new("soft.order.param").with("clicked_button", "finish");
        if let Some(ip) = wish.ip {
            call = call.with("ip", ip.to_string());
        }
        call = call
            .with("licname", name)
            .with("period", wish.period.to_string())
            .with("pricelist", &wish.plan_code);
        for (code, count) in &wish.addons {
            call = call.with(format!("addon_{code}"), count.to_string());
        }
        let skip = match ordering {
            Ordering::AtOnce => "on",
            Ordering::Basket => "off",
        };
        call.with("autoprolong", "null")
            .with("remoteid", &wish.reference)
            .with("skipbasket", skip)
            .with("sok", "ok")
    }

    /// Servers answer with `id`, `item.id` or both (protocol section 0).
    fn read_order(&self, doc: &Node) -> Result<Item, Unclear> {
        if !doc.is_ok() {
            return Err(Unclear("a confirmation"));
        }
        let ids = [doc.value("id"), doc.value("item.id")];
        let id = match ids {
            [Some(one), Some(other)] if one != other => return Err(Unclear("one license number")),
            [Some(id), _] | [None, Some(id)] if is_number(id) => id.to_owned(),
            _ => return Err(Unclear("a license number")),
        };
        let bill = doc.value("billorder.id").filter(|bill| is_number(bill)).map(str::to_owned);
        Ok(Item { id, bill })
    }

    fn list(&self, page: u32) -> Call {
        Call::new("soft").with("p_cnt", LIST_PAGE.to_string()).with("p_num", page.to_string())
    }

    /// A document with neither rows nor their number is no list: a page to sign in, for instance.
    fn read_list(&self, doc: &Node) -> Result<ListPage, Unclear> {
        let rows: Vec<_> = doc
            .elems()
            .map(|elem| license(elem, elem.value("pricelist_id")))
            .collect::<Result<_, _>>()?;
        let total = doc.value("p_elems").and_then(|total| total.parse().ok());
        if rows.is_empty() && total.is_none() {
            return Err(Unclear("a list"));
        }
        Ok(ListPage { rows, total })
    }

    fn view(&self, id: &str) -> Call {
        Call::new("soft.edit").with("elid", id)
    }

    /// In a form `pricelist` is the code, in a list it is the name (protocol section 3.1).
    fn read_view(&self, doc: &Node) -> Result<VendorLicense, Unclear> {
        let code = doc.value("pricelist").filter(|code| is_number(code));
        license(doc, doc.value("pricelist_id").or(code))
    }

    /// `soft.suspend`, `soft.resume` and `soft.delete` need no `sok` (seed 001).
    fn act(&self, id: &str, action: &Action) -> Call {
        let on = |func: &'static str| Call::new(func).with("elid", id);
        let with = |call: Call, addons: &BTreeMap<String, u32>| {
            addons.iter().fold(call, |call, (code, count)| {
                call.with(format!("addon_{code}"), count.to_string())
            })
        };
        match action {
            Action::Renew(period) => {
                on("service.prolong").with("period", period.to_string()).with("sok", "ok")
            }
            Action::Edit { ip, name } => {
                let call = on("soft.edit");
                let call = match ip {
                    Some(ip) => call.with("ip", ip.to_string()),
                    None => call,
                };
                call.with("licname", name).with("sok", "ok")
            }
            Action::ChangePlan { plan_code, period, addons } => {
                let call = on("service.changepricelist")
                    .with("pricelist", plan_code)
                    .with("period", period.to_string());
                with(call, addons).with("sok", "ok")
            }
            Action::Addons(addons) => with(on("soft.edit"), addons).with("sok", "ok"),
            Action::NewKey => on("soft.edit").with("clicked_button", "newkey").with("sok", "ok"),
            Action::Suspend => on("soft.suspend"),
            Action::Resume => on("soft.resume"),
            Action::Delete => on("soft.delete"),
        }
    }

    fn read_act(&self, doc: &Node) -> Result<(), Unclear> {
        if doc.is_ok() { Ok(()) } else { Err(Unclear("a confirmation")) }
    }

    fn check_ip(&self, plan_code: &str, period: Period, ip: IpAddr) -> Option<Call> {
        Some(
            Call::new("soft.checkip")
                .with("pricelist", plan_code)
                .with("period", period.to_string())
                .with("ip", ip.to_string()),
        )
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

fn license(node: &Node, plan_code: Option<&str>) -> Result<VendorLicense, Unclear> {
    let id = node
        .value("id")
        .or_else(|| node.value("elid"))
        .filter(|id| is_number(id))
        .ok_or(Unclear("a license number"))?;
    let status = node
        .code("status")
        .filter(|code| is_number(code))
        .or_else(|| node.code("item_status"))
        .and_then(|code| code.parse().ok())
        .and_then(LicenseStatus::from_vendor_code);
    Ok(VendorLicense {
        id: id.to_owned(),
        reference: node.child("remoteid").map(|child| child.text.to_string()),
        name: node.value("licname").or(node.value("name")).map(str::to_owned),
        ip: node.value("ip").and_then(|ip| ip.parse().ok()),
        plan_code: plan_code.map(str::to_owned),
        key: node.value("lickey").map(str::to_owned),
        status,
        expires_on: node.value("real_expiredate").or(node.value("expiredate")).and_then(date),
        addons: node
            .children
            .iter()
            .filter_map(|child| {
                let code = child.name.strip_prefix("addon_").filter(|code| is_number(code))?;
                Some((code.to_owned(), child.text.trim().parse().ok()?))
            })
            .collect(),
        created_at: node.value("createdate").and_then(date_time),
    })
}

/// A date, or the date of a date with time; display texts such as "daily charge" are no date.
fn date(text: &str) -> Option<Date> {
    let day = text.get(..10).unwrap_or(text);
    Date::parse(day, format_description!("[year]-[month]-[day]")).ok()
}

fn date_time(text: &str) -> Option<PrimitiveDateTime> {
    let full = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    PrimitiveDateTime::parse(text, full).ok().or_else(|| date(text).map(Date::midnight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Evidence, Exchange, Failure, Outcome};
    use billmgr::read_xml;
    use time::macros::date;

    fn doc(xml: &str) -> Node {
        read_xml(xml.as_bytes()).unwrap()
    }

    fn wish() -> OrderWish {
        OrderWish {
            plan_code: "4601".into(),
            period: Period::MONTH,
            ip: Some("82.156.37.16".parse().unwrap()),
            name: Some("name".into()),
            addons: BTreeMap::from([("4602".into(), 1)]),
            reference: "ks-1".into(),
        }
    }

    #[test]
    fn an_order_is_what_the_document_shows_and_our_reference() {
        insta::assert_snapshot!(Soft.order(&wish(), Ordering::AtOnce), @"soft.order.param clicked_button=finish ip=82.156.37.16 licname=name ks-1 period=1 pricelist=4601 addon_4602=1 autoprolong=null remoteid=ks-1 skipbasket=on sok=ok");
    }

    #[test]
    fn changes_are_what_the_document_shows() {
        let calls = [
            Action::Renew(Period::YEAR),
            Action::Edit { ip: Some("82.156.37.17".parse().unwrap()), name: "new ks-1".into() },
            Action::ChangePlan {
                plan_code: "4601".into(),
                period: Period::MONTH,
                addons: BTreeMap::from([("4602".into(), 2)]),
            },
            Action::Addons(BTreeMap::from([("4602".into(), 3)])),
            Action::Suspend,
            Action::Resume,
            Action::NewKey,
            Action::Delete,
        ]
        .map(|action| Soft.act("334673", &action).to_string());
        insta::assert_snapshot!(calls.join("\n"), @"
        service.prolong elid=334673 period=12 sok=ok
        soft.edit elid=334673 ip=82.156.37.17 licname=new ks-1 sok=ok
        service.changepricelist elid=334673 pricelist=4601 period=1 addon_4602=2 sok=ok
        soft.edit elid=334673 addon_4602=3 sok=ok
        soft.suspend elid=334673
        soft.resume elid=334673
        soft.edit elid=334673 clicked_button=newkey sok=ok
        soft.delete elid=334673
        ");
        assert_eq!(Soft.read_act(&doc("<doc><ok/></doc>")), Ok(()));
        let prolonged =
            doc("<doc><elid>1</elid><doc><newexpiredate/></doc><ok type=\"form\"/></doc>");
        assert_eq!(Soft.read_act(&prolonged), Ok(()));
        assert!(Soft.read_act(&doc("<doc><elid>1</elid></doc>")).is_err(), "a form is no success");
    }

    #[test]
    fn the_reading_calls() {
        let basket = Soft.order(&wish(), Ordering::Basket).to_string();
        assert!(basket.ends_with(" skipbasket=off sok=ok"), "{basket}");
        insta::assert_snapshot!(Soft.basket(), @"basket");
        insta::assert_snapshot!(Soft.pay("3346010"), @"payment.add billorder=3346010 clicked_button=fromsubaccount sok=ok");
        insta::assert_snapshot!(Soft.unbasket("334601"), @"basket clicked_button=delete id=334601 sok=ok");
        insta::assert_snapshot!(Soft.list(2), @"soft p_cnt=500 p_num=2");
        insta::assert_snapshot!(Soft.view("334673"), @"soft.edit elid=334673");
        let ip = "82.145.17.16".parse().unwrap();
        insta::assert_snapshot!(Soft.check_ip("7", Period::MONTH, ip).unwrap(), @"soft.checkip pricelist=7 period=1 ip=82.145.17.16");
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
            assert_eq!(Soft.read_order(&doc(xml)), Ok(Item { id: id.to_owned(), bill }), "{xml}");
        }
        for xml in [
            "<doc><ok/></doc>",
            "<doc><id>17</id></doc>",
            "<doc><id/><ok/></doc>",
            "<doc><id>seventeen</id><ok/></doc>",
            "<doc><id>17</id><item.id>18</item.id><ok/></doc>",
            "<doc/>",
        ] {
            assert!(Soft.read_order(&doc(xml)).is_err(), "{xml}");
        }
    }

    #[test]
    fn an_error_is_a_refusal_even_beside_a_number() {
        let exchange = |result| Exchange { result, evidence: Evidence::default() };
        let refused = exchange(Ok(doc(
            "<doc><id>17</id><ok/><error type=\"value\" object=\"ip\"><msg>taken</msg></error></doc>",
        )));
        assert!(
            matches!(refused.outcome(|doc| Soft.read_order(doc)), Outcome::Refused(e) if e.message == "taken")
        );
        let lost = exchange(Err(Failure::OutcomeUnknown("timeout".into())));
        assert_eq!(lost.outcome(|doc| Soft.read_order(doc)), Outcome::Unknown("timeout".into()));
        let refused = exchange(Err(Failure::NotSent("refused".into())));
        assert_eq!(refused.outcome(|doc| Soft.read_order(doc)), Outcome::NotSent("refused".into()));
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
        let page = Soft.read_list(&list).unwrap();
        assert_eq!((page.rows.len(), page.total), (2, Some(2)));
        let rows = page.rows;
        assert_eq!(rows[0].plan_code.as_deref(), Some("55227"));
        assert_eq!(rows[0].status, Some(LicenseStatus::Active));
        assert_eq!(rows[0].expires_on, Some(date!(2026 - 12 - 21)));
        assert_eq!(rows[0].reference.as_deref(), Some("ks-1"));
        assert_eq!(rows[1].status, Some(LicenseStatus::Suspended));
        assert_eq!(rows[1].reference, None);
        let broken = doc("<doc><elem><licname>x</licname></elem></doc>");
        assert!(Soft.read_list(&broken).is_err(), "a row without a number hides a license");
        assert!(Soft.read_list(&doc("<doc/>")).is_err(), "no list at all proves nothing");
        let empty = Soft.read_list(&doc("<doc><p_elems>0</p_elems></doc>")).unwrap();
        assert_eq!((empty.rows.len(), empty.total), (0, Some(0)));
    }

    #[test]
    fn a_form_shows_the_key_once_there_is_one() {
        let form = |key: &str| {
            doc(&format!(
                "<doc><elid>17</elid><licname>x</licname><pricelist>55227</pricelist><lickey>{key}</lickey><status>2</status></doc>"
            ))
        };
        assert_eq!(Soft.read_view(&form("")).unwrap().key, None);
        let view = Soft.read_view(&form("17-abc")).unwrap();
        assert_eq!((view.id.as_str(), view.key.as_deref()), ("17", Some("17-abc")));
        assert_eq!(view.plan_code.as_deref(), Some("55227"));
    }
}
