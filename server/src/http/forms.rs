//! A refused form comes back: the page that has it is rendered again, in the same answer, with what
//! was typed, what is wrong, and a status that says so.

use std::sync::Arc;

use app::context::{Context, Refused};
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// Runs the request; when a server function refused a form that a browser posted, shows its page.
pub(super) async fn show_again(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !wants_page(request.headers()) {
        // `/buy` and the like exist as targets of forms only; a reload of their address leads on.
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        if asks && is_form_only(request.uri().path()) {
            return Redirect::to("/catalog").into_response();
        }
        return next.run(request).await;
    }
    let Some(context) = request.extensions().get::<Context>().cloned() else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let response = next.clone().run(Request::from_parts(parts.clone(), body)).await;
    let refused = match context.slot.take() {
        Some(refused) => refused,
        // A server function failed without a form to show again: a page tells of it, instead of a
        // redirect that carries the error in its address.
        None if response.headers().contains_key(FAILED) => {
            let status = match response.status() {
                status if status.is_redirection() => StatusCode::BAD_REQUEST,
                status => status,
            };
            if status == StatusCode::UNAUTHORIZED {
                return Redirect::to(&sign_in(&parts)).into_response();
            }
            Refused { page: "/".to_owned(), status, ..Refused::default() }
        }
        None => return response,
    };
    let status = refused.status;
    let Ok(uri) = refused.page.parse() else { return response };
    let mut parts = parts;
    parts.method = Method::GET;
    parts.uri = uri;
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    let address = refused.page.clone();
    let refused = Some(Arc::new(refused));
    parts.extensions.insert(Context { refused, address, ..context });
    let mut page = next.run(Request::from_parts(parts, Body::empty())).await;
    if page.status().is_success() {
        *page.status_mut() = status;
    }
    page
}

/// Whether this is the target of a form and no page: a server function whose address shows nothing.
fn is_form_only(path: &str) -> bool {
    let mut functions = leptos::server_fn::axum::server_fn_paths();
    !PAGES_WITH_FORMS.contains(&path) && functions.any(|(known, _)| known == path)
}

/// Pages whose form posts to the page's own address.
const PAGES_WITH_FORMS: [&str; 2] = ["/login", "/join"];

/// The header by which a server function says that it failed.
const FAILED: &str = "serverfnerror";

/// Where to sign in, and back to the page with the form.
fn sign_in(parts: &Parts) -> String {
    let referer = parts.headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = referer
        .and_then(|referer| referer.parse::<http::Uri>().ok())
        .and_then(|uri| uri.path_and_query().map(|page| page.as_str().to_owned()))
        .unwrap_or_else(|| "/my".to_owned());
    format!("/login?next={}", app::format::query(&page))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
