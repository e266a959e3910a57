//! Checking an address, placing an order, following it.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// How a step or a check stands; the value of `data-state` and of `data-tone`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckAnswer {
    /// `success`, `danger` or `neutral`.
    pub tone: String,
    /// Icon of the line.
    pub icon: String,
    /// In words.
    pub text: String,
}

/// Where an order stands, in words, for the page and for the island that keeps it current.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The status in a word.
    pub label: String,
    /// Its colour.
    pub tone: String,
    /// Its icon.
    pub icon: String,
    /// What that means, and where the money is.
    pub sentence: String,
    /// What happened and what is to come.
    pub steps: Vec<ProgressStep>,
    /// The license, once its key is here.
    pub license: Option<String>,
    /// Nothing was bought: the form to order it again, filled in.
    pub again: Option<String>,
    /// Nothing will change any more.
    pub done: bool,
}

/// One step of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProgressStep {
    /// `done`, `current`, `waiting`, `unclear`, `failed` or `review`.
    pub state: String,
    /// Icon of the state.
    pub icon: String,
    /// The state in a word, read out only.
    pub state_label: String,
    /// What.
    pub title: String,
    /// When, in the reader's words.
    pub time: String,
    /// When, for machines.
    pub datetime: String,
    /// In a sentence.
    pub text: String,
}

/// Asks the vendor whether a plan can be ordered for an address.
#[server(prefix = "/api", endpoint = "check_ip")]
pub async fn check_ip(plan: String, ip: String) -> Result<CheckAnswer, ApiError> {
    with_status(on_server::check_ip(plan, ip).await)
}

/// A button of `/my/orders/{order}`: takes back what was not sent yet.
#[server(prefix = "/my", endpoint = "order-cancel")]
pub async fn cancel_order(order: String) -> Result<(), ApiError> {
    with_status(on_server::cancel_order(&order).await)
}

/// Where an order of the caller's stands.
#[server(prefix = "/api", endpoint = "order_progress")]
pub async fn order_progress(id: String) -> Result<Progress, ApiError> {
    with_status(on_server::order_progress(id).await)
}

/// The form of a product page: places the order, or leads a guest to sign in and back.
#[server(prefix = "", endpoint = "buy")]
pub async fn buy(
    plan: String,
    period: String,
    #[server(default)] ip: String,
    #[server(default)] name: String,
    #[server(default)] addon: BTreeMap<String, String>,
    #[server(default)] order: String,
    #[server(default)] total: String,
    #[server(default)] license: String,
    #[server(default)] field: BTreeMap<String, String>,
    #[server(default)] renews: String,
) -> Result<(), ApiError> {
    let form =
        on_server::Form { plan, period, ip, name, addon, order, total, license, field, renews };
    with_status(on_server::buy(form).await)
}

