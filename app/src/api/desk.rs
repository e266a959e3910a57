//! What staff change.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// A form of `/admin/customers/{customer}`: a credit by hand.
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

/// A form of `/admin/customers/{customer}`: how far below zero a wallet may go.
#[server(prefix = "/admin", endpoint = "credit-limit")]
pub async fn set_credit_limit(
    customer: String,
    currency: String,
    seen: String,
    limit: String,
    reason: String,
) -> Result<(), ApiError> {
    with_status(on_server::set_credit_limit(&customer, &currency, &seen, limit, reason).await)
}

/// A form of `/admin/customers/{customer}`: another name.
#[server(prefix = "/admin", endpoint = "customer-name")]
pub async fn rename_customer(customer: String, version: i32, name: String) -> Result<(), ApiError> {
    with_status(on_server::rename_customer(&customer, version, name).await)
}

/// A form of `/admin/customers/{customer}`: other prices.
#[server(prefix = "/admin", endpoint = "customer-group")]
pub async fn set_customer_group(
    customer: String,
    version: i32,
    group: String,
) -> Result<(), ApiError> {
    with_status(on_server::set_customer_group(&customer, version, group).await)
}

/// A form of `/admin/customers/{customer}`: lets them in no more, or again.
#[server(prefix = "/admin", endpoint = "customer-access")]
pub async fn set_customer_access(
    customer: String,
    version: i32,
    blocked: bool,
    why: String,
) -> Result<(), ApiError> {
    with_status(on_server::set_customer_access(&customer, version, blocked, why).await)
}

/// A form of `/admin/inbox`: says what became of an operation.
#[server(prefix = "/admin", endpoint = "decide")]
pub async fn decide_operation(
    operation: String,
    #[server(default)] case: String,
    verdict: String,
    #[server(default)] number: String,
    #[server(default)] key: String,
    #[server(default)] until: String,
    #[server(default)] reason: String,
) -> Result<(), ApiError> {
    let form = on_server::Decision { operation, case, verdict, number, key, until, reason };
    with_status(on_server::decide(&form).await)
}

/// The form below the cases of `/admin/inbox`: says the same of several operations. Each case is the
/// operation's id, its number, and the vendor's number that the page offered, if it did.
#[server(prefix = "/admin", endpoint = "decide-many")]
pub async fn decide_operations(
    #[server(default)] cases: Vec<String>,
    verdict: String,
    #[server(default)] reason: String,
) -> Result<(), ApiError> {
    with_status(on_server::decide_many(&cases, &verdict, &reason).await)
}

/// A form of `/admin/orders/{order}` and of `/admin/operations/{operation}`: gives money back.
#[server(prefix = "/admin", endpoint = "refund")]
pub async fn refund_operation(
    #[server(default)] order: String,
    operation: String,
    id: String,
    amount: String,
    currency: String,
    reason: String,
) -> Result<(), ApiError> {
    with_status(on_server::refund(&order, &operation, &id, amount, &currency, reason).await)
}

/// The button of `/admin/health`: checks everything now.
#[server(prefix = "/admin", endpoint = "check-health")]
pub async fn check_health() -> Result<(), ApiError> {
    with_status(on_server::check_health().await)
}

/// A form of `/admin/staff`: another role.
#[server(prefix = "/admin", endpoint = "staff-role")]
pub async fn set_staff_role(member: String, was: String, role: String) -> Result<(), ApiError> {
    with_status(on_server::set_staff_role(&member, &was, &role).await)
}

