//! The wire: parameters in, documents out.
//!
//! Nothing here knows what a license is. A request is a flat map of parameters, whatever its method,
//! path or content type; an answer is a tree of [`Node`]s that is written as XML or as JSON.
//! The writers are made by hand: the parsers under test must not share code with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};
use time::{Date, OffsetDateTime};

/// The declaration every XML answer begins with.
pub(crate) const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Request parameters: query and body together, the body winning where both name a parameter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads the query string and the body of one request.
    ///
    /// A body is urlencoded unless its content type says JSON: public clients send urlencoded bodies
    /// without any content type at all.
    pub(crate) fn read(query: &str, content_type: Option<&str>, body: &[u8]) -> Self {
        let mut params = Self::default();
        params.read_urlencoded(query.as_bytes());
        let json =
            content_type.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        if json {
            params.read_json(body);
        } else {
            params.read_urlencoded(body);
        }
        params
    }

    pub(crate) fn from_map(map: BTreeMap<String, String>) -> Self {
        Self(map)
    }

    fn read_urlencoded(&mut self, text: &[u8]) {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            self.0.insert(name.trim().to_owned(), value);
        }
    }

    fn read_json(&mut self, body: &[u8]) {
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return };
        for (name, value) in fields {
            let text = match value {
                Value::String(text) => text,
                Value::Null => continue,
                other => other.to_string(),
            };
            self.0.insert(name, text);
        }
    }

    /// The value as sent, also when it is empty; `None` only when the parameter is absent.
    pub(crate) fn sent(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The trimmed value, where an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.sent(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value as a whole number. A vendor sample carries a stray `;` at the end, so it is cut off.
    pub(crate) fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.get(name)?.trim_end_matches(';').parse().ok()
    }

    /// True when the form is confirmed. Any non-empty `sok` confirms.
    pub(crate) fn confirmed(&self) -> bool {
        self.get("sok").is_some()
    }

    /// The `addon_X` parameters with their raw values.
    pub(crate) fn addons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let code = name.strip_prefix("addon_")?;
            (!code.is_empty()).then_some((code, value.trim().trim_end_matches(';')))
        })
    }

    /// All parameters without credentials: the password of `authinfo` becomes `***`.
    pub(crate) fn redacted(&self) -> BTreeMap<String, String> {
        let mut shown = self.0.clone();
        for secret in ["password", "passwd"] {
            if let Some(value) = shown.get_mut(secret) {
                "***".clone_into(value);
            }
        }
        if let Some(value) = shown.get_mut("authinfo") {
            *value = match value.split_once(':') {
                Some((user, _)) => format!("{user}:***"),
                None => "***".to_owned(),
            };
        }
        shown
    }
}

