use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use smol_str::SmolStr;
use thin_vec::{ThinVec, thin_vec};

use crate::node::Node;
use crate::read::{MAX_DEPTH, MAX_NODES, ReadError, decode, prepare};

/// How often the average byte may be looked at: once for each object or array that it is in, since
/// only what has not been looked into keeps its digits. A list comes to seven.
const LOOKS: usize = 16;
/// Looks that a small answer has beyond, so that only its depth counts.
const FREE_LOOKS: usize = 64 << 10;

/// Reads a whole JSON answer into the tree that the XML one has (protocol sections 1 and 2.3).
///
/// `{"doc":{…}}` of `out=json` and `sjson`: `"$"` is an element's text, `"$a"` its attribute `a`, an
/// array a repeated element, a plain string or number an element with that text. `null` is nothing.
/// The one `list` of `out=xjson` stands for its rows.
///
/// Anything else is `out=bjson`: the fields of `model` are the document's, `{"v":"123"}` is the text
/// `123`, and of two keys `x` and `x_orig` the second is the attribute `orig` of the first.
///
/// What was in such an envelope (`model`, `list`) stands behind what was beside it. Numbers keep
/// their digits as they were sent.
pub fn read_json(bytes: &[u8]) -> Result<Node, ReadError> {
    parse(bytes, None)
}

/// With the encoding, if it is another one than UTF-8.
pub(crate) fn parse(bytes: &[u8], charset: Option<&'static Encoding>) -> Result<Node, ReadError> {
    let text = decode(prepare(bytes)?, charset)?;
    let whole: &RawValue = serde_json::from_str(&text).map_err(|_| ReadError::Malformed)?;
    let Kind::Object = Kind::of(whole) else { return Err(ReadError::NotADocument) };
    let mut tree = Tree { flat: false, nodes: 0, looks: text.len() * LOOKS + FREE_LOOKS };
    let Fields(fields) = tree.look(whole)?;
    let inner = match fields.as_slice() {
        [(Text(key), inner)] if key == "doc" && Kind::of(inner) == Kind::Object => Some(*inner),
        _ => None,
    };
    tree.flat = inner.is_none();
    let mut doc = tree.element("doc", inner.unwrap_or(whole), 1)?;
    let envelope = if tree.flat { "model" } else { "list" };
    unwrap(&mut doc, envelope);
    Ok(doc)
}

/// Replaces the one child of this name by its children, if that is an envelope: it has children or,
/// as an empty list, a name, and no text. A field called `ok` in there must not become the
/// document's confirmation.
fn unwrap(doc: &mut Node, name: &str) {
    let mut found = doc.children.iter().enumerate().filter(|(_, child)| child.name == name);
    let (Some((at, child)), None) = (found.next(), found.next()) else { return };
    let is_empty = child.children.is_empty() && child.attribute("name").is_none();
    if child.text.is_empty() && !is_empty && child.child("ok").is_none() {
        let envelope = doc.children.remove(at);
        doc.children.extend(envelope.children);
    }
}

/// A string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

/// An object's keys and values in order; the values are not looked into.
struct Fields<'a>(Vec<(Text<'a>, &'a RawValue)>);

/// What begins like this.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    Null,
    Text,
    /// A number, `true` or `false`: its text is what was sent.
    Word,
}

impl Kind {
    fn of(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'n') => Self::Null,
            Some(b'"') => Self::Text,
            _ => Self::Word,
        }
    }

    fn is_scalar(self) -> bool {
        matches!(self, Self::Text | Self::Word)
    }
}

/// What is true of the whole document.
struct Tree {
    /// Whether this is bjson.
    flat: bool,
    nodes: usize,
    /// How many bytes may still be looked at.
    looks: usize,
}

