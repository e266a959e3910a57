//! Lists: filtered, sorted by a whitelisted key, and continued from the last row that was seen.
//!
//! A page is never counted to: its cursor says after which row it begins, so that the millionth
//! row costs what the first one costs, and rows that come in meanwhile neither repeat nor hide
//! others. Behind each key stands a unique number, which orders rows that are otherwise alike.

use std::fmt;
use std::net::IpAddr;

use sqlx::{Postgres, QueryBuilder};
use time::{Date, Duration, OffsetDateTime, Time};
use uuid::Uuid;

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// Its word in addresses.
    pub word: &'static str,
    /// The largest first, unless asked otherwise.
    pub descending: bool,
    /// The SQL expression.
    pub(crate) column: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Time,
}

/// The column of what is not sorted by the database ([`Paging::page_of`]).
pub(crate) const HERE: &str = "";

impl SortKey {
    pub(crate) const fn number(word: &'static str, column: &'static str) -> Self {
        Self { word, descending: true, column, kind: Kind::Number }
    }

    pub(crate) const fn text(word: &'static str, column: &'static str) -> Self {
        Self { word, descending: false, column, kind: Kind::Text }
    }

    pub(crate) const fn time(word: &'static str, column: &'static str) -> Self {
        Self { word, descending: true, column, kind: Kind::Time }
    }

    pub(crate) const fn ascending(self) -> Self {
        Self { descending: false, ..self }
    }

    /// The key of a row as its cursor carries it.
    pub(crate) fn selected(self, column: &str) -> String {
        match self.kind {
            Kind::Number => format!("({column})::text as sort_key"),
            Kind::Text => format!("{column} as sort_key"),
            Kind::Time => {
                format!("(extract(epoch from {column}) * 1000000)::bigint::text as sort_key")
            }
        }
    }
}

/// The row after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    key: Key,
    number: i64,
}

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A number or an amount.
    Number(i64),
    /// A text, in small letters where capitals do not matter.
    Text(String),
    /// An instant.
    Time(OffsetDateTime),
}

impl Cursor {
    /// Reads what [`Display`](fmt::Display) wrote into an address, for a list with this order.
    #[must_use]
    pub fn parse(text: &str, sort: SortKey) -> Option<Self> {
        let (number, key) = text.split_once('~')?;
        let key = match sort.kind {
            Kind::Number => Key::Number(key.parse().ok()?),
            Kind::Text => Key::Text(key.to_owned()),
            Kind::Time => {
                let micros: i64 = key.parse().ok()?;
                let nanos = i128::from(micros).checked_mul(1000)?;
                let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
                Key::Time(at).sensible()?
            }
        };
        Some(Self { key, number: number.parse().ok()? })
    }

    /// A cursor in a list that is sorted by its number alone.
    #[must_use]
    pub const fn at(number: i64) -> Self {
        Self { key: Key::Number(number), number }
    }

    /// The number of the row.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.number
    }
}

impl Key {
    /// Nothing that the database could not take.
    fn sensible(self) -> Option<Self> {
        match &self {
            Self::Time(at) if !YEARS.contains(&at.year()) => None,
            _ => Some(self),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Number(key) => write!(f, "{}~{key}", self.number),
            Key::Text(key) => write!(f, "{}~{key}", self.number),
            Key::Time(at) => write!(f, "{}~{}", self.number, at.unix_timestamp_nanos() / 1000),
        }
    }
}

/// Years that a date filter may name.
const YEARS: std::ops::Range<i32> = 1970..9000;

/// How a list is sorted, where it begins, and how much of it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// What it is sorted by.
    pub sort: SortKey,
    /// The largest first.
    pub descending: bool,
    /// The last row of the page before.
    pub after: Option<Cursor>,
    /// How many rows.
    pub limit: u16,
}

impl Paging {
    /// The first rows in the key's own order.
    #[must_use]
    pub const fn first(sort: SortKey, limit: u16) -> Self {
        Self { sort, descending: sort.descending, after: None, limit }
    }

    /// A page of rows that are all at hand: of a list too short for an index. Rows that are
    /// otherwise alike stand in the order they come in. A key is of the sort's own kind.
    pub fn page_of<T>(&self, rows: Vec<T>, key: impl Fn(&T) -> Key) -> Listed<T> {
        let places = rows.into_iter().zip(1_i64..);
        let mut rows: Vec<_> = places.map(|(row, number)| (key(&row), number, row)).collect();
        rows.sort_by(|(one, first, _), (other, second, _)| {
            let order = (one, first).cmp(&(other, second));
            if self.descending { order.reverse() } else { order }
        });
        if let Some(Cursor { key: after, number: seen }) = &self.after {
            rows.retain(|(key, number, _)| {
                let order = (key, number).cmp(&(after, seen));
                if self.descending { order.is_lt() } else { order.is_gt() }
            });
        }
        let limit = usize::from(self.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|(key, number, _)| Cursor { key: key.clone(), number: *number });
        Listed { rows: rows.into_iter().map(|(_, _, row)| row).collect(), next }
    }

