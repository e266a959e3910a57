use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

/// Documents nest a handful of levels; a bomb nests thousands.
const MAX_DEPTH: usize = 64;

/// An element with its attributes, children and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The element's name, such as `elem` or `item.id`.
    pub name: String,
    /// Attributes in order.
    pub attributes: Vec<(String, String)>,
    /// Child elements in order.
    pub children: Vec<Node>,
    /// The element's own text, joined and trimmed.
    pub text: String,
}

/// Why bytes are not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// Not well-formed, or cut off.
    #[error("the answer is not well-formed XML")]
    Malformed,
    /// A DOCTYPE, which no billing system sends and bombs begin with.
    #[error("the answer has a document type declaration")]
    Doctype,
    /// An entity that XML itself does not define.
    #[error("the answer has an unknown entity")]
    Entity,
    /// Deeper than any real document.
    #[error("the answer is nested too deeply")]
    TooDeep,
    /// Well-formed, but its root is not `doc`; an HTML page for instance.
    #[error("the answer is not a billing document")]
    NotADocument,
}

/// The vendor says no, in words. What happened is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorError {
    /// `type` (5/6) or `code` (4): `auth`, `missed`, `2` …; never decides about money.
    pub kind: String,
    /// What it is about.
    pub object: String,
    /// For a person to read; may be in any language.
    pub message: String,
}

/// Reads a whole document with root `doc`, in UTF-8 or in the encoding that it declares.
pub fn read_xml(bytes: &[u8]) -> Result<Node, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    // XML has no NUL, and neither has a text column.
    if bytes.contains(&0) {
        return Err(ReadError::Malformed);
    }
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|_| ReadError::Malformed)? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(ReadError::TooDeep);
                }
                if root.is_some() {
                    return Err(ReadError::Malformed);
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                let node = element(&start)?;
                close(node, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let node = open.pop().ok_or(ReadError::Malformed)?;
                close(node, &mut open, &mut root)?;
            }
            Event::Text(text) => append(&mut open, &text)?,
            Event::CData(text) => append(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                match reference.resolve_char_ref().map_err(|_| ReadError::Entity)? {
                    Some(c) => append(&mut open, c.encode_utf8(&mut [0; 4]))?,
                    None => append(
                        &mut open,
                        resolve_predefined_entity(&reference).ok_or(ReadError::Entity)?,
                    )?,
                }
            }
            Event::DocType(_) => return Err(ReadError::Doctype),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(ReadError::Malformed);
    }
    let root = root.ok_or(ReadError::Malformed)?;
    if root.name == "doc" { Ok(root) } else { Err(ReadError::NotADocument) }
}

/// UTF-8, or what the declaration names; old billing systems answer in windows-1251.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    let declaration = bytes
        .strip_prefix(b"<?xml")
        .and_then(|rest| rest.windows(2).take(200).position(|pair| pair == b"?>"))
        .and_then(|length| bytes.get(..length + 7))
        .and_then(|prefix| std::str::from_utf8(prefix).ok());
    if let Some(declaration) = declaration
        && let Ok(Event::Decl(decl)) = Reader::from_str(declaration).read_event()
        && decl.encoding().is_some()
    {
        let encoding = decl.encoder().ok_or(ReadError::Malformed)?;
        return quick_xml::encoding::decode(bytes, encoding).map_err(|_| ReadError::Malformed);
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| ReadError::Malformed)
}

fn element(start: &BytesStart<'_>) -> Result<Node, ReadError> {
    let mut node = Node { name: start.name().as_ref().to_owned(), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| ReadError::Malformed)?;
        let value = unescape(&attribute.value).map_err(|_| ReadError::Entity)?.into_owned();
        node.attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(node)
}

fn close(mut node: Node, open: &mut [Node], root: &mut Option<Node>) -> Result<(), ReadError> {
    if node.text.starts_with(char::is_whitespace) || node.text.ends_with(char::is_whitespace) {
        let padded = std::mem::take(&mut node.text);
        node.text.push_str(padded.trim());
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(node),
        None if root.is_none() => *root = Some(node),
        None => return Err(ReadError::Malformed),
    }
    Ok(())
}

fn append(open: &mut [Node], text: &str) -> Result<(), ReadError> {
    match open.last_mut() {
        Some(node) => node.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(ReadError::Malformed),
    }
    Ok(())
}

impl Node {
    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, if it is not empty.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// An attribute's value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// An enumeration's stable code: the `orig` attribute of a child, else its text, which may be
    /// localised (protocol section 2.1).
    #[must_use]
    pub fn code(&self, name: &str) -> Option<&str> {
        let child = self.child(name)?;
        child.attribute("orig").or(Some(child.text.as_str())).filter(|code| !code.is_empty())
    }

    /// The rows of a list answer.
    pub fn elems(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(|child| child.name == "elem")
    }

