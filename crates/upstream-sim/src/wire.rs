//! The wire: parameters in, documents out.
//!
//! Nothing here knows what a license is. A request is a flat map of parameters, whatever its method,
//! path or content type; an answer is a tree of [`Node`]s that is written as XML or as JSON.
//! The writers are made by hand: the parsers under test must not share code with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// The declaration every XML answer begins with.
pub(crate) const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Request parameters: query and body together, the body winning where both name a parameter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads the query string and the body of one request.
    ///
    /// A body is urlencoded unless its content type says JSON or multipart: public clients send
    /// urlencoded bodies without any content type at all.
    pub(crate) fn read(query: &str, content_type: Option<&str>, body: &[u8]) -> Self {
        let mut params = Self::default();
        params.read_urlencoded(query.as_bytes());
        let kind = content_type.unwrap_or_default().trim_start();
        if kind.starts_with("application/json") {
            params.read_json(body);
        } else if kind.starts_with("multipart/form-data") {
            params.read_multipart(kind, body);
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
            self.0.insert(clean(&name).to_owned(), value);
        }
    }

    /// The fields of a form that was sent in parts, as PHP's curl does with an array. A part that is
    /// no text field, or not UTF-8, is left out.
    fn read_multipart(&mut self, content_type: &str, body: &[u8]) {
        let Some((_, boundary)) = content_type.split_once("boundary=") else { return };
        let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
        let Ok(body) = std::str::from_utf8(body) else { return };
        for part in body.split(&format!("--{boundary}")).skip(1) {
            let Some((head, value)) = part.split_once("\r\n\r\n") else { continue };
            let Some((_, name)) = head.split_once("name=\"") else { continue };
            let Some((name, _)) = name.split_once('"') else { continue };
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            self.0.insert(clean(name).to_owned(), value.to_owned());
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

    /// The same parameters with one more, or with another value of it.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut params = self.clone();
        params.0.insert(name.to_owned(), value.to_owned());
        params
    }

    /// The value as sent, also when it is empty; `None` only when the parameter is absent.
    pub(crate) fn sent(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The trimmed value, where an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.sent(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value of a field that is no free text: a vendor's sample carries a stray `;` at the end of
    /// one, so it is cut off.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        let word = self.get(name)?.trim_end_matches(';').trim_end();
        (!word.is_empty()).then_some(word)
    }

    /// The value as a whole number.
    pub(crate) fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.word(name)?.parse().ok()
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

/// The name of a parameter without what copying from a document leaves around it: white space, a
/// stray `;`, and the rest of an `&amp;`.
fn clean(name: &str) -> &str {
    let name = name.trim();
    let name = name.strip_prefix("amp;").unwrap_or(name);
    name.trim_matches(|letter: char| letter == ';' || letter.is_whitespace())
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

/// Format of an answer, chosen by `out=`. The shapes are those of protocol sections 1 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Xml,
    /// `json` and `sjson`: the tree, with text as `$` and an attribute `a` as `$a`.
    Json,
    /// The same with the rows of a list as `doc.list[0].elem`, and the user in every document.
    XJson,
    /// Flat, without `doc`.
    BJson,
}

impl Out {
    /// `None` for a format that this program does not speak (`text`, `csv`).
    pub(crate) fn read(params: &Params) -> Option<Self> {
        match params.word("out") {
            None | Some("xml") => Some(Self::Xml),
            Some("json" | "sjson") => Some(Self::Json),
            Some("xjson") => Some(Self::XJson),
            Some("bjson") => Some(Self::BJson),
            Some(_) => None,
        }
    }

    /// Exactly `text/xml`: one public client compares the whole header value.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json | Self::XJson | Self::BJson => "application/json",
        }
    }

    pub(crate) fn write(self, doc: &Node) -> String {
        match self {
            Self::Xml => doc.to_xml(),
            Self::Json => doc.to_json().to_string(),
            Self::XJson => doc.to_xjson().to_string(),
            Self::BJson => doc.to_bjson().to_string(),
        }
    }
}

