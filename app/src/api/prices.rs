//! What staff change about prices: rules, versions, groups, costs.
//!
//! Each form says which version and revision its page showed; a form of an older page is refused
//! and comes back on the page as it is now, with what was typed.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of a rule on `/admin/pricelists/{group}`.
#[server(prefix = "/admin", endpoint = "pricelist_rule")]
pub async fn pricelist_rule(
    group: String,
    version: String,
    revision: String,
    #[server(default)] place: String,
    #[server(default)] subject: String,
    #[server(default)] period: String,
    #[server(default)] addon: String,
    kind: String,
    value: String,
    #[server(default)] currency: String,
    #[server(default)] below_cost: String,
) -> Result<(), ApiError> {
    let seen = on_server::Page { group, version, revision };
    let form =
        on_server::RuleForm { place, subject, period, addon, kind, value, currency, below_cost };
    with_status(on_server::rule(seen, form).await)
}

/// The button beside a rule.
#[server(prefix = "/admin", endpoint = "pricelist_drop")]
pub async fn pricelist_drop(
    group: String,
    version: String,
    revision: String,
    place: String,
) -> Result<(), ApiError> {
    with_status(on_server::drop_rule(on_server::Page { group, version, revision }, place).await)
}

/// The form of the minimum margin.
#[server(prefix = "/admin", endpoint = "pricelist_margin")]
pub async fn pricelist_margin(
    group: String,
    version: String,
    revision: String,
    margin: String,
) -> Result<(), ApiError> {
    with_status(on_server::margin(on_server::Page { group, version, revision }, margin).await)
}

/// The form of the roundings.
#[server(prefix = "/admin", endpoint = "pricelist_rounding")]
pub async fn pricelist_rounding(
    group: String,
    version: String,
    revision: String,
    rounding: String,
    #[server(default)] rounding_currency: String,
) -> Result<(), ApiError> {
    let seen = on_server::Page { group, version, revision };
    with_status(on_server::rounding(seen, rounding, rounding_currency).await)
}

/// The button "Discard".
#[server(prefix = "/admin", endpoint = "pricelist_discard")]
pub async fn pricelist_discard(
    group: String,
    version: String,
    revision: String,
) -> Result<(), ApiError> {
    with_status(on_server::discard(on_server::Page { group, version, revision }).await)
}

/// The button that puts a draft on top of somebody else's version.
#[server(prefix = "/admin", endpoint = "pricelist_rebase")]
pub async fn pricelist_rebase(
    group: String,
    version: String,
    revision: String,
) -> Result<(), ApiError> {
    with_status(on_server::rebase(on_server::Page { group, version, revision }).await)
}

/// The button "Bring back" of a version.
#[server(prefix = "/admin", endpoint = "pricelist_restore")]
pub async fn pricelist_restore(group: String, version: String) -> Result<(), ApiError> {
    with_status(on_server::restore(group, version).await)
}

/// The form of `/admin/pricelists/{group}/review`.
#[server(prefix = "/admin", endpoint = "pricelist_publish")]
pub async fn pricelist_publish(
    group: String,
    version: String,
    revision: String,
    #[server(default)] note: String,
) -> Result<(), ApiError> {
    with_status(on_server::publish(on_server::Page { group, version, revision }, note).await)
}

/// The form of `/admin/pricelists`.
#[server(prefix = "/admin", endpoint = "pricelist_group")]
pub async fn pricelist_group(code: String, name: String, like: String) -> Result<(), ApiError> {
    with_status(on_server::create_group(code, name, like).await)
}

