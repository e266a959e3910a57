//! What answers of all generations have in common.

use std::collections::BTreeMap;

use billmgr::Node;
use domain::license::LicenseStatus;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime};

use crate::dialect::{Item, ListPage, Unclear, VendorLicense, is_number};

/// The license's number in the answer to an order: `id`, `item.id` or both (protocol section 0); and
/// the number under which an unpaid one is paid.
pub fn order(doc: &Node) -> Result<Item, Unclear> {
    confirmed(doc)?;
    let ids = [doc.value("id"), doc.value("item.id")];
    let id = match ids {
        [Some(one), Some(other)] if one != other => return Err(Unclear("one license number")),
        [Some(id), _] | [None, Some(id)] if is_number(id) => id.to_owned(),
        _ => return Err(Unclear("a license number")),
    };
    let bill = doc.value("billorder.id").filter(|bill| is_number(bill)).map(str::to_owned);
    Ok(Item { id, bill })
}

/// An answer says that it was done only in so many words.
pub fn confirmed(doc: &Node) -> Result<(), Unclear> {
    if doc.is_ok() { Ok(()) } else { Err(Unclear("a confirmation")) }
}

/// The rows of a list. A document with neither rows nor their number is no list: a page to sign in,
/// for instance. The 2009 generation does not count its rows, so there an empty document is an empty
/// list if it is nothing else either.
pub fn list(
    doc: &Node,
    counted: bool,
    row: impl Fn(&Node) -> Result<VendorLicense, Unclear>,
) -> Result<ListPage, Unclear> {
    let rows: Vec<_> = doc.elems().map(row).collect::<Result<_, _>>()?;
    let total = doc.value("p_elems").and_then(|total| total.parse().ok());
    if rows.is_empty() && total.is_none() && (counted || !doc.children.is_empty()) {
        return Err(Unclear("a list"));
    }
    Ok(ListPage { rows, total })
}

/// What a row of a list and a form have in common, but for the name, the address and the plan.
pub fn license(node: &Node) -> Result<VendorLicense, Unclear> {
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
        parent: node.value("item").filter(|item| is_number(item)).map(str::to_owned),
        key: node.value("lickey").map(str::to_owned),
        status,
        expires_on: node.value("real_expiredate").or(node.value("expiredate")).and_then(date),
        addons: addons(node),
        ip_changed_on: day(node, ["ip_change_date", "real_ipchange"]),
        key_changed_on: day(node, ["lickey_change_date", "real_keychange"]),
        created_at: node.value("createdate").and_then(date_time),
        renews: node.code("autoprolong").map(|code| renews(code.trim())),
        ..VendorLicense::default()
    })
}

/// A term, or `on`, means yes; `null`, which every order of ours says, means no (seed 000), and so do
/// words that we do not know.
fn renews(code: &str) -> bool {
    code == "on" || code.parse::<i32>().is_ok_and(|term| term > 0)
}

fn addons(node: &Node) -> BTreeMap<String, u32> {
    let count = |child: &Node| {
        let code = child.name.strip_prefix("addon_").filter(|code| is_number(code))?;
        Some((code.to_owned(), child.text.trim().parse().ok()?))
    };
    node.children.iter().filter_map(count).collect()
}

fn day(node: &Node, names: [&str; 2]) -> Option<Date> {
    names.iter().find_map(|name| node.value(name)).and_then(date)
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
