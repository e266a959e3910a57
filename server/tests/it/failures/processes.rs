//! What happens to the processes that carry orders out.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use sqlx::PgPool;
use time::OffsetDateTime;
use upstream_sim::{Fault, GatePoint, Times};
use uuid::Uuid;

use super::{eur, lite};
use crate::harness::IP;
use crate::program::{Program, poll};
use crate::visitor::Shop;

/// So many orders are paid and delivered, each with one call.
async fn each_once(shop: &Shop, orders: usize) {
    assert_eq!(shop.bought(), orders, "calls");
    assert_eq!(shop.vendor.sim().live_licenses().len(), orders, "licenses");
    assert_eq!(shop.vendor.sim().debits().len(), orders, "debits");
    let confirmed = "select count(*) from operation where state = 'confirmed'";
    assert_eq!(shop.count(confirmed).await, i64::try_from(orders).unwrap());
    assert_eq!(shop.count("select count(*) from operation where state <> 'confirmed'").await, 0);
    let spent = eur("4.90").amount() * i64::try_from(orders).unwrap();
    let left = domain::Money::new(eur("500").amount() - spent, domain::Currency::EUR);
    assert_eq!(shop.wallet().await, (left, eur("0")));
    shop.sound().await;
}

async fn killed(mut program: Program) {
    assert_eq!(program.ended().await.signal(), Some(9), "killed, not ended");
}

