//! Everything that can go wrong between a click and a delivery, with what must come out of it: one
//! test per row of [`ROWS`], named by its number.
//!
//! Each of them counts at both ends: what the vendor has and was paid, what the wallet holds and was
//! charged, and where the operation ended.

mod database;
mod licenses;
mod placing;
mod processes;
mod vendor;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Currency, Money, Period};
use portal::listing::Paging;
use portal::operations::{FINDINGS_BY_TIME, Finding, FindingFilter};
use portal::orders::Wish;
use time::macros::datetime;
use upstream_sim::{Clock, SimConfig};
use uuid::Uuid;

use crate::harness::{IP, TestPortal};

/// The table. Numbers are never given to another row.
///
/// Not here yet: 21 to 23, a payment that is told twice, out of order, or by somebody else; there are
/// no payments.
const ROWS: [(u8, &str); 29] = [
    (1, "a double click, a reload, the back button, two tabs"),
    (2, "two orders and money for one"),
    (3, "killed before the hold is committed"),
    (4, "killed with the hold, before anything is promised"),
    (5, "killed between the promise and the verdict"),
    (6, "no answer, and it was carried out"),
    (7, "no answer, and it was not"),
    (8, "carried out late"),
    (9, "carried out, and the list shows it late"),
    (10, "an error after the debit"),
    (11, "an error that means what it says; too little of our money"),
    (12, "an answer that cannot be read"),
    (13, "too many requests, not available"),
    (14, "an answer that comes too slowly"),
    (15, "nobody there"),
    (16, "PostgreSQL dies"),
    (17, "a standby that lost what was committed (docs/failover.md)"),
    (18, "two replicas want the same"),
    (19, "a process that stood still goes on"),
    (20, "a wall clock that is wrong"),
    (24, "taken back while it is under way"),
    (25, "another price than was shown"),
    (26, "a cost above the price"),
    (27, "a renewal without an answer"),
    (28, "renewed by itself and by a click"),
    (29, "deleted or moved past us"),
    (30, "given back, and delivered after all"),
    (31, "no space left, no memory left"),
    (32, "asked to end under load"),
];

#[test]
fn every_row_has_its_test() {
    let tests = [
        include_str!("database.rs"),
        include_str!("licenses.rs"),
        include_str!("placing.rs"),
        include_str!("processes.rs"),
        include_str!("vendor.rs"),
    ]
    .concat();
    let count = |row: u8| tests.matches(&format!("\nasync fn r{row:02}_")).count();
    for (row, fault) in ROWS {
        assert!(count(row) > 0, "row {row}, {fault}, has no test");
    }
    let named: usize = (0..=99).map(count).sum();
    let listed: usize = ROWS.iter().map(|(row, _)| count(*row)).sum();
    assert_eq!(named, listed, "a test for a row that is not in the table");
    assert_eq!(tests.matches("#[sqlx::test").count(), named, "a test of no row");
    assert!(!tests.contains("#[ignore"), "a test that does not run");
}

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// A wish for the lite plan, for 4.90.
fn lite(ip: &str) -> Wish {
    Wish {
        id: Uuid::now_v7(),
        plan: "isp6-lite".to_owned(),
        period: Period::MONTH,
        ip: ip.to_owned(),
        name: String::new(),
        addons: BTreeMap::new(),
        parent: None,
        fields: BTreeMap::new(),
        shown_total: eur("4.90"),
        told_of_renewals: false,
    }
}

/// Orders the lite plan for the usual address; nothing is carried out yet.
async fn order(portal: &TestPortal) -> Uuid {
    order_for(portal, IP).await
}

pub async fn order_for(portal: &TestPortal, ip: &str) -> Uuid {
    let viewer = portal.customer().await;
    portal.portal.place_order(&viewer, &lite(ip)).await.unwrap().id
}

/// The operation that carries an order out.
async fn operation(portal: &TestPortal, order: Uuid) -> Uuid {
    sqlx::query_scalar("select id from operation where order_id = $1")
        .bind(order)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

/// What must have come out of one order.
struct End<'a> {
    state: &'a str,
    /// Calls that were to buy something.
    sent: usize,
    /// Paid licenses at the vendor, each debited once.
    licenses: usize,
    available: &'a str,
    held: &'a str,
}

async fn assert_end(portal: &TestPortal, order: Uuid, case: &str, end: &End<'_>) {
    assert_eq!(portal.state(order).await, end.state, "{case}");
    assert_eq!(portal.sent("soft.order.param"), end.sent, "{case}: sent");
    let vendor = portal.vendor();
    assert_eq!(vendor.live_licenses().len(), end.licenses, "{case}: licenses");
    let paid: Vec<i64> = vendor.debits().iter().map(|debit| debit.amount).collect();
    assert_eq!(paid, vec![35_000; end.licenses], "{case}: debits");
    assert_eq!(portal.wallet().await, (eur(end.available), eur(end.held)), "{case}: wallet");
    healthy(portal).await;
}

/// The books agree with each other and with the vendor's.
async fn healthy(portal: &TestPortal) {
    portal.sound().await;
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
}

/// A portal and a vendor whose clocks only move together, by [`pass`].
async fn in_step(pool: sqlx::PgPool) -> TestPortal {
    let config =
        SimConfig { clock: Clock::Fixed(datetime!(2026-11-21 10:00 UTC)), ..SimConfig::default() };
    TestPortal::with(pool, config).await
}

/// Lets minutes pass on both sides, with the worker awake.
async fn pass(portal: &TestPortal, minutes: u64) {
    for _ in 0..minutes {
        portal.clock.advance(Duration::from_mins(1));
        portal.vendor().advance_clock(Duration::from_mins(1));
        portal.drain().await;
    }
}

/// Lets enough time pass for every window, with the worker awake.
async fn rest(portal: &TestPortal) {
    portal.drain().await;
    pass(portal, 15).await;
}

/// Changes what the portal knows of its vendor.
async fn set(portal: &TestPortal, assignments: &'static str) {
    let sql = format!("update upstream_account set {assignments}");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&portal.portal.pool).await.unwrap();
}

/// What a sweep found and nobody has settled.
async fn open_findings(portal: &TestPortal) -> Vec<Finding> {
    let staff = portal.owner().await;
    let first = Paging::first(FINDINGS_BY_TIME, 50);
    let found = portal.portal.findings(&staff, &FindingFilter::default(), &first).await;
    found.unwrap().rows
}
