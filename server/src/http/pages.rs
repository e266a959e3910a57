//! Pages as they leave: whole, valid, and without scripts where nothing is alive.
//!
//! Leptos appends its bookkeeping for the browser after `</html>` and marks places for hydration
//! all over the page, by comments that a browser understands and HTML does not allow. Where a page
//! has islands the bookkeeping moves into its body and the marks become valid comments; where it
//! has none, both are left out.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The largest page: far beyond any real one.
const LIMIT: usize = 8 << 20;
/// How Leptos writes an empty comment, and how HTML does; both become the same node.
const MARK: &str = "<!>";
const VALID_MARK: &str = "<!---->";

pub(super) async fn tidy(request: Request, next: Next) -> Response {
    let alive = app::route_needs_islands(request.uri().path());
    let (mut parts, body) = next.run(request).await.into_parts();
    if !is_html(&parts.headers) {
        return Response::from_parts(parts, body);
    }
    let page = match axum::body::to_bytes(body, LIMIT).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            tracing::error!(%error, "a page was not rendered to its end");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let page = tidied(&page, alive);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(page.len()));
    Response::from_parts(parts, Body::from(page))
}

fn tidied(page: &str, alive: bool) -> String {
    let Some((document, tail)) = page.rsplit_once("</html>") else { return page.to_owned() };
    if !alive {
        return document.replace(MARK, "") + "</html>";
    }
    // Leptos writes the nonce into `crossorigin`, where it means nothing and is not valid.
    let nonce = document.split_once(" nonce=\"").and_then(|(_, rest)| rest.split_once('"'));
    let document = match nonce {
        Some((nonce, _)) => {
            document.replace(&format!("crossorigin=\"{nonce}\""), "crossorigin=\"anonymous\"")
        }
        None => document.to_owned(),
    };
    match document.rsplit_once("</body>") {
        Some((body, rest)) => {
            let body = body.replace(MARK, VALID_MARK);
            let tail = tail.trim_start_matches(MARK);
            [&body, tail, "</body>", &rest.replace(MARK, ""), "</html>"].concat()
        }
        None => page.to_owned(),
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"))
}

#[cfg(test)]
mod tests {
    use super::tidied;

    #[test]
    fn bookkeeping_moves_into_the_body_or_away() {
        let page = "<html><body><p>a<!></p></body><!></html><!><script>x</script>";
        assert_eq!(tidied(page, false), "<html><body><p>a</p></body></html>");
        let alive = "<html><body><p>a<!----></p><script>x</script></body></html>";
        assert_eq!(tidied(page, true), alive);
        let head =
            "<html><link crossorigin=\"n1\"><script nonce=\"n1\"></script><body></body></html>";
        assert!(tidied(head, true).contains("<link crossorigin=\"anonymous\">"));
        assert_eq!(tidied("not a page", true), "not a page");
    }
}
