//! What owners do about our accounts at vendors: make them, set them, look whether they work, and
//! import what they sell. A password goes in and never comes back, not even in a refused form.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]
#![expect(clippy::too_many_arguments, reason = "a form has as many fields as it has")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of `/admin/upstreams`.
#[server(prefix = "/admin", endpoint = "upstream-add")]
pub async fn add_upstream(
    #[server(default)] slug: String,
    #[server(default)] preset: String,
    #[server(default)] name: String,
    #[server(default)] base_url: String,
    #[server(default)] username: String,
    #[server(default)] currency: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let form = on_server::NewForm { slug, preset, name, base_url, username, currency };
    with_status(on_server::add(form, password).await)
}

/// The form with the settings of `/admin/upstreams/{slug}`.
#[server(prefix = "/admin", endpoint = "upstream-set")]
pub async fn set_upstream(
    slug: String,
    version: i32,
    #[server(default)] name: String,
    #[server(default)] base_url: String,
    #[server(default)] username: String,
    #[server(default)] enabled: String,
    #[server(default)] preset: String,
    #[server(default)] ordering: String,
    #[server(default)] balance_function: String,
    #[server(default)] low_balance: String,
    #[server(default)] change_rule: String,
    #[server(default)] module_names_parent: String,
    #[server(default)] dialects: Vec<String>,
    #[server(default)] unmarked: String,
    #[server(default)] renews_there: String,
    #[server(default)] functions: String,
    #[server(default)] kept_suspended_days: String,
    #[server(default)] max_concurrency: String,
    #[server(default)] calls_per_minute: String,
    #[server(default)] connect_timeout_ms: String,
    #[server(default)] call_timeout_ms: String,
    #[server(default)] check_timeout_ms: String,
    #[server(default)] send_deadline_ms: String,
    #[server(default)] lease_ms: String,
    #[server(default)] quiet_window_ms: String,
    #[server(default)] second_sighting_ms: String,
    #[server(default)] max_attempts: String,
    #[server(default)] resend_within_ms: String,
    #[server(default)] undo_window_ms: String,
) -> Result<(), ApiError> {
    let fields = [
        ("name", name),
        ("base_url", base_url),
        ("username", username),
        ("enabled", enabled),
        ("preset", preset),
        ("ordering", ordering),
        ("balance_function", balance_function),
        ("low_balance", low_balance),
        ("change_rule", change_rule),
        ("module_names_parent", module_names_parent),
        ("dialects", dialects.join(" ")),
        ("unmarked", unmarked),
        ("renews_there", renews_there),
        ("functions", functions),
        ("kept_suspended_days", kept_suspended_days),
        ("max_concurrency", max_concurrency),
        ("calls_per_minute", calls_per_minute),
        ("connect_timeout_ms", connect_timeout_ms),
        ("call_timeout_ms", call_timeout_ms),
        ("check_timeout_ms", check_timeout_ms),
        ("send_deadline_ms", send_deadline_ms),
        ("lease_ms", lease_ms),
        ("quiet_window_ms", quiet_window_ms),
        ("second_sighting_ms", second_sighting_ms),
        ("max_attempts", max_attempts),
        ("resend_within_ms", resend_within_ms),
        ("undo_window_ms", undo_window_ms),
    ];
    with_status(on_server::set(&slug, version, fields.into()).await)
}

/// The form with the password of `/admin/upstreams/{slug}`.
#[server(prefix = "/admin", endpoint = "upstream-password")]
pub async fn set_upstream_password(
    slug: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    with_status(on_server::set_password(&slug, password).await)
}

/// The button "Test connection" of `/admin/upstreams/{slug}`.
#[server(prefix = "/admin", endpoint = "upstream-ping")]
pub async fn ping_upstream(slug: String) -> Result<(), ApiError> {
    with_status(on_server::ping(&slug).await)
}

/// The form of `/admin/upstreams/{slug}/import`: reads a table and keeps it.
#[server(prefix = "/admin", endpoint = "upstream-read")]
pub async fn read_upstream_table(
    slug: String,
    source: String,
    #[server(default)] family: String,
    #[server(default)] table: String,
) -> Result<(), ApiError> {
    with_status(on_server::read_table(&slug, source, family, table).await)
}

