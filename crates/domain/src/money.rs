//! Exact money: integer ten-thousandths of a currency, because the wire has four decimals.

use std::cmp::Ordering;
use std::fmt;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// How many units of [`Money::amount`] make one unit of the currency.
pub const SCALE: i64 = 10_000;

/// An exact amount in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

/// Why an amount could not be computed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    #[error("amounts are in different currencies")]
    CurrencyMismatch,
    /// The result does not fit 64 bits.
    #[error("the amount is out of range")]
    OutOfRange,
    /// The text is not a decimal number with at most four decimals.
    #[error("the text is not an amount of money")]
    Malformed,
}

/// How numbers are written for a reader; the language of the page decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum NumberStyle {
    /// `€1,234.50`
    #[default]
    English,
    /// `1 234,50 €`
    Russian,
}

impl Money {
    /// `amount` is in ten-thousandths of the currency: `49_000` EUR is €4.90.
    #[must_use]
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Ten-thousandths of the currency.
    #[must_use]
    pub const fn amount(self) -> i64 {
        self.amount
    }

    /// The currency of this amount.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// True for exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// True below nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.amount < 0
    }

    /// The sum; refuses to mix currencies or to overflow.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::OutOfRange)?;
        Ok(Self::new(amount, self.currency))
    }

    /// The difference; refuses to mix currencies or to overflow.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::OutOfRange)?;
        Ok(Self::new(amount, self.currency))
    }

    /// `count` times this amount.
    pub fn checked_mul(self, count: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(count)).ok_or(MoneyError::OutOfRange)?;
        Ok(Self::new(amount, self.currency))
    }

    /// Compares two amounts of one currency.
    pub fn checked_cmp(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.amount.cmp(&other.amount))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }

    /// Reads a plain decimal (`15`, `15.5`, `-15.0000`) as it stands on the wire and in forms.
    /// A comma is taken for the decimal point if at most two digits follow, since `1,000` means a
    /// thousand to some and one to others. Spaces around are ignored.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
        if digits.contains(',') && fraction.len() > 2 {
            return Err(MoneyError::Malformed);
        }
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 4 || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::Malformed);
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::OutOfRange)?;
        let fraction: i64 = format!("{fraction:0<4}").parse().map_err(|_| MoneyError::Malformed)?;
        let amount = whole
            .checked_mul(SCALE)
            .and_then(|units| units.checked_add(fraction))
            .ok_or(MoneyError::OutOfRange)?;
        Ok(Self::new(if negative { -amount } else { amount }, currency))
    }

    /// Four decimals and a point, as `cost` stands in `pricelist.export` (seed 004): `15.0000`.
    #[must_use]
    pub fn to_wire(self) -> String {
        let sign = if self.amount < 0 { "-" } else { "" };
        let units = self.amount.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        format!("{sign}{}.{:04}", units / scale, units % scale)
    }

    /// A plain decimal with the currency's own number of decimals (more only where cents would be
    /// lost), as it stands in an input field: `4.90`.
    #[must_use]
    pub fn to_plain(self) -> String {
        let wire = self.to_wire();
        let keep = usize::from(self.currency.exponent().unwrap_or(2)).min(4);
        let mut end = wire.len();
        let shortest = wire.len() - 4 + keep;
        while end > shortest && wire.as_bytes().get(end - 1) == Some(&b'0') {
            end -= 1;
        }
        wire.get(..end).unwrap_or(&wire).trim_end_matches('.').to_owned()
    }

    /// The amount as a reader of the page expects it, with the currency's symbol.
    #[must_use]
    pub fn display(self, style: NumberStyle) -> String {
        let plain = self.to_plain();
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(rest) => ("\u{2212}", rest),
            None => ("", plain.as_str()),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let symbol = self.currency.symbol().symbol;
        let (group, point) = match style {
            NumberStyle::English => (",", "."),
            NumberStyle::Russian => ("\u{a0}", ","),
        };
        let mut number = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                number.push_str(group);
            }
            number.push(digit);
        }
        if let Some(fraction) = fraction {
            number.push_str(point);
            number.push_str(fraction);
        }
        match style {
            NumberStyle::English => format!("{sign}{symbol}{number}"),
            NumberStyle::Russian => format!("{sign}{number}\u{a0}{symbol}"),
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_wire(), self.currency.code())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_plain(), self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(text: &str) -> Money {
        Money::parse(text, Currency::EUR).unwrap()
    }

    #[test]
    fn reads_what_the_wire_and_people_write() {
        assert_eq!(eur("15.0000").amount(), 150_000);
        assert_eq!(eur(" 4,9 ").amount(), 49_000);
        assert_eq!(eur("-0.0001").amount(), -1);
        for bad in ["", "1,000", "1,0000", "1.00000", "1e3", "€5", "1 000", ".5", "--1", "1.2.3"]
        {
            assert_eq!(Money::parse(bad, Currency::EUR), Err(MoneyError::Malformed), "{bad}");
        }
        assert_eq!(
            Money::parse("99999999999999999999", Currency::EUR),
            Err(MoneyError::OutOfRange)
        );
    }

    #[test]
    fn writes_for_readers() {
        assert_eq!(eur("1234567.5").display(NumberStyle::English), "€1,234,567.50");
        assert_eq!(eur("1234.5").display(NumberStyle::Russian), "1\u{a0}234,50\u{a0}€");
        assert_eq!(eur("-4.9").display(NumberStyle::English), "\u{2212}€4.90");
        assert_eq!(eur("0.1234").display(NumberStyle::English), "€0.1234");
        assert_eq!(Money::new(1_000_000, Currency::JPY).display(NumberStyle::English), "¥100");
    }

    #[test]
    fn currencies_never_mix() {
        let dollar = Money::new(1, Currency::USD);
        assert_eq!(eur("1").checked_add(dollar), Err(MoneyError::CurrencyMismatch));
        assert_eq!(eur("1").checked_cmp(dollar), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn wire_text_round_trips(amount in any::<i64>().prop_filter("min", |a| *a != i64::MIN)) {
            let money = Money::new(amount, Currency::EUR);
            prop_assert_eq!(Money::parse(&money.to_wire(), Currency::EUR), Ok(money));
            prop_assert_eq!(Money::parse(&money.to_plain(), Currency::EUR), Ok(money));
        }

        #[test]
        fn adding_and_taking_away_is_nothing(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (Money::new(a.into(), Currency::EUR), Money::new(b.into(), Currency::EUR));
            prop_assert_eq!(a.checked_add(b).and_then(|sum| sum.checked_sub(b)), Ok(a));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = Money::parse(&text, Currency::EUR);
        }
    }
}
