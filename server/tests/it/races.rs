//! Many at once: one wallet, one operation, one license, one form.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use domain::change::Change;
use domain::{Currency, Money, Period};
use portal::licenses::ChangeWish;
use portal::operations::Done;
use portal::orders::{PlaceError, Wish};
use sqlx::PgPool;
use upstream_sim::{GatePoint, SimConfig, Status};
use uuid::Uuid;

use crate::harness::{IP, TestPortal, fresh};
use crate::visitor::Shop;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn wish(plan: &str, total: &str, ip: &str) -> Wish {
    Wish {
        id: Uuid::now_v7(),
        plan: plan.to_owned(),
        period: Period::MONTH,
        ip: ip.to_owned(),
        name: String::new(),
        addons: std::collections::BTreeMap::new(),
        parent: None,
        fields: std::collections::BTreeMap::new(),
        shown_total: eur(total),
        told_of_renewals: false,
    }
}

/// A delivered license of the lite plan.
async fn license(portal: &TestPortal, ip: &str) -> Uuid {
    let viewer = portal.customer().await;
    let wish = wish("isp6-lite", "4.90", ip);
    portal.portal.place_order(&viewer, &wish).await.unwrap();
    portal.drain().await;
    portal.portal.order(&viewer, wish.id).await.unwrap().unwrap().license.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn fifty_orders_and_money_for_one(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let viewer = portal.customer().await;
    portal.leave(eur("4.90").amount()).await;
    assert_eq!(portal.wallet().await, (eur("4.90"), eur("0")));
    let tasks: Vec<_> = (1..=50)
        .map(|host| {
            let (process, viewer) = (portal.restarted(), viewer.clone());
            let wish = wish("isp6-lite", "4.90", &format!("203.0.113.{host}"));
            tokio::spawn(async move { process.place_order(&viewer, &wish).await })
        })
        .collect();
    let mut placed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => placed += 1,
            Err(PlaceError::NotEnough { missing, .. }) => assert_eq!(missing, eur("4.90")),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(placed, 1);
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.wallet().await, (eur("0"), eur("4.90")));
    portal.settle().await;
    assert_eq!(portal.wallet().await, (eur("0"), eur("0")));
    assert_eq!(portal.vendor().live_licenses().len(), 1);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn workers_on_one_order_send_it_once(pool: PgPool) {
    // Two of them, and many.
    for count in [2, 8] {
        let portal = TestPortal::new(fresh(&pool).await).await;
        let viewer = portal.customer().await;
        let wish = wish("isp6-lite", "4.90", IP);
        portal.portal.place_order(&viewer, &wish).await.unwrap();
        let workers: Vec<_> = (0..count)
            .map(|_| {
                let process = portal.restarted();
                tokio::spawn(async move { process.work_once().await })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap().unwrap();
        }
        portal.drain().await;
        assert_eq!(portal.state(wish.id).await, "confirmed");
        assert_eq!(portal.vendor().calls_of("soft.order.param").len(), 1);
        assert_eq!(portal.vendor().live_licenses().len(), 1);
        assert_eq!(portal.count("select count(*) from operation_attempt").await, 1);
        portal.sound().await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_worker_waits_while_the_first_one_has_it(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let sql = "update upstream_account set call_timeout_ms = 20000";
    sqlx::query(sql).execute(&portal.portal.pool).await.unwrap();
    let viewer = portal.customer().await;
    let wish = wish("isp6-lite", "4.90", IP);
    portal.portal.place_order(&viewer, &wish).await.unwrap();
    let gate = portal.vendor().gate("soft.order.param", GatePoint::Before);
    let first = portal.restarted();
    let first = tokio::spawn(async move { first.work_once().await });
    gate.arrived().await;
    let second = portal.restarted();
    while second.work_once().await.unwrap() == Done::Worked {}
    assert_eq!(portal.state(wish.id).await, "sent", "nobody else touches it");
    gate.release();
    first.await.unwrap().unwrap();
    portal.drain().await;
    assert_eq!(portal.state(wish.id).await, "confirmed");
    assert_eq!(portal.vendor().calls_of("soft.order.param").len(), 1);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn two_processes_carry_out_each_change_once(pool: PgPool) {
    const LICENSES: usize = 6;
    let shop = Shop::open(&pool).await;
    shop.set("undo_window_ms = 0").await;
    let _processes = tokio::join!(shop.program(), shop.program());
    let viewer = shop.customer().await;
    let mut licenses = Vec::new();
    for host in 1..=LICENSES {
        licenses.push(shop.place(&wish("isp6-lite", "4.90", &format!("203.0.113.{host}"))).await);
    }
    for license in &mut licenses {
        assert_eq!(shop.ended(*license).await, "confirmed");
        let detail = shop.portal.order(&viewer, *license).await.unwrap().unwrap();
        *license = detail.license.unwrap();
    }
    let was = shop.vendor.sim().live_licenses();
    let mut planned = Vec::new();
    for license in &licenses {
        for change in [
            Change::Renew { period: Period::MONTH },
            Change::Edit { ip: None, name: Some("mail".to_owned()) },
            Change::ReissueKey,
            Change::Suspend,
        ] {
            let paid = matches!(change, Change::Renew { .. });
            let shown_total = paid.then(|| eur("4.90"));
            let wish = ChangeWish {
                id: Uuid::now_v7(),
                license: *license,
                change,
                shown_total,
                shown_until: None,
            };
            shop.portal.change_license(&viewer, &wish).await.unwrap();
            planned.push(wish.id);
        }
        shop.wake().await;
    }
    for operation in planned {
        let ended = "select state from operation where id = $1 and finished_at is not null";
        assert_eq!(shop.wait_for(ended, operation).await, "confirmed");
    }
    let vendor = shop.vendor.sim();
    let once = |func: &str| {
        let calls = vendor.calls_of(func);
        let form = func != "soft.suspend";
        calls.iter().filter(|call| !form || call.params.contains_key("sok")).count()
    };
    assert_eq!(once("service.prolong"), LICENSES);
    assert_eq!(once("soft.edit"), 2 * LICENSES, "a name and a key each");
    assert_eq!(once("soft.suspend"), LICENSES);
    assert_eq!(vendor.debits().len(), 2 * LICENSES, "an order and a renewal each");
    for (now, was) in vendor.licenses().iter().zip(&was) {
        let days = (now.expires - was.expires).whole_days();
        assert!((28..=31).contains(&days), "{days} days");
        assert_eq!(now.status, Status::Suspended);
        assert_ne!(now.key, was.key);
    }
    assert_eq!(shop.wallet().await, (eur("441.20"), eur("0")));
    shop.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_and_workers_renew_each_term_once(pool: PgPool) {
    let config = SimConfig {
        clock: upstream_sim::Clock::Fixed(time::macros::datetime!(2026-11-21 10:00 UTC)),
        ..SimConfig::default()
    };
    let portal = TestPortal::with(pool, config).await;
    let viewer = portal.customer().await;
    let license = license(&portal, IP).await;
    portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();
    for term in 1..=5 {
        // Two or three days before its end.
        let expires = portal.vendor().live_licenses()[0].expires;
        let until = expires.midnight().assume_utc() - time::Duration::hours(50);
        let passed = Duration::try_from(until - portal.portal.clock.now()).unwrap();
        portal.clock.advance(passed);
        portal.vendor().advance_clock(passed);
        let page = portal.portal.next_change_id(&viewer, license).await.unwrap();
        let mut tasks = Vec::new();
        for nth in 0..12 {
            let (process, viewer) = (portal.restarted(), viewer.clone());
            tasks.push(tokio::spawn(async move {
                if nth % 2 == 0 {
                    process.work_once().await.unwrap();
                    return;
                }
                let change = Change::Renew { period: Period::MONTH };
                let shown_total = Some(eur("4.90"));
                let wish = ChangeWish { id: page, license, change, shown_total, shown_until: None };
                process.change_license(&viewer, &wish).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        portal.drain().await;
        let renewed = "select count(*) from operation where kind = 'renew' and state = 'confirmed'";
        assert_eq!(portal.count(renewed).await, i64::try_from(term).unwrap(), "term {term}");
        assert_eq!(
            portal.count("select count(*) from operation where kind = 'renew'").await,
            i64::try_from(term).unwrap()
        );
        assert_eq!(portal.sent("service.prolong"), term, "term {term}");
        assert_eq!(portal.vendor().debits().len(), 1 + term, "term {term}");
        let spent = eur("4.90").amount() * i64::try_from(1 + term).unwrap();
        let left = Money::new(eur("500").amount() - spent, Currency::EUR);
        assert_eq!(portal.wallet().await, (left, eur("0")), "term {term}");
    }
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_hundred_forms_with_one_id_are_one_order(pool: PgPool) {
    let portal = Arc::new(TestPortal::new(pool).await);
    let browser = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    let clicks: Vec<_> = (0..100)
        .map(|_| {
            let (portal, mut browser, form) = (portal.clone(), browser.clone(), form.clone());
            tokio::spawn(async move { browser.post(&portal, "/buy", &form).await })
        })
        .collect();
    let mut places = BTreeSet::new();
    for click in clicks {
        let answer = click.await.unwrap();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        places.insert(answer.location.unwrap());
    }
    assert_eq!(places.len(), 1, "every click leads to the same order");
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.count("select count(*) from operation").await, 1);
    let holds = "select count(*) from ledger_transfer where kind = 'pending'";
    assert_eq!(portal.count(holds).await, 1);
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "held once");
    portal.settle().await;
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    assert_eq!(portal.vendor().live_licenses().len(), 1);
    portal.sound().await;
}
