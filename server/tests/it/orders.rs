//! What happens to an order; fault by fault it is told in [`crate::failures`].

use std::time::Duration;

use axum::http::StatusCode;
use domain::{Currency, Money};
use portal::orders::EventKind::{Confirmed, Key, Planned, Sent};
use portal::orders::{EventKind, MoneyState};
use sqlx::{AssertSqlSafe, PgPool};
use upstream_sim::{Fault, GatePoint, Times};
use uuid::Uuid;

use crate::failures::order_for;
use crate::harness::{IP, TestPortal};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// Posts the lite form; returns the order.
async fn buy(portal: &TestPortal) -> Uuid {
    let mut browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    let answer = browser.post(portal, "/buy", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let location = answer.location.unwrap();
    location.strip_prefix("/my/orders/").expect(&location).parse().unwrap()
}

async fn events(portal: &TestPortal, order: Uuid) -> Vec<EventKind> {
    let viewer = portal.customer().await;
    let order = portal.portal.order(&viewer, order).await.unwrap().unwrap();
    order.events.iter().map(|event| event.kind).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_is_delivered(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let order = buy(&portal).await;
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "reserved at once");
    portal.drain().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    let licenses = portal.vendor().live_licenses();
    assert_eq!(licenses.len(), 1);
    let viewer = portal.customer().await;
    let detail = portal.portal.order(&viewer, order).await.unwrap().unwrap();
    assert_eq!(detail.money, MoneyState::Captured);
    let ours = portal.portal.license(&viewer, detail.license.unwrap()).await.unwrap().unwrap();
    assert_eq!(ours.key.unwrap(), licenses[0].key);
    assert_eq!(ours.row.ip.as_deref(), Some(IP));
    assert_eq!(ours.row.expires_on, Some(licenses[0].expires));
    assert_eq!(events(&portal, order).await, [Planned, Sent, Confirmed, Key]);
    // Our cost is booked against the prepaid money at the vendor.
    let mut db = portal.portal.pool.acquire().await.unwrap();
    let kind = ledger::AccountKind::CostOfSales;
    let cost = ledger::balance(&mut db, kind, None, Currency::EUR).await.unwrap();
    assert_eq!(cost, eur("-3.50"));
    portal.sound().await;
}

/// Writes down every transaction that changes a row of the order, the journal or the books; reading
/// the key afterwards is the license's business.
const COUNT_COMMITS: &str = "
    create table commit_seen (xid xid8 primary key);
    create function see_commit() returns trigger language plpgsql as $$
    begin
        insert into commit_seen values (pg_current_xact_id()) on conflict do nothing;
        return null;
    end $$;
    do $$
    declare name text;
    begin
        foreach name in array array['customer_order', 'operation', 'operation_attempt',
                                    'ledger_account', 'ledger_transfer', 'ledger_entry'] loop
            execute format('create trigger see_commit after insert or update or delete on %I
                            for each row execute function see_commit()', name);
        end loop;
    end $$";

#[sqlx::test(migrations = "../migrations")]
async fn a_whole_order_costs_three_commits(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    // The first order of a minute also reads the balance at the vendor and keeps it.
    order_for(&portal, "203.0.113.90").await;
    portal.drain().await;
    sqlx::raw_sql(COUNT_COMMITS).execute(&portal.portal.pool).await.unwrap();
    let order = order_for(&portal, IP).await;
    let seen = "select count(*) from commit_seen";
    assert_eq!(portal.count(seen).await, 1, "hold, order and operation are one transaction");
    portal.drain().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.count(seen).await, 3, "the promise, and the verdict with money and license");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_that_was_not_sent_is_taken_back_on_its_page(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    let order = buy(&portal).await;
    let (page, form) = (format!("/my/orders/{order}"), [("order", order.to_string())]);
    let shown = browser.get(&portal, &page).await;
    assert!(shown.body.contains("action=\"/my/order-cancel\""), "{}", shown.body);
    // The same click twice is one.
    for _ in 0..2 {
        let answer = browser.post(&portal, "/my/order-cancel", &form).await;
        assert_eq!(answer.location.as_deref(), Some(page.as_str()), "{}", answer.body);
    }
    portal.settle().await;
    assert_eq!(portal.state(order).await, "cancelled");
    assert_eq!(portal.wallet().await, (eur("500"), eur("0")));
    assert!(portal.vendor().live_licenses().is_empty());
    let shown = browser.get(&portal, &page).await;
    assert!(shown.body.contains("You took this order back"), "{}", shown.body);
    assert!(!shown.body.contains("/my/order-cancel"));

    // An old page's click on what was bought meanwhile.
    let order = buy(&portal).await;
    portal.settle().await;
    let form = [("order", order.to_string())];
    let answer = browser.post(&portal, "/my/order-cancel", &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("cannot be taken back any more"), "{}", answer.body);
    assert_eq!(portal.state(order).await, "confirmed");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_without_our_id_is_searched_by_the_name(pool: PgPool) {
    let config = upstream_sim::SimConfig {
        list_shows_remoteid: false,
        view_shows_remoteid: false,
        ..upstream_sim::SimConfig::default()
    };
    let portal = TestPortal::with(pool, config).await;
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let order = buy(&portal).await;
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.vendor().live_licenses().len(), 1);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_licenses_for_one_order_need_a_person(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    portal.vendor().add_fault("soft.order.param", Fault::DuplicateOrder, Times::Once);
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let order = buy(&portal).await;
    portal.settle().await;
    assert_eq!(portal.state(order).await, "review");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "the money waits");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_key_may_come_later(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    portal.vendor().add_fault("soft.order.param", Fault::KeyEmpty { views: 3 }, Times::Once);
    let order = buy(&portal).await;
    portal.drain().await;
    let viewer = portal.customer().await;
    let detail = portal.portal.order(&viewer, order).await.unwrap().unwrap();
    assert_eq!(detail.row.state.as_str(), "confirmed");
    assert!(!detail.row.has_key);
    portal.settle().await;
    let detail = portal.portal.order(&viewer, order).await.unwrap().unwrap();
    assert!(detail.row.has_key);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_lost_its_lease_writes_nothing(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    sqlx::query("update upstream_account set call_timeout_ms = 20000")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let gate = portal.vendor().gate("soft.order.param", GatePoint::After);
    let order = buy(&portal).await;
    let slow = portal.portal.clone();
    let slow = tokio::spawn(async move { slow.work_once().await });
    gate.arrived().await;
    // While the first worker waits for its answer, hours pass and another one takes over.
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed", "found by the second");
    gate.release();
    slow.await.unwrap().unwrap();
    assert_eq!(portal.vendor().live_licenses().len(), 1);
    assert_eq!(portal.count("select count(*) from license").await, 1);
    portal.sound().await;
}

/// Writes a row like the first one by hand, with other values in some columns.
fn forged(table: &str, columns: &str, other: &[(&str, &str)]) -> String {
    let values: Vec<_> = columns
        .split(", ")
        .map(|column| other.iter().find(|(of, _)| *of == column).map_or(column, |(_, value)| value))
        .collect();
    let values = values.join(", ");
    format!(
        "insert into {table} (id, {columns}) select gen_random_uuid(), {values} from {table} limit 1"
    )
}

fn forged_order(other: &[(&str, &str)]) -> String {
    let columns = "customer_id, user_id, wish_hash, plan_id, period, addons, quote, currency, \
                   price, cost, pricelist_version_id, created_at";
    forged("customer_order", columns, other)
}

fn forged_operation(other: &[(&str, &str)]) -> String {
    let columns = "kind, order_id, upstream_account_id, state, reference, hold_id, currency, \
                   price, cost, attempts, next_at, created_at";
    forged("operation", columns, other)
}

const UNKNOWN: &str = "gen_random_uuid()";

#[sqlx::test(migrations = "../migrations")]
async fn hand_written_sql_cannot_break_an_order(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    buy(&portal).await;
    let refuses = async |attack: String, code: &str, rule: Option<&str>| {
        let mut tx = portal.portal.pool.begin().await.unwrap();
        let refused = sqlx::raw_sql(AssertSqlSafe(attack.clone())).execute(&mut *tx).await;
        let error = refused.expect_err(&attack);
        let error = error.as_database_error().expect(&attack);
        assert_eq!((error.code().as_deref(), error.constraint()), (Some(code), rule), "{attack}");
    };
    // What an order is of stays.
    for kept in ["plan_period", "upstream_account", "customer_order"] {
        refuses(format!("delete from {kept}"), "23001", None).await;
        refuses(format!("truncate {kept} cascade"), "23001", None).await;
        let column = if kept == "plan_period" { "plan_id" } else { "id" };
        refuses(format!("update {kept} set {column} = {UNKNOWN}"), "23001", None).await;
    }
    // And it is there.
    for (column, value) in
        [("period", "99"), ("plan_id", UNKNOWN), ("pricelist_version_id", UNKNOWN)]
    {
        let attack = forged_order(&[(column, value)]);
        refuses(attack, "23503", Some("customer_order_of_catalog")).await;
    }
    for (column, rule) in [
        ("customer_id", "customer_order_customer_id_fkey"),
        ("user_id", "customer_order_user_id_fkey"),
    ] {
        refuses(forged_order(&[(column, UNKNOWN)]), "23503", Some(rule)).await;
    }
    let attack = forged_operation(&[("order_id", UNKNOWN)]);
    refuses(attack, "23503", Some("operation_order_id_fkey")).await;
    for column in ["upstream_account_id", "hold_id"] {
        // Of another order, so that nothing else is in the way.
        let order = "(select id from customer_order order by number desc limit 1)";
        let other =
            [("order_id", order), ("reference", "'other'"), ("hold_id", "null"), ("price", "0")];
        let held = [("order_id", order), ("reference", "'other'"), ("hold_id", UNKNOWN)];
        let attack = if column == "hold_id" {
            forged_operation(&held)
        } else {
            forged_operation(&[&[(column, UNKNOWN)], &other[..]].concat())
        };
        let attack = format!("{}; {attack}", forged_order(&[]));
        refuses(attack, "23503", Some("operation_points_somewhere")).await;
    }
    // The rules of a row are told by their names.
    for (column, value, rule) in [
        ("kind", "'gift'", "operation_kind"),
        ("kind", "'renew'", "operation_object"),
        ("state", "'lost'", "operation_state_check"),
        ("state", "'sent'", "operation_sent_has_time"),
        ("state", "'confirmed'", "operation_confirmed_has_license"),
        ("state", "'rejected'", "operation_final_has_end"),
        ("price", "-1", "operation_price_check"),
        ("cost", "-1", "operation_cost_check"),
        ("hold_id", "null", "operation_hold_for_price"),
        ("attempts", "4", "operation_attempts_bounded"),
    ] {
        refuses(forged_operation(&[(column, value)]), "23514", Some(rule)).await;
    }
    let event = "insert into operation_event (operation_id, at, event)
                 select id, created_at, 'dreamt' from operation";
    refuses(event.to_owned(), "23514", Some("operation_event_event")).await;
    portal.settle().await;
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_free_trial_needs_no_money(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let viewer = portal.customer().await;
    let order = portal.portal.next_order_id(&viewer, "isp6-trial").await.unwrap();
    let mut browser = portal.signed_in().await;
    let form = [
        ("plan", "isp6-trial"),
        ("period", "-100"),
        ("ip", IP),
        ("order", &order.to_string()),
        ("total", "0.00 EUR"),
    ];
    let answer = browser.post(&portal, "/buy", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.wallet().await, (eur("500"), eur("0")));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_comes_too_late_is_still_proof(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let vendor = portal.vendor();
    sqlx::query("update upstream_account set call_timeout_ms = 20000, send_deadline_ms = 1000")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let gate = vendor.gate("soft.order.param", GatePoint::After);
    // The vendor's list would not show the license for hours.
    vendor.add_fault("soft.order.param", Fault::ListLag { ms: 0, lists: 1000 }, Times::Once);
    let order = buy(&portal).await;
    let slow = portal.portal.clone();
    let slow = tokio::spawn(async move { slow.work_once().await });
    gate.arrived().await;
    portal.clock.advance(Duration::from_secs(121));
    portal.drain().await;
    assert_eq!(portal.state(order).await, "unknown", "another worker looked and proved nothing");
    gate.release();
    slow.await.unwrap().unwrap();
    assert_eq!(portal.state(order).await, "unknown", "the first one does not own it any more");
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(vendor.calls_of("soft.order.param").len(), 1, "nothing was sent again");
    assert_eq!(vendor.live_licenses().len(), 1);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_in_small_pages_is_read_to_its_end(pool: PgPool) {
    let config =
        upstream_sim::SimConfig { page_size: Some(1), ..upstream_sim::SimConfig::default() };
    let portal = TestPortal::with(pool, config).await;
    // Others' licenses fill the first pages.
    for host in 1..=4 {
        let purchase = upstream_sim::Purchase {
            user: "reseller@demo.test".to_owned(),
            plan: 55228,
            period: 1,
            ip: format!("198.51.100.{host}"),
            licname: "by hand".to_owned(),
        };
        portal.vendor().buy_by_hand(&purchase).unwrap();
    }
    portal.vendor().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
    let order = buy(&portal).await;
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.vendor().calls_of("soft.order.param").len(), 1);
    assert_eq!(portal.vendor().live_licenses().len(), 5);
}
