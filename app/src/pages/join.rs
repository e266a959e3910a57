//! Making an account.

use leptos::prelude::*;
use portal::people::PASSWORD_MIN;

use super::login::{hidden_next, home, order_kept, with_next};
use super::{Shown, frame, go, page, refusal};
use crate::components::Field;
use crate::context::{Context, inside};
use crate::t;

/// `/join`
#[component]
pub fn Join() -> impl IntoView {
    page(join)
}

async fn join(cx: Context) -> Shown {
    let locale = cx.locale;
    let next = cx.query("next").map(|next| inside(&next)).unwrap_or_default();
    if let Some(home) = home(&cx.viewer) {
        return Ok(go(if next.is_empty() { home } else { &next }));
    }
    let title = t!(locale, "join-title");
    let main = view! {
        <div class="narrow">
            <div class="narrow-head">
                <h1>{title.clone()}</h1>
                <p>
                    {t!(locale, "join-known")} " "
                    <a href=with_next("/login", &next)>{t!(locale, "shell-sign-in")}</a>
                </p>
            </div>
            {order_kept(&cx, &next)}
            {refusal(&cx, t!(locale, "join-refused-title"))}
            <form class="form" method="post" action="/join">
                {hidden_next(next)}
                <Field
                    label=t!(locale, "field-email")
                    name="email"
                    kind="email"
                    value=cx.typed("email")
                    error=cx.error_of("email")
                    hint=t!(locale, "join-email-hint")
                    autocomplete="username"
                    required=true
                />
                <Field
                    label=t!(locale, "field-password")
                    name="password"
                    kind="password"
                    error=cx.error_of("password")
                    hint=t!(locale, "join-password-hint", min = PASSWORD_MIN)
                    autocomplete="new-password"
                    required=true
                />
                <button class="btn btn-primary btn-lg btn-block" type="submit">
                    {t!(locale, "join-button")}
                </button>
            </form>
        </div>
    }
    .into_any();
    frame::shop(&cx, &title, main).await
}
