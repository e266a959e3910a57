//! Server functions: who asks, ask `portal`, map the error. Each is a public endpoint.
//!
//! Those that a form posts to live on the address of the page with the form (`/login`, `/join`),
//! so that a refused form shows itself again where it was. Those that islands call live under
//! `/api`.

mod account;
mod desk;
mod licenses;
mod prices;
mod products;
mod shop;
mod upstreams;
mod vendors;

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

pub use account::*;
pub use desk::*;
pub use licenses::*;
pub use prices::*;
pub use products::*;
pub use shop::*;
pub use upstreams::*;
pub use vendors::*;

/// What a caller can be told; never free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiError {
    /// Signed-in users only.
    SignIn,
    /// It does not exist, or not for this caller.
    NotFound,
    /// The form was refused; the reasons are on the page.
    Refused,
    /// The call itself is malformed.
    Malformed,
    /// Inside.
    Failed,
    /// The database is away for a moment.
    Away,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => {
                // The function itself is never reached, so nobody else says so.
                #[cfg(feature = "ssr")]
                crate::context::set_status(axum::http::StatusCode::BAD_REQUEST);
                Self::Malformed
            }
            _ => Self::Failed,
        }
    }
}

/// Gives the answer the status that its error means.
#[cfg(feature = "ssr")]
fn with_status<T>(result: Result<T, ApiError>) -> Result<T, ApiError> {
    use axum::http::StatusCode;
    if let Err(error) = &result {
        let status = match error {
            ApiError::SignIn => StatusCode::UNAUTHORIZED,
            ApiError::NotFound => StatusCode::NOT_FOUND,
            // The refusal has set its own.
            ApiError::Refused => return result,
            ApiError::Malformed => StatusCode::BAD_REQUEST,
            ApiError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            ApiError::Away => StatusCode::SERVICE_UNAVAILABLE,
        };
        crate::context::set_status(status);
    }
    result
}
