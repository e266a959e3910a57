//! What staff change.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of `/admin/wallets/{customer}`: a credit by hand.
#[server(prefix = "/admin", endpoint = "credit")]
pub async fn credit_wallet(
    customer: String,
    id: String,
    amount: String,
    currency: String,
    reason: String,
) -> Result<(), ApiError> {
    with_status(on_server::credit_wallet(customer, id, amount, currency, reason).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::{Currency, Money};
    use portal::wallet::{Credit, CreditError};
    use uuid::Uuid;

    use crate::api::ApiError;
    use crate::context::{Refused, context, see_other};
    use crate::t;

    pub async fn credit_wallet(
        customer: String,
        id: String,
        amount: String,
        currency: String,
        reason: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let (Ok(customer), Ok(id)) = (customer.parse::<Uuid>(), id.parse::<Uuid>()) else {
            return Err(ApiError::NotFound);
        };
        let refuse = |status, field: &str, text: String| {
            Err(cx.refuse(Refused {
                page: format!("/admin/wallets/{customer}"),
                errors: vec![(field.to_owned(), text)],
                values: BTreeMap::from([
                    ("amount".to_owned(), amount.clone()),
                    ("reason".to_owned(), reason.clone()),
                    ("currency".to_owned(), currency.clone()),
                ]),
                status,
            }))
        };
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let Some(parsed) = Currency::from_code(&currency)
            .and_then(|currency| Money::parse(&amount, currency).ok())
        else {
            return refuse(bad, "amount", t!(cx.locale, "credit-bad-amount"));
        };
        let credit = Credit { id, customer, amount: parsed, reason: reason.clone() };
        match cx.portal.credit_wallet(staff, &credit).await {
            Ok(()) => {
                see_other(&format!("/admin/wallets/{customer}?credited=1"));
                Ok(())
            }
            Err(CreditError::Forbidden) => {
                refuse(StatusCode::FORBIDDEN, "", t!(cx.locale, "credit-forbidden"))
            }
            Err(CreditError::NoSuchCustomer) => Err(ApiError::NotFound),
            Err(CreditError::Amount) => refuse(bad, "amount", t!(cx.locale, "credit-bad-amount")),
            Err(CreditError::Reason) => refuse(bad, "reason", t!(cx.locale, "credit-bad-reason")),
            Err(CreditError::FormUsed) => {
                refuse(StatusCode::CONFLICT, "", t!(cx.locale, "credit-form-used"))
            }
            Err(CreditError::Internal(error)) => Err(cx.failed(&error)),
        }
    }
}
