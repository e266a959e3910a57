//! What must hold for whatever a vendor answers.

use billmgr::{MAX_DEPTH, Node, ReadError, read};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that a document may keep for each byte of the answer. The least element of JSON is `1,`
/// and takes a [`Node`].
const KEPT: usize = 64;
/// Bytes that reading may take for each byte of the answer.
const TAKEN: usize = 256;
/// Bytes that every document may take.
const LEAST: usize = 8 << 10;

/// Reads these bytes. No panic, the same result each time, bounded memory and depth; a document is
/// a whole one, and what is one is one for [`read`] too.
///
/// # Panics
/// If something does not hold: that is how the fuzzer learns of it.
pub fn check(reader: fn(&[u8]) -> Result<Node, ReadError>, bytes: &[u8]) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = reader(bytes);
    let taken = MEMORY.peak_usage() - before;
    let kept = MEMORY.current_usage() - before;
    assert!(taken <= TAKEN * bytes.len() + LEAST, "took {taken} for {}", bytes.len());
    assert!(kept <= KEPT * bytes.len() + LEAST, "keeps {kept} for {}", bytes.len());
    assert_eq!(reader(bytes), result, "reading again");
    let Ok(doc) = result else { return };

    assert_eq!(doc.name, "doc");
    assert!(depth(&doc) <= MAX_DEPTH, "deeper than allowed");
    each(&doc, &|node| {
        assert!(!node.name.is_empty(), "a name is empty");
        assert_eq!(node.text, node.text.trim(), "a text is padded");
        let mut texts = node.attributes.iter().map(|(_, value)| value).chain([&node.text]);
        assert!(!texts.any(|text| text.contains('\0')), "a text has a NUL");
    });
    assert_eq!(read(bytes, None).as_ref(), Ok(&doc), "by the first byte");
    // What lacks its last byte is none.
    let cut = bytes.trim_ascii_end().split_last().map_or(bytes, |(_, rest)| rest);
    assert!(reader(cut).is_err(), "cut off it is a document, too");

    // What users do with it.
    let _ = (doc.is_ok(), doc.error(), doc.find("newexpiredate"), doc.code("status"));
    let mut clean = doc.clone();
    clean.redact(&["secret:word"]);
    each(&clean, &|node| assert!(!node.text.contains("secret:word"), "not redacted"));
}

fn depth(node: &Node) -> usize {
    1 + node.children.iter().map(depth).max().unwrap_or_default()
}

fn each(node: &Node, look: &impl Fn(&Node)) {
    look(node);
    for child in &node.children {
        each(child, look);
    }
}
