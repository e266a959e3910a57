//! What owners do to their licenses.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of `/my/licenses/{license}/{change}`: plans the change.
#[server(prefix = "/my", endpoint = "license-change")]
pub async fn change_license(
    license: String,
    change: String,
    id: String,
    #[server(default)] choice: String,
    #[server(default)] ip: String,
    #[server(default)] name: Option<String>,
    #[server(default)] addon: BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let form = on_server::Form { license, change, id, choice, ip, name, addon };
    with_status(on_server::change_license(form).await)
}

/// A button of `/my/licenses/{license}`: takes back what was not sent yet.
#[server(prefix = "/my", endpoint = "license-cancel")]
pub async fn cancel_change(license: String, operation: String) -> Result<(), ApiError> {
    with_status(on_server::cancel_change(&license, &operation).await)
}

/// The switch of `/my/licenses/{license}`: whether it renews by itself.
#[server(prefix = "/my", endpoint = "auto-renew")]
pub async fn set_auto_renew(license: String, on: bool) -> Result<(), ApiError> {
    with_status(on_server::set_auto_renew(&license, on).await)
}

#[cfg(feature = "ssr")]
pub use on_server::{cancel, not_now};

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::address::{AddressError, LicenseIp};
    use domain::change::{Change, NotNow};
    use domain::operation::OperationKind;
    use domain::plan::ChoiceError;
    use domain::{Currency, Money};
    use portal::licenses::{ChangeError, ChangeWish};
    use portal::locale::Locale;
    use time::Date;
    use time::format_description::well_known::Iso8601;
    use uuid::Uuid;

    use crate::api::ApiError;
    use crate::api::shop::ip_error;
    use crate::context::{Context, Refused, context, see_other};
    use crate::{format, t};

    pub struct Form {
        pub license: String,
        pub change: String,
        pub id: String,
        /// What was chosen, with the price and the last day that were shown beside it.
        pub choice: String,
        pub ip: String,
        /// None where the form has no such field: the vendor keeps no names.
        pub name: Option<String>,
        pub addon: BTreeMap<String, String>,
    }

    impl Form {
        fn refuse(&self, cx: &Context, status: StatusCode, field: &str, text: String) -> ApiError {
            let mut values = BTreeMap::from([
                ("choice".to_owned(), self.choice.clone()),
                ("ip".to_owned(), self.ip.clone()),
                ("name".to_owned(), self.name.clone().unwrap_or_default()),
            ]);
            for (code, count) in &self.addon {
                values.insert(format!("addon-{code}"), count.clone());
            }
            cx.refuse(Refused {
                page: format!("/my/licenses/{}/{}", self.license, self.change),
                errors: vec![(field.to_owned(), text)],
                values,
                status,
            })
        }
    }

    const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

    pub async fn change_license(form: Form) -> Result<(), ApiError> {
        let cx = context();
        let viewer = cx.customer()?;
        let (Ok(license), Ok(id)) = (form.license.parse::<Uuid>(), form.id.parse::<Uuid>()) else {
            return Err(ApiError::NotFound);
        };
        let kind = OperationKind::from_word(&form.change).ok_or(ApiError::NotFound)?;
        let (change, shown_total) = read(&cx, &form, kind)?;
        let shown_until = if kind == OperationKind::Renew { last_day(&form.choice) } else { None };
        let wish = ChangeWish { id, license, change, shown_total, shown_until };
        match cx.portal.change_license(viewer, &wish).await {
            Ok(_) => {
                see_other(&format!("/my/licenses/{license}?done={}#changes", kind.as_str()));
                Ok(())
            }
            Err(error) => Err(refusal(&cx, &form, error)),
        }
    }

    pub async fn set_auto_renew(license: &str, on: bool) -> Result<(), ApiError> {
        let cx = context();
        let viewer = cx.customer()?;
        let id = license.parse::<Uuid>().map_err(|_| ApiError::NotFound)?;
        match cx.portal.set_auto_renew(viewer, id, on).await {
            Ok(()) => {
                see_other(&format!("/my/licenses/{id}#summary"));
                Ok(())
            }
            Err(ChangeError::Internal(error)) => Err(cx.failed(&error)),
            Err(_) => Err(ApiError::NotFound),
        }
    }

    /// What the form asks for, and what it shows that it costs.
    fn read(
        cx: &Context,
        form: &Form,
        kind: OperationKind,
    ) -> Result<(Change, Option<Money>), ApiError> {
        let locale = cx.locale;
        let broken = || form.refuse(cx, BAD, "", t!(locale, "buy-form-broken"));
        let total = |text: &str| {
            let (amount, code) = text.split_once(' ')?;
            Money::parse(amount, Currency::from_code(code)?).ok()
        };
        let unchosen = || form.refuse(cx, BAD, "choice", t!(locale, "change-choose"));
        Ok(match kind {
            OperationKind::Order => return Err(ApiError::NotFound),
            OperationKind::Renew => {
                let (period, shown) = form.choice.split_once(' ').ok_or_else(unchosen)?;
                let period = period.parse().map_err(|_| unchosen())?;
                // The last day stands behind the price.
                let price = shown.rsplit_once(' ').filter(|_| last_day(shown).is_some());
                let price = price.map_or(shown, |(price, _)| price);
                (Change::Renew { period }, Some(total(price).ok_or_else(broken)?))
            }
            OperationKind::ChangePlan => {
                let mut parts = form.choice.splitn(3, ' ');
                let (Some(plan), Some(period), Some(price)) =
                    (parts.next(), parts.next(), parts.next())
                else {
                    return Err(unchosen());
                };
                let period = period.parse().map_err(|_| unchosen())?;
                let plan = plan.to_owned();
                (Change::ChangePlan { plan, period }, Some(total(price).ok_or_else(broken)?))
            }
            OperationKind::Addons => {
                let mut counts = BTreeMap::new();
                for (code, count) in &form.addon {
                    let count = count.trim().parse().map_err(|_| {
                        let field = format!("addon-{code}");
                        form.refuse(cx, BAD, &field, t!(locale, "buy-bad-count"))
                    })?;
                    counts.insert(code.clone(), count);
                }
                (Change::Addons { counts }, Some(total(&form.choice).ok_or_else(broken)?))
            }
            OperationKind::Edit => {
                let ip = match form.ip.trim() {
                    "" => None,
                    ip => Some(
                        LicenseIp::parse(ip)
                            .map_err(|error| form.refuse(cx, BAD, "ip", ip_error(locale, error)))?,
                    ),
                };
                (Change::Edit { ip, name: form.name.clone() }, None)
            }
            OperationKind::Suspend => (Change::Suspend, None),
            OperationKind::Resume => (Change::Resume, None),
            OperationKind::ReissueKey => (Change::ReissueKey, None),
            OperationKind::Delete => (Change::Delete, None),
        })
    }

    /// The day at the end of a choice; forms of older servers have none.
    fn last_day(choice: &str) -> Option<Date> {
        Date::parse(choice.rsplit(' ').next()?, &Iso8601::DATE).ok()
    }

    fn refusal(cx: &Context, form: &Form, error: ChangeError) -> ApiError {
        let locale = cx.locale;
        let (status, field, text) = match error {
            ChangeError::NoSuchLicense => return ApiError::NotFound,
            ChangeError::Internal(error) => return cx.failed(&error),
            ChangeError::NotNow(why) => (StatusCode::CONFLICT, "", not_now(locale, why)),
            ChangeError::TooSoon(day) => {
                let day = format::day(locale, day);
                (StatusCode::CONFLICT, "", t!(locale, "not-now-too-soon", day = day))
            }
            ChangeError::Choice(ChoiceError::Period) => {
                (BAD, "choice", t!(locale, "buy-no-period"))
            }
            ChangeError::Choice(ChoiceError::Ip(error)) => (BAD, "ip", ip_error(locale, error)),
            ChangeError::Choice(ChoiceError::Field(_)) => (BAD, "", t!(locale, "buy-bad-field")),
            ChangeError::Choice(ChoiceError::Addon(code)) => {
                let field = format!("addon-{code}");
                return form.refuse(cx, BAD, &field, t!(locale, "buy-bad-count"));
            }
            ChangeError::Name(AddressError::TooLong | _) => {
                (BAD, "name", t!(locale, "buy-bad-name"))
            }
            ChangeError::NoPrice => (StatusCode::CONFLICT, "", t!(locale, "change-no-price")),
            ChangeError::PriceChanged { now } => (
                StatusCode::CONFLICT,
                "",
                t!(locale, "buy-price-changed", price = format::money(locale, now)),
            ),
            ChangeError::DayChanged => (StatusCode::CONFLICT, "", t!(locale, "change-day-changed")),
            ChangeError::NotEnough { available, missing } => (
                StatusCode::PAYMENT_REQUIRED,
                "",
                t!(
                    locale,
                    "buy-not-enough",
                    available = format::money(locale, available),
                    missing = format::money(locale, missing)
                ),
            ),
            ChangeError::FormUsed => (StatusCode::CONFLICT, "", t!(locale, "change-form-used")),
            ChangeError::TooLate => (StatusCode::CONFLICT, "", t!(locale, "change-too-late")),
        };
        form.refuse(cx, status, field, text)
    }

    /// Why a change makes no sense for a license as it is.
    pub fn not_now(locale: Locale, why: NotNow) -> String {
        match why {
            NotNow::NotLive => t!(locale, "not-now-gone"),
            NotNow::Trial => t!(locale, "not-now-trial"),
            NotNow::Lifetime => t!(locale, "not-now-lifetime"),
            NotNow::Suspended => t!(locale, "not-now-suspended"),
            NotNow::Active => t!(locale, "not-now-active"),
            NotNow::RanOut => t!(locale, "not-now-ran-out"),
            NotNow::Same => t!(locale, "not-now-same"),
            NotNow::Disputed => t!(locale, "not-now-disputed"),
            NotNow::Unpaid => t!(locale, "not-now-unpaid"),
            NotNow::PaidAhead => t!(locale, "not-now-paid-ahead"),
            NotNow::Stopping => t!(locale, "not-now-stopping"),
            NotNow::Deleting => t!(locale, "not-now-deleting"),
            NotNow::PlanChanging => t!(locale, "not-now-plan-changing"),
            NotNow::Unable | NotNow::TooSoon => t!(locale, "not-now-unable"),
            NotNow::RenewalOver => t!(locale, "not-now-renewal-over"),
        }
    }

    pub async fn cancel_change(license: &str, operation: &str) -> Result<(), ApiError> {
        let cx = context();
        cx.customer()?;
        let (Ok(license), Ok(operation)) = (license.parse::<Uuid>(), operation.parse::<Uuid>())
        else {
            return Err(ApiError::NotFound);
        };
        let page = format!("/my/licenses/{license}");
        cancel(&cx, operation, page, "?done=cancelled#changes").await
    }

    /// Takes back an operation of the visitor's and leads to `page`, with `done` behind it if it was.
    pub async fn cancel(
        cx: &Context,
        operation: Uuid,
        page: String,
        done: &str,
    ) -> Result<(), ApiError> {
        match cx.portal.cancel_operation(cx.customer()?, operation).await {
            Ok(()) => {
                see_other(&format!("{page}{done}"));
                Ok(())
            }
            Err(ChangeError::NoSuchLicense) => Err(ApiError::NotFound),
            Err(ChangeError::Internal(error)) => Err(cx.failed(&error)),
            Err(_) => Err(cx.refuse(Refused {
                page,
                errors: vec![(String::new(), t!(cx.locale, "change-too-late"))],
                values: BTreeMap::new(),
                status: StatusCode::CONFLICT,
            })),
        }
    }
}
