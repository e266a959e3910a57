//! What went wrong, in words, with a way on.

use axum::http::StatusCode;
use leptos::prelude::*;
use portal::people::Viewer;

use super::{frame, go, page};
use crate::api::ApiError;
use crate::components::{ButtonKind, LinkButton};
use crate::context::{Context, set_status};
use crate::{format, t};

/// The page of an address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    page(async |_| Err(ApiError::NotFound))
}

/// What an error means to whoever asked for the page.
pub async fn of(cx: &Context, error: ApiError) -> AnyView {
    let status = match error {
        ApiError::SignIn => {
            return match cx.viewer {
                // Staff have no wallet and no licenses; their place is the desk.
                Viewer::Staff(_) => go("/admin"),
                Viewer::Guest | Viewer::Customer(_) => {
                    go(&format!("/login?next={}", format::query(&cx.address)))
                }
            };
        }
        ApiError::NotFound => StatusCode::NOT_FOUND,
        ApiError::Malformed => StatusCode::BAD_REQUEST,
        ApiError::Away => StatusCode::SERVICE_UNAVAILABLE,
        ApiError::Refused | ApiError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    of_status(cx, status).await
}

/// The page of a status.
pub async fn of_status(cx: &Context, status: StatusCode) -> AnyView {
    set_status(status);
    let locale = cx.locale;
    let (title, text) = match status {
        StatusCode::NOT_FOUND => {
            let text = match cx.viewer {
                Viewer::Customer(_) => t!(locale, "error-404-text"),
                Viewer::Guest | Viewer::Staff(_) => t!(locale, "error-404-text-plain"),
            };
            (t!(locale, "error-404-title"), text)
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            (t!(locale, "error-503-title"), t!(locale, "error-503-text"))
        }
        StatusCode::FORBIDDEN => (t!(locale, "error-403-title"), t!(locale, "error-403-text")),
        status if status.is_client_error() => {
            (t!(locale, "error-400-title"), t!(locale, "error-400-text"))
        }
        _ => (t!(locale, "error-500-title"), t!(locale, "error-500-text")),
    };
    let catalog = ("/catalog", t!(locale, "go-catalog"));
    let (first, second) = match cx.viewer {
        Viewer::Staff(_) => (("/admin", t!(locale, "open-desk")), catalog),
        Viewer::Customer(_) => (catalog, ("/my", t!(locale, "nav-overview"))),
        Viewer::Guest => (catalog, ("/login", t!(locale, "shell-sign-in"))),
    };
    let main = view! {
        <div class="error-page">
            <p class="error-code">{status.as_u16().to_string()}</p>
            <h1>{title.clone()}</h1>
            <p class="lead">{text}</p>
            <div class="actions">
                <LinkButton href=first.0 kind=ButtonKind::Primary size="btn-lg">
                    {first.1}
                </LinkButton>
                <LinkButton href=second.0 size="btn-lg">
                    {second.1}
                </LinkButton>
            </div>
        </div>
    }
    .into_any();
    // Only where nothing is wrong with the portal itself is the database sure to answer.
    let balance = match status {
        StatusCode::NOT_FOUND => frame::shown_balance(cx).await.unwrap_or_default(),
        _ => None,
    };
    frame::shop_without_database(cx, &title, balance, main)
}