/// What kind of document an answer is. Only `xjson` and `bjson` show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Shape {
    /// Something was done, or is told.
    #[default]
    Plain,
    /// Rows of the function of this name.
    List(String),
    /// The fields of a form.
    Form,
}

/// One element of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    name: String,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Node>,
    shape: Shape,
}

impl Node {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
            shape: Shape::Plain,
        }
    }

    pub(crate) fn doc() -> Self {
        Self::new("doc")
    }

    /// A document of rows.
    pub(crate) fn list(func: &str) -> Self {
        Self { shape: Shape::List(func.to_owned()), ..Self::doc() }
    }

    /// A document of fields.
    pub(crate) fn form() -> Self {
        Self { shape: Shape::Form, ..Self::doc() }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.text_of(name).is_some()
    }

    /// The text of the first child of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        let child = self.children.iter().find(|child| child.name == name);
        child.map(|child| child.text.as_str())
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

    /// `json` with the rows of a list under `list`, which is always an array, as its rows are.
    fn to_xjson(&self) -> Value {
        let Shape::List(func) = &self.shape else { return self.to_json() };
        let rows = self.children.iter().filter(|child| child.name == "elem");
        let rows: Vec<Value> = rows.map(Self::json_body).collect();
        let rest = self.children.iter().filter(|child| child.name != "elem").cloned().collect();
        let rest = Self { children: rest, ..self.clone() };
        let mut body = rest.json_body();
        if let Value::Object(body) = &mut body {
            body.insert("list".to_owned(), json!([{ "$name": func, "elem": rows }]));
        }
        json!({ "doc": body })
    }

    /// Flat, and without `doc`: rows under `elem`, the fields of a form under `model` with their
    /// choices under `slist`, an error under `error`, and anything else as `{"v":…}` (protocol
    /// section 2.3). Where no public client reads a document in this format, its shape is inferred.
    fn to_bjson(&self) -> Value {
        let mut root = Map::new();
        if let Some(error) = self.children.iter().find(|child| child.name == "error") {
            root.insert("error".to_owned(), error.flat());
            return Value::Object(root);
        }
        if let Shape::List(func) = &self.shape {
            root.insert("func".to_owned(), Value::from(func.as_str()));
            root.insert("elem".to_owned(), Value::Array(Vec::new()));
        }
        let (mut model, mut choices) = (Map::new(), Map::new());
        for child in &self.children {
            match (child.name.as_str(), &self.shape) {
                ("ok", _) => {
                    root.insert("ok".to_owned(), Value::Bool(true));
                }
                ("elem", Shape::List(_)) => {
                    if let Some(Value::Array(rows)) = root.get_mut("elem") {
                        rows.push(child.flat());
                    }
                }
                // The fields of a nested form are those of the form around it.
                ("doc", Shape::Form) => {}
                ("slist", _) => {
                    let (name, values) = child.choice();
                    choices.insert(name, values);
                }
                (_, Shape::Form) => child.put_flat(&mut model),
                (_, Shape::Plain) if child.is_text() => {
                    root.insert(child.name.clone(), json!({ "v": child.text }));
                }
                _ => child.put_flat(&mut root),
            }
        }
        if self.shape == Shape::Form {
            root.insert("model".to_owned(), Value::Object(model));
        }
        if !choices.is_empty() {
            root.insert("slist".to_owned(), Value::Object(choices));
        }
        Value::Object(root)
    }

    fn is_text(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// Everything in this element as plain keys.
    fn flat(&self) -> Value {
        let mut fields = Map::new();
        for (name, value) in &self.attributes {
            fields.insert((*name).to_owned(), Value::from(value.as_str()));
        }
        if !self.text.is_empty() {
            fields.insert("v".to_owned(), Value::from(self.text.as_str()));
        }
        for child in &self.children {
            child.put_flat(&mut fields);
        }
        Value::Object(fields)
    }

    /// Puts this element among the fields of another: a text as a string, one with a code as two
    /// strings, what occurs again as an array.
    fn put_flat(&self, fields: &mut Map<String, Value>) {
        let value = match self.attributes.as_slice() {
            [] if self.children.is_empty() => Value::from(self.text.as_str()),
            [("orig", code)] => {
                fields.insert(format!("{}_orig", self.name), Value::from(code.as_str()));
                Value::from(self.text.as_str())
            }
            _ => self.flat(),
        };
        match fields.get_mut(&self.name) {
            None => {
                fields.insert(self.name.clone(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }

    /// The name and the values of a choice in a form.
    fn choice(&self) -> (String, Value) {
        let attribute = |node: &Self, wanted: &str| {
            let found = node.attributes.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let values = self.children.iter().map(|value| {
            let (key, text) = (attribute(value, "key"), &value.text);
            json!({ "k": key, "v": text })
        });
        (attribute(self, "name"), Value::Array(values.collect()))
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

/// How errors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// By number, as the functions of 2009 do it (seed 003, protocol section 2.4).
    Four,
    /// By type and object (protocol section 2.2).
    Five,
}

impl Generation {
    /// That of a function: everything named `software` is of the old one.
    pub(crate) fn of(func: &str) -> Self {
        let old = func.strip_prefix("software");
        if old.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
            Self::Four
        } else {
            Self::Five
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
    en: String,
    ru: String,
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
            en: en.to_owned(),
            ru: ru.to_owned(),
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
            &format!("'{object}' may be changed only once a month"),
            &format!("Поле '{object}' можно менять только раз в месяц"),
        )
    }

    /// A state that does not allow what was asked.
    pub(crate) fn access(object: &str, value: impl ToString, why: &str) -> Self {
        Self::new("access", object, value, why, &format!("Действие недоступно: {why}"))
    }

    /// The number of the old generation: 1 internal, 2 exists already, 3 does not exist, 4 wrong
    /// value, 5 limit, 6 access, 7 license. A kind that is a number, as faults may name one, is that.
    fn code(&self) -> u8 {
        match self.kind.as_str() {
            "exists" => 2,
            "missed" => 3,
            "value" => 4,
            "limit" => 5,
            "access" | "auth" => 6,
            "license" => 7,
            other => other.parse().ok().filter(|code| (1..=8).contains(code)).unwrap_or(1),
        }
    }

    /// In the generation of the function that refused.
    pub(crate) fn into_doc(self, lang: Lang, generation: Generation) -> Node {
        let message = match lang {
            Lang::En => self.en.clone(),
            Lang::Ru => self.ru.clone(),
        };
        Node::doc().with(match generation {
            Generation::Four => self.by_code(&message),
            Generation::Five => self.by_type(&message, lang),
        })
    }

    /// `<error code="4" obj="period" val="period">text<msg>text</msg></error>`: for a wrong value and
    /// for a limit `val` is the field; for what exists or does not, `obj` is. The other attribute is
    /// empty in no public sample, so it is filled with what there is: inferred.
    fn by_code(&self, message: &str) -> Node {
        let code = self.code();
        let val = if matches!(code, 4 | 5) { &self.object } else { &self.value };
        Node::text("error", message)
            .attribute("code", code)
            .attribute("obj", &self.object)
            .attribute("val", val)
            .field("msg", message)
    }

    /// Always with type, object, language and value, and with both texts: some public clients see an
    /// error only through one of them.
    fn by_type(&self, message: &str, lang: Lang) -> Node {
        Node::new("error")
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
            .field("msg", message)
            .field("detail", format!("{}: {message}", self.kind))
    }
}

/// `2027-01-31`.
pub(crate) fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Reads a [`date`].
pub(crate) fn read_date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// Reads a [`date`], a [`date_time`] or a moment as RFC 3339 has it.
pub(crate) fn read_moment(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim();
    if let Some(date) = read_date(text) {
        return Some(date.midnight().assume_utc());
    }
    let full = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let moment = PrimitiveDateTime::parse(text, full).map(PrimitiveDateTime::assume_utc);
    moment.or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).ok()
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
    fn slips_of_the_documents_are_forgiven() {
        let slips = "pricelist=55230;&amp;period=1;&;skipbasket=on;&licname=a%3B&addon_55236;=2;";
        let params = Params::read(slips, None, b"");
        assert_eq!(params.number::<u32>("pricelist"), Some(55230));
        assert_eq!(params.number::<i32>("period"), Some(1));
        assert_eq!(params.word("skipbasket"), Some("on"));
        assert_eq!(params.get("licname"), Some("a;"), "a name may end like this");
        assert_eq!(params.addons().collect::<Vec<_>>(), [("55236", "2")]);
        assert_eq!(Params::read("sok=;", None, b"").word("sok"), None);
    }

    #[test]
    fn forms_in_parts_are_read() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"func\"\r\n\r\nsoft\r\n\
            --XX\r\nContent-Disposition: form-data; name=\"licname\"\r\n\r\na&b\r\nc\r\n--XX--\r\n";
        let kind = Some("multipart/form-data; boundary=\"XX\"");
        let params = Params::read("func=other&out=xml", kind, body.as_bytes());
        assert_eq!(params.get("func"), Some("soft"));
        assert_eq!(params.get("licname"), Some("a&b\r\nc"));
        assert_eq!(params.get("out"), Some("xml"));
    }

    #[test]
    fn flat_json_names_what_kind_of_document_it_is() {
        let status = Node::text("item_status", "Active").attribute("orig", 2);
        let list = Node::list("soft").with(Node::new("elem").field("id", 7).with(status.clone()));
        assert_eq!(
            Out::BJson.write(&list.clone().field("p_elems", 1)),
            r#"{"elem":[{"id":"7","item_status":"Active","item_status_orig":"2"}],"func":"soft","p_elems":"1"}"#
        );
        assert_eq!(
            Out::XJson.write(&list),
            r#"{"doc":{"list":[{"$name":"soft","elem":[{"id":{"$":"7"},"item_status":{"$":"Active","$orig":"2"}}]}]}}"#
        );
        assert_eq!(Out::BJson.write(&Node::list("soft")), r#"{"elem":[],"func":"soft"}"#);
        let periods = Node::new("slist").attribute("name", "period");
        let periods = periods.with(Node::text("val", "Month").attribute("key", 1));
        let form = Node::form().field("elid", 7).with(status).with(periods).ok();
        assert_eq!(
            Out::BJson.write(&form),
            r#"{"model":{"elid":"7","item_status":"Active","item_status_orig":"2"},"ok":true,"slist":{"period":[{"k":"1","v":"Month"}]}}"#
        );
        let done = Node::doc().field("id", 123).ok();
        assert_eq!(Out::BJson.write(&done), r#"{"id":{"v":"123"},"ok":true}"#);
        let error = Refusal::missed("elid", 5).into_doc(Lang::En, Generation::Five);
        assert!(Out::BJson.write(&error).starts_with(r#"{"error":{"detail":"missed: "#));
    }

    #[test]
    fn old_errors_are_numbers() {
        let error = Refusal::value("period", 8, "of another price");
        let error = Out::Xml.write(&error.into_doc(Lang::En, Generation::of("software.period")));
        let text = "Invalid value of &#39;period&#39;: of another price";
        let whole = format!(
            "<doc><error code=\"4\" obj=\"period\" val=\"period\">{text}<msg>{text}</msg></error></doc>"
        );
        assert!(error.contains(&whole), "{error}");
        let code = |kind: &str| Refusal::new(kind, "", "", "", "").code();
        let kinds = ["internal", "exists", "missed", "value", "limit", "access", "license", "8"];
        assert_eq!(kinds.map(code), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(["auth", "9", "0", "nonsense"].map(code), [6, 1, 1, 1]);
        assert_eq!(Generation::of("software"), Generation::Four);
        assert_eq!(Generation::of("softwares"), Generation::Five);
        assert_eq!(Generation::of("soft.edit"), Generation::Five);
    }

    #[test]
    fn amounts_have_four_decimals() {
        assert_eq!(amount(35_000), "3.5000");
        assert_eq!(amount(-1), "-0.0001");
        assert_eq!(money_text(12_345_600, "EUR", Lang::Ru), "1\u{a0}234,56\u{a0}EUR");
        assert_eq!(money_text(12_345_600, "EUR", Lang::En), "1234.56 EUR");
    }
}
