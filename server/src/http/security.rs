//! Headers that every answer has, and the rule against mutations from other sites.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::sessions::COOKIE;

/// For answers that bring no policy with a nonce of their own.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

static FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Forms without scripts are led back by the referrer, so it stays within this site.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
];

pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Once, and not in three steps.
    headers.reserve(FIXED.len() + 3);
    for (name, value) in &FIXED {
        headers.insert(name, value.clone());
    }
    // Whoever may be kept says so; a proxy has no use for errors and health.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers
        .entry(header::STRICT_TRANSPORT_SECURITY)
        .or_insert(HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    response
}

/// Refuses what could change something when another site's page asked for it.
pub(super) async fn same_site(request: Request, next: Next) -> Response {
    if is_same_site(request.method(), request.headers()) {
        next.run(request).await
    } else {
        tracing::warn!(path = request.uri().path(), "a mutation from another site was refused");
        (StatusCode::FORBIDDEN, "This request came from another site and was not carried out.\n")
            .into_response()
    }
}

/// Browsers say where a request comes from (`Sec-Fetch-Site`, older ones `Origin`). Who says
/// neither is no browser, and has no session that could be abused.
fn is_same_site(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = value(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    match (value(header::ORIGIN), value(header::HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        (Some(_), None) => false,
        (None, _) => !has_session(headers),
    }
}

fn has_session(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .any(|line| line.to_str().map_or(true, |line| line.contains(COOKIE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_same_site(&Method::POST, &headers)
    }

    #[test]
    fn only_this_site_changes_things() {
        let session = ("cookie", "x=1; __Host-session=abc");
        let host = ("host", "shop.example");
        assert!(post(&[("sec-fetch-site", "same-origin"), session]));
        assert!(post(&[("sec-fetch-site", "none"), session]));
        assert!(!post(&[("sec-fetch-site", "cross-site"), session]));
        assert!(!post(&[("sec-fetch-site", "same-site"), session]));
        assert!(!post(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://shop.example"),
            host
        ]));
        assert!(post(&[("origin", "https://shop.example"), host, session]));
        assert!(!post(&[("origin", "https://evil.example"), host]));
        assert!(!post(&[("origin", "null"), host]));
        assert!(!post(&[host, session]));
        assert!(post(&[host]), "no browser and no session");
        assert!(is_same_site(&Method::GET, &HeaderMap::new()));
    }
}
