//! A whole portal in a test: its own database, its own vendor, a clock that the test moves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::{Currency, Money};
use http_body_util::BodyExt;
use portal::Portal;
use portal::catalog::Shelves;
use portal::clock::ManualClock;
use portal::operations::Done;
use portal::people::{CustomerViewer, Passwords, StaffRole, StaffViewer, Viewer};
use portal::secrets::MasterKey;
use portal::upstreams::{Inside, Upstreams};
use sqlx::PgPool;
use time::macros::datetime;
use tower::ServiceExt;
use upstream_sim::{Fault, Running, Sim, SimConfig, Times};
use uuid::Uuid;

/// A server's address that belongs to nobody.
pub const IP: &str = "203.0.113.7";

/// Another database beside this test's, so that cases in one test do not see each other.
pub async fn fresh(pool: &PgPool) -> PgPool {
    use sqlx::ConnectOptions;
    let name = format!("_case_{}", Uuid::now_v7().simple());
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
        .execute(pool)
        .await
        .unwrap();
    let options = (*pool.connect_options()).clone().database(&name).disable_statement_logging();
    let fresh = PgPool::connect_with(options).await.unwrap();
    portal::migrate(&fresh).await.unwrap();
    fresh
}

pub struct TestPortal {
    pub portal: Portal,
    pub clock: Arc<ManualClock>,
    pub router: axum::Router,
    vendor: Running,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub cookies: Vec<String>,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

/// A browser without scripts: it keeps cookies and says where its forms come from.
#[derive(Clone, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
    /// What it has already of the page that it asks for next.
    tag: Option<String>,
}

/// The use cases over this database, with cheap passwords and vendors on this machine.
pub fn portal_with(pool: PgPool, clock: Arc<dyn portal::Clock>) -> Portal {
    Portal {
        pool,
        clock,
        key: MasterKey::new(&[7; 32]),
        passwords: Passwords::cheap().unwrap(),
        upstreams: Upstreams::new(Inside::machine()),
        bell: portal::operations::Bell::default(),
        shelves: Shelves::default(),
        tags: portal::catalog::Tags::default(),
        faults: portal::fault::Faults::default(),
        demo: true,
    }
}

impl TestPortal {
    pub async fn new(pool: PgPool) -> Self {
        Self::with(pool, SimConfig::default()).await
    }

