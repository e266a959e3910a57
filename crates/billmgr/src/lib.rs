//! The BILLmanager wire in both directions: parameters in, documents out.
//!
//! Knows names of the wire only (`doc`, `elem`, `error`, `authinfo`), none of ours.
//! Reading is tolerant where servers differ (unknown elements, attributes, nested or flat, text
//! split at entities) and strict where it must be: a document that is cut off, too deep, too long
//! or carries a DOCTYPE is an error, never half a document.

mod call;
mod node;

pub use call::Call;
pub use node::{Node, ReadError, VendorError, read_xml};