/// The button "Apply" of `/admin/upstreams/{slug}/import`.
#[server(prefix = "/admin", endpoint = "upstream-apply")]
pub async fn apply_upstream_import(
    slug: String,
    import: String,
    hash: String,
) -> Result<(), ApiError> {
    with_status(on_server::apply(&slug, &import, &hash).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::StatusCode;
    use domain::{Currency, Money};
    use portal::accounts::{
        AccountError, BalanceFunction, By, ImportError, NewAccount, Ordering, Preset, Settings,
        Source, Wrong, dialects_from_text, families_from_text, families_to_text,
        functions_from_text,
    };
    use portal::licenses::ChangeRule;
    use portal::locale::Locale;
    use portal::people::Permission;

    use crate::api::ApiError;
    use crate::context::{Context, Refused, context, see_other};
    use crate::{format, t};

    pub struct NewForm {
        pub slug: String,
        pub preset: String,
        pub name: String,
        pub base_url: String,
        pub username: String,
        pub currency: String,
    }

    type Values = BTreeMap<String, String>;
    type Fields = BTreeMap<&'static str, String>;

    const LIST: &str = "/admin/upstreams";
    const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

    fn page_of(slug: &str) -> String {
        format!("{LIST}/{}", format::query(slug))
    }

    fn owned(fields: Fields) -> Values {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub async fn add(form: NewForm, password: String) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        let preset = Preset::from_word(&form.preset);
        // What is left empty is as the shipped table has it.
        let mut settings = Settings::like(preset);
        for (place, given) in [
            (&mut settings.name, &form.name),
            (&mut settings.base_url, &form.base_url),
            (&mut settings.username, &form.username),
        ] {
            if !given.trim().is_empty() {
                place.clone_from(given);
            }
        }
        let shipped =
            preset.and_then(|preset| preset.table().ok()).and_then(|table| table.currency);
        let currency = match form.currency.trim() {
            "" => shipped,
            code => Currency::from_code(&code.to_ascii_uppercase()),
        };
        let values = owned(
            [
                ("slug", form.slug.clone()),
                ("preset", form.preset),
                ("name", form.name),
                ("base_url", form.base_url),
                ("username", form.username),
                ("currency", form.currency),
            ]
            .into(),
        );
        let slug = form.slug.trim().to_owned();
        let no_password = password.is_empty();
        let new = NewAccount { slug: slug.clone(), currency, settings, password: password.into() };
        match cx.portal.add_account(By::Staff(staff), new).await {
            Ok(_) => {
                see_other(&format!("{}?done=added", page_of(&slug)));
                Ok(())
            }
            Err(error) => refused(&cx, LIST.to_owned(), values, no_password, error),
        }
    }

    pub async fn set(slug: &str, version: i32, fields: Fields) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        let by = By::Staff(staff);
        let page = page_of(slug);
        let known = match cx.portal.account(by, slug).await {
            Ok(known) => known,
            Err(error) => return refused(&cx, page, owned(fields), false, error),
        };
        let settings = match read_settings(known.settings, known.currency, &fields) {
            Ok(settings) => settings,
            Err(wrong) => {
                return refused(&cx, page, owned(fields), false, AccountError::Wrong(wrong));
            }
        };
        match cx.portal.set_account(by, slug, version, settings).await {
            Ok(()) => {
                see_other(&format!("{page}?done=set"));
                Ok(())
            }
            Err(error) => refused(&cx, page, owned(fields), false, error),
        }
    }

    fn read_settings(
        mut settings: Settings,
        currency: Currency,
        fields: &Fields,
    ) -> Result<Settings, Vec<(&'static str, Wrong)>> {
        fn number<T: std::str::FromStr>(
            place: &mut T,
            name: &'static str,
            fields: &Fields,
            wrong: &mut Vec<(&'static str, Wrong)>,
        ) {
            match fields.get(name).map(|text| text.trim().parse()) {
                Some(Ok(value)) => *place = value,
                _ => wrong.push((name, Wrong::Shape)),
            }
        }
        let get = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
        let mut wrong = Vec::new();
        get("name").clone_into(&mut settings.name);
        get("base_url").clone_into(&mut settings.base_url);
        get("username").clone_into(&mut settings.username);
        settings.enabled = !get("enabled").is_empty();
        settings.module_names_parent = !get("module_names_parent").is_empty();
        settings.renews_there = !get("renews_there").is_empty();
        match dialects_from_text(get("dialects")) {
            Some(families) => settings.dialects = Some(families),
            None => wrong.push(("dialects", Wrong::Shape)),
        }
        match families_from_text(get("unmarked")) {
            Some(families) => settings.unmarked = families,
            None => wrong.push(("unmarked", Wrong::Shape)),
        }
        settings.preset = Preset::from_word(get("preset"));
        settings.balance_function = BalanceFunction::from_word(get("balance_function"));
        match Ordering::from_word(get("ordering")) {
            Some(ordering) => settings.ordering = ordering,
            None => wrong.push(("ordering", Wrong::Shape)),
        }
        match ChangeRule::from_word(get("change_rule")) {
            Some(rule) => settings.change_rule = rule,
            None => wrong.push(("change_rule", Wrong::Shape)),
        }
        settings.low_balance = match get("low_balance") {
            "" => None,
            text => {
                let low = Money::parse(text, currency).ok();
                if low.is_none() {
                    wrong.push(("low_balance", Wrong::Shape));
                }
                low.map(Money::amount)
            }
        };
        match functions_from_text(get("functions")) {
            Some(functions) => settings.functions = functions,
            None => wrong.push(("functions", Wrong::Shape)),
        }
        let limits = &mut settings.limits;
        match get("calls_per_minute") {
            "" => limits.calls_per_minute = None,
            text => match text.parse() {
                Ok(calls) => limits.calls_per_minute = Some(calls),
                Err(_) => wrong.push(("calls_per_minute", Wrong::Shape)),
            },
        }
        number(&mut limits.kept_suspended_days, "kept_suspended_days", fields, &mut wrong);
        number(&mut limits.max_concurrency, "max_concurrency", fields, &mut wrong);
        number(&mut limits.max_attempts, "max_attempts", fields, &mut wrong);
        for (place, name) in [
            (&mut limits.connect_timeout_ms, "connect_timeout_ms"),
            (&mut limits.call_timeout_ms, "call_timeout_ms"),
            (&mut limits.check_timeout_ms, "check_timeout_ms"),
            (&mut limits.send_deadline_ms, "send_deadline_ms"),
            (&mut limits.lease_ms, "lease_ms"),
            (&mut limits.quiet_window_ms, "quiet_window_ms"),
            (&mut limits.second_sighting_ms, "second_sighting_ms"),
            (&mut limits.resend_within_ms, "resend_within_ms"),
            (&mut limits.undo_window_ms, "undo_window_ms"),
        ] {
            number(place, name, fields, &mut wrong);
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    pub async fn set_password(slug: &str, password: String) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        let by = By::Staff(staff);
        let no_password = password.is_empty();
        match cx.portal.set_account_password(by, slug, &password.into()).await {
            Ok(()) => {
                see_other(&format!("{}?done=password", page_of(slug)));
                Ok(())
            }
            Err(error) => refused(&cx, page_of(slug), Values::new(), no_password, error),
        }
    }

    pub async fn ping(slug: &str) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        match cx.portal.ping_account(By::Staff(staff), slug).await {
            Ok(_) => {
                see_other(&format!("{}?done=ping#ping", page_of(slug)));
                Ok(())
            }
            Err(error) => refused(&cx, page_of(slug), Values::new(), false, error),
        }
    }

    /// The fields of both forms, in the order in which they stand there.
    const ORDER: [&str; 22] = [
        "slug",
        "name",
        "base_url",
        "currency",
        "username",
        "password",
        "ordering",
        "low_balance",
        "change_rule",
        "calls_per_minute",
        "max_concurrency",
        "kept_suspended_days",
        "connect_timeout_ms",
        "call_timeout_ms",
        "check_timeout_ms",
        "send_deadline_ms",
        "lease_ms",
        "quiet_window_ms",
        "second_sighting_ms",
        "dialects",
        "functions",
        "unmarked",
    ];

    /// The page again, with what was typed and what is wrong with it. A password is never among the
    /// values, so that its absence is told apart.
    fn refused(
        cx: &Context,
        page: String,
        values: Values,
        no_password: bool,
        error: AccountError,
    ) -> Result<(), ApiError> {
        let locale = cx.locale;
        let (status, errors) = match error {
            AccountError::Forbidden | AccountError::NoSuchAccount => {
                return Err(ApiError::NotFound);
            }
            AccountError::Internal(error) => return Err(cx.failed(&error)),
            AccountError::Stale => {
                (StatusCode::CONFLICT, vec![(String::new(), t!(locale, "upstream-changed"))])
            }
            AccountError::Dialects(families) => {
                let families = families_to_text(&families);
                let text = t!(locale, "upstream-families-used", families = families);
                (StatusCode::CONFLICT, vec![("dialects".to_owned(), text)])
            }
            AccountError::Wrong(mut wrong) => {
                wrong.sort_by_key(|(field, _)| ORDER.iter().position(|known| known == field));
                let is_empty = |field: &str| match field {
                    "password" => no_password,
                    _ => values.get(field).is_none_or(|typed| typed.trim().is_empty()),
                };
                let errors = wrong.into_iter().map(|(field, why)| {
                    (field.to_owned(), in_words(locale, field, why, is_empty(field)))
                });
                (BAD, errors.collect())
            }
        };
        Err(cx.refuse(Refused { page, errors, values, status }))
    }

    fn in_words(locale: Locale, field: &str, why: Wrong, is_empty: bool) -> String {
        match why {
            Wrong::Shape if is_empty && field == "name" => t!(locale, "upstream-no-name"),
            Wrong::Shape if is_empty && field == "username" => t!(locale, "upstream-no-user"),
            Wrong::Shape if is_empty && field == "password" => t!(locale, "upstream-no-password"),
            Wrong::Url if is_empty => t!(locale, "upstream-no-url"),
            Wrong::Shape => match field {
                "slug" => t!(locale, "code-bad"),
                "currency" => t!(locale, "upstream-bad-currency"),
                "password" => t!(locale, "upstream-bad-password"),
                "dialects" => t!(locale, "upstream-families-none"),
                "functions" => t!(locale, "upstream-bad-functions"),
                "low_balance" => t!(locale, "upstream-bad-low-balance"),
                "username" => t!(locale, "upstream-bad-user"),
                _ => t!(locale, "upstream-bad-value"),
            },
            Wrong::Range(least, most) => {
                t!(locale, "upstream-bad-range", least = least, most = most)
            }
            Wrong::Url => t!(locale, "upstream-bad-url"),
            Wrong::Insecure => t!(locale, "upstream-insecure"),
            Wrong::Internal => t!(locale, "upstream-internal"),
            Wrong::Taken => t!(locale, "upstream-taken"),
            Wrong::Busy => t!(locale, "upstream-busy"),
            Wrong::ShortLease => t!(locale, "upstream-short-lease"),
        }
    }

    pub async fn read_table(
        slug: &str,
        source: String,
        family: String,
        table: String,
    ) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        let page = format!("{}/import", page_of(slug));
        let wanted = Source::from_word(&source).ok_or(ApiError::Malformed)?;
        let into = Some(family.as_str()).filter(|family| !family.is_empty());
        let begun = cx.portal.begin_import(By::Staff(staff), slug, wanted, &table, into).await;
        let values = owned([("source", source), ("family", family), ("table", table)].into());
        match begun {
            Ok(_) => {
                see_other(&format!("{page}?done=read#difference"));
                Ok(())
            }
            Err(error) => import_refused(&cx, page, values, error),
        }
    }

    pub async fn apply(slug: &str, import: &str, hash: &str) -> Result<(), ApiError> {
        let cx = context();
        let staff = cx.staff_who_may(Permission::ManageVendors)?;
        let page = format!("{}/import", page_of(slug));
        let import = import.parse().map_err(|_| ApiError::NotFound)?;
        match cx.portal.apply_import(By::Staff(staff), slug, import, hash).await {
            Ok(count) => {
                see_other(&format!("{page}?done=applied&count={count}"));
                Ok(())
            }
            Err(error) => import_refused(&cx, page, Values::new(), error),
        }
    }

    fn import_refused(
        cx: &Context,
        page: String,
        values: Values,
        error: ImportError,
    ) -> Result<(), ApiError> {
        let locale = cx.locale;
        let (status, field, text) = match error {
            ImportError::Forbidden | ImportError::NoSuchAccount | ImportError::NoSuchImport => {
                return Err(ApiError::NotFound);
            }
            ImportError::Internal(error) => return Err(cx.failed(&error)),
            ImportError::Family => (BAD, "family", t!(locale, "import-bad-family")),
            ImportError::Currency => (BAD, "table", t!(locale, "import-bad-currency")),
            ImportError::Table(error) => {
                (BAD, "table", t!(locale, "import-bad-table", why = error.to_string()))
            }
            ImportError::Vendor(why) => (BAD, "source", t!(locale, "import-no-list", why = why)),
            ImportError::UnderWay => (StatusCode::CONFLICT, "", t!(locale, "import-under-way")),
            ImportError::Stale => (StatusCode::CONFLICT, "", t!(locale, "import-stale")),
        };
        Err(cx.refuse(Refused { page, errors: vec![(field.to_owned(), text)], values, status }))
    }
}