    pub async fn with(pool: PgPool, config: SimConfig) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let vendor = upstream_sim::start(config).await.unwrap();
        let clock = Arc::new(ManualClock::at(datetime!(2026-11-21 10:00 UTC)));
        let shared: Arc<dyn portal::Clock> = clock.clone();
        let portal = portal_with(pool, shared);
        portal.fill_demo(&vendor.base_url()).await.unwrap();
        // A call that hangs is given up soon; all windows are moved through by hand.
        sqlx::query(
            "update upstream_account set call_timeout_ms = 700, check_timeout_ms = 400,
                    quiet_window_ms = 300000, second_sighting_ms = 60000, lease_ms = 120000",
        )
        .execute(&portal.pool)
        .await
        .unwrap();
        let router = server::http::router(
            &portal,
            &server::http::Site::default(),
            &server::http::Facing::default(),
        );
        Self { portal, clock, router, vendor }
    }

    /// Another process on the same database: it remembers nothing and hears nothing.
    pub fn restarted(&self) -> Portal {
        let tags = portal::catalog::Tags::default();
        Portal { shelves: Shelves::default(), tags, ..self.portal.clone() }
    }

    /// The next call of this function that does something, not one that only looks, meets a fault.
    pub fn add_fault_to_action(&self, func: &str, fault: Fault) {
        let confirmed = format!("{func}!");
        let func = if Self::has_form(func) { &confirmed } else { func };
        self.vendor().add_fault(func, fault, Times::Once);
    }

    /// How many calls of this function were to do something.
    pub fn sent(&self, func: &str) -> usize {
        let form = Self::has_form(func);
        let calls = self.vendor().calls_of(func);
        calls.iter().filter(|call| !form || call.params.contains_key("sok")).count()
    }

    /// Whether the function shows a form unless it is told to do something.
    fn has_form(func: &str) -> bool {
        !matches!(func, "soft.suspend" | "soft.resume" | "soft.delete")
    }

    pub fn vendor(&self) -> &Sim {
        self.vendor.sim()
    }

    pub async fn customer(&self) -> CustomerViewer {
        self.viewer_of(portal::demo::CUSTOMER).await
    }

    pub async fn viewer_of(&self, email: &str) -> CustomerViewer {
        let user = sqlx::query_scalar::<_, Uuid>(
            "select id from app_user where email = $1 order by created_at desc limit 1",
        )
        .bind(email)
        .fetch_one(&self.portal.pool)
        .await
        .unwrap();
        match self.portal.viewer(user).await.unwrap() {
            Viewer::Customer(viewer) => viewer,
            other => panic!("{other:?}"),
        }
    }

    /// The demo's owner.
    pub async fn owner(&self) -> StaffViewer {
        let user = self.portal.sign_in(portal::demo::ADMIN, portal::demo::PASSWORD, "t").await;
        match self.portal.viewer(user.unwrap()).await.unwrap() {
            Viewer::Staff(staff) => staff,
            other => panic!("{other:?}"),
        }
    }

    /// A browser in which a new member of the staff with this role is signed in.
    pub async fn staff(&self, role: StaffRole) -> Browser {
        let email = format!("{}@example.org", role.as_str());
        self.portal.create_staff(&email, portal::demo::PASSWORD, role).await.unwrap();
        self.sign_in(&email).await
    }

    /// A browser in which the demo customer is signed in.
    pub async fn signed_in(&self) -> Browser {
        self.sign_in(portal::demo::CUSTOMER).await
    }

    pub async fn sign_in(&self, email: &str) -> Browser {
        let mut browser = Browser::default();
        let answer = browser
            .post(self, "/login", &[("email", email), ("password", portal::demo::PASSWORD)])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// The form of the lite plan for this address, as the product page fills it in.
    pub async fn lite_form(&self, ip: &str) -> Vec<(String, String)> {
        let viewer = self.customer().await;
        let order = self.portal.next_order_id(&viewer, "isp6-lite").await.unwrap();
        [
            ("plan", "isp6-lite"),
            ("period", "1"),
            ("ip", ip),
            ("order", &order.to_string()),
            ("total", "4.90 EUR"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Lets the worker do everything that is due now.
    pub async fn drain(&self) {
        for _ in 0..200 {
            if self.portal.work_once().await.unwrap() == Done::Idle {
                return;
            }
        }
        panic!("the worker never comes to rest");
    }

    /// Lets hours pass, a minute at a time, with the worker awake.
    pub async fn settle(&self) {
        self.drain().await;
        for _ in 0..90 {
            self.clock.advance(Duration::from_mins(1));
            self.drain().await;
        }
    }

    pub async fn wallet(&self) -> (Money, Money) {
        let balance = self.portal.balance(&self.customer().await, Currency::EUR).await.unwrap();
        (balance.available, balance.held)
    }

    /// Leaves the demo customer's wallet with this much, in ten-thousandths.
    pub async fn leave(&self, left: i64) {
        sqlx::query(
            "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                    cause_kind, cause_id, actor, reason, created_at)
             select gen_random_uuid(), 'posted', w.id, h.id,
                    w.credits_posted - w.debits_posted - $1, 'EUR', 'staff', w.id, u.id, 'test', $2
               from ledger_account w, ledger_account h, app_user u
              where w.kind = 'wallet' and h.kind = 'gateway_clearing' and u.staff_role = 'owner'
              limit 1",
        )
        .bind(left)
        .bind(self.portal.clock.now())
        .execute(&self.portal.pool)
        .await
        .unwrap();
    }

    pub async fn state(&self, order: Uuid) -> String {
        sqlx::query_scalar("select state from operation where order_id = $1")
            .bind(order)
            .fetch_one(&self.portal.pool)
            .await
            .unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.portal.pool).await.unwrap()
    }

    /// The end of every test: the books are sound and agree with what was done at the vendor.
    pub async fn sound(&self) {
        let mut db = self.portal.pool.acquire().await.unwrap();
        assert_eq!(ledger::verify(&mut db).await.unwrap(), vec![]);
        for (rule, sql) in [
            (
                "a hold is open exactly while its operation is",
                "select count(*) from operation x
                  where x.hold_id is not null and (x.finished_at is null) = exists(
                        select 1 from ledger_transfer t where t.pending_id = x.hold_id)",
            ),
            (
                "captured exactly when confirmed",
                "select count(*) from operation x
                  where x.hold_id is not null and (x.state = 'confirmed') <> exists(
                        select 1 from ledger_transfer t where t.pending_id = x.hold_id and t.kind = 'post')",
            ),
            (
                "a license for every confirmed order and for no other",
                "select count(*) from (select * from operation where kind = 'order') x
                   full join license l on l.order_id = x.order_id
                  where (x.state is not distinct from 'confirmed') <> (l.id is not null)",
            ),
            (
                "nothing was sent without its attempt",
                "select count(*) from operation x where x.attempts > (
                        select count(*) from operation_attempt a where a.operation_id = x.id)",
            ),
        ] {
            assert_eq!(self.count(sql).await, 0, "{rule}");
        }
        let ours = self.count("select count(*) from license").await;
        let open = self.count("select count(*) from operation where finished_at is null").await;
        let theirs = i64::try_from(self.vendor().live_licenses().len()).unwrap();
        assert!(theirs <= ours + open, "the vendor has {theirs}, we know {ours} and {open} open");
    }
}

impl Browser {
    pub async fn get(&mut self, portal: &TestPortal, path: &str) -> Answer {
        self.send(portal, Method::GET, path, None).await
    }

    /// The page, unless it is the one with this tag.
    pub async fn get_if_changed(&mut self, portal: &TestPortal, path: &str, tag: &str) -> Answer {
        self.tag = Some(tag.to_owned());
        self.get(portal, path).await
    }

    pub async fn post<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        portal: &TestPortal,
        path: &str,
        form: &[(N, V)],
    ) -> Answer {
        let body = form
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}={}",
                    app::format::query(name.as_ref()),
                    app::format::query(value.as_ref())
                )
            })
            .collect::<Vec<_>>()
            .join("&");
        self.send(portal, Method::POST, path, Some(body)).await
    }

    /// A call with this body as it stands.
    pub async fn raw(
        &mut self,
        portal: &TestPortal,
        method: Method,
        path: &str,
        body: &str,
    ) -> Answer {
        self.send(portal, method, path, Some(body.to_owned())).await
    }

    /// The same call, made by the page of another site.
    pub async fn foreign(&mut self, portal: &TestPortal, path: &str, body: &str) -> Answer {
        let body = Some(body.to_owned());
        self.send_from("cross-site", portal, Method::POST, path, body).await
    }

    async fn send(
        &mut self,
        portal: &TestPortal,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        self.send_from("same-origin", portal, method, path, body).await
    }

    async fn send_from(
        &mut self,
        site: &str,
        portal: &TestPortal,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "shop.test")
            // Islands ask for data, forms for pages.
            .header(
                header::ACCEPT,
                if path.starts_with("/api/") { "application/json" } else { "text/html" },
            )
            .header("sec-fetch-site", site);
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(tag) = self.tag.take() {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let response = portal.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let cookies: Vec<String> = parts
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect();
        for cookie in &cookies {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() || rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            location: parts
                .headers
                .get(header::LOCATION)
                .map(|location| location.to_str().unwrap().to_owned()),
            cookies,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// The use cases on a database that a real server filled, in real time.
pub struct Desk {
    portal: Portal,
}

/// Works on the database of a [`crate::program::Program`].
pub async fn portal_on(pool: &PgPool) -> Desk {
    let clock: Arc<dyn portal::Clock> =
        Arc::new(portal::clock::DatabaseClock::read(pool).await.unwrap());
    let portal = portal_with(pool.clone(), clock);
    Desk { portal }
}

impl Desk {
    async fn viewer(&self) -> CustomerViewer {
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

    /// Carries out everything that is due.
    async fn drain(&self) {
        while self.portal.work_once().await.unwrap() == Done::Worked {}
    }

    /// More than all tests together spend.
    pub async fn enrich(&self) {
        let (owner, customer): (Uuid, Uuid) = sqlx::query_as(
            "select a.id, c.customer_id from app_user a, app_user c where a.email = $1 and c.email = $2",
        )
        .bind(portal::demo::ADMIN)
        .bind(portal::demo::CUSTOMER)
        .fetch_one(&self.portal.pool)
        .await
        .unwrap();
        let Viewer::Staff(owner) = self.portal.viewer(owner).await.unwrap() else {
            panic!("the owner is staff")
        };
        let credit = portal::wallet::Credit {
            id: Uuid::now_v7(),
            customer,
            amount: Money::parse("50000", Currency::EUR).unwrap(),
            reason: "for many orders".to_owned(),
        };
        self.portal.credit_wallet(&owner, &credit).await.unwrap();
    }

    /// What this change of the license would cost now; none for what is free.
    pub async fn price(&self, license: Uuid, change: &domain::change::Change) -> Option<Money> {
        let viewer = self.viewer().await;
        let preview = self.portal.preview_change(&viewer, license, change).await.unwrap();
        preview.quote.map(|quote| quote.total)
    }

    /// A delivered license of this plan for this address.
    pub async fn buy(&self, plan: &str, price: &str, ip: &str) -> Uuid {
        let viewer = self.viewer().await;
        let wish = portal::orders::Wish {
            id: Uuid::now_v7(),
            plan: plan.to_owned(),
            period: domain::Period::MONTH,
            ip: ip.to_owned(),
            name: String::new(),
            addons: BTreeMap::new(),
            parent: None,
            fields: BTreeMap::new(),
            shown_total: Money::parse(price, Currency::EUR).unwrap(),
            told_of_renewals: false,
        };
        self.portal.place_order(&viewer, &wish).await.unwrap();
        self.drain().await;
        self.portal.order(&viewer, wish.id).await.unwrap().unwrap().license.unwrap()
    }

    /// Suspends a license.
    pub async fn suspend(&self, license: Uuid) {
        let viewer = self.viewer().await;
        let change = domain::change::Change::Suspend;
        let wish = portal::licenses::ChangeWish {
            id: Uuid::now_v7(),
            license,
            change,
            shown_total: None,
            shown_until: None,
        };
        self.portal.change_license(&viewer, &wish).await.unwrap();
        self.drain().await;
    }
}
