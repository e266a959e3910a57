//! What a person decides, and what becomes of it: verdicts and refunds.

use axum::http::StatusCode;
use domain::operation::OperationKind;
use domain::{Currency, Money};
use portal::listing::{Needle, Paging};
use portal::operations::{Advice, CASES_BY_TIME, Case, CaseFilter, DecideError, Verdict};
use portal::people::{StaffRole, StaffViewer};
use portal::wallet::{Refund, RefundError};
use sqlx::PgPool;
use upstream_sim::{ByHand, Fault, Times};
use uuid::Uuid;

use crate::harness::{IP, TestPortal};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// Everything that waits, the oldest first.
async fn inbox(portal: &TestPortal, staff: &StaffViewer) -> Vec<Case> {
    let oldest = Paging::first(CASES_BY_TIME, 50);
    portal.portal.inbox(staff, &CaseFilter::default(), &oldest).await.unwrap().rows
}

/// An order whose answer is lost and that the vendor has carried out twice.
async fn doubtful(portal: &TestPortal) -> Uuid {
    doubtful_for(portal, IP).await
}

async fn doubtful_for(portal: &TestPortal, ip: &str) -> Uuid {
    portal.vendor().add_fault("soft.order.param", Fault::DuplicateOrder, Times::Once);
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let mut browser = portal.signed_in().await;
    let answer = browser.post(portal, "/buy", &portal.lite_form(ip).await).await;
    let order = answer.location.unwrap().strip_prefix("/my/orders/").unwrap().parse().unwrap();
    portal.settle().await;
    assert_eq!(portal.state(order).await, "review");
    order
}

