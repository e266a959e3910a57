//! What went wrong, in words, with a way on.

use axum::http::StatusCode;
use leptos::prelude::*;
use portal::people::Viewer;

use super::{frame, go};
use crate::api::ApiError;
use crate::components::{ButtonKind, LinkButton};
use crate::context::{Context, context, set_status};
use crate::{format, t};

/// The page of an address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    of_status(&context(), StatusCode::NOT_FOUND)
}

/// What an error means to whoever asked for the page.
pub fn of(cx: &Context, error: ApiError) -> AnyView {
    match error {
        ApiError::SignIn => match cx.viewer {
            // Staff have no wallet and no licenses; their place is the desk.
            Viewer::Staff(_) => go("/admin"),
            Viewer::Guest | Viewer::Customer(_) => {
                go(&format!("/login?next={}", format::query(&cx.address)))
            }
        },
        ApiError::NotFound => of_status(cx, StatusCode::NOT_FOUND),
        ApiError::Malformed => of_status(cx, StatusCode::BAD_REQUEST),
        ApiError::Away => of_status(cx, StatusCode::SERVICE_UNAVAILABLE),
        ApiError::Refused | ApiError::Failed => of_status(cx, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The page of a status.
pub fn of_status(cx: &Context, status: StatusCode) -> AnyView {
    set_status(status);
    let locale = cx.locale;
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (t!(locale, "error-404-title"), t!(locale, "error-404-text")),
        StatusCode::SERVICE_UNAVAILABLE => {
            (t!(locale, "error-503-title"), t!(locale, "error-503-text"))
        }
        StatusCode::FORBIDDEN => (t!(locale, "error-403-title"), t!(locale, "error-403-text")),
        status if status.is_client_error() => {
            (t!(locale, "error-400-title"), t!(locale, "error-400-text"))
        }
        _ => (t!(locale, "error-500-title"), t!(locale, "error-500-text")),
    };
    let (home, home_label) = match cx.viewer {
        Viewer::Staff(_) => ("/admin", t!(locale, "nav-desk")),
        Viewer::Customer(_) => ("/my", t!(locale, "nav-overview")),
        Viewer::Guest => ("/login", t!(locale, "shell-sign-in")),
    };
    let main = view! {
        <div class="error-page">
            <p class="error-code">{status.as_u16().to_string()}</p>
            <h1>{title.clone()}</h1>
            <p class="lead">{text}</p>
            <div class="actions">
                <LinkButton href="/catalog" kind=ButtonKind::Primary size="btn-lg">
                    {t!(locale, "go-catalog")}
                </LinkButton>
                <LinkButton href=home size="btn-lg">
                    {home_label}
                </LinkButton>
            </div>
        </div>
    }
    .into_any();
    frame::shop_without_database(cx, &title, None, main)
}
