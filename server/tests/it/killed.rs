//! The real server is killed at every step between click and delivery, and started again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use domain::operation::OperationKind;
use portal::fault::Step;
use sqlx::PgPool;
use upstream_sim::{Fault, Running, SimConfig, Status, Times};
use uuid::Uuid;

use crate::harness::portal_on;
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
        let reached = match step {
            // A purchase has nothing to look at before.
            Step::Peeked => false,
            Step::Looked => lost,
            _ => true,
        };
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

/// What ends a call to the vendor, one after the other: the answer is lost or unreadable, nothing
/// happened, or both at once.
const ENDINGS: [Option<Fault>; 8] = [
    None,
    Some(Fault::ResetAfter),
    Some(Fault::ResetBefore),
    Some(Fault::GarbageAfter),
    Some(Fault::HttpBefore { status: 502 }),
    Some(Fault::EmptyBody),
    Some(Fault::TooMany),
    Some(Fault::TruncatedXml),
];

/// The vendor's function, and whether it shows a form first.
const fn func(kind: OperationKind) -> (&'static str, bool) {
    match kind {
        OperationKind::Order => ("soft.order.param", true),
        OperationKind::Renew => ("service.prolong", true),
        OperationKind::ChangePlan => ("service.changepricelist", true),
        OperationKind::Edit | OperationKind::Addons | OperationKind::ReissueKey => {
            ("soft.edit", true)
        }
        OperationKind::Suspend => ("soft.suspend", false),
        OperationKind::Resume => ("soft.resume", false),
        OperationKind::Delete => ("soft.delete", false),
    }
}

/// What the form says beside license, kind and id; of what costs something with its price.
const fn fields(kind: OperationKind) -> (&'static [(&'static str, &'static str)], i64) {
    match kind {
        OperationKind::Renew => (&[("choice", "1 4.90 EUR")], 49_000),
        OperationKind::ChangePlan => (&[("choice", "isp6-pro 1 9.90 EUR")], 99_000),
        OperationKind::Edit => (&[("ip", "203.0.113.250"), ("name", "moved")], 0),
        _ => (&[], 0),
    }
}

async fn post(addr: SocketAddr, form: &BTreeMap<&str, String>) -> Option<u16> {
    let (client, cookie) = browser(addr).await;
    let answer = client
        .post(format!("http://{addr}/my/license-change"))
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
        .form(form)
        .send()
        .await;
    answer.ok().map(|answer| answer.status().as_u16())
}