#[sqlx::test(migrations = "../migrations")]
async fn one_of_two_is_adopted(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let order = doubtful(&portal).await;
    let staff = portal.owner().await;
    let cases = inbox(&portal, &staff).await;
    assert_eq!(cases.len(), 1);
    let theirs: Vec<String> =
        portal.vendor().live_licenses().iter().map(|license| license.id.to_string()).collect();
    assert_eq!(cases[0].advice, Advice::Adopt(theirs.clone()));
    assert_eq!(cases[0].attempts.len(), 1);
    assert_eq!(portal.wallet().await.1, eur("4.90"), "held until then");

    // The page offers both; one button does it.
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/inbox").await.body;
    for number in &theirs {
        assert!(page.contains(&format!("value=\"happened {number}\"")), "{page}");
    }
    let operation = cases[0].operation.to_string();
    let verdict = format!("happened {}", theirs[0]);
    let form = [
        ("operation", operation.as_str()),
        ("case", "1"),
        ("verdict", &verdict),
        ("reason", "the vendor deletes the other one"),
    ];
    let answer = desk.post(&portal, "/admin/decide", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    // The other one is deleted at the vendor's site.
    portal.vendor().by_hand(theirs[1].parse().unwrap(), ByHand::Delete);
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    let audited = portal
        .count("select count(*) from audit where action = 'operation.decide' and actor is not null")
        .await;
    assert_eq!(audited, 1);
    assert_eq!(inbox(&portal, &staff).await.len(), 0);
    // Somebody who has the old page open is told.
    let late = desk.post(&portal, "/admin/decide", &form).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_not_bought_is_given_back_or_sent_again(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let staff = portal.owner().await;
    for (verdict, state, wallet) in [
        (Verdict::GiveUp, "rejected", ("500", "0")),
        (Verdict::SendAgain, "confirmed", ("495.10", "0")),
    ] {
        let order = doubtful(&portal).await;
        // Staff have both deleted at the vendor's site.
        for license in portal.vendor().live_licenses() {
            portal.vendor().by_hand(license.id, ByHand::Delete);
        }
        let case = inbox(&portal, &staff).await.remove(0);
        portal.portal.decide(&staff, case.operation, &verdict, "both deleted").await.unwrap();
        portal.settle().await;
        assert_eq!(portal.state(order).await, state);
        assert_eq!(portal.wallet().await, (eur(wallet.0), eur(wallet.1)));
        portal.sound().await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_verdict_needs_a_right_a_reason_and_a_number_of_its_own(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    browser.post(&portal, "/buy", &portal.lite_form("203.0.113.70").await).await;
    portal.settle().await;
    let ours = portal.vendor().live_licenses()[0].id.to_string();
    doubtful(&portal).await;
    let staff = portal.owner().await;
    let operation = inbox(&portal, &staff).await[0].operation;
    let number = |number: &str| Verdict::Happened {
        upstream_id: number.to_owned(),
        shown: portal::operations::Shown::default(),
    };
    for (verdict, reason) in [
        (number(""), "it is there"),
        (number("12x"), "it is there"),
        (number(&ours), "it is there"),
        (Verdict::GiveUp, " "),
    ] {
        let refused = portal.portal.decide(&staff, operation, &verdict, reason).await.unwrap_err();
        assert!(
            matches!(refused, DecideError::Number | DecideError::NumberTaken | DecideError::Reason),
            "{verdict:?}: {refused:?}"
        );
    }
    let mut reader = portal.staff(StaffRole::ReadOnly).await;
    let page = reader.get(&portal, "/admin/inbox").await;
    assert!(!page.body.contains("/admin/decide"), "who may not decide sees no buttons");
    let operation = operation.to_string();
    let form = [("operation", operation.as_str()), ("verdict", "give-up"), ("reason", "nothing")];
    assert_eq!(reader.post(&portal, "/admin/decide", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(portal.wallet().await.1, eur("4.90"));
    assert_eq!(portal.count("select count(*) from audit where action like 'operation.%'").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn cases_are_found_and_continued(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    for ip in ["203.0.113.21", "203.0.113.22", "203.0.113.23"] {
        doubtful_for(&portal, ip).await;
    }
    let staff = portal.owner().await;
    let all = inbox(&portal, &staff).await;
    assert_eq!(all.len(), 3);
    assert!(all.is_sorted_by_key(|case| case.at), "the oldest first");
    let mut paging = Paging::first(CASES_BY_TIME, 2);
    let any = CaseFilter::default();
    let first = portal.portal.inbox(&staff, &any, &paging).await.unwrap();
    paging.after = first.next;
    let rest = portal.portal.inbox(&staff, &any, &paging).await.unwrap();
    let seen: Vec<i64> = first.rows.iter().chain(&rest.rows).map(|case| case.number).collect();
    assert_eq!(seen, all.iter().map(|case| case.number).collect::<Vec<_>>());
    assert_eq!(rest.next, None);
    let order = all[1].order.unwrap().1;
    for (needle, kind, found) in [
        (all[0].number.to_string(), None, 1),
        (order.to_string(), None, 1),
        (all[2].reference.clone(), None, 1),
        ("203.0.113.22".to_owned(), None, 1),
        ("customer@".to_owned(), Some(OperationKind::Order), 3),
        ("customer@".to_owned(), Some(OperationKind::Renew), 0),
        ("nobody".to_owned(), None, 0),
    ] {
        let filter = CaseFilter { kind, needle: Needle::parse(&needle) };
        let listed = portal.portal.inbox(&staff, &filter, &paging_of(10)).await.unwrap();
        assert_eq!(listed.rows.len(), found, "{needle} {kind:?}");
    }
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let file = desk.get(&portal, "/admin/inbox.csv?sort=-asked").await.body;
    assert_eq!(file.split_terminator("\r\n").count(), 4, "{file}");
    assert!(file.contains(",4.90,EUR,"), "{file}");
}

fn paging_of(limit: u16) -> Paging {
    Paging::first(CASES_BY_TIME, limit)
}

#[sqlx::test(migrations = "../migrations")]
async fn several_are_decided_by_one_form(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut orders = Vec::new();
    for ip in ["203.0.113.31", "203.0.113.32", "203.0.113.33"] {
        orders.push(doubtful_for(&portal, ip).await);
    }
    let staff = portal.owner().await;
    let cases = inbox(&portal, &staff).await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/inbox?select=all").await.body;
    assert_eq!(page.matches(" checked").count(), 3, "all are ticked without a script");
    assert!(page.contains("id=\"bulk\"") && page.contains("form=\"bulk\""), "{page}");
    let seen: Vec<String> =
        cases.iter().map(|case| format!("{} {}", case.operation, case.number)).collect();
    let form = |cases: &[&str], verdict: &str, reason: &str| -> Vec<(String, String)> {
        let cases = cases.iter().map(|case| ("cases[]".to_owned(), (*case).to_owned()));
        let rest = [("verdict", verdict), ("reason", reason)];
        let rest = rest.map(|(name, value)| (name.to_owned(), value.to_owned()));
        cases.chain(rest).collect()
    };
    let at = "/admin/decide-many";

    // Nothing selected, no reason, no single number: nothing happens to any of them.
    let nothing = desk.post(&portal, at, &form(&[], "give-up", "both deleted")).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("Select at least one"), "{}", nothing.body);
    let both = [seen[0].as_str(), seen[1].as_str()];
    let silent = desk.post(&portal, at, &form(&both, "give-up", " ")).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(silent.body.matches(" checked").count(), 2, "they are still ticked");
    assert!(silent.body.contains("id=\"bulk-reason-error\""), "{}", silent.body);
    let which = desk.post(&portal, at, &form(&both, "happened", "it is there")).await;
    assert_eq!(which.status, StatusCode::CONFLICT);
    assert_eq!(which.body.matches("not exactly one number").count(), 2, "{}", which.body);
    assert_eq!(inbox(&portal, &staff).await.len(), 3);

    // Somebody was faster with one of them: the other one is decided all the same.
    let gone = cases[0].operation;
    portal.portal.decide(&staff, gone, &Verdict::GiveUp, "both deleted").await.unwrap();
    let mixed = desk.post(&portal, at, &form(&both, "give-up", "both deleted")).await;
    assert_eq!(mixed.status, StatusCode::CONFLICT);
    assert!(mixed.body.contains("One operation is decided"), "{}", mixed.body);
    let refused = format!("Operation {}: Somebody else has decided", cases[0].number);
    assert!(mixed.body.contains(&refused), "{}", mixed.body);
    // What the page offered as the only number goes with the form.
    let number = portal.vendor().live_licenses().last().unwrap().id;
    let adopted = format!("{} {number}", seen[2]);
    let done = desk.post(&portal, at, &form(&[&adopted], "happened", "it is that one")).await;
    assert_eq!(done.location.as_deref(), Some("/admin/inbox?done=1"), "{}", done.body);
    assert!(inbox(&portal, &staff).await.is_empty());
    for (order, state) in orders.iter().zip(["rejected", "rejected", "confirmed"]) {
        assert_eq!(portal.state(*order).await, state);
    }
    let reasons = portal
        .count(
            "select count(*) from audit where action = 'operation.decide' and actor is not null
                and reason in ('both deleted', 'it is that one')",
        )
        .await;
    assert_eq!(reasons, 3, "each in the audit");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    let mut reader = portal.staff(StaffRole::ReadOnly).await;
    let forbidden = reader.post(&portal, at, &form(&both, "give-up", "both deleted")).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_charged_can_be_given_back_but_no_more(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let answer = browser.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    let order: Uuid =
        answer.location.unwrap().strip_prefix("/my/orders/").unwrap().parse().unwrap();
    let viewer = portal.customer().await;
    let operation = portal.portal.order(&viewer, order).await.unwrap().unwrap().operation;
    let staff = portal.owner().await;
    let refund = |amount: &str| Refund {
        id: Uuid::now_v7(),
        operation,
        amount: eur(amount),
        reason: "the server broke".to_owned(),
    };
    let early = portal.portal.refund(&staff, &refund("1")).await;
    assert!(matches!(early, Err(RefundError::NotCharged)), "{early:?}");
    portal.settle().await;
    let part = refund("1.90");
    for _ in 0..2 {
        portal.portal.refund(&staff, &part).await.unwrap();
    }
    assert_eq!(portal.wallet().await, (eur("497"), eur("0")));
    for amount in ["3.01", "0", "-1"] {
        let refused = portal.portal.refund(&staff, &refund(amount)).await;
        assert!(matches!(refused, Err(RefundError::Amount)), "{amount}: {refused:?}");
    }
    // By the page: the rest.
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, &format!("/admin/orders/{order}")).await.body;
    assert!(page.contains("€1.90") && page.contains("€3.00 at most"), "{page}");
    let (order, operation, id) =
        (order.to_string(), operation.to_string(), Uuid::now_v7().to_string());
    let form = [
        ("order", order.as_str()),
        ("operation", operation.as_str()),
        ("id", id.as_str()),
        ("amount", "3.00"),
        ("currency", "EUR"),
        ("reason", "and the rest"),
    ];
    assert_eq!(desk.post(&portal, "/admin/refund", &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(portal.wallet().await, (eur("500"), eur("0")));
    assert!(browser.get(&portal, "/my/wallet").await.body.contains("and the rest"));
    let lines = portal.count("select count(*) from audit where action = 'wallet.refund'").await;
    assert_eq!(lines, 2);
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
    portal.sound().await;
}