    /// Ends the query: from the cursor on, in order, one row more than wanted. `column` stands for
    /// the key, `number` for the unique number.
    pub(crate) fn push(&self, query: &mut QueryBuilder<Postgres>, column: &str, number: &str) {
        let than = if self.descending { "<" } else { ">" };
        if let Some(after) = &self.after {
            query.push(format_args!(" and ({column}, {number}) {than} ("));
            match &after.key {
                Key::Number(key) => query.push_bind(*key),
                Key::Text(key) => query.push_bind(key.clone()),
                Key::Time(at) => query.push_bind(*at),
            };
            query.push(", ").push_bind(after.number).push(")");
        }
        self.push_order(query, column, number);
    }

    /// In order, one row more than wanted.
    pub(crate) fn push_order(
        &self,
        query: &mut QueryBuilder<Postgres>,
        column: &str,
        number: &str,
    ) {
        let order = if self.descending { "desc" } else { "asc" };
        let limit = u32::from(self.limit) + 1;
        query.push(format_args!(" order by {column} {order}, {number} {order} limit {limit}"));
    }
}

/// Whose rows are listed.
#[derive(Debug, Clone)]
pub(crate) enum Owners {
    /// Everybody's.
    All,
    /// This customer's.
    One(Uuid),
    /// Those of these customers.
    Some(Vec<Uuid>),
}

/// The columns of a table that a page of its rows is found by.
pub(crate) struct Source<'a> {
    /// Tables, the first one with an index for the key.
    pub from: &'a str,
    /// The row's id.
    pub id: &'a str,
    /// The key.
    pub key: &'a str,
    /// The unique number.
    pub number: &'a str,
    /// The customer.
    pub owner: &'a str,
}

/// Begins a query with its page, `with page as (…) `, of columns `id`, `key` and `number`: what is
/// shown of the rows is read when there are no more of them than shown.
///
/// Of several customers each gives a page of their own first, so that one with very many rows does
/// not have to be read through.
pub(crate) fn page(
    source: &Source<'_>,
    owners: Owners,
    paging: &Paging,
    filter: impl FnOnce(&mut QueryBuilder<Postgres>),
) -> QueryBuilder<Postgres> {
    let Source { from, id, key, number, owner } = source;
    let mut query = QueryBuilder::new("with page as (");
    let many = matches!(owners, Owners::Some(_));
    let mut one = None;
    let condition = match owners {
        Owners::All => "true".to_owned(),
        Owners::One(customer) => {
            one = Some(customer);
            format!("{owner} = ")
        }
        Owners::Some(customers) => {
            query.push("select each.* from unnest(").push_bind(customers);
            query.push(") as owners(id) cross join lateral (");
            format!("{owner} = owners.id")
        }
    };
    query.push(format_args!(
        "select {id} as id, {key} as key, {number} as number from {from} where {condition}"
    ));
    if let Some(customer) = one {
        query.push_bind(customer);
    }
    filter(&mut query);
    paging.push(&mut query, key, number);
    if many {
        query.push(") each");
        paging.push_order(&mut query, "each.key", "each.number");
    }
    query.push(") ");
    query
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none on the last one.
    pub next: Option<Cursor>,
}

impl<T> Listed<T> {
    /// No rows.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { rows: Vec::new(), next: None }
    }

    /// Cuts off the row that was read to know whether there are more.
    pub(crate) fn cut<R, E>(
        rows: Vec<R>,
        paging: &Paging,
        place: impl Fn(&R) -> (i64, &str),
        read: impl FnMut(R) -> Result<T, E>,
    ) -> Result<Self, E> {
        let limit = usize::from(paging.limit);
        let more = rows.len() > limit;
        let last = rows.iter().take(limit).next_back().map(|row| {
            let (number, key) = place(row);
            format!("{number}~{key}")
        });
        let next = last.filter(|_| more).and_then(|text| Cursor::parse(&text, paging.sort));
        let rows = rows.into_iter().take(limit).map(read).collect::<Result<_, E>>()?;
        Ok(Self { rows, next })
    }
}

/// A stretch of days in UTC, both ends included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Days {
    /// Reads a day such as `2026-11-21`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Date> {
        let format = time::macros::format_description!("[year]-[month]-[day]");
        Date::parse(text, format).ok().filter(|day| YEARS.contains(&day.year()))
    }

    /// The instant at which it begins.
    #[must_use]
    pub fn start(self) -> Option<OffsetDateTime> {
        self.from.map(|day| day.with_time(Time::MIDNIGHT).assume_utc())
    }

    /// The instant at which it is over.
    #[must_use]
    pub fn end(self) -> Option<OffsetDateTime> {
        self.to.map(|day| day.with_time(Time::MIDNIGHT).assume_utc() + Duration::DAY)
    }

    /// Whether an instant is one of them.
    #[must_use]
    pub fn have(self, at: OffsetDateTime) -> bool {
        self.start().is_none_or(|start| at >= start) && self.end().is_none_or(|end| at < end)
    }

    pub(crate) fn push(self, query: &mut QueryBuilder<Postgres>, column: &str) {
        if let Some(start) = self.start() {
            query.push(format_args!(" and {column} >= ")).push_bind(start);
        }
        if let Some(end) = self.end() {
            query.push(format_args!(" and {column} < ")).push_bind(end);
        }
    }
}

