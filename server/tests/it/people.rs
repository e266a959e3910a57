//! Signing up, in and out.

use axum::http::StatusCode;
use portal::people::{StaffRole, Viewer};
use sqlx::PgPool;

use crate::harness::{Browser, TestPortal};

const PASSWORD: &str = "a-quiet-harbour-7";

#[sqlx::test(migrations = "../migrations")]
async fn signing_up_answers_alike_for_known_and_unknown_addresses(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut answers = Vec::new();
    for email in ["new@example.org", portal::demo::CUSTOMER] {
        let mut browser = Browser::default();
        let answer =
            browser.post(&portal, "/join", &[("email", email), ("password", PASSWORD)]).await;
        let home = browser.get(&portal, "/my/licenses").await;
        answers.push((answer.status, answer.location, answer.cookies.len(), home.status));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, StatusCode::SEE_OTHER);
    // The known account is untouched: its password still opens it and sees its own wallet.
    let mut owner = portal.signed_in().await;
    assert!(owner.get(&portal, "/my/wallet").await.body.contains("€500.00"));
    // The mails differ, and only the mails.
    let templates: Vec<String> =
        sqlx::query_scalar("select template from email_outbox order by template")
            .fetch_all(&portal.portal.pool)
            .await
            .unwrap();
    assert_eq!(templates, ["join-known", "welcome"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_belongs_to_whoever_follows_the_mail_first(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let join = |password: &'static str| {
        let portal = &portal;
        async move {
            let mut browser = Browser::default();
            let form = [("email", "ada@example.org"), ("password", password)];
            assert_eq!(browser.post(portal, "/join", &form).await.status, StatusCode::SEE_OTHER);
        }
    };
    join("the-squatters-secret").await;
    join(PASSWORD).await;
    let tokens: Vec<String> = sqlx::query_scalar(
        "select args->>'token' from email_outbox where recipient = 'ada@example.org' order by created_at",
    )
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(tokens.len(), 2);
    let users: Vec<uuid::Uuid> = sqlx::query_scalar(
        "select id from app_user where email = 'ada@example.org' order by created_at",
    )
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    let prove = async |user: usize, token: &str| {
        portal.portal.prove_email(users[user], token).await.unwrap()
    };
    assert!(!prove(0, &tokens[1]).await, "a link is its own account's");
    assert!(prove(1, &tokens[1]).await);
    assert!(!prove(1, &tokens[1]).await, "a link works once");
    assert!(!prove(0, &tokens[0]).await, "the address is taken");
    assert!(!prove(1, "nonsense").await);
    let user = portal.portal.sign_in("ADA@example.org", PASSWORD, "t").await.unwrap();
    match portal.portal.viewer(user).await.unwrap() {
        Viewer::Customer(viewer) => assert!(viewer.email_verified),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn weak_and_malformed_sign_ups_say_what_is_wrong(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = Browser::default();
    for (email, password) in [
        ("no-address", PASSWORD),
        ("new@example.org", "short"),
        ("new@example.org", "1234567890"),
        ("new@example.org", "password123"),
    ] {
        let answer =
            browser.post(&portal, "/join", &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email} {password}");
        assert!(answer.body.contains(email), "the address is kept");
        assert!(!answer.body.contains(&format!("value=\"{password}\"")), "the password is not");
        assert!(answer.body.contains("aria-invalid"), "the field is marked");
    }
    assert_eq!(portal.count("select count(*) from app_user").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn sign_in_is_throttled_by_account_and_renews_the_session(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = Browser::default();
    let form = |password: &'static str| [("email", portal::demo::CUSTOMER), ("password", password)];
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(browser.post(&portal, "/login", &form("wrong-password")).await.status);
    }
    assert_eq!(statuses[0], StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(statuses[11], StatusCode::TOO_MANY_REQUESTS);
    let right = browser.post(&portal, "/login", &form(portal::demo::PASSWORD)).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "the right password waits too");
    portal.clock.advance(std::time::Duration::from_hours(1));
    let first = browser.post(&portal, "/login", &form(portal::demo::PASSWORD)).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let cookie = &first.cookies[0];
    for part in ["__Host-session=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let planted = browser.clone();
    let second = browser.post(&portal, "/login", &form(portal::demo::PASSWORD)).await;
    assert_ne!(first.cookies[0], second.cookies[0], "a new id at every sign-in");
    let old = planted.clone().get(&portal, "/my/licenses").await;
    assert_ne!(old.status, StatusCode::OK, "the old id is worthless");
}

#[sqlx::test(migrations = "../migrations")]
async fn signing_out_ends_the_session_on_the_server(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let mut copy = browser.clone();
    assert_eq!(copy.get(&portal, "/my/licenses").await.status, StatusCode::OK);
    let out = browser.post::<&str, &str>(&portal, "/logout", &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_ne!(
        copy.get(&portal, "/my/licenses").await.status,
        StatusCode::OK,
        "the cookie is dead"
    );
    assert_eq!(portal.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn guests_touch_no_session(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = Browser::default();
    for path in ["/", "/catalog", "/p/isp6-lite", "/login", "/join"] {
        let answer = browser.get(&portal, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.cookies.is_empty(), "{path}: {:?}", answer.cookies);
    }
    assert_eq!(portal.count("select count(*) from session").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn mail_leaves_once_and_the_link_is_forgotten(pool: PgPool) {
    let mut portal = TestPortal::new(pool).await;
    portal.portal.demo = false;
    let folder = tempfile::tempdir().unwrap();
    let mailer =
        portal::mail::Mailer::to_files("Shop <shop@example.org>", folder.path().into()).unwrap();
    portal.portal.join("new@example.org", PASSWORD, portal::locale::Locale::Ru, "t").await.unwrap();
    let write =
        |mail: &portal::mail::Outgoing| app::letters::write(mail, "https://shop.example.org");
    assert!(portal.portal.deliver_mail(&mailer, write).await.unwrap());
    assert!(!portal.portal.deliver_mail(&mailer, write).await.unwrap(), "once");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(portal.count("select count(*) from email_outbox where args ? 'token'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_demo_database_is_never_a_real_one(pool: PgPool) {
    let mut portal = TestPortal::new(pool).await;
    portal.portal.demo = false;
    let refused = portal.portal.claim_installation().await;
    assert!(refused.unwrap_err().to_string().contains("--demo"));
}

#[sqlx::test(migrations = "../migrations")]
async fn staff_are_made_at_the_command_line_once(pool: PgPool) {
    let portal = TestPortal::new(pool).await.portal;
    let role = StaffRole::ReadOnly;
    portal.create_staff("auditor@example.org", PASSWORD, role).await.unwrap();
    assert!(portal.create_staff("Auditor@example.org", PASSWORD, role).await.is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn newcomers_under_the_same_address_push_nobody_out(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let locale = portal::locale::Locale::En;
    let first = portal.portal.join("ada@example.org", PASSWORD, locale, "a").await.unwrap();
    let mut refused = 0;
    for _ in 0..10 {
        let again = portal.portal.join("ada@example.org", "the-attackers-own-1", locale, "b").await;
        refused += u32::from(again.is_err());
    }
    assert!(refused >= 5, "one address cannot be claimed without end");
    assert_eq!(portal.portal.sign_in("ada@example.org", PASSWORD, "a").await.unwrap(), first);
}
