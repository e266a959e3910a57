//! Forms that are manipulated, used for something else, or sent by the wrong person.

use axum::http::StatusCode;
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Browser, IP, TestPortal};

type Form = Vec<(String, String)>;

fn with(form: &Form, name: &str, value: &str) -> Form {
    let mut form: Form = form.iter().filter(|(key, _)| key != name).cloned().collect();
    form.push((name.to_owned(), value.to_owned()));
    form
}

#[sqlx::test(migrations = "../migrations")]
async fn a_used_form_with_another_wish_is_refused(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    browser.post(&portal, "/buy", &form).await;
    let other = browser.post(&portal, "/buy", &with(&form, "ip", "203.0.113.8")).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.body.contains("203.0.113.8"), "what was typed is kept");
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_plan_for_the_same_address_is_not_bought_twice(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    browser.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    portal.settle().await;
    let again = browser.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(portal.vendor().live_licenses().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_manipulated_is_refused_and_nothing_changes(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    for (name, value, status) in [
        ("ip", "", StatusCode::UNPROCESSABLE_ENTITY),
        ("ip", "10.0.0.1", StatusCode::UNPROCESSABLE_ENTITY),
        ("ip", "not an address", StatusCode::UNPROCESSABLE_ENTITY),
        ("ip", "<script>alert(1)</script>", StatusCode::UNPROCESSABLE_ENTITY),
        ("plan", "no-such-plan", StatusCode::NOT_FOUND),
        ("plan", "../../etc/passwd", StatusCode::NOT_FOUND),
        ("period", "7", StatusCode::UNPROCESSABLE_ENTITY),
        ("period", "0", StatusCode::UNPROCESSABLE_ENTITY),
        ("period", "-100", StatusCode::UNPROCESSABLE_ENTITY),
        ("period", "' or 1=1", StatusCode::UNPROCESSABLE_ENTITY),
        ("total", "0.01 EUR", StatusCode::CONFLICT),
        ("total", "4.90 USD", StatusCode::CONFLICT),
        ("total", "-4.90 EUR", StatusCode::CONFLICT),
        ("total", "4.9e0 EUR", StatusCode::UNPROCESSABLE_ENTITY),
        ("total", "", StatusCode::UNPROCESSABLE_ENTITY),
        ("order", "", StatusCode::UNPROCESSABLE_ENTITY),
        ("order", "1", StatusCode::UNPROCESSABLE_ENTITY),
        ("addon[node]", "5", StatusCode::UNPROCESSABLE_ENTITY),
        ("addon[node]", "x", StatusCode::UNPROCESSABLE_ENTITY),
        ("name", "line\nbreak", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = browser.post(&portal, "/buy", &with(&form, name, value)).await;
        assert_eq!(answer.status, status, "{name}={value}");
        assert!(answer.body.contains("<main"), "{name}={value}: a page, not a bare error");
        assert!(!answer.body.contains("<script>alert"), "{name}={value}");
    }
    assert_eq!(portal.count("select count(*) from customer_order").await, 0);
    assert_eq!(portal.wallet().await.0.to_string(), "500.00 EUR");
    assert!(portal.vendor().calls_of("soft.order.param").is_empty());
    // The untouched form still works.
    assert_eq!(browser.post(&portal, "/buy", &form).await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrations = "../migrations")]
async fn too_little_money_is_said_before_anything_is_written(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let viewer = portal.customer().await;
    let order = portal.portal.next_order_id(&viewer, "vm5-cloud").await.unwrap();
    let mut browser = portal.signed_in().await;
    let form: Form = [
        ("plan", "vm5-cloud"),
        ("period", "1"),
        ("ip", IP),
        ("addon[node]", "50"),
        ("order", &order.to_string()),
        ("total", "794.40 EUR"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let answer = browser.post(&portal, "/buy", &form).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.body);
    assert!(answer.body.contains("€294.40"), "the missing amount is named");
    assert!(answer.body.contains("/my/wallet"), "and a way on");
    assert_eq!(portal.count("select count(*) from customer_order").await, 0);
    assert_eq!(portal.count("select count(*) from operation").await, 0);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_guests_order_survives_signing_in(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = Browser::default();
    let form = [("plan", "isp6-lite"), ("period", "12"), ("ip", IP), ("total", "49.90 EUR")];
    let answer = browser.post(&portal, "/buy", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let to_login = answer.location.unwrap();
    assert!(to_login.starts_with("/login?next="), "{to_login}");
    let next = percent_decoded(to_login.strip_prefix("/login?next=").unwrap());
    let login = browser.get(&portal, &to_login).await;
    assert_eq!(login.status, StatusCode::OK);
    let answer = browser
        .post(
            &portal,
            "/login",
            &[
                ("email", portal::demo::CUSTOMER),
                ("password", portal::demo::PASSWORD),
                ("next", &next),
            ],
        )
        .await;
    assert_eq!(answer.location.as_deref(), Some(next.as_str()));
    let page = browser.get(&portal, &next).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(IP), "the address is filled in");
    assert!(page.body.contains("49.90"), "the year is chosen");
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_credit_by_hand_is_audited_and_counts_once(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut staff = portal.sign_in(portal::demo::ADMIN).await;
    let customer: Uuid =
        sqlx::query_scalar("select id from customer").fetch_one(&portal.portal.pool).await.unwrap();
    let (customer, id) = (customer.to_string(), Uuid::now_v7().to_string());
    let form = |amount: &'static str, reason: &'static str| {
        vec![
            ("customer", customer.clone()),
            ("id", id.clone()),
            ("amount", amount.to_owned()),
            ("currency", "EUR".to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    for (amount, reason) in [
        ("0", "bank transfer 17"),
        ("-5", "bank transfer 17"),
        ("1e9", "bank transfer 17"),
        ("5", "x"),
        ("99999999", "bank transfer 17"),
    ] {
        let answer = staff.post(&portal, "/admin/credit", &form(amount, reason)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{amount} {reason}");
    }
    assert_eq!(portal.count("select count(*) from audit").await, 0);
    for _ in 0..2 {
        let answer = staff.post(&portal, "/admin/credit", &form("25.50", "bank transfer 17")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    assert_eq!(portal.wallet().await.0.to_string(), "525.50 EUR");
    assert_eq!(portal.count("select count(*) from audit where action = 'wallet.credit'").await, 1);
    portal.sound().await;
}