/// What somebody typed into a search field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needle {
    /// A server's address.
    Ip(IpAddr),
    /// A number of ours.
    Number(i64),
    /// The beginning of a name or of an e-mail address.
    Text(String),
}

impl Needle {
    /// What the text most likely means; none for nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let number = text.trim_start_matches(['#', '№']).trim_start();
        Some(if let Ok(ip) = text.parse() {
            Self::Ip(ip)
        } else if let Ok(number) = number.parse() {
            Self::Number(number)
        } else {
            Self::Text(text.to_owned())
        })
    }
}

/// Restricts the query to texts that begin with this one, whatever their capitals; `column` is an
/// expression in small letters that sorts byte by byte.
pub(crate) fn push_beginning(query: &mut QueryBuilder<Postgres>, column: &str, text: &str) {
    query.push(format_args!("({column} >= lower(")).push_bind(text.to_owned());
    query.push(format_args!(") and {column} < lower(")).push_bind(text.to_owned());
    // Behind the last character that there is.
    query.push(") || chr(1114111))");
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    const NUMBER: SortKey = SortKey::number("number", "n");
    const TEXT: SortKey = SortKey::text("name", "n");
    const TIME: SortKey = SortKey::time("at", "n");

    #[test]
    fn a_cursor_survives_its_address() {
        for (key, sort) in [
            (Key::Number(-7), NUMBER),
            (Key::Text("a~b 9~".to_owned()), TEXT),
            (Key::Time(datetime!(2026-11-21 10:00:00.123456 UTC)), TIME),
        ] {
            let cursor = Cursor { key, number: 70_001 };
            assert_eq!(Cursor::parse(&cursor.to_string(), sort), Some(cursor));
        }
        for (text, sort) in [
            ("", NUMBER),
            ("1", NUMBER),
            ("x~1", NUMBER),
            ("1~x", NUMBER),
            ("1~", TIME),
            ("1~9223372036854775807", TIME),
            ("99999999999999999999~a", TEXT),
        ] {
            assert_eq!(Cursor::parse(text, sort), None, "{text}");
        }
    }

    #[test]
    fn pages_of_rows_at_hand_neither_repeat_nor_hide_any() {
        let rows = [3, 1, 2, 1, 3, 3, 1];
        for descending in [false, true] {
            let mut paging = Paging { sort: NUMBER, descending, after: None, limit: 2 };
            let mut seen = Vec::new();
            loop {
                let all: Vec<(i64, usize)> = rows.into_iter().zip(0..).collect();
                let page = paging.page_of(all, |(key, _)| Key::Number(*key));
                assert!(page.rows.len() <= 2);
                seen.extend(page.rows);
                let Some(next) = page.next else { break };
                paging.after = Cursor::parse(&next.to_string(), NUMBER);
            }
            let mut wanted: Vec<(i64, usize)> = rows.into_iter().zip(0..).collect();
            wanted.sort_unstable();
            if descending {
                wanted.reverse();
            }
            assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn a_day_is_a_day_of_our_time() {
        assert_eq!(Days::parse("2026-11-21"), Some(date!(2026 - 11 - 21)));
        for bad in ["", "21.11.2026", "2026-13-01", "2026-02-30", "9999-12-31", "-0044-03-15"] {
            assert_eq!(Days::parse(bad), None, "{bad}");
        }
        let day = Days { from: Days::parse("2026-11-21"), to: Days::parse("2026-11-21") };
        assert_eq!(day.start(), Some(datetime!(2026-11-21 0:00 UTC)));
        assert_eq!(day.end(), Some(datetime!(2026-11-22 0:00 UTC)));
        assert!(day.have(datetime!(2026-11-21 23:59:59.9 UTC)));
        assert!(!day.have(datetime!(2026-11-22 0:00 UTC)));
        assert!(!day.have(datetime!(2026-11-20 23:59:59.9 UTC)));
        assert!(Days::default().have(datetime!(2026-11-20 0:00 UTC)));
    }

    #[test]
    fn a_needle_is_what_it_looks_like() {
        assert_eq!(Needle::parse(" № 10001 "), Some(Needle::Number(10_001)));
        assert_eq!(Needle::parse("#10001"), Some(Needle::Number(10_001)));
        assert_eq!(Needle::parse("203.0.113.7").unwrap(), Needle::Ip([203, 0, 113, 7].into()));
        assert_eq!(Needle::parse("ada@x"), Some(Needle::Text("ada@x".to_owned())));
        assert_eq!(Needle::parse("  "), None);
    }
}
