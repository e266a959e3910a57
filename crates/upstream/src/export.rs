//! A vendor's own price list, `pricelist.export` (seed 004, protocol section 5).
//!
//! The seed shows modules only; that other products stand in it the same way, and the shapes of
//! add-ons, trials and lifetimes, are what public clients read, so that whatever is missing or of an
//! unknown kind is left out and noted, never guessed.

use billmgr::{Call, Node};
use domain::{Currency, Period};

use crate::DialectKind;
use crate::catalog::{Amount, Note, Table, TableAddon, TablePlan, TableTerm, TermCost};
use crate::dialect::Unclear;

/// What to ask: everything, whether it is for sale now or not; by the account's own name of the
/// function if it has one.
#[must_use]
pub fn call(own: Option<&str>) -> Call {
    Call::new(own.unwrap_or("pricelist.export").to_owned())
}

/// The table in an answer, with costs in this currency.
///
/// # Errors
/// A document without a single plan is no price list: a page to sign in, for instance.
pub fn read(doc: &Node, currency: Currency) -> Result<Table, Unclear> {
    let mut table = Table { currency: Some(currency), ..Table::default() };
    let rows = doc.children.iter().filter(|row| matches!(row.name.as_str(), "pricelist" | "elem"));
    for (row, node) in (1..).zip(rows) {
        let (Some(code), Some(name)) = (node.value("id"), node.value("name")) else {
            table.notes.push(Note::Unreadable { row });
            continue;
        };
        let module = node.value("additionintname");
        // A word where the vendor writes one; a number says nothing to us.
        let dialect = node
            .value("itemtype")
            .and_then(DialectKind::from_word)
            .or(module.map(|_| DialectKind::Addition));
        if table.plans.iter().any(|known| known.code == code && known.dialect == dialect) {
            table.notes.push(Note::Twice { code: code.to_owned() });
            continue;
        }
        let mut plan = TablePlan { dialect, ..TablePlan::new(code, name) };
        plan.service_name = module.map(str::to_owned);
        let mut reader = Reader { code, currency, notes: &mut table.notes };
        for (period, cost) in reader.prices(node) {
            plan.terms.push(TableTerm { period, code: None, cost: Some(cost) });
        }
        for addon in node.children.iter().filter(|child| child.name == "addon") {
            let Some(addon) = reader.addon(addon) else { continue };
            if plan.addons.iter().any(|known| known.code == addon.code) {
                reader.notes.push(Note::Twice { code: format!("{code}, {}", addon.name) });
            } else {
                plan.addons.push(addon);
            }
        }
        table.plans.push(plan);
    }
    if table.plans.is_empty() { Err(Unclear("a price list")) } else { Ok(table) }
}

/// Reads what belongs to one plan.
struct Reader<'a> {
    code: &'a str,
    currency: Currency,
    notes: &'a mut Vec<Note>,
}

impl Reader<'_> {
    /// The terms below every price in our currency. Of several ones for a term the first counts.
    fn prices(&mut self, node: &Node) -> Vec<(Period, Amount)> {
        let mut found: Vec<(Period, Amount)> = Vec::new();
        for price in node.children.iter().filter(|child| child.name == "price") {
            // Without a word it is the account's own.
            if let Some(other) = price.attribute("currency")
                && !other.eq_ignore_ascii_case(self.currency.code())
            {
                self.notes
                    .push(Note::Currency { code: self.code.to_owned(), text: other.to_owned() });
                continue;
            }
            for period in price.children.iter().filter(|child| child.name == "period") {
                if let Some((term, cost)) = self.period(period)
                    && found.iter().all(|(known, _)| *known != term)
                {
                    found.push((term, cost));
                }
            }
        }
        found
    }

    fn period(&mut self, node: &Node) -> Option<(Period, Amount)> {
        let code = || self.code.to_owned();
        let kind = node.attribute("type").unwrap_or_default();
        let length = node.attribute("length").unwrap_or_default();
        let Some(term) = term(kind, length) else {
            let text = format!("{kind} {length}").trim().to_owned();
            self.notes.push(Note::Period { code: code(), text });
            return None;
        };
        let text = node.attribute("cost").unwrap_or_default();
        let Some(cost) = Amount::parse(text) else {
            self.notes.push(Note::Cost { code: code(), text: text.to_owned() });
            return None;
        };
        Some((term, cost))
    }

    fn addon(&mut self, node: &Node) -> Option<TableAddon> {
        let code = node.value("id")?;
        let name = node.value("name").or(node.value("intname")).unwrap_or(code);
        let number = |name: &str| node.value(name).and_then(|text| text.parse::<u32>().ok());
        // 1 is a yes or no, 2 a count, 3 a choice from a list, which cannot be said with a number.
        let (base, max) = match node.value("addontype") {
            Some("1" | "boolean") => (0, Some(1)),
            Some("2" | "integer") | None => {
                (number("addonmin").unwrap_or(0), number("addonmax").filter(|max| *max > 0))
            }
            Some(_) => {
                self.notes.push(Note::Addon { code: self.code.to_owned(), text: name.to_owned() });
                return None;
            }
        };
        let costs = self.prices(node);
        Some(TableAddon {
            code: code.to_owned(),
            key: None,
            name: name.to_owned(),
            base,
            max: max.filter(|max| *max >= base),
            costs: costs.into_iter().map(|(period, cost)| TermCost { period, cost }).collect(),
        })
    }
}