#[sqlx::test(migrations = "../migrations")]
async fn r03_killed_before_the_commit_nothing_has_happened(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    let program = shop.program_with(&[("PORTAL_CRASH_AT", "planning")]).await;
    let order = Uuid::now_v7();
    assert_eq!(program.visitor().await.buy(order, IP).await, None, "no answer");
    killed(program).await;
    for sql in [
        "select count(*) from customer_order",
        "select count(*) from operation",
        "select count(*) from ledger_transfer where kind = 'pending'",
    ] {
        assert_eq!(shop.count(sql).await, 0, "{sql}");
    }
    assert_eq!(shop.wallet().await, (eur("500"), eur("0")));
    let program = shop.program().await;
    assert_eq!(program.visitor().await.buy(order, IP).await, Some(303), "the same form again");
    assert_eq!(shop.ended(order).await, "confirmed");
    each_once(&shop, 1).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r04_killed_with_the_hold_it_is_sent_once(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // Nothing is known of the balance, or claiming and promising would be one step.
    shop.set("balance_next_at = created_at + interval '1 hour'").await;
    for (index, step) in ["planned", "claimed"].into_iter().enumerate() {
        let program = shop.program_with(&[("PORTAL_CRASH_AT", step)]).await;
        let (order, ip) = (Uuid::now_v7(), format!("203.0.113.{}", index + 1));
        program.visitor().await.buy(order, &ip).await;
        killed(program).await;
        let word: String = sqlx::query_scalar("select state from operation where order_id = $1")
            .bind(order)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(word, "planned", "{step}");
        assert_eq!(shop.wallet().await.1, eur("4.90"), "{step}: held");
        assert_eq!(shop.bought(), index, "{step}: nothing was sent");
        let program = shop.program().await;
        assert_eq!(shop.ended(order).await, "confirmed", "{step}");
        drop(program);
        each_once(&shop, index + 1).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r05_killed_after_the_promise_it_is_found_or_proved_absent(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // What the vendor had got when the process died.
    for (index, (step, had)) in
        [("armed", false), ("answered", true), ("confirming", true)].into_iter().enumerate()
    {
        let program = shop.program_with(&[("PORTAL_CRASH_AT", step)]).await;
        let order = shop.place(&lite(&format!("203.0.113.{}", index + 1))).await;
        killed(program).await;
        shop.state(order, "sent").await;
        assert_eq!(shop.bought(), index + usize::from(had), "{step}");
        assert_eq!(shop.wallet().await.1, eur("4.90"), "{step}: held");
        let program = shop.program().await;
        assert_eq!(shop.ended(order).await, "confirmed", "{step}");
        drop(program);
        each_once(&shop, index + 1).await;
    }
    // While the call is on its way: the vendor carries it out for nobody.
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::Before);
    let mut program = shop.program().await;
    let order = shop.place(&lite("203.0.113.4")).await;
    gate.arrived().await;
    program.kill().await;
    gate.release();
    let _program = shop.program().await;
    assert_eq!(shop.ended(order).await, "confirmed");
    each_once(&shop, 4).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r18_two_replicas_send_each_order_once(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // One call at a time in each process: two at once are two processes.
    shop.set("max_concurrency = 1, call_timeout_ms = 10000, lease_ms = 15000").await;
    let _replicas = tokio::join!(shop.program(), shop.program());
    let gates = [0, 1].map(|_| shop.vendor.sim().gate("soft.order.param", GatePoint::After));
    let mut orders = Vec::new();
    for host in 1..=24 {
        orders.push(shop.place(&lite(&format!("203.0.113.{host}"))).await);
    }
    let both = async {
        for gate in &gates {
            gate.arrived().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), both).await.expect("both replicas work");
    drop(gates);
    for order in orders {
        assert_eq!(shop.ended(order).await, "confirmed");
    }
    let more = "select count(*) from operation where attempts <> 1";
    assert_eq!(shop.count(more).await, 0);
    each_once(&shop, 24).await;
}

/// Waits until the kernel has stopped the process.
async fn stands_still(program: &Program) {
    let stat = format!("/proc/{}/stat", program.pid().as_raw_nonzero());
    poll(|| {
        let text = std::fs::read_to_string(&stat).unwrap();
        let state = text.rsplit(") ").next().unwrap().chars().next();
        (state == Some('T')).then_some(())
    })
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r19_who_stood_still_sends_nothing_and_overwrites_nothing(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // It has nothing else to do, or it might stand still with something locked.
    shop.set(
        "balance_next_at = created_at + interval '1 hour',
         sweep_next_at = created_at + interval '1 hour'",
    )
    .await;
    let sleeper = shop.program_with(&[("PORTAL_STOP_AT", "armed")]).await;
    let order = shop.place(&lite(IP)).await;
    stands_still(&sleeper).await;
    shop.state(order, "sent").await;
    assert_eq!(shop.bought(), 0, "promised, not sent");
    // Longer than its deadline and its lease: another one judges and sends.
    let _other = shop.program().await;
    assert_eq!(shop.ended(order).await, "confirmed");
    let row = "select x::text from operation x where order_id = $1";
    let before = shop.wait_for(row, order).await;
    sleeper.signal(Signal::CONT);
    let woken =
        "select a.outcome from operation_attempt a join operation x on x.id = a.operation_id
                  where x.order_id = $1 and a.attempt = 1 and a.answered_at is not null";
    assert_eq!(shop.wait_for(woken, order).await, "not_sent", "it saw how late it is");
    assert_eq!(shop.wait_for(row, order).await, before, "nothing was overwritten");
    each_once(&shop, 1).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r19_who_stands_still_keeps_nothing_locked(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    // Everything of the first order is written and locked, the wallet as well, and not committed.
    let sleeper = shop.program_with(&[("PORTAL_STOP_AT", "confirming")]).await;
    let first = shop.place(&lite("203.0.113.1")).await;
    stands_still(&sleeper).await;
    let other = shop.program().await;
    let second = Uuid::now_v7();
    let answer = other.visitor().await.buy(second, "203.0.113.2").await;
    assert!(matches!(answer, Some(303 | 503)), "{answer:?}");
    assert_eq!(shop.ended(first).await, "confirmed");
    // Who was told to come back does.
    assert_eq!(other.visitor().await.buy(second, "203.0.113.2").await, Some(303));
    assert_eq!(shop.ended(second).await, "confirmed");
    // It wakes up without its transaction; what it knows is kept, and nothing is done twice.
    sleeper.signal(Signal::CONT);
    let woken =
        "select a.outcome from operation_attempt a join operation x on x.id = a.operation_id
                  where x.order_id = $1 and a.answered_at is not null";
    assert_eq!(shop.wait_for(woken, first).await, "confirmed");
    each_once(&shop, 2).await;
}

/// The library that lies about the time; `cargo xtask test` installs it.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten().map(|entry| entry.path());
    folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .find(|library| library.is_file())
        .expect("the package faketime is installed: apt-get install faketime")
}

#[sqlx::test(migrations = "../migrations")]
async fn r20_a_wrong_wall_clock_moves_no_lease(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    shop.set("call_timeout_ms = 10000, lease_ms = 15000").await;
    let library = faketime();
    for (index, shift) in ["+1d", "-1d"].into_iter().enumerate() {
        let wrong = shop
            .program_with(&[
                ("LD_PRELOAD", library.to_str().unwrap()),
                ("FAKETIME", shift),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ])
            .await;
        let answer = wrong.visitor().await.get("/catalog").await.unwrap();
        let format = time::format_description::well_known::Rfc2822;
        let date = answer.headers()["date"].to_str().unwrap();
        let its = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &format).unwrap();
        let real = shop.portal.clock.now();
        let hours = (its - real).whole_hours().abs();
        assert!((23..=24).contains(&hours), "{shift}: the process believes {its}");
        // It holds an order in its hands, by a lease that the others understand.
        let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
        let mine = shop.place(&lite(&format!("203.0.113.{}", 100 * index + 1))).await;
        gate.arrived().await;
        let lease: OffsetDateTime =
            sqlx::query_scalar("select lease_until from operation where order_id = $1")
                .bind(mine)
                .fetch_one(&pool)
                .await
                .unwrap();
        let left = lease - shop.portal.clock.now();
        assert!((5..=15).contains(&left.whole_seconds()), "{shift}: {left}");
        let right = shop.program().await;
        let mut orders = Vec::new();
        for host in 2..=7 {
            let ip = format!("203.0.113.{}", 100 * index + host);
            orders.push(shop.place(&lite(&ip)).await);
        }
        for order in orders {
            assert_eq!(shop.ended(order).await, "confirmed", "{shift}");
        }
        shop.state(mine, "sent").await;
        gate.release();
        assert_eq!(shop.ended(mine).await, "confirmed", "{shift}");
        drop((wrong, right));
        each_once(&shop, 7 * (index + 1)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r32_asked_to_end_it_leaves_only_what_the_next_one_finishes(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    shop.set("call_timeout_ms = 3000, lease_ms = 5000").await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    shop.vendor.sim().add_fault("soft.order.param", Fault::Slow { ms: 400 }, Times::Forever);
    let mut orders = Vec::new();
    for host in 1..=16 {
        orders.push(shop.place(&lite(&format!("203.0.113.{host}"))).await);
    }
    // People read pages until nobody answers any more.
    let (read, mut was_read) = tokio::sync::mpsc::unbounded_channel();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (visitor, read) = (visitor.clone(), read.clone());
            tokio::spawn(async move {
                while let Ok(answer) = visitor.get("/my").await {
                    assert_eq!(answer.status(), 200);
                    // What has begun comes whole.
                    let page = answer.text().await.unwrap();
                    assert!(page.ends_with("</html>"), "{page}");
                    read.send(()).unwrap();
                }
            })
        })
        .collect();
    for _ in 0..4 {
        was_read.recv().await.unwrap();
    }
    shop.vendor.sim().wait_for_answered("soft.order.param", 1).await;
    program.signal(Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(30), program.ended()).await;
    assert!(ended.expect("within half a minute").success());
    for reader in readers {
        reader.await.unwrap();
    }
    let left = shop.count("select count(*) from operation where state = 'planned'").await;
    let done = shop.count("select count(*) from operation where state = 'confirmed'").await;
    assert_eq!(left + done, 16, "what was on the wire is finished");
    assert!(left > 0 && done > 0, "{left} left, {done} done");
    assert_eq!(shop.vendor.sim().live_licenses().len(), usize::try_from(done).unwrap());
    shop.vendor.sim().clear_faults();
    let _next = shop.program().await;
    for order in orders {
        assert_eq!(shop.ended(order).await, "confirmed");
    }
    each_once(&shop, 16).await;
}