    /// Whether the action is confirmed in so many words.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.child("ok").is_some()
    }

    /// Replaces every occurrence of these texts, here and below: a server may repeat what it was
    /// sent, credentials included.
    pub fn redact(&mut self, secrets: &[&str]) {
        for secret in secrets.iter().filter(|secret| secret.len() >= 6) {
            if self.text.contains(secret) {
                self.text = self.text.replace(secret, "[redacted]");
            }
            for (_, value) in &mut self.attributes {
                *value = value.replace(secret, "[redacted]");
            }
        }
        for child in &mut self.children {
            child.redact(secrets);
        }
    }

    /// The error in this document, of generation 5/6 (`type`, `msg`) or 4 (`code`, text).
    #[must_use]
    pub fn error(&self) -> Option<VendorError> {
        if self.child("authfail").is_some() {
            return Some(VendorError {
                kind: "auth".to_owned(),
                object: String::new(),
                message: "authentication failed".to_owned(),
            });
        }
        let error = self.child("error")?;
        let either = |one: &str, other: &str| {
            error.attribute(one).or(error.attribute(other)).unwrap_or_default().to_owned()
        };
        let message =
            error.value("msg").or(error.value("detail")).unwrap_or(error.text.as_str()).to_owned();
        Some(VendorError { kind: either("type", "code"), object: either("object", "obj"), message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_joined_across_entities_and_cdata() {
        let doc = read_xml(b"<doc><name>A &amp; B &#233;<![CDATA[ <c>]]></name></doc>").unwrap();
        assert_eq!(doc.value("name"), Some("A & B \u{e9} <c>"));
    }

    #[test]
    fn lists_may_be_interleaved() {
        let doc = read_xml(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><elem><id>1</id></elem><p_elems>2</p_elems><elem><id>2</id></elem></doc>\n",
        )
        .unwrap();
        let ids: Vec<_> = doc.elems().filter_map(|elem| elem.value("id")).collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn another_encoding_is_decoded_when_declared() {
        let doc =
            read_xml(b"<?xml version=\"1.0\" encoding=\"windows-1251\"?><doc><n>\xc0</n></doc>")
                .unwrap();
        assert_eq!(doc.value("n"), Some("А"));
    }

    #[test]
    fn the_stable_code_of_an_enumeration() {
        let doc = read_xml("<doc><s orig=\"2\">Активен</s><t>3</t></doc>".as_bytes()).unwrap();
        assert_eq!((doc.code("s"), doc.code("t"), doc.code("u")), (Some("2"), Some("3"), None));
    }

    #[test]
    fn errors_of_both_generations() {
        let five = read_xml(
            b"<doc><error type=\"auth\" object=\"badpassword\"><param name=\"value\">x</param><msg>No</msg><detail>d</detail></error></doc>",
        )
        .unwrap();
        assert_eq!(
            five.error(),
            Some(VendorError {
                kind: "auth".into(),
                object: "badpassword".into(),
                message: "No".into()
            })
        );
        let four =
            read_xml(b"<doc><error code=\"4\" obj=\"ip\" val=\"ip\">bad ip</error></doc>").unwrap();
        assert_eq!(four.error().unwrap().kind, "4");
        assert_eq!(four.error().unwrap().message, "bad ip");
        assert_eq!(read_xml(b"<doc><authfail/></doc>").unwrap().error().unwrap().kind, "auth");
        assert_eq!(read_xml(b"<doc><ok/></doc>").unwrap().error(), None);
    }

    #[test]
    fn what_is_not_a_whole_document_is_refused() {
        let bomb = b"<!DOCTYPE d [<!ENTITY a \"aaaa\">]><doc>&a;</doc>";
        assert_eq!(read_xml(bomb), Err(ReadError::Doctype));
        assert_eq!(read_xml(b"<doc>&a;</doc>"), Err(ReadError::Entity));
        assert_eq!(read_xml(b""), Err(ReadError::Empty));
        assert_eq!(read_xml(b" \n"), Err(ReadError::Empty));
        assert_eq!(read_xml(b"<html><body>502</body></html>"), Err(ReadError::NotADocument));
        let deep = format!("<doc>{}{}</doc>", "<a>".repeat(100), "</a>".repeat(100));
        assert_eq!(read_xml(deep.as_bytes()), Err(ReadError::TooDeep));
        let whole = b"<doc><id>17</id><ok/></doc>";
        for end in 1..whole.len() {
            assert!(read_xml(&whole[..end]).is_err(), "cut at {end} was taken for a document");
        }
        assert_eq!(read_xml(b"<doc/><doc/>"), Err(ReadError::Malformed));
        assert_eq!(read_xml(b"<doc/>trailing"), Err(ReadError::Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_xml(&bytes);
        }

        #[test]
        fn no_markup_panics(text in "(<|>|/|doc|a|&|;|#|\"|=| |!|\\[|\\]|-|x){0,60}") {
            let _ = read_xml(text.as_bytes());
        }
    }
}