/// The term of this kind and length; none for days, which no plan of ours has, and for strange ones.
fn term(kind: &str, length: &str) -> Option<Period> {
    let length: Option<i16> = length.trim().parse().ok();
    match kind {
        "trial" => Some(Period::Trial),
        "lifetime" | "life" => Some(Period::Lifetime),
        "month" => length.filter(|months| *months > 0)?.try_into().ok(),
        "year" => length.filter(|years| *years > 0)?.checked_mul(12)?.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billmgr::read_xml;

    fn table(xml: &str) -> Table {
        read(&read_xml(xml.as_bytes()).unwrap(), Currency::USD).unwrap()
    }

    /// The example of seed 004.
    #[test]
    fn the_seeds_example_is_a_module_with_a_cost() {
        let table = table(
            "<doc><pricelist><id>23221</id><name>DDoS-GUARD</name><intname>DDoSGUARD</intname>\
             <additionintname>DDoSGUARD</additionintname><price currency=\"USD\">\
             <period cost=\"15.0000\" type=\"month\" length=\"1\">monthly</period></price>\
             </pricelist></doc>",
        );
        assert_eq!(table.notes, []);
        let plan = &table.plans[0];
        assert_eq!((plan.dialect, plan.code.as_str()), (Some(DialectKind::Addition), "23221"));
        assert_eq!(plan.service_name.as_deref(), Some("DDoSGUARD"));
        let month = TableTerm { period: Period::MONTH, code: None, cost: Some(Amount(150_000)) };
        assert_eq!(plan.terms, [month]);
    }

    #[test]
    fn what_cannot_be_read_is_noted_and_the_rest_counts() {
        let table = table(
            "<doc><note/><pricelist><id>1</id><name>A</name><itemtype>43</itemtype>\
             <price currency=\"EUR\"><period cost=\"1\" type=\"month\" length=\"1\"/></price>\
             <price currency=\"usd\"><period cost=\"913.9286\" type=\"month\" length=\"1\"/>\
             <period cost=\"5\" type=\"day\" length=\"1\"/>\
             <period cost=\"0.00001\" type=\"month\" length=\"3\"/>\
             <period cost=\"10.500000\" type=\"year\" length=\"1\"/>\
             <period cost=\"0\" type=\"trial\" length=\"14\"/>\
             <period cost=\"99\" type=\"lifetime\" length=\"0\"/></price>\
             <addon><id>2</id><name>Nodes</name><addontype>2</addontype><addonmin>1</addonmin>\
             <price><period cost=\"9\" type=\"month\" length=\"1\"/></price></addon>\
             <addon><id>2</id><name>More nodes</name><addontype>2</addontype></addon>\
             <addon><id>3</id><name>Flavor</name><addontype>3</addontype></addon></pricelist>\
             <pricelist><id>1</id><name>Again</name></pricelist><pricelist><name>No code</name>\
             </pricelist></doc>",
        );
        let code = || "1".to_owned();
        assert_eq!(
            table.notes,
            [
                Note::Currency { code: code(), text: "EUR".into() },
                Note::Period { code: code(), text: "day 1".into() },
                Note::Cost { code: code(), text: "0.00001".into() },
                Note::Twice { code: "1, More nodes".into() },
                Note::Addon { code: code(), text: "Flavor".into() },
                Note::Twice { code: code() },
                Note::Unreadable { row: 3 },
            ]
        );
        let plan = &table.plans[0];
        assert_eq!(plan.dialect, None, "a number does not say which functions sell it");
        let costs: Vec<_> = plan.terms.iter().map(|term| (term.period, term.cost)).collect();
        assert_eq!(
            costs,
            [
                (Period::MONTH, Some(Amount(9_139_286))),
                (Period::YEAR, Some(Amount(105_000))),
                (Period::Trial, Some(Amount(0))),
                (Period::Lifetime, Some(Amount(990_000))),
            ]
        );
        assert_eq!(plan.addons.len(), 1);
        assert_eq!((plan.addons[0].base, plan.addons[0].costs[0].cost), (1, Amount(90_000)));
    }

    #[test]
    fn a_page_to_sign_in_is_no_price_list() {
        let doc = read_xml(b"<doc func=\"logon\"><tip/></doc>").unwrap();
        assert!(read(&doc, Currency::EUR).is_err());
    }
}
