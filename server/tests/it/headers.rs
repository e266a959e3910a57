//! What every answer carries, whoever gives it: pages, forms, files, health, errors.

use std::collections::BTreeSet;
use std::fs;

use axum::http::{HeaderMap, Method, StatusCode};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Answer, Browser, IP, TestPortal};

const STYLE: &str = "/pkg/portal.000000000000.css";
const SCRIPT: &str = "/pkg/portal.000000000000.js";
const ICONS: &str = "/assets/icons.000000000000.svg";

/// Everybody, and whether pages are for them alone.
struct Cast {
    people: [(&'static str, Browser, bool); 3],
    /// What may stand in the place of a parameter: ids of everything that exists, and of nothing.
    examples: Vec<String>,
}

/// A portal with a site on disk, and an order whose license was delivered.
async fn stage(pool: PgPool) -> (TestPortal, Cast, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    file(STYLE, "a{}");
    file(SCRIPT, "1");
    file("/pkg/portal.000000000000.wasm", "");
    file(ICONS, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    file("/robots.txt", "User-agent: *\n");
    file("/manifest.json", &format!("{{\"portal.css\":\"{STYLE}\",\"icons.svg\":\"{ICONS}\"}}"));
    let mut portal = TestPortal::new(pool).await;
    let site = server::http::Site::read(folder.path()).unwrap();
    portal.router = server::http::router(&portal.portal, &site, &server::http::Facing::default());

    let mut customer = portal.signed_in().await;
    customer.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    portal.settle().await;
    let staff = portal.sign_in(portal::demo::ADMIN).await;
    let ids: (Uuid, Uuid, Uuid, Uuid) = sqlx::query_as(
        "select l.order_id, l.id, l.customer_id, x.id
           from license l join operation x on x.order_id = l.order_id",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    let ids = [ids.0, ids.1, ids.2, ids.3, Uuid::now_v7()].map(|id| id.to_string());
    let names = ["isp6-lite", "public", "simulator", "ispmanager", "1"].map(str::to_owned);
    let examples = ids.into_iter().chain(names).collect();
    let people = [
        ("guest", Browser::default(), false),
        ("customer", customer, true),
        ("staff", staff, true),
    ];
    (portal, Cast { people, examples }, folder)
}

/// The addresses that a route stands for: each parameter filled with each example.
fn addresses(route: &str, examples: &[String]) -> Vec<String> {
    let Some((before, rest)) = route.split_once('{') else { return vec![route.to_owned()] };
    let after = rest.split_once('}').unwrap().1;
    examples
        .iter()
        .flat_map(|example| addresses(&format!("{before}{example}{after}"), examples))
        .collect()
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// What holds for each answer of this server.
fn check(what: &str, answer: &Answer) {
    let headers = &answer.headers;
    for (name, must) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(value(headers, name), must, "{what}: {name}");
        assert_eq!(headers.get_all(name).iter().count(), 1, "{what}: {name} once");
    }
    assert_eq!(headers.get_all("content-security-policy").iter().count(), 1, "{what}");
    let policy = value(headers, "content-security-policy");
    for part in [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self';",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{what}: {part} is not in {policy}");
    }
    for evil in ["unsafe-inline", "'unsafe-eval'", "unsafe-hashes", "*", "http:", "https:"] {
        assert!(!policy.contains(evil), "{what}: {evil} is in {policy}");
    }
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{what}: cache-control once");
    assert!(!headers.contains_key("server"), "{what} tells what it runs");
    for cookie in &answer.cookies {
        assert!(cookie.starts_with("__Host-"), "{what}: {cookie}");
        let attributes: BTreeSet<_> = cookie.split("; ").skip(1).collect();
        for must in ["Secure", "HttpOnly", "Path=/"] {
            assert!(attributes.contains(must), "{what}: {must} is not in {cookie}");
        }
        let strict = ["SameSite=Lax", "SameSite=Strict"];
        assert!(strict.iter().any(|same| attributes.contains(same)), "{what}: {cookie}");
        assert!(!cookie.contains("Domain="), "{what}: {cookie}");
    }
    if let Some(location) = &answer.location {
        assert!(location.starts_with('/') && !location.starts_with("//"), "{what}: {location}");
        assert!(answer.status.is_redirection(), "{what}: {} to {location}", answer.status);
    }
    if value(headers, "content-type").starts_with("text/html") {
        scripts(what, policy, &answer.body);
    }
}

/// A page without islands has no scripts, and a policy without a nonce; in others the nonce of the
/// policy is on the one inline script of the head.
fn scripts(what: &str, policy: &str, page: &str) {
    let nonce = policy.split_once("'nonce-").map(|(_, rest)| rest.split_once('\'').unwrap().0);
    for script in page.match_indices("<script").map(|(at, _)| &page[at..]) {
        let tag = script.split_once('>').unwrap().0;
        let nonce = nonce.unwrap_or_else(|| panic!("{what} has a script and no nonce"));
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{what}: {tag}");
    }
    assert!(!page.contains(" style=\""), "{what} has inline styles");
    for handler in [" onclick=", " onload=", " onerror=", "javascript:"] {
        assert!(!page.contains(handler), "{what} has {handler}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_as_everybody(pool: PgPool) {
    let (portal, mut cast, _site) = stage(pool).await;
    let routes = leptos_axum::generate_route_list(app::App);
    let mut paths: Vec<_> =
        routes.iter().flat_map(|route| addresses(route.path(), &cast.examples)).collect();
    paths.extend(["/no-such-page", "/my/no/such", "/admin/no/such", "/.env"].map(str::to_owned));
    let mut found = BTreeSet::new();
    let mut nonces = BTreeSet::new();
    for path in &paths {
        for (who, browser, private) in &mut cast.people {
            let what = format!("{path} as {who}");
            let answer = browser.get(&portal, path).await;
            check(&what, &answer);
            assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
            if answer.status != StatusCode::NOT_FOUND {
                found.insert(path.clone());
            }
            let keep = if *private { "no-store" } else { "no-cache" };
            assert_eq!(value(&answer.headers, "cache-control"), keep, "{what}");

            let policy = value(&answer.headers, "content-security-policy");
            let alive = app::route_needs_islands(path);
            assert_eq!(policy.contains("'nonce-"), alive, "{what}: {policy}");
            assert_eq!(policy.contains("'wasm-unsafe-eval'"), alive, "{what}: {policy}");
            if alive {
                assert!(nonces.insert(policy.to_owned()), "{what}: a nonce was used before");
            }

            let head = browser.raw(&portal, Method::HEAD, path, "").await;
            check(&format!("HEAD {what}"), &head);
            assert_eq!(head.status, answer.status, "HEAD {what}");
            assert_eq!(head.body, "", "HEAD {what}");
            for name in ["content-type", "cache-control", "location"] {
                assert_eq!(
                    value(&head.headers, name),
                    value(&answer.headers, name),
                    "HEAD {what}: {name}"
                );
            }
        }
    }
    // Each route was seen as a page, and not only as one that does not exist.
    for route in &routes {
        let examples = addresses(route.path(), &cast.examples);
        let unseen = ["/admin/pricelists/{group}/review"];
        assert!(
            examples.iter().any(|path| found.contains(path)) || unseen.contains(&route.path()),
            "{}",
            route.path()
        );
    }
}

/// Lists as files, and what panels read.
#[sqlx::test(migrations = "../migrations")]
async fn every_file_and_the_price_list(pool: PgPool) {
    let (portal, mut cast, _site) = stage(pool).await;
    let lists = app::exports::Export::ALL.map(|export| export.path().to_owned());
    let panels = ["/", "/billmgr", "/manager/billmgr"];
    let panels =
        panels.map(|path| format!("{path}?func=pricelist.export&itemtype=addition&out=xml"));
    for path in lists.into_iter().chain(panels) {
        for (who, browser, _) in &mut cast.people {
            let answer = browser.get(&portal, &path).await;
            check(&format!("{path} as {who}"), &answer);
            assert!(!answer.status.is_server_error(), "{path} as {who}: {}", answer.status);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_server_function_as_everybody(pool: PgPool) {
    let (portal, cast, _site) = stage(pool).await;
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        for (who, browser, _) in &cast.people {
            // Some end the session, so each call has one of its own.
            let mut browser = match *who {
                "customer" => portal.signed_in().await,
                "staff" => portal.sign_in(portal::demo::ADMIN).await,
                _ => browser.clone(),
            };
            let what = format!("GET {path} as {who}");
            check(&what, &browser.get(&portal, path).await);
            check(&what, &browser.raw(&portal, Method::HEAD, path, "").await);
            for body in ["", "a", "id=%FF&amount=x&plan=&back=//evil.example&next=//evil.example"] {
                let what = format!("POST {path} as {who} with {body:?}");
                let answer = browser.raw(&portal, Method::POST, path, body).await;
                check(&what, &answer);
                assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
                assert!(value(&answer.headers, "cache-control").starts_with("no-"), "{what}");
            }
            let foreign = browser.foreign(&portal, path, "").await;
            check(&format!("{path} from another site"), &foreign);
            assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn files_health_and_what_is_refused(pool: PgPool) {
    let (portal, cast, _site) = stage(pool).await;
    let mut guest = Browser::default();
    for path in [STYLE, SCRIPT, ICONS] {
        let answer = guest.get(&portal, path).await;
        check(path, &answer);
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(
            value(&answer.headers, "cache-control"),
            "public, max-age=31536000, immutable",
            "{path}"
        );
        let head = guest.raw(&portal, Method::HEAD, path, "").await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""), "HEAD {path}");
        check(path, &head);
    }
    let robots = guest.get(&portal, "/robots.txt").await;
    check("/robots.txt", &robots);
    assert_eq!(robots.status, StatusCode::OK);
    assert_eq!(value(&robots.headers, "cache-control"), "no-cache");
    for path in ["/healthz", "/readyz", "/pkg/no-such.css", "/assets/no-such.svg", "/pkg/", "/pkg"]
    {
        let answer = guest.get(&portal, path).await;
        check(path, &answer);
        assert!(!value(&answer.headers, "cache-control").contains("max-age"), "{path}");
    }
    for path in ["/assets/../manifest.json", "/pkg/..%2fmanifest.json", "/pkg/%2e%2e/manifest.json"]
    {
        let answer = guest.get(&portal, path).await;
        check(path, &answer);
        assert!(!answer.status.is_success(), "{path} leads out of its folder");
    }

    let [_, (_, mut customer, _), _] = cast.people;
    let too_large = "x".repeat(65 << 10);
    let answer = customer.raw(&portal, Method::POST, "/buy", &too_large).await;
    check("a body that is too large", &answer);
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let form = portal.lite_form("not an address").await;
    let refused = customer.post(&portal, "/buy", &form).await;
    check("a refused order", &refused);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("email", "x"), ("password", "y")];
    let refused = Browser::default().post(&portal, "/login", &form).await;
    check("a refused sign-in", &refused);
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let answer = customer.raw(&portal, method.clone(), "/my", "").await;
        check(&format!("{method} /my"), &answer);
        assert!(!answer.status.is_success(), "{method} /my: {}", answer.status);
    }
    let answer = customer.post(&portal, "/preferences", &[("lang", "ru"), ("theme", "dark")]).await;
    check("preferences", &answer);
    assert_eq!(answer.cookies.len(), 2, "{:?}", answer.cookies);
    let answer = customer.post(&portal, "/logout", &[("", "")]).await;
    check("signing out", &answer);
    assert!(
        answer.cookies.iter().any(|cookie| cookie.contains("Max-Age=0")),
        "{:?}",
        answer.cookies
    );
}
