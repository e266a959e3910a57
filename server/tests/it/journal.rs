//! The journal at the desk: found by everything that is known of an operation, and its money given
//! back.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::change::Change;
use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money, Period};
use portal::journal::{BY_TIME, OperationFilter, SORTS};
use portal::licenses::ChangeWish;
use portal::listing::{Days, Needle, Paging};
use portal::people::StaffRole;
use sqlx::PgPool;
use upstream_sim::{Fault, Times};
use uuid::Uuid;

use crate::harness::{Browser, TestPortal};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// A delivered license for this address.
async fn license(portal: &TestPortal, own: &mut Browser, ip: &str) -> (Uuid, i64) {
    let answer = own.post(portal, "/buy", &portal.lite_form(ip).await).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    portal.settle().await;
    sqlx::query_as("select id, number from license where host(ip) = $1")
        .bind(ip)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

async fn change(portal: &TestPortal, license: Uuid, change: Change) -> Uuid {
    let viewer = portal.customer().await;
    let preview = portal.portal.preview_change(&viewer, license, &change).await.unwrap();
    let id = Uuid::now_v7();
    let shown_total = preview.quote.map(|quote| quote.total);
    let wish = ChangeWish { id, license, change, shown_total, shown_until: None };
    portal.portal.change_license(&viewer, &wish).await.unwrap();
    portal.settle().await;
    id
}

#[sqlx::test(migrations = "../migrations")]
async fn operations_are_found_by_everything_that_is_known_of_them(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let (first, number) = license(&portal, &mut own, "203.0.113.41").await;
    license(&portal, &mut own, "203.0.113.42").await;
    let renewal = change(&portal, first, Change::Renew { period: Period::MONTH }).await;
    change(&portal, first, Change::Suspend).await;
    let staff = portal.owner().await;
    let customer: i64 = sqlx::query_scalar("select number from customer")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let (reference, own_number): (String, i64) =
        sqlx::query_as("select reference, number from operation where id = $1")
            .bind(renewal)
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    let any = OperationFilter::default;
    let text = |text: &str| OperationFilter { needle: Needle::parse(text), ..any() };
    let day = |text| Days { from: Days::parse(text), to: Days::parse(text) };
    for (filter, count) in [
        (any(), 4),
        (OperationFilter { kind: Some(OperationKind::Order), ..any() }, 2),
        (OperationFilter { kind: Some(OperationKind::Renew), ..any() }, 1),
        (OperationFilter { state: Some(OperationState::Confirmed), ..any() }, 4),
        (OperationFilter { state: Some(OperationState::Rejected), ..any() }, 0),
        (
            OperationFilter {
                kind: Some(OperationKind::Suspend),
                state: Some(OperationState::Confirmed),
                license: Some(number),
                customer: Some(customer),
                days: day("2026-11-21"),
                ..any()
            },
            1,
        ),
        (OperationFilter { license: Some(number), ..any() }, 3),
        (OperationFilter { license: Some(number + 1000), ..any() }, 0),
        (OperationFilter { customer: Some(customer + 1), ..any() }, 0),
        (OperationFilter { days: day("2026-11-20"), ..any() }, 0),
        (text(&number.to_string()), 3),
        (text("10002"), 1),
        (text(&own_number.to_string()), 1),
        (text(&reference), 1),
        (text("203.0.113.42"), 1),
        (text("203.0.113.41"), 3),
        (text("customer@"), 4),
        (text("nobody"), 0),
        (OperationFilter { customer: Some(customer), ..text("10002") }, 1),
        (OperationFilter { customer: Some(customer), ..text("nobody") }, 0),
    ] {
        for sort in SORTS {
            for descending in [true, false] {
                let mut paging = Paging { sort, descending, after: None, limit: 1 };
                let mut seen = Vec::new();
                loop {
                    let listed = portal.portal.operations(&staff, &filter, &paging).await.unwrap();
                    seen.extend(listed.rows);
                    paging.after = listed.next;
                    if paging.after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen.len(), count, "{filter:?} {sort:?} {descending}");
                let times: Vec<_> = seen.iter().map(|row| row.at).collect();
                let ordered =
                    if descending { times.is_sorted_by(|a, b| a >= b) } else { times.is_sorted() };
                assert!(ordered, "{filter:?} {sort:?} {descending}");
            }
        }
    }
    assert_eq!(SORTS, [BY_TIME]);
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/operations?kind=renew").await.body;
    assert!(page.contains(&format!("href=\"/admin/operations/{renewal}\"")), "{page}");
    assert!(page.contains(&format!("href=\"/admin/operations?license={number}\"")), "{page}");
    let licenses = desk.get(&portal, "/admin/licenses").await.body;
    assert!(licenses.contains(&format!("href=\"/admin/operations?license={number}\"")));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_operation_shows_its_evidence_and_where_it_is_decided(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let (license, number) = license(&portal, &mut own, "203.0.113.43").await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let renamed = Change::Edit { ip: None, name: Some("mail <1>".to_owned()) };
    let edit = change(&portal, license, renamed).await;
    let page = desk.get(&portal, &format!("/admin/operations/{edit}")).await.body;
    for words in ["mail &lt;1&gt;", "New name", "Free of charge", "Attempt 1: ", "soft.edit"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&format!("License {number}")), "{page}");
    assert!(!page.contains("/admin/refund"), "what is free is not given back");

    // An order that only a person can judge leads to the inbox, and its order leads here.
    portal.vendor().add_fault("soft.order.param", Fault::DuplicateOrder, Times::Once);
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let answer = own.post(&portal, "/buy", &portal.lite_form("203.0.113.44").await).await;
    let order = answer.location.unwrap().rsplit('/').next().unwrap().to_owned();
    portal.settle().await;
    let (operation, number): (Uuid, i64) =
        sqlx::query_as("select id, number from operation where state = 'review'")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    let here = format!("/admin/operations/{operation}");
    let page = desk.get(&portal, &here).await.body;
    assert!(page.contains(&format!("href=\"/admin/inbox?q={number}\"")), "{page}");
    assert!(page.contains(&format!("href=\"/admin/orders/{order}\"")), "{page}");
    for path in [format!("/admin/orders/{order}"), "/admin/inbox".to_owned()] {
        let page = desk.get(&portal, &path).await.body;
        assert!(page.contains(&format!("href=\"{here}\"")), "{path}");
    }
    let found = desk.get(&portal, &format!("/admin/inbox?q={number}")).await.body;
    assert!(found.contains(&format!("id=\"case-{number}\"")), "{found}");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_change_cost_is_given_back_from_its_page(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let (license, _) = license(&portal, &mut own, "203.0.113.45").await;
    let renewal = change(&portal, license, Change::Renew { period: Period::MONTH }).await;
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    let here = format!("/admin/operations/{renewal}");
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, &here).await.body;
    assert!(page.contains("€4.90 at most") && page.contains("action=\"/admin/refund\""), "{page}");
    let form = |amount: &str, reason: &str| {
        BTreeMap::from([
            ("operation", renewal.to_string()),
            ("id", Uuid::now_v7().to_string()),
            ("amount", amount.to_owned()),
            ("currency", "EUR".to_owned()),
            ("reason", reason.to_owned()),
        ])
        .into_iter()
        .collect::<Vec<_>>()
    };
    let much = desk.post(&portal, "/admin/refund", &form("4.91", "by mistake")).await;
    assert_eq!(much.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(much.body.contains("id=\"amount-error\""), "shown on the operation's page again");
    let done = desk.post(&portal, "/admin/refund", &form("1.90", "renewed by mistake")).await;
    let back = format!("{here}?done=refund");
    assert_eq!(done.location.as_deref(), Some(back.as_str()), "{}", done.body);
    assert_eq!(portal.wallet().await, (eur("492.10"), eur("0")));
    let page = desk.get(&portal, &back).await.body;
    assert!(page.contains("€1.90") && page.contains("€3.00 at most"), "{page}");
    let statement = own.get(&portal, "/my/wallet").await.body;
    assert!(statement.contains("renewed by mistake"), "{statement}");
    let mut reader = portal.staff(StaffRole::ReadOnly).await;
    assert!(!reader.get(&portal, &here).await.body.contains("/admin/refund"));
    let refused = reader.post(&portal, "/admin/refund", &form("1", "because")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
    portal.sound().await;
}