/// Decodes percent-encoding and `+`; a broken escape stays as it is.
fn decode(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => break,
            [b'+', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [b'%', high, low, tail @ ..] => {
                if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                    out.push(high * 16 + low);
                    tail
                } else {
                    out.push(b'%');
                    rest.get(1..).unwrap_or_default()
                }
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Language of statuses and messages. Codes and attributes never depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    En,
    Ru,
}

impl Lang {
    pub(crate) fn read(code: &str) -> Self {
        if code.eq_ignore_ascii_case("ru") { Self::Ru } else { Self::En }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

/// Format of an answer, chosen by `out=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Xml,
    Json,
}

impl Out {
    /// `None` for a format that this program does not speak (`bjson`, `text`, `csv`).
    pub(crate) fn read(params: &Params) -> Option<Self> {
        match params.get("out") {
            None | Some("xml") => Some(Self::Xml),
            Some("json" | "sjson") => Some(Self::Json),
            Some(_) => None,
        }
    }

    /// Exactly `text/xml`: one public client compares the whole header value.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }

    pub(crate) fn write(self, doc: &Node) -> String {
        match self {
            Self::Xml => doc.to_xml(),
            Self::Json => doc.to_json().to_string(),
        }
    }
}

/// One element of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    name: String,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    pub(crate) fn doc() -> Self {
        Self::new("doc")
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers read better without a reference")]
    pub(crate) fn text(name: impl Into<String>, text: impl ToString) -> Self {
        let mut node = Self::new(name);
        node.text = text.to_string();
        node
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers read better without a reference")]
    pub(crate) fn attribute(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds a child that holds only text.
    pub(crate) fn field(self, name: impl Into<String>, text: impl ToString) -> Self {
        self.with(Self::text(name, text))
    }

    /// Adds the empty element that means "done".
    pub(crate) fn ok(self) -> Self {
        self.with(Self::new("ok"))
    }

    pub(crate) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    fn to_xml(&self) -> String {
        let mut out = XML_DECLARATION.to_owned();
        self.write_xml(&mut out);
        out.push('\n');
        out
    }

    fn write_xml(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        escape(&self.text, out);
        for child in &self.children {
            child.write_xml(out);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    /// `{"doc":{…}}`: text is `"$"`, an attribute `a` is `"$a"`, an element that occurs once is an
    /// object, a repeated one an array. Everything is a string, as on the vendor's side.
    fn to_json(&self) -> Value {
        let mut root = Map::new();
        root.insert(self.name.clone(), self.json_body());
        Value::Object(root)
    }

    fn json_body(&self) -> Value {
        let mut body = Map::new();
        for (name, value) in &self.attributes {
            body.insert(format!("${name}"), Value::String(value.clone()));
        }
        if !self.text.is_empty() {
            body.insert("$".to_owned(), Value::String(self.text.clone()));
        }
        for child in &self.children {
            let value = child.json_body();
            match body.get_mut(&child.name) {
                None => {
                    body.insert(child.name.clone(), value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(body)
    }
}

/// Escapes for XML text and attributes alike; what XML cannot carry becomes U+FFFD.
pub(crate) fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

/// An application error: HTTP 200 with an error document.
///
/// The vendor publishes no list of types. `auth`/`badpassword` and `missed` are attested; `value`,
/// `exists`, `limit` and `access` are inferred, so clients must not lean on them.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: String,
    pub(crate) object: String,
    pub(crate) value: String,
    message: [String; 2],
}

/// What a function comes to: a document, or an application error.
pub(crate) type Answer = Result<Node, Refusal>;

impl Refusal {
    #[expect(clippy::needless_pass_by_value, reason = "numbers read better without a reference")]
    pub(crate) fn new(kind: &str, object: &str, value: impl ToString, en: &str, ru: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            object: object.to_owned(),
            value: value.to_string(),
            message: [en.to_owned(), ru.to_owned()],
        }
    }

    pub(crate) fn bad_password() -> Self {
        Self::new(
            "auth",
            "badpassword",
            "",
            "Wrong username or password",
            "Неверное имя пользователя или пароль",
        )
    }

    /// An object that does not exist, or a parameter that was not sent.
    pub(crate) fn missed(object: &str, value: impl ToString) -> Self {
        Self::new(
            "missed",
            object,
            value,
            &format!("'{object}' is missing or does not exist"),
            &format!("Объект '{object}' не указан или не существует"),
        )
    }

    /// A parameter that cannot be accepted.
    pub(crate) fn value(object: &str, value: impl ToString, why: &str) -> Self {
        Self::new(
            "value",
            object,
            value,
            &format!("Invalid value of '{object}': {why}"),
            &format!("Недопустимое значение поля '{object}': {why}"),
        )
    }

    /// Something that may be done only once in a while.
    pub(crate) fn too_soon(object: &str, value: impl ToString) -> Self {
        Self::new(
            "limit",
            object,
            value,
            &format!("'{object}' may be changed only once a calendar month"),
            &format!("Поле '{object}' можно менять только раз в календарный месяц"),
        )
    }

    /// A state that does not allow what was asked.
    pub(crate) fn access(object: &str, value: impl ToString, why: &str) -> Self {
        Self::new("access", object, value, why, &format!("Действие недоступно: {why}"))
    }

    /// Always with type, object, language and value, and with both texts: some public clients see an
    /// error only through one of them.
    pub(crate) fn into_doc(self, lang: Lang) -> Node {
        let [en, ru] = self.message;
        let message = match lang {
            Lang::En => en,
            Lang::Ru => ru,
        };
        let error = Node::new("error")
            .attribute("type", &self.kind)
            .attribute("object", &self.object)
            .attribute("lang", lang.code())
            .with(
                Node::text("param", &self.object)
                    .attribute("name", "object")
                    .attribute("type", "msg")
                    .attribute("msg", &self.object),
            )
            .with(Node::text("param", &self.value).attribute("name", "value"))
            .field("msg", &message)
            .field("detail", format!("{}: {message}", self.kind));
        Node::doc().with(error)
    }
}

/// `2027-01-31`.
pub(crate) fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// `2027-01-31 23:59:59`, in UTC. No public sample shows the form of a date with a time: inferred.
pub(crate) fn date_time(at: OffsetDateTime) -> String {
    format!("{} {:02}:{:02}:{:02}", date(at.date()), at.hour(), at.minute(), at.second())
}

/// An amount of ten-thousandths with its four decimals: `35000` is `3.5000`.
pub(crate) fn amount(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let size = amount.unsigned_abs();
    format!("{sign}{}.{:04}", size / 10_000, size % 10_000)
}

/// An amount for people: two decimals unless that would hide something, with the currency, and with
/// the no-break spaces and comma that localised vendor texts have.
pub(crate) fn money_text(amount: i64, currency: &str, lang: Lang) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let size = amount.unsigned_abs();
    let (whole, part) = (size / 10_000, size % 10_000);
    let part =
        if part.is_multiple_of(100) { format!("{:02}", part / 100) } else { format!("{part:04}") };
    match lang {
        Lang::En => format!("{sign}{whole}.{part} {currency}"),
        Lang::Ru => {
            let digits = whole.to_string();
            let mut grouped = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(3) {
                    grouped.push('\u{a0}');
                }
                grouped.push(digit);
            }
            format!("{sign}{grouped},{part}\u{a0}{currency}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_query_and_body() {
        let params = Params::read(
            "func=soft&licname=from%20query&pricelist=55230;&addon_55236=2;",
            None,
            b"licname=a+b%26c&broken=%zz",
        );
        assert_eq!(params.get("func"), Some("soft"));
        assert_eq!(params.get("licname"), Some("a b&c"));
        assert_eq!(params.get("broken"), Some("%zz"));
        assert_eq!(params.number::<u32>("pricelist"), Some(55230));
        assert_eq!(params.addons().collect::<Vec<_>>(), [("55236", "2")]);
    }

    #[test]
    fn passwords_are_redacted() {
        let params = Params::read("authinfo=me:a:b&password=x", None, b"");
        let shown = params.redacted();
        assert_eq!(shown["authinfo"], "me:***");
        assert_eq!(shown["password"], "***");
    }

    #[test]
    fn documents_are_escaped() {
        let doc =
            Node::doc().with(Node::text("name", "<\"'&>\u{1}").attribute("kind", "a\"b\nc")).ok();
        assert_eq!(
            Out::Xml.write(&doc),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><name kind=\"a&quot;b&#10;c\">\
             &lt;&quot;&#39;&amp;&gt;\u{fffd}</name><ok/></doc>\n"
        );
    }

    #[test]
    fn json_repeats_become_arrays() {
        let doc = Node::doc().field("elem", 1).field("elem", 2).field("elem", 3).ok();
        assert_eq!(
            Out::Json.write(&doc),
            r#"{"doc":{"elem":[{"$":"1"},{"$":"2"},{"$":"3"}],"ok":{}}}"#
        );
    }

    #[test]
    fn amounts_have_four_decimals() {
        assert_eq!(amount(35_000), "3.5000");
        assert_eq!(amount(-1), "-0.0001");
        assert_eq!(money_text(12_345_600, "EUR", Lang::Ru), "1\u{a0}234,56\u{a0}EUR");
        assert_eq!(money_text(12_345_600, "EUR", Lang::En), "1234.56 EUR");
    }
}
