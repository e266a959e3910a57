//! What happens to the database, and to the machine below.

use std::os::unix::process::ExitStatusExt;

use portal::orders::PlaceError;
use rustix::process::{Resource, Rlimit, Signal, prlimit};
use sqlx::PgPool;
use upstream_sim::GatePoint;
use uuid::Uuid;

use super::{eur, healthy, lite, order, order_for};
use crate::cluster::OwnCluster;
use crate::harness::{IP, TestPortal};
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

/// Fills the table of transfers, of which every step writes one, to the last byte of its last page;
/// how large its file is then.
async fn fill(shop: &Shop) -> u64 {
    // All shorter than those of an order, so that none of them fits between, and together longer than a
    // file of the log, which must go on growing to its full length.
    let mut tx = shop.portal.pool.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica").execute(&mut *tx).await.unwrap();
    let rows = "insert into ledger_transfer (id, kind, debit_account, credit_account, amount,
                    currency, cause_kind, cause_id, reason, created_at)
                select gen_random_uuid(), kind, debit_account, credit_account, amount, currency,
                       cause_kind, cause_id, 'x', created_at
                  from (select * from ledger_transfer where kind = 'pending' limit 1) hold,
                       generate_series(1, $1)";
    sqlx::query(rows).bind(150_000).execute(&mut *tx).await.unwrap();
    let (on_the_last_page, on_a_full_one): (i32, i32) = sqlx::query_as(
        "with page as (
            select ctid, pg_relation_size('ledger_transfer') / 8192 as pages from ledger_transfer)
         select count(*) filter (where ctid >= format('(%s,0)', pages - 1)::tid)::int,
                count(*) filter (where ctid >= format('(%s,0)', pages - 2)::tid
                                   and ctid < format('(%s,0)', pages - 1)::tid)::int
           from page",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    sqlx::query(rows).bind(on_a_full_one - on_the_last_page).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let size = shop.count("select pg_relation_size('ledger_transfer')").await;
    assert!(size > 16 << 20, "{size}");
    u64::try_from(size).unwrap()
}

/// Takes out again what [`fill`] put in.
async fn empty(shop: &Shop) {
    let mut tx = shop.portal.pool.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica").execute(&mut *tx).await.unwrap();
    sqlx::query("delete from ledger_transfer where reason = 'x'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
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
    let viewer = shop.customer().await;
    match shop.portal.place_order(&viewer, &lite("203.0.113.9")).await {
        Err(PlaceError::Internal(error)) => assert!(error.is_passing(), "{}", error.chain()),
        other => panic!("{other:?}"),
    }
    gate.release();
    assert_eq!(visitor.buy(Uuid::now_v7(), "203.0.113.8").await, Some(503));
    assert_eq!(visitor.get("/my").await.unwrap().status(), 200, "what is there can be read");
    shop.vendor.sim().wait_for_answered("soft.order.param", 1).await;
    let unwritten = "select count(*) from operation where state = 'confirmed'";
    assert_eq!(shop.count(unwritten).await, 0, "the verdict could not be written");
    assert!(!program.has_ended());

    cluster.limit_files(None);
    empty(&shop).await;
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
    // No more than it has; and then much is asked of it at once.
    let limit = Rlimit { current: Some(1 << 20), maximum: None };
    prlimit(Some(program.pid()), Resource::Data, limit).unwrap();
    while !program.has_ended() {
        let asked = (0..32).map(|_| {
            let visitor = visitor.clone();
            tokio::spawn(async move { visitor.get("/catalog").await.is_ok() })
        });
        for answer in asked.collect::<Vec<_>>() {
            answer.await.unwrap();
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

/// The copy says "planned", and the original had sent it already; and one that it had not.
#[sqlx::test(migrations = "../migrations")]
async fn r17_after_a_failover_plans_are_not_trusted(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let bought = order(&portal).await;
    let not_bought = order_for(&portal, "203.0.113.8").await;
    let reference: String =
        sqlx::query_scalar("select reference from operation where order_id = $1")
            .bind(bought)
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    // What the original database knew of this call is lost.
    let by_the_original = upstream_sim::Purchase {
        user: "reseller@demo.test".to_owned(),
        plan: 55227,
        period: 1,
        ip: IP.to_owned(),
        licname: reference,
    };
    portal.vendor().buy_by_hand(&by_the_original).unwrap();
    assert_eq!(portal.portal.distrust_plans().await.unwrap(), 2);
    portal.settle().await;
    assert_eq!(portal.state(bought).await, "confirmed");
    assert_eq!(portal.state(not_bought).await, "confirmed");
    assert_eq!(portal.sent("soft.order.param"), 1, "only what the vendor did not have");
    assert_eq!(portal.vendor().live_licenses().len(), 2);
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    healthy(&portal).await;
}
