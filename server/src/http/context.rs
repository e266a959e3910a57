//! Who asks, in which language and colours; carried in the request's extensions.

use std::net::IpAddr;
use std::sync::Arc;

use app::context::{Context, RefusalSlot, Theme};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use portal::Portal;
use portal::locale::Locale;
use portal::people::Viewer;
use tower_sessions::Session;

use super::listen::Peer;
use super::sessions;

#[derive(Clone)]
pub(super) struct Source {
    pub portal: Portal,
    pub site: Arc<app::context::Site>,
    pub trusted_proxies: Arc<[IpAddr]>,
}

pub(super) async fn provide(
    State(source): State<Source>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let viewer = match viewer(&source.portal, &session).await {
        Ok(viewer) => viewer,
        Err(error) => {
            tracing::error!(%error, "the session cannot be read");
            return unavailable(&request);
        }
    };
    let headers = request.headers();
    let locale = viewer
        .locale()
        .or_else(|| cookie(headers, "__Host-lang").and_then(Locale::from_tag))
        .or_else(|| accepted(headers))
        .unwrap_or_default();
    let address = request
        .uri()
        .path_and_query()
        .map_or_else(|| "/".to_owned(), |address| address.as_str().to_owned());
    let context = Context {
        viewer,
        locale,
        theme: cookie(headers, "__Host-theme").map(Theme::from_word).unwrap_or_default(),
        place: place(&request, &source.trusted_proxies),
        address,
        session,
        site: Arc::clone(&source.site),
        refused: None,
        slot: RefusalSlot::default(),
        portal: source.portal,
    };
    let private = !matches!(context.viewer, Viewer::Guest);
    request.extensions_mut().insert(context);
    let mut response = next.run(request).await;
    // Pages of signed-in people are for them alone; forms carry ids that are used once.
    let keep = if private { "no-store" } else { "no-cache" };
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(http::HeaderValue::from_static(keep));
    response
}

/// Who this session belongs to. Without a cookie no table is touched; with one a single query tells
/// all, and the session itself is left alone.
async fn viewer(portal: &Portal, session: &Session) -> Result<Viewer, portal::Error> {
    let Some(id) = session.id() else { return Ok(Viewer::Guest) };
    if let Some(viewer) = portal.session_viewer(&sessions::key(id)).await? {
        return Ok(viewer);
    }
    // Found empty, it takes its cookie back.
    session.load().await.map_err(|error| portal::Error::Machine(error.to_string()))?;
    Ok(Viewer::Guest)
}

/// The database is away: a page without anything that needs it.
fn unavailable(request: &Request) -> Response {
    let russian = accepted(request.headers()) == Some(Locale::Ru);
    let (title, text) = if russian {
        (
            "Скоро вернёмся",
            "Портал временно недоступен. С вашими заказами и деньгами ничего не случилось: обновите страницу через минуту.",
        )
    } else {
        (
            "Back in a moment",
            "The portal is not available right now. Nothing happened to your orders or your money: reload the page in a minute.",
        )
    };
    let lang = if russian { "ru" } else { "en" };
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    );
    let headers = [(header::RETRY_AFTER, "5"), (header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response()
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The first language of ours in the order that the browser sends.
fn accepted(headers: &HeaderMap) -> Option<Locale> {
    let languages = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    languages
        .split(',')
        .find_map(|part| Locale::from_tag(part.split(';').next().unwrap_or(part).trim()))
}

/// The caller's address: the connection's, or what the outermost trusted proxy saw. Of IPv6 the
/// network counts, since a single customer has a whole /64 of addresses.
fn place(request: &Request, trusted: &[IpAddr]) -> String {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    let Some(peer) = peer else { return "unknown".to_owned() };
    if !trusted.contains(&peer) {
        return network(peer);
    }
    let hops: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    for hop in hops.into_iter().rev() {
        // Left of a hop that cannot be read anything may stand.
        let Ok(hop) = hop.parse::<IpAddr>() else { break };
        let hop = hop.to_canonical();
        if !trusted.contains(&hop) {
            return network(hop);
        }
    }
    network(peer)
}

fn network(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn from(peer: &str, forwarded: &str) -> String {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        place(&request, &[proxy])
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(from("203.0.113.9:1", "198.51.100.1"), "203.0.113.9");
        assert_eq!(from("10.0.0.1:1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(from("[::ffff:10.0.0.1]:1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(from("10.0.0.1:1", "1.1.1.1, 198.51.100.1, 10.0.0.1"), "198.51.100.1");
        assert_eq!(from("10.0.0.1:1", "6.6.6.6, 198.51.100.1:4711"), "10.0.0.1");
        assert_eq!(from("[2001:db8:1:2:3:4:5:6]:1", ""), "2001:db8:1:2::/64");
    }
}
