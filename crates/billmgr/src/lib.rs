//! The BILLmanager wire in both directions: parameters in, documents out.
//!
//! Knows names of the wire only (`doc`, `elem`, `error`, `authinfo`), none of ours. Every format of
//! an answer (`out=xml`, `json`, `sjson`, `xjson`, `bjson`) becomes the same tree of [`Node`]s.
//!
//! Reading is tolerant where servers differ (unknown elements, attributes, nested or flat, text
//! split at entities, encodings) and strict where it must be: a document that is cut off, too deep,
//! too large, carries a DOCTYPE or names a field twice is an error, never half a document.

mod call;
mod json;
mod node;
mod read;
#[cfg(test)]
mod shapes;
mod xml;

pub use call::Call;
pub use json::read_json;
pub use node::{Node, VendorError};
pub use read::{MAX_BYTES, MAX_DEPTH, MAX_NODES, ReadError, read};
pub use smol_str::SmolStr;
pub use thin_vec::ThinVec;
pub use xml::read_xml;