impl Tree {
    fn element(&mut self, name: &str, value: &RawValue, depth: usize) -> Result<Node, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        if self.nodes >= MAX_NODES {
            return Err(ReadError::TooLarge);
        }
        self.nodes += 1;
        let mut node = Node { name: named(name)?, ..Node::default() };
        match Kind::of(value) {
            Kind::Null => {}
            Kind::Text | Kind::Word => node.text = trimmed(&scalar(value)?),
            Kind::Array => self.repeat(&mut node.children, name, value, depth + 1)?,
            Kind::Object => self.fill(&mut node, value, depth)?,
        }
        Ok(node)
    }

    fn fill(&mut self, node: &mut Node, value: &RawValue, depth: usize) -> Result<(), ReadError> {
        let Fields(fields) = self.look(value)?;
        let mut sorted: Vec<_> = fields.iter().map(|(Text(key), value)| (&**key, *value)).collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        if sorted.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
            return Err(ReadError::Duplicate);
        }
        let scalar_of = |key: &str| {
            let at = sorted.binary_search_by_key(&key, |(key, _)| *key).ok()?;
            sorted.get(at).map(|(_, value)| *value).filter(|value| Kind::of(value).is_scalar())
        };
        let is_orig = |key: &str| {
            let of = key.strip_suffix("_orig").and_then(scalar_of);
            of.is_some() && scalar_of(key).is_some()
        };
        if self.flat
            && let [(Text(key), value)] = fields.as_slice()
            && key == "v"
            && Kind::of(value).is_scalar()
        {
            node.text = trimmed(&scalar(value)?);
            return Ok(());
        }
        let marked = fields.iter().filter(|(Text(key), _)| key.starts_with('$')).count();
        let mut attributes = ThinVec::with_capacity(marked);
        node.children.reserve_exact(fields.len() - marked);
        for (Text(key), value) in &fields {
            match key.strip_prefix('$') {
                Some("") if Kind::of(value).is_scalar() => node.text = trimmed(&scalar(value)?),
                // A public client reads `error.$t` (protocol section 2.2).
                Some("t") if self.flat && scalar_of("$").is_none() && scalar_of(key).is_some() => {
                    node.text = trimmed(&scalar(value)?);
                }
                Some(name) if !name.is_empty() && Kind::of(value).is_scalar() => {
                    attributes.push((named(name)?, SmolStr::new(scalar(value)?)));
                }
                _ if self.flat && is_orig(key) => {}
                _ => {
                    let orig = if self.flat { scalar_of(&format!("{key}_orig")) } else { None };
                    self.field(&mut node.children, key, value, orig, depth + 1)?;
                }
            }
        }
        node.attributes = attributes;
        Ok(())
    }

    /// A field as one element, with this attribute if it has a text, or as several or none.
    fn field(
        &mut self,
        into: &mut ThinVec<Node>,
        name: &str,
        value: &RawValue,
        orig: Option<&RawValue>,
        depth: usize,
    ) -> Result<(), ReadError> {
        match (Kind::of(value), orig) {
            (Kind::Null, _) => {}
            (Kind::Array, _) => self.repeat(into, name, value, depth)?,
            (Kind::Text | Kind::Word, Some(orig)) => {
                let mut node = self.element(name, value, depth)?;
                let orig = SmolStr::new(scalar(orig)?);
                node.attributes = thin_vec![(SmolStr::new_static("orig"), orig)];
                into.push(node);
            }
            (Kind::Object | Kind::Text | Kind::Word, _) => {
                into.push(self.element(name, value, depth)?);
            }
        }
        Ok(())
    }

    /// What is in an object or an array.
    fn look<'a, T: Deserialize<'a>>(&mut self, value: &'a RawValue) -> Result<T, ReadError> {
        self.looks = self.looks.checked_sub(value.get().len()).ok_or(ReadError::TooDeep)?;
        read_as(value)
    }

    /// An array's values as elements of one name. An array within becomes an element around its own.
    fn repeat(
        &mut self,
        into: &mut ThinVec<Node>,
        name: &str,
        values: &RawValue,
        depth: usize,
    ) -> Result<(), ReadError> {
        let values: Vec<&RawValue> = self.look(values)?;
        into.reserve(values.len());
        for value in values.into_iter().filter(|value| Kind::of(value) != Kind::Null) {
            into.push(self.element(name, value, depth)?);
        }
        Ok(())
    }
}

/// The text of a string, number, `true` or `false`.
fn scalar(value: &RawValue) -> Result<Cow<'_, str>, ReadError> {
    if Kind::of(value) != Kind::Text {
        return Ok(Cow::Borrowed(value.get()));
    }
    let Text(text) = read_as(value)?;
    if text.contains('\0') { Err(ReadError::Malformed) } else { Ok(text) }
}

fn trimmed(text: &str) -> SmolStr {
    SmolStr::new(text.trim())
}

fn named(text: &str) -> Result<SmolStr, ReadError> {
    let good = !text.is_empty() && !text.contains('\0');
    if good { Ok(SmolStr::new(text)) } else { Err(ReadError::Malformed) }
}

fn read_as<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, ReadError> {
    serde_json::from_str(value.get()).map_err(|_| ReadError::Malformed)
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneText;
        impl<'de> Visitor<'de> for OneText {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(OneText)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AllFields;
        impl<'de> Visitor<'de> for AllFields {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(AllFields)
    }
}
