//! The real server is killed at every step between click and delivery, and started again.

use std::net::SocketAddr;
use std::time::Duration;

use portal::fault::Step;
use sqlx::PgPool;
use upstream_sim::{Fault, SimConfig, Times};
use uuid::Uuid;

use crate::program::Program;

/// The windows of the vendor in milliseconds, so that the proof of absence takes a second.
const FAST: &str = "update upstream_account set connect_timeout_ms = 500, call_timeout_ms = 600,
    send_deadline_ms = 500, lease_ms = 1700, quiet_window_ms = 300, second_sighting_ms = 200";

async fn browser(addr: SocketAddr) -> (reqwest::Client, String) {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let answer = client
        .post(format!("http://{addr}/login"))
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .form(&[("email", portal::demo::CUSTOMER), ("password", portal::demo::PASSWORD)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (client, cookie)
}

/// Posts the form; none if the server died meanwhile.
async fn buy(addr: SocketAddr, order: Uuid, ip: &str) -> Option<u16> {
    let (client, cookie) = browser(addr).await;
    let order = order.to_string();
    let form = [
        ("plan", "isp6-lite"),
        ("period", "1"),
        ("ip", ip),
        ("order", order.as_str()),
        ("total", "4.90 EUR"),
    ];
    let answer = client
        .post(format!("http://{addr}/buy"))
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
        .form(&form)
        .send()
        .await;
    answer.ok().map(|answer| answer.status().as_u16())
}

async fn finished(pool: &PgPool, order: Uuid) {
    for _ in 0..1200 {
        let done: Option<bool> = sqlx::query_scalar(
            "select x.finished_at is not null and (l.id is null or l.key is not null)
               from operation x left join license l on l.order_id = x.order_id
              where x.order_id = $1",
        )
        .bind(order)
        .fetch_optional(pool)
        .await
        .unwrap();
        if done == Some(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the order was not finished within a minute");
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_buys_once(pool: PgPool) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vendor = upstream_sim::start(SimConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut bought = 0;
    // With the vendor well, and with its answer lost: then the list has to be read as well.
    for (lost, step) in Step::ALL.into_iter().flat_map(|step| [(false, step), (true, step)]) {
        let case =
            format!("{} with the answer {}", step.as_str(), if lost { "lost" } else { "there" });
        let reached = lost || step != Step::Looked;
        let order = Uuid::now_v7();
        bought += 1;
        let ip = format!("203.0.113.{bought}");
        let mut program = Program::start(&pool, vendor.addr(), &folder, Some(step.as_str())).await;
        sqlx::query(FAST).execute(&pool).await.unwrap();
        if lost {
            vendor.sim().add_fault("soft.order.param", Fault::ResetAfter, Times::Once);
        }
        let answer = buy(program.addr, order, &ip).await;
        if reached {
            use std::os::unix::process::ExitStatusExt;
            assert_eq!(program.ended().await.signal(), Some(9), "{case}: killed");
        } else {
            finished(&pool, order).await;
            assert!(!program.has_ended(), "{case}");
            program.kill().await;
        }
        let program = Program::start(&pool, vendor.addr(), &folder, None).await;
        // The customer reloads: the same form is the same order, whether it was placed or not.
        assert_eq!(buy(program.addr, order, &ip).await, Some(303), "{case}: {answer:?}");
        finished(&pool, order).await;
        drop(program);
        vendor.sim().clear_faults();
        let theirs: Vec<_> =
            vendor.sim().live_licenses().into_iter().filter(|l| l.ip.contains(&ip)).collect();
        assert_eq!(theirs.len(), 1, "{case}: exactly one at the vendor");
        let ours: String = sqlx::query_scalar("select key from license where order_id = $1")
            .bind(order)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(ours, theirs[0].key, "{case}");
        let held: i64 =
            sqlx::query_scalar("select debits_pending from ledger_account where kind = 'wallet'")
                .fetch_one(&pool)
                .await
                .unwrap();
        let spent: i64 =
            sqlx::query_scalar("select debits_posted from ledger_account where kind = 'wallet'")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!((held, spent), (0, bought * 49_000), "{case}: charged once");
    }
    let findings = ledger::verify(&mut pool.acquire().await.unwrap()).await.unwrap();
    assert_eq!(findings, vec![]);
    let debits: i64 = vendor.sim().debits().iter().map(|debit| debit.amount).sum();
    assert_eq!(debits, bought * 35_000, "the vendor was paid once per order");
}