/// The form of `/admin/costs/{plan}`.
#[server(prefix = "/admin", endpoint = "cost")]
pub async fn set_cost(
    plan: String,
    period: String,
    #[server(default)] addon: String,
    seen: String,
    cost: String,
    reason: String,
) -> Result<(), ApiError> {
    with_status(
        on_server::set_cost(on_server::CostForm { plan, period, addon, seen, cost, reason }).await,
    )
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::pricelist::{Markup, Rule, RuleError, Scope};
    use domain::{Currency, Decimal, Money, Period};
    use portal::pricing::{
        CostEdit, CostError, Edit, EditError, GroupError, NewGroup, PriceKey, PublishError, Seen,
    };

    use crate::api::ApiError;
    use crate::context::{Context, Refused, context, see_other};
    use crate::{format, t};

    /// Which page a form of the editor stands on.
    pub struct Page {
        pub group: String,
        pub version: String,
        pub revision: String,
    }

    pub struct RuleForm {
        pub place: String,
        pub subject: String,
        pub period: String,
        pub addon: String,
        pub kind: String,
        pub value: String,
        pub currency: String,
        pub below_cost: String,
    }

    pub struct CostForm {
        pub plan: String,
        pub period: String,
        pub addon: String,
        pub seen: String,
        pub cost: String,
        pub reason: String,
    }

    type Values = BTreeMap<String, String>;

    impl Page {
        fn address(&self) -> String {
            format!("/admin/pricelists/{}", format::query(&self.group))
        }

        fn seen(&self) -> Result<Seen, ApiError> {
            match (self.version.parse(), self.revision.parse()) {
                (Ok(version), Ok(revision)) => Ok(Seen { version, revision }),
                _ => Err(ApiError::NotFound),
            }
        }
    }

    impl RuleForm {
        fn values(&self) -> Values {
            [
                ("place", &self.place),
                ("subject", &self.subject),
                ("period", &self.period),
                ("addon", &self.addon),
                ("kind", &self.kind),
                ("value", &self.value),
                ("currency", &self.currency),
                ("below_cost", &self.below_cost),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
        }

        /// The rule, or the field that cannot be read.
        fn read(&self) -> Result<(Option<usize>, Rule), &'static str> {
            let place = match self.place.as_str() {
                "" => None,
                place => Some(place.parse().map_err(|_| "subject")?),
            };
            let (family, product, plan) = match self.subject.split_once(':') {
                None if self.subject.is_empty() => (None, None, None),
                Some(("family", code)) => (Some(code.to_owned()), None, None),
                Some(("product", rest)) => {
                    let (family, name) = rest.split_once(':').ok_or("subject")?;
                    (Some(family.to_owned()), Some(name.to_owned()), None)
                }
                Some(("plan", slug)) => (None, None, Some(slug.to_owned())),
                _ => return Err("subject"),
            };
            let period = match self.period.as_str() {
                "" => None,
                code => Some(code.parse::<Period>().map_err(|_| "period")?),
            };
            let addon = Some(self.addon.clone()).filter(|code| !code.is_empty());
            let amount = || {
                let currency = Currency::from_code(&self.currency).ok_or("currency")?;
                Money::parse(&self.value, currency).map_err(|_| "value")
            };
            let markup = match self.kind.as_str() {
                "percent" => Markup::Percent(percentage(&self.value).ok_or("value")?),
                "fixed" => Markup::Fixed(amount()?),
                "explicit" => Markup::Explicit(amount()?),
                _ => return Err("kind"),
            };
            let scope = Scope { family, product, plan, period, addon };
            Ok((place, Rule { scope, markup, below_cost: !self.below_cost.is_empty() }))
        }
    }

    /// A number of percent as people write it: a point or a comma, a sign behind it or not.
    fn percentage(text: &str) -> Option<Decimal> {
        text.trim().trim_end_matches('%').trim_end().replace(',', ".").parse().ok()
    }

    fn refuse(
        cx: &Context,
        page: String,
        status: StatusCode,
        field: &str,
        text: String,
        values: Values,
    ) -> ApiError {
        cx.refuse(Refused { page, errors: vec![(field.to_owned(), text)], values, status })
    }

    /// What an edit that was not made shows, on the editor's page.
    fn refused_edit(cx: &Context, page: &Page, error: EditError, values: Values) -> ApiError {
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, field, text) = match error {
            EditError::Forbidden => (StatusCode::FORBIDDEN, "", t!(cx.locale, "prices-forbidden")),
            EditError::NoSuchPricelist => return ApiError::NotFound,
            EditError::Internal(error) => return cx.failed(&error),
            EditError::Stale => (StatusCode::CONFLICT, "", t!(cx.locale, "prices-stale")),
            EditError::DraftInTheWay => {
                (StatusCode::CONFLICT, "", t!(cx.locale, "prices-draft-in-the-way"))
            }
            EditError::Nothing => (bad, "", t!(cx.locale, "prices-nothing-changes")),
            EditError::Scope => (bad, "subject", t!(cx.locale, "rule-unknown-scope")),
            EditError::Margin => (bad, "margin", t!(cx.locale, "rule-bad-percent")),
            EditError::Rule(error) => {
                let (field, text) = match error {
                    RuleError::Percent => ("value", t!(cx.locale, "rule-bad-percent")),
                    RuleError::Amount => ("value", t!(cx.locale, "rule-bad-amount")),
                    RuleError::TooWide => ("subject", t!(cx.locale, "rule-too-wide")),
                    RuleError::Duplicate => ("subject", t!(cx.locale, "rule-duplicate")),
                    RuleError::BelowCost => ("below_cost", t!(cx.locale, "rule-below-cost-what")),
                };
                (bad, field, text)
            }
        };
        refuse(cx, page.address(), status, field, text, values)
    }

    async fn edit(page: Page, edit: Edit, values: Values) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        match cx.portal.edit_pricelist(staff, &page.group, page.seen()?, edit).await {
            Ok(()) => {
                see_other(&page.address());
                Ok(())
            }
            Err(error) => Err(refused_edit(&cx, &page, error, values)),
        }
    }

    pub async fn rule(page: Page, form: RuleForm) -> Result<(), ApiError> {
        let values = form.values();
        match form.read() {
            Ok((place, rule)) => edit(page, Edit::Rule { place, rule }, values).await,
            Err(field) => {
                let cx = context();
                cx.staff()?;
                let text = match (field, form.kind.as_str()) {
                    ("value", "percent") => t!(cx.locale, "rule-bad-percent"),
                    ("value", _) => t!(cx.locale, "rule-bad-amount"),
                    _ => t!(cx.locale, "rule-unknown-scope"),
                };
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Err(refuse(&cx, page.address(), status, field, text, values))
            }
        }
    }

    pub async fn drop_rule(page: Page, place: String) -> Result<(), ApiError> {
        let place = place.parse().map_err(|_| ApiError::NotFound)?;
        edit(page, Edit::Drop { place }, Values::new()).await
    }

    pub async fn margin(page: Page, margin: String) -> Result<(), ApiError> {
        let values = Values::from([("margin".to_owned(), margin.clone())]);
        // What is no number is out of range, too.
        let percent = percentage(&margin).unwrap_or(Decimal::NEGATIVE_ONE);
        edit(page, Edit::Margin(percent), values).await
    }

    pub async fn rounding(page: Page, rounding: String, currency: String) -> Result<(), ApiError> {
        let currency = match currency.as_str() {
            "" => None,
            code => Some(Currency::from_code(code).ok_or(ApiError::NotFound)?),
        };
        let rounding = match rounding.as_str() {
            "" => None,
            word => Some(format::rounding_of(word).ok_or(ApiError::NotFound)?),
        };
        edit(page, Edit::Rounding(currency, rounding), Values::new()).await
    }

    pub async fn discard(page: Page) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        match cx.portal.discard_draft(staff, &page.group, page.seen()?).await {
            Ok(()) => {
                see_other(&format!("{}?discarded=1", page.address()));
                Ok(())
            }
            Err(error) => Err(refused_edit(&cx, &page, error, Values::new())),
        }
    }

    pub async fn rebase(page: Page) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        match cx.portal.rebase_draft(staff, &page.group, page.seen()?).await {
            Ok(clashes) => {
                see_other(&format!("{}/review?clashes={clashes}", page.address()));
                Ok(())
            }
            Err(error) => Err(refused_edit(&cx, &page, error, Values::new())),
        }
    }

    pub async fn restore(group: String, version: String) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let number = version.parse().map_err(|_| ApiError::NotFound)?;
        let page = Page { group, version, revision: String::new() };
        match cx.portal.restore_version(staff, &page.group, number).await {
            Ok(()) => {
                see_other(&format!("{}/review", page.address()));
                Ok(())
            }
            Err(error) => Err(refused_edit(&cx, &page, error, Values::new())),
        }
    }

    pub async fn publish(page: Page, note: String) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let values = Values::from([("note".to_owned(), note.clone())]);
        let conflict = StatusCode::CONFLICT;
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, field, text) =
            match cx.portal.publish_draft(staff, &page.group, page.seen()?, &note).await {
                Ok(version) => {
                    see_other(&format!("{}?published={version}", page.address()));
                    return Ok(());
                }
                Err(PublishError::Internal(error)) => return Err(cx.failed(&error)),
                Err(PublishError::Forbidden) => {
                    let (status, text) = (StatusCode::FORBIDDEN, t!(cx.locale, "prices-forbidden"));
                    return Err(refuse(&cx, page.address(), status, "", text, values));
                }
                // Published or discarded in another window: the editor tells how it stands.
                Err(PublishError::NoDraft) => {
                    let text = t!(cx.locale, "prices-no-draft");
                    return Err(refuse(&cx, page.address(), conflict, "", text, values));
                }
                Err(PublishError::Stale) => (conflict, "", t!(cx.locale, "prices-stale")),
                Err(PublishError::Overtaken { version, by }) => {
                    let author = by.author.unwrap_or_else(|| t!(cx.locale, "by-the-portal"));
                    let text =
                        t!(cx.locale, "prices-overtaken", version = version, author = author);
                    (conflict, "", text)
                }
                Err(PublishError::Nothing) => (bad, "", t!(cx.locale, "prices-nothing-changes")),
                Err(PublishError::BelowCost(count)) => {
                    (bad, "", t!(cx.locale, "prices-below-cost", count = count))
                }
                Err(PublishError::Note) => (bad, "note", t!(cx.locale, "prices-note-long")),
            };
        Err(refuse(&cx, format!("{}/review", page.address()), status, field, text, values))
    }

    pub async fn create_group(code: String, name: String, like: String) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let new = NewGroup { code, name, like };
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, field, text) = match cx.portal.create_group(staff, &new).await {
            Ok(()) => {
                see_other(&format!("/admin/pricelists/{}", format::query(new.code.trim())));
                return Ok(());
            }
            Err(GroupError::Internal(error)) => return Err(cx.failed(&error)),
            Err(GroupError::Forbidden) => {
                (StatusCode::FORBIDDEN, "", t!(cx.locale, "prices-forbidden"))
            }
            Err(GroupError::Code) => (bad, "code", t!(cx.locale, "code-bad")),
            Err(GroupError::Taken) => {
                (StatusCode::CONFLICT, "code", t!(cx.locale, "group-code-taken"))
            }
            Err(GroupError::Name) => (bad, "name", t!(cx.locale, "group-bad-name")),
            Err(GroupError::NoSuchGroup) => (bad, "like", t!(cx.locale, "group-unknown")),
        };
        let values = Values::from([
            ("code".to_owned(), new.code),
            ("name".to_owned(), new.name),
            ("like".to_owned(), new.like),
        ]);
        Err(refuse(&cx, "/admin/pricelists".to_owned(), status, field, text, values))
    }

    pub async fn set_cost(form: CostForm) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let period: Period = form.period.parse().map_err(|_| ApiError::NotFound)?;
        let seen = read_money(&form.seen).ok_or(ApiError::NotFound)?;
        let addon = Some(form.addon.clone()).filter(|code| !code.is_empty());
        let address = format!("/admin/costs/{}", format::query(&form.plan));
        let page = format!(
            "{address}?unit={period}.{}&cost={}",
            format::query(&form.addon),
            format::query(&form.cost)
        );
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let values = Values::from([("reason".to_owned(), form.reason.clone())]);
        let Ok(cost) = Money::parse(&form.cost, seen.currency()) else {
            let text = t!(cx.locale, "cost-bad-amount");
            return Err(refuse(&cx, page, bad, "cost", text, values));
        };
        let key = PriceKey { plan: form.plan, period, addon };
        let edit = CostEdit { key, seen, cost, reason: form.reason };
        let (status, field, text) = match cx.portal.set_cost(staff, &edit).await {
            Ok(()) => {
                see_other(&format!("{address}?changed=1"));
                return Ok(());
            }
            Err(CostError::Internal(error)) => return Err(cx.failed(&error)),
            Err(CostError::Forbidden) => {
                (StatusCode::FORBIDDEN, "", t!(cx.locale, "prices-forbidden"))
            }
            Err(CostError::NoSuchCost) => return Err(ApiError::NotFound),
            Err(CostError::Amount) => (bad, "cost", t!(cx.locale, "cost-bad-amount")),
            Err(CostError::Reason) => (bad, "reason", t!(cx.locale, "credit-bad-reason")),
            Err(CostError::Stale { now }) => {
                let now = format::money(cx.locale, now);
                (StatusCode::CONFLICT, "", t!(cx.locale, "cost-stale", now = now))
            }
            Err(CostError::Nothing) => (bad, "cost", t!(cx.locale, "cost-nothing")),
        };
        Err(refuse(&cx, page, status, field, text, values))
    }

    /// `3.50 EUR`, as [`Money`] writes itself.
    fn read_money(text: &str) -> Option<Money> {
        let (amount, code) = text.trim().split_once(' ')?;
        Money::parse(amount, Currency::from_code(code)?).ok()
    }

    #[cfg(test)]
    mod tests {
        use domain::pricelist::Rounding;

        use super::*;

        #[test]
        fn percentages_are_read_as_people_write_them() {
            for (text, percent) in [("40", "40"), (" 12,5 % ", "12.5"), ("0", "0")] {
                assert_eq!(percentage(text), percent.parse().ok(), "{text}");
            }
            for bad in ["", "abc", "%", "1.2.3"] {
                assert_eq!(percentage(bad), None, "{bad}");
            }
        }

        #[test]
        fn every_rounding_has_a_word() {
            for rounding in Rounding::ALL {
                assert_eq!(format::rounding_of(format::rounding_word(rounding)), Some(rounding));
            }
        }
    }
}
