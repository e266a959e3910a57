//! Credit limits: who grants them, how they are used, and below what they never fall.

use axum::http::StatusCode;
use domain::{Currency, Money};
use portal::people::StaffRole;
use portal::wallet::{LimitError, NewLimit};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{IP, TestPortal};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

async fn the_customer(portal: &TestPortal) -> Uuid {
    sqlx::query_scalar("select id from customer").fetch_one(&portal.portal.pool).await.unwrap()
}

fn form(customer: Uuid, seen: &str, limit: &str, reason: &str) -> [(&'static str, String); 5] {
    [
        ("customer", customer.to_string()),
        ("currency", "EUR".to_owned()),
        ("seen", seen.to_owned()),
        ("limit", limit.to_owned()),
        ("reason", reason.to_owned()),
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_lets_a_customer_go_below_zero(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let customer = the_customer(&portal).await;
    let mut own = portal.signed_in().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    portal.leave(10_000).await;
    let poor = own.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    assert_eq!(poor.status, StatusCode::PAYMENT_REQUIRED);
    assert!(!own.get(&portal, "/my/wallet").await.body.contains("Credit limit"));

    let page = desk.get(&portal, &format!("/admin/customers/{customer}")).await.body;
    assert!(page.contains("No credit in EUR"), "{page}");
    // What is sold in another currency can be paid for, before there is a wallet in it.
    let dollars = "<option value=\"USD\">USD</option>";
    assert!(!page.contains("No credit in USD") && !page.contains(dollars), "{page}");
    crate::dialects::add_vendor(&portal, "overseas", "nobody", "USD", &[]).await;
    let page = desk.get(&portal, &format!("/admin/customers/{customer}")).await.body;
    assert!(page.contains("No credit in USD") && page.contains(dollars), "{page}");
    let at = "/admin/credit-limit";
    let done = desk.post(&portal, at, &form(customer, "0.00", "25", "pays monthly")).await;
    let back = format!("/admin/customers/{customer}?done=limit");
    assert_eq!(done.location.as_deref(), Some(back.as_str()), "{}", done.body);
    let audited: (Value, Value, Option<String>) = sqlx::query_as(
        "select before, after, reason from audit
          where action = 'wallet.credit_limit' and object_id = $1 and actor is not null",
    )
    .bind(customer)
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    let limit = |text: &str| json!({ "credit_limit": { "EUR": text } });
    assert_eq!(audited, (limit("0.00"), limit("25.00"), Some("pays monthly".to_owned())));
    assert!(desk.get(&portal, "/admin/audit").await.body.contains("Credit limit set"));

    // The customer is told, and can order now.
    let wallet = own.get(&portal, "/my/wallet").await.body;
    assert!(wallet.contains("€25.00") && wallet.contains("€26.00 to spend"), "{wallet}");
    let bought = own.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    assert_eq!(bought.status, StatusCode::SEE_OTHER, "{}", bought.body);
    portal.settle().await;
    assert_eq!(portal.wallet().await, (eur("-3.90"), eur("0")));

    // What is used stays granted; the database says so too.
    let refused = desk.post(&portal, at, &form(customer, "25.00", "3.89", "pays late")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("€3.90 below zero already"), "{}", refused.body);
    assert!(refused.body.contains("id=\"limit-EUR-error\""), "{}", refused.body);
    let by_hand =
        sqlx::query("update ledger_account set credit_limit = 38900 where kind = 'wallet'");
    let error = by_hand.execute(&portal.portal.pool).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("wallet_within_limit"));
    let exact = desk.post(&portal, at, &form(customer, "25.00", "3.90", "pays late")).await;
    assert_eq!(exact.status, StatusCode::SEE_OTHER, "{}", exact.body);
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_limit_needs_an_owner_a_reason_and_the_newest_page(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let customer = the_customer(&portal).await;
    let staff = portal.owner().await;
    let new = |customer, seen: &str, limit: &str, reason: &str| NewLimit {
        customer,
        limit: eur(limit),
        seen: eur(seen),
        reason: reason.to_owned(),
    };
    for (wish, why) in [
        (new(customer, "0", "-1", "a good payer"), "Amount"),
        (new(customer, "0", "100000.01", "a good payer"), "Amount"),
        (new(customer, "0", "10", " x "), "Reason"),
        (new(customer, "5", "10", "a good payer"), "Changed"),
        (new(Uuid::now_v7(), "0", "10", "a good payer"), "NoSuchCustomer"),
    ] {
        let refused = portal.portal.set_credit_limit(&staff, &wish).await.unwrap_err();
        assert_eq!(format!("{refused:?}"), why, "{wish:?}");
    }
    for role in [StaffRole::Support, StaffRole::Pricing, StaffRole::ReadOnly] {
        let mut browser = portal.staff(role).await;
        let page = browser.get(&portal, &format!("/admin/customers/{customer}")).await.body;
        assert!(!page.contains("/admin/credit-limit"), "{role:?}");
        let form = form(customer, "0.00", "10", "a good payer");
        let refused = browser.post(&portal, "/admin/credit-limit", &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role:?}");
    }
    // Of two owners at once one is told; the audit has one line for each limit that there was.
    let wishes = ["10", "20"].map(|limit| new(customer, "0", limit, "a good payer"));
    let tasks = wishes.map(|wish| {
        let (portal, staff) = (portal.restarted(), staff.clone());
        tokio::spawn(async move { portal.set_credit_limit(&staff, &wish).await })
    });
    let mut told = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => {}
            Err(LimitError::Changed) => told += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(told, 1);
    let lines =
        portal.count("select count(*) from audit where action = 'wallet.credit_limit'").await;
    assert_eq!(lines, 1);
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
}
