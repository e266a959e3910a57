use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::{json, node::Node, xml};

/// Documents nest a handful of levels; a bomb nests thousands.
pub const MAX_DEPTH: usize = 32;
/// Twice of what is ever accepted from the network.
pub const MAX_BYTES: usize = 32 << 20;
/// More than any document within [`MAX_BYTES`] has whose elements are named and filled.
pub const MAX_NODES: usize = 1 << 20;

/// Why bytes are not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// Not well-formed, cut off, or in another encoding than it says.
    #[error("the answer is not a whole, well-formed document")]
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
    /// Larger than any real document, or with more elements or attributes.
    #[error("the answer is too large")]
    TooLarge,
    /// A key of a JSON object or an attribute comes twice: readers would differ in which counts.
    #[error("the answer names a field twice")]
    Duplicate,
    /// Well-formed, but its root is not `doc`; an HTML page for instance.
    #[error("the answer is not a billing document")]
    NotADocument,
}

/// Reads a whole document, XML or JSON by its first byte: servers label both as anything (protocol
/// section 1). Of the content type only `charset` counts, and only if an XML document does not name
/// its encoding itself.
pub fn read(bytes: &[u8], content_type: Option<&str>) -> Result<Node, ReadError> {
    let charset = content_type.and_then(charset);
    match without_marks(bytes).first() {
        None => Err(ReadError::Empty),
        Some(b'<') => xml::parse(bytes, charset),
        Some(b'{') => json::parse(bytes, charset),
        Some(_) => Err(ReadError::NotADocument),
    }
}

/// What can be said before looking at the format: size, byte order mark, NUL, which neither XML nor
/// a text column knows.
pub(crate) fn prepare(bytes: &[u8]) -> Result<&[u8], ReadError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    let bytes = without_marks(bytes).trim_ascii_end();
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if memchr::memchr(0, bytes).is_some() {
        return Err(ReadError::Malformed);
    }
    Ok(bytes)
}

/// UTF-8 unless somebody named another encoding; old billing systems answer in windows-1251.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    encoding: Option<&'static Encoding>,
) -> Result<Cow<'a, str>, ReadError> {
    let text = match encoding {
        Some(encoding) if encoding != UTF_8 => {
            encoding.decode_without_bom_handling_and_without_replacement(bytes)
        }
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    text.ok_or(ReadError::Malformed)
}

/// Without white space and byte order marks at the beginning: each file that a server includes may
/// bring one.
fn without_marks(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.trim_ascii_start();
    while let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        bytes = rest.trim_ascii_start();
    }
    bytes
}

/// The encoding of `text/xml; charset=windows-1251`, if it is one.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let label = label.trim().trim_matches('"');
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        if is_charset { Encoding::for_label(label.as_bytes()) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_json, read_xml};

    #[test]
    fn the_first_byte_decides() {
        for (bytes, content_type) in [
            ("<doc><id>1</id></doc>", None),
            ("\u{feff}\r\n <doc><id>1</id></doc>", Some("application/json")),
            ("{\"doc\":{\"id\":{\"$\":\"1\"}}}", Some("text/html; charset=UTF-8")),
            ("\u{feff} {\"id\":\"1\"}\n", Some("text/xml")),
            ("\n\u{feff}\n\u{feff}<doc><id>1</id></doc>", None),
            ("\n\u{feff}\n\u{feff}{\"id\":\"1\"}", None),
        ] {
            let doc = read(bytes.as_bytes(), content_type).unwrap();
            assert_eq!((&*doc.name, doc.value("id")), ("doc", Some("1")), "{bytes}");
            let other = [read_xml(bytes.as_bytes()), read_json(bytes.as_bytes())];
            assert!(other.contains(&Ok(doc)), "{bytes}");
        }
        assert_eq!(read(b"", None), Err(ReadError::Empty));
        assert_eq!(read(b"\xef\xbb\xbf \n", Some("text/xml")), Err(ReadError::Empty));
        for other in ["[]", "\"ok\"", "ok", "true", "callback({\"doc\":{\"ok\":{}}})"] {
            assert_eq!(read(other.as_bytes(), None), Err(ReadError::NotADocument), "{other}");
        }
    }

    #[test]
    fn the_content_type_may_name_the_encoding() {
        let cyrillic = |bytes: &[u8], content_type| {
            read(bytes, content_type).map(|doc| doc.value("n").unwrap_or_default().to_owned())
        };
        let xml = b"<doc><n>\xc0</n></doc>";
        assert_eq!(cyrillic(xml, Some("text/xml; charset=windows-1251")), Ok("А".into()));
        assert_eq!(cyrillic(xml, Some("text/xml;Charset=\"cp1251\"; q=1")), Ok("А".into()));
        assert_eq!(cyrillic(b"{\"n\":\"\xc0\"}", Some("a; charset=cp1251")), Ok("А".into()));
        for unnamed in [None, Some("text/xml"), Some("text/xml; charset=x-unheard-of")] {
            assert_eq!(cyrillic(xml, unnamed), Err(ReadError::Malformed), "{unnamed:?}");
        }
        let named = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><doc><n>А</n></doc>".as_bytes();
        assert_eq!(cyrillic(named, Some("text/xml; charset=windows-1251")), Ok("А".into()));
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let mut large = b"<doc>".to_vec();
        large.resize(MAX_BYTES, b' ');
        large.extend(b"</doc>");
        assert_eq!(read(&large, None), Err(ReadError::TooLarge));
        assert_eq!(read_both("<a/>", "1,"), [Err(ReadError::TooLarge), Err(ReadError::TooLarge)]);
    }

    /// Documents with as many elements as are too many.
    fn read_both(xml: &str, json: &str) -> [Result<Node, ReadError>; 2] {
        let xml = format!("<doc>{}</doc>", xml.repeat(MAX_NODES));
        let json = format!("{{\"a\":[{}1]}}", json.repeat(MAX_NODES - 1));
        [read(xml.as_bytes(), None), read(json.as_bytes(), None)]
    }
}
