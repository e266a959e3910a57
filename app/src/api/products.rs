//! What staff say about products.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of `/admin/products/{plan}`: texts, family, availability, ends and what a module fits.
#[server(prefix = "/admin", endpoint = "product")]
pub async fn edit_product(
    plan: String,
    version: i32,
    #[server(default)] name: BTreeMap<String, String>,
    #[server(default)] tagline: BTreeMap<String, String>,
    #[server(default)] description: BTreeMap<String, String>,
    #[server(default)] family: String,
    #[server(default)] available: String,
    #[server(default)] sale_ends_on: String,
    #[server(default)] renewal_ends_on: String,
    #[server(default)] service_name: String,
    #[server(default)] product: String,
    #[server(default)] fits: Vec<String>,
    #[server(default)] withheld: Vec<String>,
) -> Result<(), ApiError> {
    let form = on_server::Form {
        plan,
        version,
        name,
        tagline,
        description,
        family,
        available: !available.is_empty(),
        sale_ends_on,
        renewal_ends_on,
        service_name,
        product,
        fits,
        withheld,
    };
    with_status(on_server::edit_product(&form).await)
}

/// The form of `/admin/products/{plan}` about how it is bought: codes, terms, add-ons and fields.
#[server(prefix = "/admin", endpoint = "product-wire")]
pub async fn edit_product_wire(
    plan: String,
    version: i32,
    #[server(default)] dialect: String,
    #[server(default)] code: String,
    #[server(default)] needs_ip: String,
    #[server(default)] has_key: String,
    #[server(default)] term: BTreeMap<String, String>,
    #[server(default)] addon: BTreeMap<String, BTreeMap<String, String>>,
    #[server(default)] field: BTreeMap<String, BTreeMap<String, String>>,
) -> Result<(), ApiError> {
    let form = on_server::WireForm {
        plan,
        version,
        dialect,
        code,
        needs_ip: !needs_ip.is_empty(),
        has_key: !has_key.is_empty(),
        term,
        addon,
        field,
    };
    with_status(on_server::edit_product_wire(&form).await)
}

