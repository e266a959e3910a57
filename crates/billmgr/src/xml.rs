use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use smol_str::SmolStr;
use thin_vec::ThinVec;

use crate::node::Node;
use crate::read::{MAX_DEPTH, MAX_NODES, ReadError, decode, prepare};

/// Elements carry a handful; looking for a repeated one costs the square of their number.
const MAX_ATTRIBUTES: usize = 64;

/// Reads a whole XML document with root `doc` (protocol sections 2.1, 2.2 and 2.4), in UTF-8 or in
/// the encoding that it declares.
pub fn read_xml(bytes: &[u8]) -> Result<Node, ReadError> {
    parse(bytes, None)
}

/// With the encoding of a document that names none.
pub(crate) fn parse(bytes: &[u8], charset: Option<&'static Encoding>) -> Result<Node, ReadError> {
    let bytes = prepare(bytes)?;
    if !bytes.starts_with(b"<") {
        return Err(ReadError::Malformed);
    }
    // The reader itself refuses what is not UTF-8.
    let decoded = match declared(bytes)?.or(charset) {
        Some(encoding) if encoding != UTF_8 => Some(decode(bytes, Some(encoding))?),
        _ => None,
    };
    let mut reader = Reader::from_reader(decoded.as_deref().map_or(bytes, str::as_bytes));
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(|_| ReadError::Malformed)? {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.append(text.into_inner())?,
            Event::CData(text) => tree.append(text.into_inner())?,
            Event::GeneralRef(reference) => {
                let c = reference.resolve_char_ref().map_err(|_| ReadError::Entity)?;
                tree.append(match (c, resolve_predefined_entity(&reference)) {
                    (Some(c), _) => Cow::Owned(c.into()),
                    (None, Some(known)) => Cow::Borrowed(known),
                    (None, None) => return Err(ReadError::Entity),
                })?;
            }
            Event::DocType(_) => return Err(ReadError::Doctype),
            // In the middle it begins another document.
            Event::Decl(_) if tree.is_new() => {}
            Event::Decl(_) => return Err(ReadError::Malformed),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// The encoding that the declaration names.
fn declared(bytes: &[u8]) -> Result<Option<&'static Encoding>, ReadError> {
    let declaration = bytes
        .strip_prefix(b"<?xml")
        .and_then(|rest| rest.windows(2).take(200).position(|pair| pair == b"?>"))
        .and_then(|length| bytes.get(..length + 7))
        .and_then(|prefix| std::str::from_utf8(prefix).ok());
    if let Some(declaration) = declaration
        && let Ok(Event::Decl(decl)) = Reader::from_str(declaration).read_event()
        && decl.encoding().is_some()
    {
        return decl.encoder().map(Some).ok_or(ReadError::Malformed);
    }
    Ok(None)
}

/// What has been read so far.
#[derive(Default)]
struct Tree<'a> {
    /// Elements whose end has not been seen, and the closed children of each behind it: so a list of
    /// children is allocated once, as long as it is. What is left at the end is the root.
    nodes: Vec<Node>,
    /// Where the open ones are, and their texts. A text begins with no white space, and is borrowed
    /// while it is one piece.
    open: Vec<(usize, Cow<'a, str>)>,
    /// Attributes of one element, likewise.
    attributes: Vec<(SmolStr, SmolStr)>,
    count: usize,
}

impl<'a> Tree<'a> {
    fn is_new(&self) -> bool {
        self.nodes.is_empty()
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        if self.open.is_empty() && !self.is_new() {
            return Err(ReadError::Malformed);
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        if self.count >= MAX_NODES {
            return Err(ReadError::TooLarge);
        }
        self.count += 1;
        let name = named(start.name().as_ref())?;
        let attributes = self.attributes(start)?;
        self.open.push((self.nodes.len(), Cow::default()));
        self.nodes.push(Node { name, attributes, ..Node::default() });
        Ok(())
    }

    fn attributes(
        &mut self,
        start: &BytesStart<'_>,
    ) -> Result<ThinVec<(SmolStr, SmolStr)>, ReadError> {
        if start.attributes_raw().trim_ascii().is_empty() {
            return Ok(ThinVec::new());
        }
        self.attributes.clear();
        // Its check for repeated names allocates for each element.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| ReadError::Malformed)?;
            let name = attribute.key.as_ref();
            if self.attributes.len() >= MAX_ATTRIBUTES {
                return Err(ReadError::TooLarge);
            }
            if self.attributes.iter().any(|(known, _)| known == name) {
                return Err(ReadError::Duplicate);
            }
            let value = unescape(&attribute.value).map_err(|_| ReadError::Entity)?;
            self.attributes.push((named(name)?, SmolStr::new(value)));
        }
        let mut attributes = ThinVec::with_capacity(self.attributes.len());
        attributes.extend(self.attributes.drain(..));
        Ok(attributes)
    }

    fn append(&mut self, piece: Cow<'a, str>) -> Result<(), ReadError> {
        let Some((_, text)) = self.open.last_mut() else {
            let nothing = piece.trim_ascii().is_empty();
            return if nothing { Ok(()) } else { Err(ReadError::Malformed) };
        };
        if !text.is_empty() {
            text.to_mut().push_str(&piece);
        } else if piece.starts_with(char::is_whitespace) {
            *text = match piece {
                Cow::Borrowed(piece) => Cow::Borrowed(piece.trim_start()),
                Cow::Owned(piece) => Cow::Owned(piece.trim_start().to_owned()),
            };
        } else {
            *text = piece;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReadError> {
        let (at, text) = self.open.pop().ok_or(ReadError::Malformed)?;
        let mut children = ThinVec::new();
        let behind = self.nodes.len().saturating_sub(at + 1);
        if behind > 0 {
            children.reserve_exact(behind);
            children.extend(self.nodes.drain(at + 1..));
        }
        let node = self.nodes.get_mut(at).ok_or(ReadError::Malformed)?;
        node.children = children;
        if !text.is_empty() {
            node.text = SmolStr::new(text.trim_end());
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Node, ReadError> {
        match self.nodes.pop() {
            _ if !self.open.is_empty() => Err(ReadError::Malformed),
            Some(root) if root.name == "doc" => Ok(root),
            Some(_) => Err(ReadError::NotADocument),
            None => Err(ReadError::Malformed),
        }
    }
}

/// Not all that XML asks of a name, but what tells a name from a torn tag.
fn named(text: &str) -> Result<SmolStr, ReadError> {
    let cannot =
        |byte: u8| matches!(byte, 0..=b' ' | b'<' | b'>' | b'&' | b'\'' | b'"' | b'=' | b'/');
    if text.is_empty() || text.bytes().any(cannot) {
        return Err(ReadError::Malformed);
    }
    Ok(SmolStr::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::VendorError;
    use proptest::prelude::*;

    #[test]
    fn text_is_joined_across_entities_and_cdata() {
        let doc = read_xml(b"<doc><name>A &amp; B &#233;<![CDATA[ <c>]]></name></doc>").unwrap();
        assert_eq!(doc.value("name"), Some("A & B \u{e9} <c>"));
    }

    #[test]
    fn only_the_ends_of_a_text_are_trimmed() {
        let text = |inner: &str| {
            let doc = read_xml(format!("<doc><n>{inner}</n></doc>").as_bytes()).unwrap();
            doc.child("n").map(|n| n.text.to_string())
        };
        for (inner, trimmed) in [
            (" \n ", ""),
            ("\u{a0}1\u{a0}234,56 руб. ", "1\u{a0}234,56 руб."),
            (" &#32;&amp; &lt; &#x20; ", "& <"),
            ("<a/> one <a/>\ttwo\n<a/>\n", "one \ttwo"),
        ] {
            assert_eq!(text(inner).as_deref(), Some(trimmed), "{inner:?}");
        }
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
        for undecodable in [
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><doc><n>\xc0</n></doc>".as_slice(),
            b"<?xml version=\"1.0\" encoding=\"x-unheard-of\"?><doc/>",
            b"<doc><n>\xc0</n></doc>",
        ] {
            assert_eq!(read_xml(undecodable), Err(ReadError::Malformed));
        }
    }

    #[test]
    fn the_stable_code_of_an_enumeration() {
        let doc = read_xml("<doc><s orig=\"2\">Активен</s><t>3</t></doc>".as_bytes()).unwrap();
        assert_eq!((doc.code("s"), doc.code("t"), doc.code("u")), (Some("2"), Some("3"), None));
    }

    #[test]
    fn nested_or_flat() {
        let find = |xml: &str| {
            let doc = read_xml(xml.as_bytes()).unwrap();
            doc.find("newexpiredate").map(|found| found.text.to_string())
        };
        for (xml, found) in [
            ("<doc><newexpiredate>1</newexpiredate></doc>", Some("1")),
            ("<doc><ok/><doc><newexpiredate>2</newexpiredate></doc></doc>", Some("2")),
            (
                "<doc><doc><newexpiredate>2</newexpiredate></doc><newexpiredate>1</newexpiredate></doc>",
                Some("1"),
            ),
            ("<doc><a><b><newexpiredate>3</newexpiredate></b></a></doc>", None),
        ] {
            assert_eq!(find(xml).as_deref(), found, "{xml}");
        }
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
        let many: Vec<_> = (0..=MAX_ATTRIBUTES).map(|number| format!("a{number}=''")).collect();
        let many = many.join(" ");
        assert_eq!(read_xml(format!("<doc {many}/>").as_bytes()), Err(ReadError::TooLarge));
        for broken in [
            "<doc/><doc/>",
            "<doc/>trailing",
            "<doc><ok/><?xml version=\"1.0\"?></doc>",
            "<doc/><?xml version=\"1.0\"?>",
            "<doc><></></doc>",
            "<doc><a=1/></doc>",
            "<doc a/>",
            "<doc a=1/>",
            "<doc a='1' a='2'/>",
            "<doc><a></b></doc>",
            "<doc>&#0;</doc>",
            "<doc>&</doc>",
        ] {
            assert!(read_xml(broken.as_bytes()).is_err(), "{broken} was taken for a document");
        }
    }

    #[test]
    fn the_depth_that_is_still_read() {
        let nested = |depth: usize| {
            let inner = depth - 2;
            format!("<doc>{}<a/>{}</doc>", "<a>".repeat(inner), "</a>".repeat(inner))
        };
        assert!(read_xml(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(read_xml(nested(MAX_DEPTH + 1).as_bytes()), Err(ReadError::TooDeep));
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
