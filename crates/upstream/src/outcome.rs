//! What an answer, or its absence, proves.

use billmgr::{Node, ReadError, VendorError};

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

/// What an order's exchange proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOutcome {
    /// Bought; this is the vendor's number of the license.
    Confirmed(String),
    /// The vendor says no. It may still have debited first, so absence has to be proved.
    Refused(VendorError),
    /// No byte left this machine.
    NotSent(String),
    /// Nobody knows yet.
    Unknown(String),
}

/// What an action's exchange proves; an effect is proved by the license alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionOutcome {
    /// The vendor says that it was done.
    Confirmed,
    /// The vendor says no. It may still have been done, so the license is looked at.
    Refused(VendorError),
    /// No byte left this machine.
    NotSent(String),
    /// Nobody knows yet.
    Unknown(String),
}

impl Exchange {
    /// Sorts an action's answer.
    pub fn action_outcome(&self, dialect: &dyn crate::dialect::Dialect) -> ActionOutcome {
        match &self.result {
            Err(Failure::NotSent(why)) => ActionOutcome::NotSent(why.clone()),
            Err(Failure::OutcomeUnknown(why)) => ActionOutcome::Unknown(why.clone()),
            Ok(doc) => match (doc.error(), dialect.read_act(doc)) {
                (Some(error), _) => ActionOutcome::Refused(error),
                (None, Ok(())) => ActionOutcome::Confirmed,
                (None, Err(unclear)) => ActionOutcome::Unknown(unclear.to_string()),
            },
        }
    }

    /// Sorts an order's answer. Only a confirmation with a readable number is a success.
    pub fn order_outcome(&self, dialect: &dyn crate::dialect::Dialect) -> OrderOutcome {
        match &self.result {
            Err(Failure::NotSent(why)) => OrderOutcome::NotSent(why.clone()),
            Err(Failure::OutcomeUnknown(why)) => OrderOutcome::Unknown(why.clone()),
            Ok(doc) => match (doc.error(), dialect.read_order(doc)) {
                (Some(error), _) => OrderOutcome::Refused(error),
                (None, Ok(id)) => OrderOutcome::Confirmed(id),
                (None, Err(unclear)) => OrderOutcome::Unknown(unclear.to_string()),
            },
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::OutcomeUnknown(error.to_string())
    }
}
