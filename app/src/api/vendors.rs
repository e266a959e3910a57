//! What staff do about the vendors: look at them now, and settle what was found.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The button of `/admin/vendors`: reads balances and lists soon.
#[server(prefix = "/admin", endpoint = "look-at-vendors")]
pub async fn look_at_vendors() -> Result<(), ApiError> {
    with_status(on_server::look_at_vendors().await)
}

/// A form of `/admin/vendors`: says what is done about a finding.
#[server(prefix = "/admin", endpoint = "settle-finding")]
pub async fn settle_finding(
    finding: String,
    #[server(default)] number: String,
    remedy: String,
    #[server(default)] reason: String,
) -> Result<(), ApiError> {
    with_status(on_server::settle_finding(&finding, &number, &remedy, reason).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use portal::operations::{Remedy, RemedyError};
    use uuid::Uuid;

    use crate::api::ApiError;
    use crate::context::{Refused, context, see_other};
    use crate::t;

    pub async fn look_at_vendors() -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        match cx.portal.look_at_vendors(staff).await {
            Ok(()) => {
                see_other("/admin/vendors?done=look");
                Ok(())
            }
            Err(RemedyError::Internal(error)) => Err(cx.failed(&error)),
            Err(_) => Err(cx.refuse(Refused {
                page: "/admin/vendors".to_owned(),
                errors: vec![(String::new(), t!(cx.locale, "finding-forbidden"))],
                values: BTreeMap::new(),
                status: StatusCode::FORBIDDEN,
            })),
        }
    }

    pub async fn settle_finding(
        finding: &str,
        number: &str,
        remedy: &str,
        reason: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let finding = finding.parse::<Uuid>().map_err(|_| ApiError::NotFound)?;
        let remedy = match remedy {
            "adopt" => Remedy::Adopt,
            "dismiss" => Remedy::Dismiss,
            _ => return Err(ApiError::Malformed),
        };
        let field = format!("reason-{number}");
        let locale = cx.locale;
        let (status, at, text) = match cx
            .portal
            .settle_finding(staff, finding, remedy, &reason)
            .await
        {
            Ok(()) => {
                see_other("/admin/vendors?done=settled");
                return Ok(());
            }
            Err(RemedyError::Internal(error)) => return Err(cx.failed(&error)),
            Err(RemedyError::Forbidden) => {
                (StatusCode::FORBIDDEN, "", t!(locale, "finding-forbidden"))
            }
            Err(RemedyError::NotOpen) => (StatusCode::CONFLICT, "", t!(locale, "finding-settled")),
            Err(RemedyError::Reason) => {
                (StatusCode::UNPROCESSABLE_ENTITY, field.as_str(), t!(locale, "credit-bad-reason"))
            }
            Err(RemedyError::NoPrice) => (StatusCode::CONFLICT, "", t!(locale, "finding-no-price")),
            Err(RemedyError::Busy) => (StatusCode::CONFLICT, "", t!(locale, "finding-busy")),
            Err(RemedyError::NotAnOrphan) => return Err(ApiError::Malformed),
            Err(RemedyError::NotEnough) => {
                (StatusCode::PAYMENT_REQUIRED, "", t!(locale, "finding-not-enough"))
            }
            Err(RemedyError::NumberTaken) => {
                (StatusCode::CONFLICT, "", t!(locale, "finding-number-taken"))
            }
        };
        Err(cx.refuse(Refused {
            page: "/admin/vendors".to_owned(),
            errors: vec![(at.to_owned(), text)],
            values: BTreeMap::from([(field.clone(), reason)]),
            status,
        }))
    }
}
