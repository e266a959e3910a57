//! What an answer, or its absence, proves.

use billmgr::{Node, ReadError, VendorError};

use crate::dialect::Unclear;

/// Why there is no document to read, by what may have happened at the vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Provably no byte reached the vendor: DNS, connection refused, TLS. Safe to try again.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may or may not have happened: timeout, reset, 5xx, an answer that is none.
    #[error("outcome unknown: {0}")]
    OutcomeUnknown(String),
}

/// What came back, for the record: without credentials, cut to a readable length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence(pub String);

/// A call's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// A whole, well-formed document, or why not.
    pub result: Result<Node, Failure>,
    /// What came back.
    pub evidence: Evidence,
}

/// What the exchange of something that changes the vendor's books proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Done. Of an order this is the vendor's number of the license; of anything else the proof is
    /// the license itself, and this says only that it is worth looking.
    Confirmed(T),
    /// The vendor says no. It may still have been done, so the contrary has to be proved.
    Refused(VendorError),
    /// No byte left this machine.
    NotSent(String),
    /// Nobody knows yet.
    Unknown(String),
}

impl Exchange {
    /// Sorts an answer. Only one without an error that `read` understands is a success.
    pub fn outcome<T>(&self, read: impl FnOnce(&Node) -> Result<T, Unclear>) -> Outcome<T> {
        match &self.result {
            Err(Failure::NotSent(why)) => Outcome::NotSent(why.clone()),
            Err(Failure::OutcomeUnknown(why)) => Outcome::Unknown(why.clone()),
            Ok(doc) => match (doc.error(), read(doc)) {
                (Some(error), _) => Outcome::Refused(error),
                (None, Ok(done)) => Outcome::Confirmed(done),
                (None, Err(unclear)) => Outcome::Unknown(unclear.to_string()),
            },
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::OutcomeUnknown(error.to_string())
    }
}
