//! The link of the welcome mail. It is followed by GET, as mails cannot do otherwise; it works for
//! the account that the mail was sent for only, signed in, so that neither a mail scanner nor a
//! stranger proves anything with it.

use leptos::prelude::*;

use super::login::home;
use super::{Shown, frame, page};
use crate::api::ApiError;
use crate::components::{ButtonKind, LinkButton};
use crate::context::Context;
use crate::t;

/// `/verify?token=…`
#[component]
pub fn Verify() -> impl IntoView {
    page(verify)
}

async fn verify(cx: Context) -> Shown {
    let locale = cx.locale;
    let token = cx.query("token").unwrap_or_default();
    let user = cx.viewer.user().ok_or(ApiError::SignIn)?;
    let proved = cx.portal.prove_email(user, &token).await.map_err(|error| cx.failed(&error))?;
    // A mail program that looks at links first has spent this one already.
    let known = cx.viewer.customer().is_some_and(|viewer| viewer.email_verified);
    let (title, text) = if proved || known {
        (t!(locale, "verify-done"), t!(locale, "verify-done-text"))
    } else {
        (t!(locale, "verify-spent"), t!(locale, "verify-spent-text"))
    };
    let (href, label) = match home(&cx.viewer) {
        Some(href) => (href, t!(locale, "go-on")),
        None => ("/login", t!(locale, "shell-sign-in")),
    };
    let main = view! {
        <div class="error-page">
            <h1>{title.clone()}</h1>
            <p class="lead">{text}</p>
            <div class="actions">
                <LinkButton href=href kind=ButtonKind::Primary size="btn-lg">
                    {label}
                </LinkButton>
                <LinkButton href="/catalog" size="btn-lg">
                    {t!(locale, "go-catalog")}
                </LinkButton>
            </div>
        </div>
    }
    .into_any();
    frame::shop(&cx, &title, main).await
}