async fn ended(pool: &PgPool, operation: Uuid) -> String {
    for _ in 0..1200 {
        let state: Option<String> = sqlx::query_scalar(
            "select state from operation where id = $1 and finished_at is not null",
        )
        .bind(operation)
        .fetch_optional(pool)
        .await
        .unwrap();
        if let Some(state) = state {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the operation was not finished within a minute");
}

/// Kills the server at every step of one kind of change, each with another ending of the vendor's
/// call, and counts what was done and paid.
async fn kill_at_every_step(pool: &PgPool, kind: OperationKind) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vendor: Running = upstream_sim::start(SimConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Filled by its first start, without a worker of this process.
    drop(Program::start(pool, vendor.addr(), &folder, None).await);
    sqlx::query(FAST).execute(pool).await.unwrap();
    sqlx::query("update upstream_account set undo_window_ms = 200").execute(pool).await.unwrap();
    let portal = portal_on(pool).await;
    let mut reached = BTreeSet::new();
    let (mut bought, mut spent) = (0, 0);
    for (index, step) in Step::ALL.into_iter().enumerate() {
        // Only what is unclear is looked at.
        let first = OperationKind::ALL.iter().position(|other| *other == kind).unwrap();
        let ending = if step == Step::Looked {
            Some(Fault::ResetAfter)
        } else {
            ENDINGS.iter().cycle().nth(index * 3 + first).unwrap().clone()
        };
        let case = format!("{kind:?} at {} with {ending:?}", step.as_str());
        let license = portal.buy(&format!("203.0.113.{}", index + 1)).await;
        bought += 49_000;
        let number = vendor.sim().licenses().len();
        if kind == OperationKind::Resume {
            portal.suspend(license).await;
        }
        let was = vendor.sim().licenses().pop().unwrap();
        let operation = Uuid::now_v7();
        let (more, price) = fields(kind);
        let mut form = BTreeMap::from([
            ("license", license.to_string()),
            ("change", kind.as_str().to_owned()),
            ("id", operation.to_string()),
        ]);
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let (func, has_form) = func(kind);
        if let Some(fault) = ending {
            let func = if has_form { format!("{func}!") } else { func.to_owned() };
            vendor.sim().add_fault(&func, fault, Times::Once);
        }
        let debits = vendor.sim().debits().len();
        let mut program = Program::start(pool, vendor.addr(), &folder, Some(step.as_str())).await;
        let answer = post(program.addr, &form).await;
        // It dies, or comes to the end without passing there.
        let (mut quiet, mut waited) = (0, 0);
        while !program.has_ended() && quiet < 20 && waited < 1200 {
            let done: bool = sqlx::query_scalar(
                "select count(*) = 0 from operation x left join license l on l.id = x.license_id
                  where x.finished_at is null or l.next_check_at <= clock_timestamp()",
            )
            .fetch_one(pool)
            .await
            .unwrap();
            quiet = if done { quiet + 1 } else { 0 };
            waited += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if program.has_ended() {
            reached.insert(step.as_str());
        }
        program.kill().await;
        let program = Program::start(pool, vendor.addr(), &folder, None).await;
        assert_eq!(post(program.addr, &form).await, Some(303), "{case}: {answer:?}");
        assert_eq!(ended(pool, operation).await, "confirmed", "{case}");
        drop(program);
        vendor.sim().clear_faults();
        spent += price;
        let now = vendor.sim().licenses();
        assert_eq!(now.len(), number, "{case}: nothing was bought");
        let now = now.into_iter().find(|license| license.id == was.id).unwrap();
        let paid = vendor.sim().debits().len() - debits;
        assert_eq!(paid, usize::from(price > 0), "{case}: paid once");
        match kind {
            OperationKind::Renew => {
                let days = (now.expires - was.expires).whole_days();
                assert!((28..=31).contains(&days), "{case}: {days} days");
            }
            OperationKind::ChangePlan => assert_eq!(now.plan, 55228, "{case}"),
            OperationKind::Edit => {
                assert_eq!(now.ip, "203.0.113.250", "{case}");
                // Its address is another one's next.
                vendor.sim().by_hand(now.id, upstream_sim::ByHand::Delete);
            }
            OperationKind::ReissueKey => assert_ne!(now.key, was.key, "{case}"),
            OperationKind::Suspend => assert_eq!(now.status, Status::Suspended, "{case}"),
            OperationKind::Resume => assert_eq!(now.status, Status::Active, "{case}"),
            OperationKind::Delete => assert_eq!(now.status, Status::Deleted, "{case}"),
            OperationKind::Order | OperationKind::Addons => unreachable!("not of this test"),
        }
        let books: (i64, i64) = sqlx::query_as(
            "select debits_pending, debits_posted from ledger_account where kind = 'wallet'",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        assert_eq!(books, (0, bought + spent), "{case}: charged once");
    }
    // A deleted license is not read any more.
    let unread = kind == OperationKind::Delete;
    for step in Step::ALL {
        let read = matches!(step, Step::KeyRead | Step::Delivered);
        assert!(reached.contains(step.as_str()) || (unread && read), "{kind:?}: {step:?}");
    }
    let findings = ledger::verify(&mut pool.acquire().await.unwrap()).await.unwrap();
    assert_eq!(findings, vec![]);
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_renews_once(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Renew).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_changes_the_plan_once(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::ChangePlan).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_moves_a_license_once(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Edit).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_gets_one_other_key(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::ReissueKey).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_suspends(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Suspend).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_resumes(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Resume).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_deletes(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Delete).await;
}
