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

/// Kinds of visitors: guest, another customer, the customer, and the staff's roles: readonly,
/// support, pricing, owner.
const PEOPLE: usize = 7;

/// Address, and what each kind of visitor gets there.
fn pages(
    order: &str,
    license: &str,
    customer: &str,
    operation: &str,
) -> Vec<(String, [Gets; PEOPLE])> {
    let staff = |guest, other, own, staff| [guest, other, own, staff, staff, staff, staff];
    let shop = [Page; PEOPLE];
    let nothing = [Nothing; PEOPLE];
    let door = staff(Page, On, On, On);
    // Staff have no wallet and no licenses: they are led to the desk.
    let own = staff(SignIn, Page, Page, On);
    let object = staff(SignIn, Nothing, Page, On);
    let desk = staff(SignIn, Nothing, Nothing, Page);
    let no_object = staff(SignIn, Nothing, Nothing, Nothing);
    let owners = [SignIn, Nothing, Nothing, Nothing, Nothing, Nothing, Page];
    vec![
        ("/".into(), shop),
        ("/catalog".into(), shop),
        ("/p/isp6-lite".into(), shop),
        ("/p/no-such-plan".into(), nothing),
        ("/login".into(), door),
        ("/join".into(), door),
        ("/verify?token=x".into(), staff(SignIn, Page, Page, Page)),
        ("/my".into(), own),
        ("/my/orders".into(), own),
        ("/my/orders.csv".into(), own),
        (format!("/my/orders/{order}"), object),
        ("/my/orders/nonsense".into(), nothing),
        ("/my/licenses".into(), own),
        ("/my/licenses.csv".into(), own),
        ("/my/changes".into(), own),
        ("/my/changes.csv".into(), own),
        (format!("/my/licenses/{license}"), object),
        (format!("/my/licenses/{license}/renew"), object),
        (format!("/my/licenses/{license}/delete"), object),
        (format!("/my/licenses/{license}/order"), staff(SignIn, Nothing, Nothing, On)),
        (format!("/my/licenses/{license}/nonsense"), staff(SignIn, Nothing, Nothing, On)),
        ("/my/wallet".into(), own),
        ("/my/wallet.csv".into(), own),
        ("/admin".into(), staff(SignIn, Nothing, Nothing, On)),
        ("/admin/inbox".into(), desk),
        ("/admin/inbox.csv".into(), desk),
        ("/admin/vendors".into(), desk),
        ("/admin/vendors.csv".into(), desk),
        ("/admin/health".into(), desk),
        ("/admin/orders".into(), desk),
        ("/admin/orders.csv".into(), desk),
        (format!("/admin/orders/{order}"), desk),
        ("/admin/orders/nonsense".into(), no_object),
        ("/admin/operations".into(), desk),
        ("/admin/operations.csv".into(), desk),
        (format!("/admin/operations/{operation}"), desk),
        (format!("/admin/operations/{order}"), no_object),
        ("/admin/operations/nonsense".into(), no_object),
        ("/admin/customers".into(), desk),
        ("/admin/customers.csv".into(), desk),
        (format!("/admin/customers/{customer}"), desk),
        (format!("/admin/customers/{customer}/wallet"), desk),
        (format!("/admin/customers/{order}/wallet"), no_object),
        (format!("/admin/wallet.csv?customer={customer}"), desk),
        (format!("/admin/wallet.csv?customer={order}"), no_object),
        ("/admin/customers/nonsense".into(), no_object),
        (format!("/admin/customers/{order}"), no_object),
        ("/admin/licenses".into(), desk),
        ("/admin/licenses.csv".into(), desk),
        ("/admin/pricelists".into(), desk),
        ("/admin/pricelists.csv".into(), desk),
        ("/admin/pricelists/public".into(), desk),
        ("/admin/pricelists/nonsense".into(), no_object),
        // Without a draft there is nothing to review.
        ("/admin/pricelists/public/review".into(), staff(SignIn, Nothing, Nothing, On)),
        ("/admin/pricelists/public/versions".into(), desk),
        ("/admin/versions.csv?group=public".into(), desk),
        ("/admin/versions.csv?group=nonsense".into(), no_object),
        ("/admin/pricelists/public/versions/1".into(), desk),
        ("/admin/pricelists/public/versions/9".into(), no_object),
        ("/admin/prices.csv?group=public".into(), desk),
        ("/admin/costs".into(), desk),
        ("/admin/costs.csv".into(), desk),
        ("/admin/costs/isp6-lite".into(), desk),
        ("/admin/costs/nonsense".into(), no_object),
        ("/admin/cost-history.csv?plan=isp6-lite".into(), desk),
        ("/admin/cost-history.csv?plan=nonsense".into(), no_object),
        ("/admin/products".into(), desk),
        ("/admin/products.csv".into(), desk),
        ("/admin/products/isp6-lite".into(), desk),
        ("/admin/products/nonsense".into(), no_object),
        ("/admin/families".into(), desk),
        ("/admin/families.csv".into(), desk),
        ("/admin/families/ispmanager".into(), desk),
        ("/admin/families/nonsense".into(), no_object),
        ("/?module=DDoSGUARD&module_id=1".into(), shop),
        ("/admin/mail".into(), desk),
        ("/admin/mail.csv".into(), desk),
        ("/admin/audit".into(), desk),
        ("/admin/audit.csv".into(), desk),
        ("/admin/staff".into(), owners),
        ("/admin/staff.csv".into(), owners),
        ("/admin/upstreams".into(), owners),
        ("/admin/upstreams.csv".into(), owners),
        ("/admin/upstreams/simulator".into(), owners),
        ("/admin/upstreams/simulator/licenses".into(), owners),
        ("/admin/upstreams/nonsense/licenses".into(), no_object),
        ("/admin/vendor-licenses.csv?account=simulator".into(), owners),
        ("/admin/upstreams/simulator/import".into(), owners),
        ("/admin/upstreams/nonsense".into(), no_object),
        ("/admin/upstreams/nonsense/import".into(), no_object),
        // Their place was taken by the customers.
        ("/admin/wallets".into(), nothing),
        ("/no-such-page".into(), nothing),
    ]
}