/// A form of `/admin/staff`: lets a member in no more, or again.
#[server(prefix = "/admin", endpoint = "staff-access")]
pub async fn set_staff_access(member: String, disabled: bool) -> Result<(), ApiError> {
    with_status(on_server::set_staff_access(&member, disabled).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::{Currency, Money};
    use portal::customers::{CustomerError, Expected};
    use portal::locale::Locale;
    use portal::operations::{DecideError, Shown, Verdict};
    use portal::people::{Permission, StaffRole};
    use portal::staff::StaffError;
    use portal::wallet::{Credit, CreditError, LimitError, NewLimit, Refund, RefundError};
    use uuid::Uuid;

    use crate::api::ApiError;
    use crate::context::{Context, Refused, context, see_other};
    use crate::{format, t};

    const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    /// The most cases that one form decides: more than a page shows.
    const MOST_CASES: usize = 100;

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
                page: format!("/admin/customers/{customer}"),
                errors: vec![(field.to_owned(), text)],
                values: BTreeMap::from([
                    ("amount".to_owned(), amount.clone()),
                    ("reason".to_owned(), reason.clone()),
                    ("currency".to_owned(), currency.clone()),
                ]),
                status,
            }))
        };
        let Some(parsed) = Currency::from_code(&currency)
            .and_then(|currency| Money::parse(&amount, currency).ok())
        else {
            return refuse(BAD, "amount", t!(cx.locale, "credit-bad-amount"));
        };
        let credit = Credit { id, customer, amount: parsed, reason: reason.clone() };
        match cx.portal.credit_wallet(staff, &credit).await {
            Ok(()) => {
                see_other(&format!("/admin/customers/{customer}?done=credit"));
                Ok(())
            }
            Err(CreditError::Forbidden) => {
                refuse(StatusCode::FORBIDDEN, "", t!(cx.locale, "credit-forbidden"))
            }
            Err(CreditError::NoSuchCustomer) => Err(ApiError::NotFound),
            Err(CreditError::Amount) => refuse(BAD, "amount", t!(cx.locale, "credit-bad-amount")),
            Err(CreditError::Reason) => refuse(BAD, "reason", t!(cx.locale, "credit-bad-reason")),
            Err(CreditError::FormUsed) => {
                refuse(StatusCode::CONFLICT, "", t!(cx.locale, "credit-form-used"))
            }
            Err(CreditError::Internal(error)) => Err(cx.failed(&error)),
        }
    }

    pub async fn set_credit_limit(
        customer: &str,
        currency: &str,
        seen: &str,
        limit: String,
        reason: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let customer = customer.parse::<Uuid>().map_err(|_| ApiError::NotFound)?;
        let currency = Currency::from_code(currency).ok_or(ApiError::Malformed)?;
        let seen = Money::parse(seen, currency).map_err(|_| ApiError::Malformed)?;
        let locale = cx.locale;
        let page = format!("/admin/customers/{customer}");
        // A customer has a form for each currency.
        let field = |name: &str| format!("{name}-{}", currency.code());
        let refuse = |status, name: &str, text: String| {
            let name = if name.is_empty() { String::new() } else { field(name) };
            Err(cx.refuse(Refused {
                page: page.clone(),
                errors: vec![(name, text)],
                values: BTreeMap::from([
                    (field("limit"), limit.clone()),
                    (field("why-limit"), reason.clone()),
                ]),
                status,
            }))
        };
        let Ok(parsed) = Money::parse(&limit, currency) else {
            return refuse(BAD, "limit", t!(locale, "limit-bad-amount"));
        };
        let new = NewLimit { customer, limit: parsed, seen, reason: reason.clone() };
        match cx.portal.set_credit_limit(staff, &new).await {
            Ok(()) => {
                see_other(&format!("{page}?done=limit"));
                Ok(())
            }
            Err(LimitError::Forbidden) => {
                refuse(StatusCode::FORBIDDEN, "", t!(locale, "limit-forbidden"))
            }
            Err(LimitError::NoSuchCustomer) => Err(ApiError::NotFound),
            Err(LimitError::Changed) => {
                refuse(StatusCode::CONFLICT, "", t!(locale, "customer-changed"))
            }
            Err(LimitError::Amount) => refuse(BAD, "limit", t!(locale, "limit-bad-amount")),
            Err(LimitError::Used { used }) => {
                let used = format::money(locale, used);
                refuse(StatusCode::CONFLICT, "limit", t!(locale, "limit-used", used = used))
            }
            Err(LimitError::Reason) => refuse(BAD, "why-limit", t!(locale, "credit-bad-reason")),
            Err(LimitError::Internal(error)) => Err(cx.failed(&error)),
        }
    }

    pub struct Decision {
        pub operation: String,
        pub case: String,
        pub verdict: String,
        pub number: String,
        /// What the vendor's site shows, of work by hand.
        pub key: String,
        pub until: String,
        pub reason: String,
    }

    pub async fn decide(form: &Decision) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let operation = form.operation.parse::<Uuid>().map_err(|_| ApiError::NotFound)?;
        let (case, number) = (form.case.as_str(), form.number.as_str());
        let (word, advised) = form.verdict.split_once(' ').unwrap_or((&form.verdict, number));
        let mut verdict = verdict_of(word, advised)?;
        let refuse = |status, field: &str, text: String| {
            let field = if field.is_empty() { String::new() } else { format!("{field}-{case}") };
            Err(cx.refuse(Refused {
                page: "/admin/inbox".to_owned(),
                errors: vec![(field, text)],
                values: BTreeMap::from([
                    (format!("number-{case}"), number.to_owned()),
                    (format!("key-{case}"), form.key.clone()),
                    (format!("until-{case}"), form.until.clone()),
                    (format!("reason-{case}"), form.reason.clone()),
                ]),
                status,
            }))
        };
        if let Verdict::Happened { shown, .. } = &mut verdict {
            let iso = time::macros::format_description!("[year]-[month]-[day]");
            shown.key = Some(form.key.trim().to_owned()).filter(|key| !key.is_empty());
            shown.expires_on = match form.until.trim() {
                "" => None,
                day => match time::Date::parse(day, iso) {
                    Ok(day) => Some(day),
                    Err(_) => return refuse(BAD, "until", t!(cx.locale, "inbox-bad-day")),
                },
            };
        }
        match cx.portal.decide(staff, operation, &verdict, &form.reason).await {
            Ok(()) => {
                see_other("/admin/inbox?done=1");
                Ok(())
            }
            Err(DecideError::Internal(error)) => Err(cx.failed(&error)),
            Err(error) => {
                let (status, field, text) = undecided(cx.locale, &error);
                refuse(status, field, text)
            }
        }
    }

    fn verdict_of(word: &str, number: &str) -> Result<Verdict, ApiError> {
        Ok(match word {
            "happened" => {
                Verdict::Happened { upstream_id: number.to_owned(), shown: Shown::default() }
            }
            "again" => Verdict::SendAgain,
            "give-up" => Verdict::GiveUp,
            _ => return Err(ApiError::Malformed),
        })
    }

    /// Why nothing was decided: the status, the field and the words.
    fn undecided(locale: Locale, error: &DecideError) -> (StatusCode, &'static str, String) {
        let taken = StatusCode::CONFLICT;
        match error {
            DecideError::Forbidden => (StatusCode::FORBIDDEN, "", t!(locale, "inbox-forbidden")),
            DecideError::NotInReview => (taken, "", t!(locale, "inbox-decided-already")),
            DecideError::Reason => (BAD, "reason", t!(locale, "credit-bad-reason")),
            DecideError::Number => (BAD, "number", t!(locale, "inbox-bad-number")),
            DecideError::Day => (BAD, "until", t!(locale, "inbox-needs-day")),
            DecideError::Key => (BAD, "key", t!(locale, "inbox-bad-key")),
            DecideError::NumberTaken => (taken, "number", t!(locale, "inbox-number-taken")),
            DecideError::TooOften => (taken, "", t!(locale, "inbox-too-often")),
            DecideError::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "", t!(locale, "error-inside"))
            }
        }
    }

    pub async fn decide_many(
        cases: &[String],
        verdict: &str,
        reason: &str,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        verdict_of(verdict, "")?;
        let locale = cx.locale;
        let refuse = |status, errors, left: Vec<String>, decided: u32| {
            let values = [
                ("cases", left.join(" ")),
                ("reason", reason.to_owned()),
                ("decided", decided.to_string()),
            ];
            Err(cx.refuse(Refused {
                page: "/admin/inbox".to_owned(),
                errors,
                values: values.map(|(name, value)| (name.to_owned(), value)).into(),
                status,
            }))
        };
        if cases.is_empty() {
            let text = t!(locale, "inbox-none-selected");
            return refuse(BAD, vec![(String::new(), text)], Vec::new(), 0);
        }
        let (mut decided, mut errors, mut left) = (0, Vec::new(), Vec::new());
        for case in cases.iter().take(MOST_CASES) {
            let mut words = case.split(' ');
            let operation = words.next().and_then(|id| id.parse::<Uuid>().ok());
            let operation = operation.ok_or(ApiError::Malformed)?;
            let number = words.next().and_then(|number| number.parse::<i64>().ok());
            let advised = words.next().unwrap_or_default();
            let verdict = verdict_of(verdict, advised)?;
            let Err(error) = cx.portal.decide(staff, operation, &verdict, reason).await else {
                decided += 1;
                continue;
            };
            if let DecideError::Internal(error) = &error {
                cx.failed(error);
            }
            let gone = matches!(error, DecideError::NotInReview);
            let (status, field, text) = match error {
                DecideError::Number => (BAD, "", t!(locale, "inbox-ambiguous")),
                error => undecided(locale, &error),
            };
            // What is wrong with all of them is said once.
            if field == "reason" || status == StatusCode::FORBIDDEN {
                let field = if field.is_empty() { "" } else { "bulk-reason" };
                let ids = cases.iter().filter_map(|case| case.split(' ').next());
                let ids = ids.map(str::to_owned).collect();
                return refuse(status, vec![(field.to_owned(), text)], ids, decided);
            }
            let number = number.unwrap_or_default();
            // What somebody else has decided is not on the page any more.
            let place = if gone { String::new() } else { format!("case-{number}") };
            let text = t!(locale, "inbox-case-refused", number = number, why = text);
            errors.push((place, text));
            left.push(operation.to_string());
        }
        if errors.is_empty() {
            see_other(&format!("/admin/inbox?done={decided}"));
            return Ok(());
        }
        refuse(StatusCode::CONFLICT, errors, left, decided)
    }

    pub async fn refund(
        order: &str,
        operation: &str,
        id: &str,
        amount: String,
        currency: &str,
        reason: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let (Ok(operation), Ok(id)) = (operation.parse::<Uuid>(), id.parse::<Uuid>()) else {
            return Err(ApiError::NotFound);
        };
        let page = match order.parse::<Uuid>() {
            Ok(order) => format!("/admin/orders/{order}"),
            Err(_) if order.is_empty() => format!("/admin/operations/{operation}"),
            Err(_) => return Err(ApiError::NotFound),
        };
        let refuse = |status, field: &str, text: String| {
            Err(cx.refuse(Refused {
                page: page.clone(),
                errors: vec![(field.to_owned(), text)],
                values: BTreeMap::from([
                    ("amount".to_owned(), amount.clone()),
                    ("reason".to_owned(), reason.clone()),
                ]),
                status,
            }))
        };
        let locale = cx.locale;
        let parsed =
            Currency::from_code(currency).and_then(|currency| Money::parse(&amount, currency).ok());
        let Some(parsed) = parsed else {
            return refuse(BAD, "amount", t!(locale, "credit-bad-amount"));
        };
        let refund = Refund { id, operation, amount: parsed, reason: reason.clone() };
        match cx.portal.refund(staff, &refund).await {
            Ok(()) => {
                see_other(&format!("{page}?done=refund"));
                Ok(())
            }
            Err(RefundError::Forbidden) => {
                refuse(StatusCode::FORBIDDEN, "", t!(locale, "credit-forbidden"))
            }
            Err(RefundError::NotCharged) => Err(ApiError::NotFound),
            Err(RefundError::Amount) => refuse(BAD, "amount", t!(locale, "refund-bad-amount")),
            Err(RefundError::Reason) => refuse(BAD, "reason", t!(locale, "credit-bad-reason")),
            Err(RefundError::FormUsed) => {
                refuse(StatusCode::CONFLICT, "", t!(locale, "refund-form-used"))
            }
            Err(RefundError::Internal(error)) => Err(cx.failed(&error)),
        }
    }

    pub async fn check_health() -> Result<(), ApiError> {
        let cx = context();
        cx.staff()?;
        cx.portal.check_health().await.map_err(|error| cx.failed(&error))?;
        see_other("/admin/health");
        Ok(())
    }

    pub async fn rename_customer(
        customer: &str,
        version: i32,
        name: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let expected = expected(customer, version)?;
        let changed = cx.portal.rename_customer(staff, expected, &name).await;
        changed_customer(&cx, expected, changed, "name", ("name", name))
    }

    pub async fn set_customer_group(
        customer: &str,
        version: i32,
        group: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let expected = expected(customer, version)?;
        let changed = cx.portal.set_customer_group(staff, expected, &group).await;
        changed_customer(&cx, expected, changed, "group", ("group", group))
    }

    pub async fn set_customer_access(
        customer: &str,
        version: i32,
        blocked: bool,
        why: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let expected = expected(customer, version)?;
        let changed = cx.portal.set_customer_blocked(staff, expected, blocked, &why).await;
        let done = if blocked { "blocked" } else { "unblocked" };
        changed_customer(&cx, expected, changed, done, ("why", why))
    }

    fn expected(customer: &str, version: i32) -> Result<Expected, ApiError> {
        let customer = customer.parse().map_err(|_| ApiError::NotFound)?;
        Ok(Expected { customer, version })
    }

    /// Back to the customer: with what was done, or with the form and what is wrong with it.
    fn changed_customer(
        cx: &Context,
        expected: Expected,
        changed: Result<(), CustomerError>,
        done: &str,
        (field, typed): (&str, String),
    ) -> Result<(), ApiError> {
        let locale = cx.locale;
        let page = format!("/admin/customers/{}", expected.customer);
        let (status, field_of_error, text) = match changed {
            Ok(()) => {
                see_other(&format!("{page}?done={done}"));
                return Ok(());
            }
            Err(CustomerError::NoSuchCustomer) => return Err(ApiError::NotFound),
            Err(CustomerError::Internal(error)) => return Err(cx.failed(&error)),
            Err(CustomerError::Forbidden) => {
                (StatusCode::FORBIDDEN, "", t!(locale, "customer-forbidden"))
            }
            Err(CustomerError::Changed) => {
                (StatusCode::CONFLICT, "", t!(locale, "customer-changed"))
            }
            Err(CustomerError::Name) => (BAD, field, t!(locale, "customer-bad-name")),
            Err(CustomerError::Group) => (BAD, field, t!(locale, "customer-bad-group")),
            Err(CustomerError::Reason) => (BAD, field, t!(locale, "credit-bad-reason")),
        };
        Err(cx.refuse(Refused {
            page,
            errors: vec![(field_of_error.to_owned(), text)],
            values: BTreeMap::from([(field.to_owned(), typed)]),
            status,
        }))
    }

    pub async fn set_staff_role(member: &str, was: &str, role: &str) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageStaff)?;
        let member = member.parse().map_err(|_| ApiError::NotFound)?;
        let (Some(was), Some(role)) = (StaffRole::from_word(was), StaffRole::from_word(role))
        else {
            return Err(ApiError::Malformed);
        };
        changed_staff(&cx, member, cx.portal.set_staff_role(staff, member, was, role).await)
    }

    pub async fn set_staff_access(member: &str, disabled: bool) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageStaff)?;
        let member = member.parse().map_err(|_| ApiError::NotFound)?;
        changed_staff(&cx, member, cx.portal.set_staff_disabled(staff, member, disabled).await)
    }

    fn changed_staff(
        cx: &Context,
        member: Uuid,
        changed: Result<(), StaffError>,
    ) -> Result<(), ApiError> {
        let text = match changed {
            Ok(()) => {
                // Who took their own right away cannot see the page any more.
                let own = cx.viewer.user() == Some(member);
                see_other(if own { "/admin" } else { "/admin/staff?done=1" });
                return Ok(());
            }
            Err(StaffError::NoSuchMember | StaffError::Forbidden) => {
                return Err(ApiError::NotFound);
            }
            Err(StaffError::Internal(error)) => return Err(cx.failed(&error)),
            Err(StaffError::Changed) => t!(cx.locale, "staff-changed"),
            Err(StaffError::LastOwner) => t!(cx.locale, "staff-last-owner"),
        };
        Err(cx.refuse(Refused {
            page: "/admin/staff".to_owned(),
            errors: vec![(String::new(), text)],
            values: BTreeMap::new(),
            status: StatusCode::CONFLICT,
        }))
    }
}
