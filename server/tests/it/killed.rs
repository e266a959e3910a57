//! The real server is killed at every step between click and delivery, and started again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use domain::change::Change;
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

/// Signs in; none if the server died meanwhile.
async fn browser(addr: SocketAddr) -> Option<(reqwest::Client, String)> {
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
        .ok()?;
    assert_eq!(answer.status(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    Some((client, cookie))
}

/// Posts the form; none if the server died meanwhile.
async fn buy(addr: SocketAddr, order: Uuid, ip: &str) -> Option<u16> {
    let (client, cookie) = browser(addr).await?;
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
            "select x.state = 'review'
                    or (x.finished_at is not null and (l.id is null or l.key is not null))
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

/// What ends a call to the vendor at this step: nothing, or one fault after the other, so that all of
/// them are met by some step of each kind; all at each step for `cargo xtask torture`.
fn endings(step: Step, turn: usize) -> Vec<Option<Fault>> {
    match step {
        // Only what is unclear is looked at.
        Step::Looked => return vec![Some(Fault::ResetAfter)],
        // What waits for money is not sent.
        Step::Parked => return vec![None],
        _ => {}
    }
    let all: Vec<_> = std::iter::once(None).chain(Fault::all().into_iter().map(Some)).collect();
    if std::env::var("PORTAL_MATRIX").is_ok_and(|matrix| matrix == "all") {
        return all;
    }
    // What is refused never comes so far.
    let after = matches!(
        step,
        Step::Confirming | Step::Confirmed | Step::KeyRead | Step::Delivered | Step::InBasket
    );
    let all: Vec<_> =
        all.into_iter().filter(|ending| !(after && is_refused(ending.as_ref(), true))).collect();
    let place = Step::ALL.iter().position(|other| *other == step).unwrap();
    // Steps that have no common divisor with the length of the list.
    all.into_iter().cycle().skip(place * 5 + turn * 11).take(1).collect()
}

/// What becomes of it when the vendor itself says no, and does nothing.
fn is_refused(ending: Option<&Fault>, costs: bool) -> bool {
    match ending {
        Some(Fault::ErrorDoc { .. }) => true,
        // The balance that is read afterwards is high enough, so it is an error like any other.
        Some(Fault::LowBalance) => costs,
        _ => false,
    }
}

/// Empties our account at the vendor where the step is one of waiting for money.
fn set_money(vendor: &Running, step: Step) {
    let balance = if step == Step::Parked { 0 } else { 100_000_000 };
    vendor.sim().set_balance("reseller@demo.test", balance);
}

/// Kills the server at every step of a purchase.
async fn kill_at_every_step_of_an_order(pool: &PgPool, ordering: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let vendor = upstream_sim::start(SimConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Filled by its first start.
    drop(Program::start(pool, vendor.addr(), &folder, None).await);
    sqlx::query(FAST).execute(pool).await.unwrap();
    sqlx::query("update upstream_account set ordering = $1")
        .bind(ordering)
        .execute(pool)
        .await
        .unwrap();
    portal_on(pool).await.enrich().await;
    let basket = ordering == "basket";
    // Where the money is: what is paid in two steps fails when it is paid.
    let func = if basket { "payment.add!" } else { "soft.order.param!" };
    let (mut tried, mut bought, mut extra) = (0_i64, 0_i64, 0_i64);
    let mut reached = BTreeSet::new();
    for step in Step::ALL {
        for ending in endings(step, usize::from(basket)) {
            let case = format!("{ordering}: {} with {ending:?}", step.as_str());
            let order = Uuid::now_v7();
            tried += 1;
            let ip = format!("203.0.{}.{}", 100 + tried / 250, tried % 250 + 1);
            set_money(&vendor, step);
            let mut program =
                Program::start(pool, vendor.addr(), &folder, Some(step.as_str())).await;
            if let Some(fault) = &ending {
                vendor.sim().add_fault(func, fault.clone(), Times::Once);
            }
            let answer = buy(program.addr, order, &ip).await;
            if dies_or_rests(pool, &mut program).await {
                reached.insert(step.as_str());
            }
            program.kill().await;
            set_money(&vendor, Step::Planned);
            let program = Program::start(pool, vendor.addr(), &folder, None).await;
            // The customer reloads: the same form is the same order, whether it was placed or not.
            assert_eq!(buy(program.addr, order, &ip).await, Some(303), "{case}: {answer:?}");
            finished(pool, order).await;
            drop(program);
            vendor.sim().clear_faults();
            let state: String =
                sqlx::query_scalar("select state from operation where order_id = $1")
                    .bind(order)
                    .fetch_one(pool)
                    .await
                    .unwrap();
            let theirs: Vec<_> =
                vendor.sim().live_licenses().into_iter().filter(|l| l.ip == ip).collect();
            // Killed before the call, it meets the fault afterwards; either way it is one of these.
            if is_refused(ending.as_ref(), true) && state == "rejected" {
                assert_eq!(theirs.len(), 0, "{case}: nothing was bought");
                continue;
            }
            bought += 1;
            let twice = ending == Some(Fault::DuplicateOrder) && theirs.len() == 2;
            extra += i64::from(twice);
            assert!(theirs.len() == 1 || twice, "{case}: {} at the vendor", theirs.len());
            assert!(state == "confirmed" || (twice && state == "review"), "{case}: {state}");
            if state == "review" {
                // A person would decide; its money is held.
                bought -= 1;
                continue;
            }
            let ours: String = sqlx::query_scalar("select key from license where order_id = $1")
                .bind(order)
                .fetch_one(pool)
                .await
                .unwrap();
            assert!(theirs.iter().any(|license| license.key == ours), "{case}");
            assert_eq!(charged(pool).await, bought * 49_000, "{case}: charged once");
        }
    }
    for step in Step::ALL {
        // A purchase has nothing to look at before; only one in two steps lies in a basket.
        let never = step == Step::Peeked || (step == Step::InBasket && !basket);
        assert_eq!(reached.contains(step.as_str()), !never, "{step:?}");
    }
    let findings = ledger::verify(&mut pool.acquire().await.unwrap()).await.unwrap();
    assert_eq!(findings, vec![]);
    let held: i64 = sqlx::query_scalar("select count(*) from operation where state = 'review'")
        .fetch_one(pool)
        .await
        .unwrap();
    let debits: i64 = vendor.sim().debits().iter().map(|debit| debit.amount).sum();
    assert_eq!(debits, (bought + held + extra) * 35_000, "the vendor was paid once per order");
}

/// An amount of euros as the books have it.
fn eur(text: &str) -> i64 {
    domain::Money::parse(text, domain::Currency::EUR).unwrap().amount()
}

/// What the wallet has paid.
async fn charged(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select debits_posted from ledger_account where kind = 'wallet'")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Waits until the program has died, or has nothing left to do without passing there; true if it
/// died.
async fn dies_or_rests(pool: &PgPool, program: &mut Program) -> bool {
    let (mut quiet, mut waited) = (0, 0);
    while !program.has_ended() && quiet < 20 && waited < 1200 {
        let done: bool = sqlx::query_scalar(
            "select count(*) = 0 from operation x left join license l on l.id = x.license_id
              where (x.finished_at is null and x.state not in ('review', 'parked'))
                 or l.next_check_at <= clock_timestamp()",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        quiet = if done { quiet + 1 } else { 0 };
        waited += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    program.has_ended()
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_buys_once(pool: PgPool) {
    kill_at_every_step_of_an_order(&pool, "at_once").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn killed_at_every_step_it_pays_one_item_once(pool: PgPool) {
    kill_at_every_step_of_an_order(&pool, "basket").await;
}

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
        // Two nodes more for a whole month of a license that was bought today.
        OperationKind::Addons => (&[("addon[node]", "3")], 0),
        _ => (&[], 0),
    }
}

async fn post(addr: SocketAddr, form: &BTreeMap<&str, String>) -> Option<u16> {
    let (client, cookie) = browser(addr).await?;
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

/// What became of it, when nothing else is under way for its license: a deletion that is refused
/// starts the license again.
async fn ended(pool: &PgPool, operation: Uuid) -> String {
    for _ in 0..1200 {
        let state: Option<String> = sqlx::query_scalar(
            "select state from operation x
              where id = $1 and finished_at is not null
                and not exists (select from operation y
                                 where y.license_id = x.license_id and y.finished_at is null)",
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
    let (mut tried, mut bought, mut spent) = (0, 0, 0);
    let (plan, plan_price) =
        if kind == OperationKind::Addons { ("isp6-biz", "12.90") } else { ("isp6-lite", "4.90") };
    portal.enrich().await;
    for step in Step::ALL {
        let first = OperationKind::ALL.iter().position(|other| *other == kind).unwrap();
        for ending in endings(step, first) {
            let case = format!("{kind:?} at {} with {ending:?}", step.as_str());
            tried += 1;
            let ip = format!("203.0.{}.{}", 100 + tried / 250, tried % 250 + 1);
            let license = portal.buy(plan, plan_price, &ip).await;
            bought += eur(plan_price);
            let number = vendor.sim().licenses().len();
            if kind == OperationKind::Resume {
                portal.suspend(license).await;
            }
            let was = vendor.sim().licenses().pop().unwrap();
            let operation = Uuid::now_v7();
            let nodes = Change::Addons { counts: BTreeMap::from([("node".to_owned(), 3)]) };
            let nodes_cost = match kind {
                OperationKind::Addons => portal.price(license, &nodes).await,
                _ => None,
            };
            let (more, price) = fields(kind);
            let price = nodes_cost.map_or(price, domain::Money::amount);
            let mut form = BTreeMap::from([
                ("license", license.to_string()),
                ("change", kind.as_str().to_owned()),
                ("id", operation.to_string()),
            ]);
            form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            if let Some(cost) = nodes_cost {
                form.insert("choice", format!("{} EUR", cost.to_plain()));
            }
            let (func, has_form) = func(kind);
            if let Some(fault) = &ending {
                let func = if has_form { format!("{func}!") } else { func.to_owned() };
                vendor.sim().add_fault(&func, fault.clone(), Times::Once);
            }
            let debits = vendor.sim().debits().len();
            set_money(&vendor, step);
            let mut program =
                Program::start(pool, vendor.addr(), &folder, Some(step.as_str())).await;
            let answer = post(program.addr, &form).await;
            if dies_or_rests(pool, &mut program).await {
                reached.insert(step.as_str());
            }
            program.kill().await;
            set_money(&vendor, Step::Planned);
            let program = Program::start(pool, vendor.addr(), &folder, None).await;
            assert_eq!(post(program.addr, &form).await, Some(303), "{case}: {answer:?}");
            let state = ended(pool, operation).await;
            drop(program);
            vendor.sim().clear_faults();
            let now = vendor.sim().licenses();
            assert_eq!(now.len(), number, "{case}: nothing was bought");
            let now = now.into_iter().find(|license| license.id == was.id).unwrap();
            let paid = vendor.sim().debits().len() - debits;
            if is_refused(ending.as_ref(), price > 0) && state == "rejected" {
                assert_eq!((now.status, now.expires), (was.status, was.expires), "{case}");
                assert_eq!((&now.ip, &now.key), (&was.ip, &was.key), "{case}");
                assert_eq!((paid, charged(pool).await), (0, bought + spent), "{case}");
                continue;
            }
            assert_eq!(state, "confirmed", "{case}");
            spent += price;
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
                OperationKind::Addons => {
                    assert_eq!(now.addons.get(&55236), Some(&3), "{case}");
                }
                OperationKind::ReissueKey => assert_ne!(now.key, was.key, "{case}"),
                OperationKind::Suspend => assert_eq!(now.status, Status::Suspended, "{case}"),
                OperationKind::Resume => assert_eq!(now.status, Status::Active, "{case}"),
                OperationKind::Delete => assert_eq!(now.status, Status::Deleted, "{case}"),
                OperationKind::Order => unreachable!("not of this test"),
            }
            let books: (i64, i64) = sqlx::query_as(
                "select debits_pending, debits_posted from ledger_account where kind = 'wallet'",
            )
            .fetch_one(pool)
            .await
            .unwrap();
            assert_eq!(books, (0, bought + spent), "{case}: charged once");
        }
    }
    for step in Step::ALL {
        let costs = matches!(
            kind,
            OperationKind::Renew | OperationKind::ChangePlan | OperationKind::Addons
        );
        // What is deleted has been stopped first, and may be gone before it is read for that.
        if kind == OperationKind::Delete && matches!(step, Step::KeyRead | Step::Delivered) {
            continue;
        }
        let never = step == Step::InBasket || (step == Step::Parked && !costs);
        assert_eq!(reached.contains(step.as_str()), !never, "{kind:?}: {step:?}");
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
async fn killed_at_every_step_it_adds_nodes_once(pool: PgPool) {
    kill_at_every_step(&pool, OperationKind::Addons).await;
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
