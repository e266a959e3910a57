//! What a vendor does to an order.

use std::time::Duration;

use portal::orders::{EventKind, MoneyState};
use sqlx::PgPool;
use upstream_sim::{Fault, SimConfig, Status, Times};
use uuid::Uuid;

use super::{
    End, assert_end, eur, healthy, in_step, lite, open_findings, order, order_for, pass, rest, set,
};
use crate::harness::{TestPortal, fresh};
use crate::visitor::Shop;

const RESELLER: &str = "reseller@demo.test";

/// Bought once, with one call.
const ONCE: End<'static> =
    End { state: "confirmed", sent: 1, licenses: 1, available: "495.10", held: "0" };
/// Bought once, by the second call.
const AT_SECOND: End<'static> = End { sent: 2, ..ONCE };

async fn events(portal: &TestPortal, order: Uuid) -> Vec<EventKind> {
    let viewer = portal.customer().await;
    let order = portal.portal.order(&viewer, order).await.unwrap().unwrap();
    order.events.iter().map(|event| event.kind).collect()
}

/// After this fault nobody knows, the money stays held, and in the end it comes out so.
async fn unknown_at_first(pool: &PgPool, fault: Fault, end: &End<'_>) {
    let name = fault.name();
    let portal = TestPortal::new(fresh(pool).await).await;
    portal.vendor().add_fault("soft.order.param", fault, Times::Once);
    let order = order(&portal).await;
    portal.drain().await;
    assert_eq!(portal.state(order).await, "unknown", "{name}");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "{name}: still reserved");
    assert_eq!(portal.sent("soft.order.param"), 1, "{name}: not sent again");
    rest(&portal).await;
    assert_end(&portal, order, name, end).await;
    let events = events(&portal, order).await;
    let found = events.contains(&EventKind::Found);
    assert_eq!(found, end.sent == 1, "{name}: {events:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn r06_without_an_answer_it_is_found_by_its_reference(pool: PgPool) {
    for fault in [Fault::HangAfter, Fault::ResetAfter, Fault::HttpAfter { status: 502 }] {
        unknown_at_first(&pool, fault, &ONCE).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r07_what_never_happened_is_sent_once_more(pool: PgPool) {
    for fault in [Fault::HangBefore, Fault::ResetBefore, Fault::HttpBefore { status: 500 }] {
        unknown_at_first(&pool, fault, &AT_SECOND).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r07_what_may_not_be_sent_again_is_given_back(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    set(&portal, "max_attempts = 1").await;
    portal.vendor().add_fault("soft.order.param", Fault::HangBefore, Times::Once);
    let order = order(&portal).await;
    rest(&portal).await;
    let back = End { state: "rejected", sent: 1, licenses: 0, available: "500", held: "0" };
    assert_end(&portal, order, "one attempt only", &back).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r08_what_lands_within_the_window_is_found(pool: PgPool) {
    for (minutes, hang) in [(2, true), (5, false)] {
        let portal = in_step(fresh(&pool).await).await;
        let late = Fault::LateLanding { ms: minutes * 60_000, hang };
        portal.vendor().add_fault("soft.order.param", late, Times::Once);
        let order = order(&portal).await;
        portal.drain().await;
        pass(&portal, minutes - 1).await;
        assert_eq!(portal.state(order).await, "unknown");
        assert!(portal.vendor().live_licenses().is_empty(), "not there yet");
        pass(&portal, 200).await;
        assert_end(&portal, order, "a late landing", &ONCE).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r08_in_two_steps_no_window_is_too_short(pool: PgPool) {
    // The unpaid item comes hours later, or the payment of it does.
    for (func, items) in [("soft.order.param!", 2), ("payment.add", 1)] {
        let portal = in_step(fresh(&pool).await).await;
        set(&portal, "ordering = 'basket'").await;
        let late = Fault::LateLanding { ms: 3 * 3_600_000, hang: false };
        portal.vendor().add_fault(func, late, Times::Once);
        let order = order(&portal).await;
        portal.drain().await;
        pass(&portal, 60).await;
        assert_eq!(portal.state(order).await, "confirmed", "{func}");
        let paid = portal.vendor().live_licenses();
        assert_eq!(paid.len(), 1, "{func}");
        pass(&portal, 120).await;
        assert_eq!(portal.vendor().licenses().len(), items, "{func}: it has come");
        // The sweep throws away what is left, and only that.
        pass(&portal, 61).await;
        let end = End { sent: items, ..ONCE };
        assert_end(&portal, order, func, &end).await;
        assert_eq!(portal.vendor().live_licenses()[0].id, paid[0].id, "{func}");
        let unpaid = portal.vendor().licenses();
        assert!(unpaid.iter().all(|license| license.status != Status::Ordered), "{func}");
        assert!(open_findings(&portal).await.is_empty(), "{func}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r09_a_list_that_lags_leads_to_no_second_purchase(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let vendor = portal.vendor();
    vendor.add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    vendor.add_fault("soft.order.param", Fault::ListLag { ms: 0, lists: 4 }, Times::Once);
    let order = order(&portal).await;
    rest(&portal).await;
    assert!(vendor.calls_of("soft").len() > 4, "looked at until it was there");
    assert_end(&portal, order, "a list that lags", &ONCE).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r10_an_error_after_the_debit_is_a_purchase(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let kind = "limit".to_owned();
    portal.vendor().add_fault("soft.order.param", Fault::ErrorAfterDebit { kind }, Times::Once);
    let order = order(&portal).await;
    portal.drain().await;
    assert_eq!(portal.state(order).await, "unknown", "an error is not believed");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")));
    rest(&portal).await;
    assert_end(&portal, order, "an error after the debit", &ONCE).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r11_an_error_is_told_at_once_and_the_money_returns_after_the_proof(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let kind = "value".to_owned();
    portal.vendor().add_fault("soft.order.param", Fault::ErrorDoc { kind }, Times::Once);
    let first = order(&portal).await;
    portal.drain().await;
    let viewer = portal.customer().await;
    let detail = portal.portal.order(&viewer, first).await.unwrap().unwrap();
    assert!(detail.vendor_message.is_some(), "told at once");
    assert_eq!(detail.money, MoneyState::Reserved, "not released before it is proved");
    rest(&portal).await;
    let back = End { state: "rejected", sent: 1, licenses: 0, available: "500", held: "0" };
    assert_end(&portal, first, "an error", &back).await;
    // The same wish can be ordered again, by a new form.
    let again = order(&portal).await;
    rest(&portal).await;
    assert_end(&portal, again, "the same again", &AT_SECOND).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r11_too_little_of_our_money_parks_it_until_a_top_up(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    portal.vendor().set_balance(RESELLER, 34_999);
    let threshold = "update upstream_account set low_balance = 40000";
    sqlx::query(threshold).execute(&portal.portal.pool).await.unwrap();
    let order = order(&portal).await;
    portal.drain().await;
    let parked = End { state: "parked", sent: 0, licenses: 0, available: "495.10", held: "4.90" };
    assert_end(&portal, order, "too little", &parked).await;
    let mails = "select count(*) from email_outbox where template = 'vendor-balance'";
    assert_eq!(portal.count(mails).await, 1, "who can top up is told");
    rest(&portal).await;
    assert_end(&portal, order, "hours later", &parked).await;
    assert_eq!(portal.count(mails).await, 1, "and told once a day");
    portal.vendor().set_balance(RESELLER, 35_000);
    rest(&portal).await;
    assert_end(&portal, order, "after the top-up", &ONCE).await;
    assert_eq!(portal.vendor().balance(RESELLER), 0);
    let low = "select count(*) from email_outbox where template = 'vendor-balance-low'";
    assert_eq!(portal.count(low).await, 1, "told when it fell below the threshold, and once");
    portal.vendor().set_balance(RESELLER, 50_000);
    rest(&portal).await;
    portal.vendor().set_balance(RESELLER, 39_999);
    rest(&portal).await;
    rest(&portal).await;
    assert_eq!(portal.count(low).await, 2, "and again after it was enough");
}

#[sqlx::test(migrations = "../migrations")]
async fn r11_an_error_with_too_little_money_is_parked_after_the_proof(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    // The portal has read that there is enough; then somebody else spends it.
    portal.drain().await;
    portal.vendor().set_balance(RESELLER, 0);
    let order = order(&portal).await;
    portal.drain().await;
    let held = End { state: "unknown", sent: 1, licenses: 0, available: "495.10", held: "4.90" };
    assert_end(&portal, order, "refused", &held).await;
    assert!(events(&portal, order).await.contains(&EventKind::Short));
    rest(&portal).await;
    let parked = End { state: "parked", ..held };
    assert_end(&portal, order, "proved absent", &parked).await;
    portal.vendor().set_balance(RESELLER, 1_000_000);
    rest(&portal).await;
    assert_end(&portal, order, "after the top-up", &AT_SECOND).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r11_an_error_with_too_little_money_may_have_cost_it(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    portal.drain().await;
    // The debit itself leaves nothing, so the error looks like one for lack of money.
    portal.vendor().set_balance(RESELLER, 35_000);
    let kind = "limit".to_owned();
    portal.vendor().add_fault("soft.order.param", Fault::ErrorAfterDebit { kind }, Times::Once);
    let order = order(&portal).await;
    portal.drain().await;
    assert!(events(&portal, order).await.contains(&EventKind::Short));
    rest(&portal).await;
    assert_end(&portal, order, "debited in spite of the error", &ONCE).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r12_what_cannot_be_read_proves_nothing(pool: PgPool) {
    for fault in [
        Fault::EmptyBody,
        Fault::TruncatedXml,
        Fault::GarbageAfter,
        Fault::WrongCharset,
        Fault::HugeBody { bytes: 2 << 20 },
        Fault::EntityBomb,
    ] {
        unknown_at_first(&pool, fault, &ONCE).await;
    }
    unknown_at_first(&pool, Fault::GarbageBefore, &AT_SECOND).await;
}

/// A number that is another license's of ours is believed by nobody: the list tells what was bought.
#[sqlx::test(migrations = "../migrations")]
async fn r12_an_answer_that_came_before_proves_nothing(pool: PgPool) {
    let portal = in_step(pool).await;
    let first = order(&portal).await;
    portal.drain().await;
    portal.vendor().add_fault("soft.order.param", Fault::RepeatedAnswer, Times::Once);
    let second = order_for(&portal, "203.0.113.9").await;
    portal.drain().await;
    assert_eq!(portal.state(second).await, "unknown");
    rest(&portal).await;
    for order in [first, second] {
        assert_eq!(portal.state(order).await, "confirmed");
    }
    let numbers = "select count(distinct upstream_id) from license";
    assert_eq!((portal.count(numbers).await, portal.vendor().debits().len()), (2, 2));
    assert_eq!((portal.vendor().live_licenses().len(), portal.sent("soft.order.param")), (2, 2));
    healthy(&portal).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r12_an_answer_that_is_there_twice_is_none(pool: PgPool) {
    unknown_at_first(&pool, Fault::DoubledAnswer, &ONCE).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r12_a_list_that_cannot_be_read_proves_no_absence(pool: PgPool) {
    for fault in [Fault::EmptyBody, Fault::TruncatedXml, Fault::GarbageAfter, Fault::WrongCharset] {
        let name = fault.name();
        let portal = TestPortal::new(fresh(&pool).await).await;
        let vendor = portal.vendor();
        vendor.add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
        vendor.add_fault("soft", fault, Times::Forever);
        let order = order(&portal).await;
        rest(&portal).await;
        assert_eq!(portal.state(order).await, "unknown", "{name}");
        assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "{name}");
        assert_eq!(portal.sent("soft.order.param"), 1, "{name}");
        vendor.clear_faults();
        rest(&portal).await;
        assert_end(&portal, order, name, &ONCE).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r13_a_vendor_with_too_much_to_do_is_asked_later(pool: PgPool) {
    for fault in [Fault::TooMany, Fault::HttpBefore { status: 503 }] {
        unknown_at_first(&pool, fault, &AT_SECOND).await;
    }
}

/// Another vendor, which sells the pro plan from now on.
async fn second_vendor(shop: &Shop) -> upstream_sim::Running {
    let other = upstream_sim::start(SimConfig::default()).await.unwrap();
    let id = Uuid::now_v7();
    let secret = shop.portal.key.seal(id, "SimPass2026").unwrap();
    sqlx::query(
        "insert into upstream_account
                (id, slug, name, base_url, username, secret, currency, created_at, connect_timeout_ms,
                 call_timeout_ms, send_deadline_ms, lease_ms, quiet_window_ms, second_sighting_ms)
         select $1, 'other', 'Another vendor', $2, username, $3, currency, created_at,
                connect_timeout_ms, call_timeout_ms, send_deadline_ms, lease_ms, quiet_window_ms,
                second_sighting_ms
           from upstream_account",
    )
    .bind(id)
    .bind(other.base_url())
    .bind(secret)
    .execute(&shop.portal.pool)
    .await
    .unwrap();
    sqlx::query("update plan set upstream_account_id = $1 where slug = 'isp6-pro'")
        .bind(id)
        .execute(&shop.portal.pool)
        .await
        .unwrap();
    other
}

#[sqlx::test(migrations = "../migrations")]
async fn r14_a_dripping_vendor_holds_up_nobody_else(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // Calls that last longer than everything below, however slow this machine is: whatever waits for
    // them is seen to wait.
    shop.set(
        "call_timeout_ms = 60000, lease_ms = 120000,
         balance_next_at = created_at + interval '1 hour',
         sweep_next_at = created_at + interval '1 hour'",
    )
    .await;
    let other = second_vendor(&shop).await;
    let mut program = shop.program().await;
    // One of its licenses is to be read again and again, and that takes long, too.
    let first = lite("203.0.113.101");
    shop.place(&first).await;
    shop.ended(first.id).await;
    sqlx::query("update license set next_check_at = created_at").execute(&pool).await.unwrap();
    shop.vendor.sim().add_fault("*", Fault::Drip { ms: 1000 }, Times::Forever);
    shop.vendor.sim().wait_for_call("soft.edit", 2).await;
    // More than one process has hands for.
    let mut slow = Vec::new();
    for host in 1..=12 {
        slow.push(shop.place(&lite(&format!("203.0.113.{host}"))).await);
    }
    // All that the vendor lets in at one time: three orders and the reading of the license.
    shop.vendor.sim().wait_for_call("soft.order.param", 4).await;
    let pro = portal::orders::Wish {
        plan: "isp6-pro".to_owned(),
        shown_total: eur("9.90"),
        told_of_renewals: false,
        ..lite("203.0.113.100")
    };
    shop.place(&pro).await;
    shop.ended(pro.id).await;
    assert_eq!(other.sim().live_licenses().len(), 1);
    // Pages are served, the slow orders' own among them.
    let visitor = program.visitor().await;
    for path in ["/catalog".to_owned(), "/my".to_owned(), format!("/my/orders/{}", slow[0])] {
        let answer = visitor.get(&path).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    let open = "select count(*) from pg_stat_activity
                 where datname = current_database() and state like 'idle in transaction%'
                   and clock_timestamp() - xact_start > interval '1 second'";
    assert_eq!(shop.count(open).await, 0, "nothing is locked while a vendor drips");
    // All this was while not one of the slow calls had come to its end.
    let answered = "select count(*) from operation_attempt where answered_at is not null";
    assert_eq!(shop.count(answered).await, 2, "the first order's and the other vendor's");
    // Each of them was carried out, and each is found, also by a process that did not send it.
    program.kill().await;
    shop.vendor.sim().clear_faults();
    shop.set(
        "call_timeout_ms = 700, lease_ms = 2100, balance_lease_until = null, sweep_lease_until = null",
    )
    .await;
    for table in ["operation", "license"] {
        let sql =
            format!("update {table} set lease_until = created_at where lease_until is not null");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    }
    sqlx::query("update operation set next_at = created_at where finished_at is null")
        .execute(&pool)
        .await
        .unwrap();
    let _program = shop.program().await;
    for order in slow {
        shop.ended(order).await;
    }
    assert_eq!(shop.vendor.sim().live_licenses().len(), 13);
    assert_eq!(shop.vendor.sim().debits().len(), 13);
    assert_eq!(shop.wallet().await, (eur("426.40"), eur("0")));
    shop.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r15_a_vendor_that_is_away_is_asked_later(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    // A port on which nobody listens: every connection is refused.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let pool = portal.portal.pool.clone();
    let real: String =
        sqlx::query_scalar("select base_url from upstream_account").fetch_one(&pool).await.unwrap();
    let point = async |url: &str| {
        let sql = "update upstream_account set base_url = $1";
        sqlx::query(sql).bind(url.to_owned()).execute(&pool).await.unwrap();
    };
    point(&away).await;
    let order = order(&portal).await;
    portal.drain().await;
    let waiting = End { state: "planned", sent: 0, licenses: 0, available: "495.10", held: "4.90" };
    assert_end(&portal, order, "provably not sent", &waiting).await;
    for _ in 0..5 {
        portal.clock.advance(Duration::from_mins(1));
        portal.drain().await;
    }
    assert_end(&portal, order, "refused connections do not count", &waiting).await;
    let tried = portal.count("select count(*) from operation_attempt").await;
    assert!((2..=10).contains(&tried), "again and again, but not all the time: {tried}");
    point(&real).await;
    // It was left alone for a while; the first one who asks again finds out.
    for _ in 0..8 {
        portal.clock.advance(Duration::from_mins(1));
        portal.drain().await;
    }
    assert_end(&portal, order, "back again", &ONCE).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r15_a_vendor_that_stays_away_costs_nothing(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    set(&portal, "base_url = 'http://127.0.0.1:9/'").await;
    let first = order(&portal).await;
    portal.settle().await;
    let back = End { state: "rejected", sent: 0, licenses: 0, available: "500", held: "0" };
    assert_end(&portal, first, "given up by its age", &back).await;
    let second = order_for(&portal, "203.0.113.9").await;
    assert_eq!(portal.state(second).await, "planned", "others may try again");
    healthy(&portal).await;
}
