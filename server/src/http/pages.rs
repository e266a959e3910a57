//! Pages as they leave: whole, valid, and without scripts where nothing is alive.
//!
//! Leptos appends its bookkeeping for the browser after `</html>` and marks places for hydration
//! all over the page, by comments that a browser understands and HTML does not allow. Where a page
//! has islands the bookkeeping moves into its body and the marks become valid comments; where it
//! has none, both are left out.
//!
//! Browsers get them as brotli from here, not from the compression layer: that one streams, does not
//! know how short a page is, and fills megabytes of tables for each.

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
/// What nginx compresses with on the fly.
const QUALITY: i32 = 4;
/// 64 KiB look back as far as nearly every page is long.
const WINDOW: i32 = 16;

pub(super) async fn tidy(request: Request, next: Next) -> Response {
    let alive = app::route_needs_islands(request.uri().path());
    let brotli = takes_brotli(request.headers());
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
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    let small = if brotli { compressed(page.as_bytes()) } else { None };
    let body = match small {
        Some(small) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            small
        }
        None => page.into_bytes(),
    };
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::from(body))
}

/// Whether the browser names brotli without refusing it.
fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|part| match part.split_once(';') {
            Some((name, weight)) => (!refuses(weight)).then_some(name),
            None => Some(part),
        })
        .any(|name| name.trim().eq_ignore_ascii_case("br"))
}

/// `q=0`, with or without zeros behind its point.
fn refuses(weight: &str) -> bool {
    let value = weight.trim().strip_prefix("q=");
    value.is_some_and(|value| value.trim().trim_matches(['0', '.']).is_empty())
}

/// The page as brotli, with tables of its own size; none if that fails.
fn compressed(page: &[u8]) -> Option<Vec<u8>> {
    let mut small = Vec::with_capacity(page.len() / 2);
    let params = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: page.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*page, &mut small, &params).ok()?;
    Some(small)
}

fn tidied(page: &str, alive: bool) -> String {
    let Some((document, tail)) = page.rsplit_once("</html>") else { return page.to_owned() };
    if !alive {
        return document.replace(MARK, "") + "</html>";
    }
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
    use axum::http::{HeaderMap, header};

    use super::{compressed, takes_brotli, tidied};

    #[test]
    fn brotli_is_for_those_who_name_it() {
        let takes = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, line.parse().unwrap());
            takes_brotli(&headers)
        };
        for line in ["br", "gzip, deflate, br, zstd", "gzip;q=1.0, BR;q=0.5"] {
            assert!(takes(line), "{line}");
        }
        for line in ["gzip", "br;q=0", "gzip, br; q=0.000", "identity", "*"] {
            assert!(!takes(line), "{line}");
        }
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let page = "<p>the same again</p>".repeat(10_000);
        let small = compressed(page.as_bytes()).unwrap();
        assert!(small.len() < page.len() / 100);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
        assert_eq!(back, page.as_bytes());
    }

    #[test]
    fn bookkeeping_moves_into_the_body_or_away() {
        let page = "<html><body><p>a<!></p></body><!></html><!><script>x</script>";
        assert_eq!(tidied(page, false), "<html><body><p>a</p></body></html>");
        let alive = "<html><body><p>a<!----></p><script>x</script></body></html>";
        assert_eq!(tidied(page, true), alive);
        assert_eq!(tidied("not a page", true), "not a page");
    }
}
