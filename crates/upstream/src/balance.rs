//! How much of our money lies at a vendor: three functions that tell it, by age of the vendor
//! (protocol section 3.5).

use billmgr::{Call, Node};
use domain::{Currency, Money};

use crate::dialect::Unclear;

/// A function that shows the balance. Which one a vendor has is a setting of its account: none of
/// the five documents says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceFunction {
    /// `subaccount`: a plain number.
    Subaccount,
    /// `accountinfo`: the older name of the same.
    AccountInfo,
    /// `dashboard.info`: words with a currency, as people read them.
    Dashboard,
}

impl BalanceFunction {
    /// All of them, the usual one first.
    pub const ALL: [Self; 3] = [Self::Subaccount, Self::AccountInfo, Self::Dashboard];

    /// The word kept in settings: the function's own name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subaccount => "subaccount",
            Self::AccountInfo => "accountinfo",
            Self::Dashboard => "dashboard.info",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.as_str() == word)
    }

    /// What to ask, by the account's own name of the function if it has one.
    #[must_use]
    pub fn call(self, own: Option<&str>) -> Call {
        let call = Call::new(own.unwrap_or(self.as_str()).to_owned());
        match self {
            Self::Subaccount | Self::AccountInfo => call,
            Self::Dashboard => call.with("dashboard", "info").with("sfrom", "ajax"),
        }
    }

    /// What can be spent in this currency. Of several rows the first one counts that does not name
    /// another currency.
    ///
    /// # Errors
    /// Nothing that reads as an amount: that proves neither money nor the lack of it.
    pub fn read(self, doc: &Node, currency: Currency) -> Result<Money, Unclear> {
        let names: &[&str] = match self {
            Self::Subaccount | Self::AccountInfo => &["balance"],
            Self::Dashboard => &["available", "realbalance", "balance"],
        };
        doc.elems()
            .filter(|row| row.value("currency").is_none_or(|code| code == currency.code()))
            .find_map(|row| {
                let text = names.iter().find_map(|name| row.value(name))?;
                spoken(text, currency)
            })
            .ok_or(Unclear("a balance"))
    }
}

/// An amount as people write it: digits in groups, a point or a comma, a currency around it. One
/// that names another currency is none.
fn spoken(text: &str, currency: Currency) -> Option<Money> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let digits: String = text.chars().filter(|c| is_number(*c)).collect();
    let code: String = text.chars().filter(char::is_ascii_uppercase).collect();
    if code.len() == 3 && Currency::from_code(&code).is_some_and(|other| other != currency) {
        return None;
    }
    // The point of "руб." ends the words, not the number.
    Money::parse(digits.trim_end_matches(['.', ',']), currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billmgr::read_xml;

    fn read(function: BalanceFunction, xml: &str) -> Result<String, Unclear> {
        let doc = read_xml(xml.as_bytes()).unwrap();
        function.read(&doc, Currency::EUR).map(Money::to_plain)
    }

    #[test]
    fn balances_are_read_as_each_function_writes_them() {
        for (function, xml, balance) in [
            (
                BalanceFunction::Subaccount,
                "<doc><elem><id>1</id><project>x</project><balance>120.5000</balance></elem></doc>",
                "120.50",
            ),
            (
                BalanceFunction::Subaccount,
                "<doc><elem><balance>7</balance><currency>RUB</currency></elem>\
                 <elem><balance>-0.5</balance><currency>EUR</currency></elem></doc>",
                "-0.50",
            ),
            (BalanceFunction::AccountInfo, "<doc><elem><balance>0</balance></elem></doc>", "0.00"),
            (
                BalanceFunction::Dashboard,
                "<doc><elem><balance>9 EUR</balance>\
                 <available>1\u{a0}234,56\u{a0}EUR</available></elem></doc>",
                "1234.56",
            ),
            (
                BalanceFunction::Dashboard,
                "<doc><elem><realbalance>12.34 €.</realbalance></elem></doc>",
                "12.34",
            ),
        ] {
            assert_eq!(read(function, xml), Ok(balance.to_owned()), "{xml}");
        }
    }

    #[test]
    fn what_is_no_balance_proves_nothing() {
        for xml in [
            "<doc/>",
            "<doc><elem/></doc>",
            "<doc><elem><balance/></elem></doc>",
            "<doc><elem><balance>plenty</balance></elem></doc>",
            "<doc><elem><balance>5</balance><currency>RUB</currency></elem></doc>",
            "<doc><elem><balance>5 RUB</balance></elem></doc>",
        ] {
            assert!(read(BalanceFunction::Subaccount, xml).is_err(), "{xml}");
        }
    }

    #[test]
    fn words_round_trip_and_calls_are_the_documented_ones() {
        for function in BalanceFunction::ALL {
            assert_eq!(BalanceFunction::from_word(function.as_str()), Some(function));
        }
        let calls = BalanceFunction::ALL.map(|function| function.call(None).to_string());
        assert_eq!(
            calls,
            ["subaccount", "accountinfo", "dashboard.info dashboard=info sfrom=ajax"]
        );
    }
}
