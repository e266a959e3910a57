//! HTTP: which layers a request passes, from the outside in.
//!
//! 1. connection limits and timeouts ([`listen`])
//! 2. every answer gets the security headers ([`security`]), panics become a 500
//! 3. panels that fetch prices are answered ([`panels`])
//! 4. no mutation from another site ([`security::same_site`])
//! 5. the session ([`sessions`]), then who asks and in which language ([`context`])
//! 6. a refused form is shown again ([`forms`]), pages are tidied ([`pages`])
//! 7. Leptos routes and server functions, lists as files ([`csv`]), static files, health

mod context;
mod csv;
mod files;
mod forms;
mod health;
mod listen;
mod pages;
mod panels;
mod routes;
mod security;
mod sessions;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use domain::Currency;
use leptos::config::{Env, LeptosOptions};
use leptos_axum::{LeptosRoutes, generate_route_list};
use portal::Portal;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

pub use files::Site;
pub(crate) use listen::listen;
pub use routes::Routes;
pub use sessions::COOKIE;

/// The largest body of a form.
const BODY_LIMIT: usize = 64 << 10;
/// Between two pieces of a request's body.
const BODY_PAUSE: Duration = Duration::from_secs(10);
/// A whole request.
const REQUEST: Duration = Duration::from_secs(15);

/// What the outside is told and believed.
#[derive(Debug, Clone)]
pub struct Facing {
    /// Proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// In which panels are told prices.
    pub panel_currency: Currency,
    /// Whom customers write to.
    pub support: Option<String>,
}

impl Default for Facing {
    fn default() -> Self {
        Self { trusted_proxies: Vec::new(), panel_currency: Currency::EUR, support: None }
    }
}

/// Everything that this server answers.
pub fn router(portal: &Portal, site: &Site, facing: &Facing) -> Router {
    let options = leptos_options(site);
    let routes = generate_route_list(app::App);
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes, app::context::provide, app::shell)
        .fallback(leptos_axum::render_app_async_with_context(app::context::provide, app::shell))
        .with_state(options)
        .merge(csv::routes());
    let sessions = SessionManagerLayer::new(sessions::PgStore(portal.clone()))
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_secure(true)
        .with_http_only(true)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(portal::sessions::IDLE));
    let state = context::Source {
        portal: portal.clone(),
        site: Arc::new(app::context::Site {
            files: site.manifest.clone(),
            support: facing.support.clone(),
        }),
        trusted_proxies: facing.trusted_proxies.as_slice().into(),
    };
    // A layer runs behind the routing of its own router. Showing a form again means to route again,
    // so the routes are the inside of another router.
    let pages = Router::new()
        .fallback_service(pages.layer(from_fn(pages::tidy)))
        .layer(from_fn(forms::show_again))
        .layer(from_fn_with_state(state, context::provide))
        .layer(sessions)
        .layer(from_fn(sessions::let_go))
        .layer(from_fn(security::same_site))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(TimeoutLayer::with_status_code(http::StatusCode::REQUEST_TIMEOUT, REQUEST))
        .layer(CompressionLayer::new());
    let panels = panels::Door::new(portal.clone(), facing.panel_currency);
    dressed(
        Router::new()
            .route("/healthz", get(health::alive))
            .route("/readyz", get(health::ready).with_state(portal.clone()))
            .nest_service("/pkg", files::immutable(site, "pkg"))
            .nest_service("/assets", files::immutable(site, "assets"))
            .route("/robots.txt", files::at_the_top(site, "robots.txt"))
            .fallback_service(pages)
            .layer(from_fn_with_state(panels, panels::prices)),
    )
}

/// What every answer gets, whoever gave it; a panic's is no exception.
fn dressed(router: Router) -> Router {
    router.layer(CatchPanicLayer::new()).layer(from_fn(security::headers))
}

fn leptos_options(site: &Site) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("portal")
        .site_root(site.folder.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .build()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn a_panic_is_an_answer_with_all_headers() {
        async fn broken() -> &'static str {
            panic!("on purpose")
        }
        let router = super::dressed(Router::new().route("/", get(broken)));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), 500);
        assert!(answer.headers().contains_key("content-security-policy"));
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
}
