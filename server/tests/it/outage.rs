//! A database that goes away for a while, or answers slowly, while people order: clear answers
//! meanwhile, recovery by itself afterwards, and nothing lost or done twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::{Currency, Money, Period};
use portal::orders::Wish;
use rustix::process::Signal;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use upstream_sim::GatePoint;
use uuid::Uuid;

use crate::cluster::OwnCluster;
use crate::visitor::{Shop, Visitor};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn lite(ip: &str) -> Wish {
    Wish {
        id: Uuid::now_v7(),
        plan: "isp6-lite".to_owned(),
        period: Period::MONTH,
        ip: ip.to_owned(),
        name: String::new(),
        addons: std::collections::BTreeMap::new(),
        parent: None,
        fields: std::collections::BTreeMap::new(),
        shown_total: eur("4.90"),
        told_of_renewals: false,
    }
}

/// People who order one thing after the other, each until it is accepted, as one does who is told to
/// try again in a moment.
struct Crowd {
    people: Vec<tokio::task::JoinHandle<Vec<Uuid>>>,
    enough: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    turned_away: Arc<AtomicUsize>,
}

impl Crowd {
    fn gather(visitor: &Visitor) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let (accepted, turned_away) = (Arc::default(), Arc::default());
        let people = (0..4)
            .map(|person| {
                let (visitor, enough) = (visitor.clone(), Arc::clone(&enough));
                let (accepted, turned_away) = (Arc::clone(&accepted), Arc::clone(&turned_away));
                tokio::spawn(async move {
                    order_on(person, &visitor, &enough, &accepted, &turned_away).await
                })
            })
            .collect();
        Self { people, enough, accepted, turned_away }
    }

    /// Waits until so many orders were accepted.
    async fn accepted(&self, count: usize) {
        reach(&self.accepted, count).await;
    }

    /// Waits until somebody was asked to come back.
    async fn turned_away(&self, count: usize) {
        reach(&self.turned_away, count).await;
    }

    /// All orders that were accepted.
    async fn go_home(self) -> Vec<Uuid> {
        self.enough.store(true, Ordering::SeqCst);
        let mut orders = Vec::new();
        for person in self.people {
            orders.extend(person.await.unwrap());
        }
        orders
    }
}

async fn reach(counter: &AtomicUsize, count: usize) {
    for _ in 0..1200 {
        if counter.load(Ordering::SeqCst) >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{} of {count} after half a minute", counter.load(Ordering::SeqCst));
}

async fn order_on(
    person: usize,
    visitor: &Visitor,
    enough: &AtomicBool,
    accepted: &AtomicUsize,
    turned_away: &AtomicUsize,
) -> Vec<Uuid> {
    let mut orders = Vec::new();
    // The wallet has money for a hundred.
    while !enough.load(Ordering::SeqCst) && orders.len() < 25 {
        let (order, ip) = (Uuid::now_v7(), format!("203.0.{}.{}", 113 + person, orders.len() + 1));
        loop {
            match visitor.buy(order, &ip).await {
                Some(303) => break,
                Some(503) => {
                    turned_away.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("neither accepted nor told to come back: {other:?}"),
            }
        }
        accepted.fetch_add(1, Ordering::SeqCst);
        orders.push(order);
        // A person needs a moment for the next form.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    orders
}

/// Every order that was accepted is delivered and paid once, and there are no others.
async fn all_once(shop: &Shop, orders: &[Uuid]) {
    assert!(!orders.is_empty());
    for order in orders {
        assert_eq!(shop.ended(*order).await, "confirmed");
    }
    let count = i64::try_from(orders.len()).unwrap();
    assert_eq!(shop.count("select count(*) from operation").await, count);
    assert_eq!(shop.vendor.sim().live_licenses().len(), orders.len(), "licenses");
    assert_eq!(shop.vendor.sim().debits().len(), orders.len(), "debits");
    let spent = eur("4.90").amount() * count;
    let left = Money::new(eur("500").amount() - spent, Currency::EUR);
    assert_eq!(shop.wallet().await, (left, eur("0")));
    shop.sound().await;
}

#[sqlx::test]
async fn postgres_is_restarted_under_load(_pool: PgPool) {
    let mut cluster = OwnCluster::start().await;
    let shop = Shop::open(&cluster.pool().await).await;
    let mut program = shop.program().await;
    let crowd = Crowd::gather(&program.visitor().await);
    crowd.accepted(4).await;
    cluster.stop(Signal::INT).await;
    crowd.turned_away(2).await;
    cluster.start_again().await;
    let before = crowd.accepted.load(Ordering::SeqCst);
    crowd.accepted(before + 4).await;
    let orders = crowd.go_home().await;
    all_once(&shop, &orders).await;
    assert!(!program.has_ended(), "it recovered by itself");
}

/// Cuts every other connection to this database.
async fn cut(by: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from (
            select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()) as x",
    )
    .fetch_one(by)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn connections_are_cut_in_the_middle(pool: PgPool) {
    let mut knife = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    let shop = Shop::open(&pool).await;
    shop.set("call_timeout_ms = 5000, lease_ms = 7000").await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    // While the vendor has carried out a call and not answered yet, and again and again under load.
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
    let crowd = Crowd::gather(&visitor);
    gate.arrived().await;
    assert!(cut(&mut knife).await > 0);
    gate.release();
    for round in 1..=6 {
        crowd.accepted(4 * round).await;
        cut(&mut knife).await;
    }
    let before = crowd.accepted.load(Ordering::SeqCst);
    crowd.accepted(before + 2).await;
    let orders = crowd.go_home().await;
    all_once(&shop, &orders).await;
    assert!(!program.has_ended());
}

#[sqlx::test(migrations = "../migrations")]
async fn queries_are_slow_for_a_while(pool: PgPool) {
    let shop = Shop::open(&pool).await;
    let mut program = shop.program().await;
    let visitor = program.visitor().await;
    let mut brake = PgConnection::connect_with(&pool.connect_options()).await.unwrap();
    // An answer of the vendor's comes while nothing can be written, and one order is promised by then.
    let gate = shop.vendor.sim().gate("soft.order.param", GatePoint::After);
    let first = shop.place(&lite("203.0.113.1")).await;
    gate.arrived().await;
    brake.execute("begin; lock table operation in exclusive mode").await.unwrap();
    gate.release();
    shop.vendor.sim().wait_for_answered("soft.order.param", 1).await;
    // Who orders now has to wait; others are served.
    let (second, waiting) = (Uuid::now_v7(), visitor.clone());
    let waiting = tokio::spawn(async move { waiting.buy(second, "203.0.113.2").await });
    for path in ["/catalog", "/my/orders"] {
        assert_eq!(visitor.get(path).await.unwrap().status(), 200, "{path}");
    }
    // Longer than every window of this vendor, by the locks that wait.
    let blocked = "select count(*) from pg_locks where not granted";
    let long = tokio::time::Instant::now() + Duration::from_secs(3);
    while tokio::time::Instant::now() < long || shop.count(blocked).await < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!waiting.is_finished(), "neither accepted nor refused yet");
    brake.execute("commit").await.unwrap();
    assert_eq!(waiting.await.unwrap(), Some(303), "it went through");
    all_once(&shop, &[first, second]).await;
    assert_eq!(shop.bought(), 2, "each with one call");
    assert!(!program.has_ended());
}