struct Cast {
    browsers: [Browser; PEOPLE],
    /// The member of the staff who only reads.
    auditor: Uuid,
    order: Uuid,
    license: Uuid,
    customer: Uuid,
    operation: Uuid,
}

async fn cast(portal: &TestPortal) -> Cast {
    let mut other = Browser::default();
    let form = [("email", "other@example.org"), ("password", "a-quiet-harbour-7")];
    assert_eq!(other.post(portal, "/join", &form).await.status, StatusCode::SEE_OTHER);
    let mut own = portal.signed_in().await;
    own.post(portal, "/buy", &portal.lite_form(IP).await).await;
    portal.settle().await;
    let (order, license, customer) =
        sqlx::query_as("select order_id, id, customer_id from license")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    let operation = sqlx::query_scalar("select id from operation")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let browsers = [
        Browser::default(),
        other,
        own,
        portal.staff(StaffRole::ReadOnly).await,
        portal.staff(StaffRole::Support).await,
        portal.staff(StaffRole::Pricing).await,
        portal.sign_in(portal::demo::ADMIN).await,
    ];
    let auditor = sqlx::query_scalar("select id from app_user where staff_role = 'readonly'")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    Cast { browsers, auditor, order, license, customer, operation }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_page_as_everybody(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut cast = cast(&portal).await;
    let [order, license, customer, operation] =
        [cast.order, cast.license, cast.customer, cast.operation].map(|id| id.to_string());
    let table = pages(&order, &license, &customer, &operation);
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
    for export in app::exports::Export::ALL {
        assert!(known.contains(&export.path().to_owned()), "{export:?} has no row");
    }
    for route in leptos_axum::generate_route_list(app::App) {
        let path = route.path().to_owned();
        assert!(known.contains(&path), "{path} has no row");
    }
}

fn pattern(path: &str, cast: &Cast) -> String {
    let path = path.split('?').next().unwrap();
    path.replace("/p/isp6-lite", "/p/{slug}")
        .replace("/admin/pricelists/public", "/admin/pricelists/{group}")
        .replace("/versions/1", "/versions/{version}")
        .replace("/admin/upstreams/simulator", "/admin/upstreams/{slug}")
        .replace("/admin/costs/isp6-lite", "/admin/costs/{plan}")
        .replace("/admin/products/isp6-lite", "/admin/products/{plan}")
        .replace("/admin/families/ispmanager", "/admin/families/{family}")
        .replace(&format!("{}", cast.order), "{id}")
        .replace(&format!("{}", cast.license), "{id}")
        .replace("{id}/renew", "{id}/{change}")
        .replace(&format!("{}", cast.customer), "{id}")
        .replace(&format!("{}", cast.operation), "{id}")
}

/// Every server function with a call of it, and what each kind of visitor gets.
fn functions(cast: &Cast) -> Vec<(&'static str, String, [StatusCode; PEOPLE])> {
    use StatusCode as S;
    const GONE: StatusCode = StatusCode::NOT_FOUND;
    const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    const NO: StatusCode = StatusCode::FORBIDDEN;
    const DONE: StatusCode = StatusCode::SEE_OTHER;
    let id = Uuid::now_v7();
    let (customer, auditor, license) = (cast.customer, cast.auditor, cast.license);
    let staff = |guest, other, own, staff| [guest, other, own, staff, staff, staff, staff];
    // Guests are led to sign in; for customers there is no desk.
    let desk = |[readonly, support, pricing, owner]: [StatusCode; 4]| {
        [DONE, GONE, GONE, readonly, support, pricing, owner]
    };
    // Whoever is inside already is led home from the door.
    let doors = staff(BAD, DONE, DONE, DONE);
    let prices = "group=public&version=1&revision=0";
    let stale = desk([NO, NO, S::CONFLICT, S::CONFLICT]);
    vec![
        ("/api/check_ip", format!("plan=isp6-lite&ip={IP}"), [S::OK; PEOPLE]),
        (
            "/api/order_progress",
            format!("id={}", cast.order),
            // Staff have no orders of their own.
            staff(S::UNAUTHORIZED, GONE, S::OK, S::UNAUTHORIZED),
        ),
        ("/preferences", "lang=en&back=/catalog".into(), [DONE; PEOPLE]),
        (
            "/admin/credit",
            format!("customer={customer}&id={id}&amount=1&currency=EUR&reason=bank+transfer"),
            // One form is one credit, by one person.
            desk([NO, DONE, NO, S::CONFLICT]),
        ),
        (
            "/admin/credit-limit",
            format!("customer={customer}&currency=EUR&seen=0.00&limit=10&reason=pays+later"),
            desk([NO, NO, NO, DONE]),
        ),
        (
            "/admin/customer-name",
            format!("customer={customer}&version=1&name=Renamed"),
            // The first one changes the version that the last one has not seen.
            desk([NO, DONE, NO, S::CONFLICT]),
        ),
        (
            "/admin/customer-group",
            format!("customer={customer}&version=2&group=no-such-group"),
            desk([NO, NO, BAD, BAD]),
        ),
        (
            "/admin/customer-access",
            format!("customer={customer}&version=2&blocked=true&why=x"),
            desk([NO, BAD, NO, BAD]),
        ),
        (
            "/admin/staff-role",
            format!("member={auditor}&was=readonly&role=readonly"),
            desk([GONE, GONE, GONE, DONE]),
        ),
        (
            "/admin/staff-access",
            format!("member={auditor}&disabled=false"),
            desk([GONE, GONE, GONE, DONE]),
        ),
        ("/admin/upstream-add", "slug=No+Slug".into(), desk([GONE, GONE, GONE, BAD])),
        ("/admin/upstream-set", "slug=simulator&version=0".into(), desk([GONE, GONE, GONE, BAD])),
        ("/admin/upstream-password", "slug=simulator".into(), desk([GONE, GONE, GONE, BAD])),
        ("/admin/upstream-ping", "slug=simulator".into(), desk([GONE, GONE, GONE, DONE])),
        (
            "/admin/upstream-read",
            "slug=simulator&source=file&table=nonsense".into(),
            desk([GONE, GONE, GONE, BAD]),
        ),
        // There is no such table.
        ("/admin/upstream-apply", format!("slug=simulator&import={id}&hash=x"), desk([GONE; 4])),
        (
            "/admin/pricelist_rule",
            format!("{prices}&kind=percent&value=50&subject=family:vmmanager"),
            // Each writes into a draft of their own.
            desk([NO, NO, DONE, DONE]),
        ),
        // From here on both have a draft that this form has not seen.
        ("/admin/pricelist_drop", format!("{prices}&place=0"), stale),
        ("/admin/pricelist_margin", format!("{prices}&margin=5"), stale),
        ("/admin/pricelist_rounding", format!("{prices}&rounding=99"), stale),
        ("/admin/pricelist_discard", prices.into(), stale),
        ("/admin/pricelist_rebase", prices.into(), stale),
        ("/admin/pricelist_restore", "group=public&version=1".into(), stale),
        ("/admin/pricelist_publish", prices.into(), stale),
        (
            "/admin/pricelist_group",
            "code=No+Code&name=X&like=public".into(),
            desk([NO, NO, BAD, BAD]),
        ),
        // Without its texts a product is no product, and without its code no family.
        ("/admin/product", "plan=isp6-lite&version=0".into(), desk([NO, NO, BAD, BAD])),
        // Its functions are no functions.
        ("/admin/product-wire", "plan=isp6-lite&version=0".into(), desk([NO, NO, NO, BAD])),
        (
            "/admin/family",
            "family=No+Code&name[en]=X&summary[en]=Y".into(),
            desk([NO, NO, S::CONFLICT, S::CONFLICT]),
        ),
        (
            "/admin/cost",
            "plan=isp6-lite&period=1&seen=3.50+EUR&cost=3.50&reason=no+change".into(),
            desk([NO, NO, BAD, BAD]),
        ),
        (
            "/buy",
            format!("plan=isp6-lite&period=1&ip=203.0.113.77&order={id}&total=4.90+EUR"),
            // The other customer has no money, staff have no wallet.
            staff(DONE, S::PAYMENT_REQUIRED, DONE, NO),
        ),
        // The other customer has no such license and no such operation.
        (
            "/my/license-change",
            format!("license={license}&change=suspend&id={id}"),
            staff(DONE, GONE, DONE, DONE),
        ),
        // It was bought: too late for its owner.
        ("/my/order-cancel", format!("order={}", cast.order), staff(DONE, GONE, S::CONFLICT, DONE)),
        (
            "/my/license-cancel",
            format!("license={license}&operation={id}"),
            staff(DONE, GONE, DONE, DONE),
        ),
        ("/my/auto-renew", format!("license={license}&on=true"), staff(DONE, GONE, DONE, DONE)),
        ("/admin/look-at-vendors", String::new(), desk([NO, DONE, NO, DONE])),
        // There is no such finding.
        (
            "/admin/settle-finding",
            format!("finding={id}&remedy=dismiss&reason=nothing+there"),
            desk([NO, S::CONFLICT, NO, S::CONFLICT]),
        ),
        // It does not wait for anybody.
        (
            "/admin/decide",
            format!("operation={id}&verdict=give-up&reason=nothing+there"),
            desk([NO, S::CONFLICT, NO, S::CONFLICT]),
        ),
        (
            "/admin/decide-many",
            format!("cases[]={id}+17&verdict=give-up&reason=nothing+there"),
            desk([NO, S::CONFLICT, NO, S::CONFLICT]),
        ),
        (
            "/admin/refund",
            format!(
                "order={}&operation={id}&id={id}&amount=1&currency=EUR&reason=nothing+there",
                cast.order
            ),
            desk([NO, GONE, NO, GONE]),
        ),
        ("/admin/check-health", String::new(), desk([DONE; 4])),
        ("/login", "email=x%40example.org&password=nobody-at-all".into(), doors),
        ("/join", "email=x&password=nobody-at-all".into(), doors),
        ("/logout", String::new(), [DONE; PEOPLE]),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn every_server_function_as_everybody(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let cast = cast(&portal).await;
    let own = &cast.browsers[2];
    let table = functions(&cast);
    for (path, body, expected) in &table {
        for (who, (browser, status)) in cast.browsers.iter().zip(expected).enumerate() {
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
