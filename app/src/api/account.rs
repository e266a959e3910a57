//! Signing up, in and out; language and theme.
#![expect(missing_docs, reason = "the macro makes a struct of every function's arguments")]

use leptos::prelude::*;

use super::ApiError;
#[cfg(feature = "ssr")]
use super::with_status;

/// The form of `/login`.
#[server(prefix = "", endpoint = "login")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    with_status(on_server::sign_in(email, password, next).await)
}

/// The form of `/join`.
#[server(prefix = "", endpoint = "join")]
pub async fn join(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    with_status(on_server::join(email, password, next).await)
}

/// The button "Sign out", and the one that leads to another account and back to the page.
#[server(prefix = "", endpoint = "logout")]
pub async fn sign_out(#[server(default)] next: String) -> Result<(), ApiError> {
    with_status(on_server::sign_out(next).await)
}

/// The language and theme switches.
#[server(prefix = "", endpoint = "preferences")]
pub async fn preferences(
    #[server(default)] lang: String,
    #[server(default)] theme: String,
    #[server(default)] back: String,
) -> Result<(), ApiError> {
    with_status(on_server::preferences(lang, theme, back).await)
}

#[cfg(feature = "ssr")]
mod on_server {
    use std::collections::BTreeMap;

    use axum::http::{HeaderValue, StatusCode, header};
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;
    use portal::locale::Locale;
    use portal::people::{JoinError, PASSWORD_MAX, PASSWORD_MIN, SignInError, Viewer};
    use portal::sessions::USER_KEY;
    use uuid::Uuid;

    use crate::api::ApiError;
    use crate::context::{Context, Refused, Theme, context, inside, see_other};
    use crate::t;

    fn page(path: &str, next: &str) -> String {
        if next.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?next={}", crate::format::query(next))
        }
    }

    fn typed(email: String) -> BTreeMap<String, String> {
        BTreeMap::from([("email".to_owned(), email)])
    }

    /// A new session id at every change of who is signed in, so that a planted one is worthless.
    async fn enter(cx: &Context, user: Uuid, next: &str) -> Result<(), ApiError> {
        let failed = |error: tower_sessions::session::Error| {
            cx.failed(&portal::Error::Machine(format!("session: {error}")))
        };
        cx.session.cycle_id().await.map_err(failed)?;
        cx.session.insert(USER_KEY, user).await.map_err(failed)?;
        let home = match cx.portal.viewer(user).await.map_err(|error| cx.failed(&error))? {
            Viewer::Staff(_) => "/admin",
            Viewer::Customer(_) | Viewer::Guest => "/my",
        };
        see_other(&if next.is_empty() { home.to_owned() } else { inside(next) });
        Ok(())
    }

    pub async fn sign_in(email: String, password: String, next: String) -> Result<(), ApiError> {
        let cx = context();
        // Which of the two is wrong is not told, so no field is marked.
        let refuse = |status, message: String, email| {
            Err(cx.refuse(Refused {
                page: page("/login", &next),
                errors: vec![(String::new(), message)],
                values: typed(email),
                status,
            }))
        };
        match cx.portal.sign_in(&email, &password, &cx.place).await {
            Ok(user) => enter(&cx, user, &next).await,
            Err(SignInError::Wrong) => {
                refuse(StatusCode::UNPROCESSABLE_ENTITY, t!(cx.locale, "login-wrong"), email)
            }
            Err(SignInError::TooMany) => {
                refuse(StatusCode::TOO_MANY_REQUESTS, t!(cx.locale, "login-too-many"), email)
            }
            Err(SignInError::Blocked) => {
                refuse(StatusCode::FORBIDDEN, t!(cx.locale, "login-blocked"), email)
            }
            Err(SignInError::Internal(error)) => Err(cx.failed(&error)),
        }
    }

    pub async fn join(email: String, password: String, next: String) -> Result<(), ApiError> {
        let cx = context();
        let (field, message, status) =
            match cx.portal.join(&email, &password, cx.locale, &cx.place).await {
                Ok(user) => return enter(&cx, user, &next).await,
                Err(JoinError::Internal(error)) => return Err(cx.failed(&error)),
                Err(JoinError::TooMany) => {
                    ("email", t!(cx.locale, "login-too-many"), StatusCode::TOO_MANY_REQUESTS)
                }
                Err(JoinError::Email) => {
                    ("email", t!(cx.locale, "join-bad-email"), StatusCode::UNPROCESSABLE_ENTITY)
                }
                Err(JoinError::Password) => (
                    "password",
                    t!(cx.locale, "join-bad-password", min = PASSWORD_MIN, max = PASSWORD_MAX),
                    StatusCode::UNPROCESSABLE_ENTITY,
                ),
                Err(JoinError::CommonPassword) => (
                    "password",
                    t!(cx.locale, "join-common-password"),
                    StatusCode::UNPROCESSABLE_ENTITY,
                ),
            };
        Err(cx.refuse(Refused {
            page: page("/join", &next),
            errors: vec![(field.to_owned(), message)],
            values: typed(email),
            status,
        }))
    }

    pub async fn sign_out(next: String) -> Result<(), ApiError> {
        let cx = context();
        cx.session
            .flush()
            .await
            .map_err(|error| cx.failed(&portal::Error::Machine(format!("session: {error}"))))?;
        if next.is_empty() {
            see_other("/");
        } else {
            see_other(&page("/login", &inside(&next)));
        }
        Ok(())
    }

    pub async fn preferences(lang: String, theme: String, back: String) -> Result<(), ApiError> {
        let cx = context();
        let options = expect_context::<ResponseOptions>();
        let remember = |name: &str, value: &str| {
            let cookie =
                format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; Secure; HttpOnly");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                options.append_header(header::SET_COOKIE, cookie);
            }
        };
        if let Some(locale) = Locale::from_tag(&lang) {
            remember("__Host-lang", locale.as_str());
            if let Some(user) = cx.viewer.user() {
                cx.portal.set_locale(user, locale).await.map_err(|error| cx.failed(&error))?;
            }
        }
        if !theme.is_empty() {
            let theme = Theme::from_word(&theme);
            remember("__Host-theme", theme.attribute().unwrap_or("system"));
        }
        see_other(&inside(&back));
        Ok(())
    }
}