#[cfg(feature = "ssr")]
pub use on_server::{ip_error, progress_of};

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::address::AddressError;
    use domain::operation::OperationState;
    use domain::plan::ChoiceError;
    use domain::{Money, Period};
    use portal::catalog::QuoteError;
    use portal::locale::Locale;
    use portal::orders::{EventKind, MoneyState, OrderDetail, PlaceError, Wish};
    use portal::upstreams::IpCheck;

    use super::{CheckAnswer, Progress, ProgressStep};
    use crate::api::{ApiError, cancel};
    use crate::context::{Context, Refused, context, see_other};
    use crate::format::{self, query};
    use crate::t;

    pub struct Form {
        pub plan: String,
        pub period: String,
        pub ip: String,
        pub name: String,
        pub addon: BTreeMap<String, String>,
        pub order: String,
        pub total: String,
        /// Of a module, the license that it is for.
        pub license: String,
        /// What the product itself asks for.
        pub field: BTreeMap<String, String>,
        /// Not empty where the page said that the vendor renews by itself.
        pub renews: String,
    }

    impl Form {
        /// A form without scripts has one price per term, so there the term carries its own total.
        fn split_period(&mut self) {
            if let Some((period, total)) = self.period.split_once(' ') {
                (self.total, self.period) = (total.to_owned(), period.to_owned());
            }
        }

        /// The product page with this form filled in.
        fn page(&self) -> String {
            let mut pairs = vec![format!("period={}", query(&self.period))];
            for (name, value) in
                [("ip", &self.ip), ("name", &self.name), ("license", &self.license)]
            {
                if !value.trim().is_empty() {
                    pairs.push(format!("{name}={}", query(value.trim())));
                }
            }
            for (code, count) in &self.addon {
                pairs.push(format!("addon[{}]={}", query(code), query(count)));
            }
            for (code, value) in &self.field {
                pairs.push(format!("field[{}]={}", query(code), query(value.trim())));
            }
            format!("/p/{}?{}", query(&self.plan), pairs.join("&"))
        }

        fn values(&self) -> BTreeMap<String, String> {
            let mut values = BTreeMap::from([
                ("period".to_owned(), self.period.clone()),
                ("ip".to_owned(), self.ip.clone()),
                ("name".to_owned(), self.name.clone()),
                ("license".to_owned(), self.license.clone()),
            ]);
            for (code, count) in &self.addon {
                values.insert(format!("addon-{code}"), count.clone());
            }
            for (code, value) in &self.field {
                values.insert(format!("field-{code}"), value.clone());
            }
            values
        }

        fn refuse(&self, cx: &Context, status: StatusCode, field: &str, text: String) -> ApiError {
            self.refuse_all(cx, status, vec![(field.to_owned(), text)])
        }

        fn refuse_all(
            &self,
            cx: &Context,
            status: StatusCode,
            errors: Vec<(String, String)>,
        ) -> ApiError {
            let (page, values) = (self.page(), self.values());
            cx.refuse(Refused { page, errors, values, status })
        }
    }

    pub async fn check_ip(plan: String, ip: String) -> Result<CheckAnswer, ApiError> {
        let cx = context();
        let answer = |tone: &str, icon: &str, text: String| CheckAnswer {
            tone: tone.to_owned(),
            icon: icon.to_owned(),
            text,
        };
        match cx.portal.check_ip(cx.viewer.group(), &plan, &ip, &cx.place).await {
            Ok(IpCheck::Free) => Ok(answer("success", "circle-check", t!(cx.locale, "ip-free"))),
            Ok(IpCheck::Refused(said)) => {
                Ok(answer("danger", "circle-x", t!(cx.locale, "ip-refused", said = said)))
            }
            Ok(IpCheck::Unchecked) => {
                Ok(answer("neutral", "circle-dashed", t!(cx.locale, "ip-unchecked")))
            }
            Err(QuoteError::Choice(ChoiceError::Ip(error))) => {
                Ok(answer("danger", "circle-x", ip_error(cx.locale, error)))
            }
            Err(QuoteError::NoSuchPlan | QuoteError::Choice(_)) => Err(ApiError::NotFound),
            Err(QuoteError::Internal(error)) => Err(cx.failed(&error)),
        }
    }

    pub fn ip_error(locale: Locale, error: AddressError) -> String {
        match error {
            AddressError::Missing => t!(locale, "ip-missing"),
            AddressError::NotPublic => t!(locale, "ip-not-public"),
            AddressError::Malformed | AddressError::TooLong => t!(locale, "ip-malformed"),
        }
    }

    pub async fn buy(mut form: Form) -> Result<(), ApiError> {
        let cx = context();
        form.split_period();
        let Some(viewer) = cx.viewer.customer() else {
            if cx.viewer.staff().is_some() {
                return Err(form.refuse(
                    &cx,
                    StatusCode::FORBIDDEN,
                    "",
                    t!(cx.locale, "buy-staff"),
                ));
            }
            // The whole order travels in the address and is there again after signing in.
            see_other(&format!("/login?next={}", query(&form.page())));
            return Ok(());
        };
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let Ok(period) = form.period.parse::<Period>() else {
            return Err(form.refuse(&cx, bad, "period", t!(cx.locale, "buy-no-period")));
        };
        let mut addons = BTreeMap::new();
        for (code, count) in &form.addon {
            let Ok(count) = count.trim().parse::<u32>() else {
                let field = format!("addon-{code}");
                return Err(form.refuse(&cx, bad, &field, t!(cx.locale, "buy-bad-count")));
            };
            addons.insert(code.clone(), count);
        }
        let shown = form.total.split_once(' ').and_then(|(amount, code)| {
            Money::parse(amount, domain::Currency::from_code(code)?).ok()
        });
        let (Ok(id), Some(shown_total)) = (form.order.parse(), shown) else {
            return Err(broken(&cx, &form, period, &addons).await);
        };
        let wish = Wish {
            id,
            plan: form.plan.clone(),
            period,
            ip: form.ip.clone(),
            name: form.name.clone(),
            addons,
            parent: form.license.parse().ok(),
            fields: form.field.clone(),
            shown_total,
            told_of_renewals: !form.renews.is_empty(),
        };
        match cx.portal.place_order(viewer, &wish).await {
            Ok(placed) => {
                see_other(&format!("/my/orders/{}", placed.id));
                Ok(())
            }
            Err(error) => Err(refusal(&cx, &form, error)),
        }
    }

    /// What the page itself put into the form cannot be read. What the customer put into it may be
    /// wrong as well, and that is told first.
    async fn broken(
        cx: &Context,
        form: &Form,
        period: Period,
        addons: &BTreeMap<String, u32>,
    ) -> ApiError {
        let offer = match cx.portal.offer(cx.viewer.group(), &form.plan).await {
            Ok(Some(offer)) => offer,
            Ok(None) => return ApiError::NotFound,
            Err(error) => return cx.failed(&error),
        };
        let chosen = offer.plan.capabilities.check(period, &form.ip, addons);
        let errors = match chosen {
            Ok(_) => vec![(String::new(), t!(cx.locale, "buy-form-broken"))],
            Err(error) => vec![choice_error(cx.locale, error)],
        };
        form.refuse_all(cx, StatusCode::UNPROCESSABLE_ENTITY, errors)
    }

    /// The field that a choice is wrong in, and what is wrong.
    fn choice_error(locale: Locale, error: ChoiceError) -> (String, String) {
        match error {
            ChoiceError::Period => ("period".to_owned(), t!(locale, "buy-no-period")),
            ChoiceError::Ip(error) => ("ip".to_owned(), ip_error(locale, error)),
            ChoiceError::Addon(code) => (format!("addon-{code}"), t!(locale, "buy-bad-count")),
            ChoiceError::Field(code) => (format!("field-{code}"), t!(locale, "buy-bad-field")),
        }
    }

    fn refusal(cx: &Context, form: &Form, error: PlaceError) -> ApiError {
        let locale = cx.locale;
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, field, text) = match error {
            PlaceError::NoSuchPlan => return ApiError::NotFound,
            PlaceError::Internal(error) => return cx.failed(&error),
            PlaceError::Choice(error) => {
                let (field, text) = choice_error(locale, error);
                (bad, field, text)
            }
            PlaceError::Name(_) => (bad, "name".to_owned(), t!(locale, "buy-bad-name")),
            PlaceError::PriceChanged { now } => (
                StatusCode::CONFLICT,
                String::new(),
                t!(locale, "buy-price-changed", price = format::money(locale, now)),
            ),
            PlaceError::RenewalChanged => {
                (StatusCode::CONFLICT, String::new(), t!(locale, "buy-renewal-changed"))
            }
            PlaceError::NotEnough { available, missing } => (
                StatusCode::PAYMENT_REQUIRED,
                String::new(),
                t!(
                    locale,
                    "buy-not-enough",
                    available = format::money(locale, available),
                    missing = format::money(locale, missing)
                ),
            ),
            PlaceError::FormUsed => {
                (StatusCode::CONFLICT, String::new(), t!(locale, "buy-form-used"))
            }
            PlaceError::AlreadyOrdered { .. } if !form.license.is_empty() => {
                (StatusCode::CONFLICT, "license".to_owned(), t!(locale, "module-has-it"))
            }
            PlaceError::AlreadyOrdered { .. } => {
                (StatusCode::CONFLICT, "ip".to_owned(), t!(locale, "buy-already-ordered"))
            }
            PlaceError::NoParent => {
                (bad, "license".to_owned(), t!(locale, "module-choose-license"))
            }
            PlaceError::Tried => (StatusCode::CONFLICT, "ip".to_owned(), t!(locale, "buy-tried")),
        };
        form.refuse(cx, status, &field, text)
    }

    pub async fn cancel_order(order: &str) -> Result<(), ApiError> {
        let cx = context();
        let viewer = cx.customer()?;
        let id = order.parse().map_err(|_| ApiError::NotFound)?;
        let known = cx.portal.order(viewer, id).await.map_err(|error| cx.failed(&error))?;
        let operation = known.ok_or(ApiError::NotFound)?.operation;
        cancel(&cx, operation, format!("/my/orders/{id}"), "").await
    }

    pub async fn order_progress(id: String) -> Result<Progress, ApiError> {
        let cx = context();
        let id = id.parse().map_err(|_| ApiError::NotFound)?;
        let order = cx
            .portal
            .order(cx.customer()?, id)
            .await
            .map_err(|error| cx.failed(&error))?
            .ok_or(ApiError::NotFound)?;
        Ok(progress_of(cx.locale, &order))
    }

    /// Puts an order's state into words.
    pub fn progress_of(locale: Locale, order: &OrderDetail) -> Progress {
        let (tone, icon, label) = format::order_status(locale, order.row.state, order.row.has_key);
        let amount = format::money(locale, order.row.price);
        let refused = order.vendor_message.is_some();
        let sentence = match (order.row.state, order.money) {
            (OperationState::Confirmed, _) if !order.row.has_key => {
                t!(locale, "order-says-key-soon")
            }
            (OperationState::Confirmed, MoneyState::Free) => t!(locale, "order-says-done-free"),
            (OperationState::Confirmed, _) => t!(locale, "order-says-done", amount = amount),
            (OperationState::Cancelled, MoneyState::Free) => {
                t!(locale, "order-says-cancelled-free")
            }
            (OperationState::Cancelled, _) => {
                t!(locale, "order-says-cancelled", amount = amount)
            }
            (OperationState::Rejected, MoneyState::Free) => t!(locale, "order-says-rejected-free"),
            (OperationState::Rejected, _) => t!(locale, "order-says-rejected", amount = amount),
            (OperationState::Unknown, MoneyState::Free) => t!(locale, "order-says-checking-free"),
            (OperationState::Unknown, _) if refused => {
                t!(locale, "order-says-refused", amount = amount)
            }
            (OperationState::Unknown, _) => t!(locale, "order-says-checking", amount = amount),
            (OperationState::Review, MoneyState::Free) => t!(locale, "order-says-review-free"),
            (OperationState::Review, _) => t!(locale, "order-says-review", amount = amount),
            (OperationState::Parked, MoneyState::Free) => t!(locale, "order-says-parked-free"),
            (OperationState::Parked, _) => t!(locale, "order-says-parked", amount = amount),
            (OperationState::Planned | OperationState::Sent, MoneyState::Free) => {
                t!(locale, "order-says-working-free")
            }
            (OperationState::Planned | OperationState::Sent, _) => {
                t!(locale, "order-says-working", amount = amount)
            }
        };
        let next = order.next_at.filter(|_| order.row.state == OperationState::Unknown);
        let sentence = match next {
            Some(at) => {
                let at = format!("{}\u{a0}UTC", format::moment(locale, at));
                let again = t!(locale, "order-says-next", at = at);
                format!("{sentence} {again}")
            }
            None => sentence,
        };
        let done = match order.row.state {
            OperationState::Confirmed => order.row.has_key,
            state => state.is_final(),
        };
        let failed =
            matches!(order.row.state, OperationState::Rejected | OperationState::Cancelled);
        Progress {
            label,
            tone: tone.as_str().to_owned(),
            icon: icon.to_owned(),
            sentence,
            steps: steps(locale, order),
            license: order.license.filter(|_| order.row.has_key).map(|id| id.to_string()),
            again: failed.then(|| again_address(order)),
            done,
        }
    }

    /// The product page with the same choice.
    fn again_address(order: &OrderDetail) -> String {
        let mut query = vec![format!("period={}", order.row.period)];
        for (name, value) in [("ip", &order.row.ip), ("name", &order.name)] {
            query.extend(value.iter().map(|value| format!("{name}={}", format::query(value))));
        }
        for (code, count) in &order.addons {
            query.push(format!("addon[{}]={count}", format::query(code)));
        }
        format!("/p/{}?{}", format::query(&order.slug), query.join("&"))
    }

    /// What happened, and what is still to come.
    fn steps(locale: Locale, order: &OrderDetail) -> Vec<ProgressStep> {
        let mut steps = Vec::new();
        let amount = format::money(locale, order.row.price);
        let free = order.money == MoneyState::Free;
        for event in &order.events {
            let (state, title, text) = match event.kind {
                EventKind::Planned if free => ("done", t!(locale, "step-placed"), String::new()),
                EventKind::Planned => (
                    "done",
                    t!(locale, "step-reserved", amount = amount.clone()),
                    t!(locale, "step-reserved-text"),
                ),
                EventKind::Sent => ("done", t!(locale, "step-sent"), String::new()),
                EventKind::NotSent => {
                    ("failed", t!(locale, "step-not-sent"), t!(locale, "step-not-sent-text"))
                }
                EventKind::Refused => (
                    "failed",
                    t!(locale, "step-refused"),
                    t!(
                        locale,
                        "step-refused-text",
                        said = event.detail.clone().unwrap_or_default()
                    ),
                ),
                EventKind::Unclear => {
                    ("unclear", t!(locale, "step-unclear"), t!(locale, "step-unclear-text"))
                }
                EventKind::Absent => ("done", t!(locale, "step-absent"), String::new()),
                EventKind::Resend => ("done", t!(locale, "step-resend"), String::new()),
                EventKind::Confirmed => ("done", t!(locale, "step-confirmed"), String::new()),
                EventKind::Found => {
                    ("done", t!(locale, "step-found"), t!(locale, "step-found-text"))
                }
                EventKind::Key => ("done", t!(locale, "step-key"), String::new()),
                EventKind::Rejected if free => {
                    ("failed", t!(locale, "step-rejected-free"), String::new())
                }
                EventKind::Rejected => {
                    ("failed", t!(locale, "step-rejected", amount = amount.clone()), String::new())
                }
                EventKind::Review => ("review", t!(locale, "step-review"), String::new()),
                EventKind::Cancelled if free => {
                    ("done", t!(locale, "step-cancelled-free"), String::new())
                }
                EventKind::Cancelled => {
                    ("done", t!(locale, "step-cancelled", amount = amount.clone()), String::new())
                }
                EventKind::Already => ("done", t!(locale, "step-already"), String::new()),
                EventKind::Decided => ("done", t!(locale, "step-decided"), String::new()),
                EventKind::Item => ("done", t!(locale, "step-item"), String::new()),
                EventKind::Short | EventKind::Parked => {
                    ("unclear", t!(locale, "step-parked"), t!(locale, "step-parked-text"))
                }
                EventKind::Resumed => ("done", t!(locale, "step-resumed"), String::new()),
                EventKind::TakenBack => ("failed", t!(locale, "step-taken-back"), String::new()),
            };
            steps.push(step(locale, state, title, text, Some(event.at)));
        }
        let next = match order.row.state {
            OperationState::Planned => Some(t!(locale, "step-next-send")),
            OperationState::Sent => Some(t!(locale, "step-next-answer")),
            OperationState::Unknown => Some(t!(locale, "step-next-look")),
            OperationState::Parked => Some(t!(locale, "step-next-parked")),
            OperationState::Confirmed if !order.row.has_key => Some(t!(locale, "step-next-key")),
            _ => None,
        };
        if let Some(title) = next {
            steps.push(step(locale, "current", title, String::new(), None));
        }
        let before_key = matches!(
            order.row.state,
            OperationState::Planned
                | OperationState::Sent
                | OperationState::Unknown
                | OperationState::Parked
        );
        if before_key && order.awaits_key {
            let title = t!(locale, "step-key-later");
            steps.push(step(locale, "waiting", title, String::new(), None));
        }
        steps
    }

    fn step(
        locale: Locale,
        state: &str,
        title: String,
        text: String,
        at: Option<time::OffsetDateTime>,
    ) -> ProgressStep {
        let (icon, state_label) = match state {
            "done" => ("check", t!(locale, "state-done")),
            "current" => ("loader", t!(locale, "state-current")),
            "unclear" => ("clock", t!(locale, "state-unclear")),
            "failed" => ("x", t!(locale, "state-failed")),
            "review" => ("user", t!(locale, "state-review")),
            _ => ("circle-dashed", t!(locale, "state-waiting")),
        };
        ProgressStep {
            state: state.to_owned(),
            icon: icon.to_owned(),
            state_label,
            title,
            time: at.map(|at| format::clock(locale, at)).unwrap_or_default(),
            datetime: at.map(format::machine).unwrap_or_default(),
            text,
        }
    }
}