/// The forms of `/admin/families/{family}` and, for a new one, of `/admin/families`: its name and its sentence.
#[server(prefix = "/admin", endpoint = "family")]
pub async fn edit_family(
    family: String,
    #[server(default)] version: Option<i32>,
    #[server(default)] name: BTreeMap<String, String>,
    #[server(default)] summary: BTreeMap<String, String>,
) -> Result<(), ApiError> {
    with_status(on_server::edit_family(&family, version, &name, &summary).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::operation::OperationKind;
    use domain::plan::Field;
    use portal::accounts::DialectKind;
    use portal::catalog::{AddonWire, EditError, PlanText, PlanWire, WireField, field_kind};
    use portal::locale::{Locale, Localized};
    use portal::people::Permission;
    use time::Date;

    use crate::api::ApiError;
    use crate::context::{Context, Refused, context, see_other};
    use crate::t;

    const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

    pub struct Form {
        pub plan: String,
        pub version: i32,
        pub name: BTreeMap<String, String>,
        pub tagline: BTreeMap<String, String>,
        pub description: BTreeMap<String, String>,
        pub family: String,
        pub available: bool,
        pub sale_ends_on: String,
        pub renewal_ends_on: String,
        pub service_name: String,
        pub product: String,
        pub withheld: Vec<String>,
        pub fits: Vec<String>,
    }

    /// What was typed, by the fields' ids: `name-en`.
    fn typed(texts: &[(&str, &BTreeMap<String, String>)]) -> BTreeMap<String, String> {
        let pairs = texts.iter().flat_map(|(field, text)| {
            text.iter().map(move |(locale, value)| (format!("{field}-{locale}"), value.clone()))
        });
        pairs.collect()
    }

    fn day(text: &str) -> Result<Option<Date>, ()> {
        let iso = time::macros::format_description!("[year]-[month]-[day]");
        match text.trim() {
            "" => Ok(None),
            day => Date::parse(day, iso).map(Some).map_err(|_| ()),
        }
    }

    pub async fn edit_product(form: &Form) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let page = format!("/admin/products/{}", form.plan);
        let refuse = |status, field: &str, text: String| {
            let texts = [
                ("name", &form.name),
                ("tagline", &form.tagline),
                ("description", &form.description),
            ];
            let mut values = typed(&texts);
            for (field, value) in [
                ("family", &form.family),
                ("sale_ends_on", &form.sale_ends_on),
                ("renewal_ends_on", &form.renewal_ends_on),
                ("service_name", &form.service_name),
            ] {
                values.insert(field.to_owned(), value.clone());
            }
            let available = if form.available { "on" } else { "" };
            values.insert("available".to_owned(), available.to_owned());
            values.insert("fits".to_owned(), form.fits.join(" "));
            values.insert("product".to_owned(), form.product.clone());
            values.insert("withheld".to_owned(), form.withheld.join(" "));
            let errors = vec![(field.to_owned(), text)];
            Err(cx.refuse(Refused { page: page.clone(), errors, values, status }))
        };
        let bad_day = || t!(cx.locale, "product-bad-day");
        let Ok(sale_ends_on) = day(&form.sale_ends_on) else {
            return refuse(BAD, "sale_ends_on", bad_day());
        };
        let Ok(renewal_ends_on) = day(&form.renewal_ends_on) else {
            return refuse(BAD, "renewal_ends_on", bad_day());
        };
        let text = PlanText {
            name: Localized(form.name.clone()),
            tagline: Localized(form.tagline.clone()),
            description: Localized(form.description.clone()),
            family: form.family.clone(),
            available: form.available,
            sale_ends_on,
            renewal_ends_on,
            fits: form.fits.clone(),
            service_name: Some(form.service_name.clone()),
            product: Some(form.product.clone()),
            withheld: form
                .withheld
                .iter()
                .filter_map(|word| OperationKind::from_word(word))
                .collect(),
        };
        match cx.portal.edit_plan(staff, &form.plan, form.version, &text).await {
            Ok(()) => {
                see_other(&format!("{page}?done=1"));
                Ok(())
            }
            Err(error) => {
                let (status, field, text) = not_written(&cx, error)?;
                refuse(status, &field, text)
            }
        }
    }

    pub struct WireForm {
        pub plan: String,
        pub version: i32,
        pub dialect: String,
        pub code: String,
        pub needs_ip: bool,
        pub has_key: bool,
        pub term: BTreeMap<String, String>,
        pub addon: BTreeMap<String, BTreeMap<String, String>>,
        pub field: BTreeMap<String, BTreeMap<String, String>>,
    }

    impl WireForm {
        /// What was typed, by the fields' ids: `term-12`, `addon-nodes-base`.
        fn typed(&self) -> BTreeMap<String, String> {
            let flag = |on: bool| if on { "on" } else { "" }.to_owned();
            let mut values: BTreeMap<String, String> = [
                ("dialect", self.dialect.clone()),
                ("code", self.code.clone()),
                ("needs_ip", flag(self.needs_ip)),
                ("has_key", flag(self.has_key)),
            ]
            .map(|(field, value)| (field.to_owned(), value))
            .into();
            for (period, code) in &self.term {
                values.insert(format!("term-{period}"), code.clone());
            }
            for (of, parts) in [("addon", &self.addon), ("field", &self.field)] {
                for (key, part) in parts {
                    for (name, value) in part {
                        values.insert(format!("{of}-{key}-{name}"), value.clone());
                    }
                }
            }
            values
        }

        /// What it says, or the field that says nothing.
        fn read(&self) -> Result<PlanWire, String> {
            let both = |part: &BTreeMap<String, String>| {
                let of = |locale: Locale| {
                    let text = part.get(&format!("name-{}", locale.as_str())).cloned();
                    (locale.as_str().to_owned(), text.unwrap_or_default())
                };
                Localized(Locale::ALL.map(of).into())
            };
            let text = |part: &BTreeMap<String, String>, name: &str| {
                part.get(name).map(|text| text.trim().to_owned()).unwrap_or_default()
            };
            let mut terms = BTreeMap::new();
            for (period, code) in &self.term {
                let at = || format!("term-{period}");
                terms.insert(period.parse().map_err(|_| at())?, Some(code.clone()));
            }
            let mut addons = BTreeMap::new();
            for (key, part) in &self.addon {
                let number = |name: &str| {
                    text(part, name).parse().map_err(|_| format!("addon-{key}-{name}"))
                };
                let addon = AddonWire {
                    code: text(part, "code"),
                    name: both(part),
                    base: number("base")?,
                    max: number("max")?,
                    step: number("step")?,
                };
                addons.insert(key.clone(), addon);
            }
            let mut fields: Vec<WireField> = Vec::new();
            // A row that was emptied is a field that is not asked for any more.
            let filled = self.field.iter().filter(|(_, part)| !text(part, "code").is_empty());
            for (place, part) in filled {
                let kind = field_kind(&text(part, "kind"));
                let kind = kind.ok_or_else(|| format!("field-{place}-kind"))?;
                let field = Field { code: text(part, "code"), kind };
                fields.push(WireField { field, name: both(part) });
            }
            Ok(PlanWire {
                dialect: DialectKind::from_word(&self.dialect).ok_or("dialect")?,
                code: self.code.clone(),
                needs_ip: self.needs_ip,
                has_key: self.has_key,
                terms,
                addons,
                fields,
            })
        }
    }

    pub async fn edit_product_wire(form: &WireForm) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let page = format!("/admin/products/{}", form.plan);
        let refuse = |status: StatusCode, field: String, text: String| {
            let errors = vec![(field, text)];
            Err(cx.refuse(Refused { page: page.clone(), errors, values: form.typed(), status }))
        };
        if !staff.role.may(Permission::ManageVendors) {
            let (status, field, text) = not_written(&cx, EditError::Forbidden)?;
            return refuse(status, field, text);
        }
        let wire = match form.read() {
            Ok(wire) => wire,
            Err(field) => return refuse(BAD, field, t!(cx.locale, "wire-bad")),
        };
        match cx.portal.edit_plan_wire(staff, &form.plan, form.version, &wire).await {
            Ok(()) => {
                see_other(&format!("{page}?done=1"));
                Ok(())
            }
            Err(error) => {
                let (status, field, text) = not_written(&cx, error)?;
                refuse(status, field, text)
            }
        }
    }

    pub async fn edit_family(
        family: &str,
        version: Option<i32>,
        name: &BTreeMap<String, String>,
        summary: &BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff()?;
        let page = match version {
            Some(_) => format!("/admin/families/{family}"),
            None => "/admin/families".to_owned(),
        };
        let (names, summaries) = (Localized(name.clone()), Localized(summary.clone()));
        match cx.portal.edit_family(staff, family, version, &names, &summaries).await {
            Ok(()) => {
                see_other("/admin/families?done=1");
                Ok(())
            }
            Err(error) => {
                let (status, field, text) = not_written(&cx, error)?;
                let mut values = typed(&[("name", name), ("summary", summary)]);
                values.insert("family".to_owned(), family.to_owned());
                Err(cx.refuse(Refused { page, errors: vec![(field, text)], values, status }))
            }
        }
    }

    /// The status, the field and the words of a refusal.
    fn not_written(
        cx: &Context,
        error: EditError,
    ) -> Result<(StatusCode, String, String), ApiError> {
        let locale: Locale = cx.locale;
        let at = |field: &str| field.to_owned();
        Ok(match error {
            EditError::Internal(error) => return Err(cx.failed(&error)),
            EditError::NoSuch => return Err(ApiError::NotFound),
            EditError::Forbidden => {
                (StatusCode::FORBIDDEN, String::new(), t!(locale, "product-forbidden"))
            }
            EditError::Stale => (StatusCode::CONFLICT, String::new(), t!(locale, "product-stale")),
            EditError::Wire(field) => (BAD, field, t!(locale, "wire-bad")),
            EditError::Counts(field) => (StatusCode::CONFLICT, field, t!(locale, "wire-counts")),
            EditError::UnderWay => (StatusCode::CONFLICT, at("code"), t!(locale, "wire-under-way")),
            EditError::Living => (StatusCode::CONFLICT, at("dialect"), t!(locale, "wire-living")),
            EditError::Unspoken => {
                (StatusCode::CONFLICT, at("dialect"), t!(locale, "wire-unspoken"))
            }
            EditError::Taken => (StatusCode::CONFLICT, at("code"), t!(locale, "wire-taken")),
            EditError::Text("product") => (BAD, at("product"), t!(locale, "product-bad-product")),
            EditError::Text("service_name") => {
                (BAD, at("service_name"), t!(locale, "product-bad-service"))
            }
            EditError::Text(field) => (BAD, format!("{field}-en"), t!(locale, "product-bad-text")),
            EditError::Ends => (BAD, at("renewal_ends_on"), t!(locale, "product-bad-ends")),
            EditError::Fits => (BAD, at("fits"), t!(locale, "product-bad-fits")),
            EditError::Code => (StatusCode::CONFLICT, at("code"), t!(locale, "family-bad-code")),
        })
    }
}
