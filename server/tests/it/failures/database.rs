//! What happens to the database, and to the machine below.

use std::os::unix::process::ExitStatusExt;

use rustix::process::{Resource, Rlimit, Signal, prlimit};
use sqlx::PgPool;
use upstream_sim::GatePoint;
use uuid::Uuid;

use super::{eur, lite};
use crate::cluster::OwnCluster;
use crate::harness::IP;
use crate::visitor::Shop;

/// One order is paid and delivered, with one call.
async fn bought_once(shop: &Shop) {
    assert_eq!(shop.bought(), 1, "calls");
    assert_eq!(shop.vendor.sim().live_licenses().len(), 1, "licenses");
    assert_eq!(shop.vendor.sim().debits().len(), 1, "debits");
    assert_eq!(shop.wallet().await, (eur("495.10"), eur("0")));
    shop.sound().await;
}

#[sqlx::test]
async fn r16_postgres_dies_between_the_promise_and_the_verdict(_pool: PgPool) {
    let mut cluster = OwnCluster::start().await;
    let shop = Shop::open(&cluster.pool().await).await;
    shop.set("call_timeout_ms = 10000, lease_ms = 15000").await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    let viewer = shop.customer().await;
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
    let order = Uuid::now_v7();
    assert_eq!(visitor.buy(order, IP).await, Some(303));
    gate.arrived().await;
    // The license is there and paid, and only the vendor knows.
    cluster.stop(Signal::QUIT).await;
    gate.release();
    shop.vendor.sim().wait_for_answered("soft.order.param", 1).await;
    for path in ["/my", "/my/wallet", &format!("/my/orders/{order}")] {
        let answer = visitor.get(path).await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.text().await.unwrap().contains("<h1>"), "{path}: a page, not a bare error");
    }
    assert_eq!(visitor.buy(Uuid::now_v7(), "203.0.113.8").await, Some(503));
    assert_eq!(visitor.get("/readyz").await.unwrap().status(), 503);
    assert_eq!(visitor.get("/healthz").await.unwrap().status(), 200);
    let error = shop.portal.next_order_id(&viewer, "isp6-lite").await.unwrap_err();
    assert!(error.is_passing(), "{}", error.chain());
    assert!(!program.has_ended());

    cluster.start_again().await;
    assert_eq!(shop.ended(order).await, "confirmed");
    assert_eq!(shop.count("select count(*) from operation").await, 1, "and nothing else");
    assert_eq!(visitor.get("/my").await.unwrap().status(), 200, "the session is still there");
    bought_once(&shop).await;
}

/// Fills the pages of the timeline's table, so that the next line needs a new page; how large its file
/// is then.
async fn fill(shop: &Shop) -> u64 {
    // Larger than a segment of the log, which must go on growing to that.
    sqlx::query(
        "insert into operation_event (operation_id, at, event, detail)
         select x.id, x.created_at, 'unclear', repeat('x', 1800)
           from operation x, generate_series(1, 9000)",
    )
    .execute(&shop.portal.pool)
    .await
    .unwrap();
    let size = "select pg_relation_size('operation_event')";
    let before = shop.count(size).await;
    while shop.count(size).await == before {
        sqlx::query(
            "insert into operation_event (operation_id, at, event)
             select id, created_at, 'unclear' from operation",
        )
        .execute(&shop.portal.pool)
        .await
        .unwrap();
    }
    u64::try_from(shop.count(size).await).unwrap()
}

#[sqlx::test]
async fn r31_a_full_disk_stops_everything_and_loses_nothing(_pool: PgPool) {
    let cluster = OwnCluster::start().await;
    let shop = Shop::open(&cluster.pool().await).await;
    shop.set("call_timeout_ms = 10000, lease_ms = 15000").await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
    let order = Uuid::now_v7();
    assert_eq!(visitor.buy(order, IP).await, Some(303));
    gate.arrived().await;
    let size = fill(&shop).await;
    sqlx::query("checkpoint").execute(&shop.portal.pool).await.unwrap();
    // Half a page fits, as it may happen on a real disk.
    cluster.limit_files(Some(size + 4096));
    let mut refused = 0;
    while refused == 0 {
        // What still fits into the last page is an order like any other, taken back.
        let other = lite("203.0.113.77");
        let viewer = shop.customer().await;
        match shop.portal.place_order(&viewer, &other).await {
            Ok(_) => {
                let operation = shop.operation(other.id).await;
                // There may be room for the order, and none to take it back.
                let _ = shop.portal.cancel_operation(&viewer, operation).await;
            }
            Err(portal::orders::PlaceError::Internal(error)) => {
                assert!(error.is_passing(), "{}", error.chain());
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    gate.release();
    assert_eq!(visitor.buy(Uuid::now_v7(), "203.0.113.8").await, Some(503));
    assert_eq!(visitor.get("/my").await.unwrap().status(), 200, "what is there can be read");
    let unwritten = "select count(*) from operation where state = 'confirmed'";
    assert_eq!(shop.count(unwritten).await, 0, "the verdict could not be written");
    assert!(!program.has_ended());

    cluster.limit_files(None);
    assert_eq!(shop.ended(order).await, "confirmed");
    bought_once(&shop).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r31_a_server_without_memory_is_a_server_that_was_killed(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
    let order = Uuid::now_v7();
    assert_eq!(visitor.buy(order, IP).await, Some(303));
    gate.arrived().await;
    // No more than it has. Hashing a password takes more.
    let limit = Rlimit { current: Some(1 << 20), maximum: None };
    prlimit(Some(program.pid()), Resource::As, limit).unwrap();
    let form = [("email", portal::demo::CUSTOMER), ("password", "another one")];
    for _ in 0..100 {
        if program.has_ended() || visitor.post("/login", &form).await.is_err() {
            break;
        }
    }
    let ended = program.ended().await;
    assert!(ended.signal().is_some(), "{ended:?}");
    gate.release();
    assert_eq!(shop.wallet().await, (eur("495.10"), eur("4.90")), "held");
    let _next = shop.program().await;
    assert_eq!(shop.ended(order).await, "confirmed");
    bought_once(&shop).await;
}
