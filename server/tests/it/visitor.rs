//! A shop that real processes serve: its database, its vendor, and people who visit it over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Money};
use portal::Portal;
use portal::clock::DatabaseClock;
use portal::orders::Wish;
use portal::people::{CustomerViewer, Viewer};
use sqlx::PgPool;
use tempfile::TempDir;
use upstream_sim::{Running, SimConfig};
use uuid::Uuid;

use crate::harness::portal_with;
use crate::program::Program;

/// Windows with which a proof of absence takes two seconds.
const FAST: &str = "connect_timeout_ms = 500, call_timeout_ms = 700, send_deadline_ms = 500,
    lease_ms = 2100, quiet_window_ms = 300, second_sighting_ms = 200";

pub struct Shop {
    pub vendor: Running,
    /// The use cases in this process, in real time and without a worker.
    pub portal: Portal,
    folder: TempDir,
}

impl Shop {
    /// The demo's shelf and people, and no process yet.
    pub async fn open(pool: &PgPool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let vendor = upstream_sim::start(SimConfig::default()).await.unwrap();
        let clock = Arc::new(DatabaseClock::read(pool).await.unwrap());
        let portal = portal_with(pool.clone(), clock);
        portal.fill_demo(&vendor.base_url()).await.unwrap();
        let shop = Self { vendor, portal, folder: tempfile::tempdir().unwrap() };
        shop.set(FAST).await;
        shop
    }

    /// Changes what the portal knows of its vendors.
    pub async fn set(&self, assignments: &'static str) {
        let sql = format!("update upstream_account set {assignments}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.portal.pool).await.unwrap();
    }

    /// A process.
    pub async fn program(&self) -> Program {
        self.program_with(&[]).await
    }

    /// A process with something in its environment.
    pub async fn program_with(&self, env: &[(&str, &str)]) -> Program {
        Program::start_with(&self.portal.pool, self.vendor.addr(), &self.folder, env).await
    }

    pub async fn customer(&self) -> CustomerViewer {
        let user = sqlx::query_scalar("select id from app_user where email = $1")
            .bind(portal::demo::CUSTOMER)
            .fetch_one(&self.portal.pool)
            .await
            .unwrap();
        match self.portal.viewer(user).await.unwrap() {
            Viewer::Customer(viewer) => viewer,
            other => panic!("{other:?}"),
        }
    }

    /// Places an order in this process and wakes the workers of all others.
    pub async fn place(&self, wish: &Wish) -> Uuid {
        let viewer = self.customer().await;
        self.portal.place_order(&viewer, wish).await.unwrap();
        self.wake().await;
        wish.id
    }

    /// Something is due.
    pub async fn wake(&self) {
        sqlx::query("select pg_notify('keystall_operation', '')")
            .execute(&self.portal.pool)
            .await
            .unwrap();
    }

    /// Waits until the order has come to its end, with its key; which one.
    pub async fn ended(&self, order: Uuid) -> String {
        self.wait_for(
            "select x.state from operation x left join license l on l.order_id = x.order_id
              where x.order_id = $1 and x.finished_at is not null
                and (l.id is null or l.key is not null)",
            order,
        )
        .await
    }

    /// Waits until the order's operation is in this state.
    pub async fn state(&self, order: Uuid, state: &str) {
        let sql = format!("select state from operation where order_id = $1 and state = '{state}'");
        self.wait_for(&sql, order).await;
    }

    /// Waits until the query has a row.
    pub async fn wait_for(&self, sql: &str, id: Uuid) -> String {
        for _ in 0..1200 {
            let found: Result<Option<String>, _> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
                    .bind(id)
                    .fetch_optional(&self.portal.pool)
                    .await;
            // The database may be away for a while.
            if let Ok(Some(found)) = found {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let operations: Result<Vec<String>, _> =
            sqlx::query_scalar("select x::text from operation x")
                .fetch_all(&self.portal.pool)
                .await;
        panic!("it did not happen within half a minute: {sql}\n{operations:#?}");
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.portal.pool).await.unwrap()
    }

    /// What the customer can spend, and what is held.
    pub async fn wallet(&self) -> (Money, Money) {
        let balance = self.portal.balance(&self.customer().await, Currency::EUR).await.unwrap();
        (balance.available, balance.held)
    }

    /// How many calls were to buy something.
    pub fn bought(&self) -> usize {
        self.vendor.sim().calls_of("soft.order.param").len()
    }

    /// The end of every test: the books are sound and agree with what was done at the vendor.
    pub async fn sound(&self) {
        let mut db = self.portal.pool.acquire().await.unwrap();
        assert_eq!(ledger::verify(&mut db).await.unwrap(), vec![]);
        drop(db);
        assert_eq!(self.portal.check_health().await.unwrap(), vec![]);
    }
}

/// A browser of the demo customer, at a running process.
#[derive(Clone)]
pub struct Visitor {
    client: reqwest::Client,
    addr: SocketAddr,
    cookie: String,
}

impl Program {
    /// Signs the demo customer in.
    pub async fn visitor(&self) -> Visitor {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let visitor = Visitor { client, addr: self.addr, cookie: String::new() };
        let form = [("email", portal::demo::CUSTOMER), ("password", portal::demo::PASSWORD)];
        let answer = visitor.post("/login", &form).await.unwrap();
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        Visitor { cookie: cookie.to_owned(), ..visitor }
    }
}

impl Visitor {
    pub async fn get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        let request = self.client.get(format!("http://{}{path}", self.addr));
        request.header("accept", "text/html").header("cookie", &self.cookie).send().await
    }

    pub async fn post(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> reqwest::Result<reqwest::Response> {
        self.client
            .post(format!("http://{}{path}", self.addr))
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &self.cookie)
            .form(form)
            .send()
            .await
    }

    /// Posts the form of the lite plan; the answer's status, none if the process died meanwhile.
    pub async fn buy(&self, order: Uuid, ip: &str) -> Option<u16> {
        let order = order.to_string();
        let form = [
            ("plan", "isp6-lite"),
            ("period", "1"),
            ("ip", ip),
            ("order", order.as_str()),
            ("total", "4.90 EUR"),
        ];
        self.post("/buy", &form).await.ok().map(|answer| answer.status().as_u16())
    }
}
