//! Who reaches what: every page and every server function, as everybody.

use axum::http::{Method, StatusCode};
use portal::people::StaffRole;
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Browser, IP, TestPortal};

/// What a kind of visitor gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gets {
    /// The page.
    Page,
    /// It does not exist for them.
    Nothing,
    /// The way to sign in.
    SignIn,
    /// On to another page.
    On,
}

use Gets::{Nothing, On, Page, SignIn};

/// Address, then: guest, another customer, the customer, staff.
fn pages(order: &str, license: &str, customer: &str) -> Vec<(String, [Gets; 4])> {
    let shop = [Page, Page, Page, Page];
    // Staff have no wallet and no licenses: they are led to the desk.
    let own = [SignIn, Page, Page, On];
    let object = [SignIn, Nothing, Page, On];
    let desk = [SignIn, Nothing, Nothing, Page];
    vec![
        ("/".into(), shop),
        ("/catalog".into(), shop),
        ("/p/isp6-lite".into(), shop),
        ("/p/no-such-plan".into(), [Nothing; 4]),
        ("/login".into(), [Page, On, On, On]),
        ("/join".into(), [Page, On, On, On]),
        ("/verify?token=x".into(), [SignIn, Page, Page, Page]),
        ("/my".into(), own),
        ("/my/orders".into(), own),
        (format!("/my/orders/{order}"), object),
        ("/my/orders/nonsense".into(), [Nothing; 4]),
        ("/my/licenses".into(), own),
        (format!("/my/licenses/{license}"), object),
        ("/my/wallet".into(), own),
        ("/admin".into(), [SignIn, Nothing, Nothing, On]),
        ("/admin/orders".into(), desk),
        (format!("/admin/orders/{order}"), desk),
        ("/admin/orders/nonsense".into(), [SignIn, Nothing, Nothing, Nothing]),
        ("/admin/wallets".into(), desk),
        (format!("/admin/wallets/{customer}"), desk),
        ("/admin/mail".into(), desk),
        ("/no-such-page".into(), [Nothing; 4]),
    ]
}

struct Cast {
    browsers: [Browser; 4],
    order: Uuid,
    license: Uuid,
    customer: Uuid,
}

async fn cast(portal: &TestPortal) -> Cast {
    let mut other = Browser::default();
    let form = [("email", "other@example.org"), ("password", "a-quiet-harbour-7")];
    assert_eq!(other.post(portal, "/join", &form).await.status, StatusCode::SEE_OTHER);
    let mut own = portal.signed_in().await;
    own.post(portal, "/buy", &portal.lite_form(IP).await).await;
    portal.settle().await;
    let staff = portal.sign_in(portal::demo::ADMIN).await;
    let (order, license, customer) =
        sqlx::query_as("select order_id, id, customer_id from license")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    Cast { browsers: [Browser::default(), other, own, staff], order, license, customer }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_as_everybody(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut cast = cast(&portal).await;
    let table =
        pages(&cast.order.to_string(), &cast.license.to_string(), &cast.customer.to_string());
    for (path, expected) in &table {
        for (who, (browser, gets)) in cast.browsers.iter_mut().zip(expected).enumerate() {
            let answer = browser.get(&portal, path).await;
            let got = match (answer.status, answer.location.as_deref()) {
                (StatusCode::OK, _) => Page,
                (StatusCode::NOT_FOUND, _) => Nothing,
                (status, Some(to)) if status.is_redirection() && to.starts_with("/login") => SignIn,
                (status, Some(_)) if status.is_redirection() => On,
                other => panic!("{path} as {who}: {other:?}"),
            };
            assert_eq!(got, *gets, "{path} as {who}");
            for (name, must) in [
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "frame-ancestors 'none'"),
                ("referrer-policy", "same-origin"),
                ("x-frame-options", "DENY"),
                ("cache-control", "no-"),
            ] {
                let value = answer.headers.get(name).map(|value| value.to_str().unwrap());
                assert!(
                    value.is_some_and(|value| value.contains(must)),
                    "{path}: {name} {value:?}"
                );
            }
        }
    }
    // A route without a row here is a hole in the table.
    let known: Vec<String> = table.iter().map(|(path, _)| pattern(path, &cast)).collect();
    for route in leptos_axum::generate_route_list(app::App) {
        let path = route.path().to_owned();
        assert!(known.contains(&path), "{path} has no row");
    }
}

fn pattern(path: &str, cast: &Cast) -> String {
    let path = path.split('?').next().unwrap();
    path.replace("/p/isp6-lite", "/p/{slug}")
        .replace(&format!("{}", cast.order), "{id}")
        .replace(&format!("{}", cast.license), "{id}")
        .replace(&format!("{}", cast.customer), "{id}")
}

/// Every server function with a call of it, and who may make it: guest, another customer, the
/// customer, staff without the right, staff.
fn functions(cast: &Cast) -> Vec<(&'static str, String, [StatusCode; 5])> {
    use StatusCode as S;
    let id = Uuid::now_v7();
    let free = [S::SEE_OTHER; 5];
    // Whoever is inside already is led home from the door.
    let doors = [S::UNPROCESSABLE_ENTITY, S::SEE_OTHER, S::SEE_OTHER, S::SEE_OTHER, S::SEE_OTHER];
    vec![
        ("/api/check_ip", format!("plan=isp6-lite&ip={IP}"), [S::OK; 5]),
        (
            "/api/order_progress",
            format!("id={}", cast.order),
            // Staff have no orders of their own.
            [S::UNAUTHORIZED, S::NOT_FOUND, S::OK, S::UNAUTHORIZED, S::UNAUTHORIZED],
        ),
        ("/preferences", "lang=en&back=/catalog".into(), free),
        (
            "/admin/credit",
            format!(
                "customer={}&id={id}&amount=1&currency=EUR&reason=bank+transfer",
                cast.customer
            ),
            [S::SEE_OTHER, S::NOT_FOUND, S::NOT_FOUND, S::FORBIDDEN, S::SEE_OTHER],
        ),
        (
            "/buy",
            format!("plan=isp6-lite&period=1&ip=203.0.113.77&order={id}&total=4.90+EUR"),
            // The other customer has no money, staff have no wallet.
            [S::SEE_OTHER, S::PAYMENT_REQUIRED, S::SEE_OTHER, S::FORBIDDEN, S::FORBIDDEN],
        ),
        ("/login", "email=x%40example.org&password=nobody-at-all".into(), doors),
        ("/join", "email=x&password=nobody-at-all".into(), doors),
        ("/logout", String::new(), free),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_server_function_as_everybody(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let cast = cast(&portal).await;
    portal
        .portal
        .create_staff("auditor@example.org", portal::demo::PASSWORD, StaffRole::ReadOnly)
        .await
        .unwrap();
    let auditor = portal.sign_in("auditor@example.org").await;
    let [guest, other, own, staff] = cast.browsers.clone();
    let table = functions(&cast);
    for (path, body, expected) in &table {
        let people = [&guest, &other, &own, &auditor, &staff];
        for (who, (browser, status)) in people.into_iter().zip(expected).enumerate() {
            let answer = browser.clone().raw(&portal, Method::POST, path, body).await;
            assert_eq!(answer.status, *status, "{path} as {who}: {}", answer.body);
        }
        // The same call from another site changes nothing.
        let foreign = own.clone().foreign(&portal, path, body).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{path} from another site");
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert!(table.iter().any(|(known, ..)| *known == path), "{method} {path} has no row");
        assert_eq!(method, Method::POST, "{path}: what changes something is never a GET");
    }
}
