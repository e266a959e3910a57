//! One life: a portal with two workers, some customers and a vendor, and what happens to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::address::LicenseIp;
use domain::change::Change;
use domain::operation::OperationKind;
use domain::{Currency, Money, Period};
use portal::Portal;
use portal::clock::{Clock as _, ManualClock};
use portal::fault::{Step, Weakness};
use portal::licenses::{ChangeError, ChangeWish};
use portal::operations::Done;
use portal::orders::{PlaceError, Wish};
use portal::people::{CustomerViewer, Viewer};
use portal::upstreams::Upstreams;
use sqlx::{ConnectOptions, PgPool};
use time::macros::datetime;
use upstream::outcome::Failure;
use upstream::sender::{Broken, Endpoint, Limits, Posting, Wire, accept};
use upstream_sim::{Clock as VendorClock, Fault, Posted, Running, Sim, SimConfig, Times};
use uuid::Uuid;

use super::Theme;
use super::check;
use super::dice::Dice;
use super::worker::{Halt, Worker, own_pool};
use crate::harness::portal_with;

/// What happens in a life before everything comes to rest.
const STEPS: u64 = 240;
/// Licenses that are there from the beginning.
const OWNED: u64 = 4;
/// What the wallets begin with.
const WALLETS: [&str; 3] = ["500", "60", "12"];
/// Plans that are ordered, with their price.
const PLANS: [(&str, &str); 3] =
    [("isp6-lite", "4.90"), ("isp6-pro", "9.90"), ("isp6-biz", "12.90")];
/// The vendor's login.
const LOGIN: &str = "reseller@demo.test";

/// A database with a shelf and customers, of which every life gets a copy.
pub struct Stage {
    pool: PgPool,
    template: String,
}

impl Stage {
    pub async fn new(pool: &PgPool) -> Self {
        let template = format!("_stage_{}", Uuid::now_v7().simple());
        let sql = format!("create database {template}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
        let filled = connect(pool, &template).await;
        portal::migrate(&filled).await.unwrap();
        let clock = Arc::new(ManualClock::at(datetime!(2026-11-21 10:00 UTC)));
        let portal = portal_with(filled.clone(), clock);
        portal.fill_demo("http://127.0.0.1:9/billmgr").await.unwrap();
        for (index, money) in WALLETS.iter().enumerate().skip(1) {
            let email = format!("customer{index}@example.org");
            let user = portal
                .join(&email, portal::demo::PASSWORD, portal::locale::Locale::En, &email)
                .await
                .unwrap();
            let owner = staff(&portal).await;
            let customer = sqlx::query_scalar("select customer_id from app_user where id = $1")
                .bind(user)
                .fetch_one(&filled)
                .await
                .unwrap();
            let credit = portal::wallet::Credit {
                id: Uuid::now_v7(),
                customer,
                amount: eur(money),
                reason: "a beginning".to_owned(),
            };
            portal.credit_wallet(&owner, &credit).await.unwrap();
        }
        // The windows of a real vendor. The sweep and the balance have their own.
        sqlx::query(
            "update upstream_account
                set connect_timeout_ms = 5000, call_timeout_ms = 60000, send_deadline_ms = 30000,
                    lease_ms = 120000, quiet_window_ms = 300000, second_sighting_ms = 60000,
                    undo_window_ms = 120000",
        )
        .execute(&filled)
        .await
        .unwrap();
        filled.close().await;
        Self { pool: pool.clone(), template }
    }

    async fn copy(&self) -> PgPool {
        let name = format!("_life_{}", Uuid::now_v7().simple());
        let sql = format!("create database {name} template {}", self.template);
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
        connect(&self.pool, &name).await
    }

    async fn drop(&self, life: &PgPool) {
        let name = life.connect_options().get_database().unwrap().to_owned();
        life.close().await;
        let sql = format!("drop database {name} with (force)");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
    }

    pub async fn end(self) {
        let sql = format!("drop database {} with (force)", self.template);
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.pool).await.unwrap();
    }
}

async fn connect(pool: &PgPool, name: &str) -> PgPool {
    let options = (*pool.connect_options()).clone().database(name).disable_statement_logging();
    let beside = PgPool::connect_lazy_with(options);
    own_pool(&beside).await
}

async fn staff(portal: &Portal) -> portal::people::StaffViewer {
    let user = sqlx::query_scalar("select id from app_user where email = $1")
        .bind(portal::demo::ADMIN)
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    match portal.viewer(user).await.unwrap() {
        Viewer::Staff(staff) => staff,
        other => panic!("{other:?}"),
    }
}

pub fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// The way to a vendor in this process. Waiting in vain takes the time that it takes.
struct Indoors {
    vendor: Sim,
    clock: Arc<ManualClock>,
    /// So many calls find nobody there.
    refused: AtomicU64,
}

impl Wire for Indoors {
    fn post<'a>(
        &'a self,
        _: &'a Endpoint,
        form: &'a [(&'a str, &'a str)],
        limits: Limits,
    ) -> Posting<'a> {
        Box::pin(async move {
            let refused =
                self.refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            if refused.is_ok() {
                let why = "connection refused".to_owned();
                return Err::<_, Broken>((Failure::NotSent(why), Vec::new()));
            }
            let why = match self.vendor.post(form).await {
                Posted::Answer { status, body } => return accept(status, body, None),
                Posted::Reset => "the connection was reset",
                Posted::Silence => {
                    self.clock.advance(limits.total);
                    self.vendor.advance_clock(limits.total);
                    "no answer in time"
                }
            };
            Err((Failure::OutcomeUnknown(why.to_owned()), Vec::new()))
        })
    }
}

pub struct Life<'a> {
    stage: &'a Stage,
    theme: Theme,
    weakness: Option<Weakness>,
    dice: Dice,
    /// The customers' side of the portal.
    pub portal: Portal,
    pub vendor: Running,
    clock: Arc<ManualClock>,
    wire: Arc<Indoors>,
    workers: Vec<Worker>,
    pub viewers: Vec<CustomerViewer>,
    /// What their wallets began with.
    pub began: Vec<Money>,
    /// Forms that were sent, to be sent again.
    forms: Vec<(usize, Wish)>,
    counts: BTreeMap<&'static str, u64>,
    diary: Vec<String>,
}

impl<'a> Life<'a> {
    pub async fn begin(
        stage: &'a Stage,
        seed: u64,
        theme: Theme,
        weakness: Option<Weakness>,
    ) -> Self {
        let pool = stage.copy().await;
        let start = datetime!(2026-11-21 10:00 UTC);
        let clock = Arc::new(ManualClock::at(start));
        let config = SimConfig { clock: VendorClock::Fixed(start), ..SimConfig::default() };
        let vendor = upstream_sim::start(config).await.unwrap();
        let wire = Arc::new(Indoors {
            vendor: vendor.sim().clone(),
            clock: Arc::clone(&clock),
            refused: AtomicU64::new(0),
        });
        let common: Arc<dyn portal::Clock> = clock.clone();
        let portal = Portal {
            upstreams: Upstreams::over(wire.clone()),
            ..portal_with(pool.clone(), common)
        };
        let ordering = if theme == Theme::Basket { "basket" } else { "at_once" };
        sqlx::query("update upstream_account set ordering = $1")
            .bind(ordering)
            .execute(&pool)
            .await
            .unwrap();
        let users: Vec<Uuid> = sqlx::query_scalar(
            "select id from app_user where customer_id is not null order by email",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        let (mut viewers, mut began) = (Vec::new(), Vec::new());
        for user in users {
            let Viewer::Customer(viewer) = portal.viewer(user).await.unwrap() else {
                panic!("customers only")
            };
            began.push(portal.balance(&viewer, Currency::EUR).await.unwrap().available);
            viewers.push(viewer);
        }
        let mut workers = Vec::new();
        for _ in 0..2 {
            workers.push(Worker::start(&portal, &clock, weakness).await);
        }
        Self {
            stage,
            theme,
            weakness,
            dice: Dice::new(seed),
            portal,
            vendor,
            clock,
            wire,
            workers,
            viewers,
            began,
            forms: Vec::new(),
            counts: BTreeMap::new(),
            diary: Vec::new(),
        }
    }

    /// Everything from the first click to the comparison of the books.
    pub async fn live(mut self) -> Result<BTreeMap<&'static str, u64>, String> {
        let lived = match self.act().await {
            Ok(()) => self.rest().await,
            wrong => wrong,
        };
        let judged = match lived {
            Ok(()) => check::compare(&self, self.theme).await,
            wrong => wrong,
        };
        let result = judged.map_err(|why| {
            let last = self.diary.iter().rev().take(60).rev();
            let last: Vec<&str> = last.map(String::as_str).collect();
            if self.weakness.is_none() { format!("{why}\n{}", last.join("\n")) } else { why }
        });
        for (what, sql) in [
            (
                "orders",
                "select count(*) from operation where kind = 'order' and state = 'confirmed'",
            ),
            (
                "renewals",
                "select count(*) from operation where kind = 'renew' and state = 'confirmed'",
            ),
            (
                "changes",
                "select count(*) from operation
                  where kind not in ('order', 'renew') and state = 'confirmed'",
            ),
            ("cancelled", "select count(*) from operation where state = 'cancelled'"),
            ("rejected", "select count(*) from operation where state = 'rejected'"),
            ("review", "select count(*) from operation where state = 'review'"),
            ("parked", "select count(*) from operation_event where event = 'parked'"),
            ("lost answers", "select count(*) from operation_event where event = 'found'"),
            ("findings", "select count(*) from upstream_finding"),
        ] {
            let count: i64 = sqlx::query_scalar(sql).fetch_one(&self.portal.pool).await.unwrap();
            *self.counts.entry(what).or_default() += u64::try_from(count).unwrap();
        }
        for worker in self.workers {
            worker.end().await;
        }
        self.vendor.stop().await;
        self.stage.drop(&self.portal.pool).await;
        result.map(|()| self.counts)
    }

    /// What happened, without what is drawn anew each time.
    pub fn diary(self) -> Vec<String> {
        self.diary
    }

    fn note(&mut self, what: impl std::fmt::Display) {
        let now = self.clock.now();
        self.diary.push(format!(
            "{:02}:{:02}:{:02} {what}",
            now.hour(),
            now.minute(),
            now.second()
        ));
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn pass(&mut self, by: Duration) {
        self.clock.advance(by);
        self.vendor.sim().advance_clock(by);
    }

    /// The part in which things go wrong.
    pub async fn act(&mut self) -> Result<(), String> {
        for _ in 0..OWNED {
            self.order().await?;
        }
        self.settle_down().await?;
        // A month goes by in some lives, so that licenses come to their end.
        let month = self.dice.percent(40).then(|| STEPS / 3 + self.dice.below(STEPS / 3));
        for step in 0..STEPS {
            if Some(step) == month {
                self.note("28 days pass");
                self.pass(Duration::from_hours(28 * 24));
            }
            if self.theme == Theme::Pauses {
                self.wake_in_the_middle().await?;
            }
            match self.dice.below(100) {
                0..52 => {
                    let who = usize::try_from(self.dice.below(2)).unwrap();
                    self.work(who).await?;
                }
                52..62 => {
                    let most = if self.theme == Theme::Pauses { 180 } else { 90 };
                    let by = Duration::from_secs(1 + self.dice.below(most));
                    self.note(format!("{} s pass", by.as_secs()));
                    self.pass(by);
                }
                62..64 => {
                    let by = Duration::from_mins(3 + self.dice.below(12));
                    self.note(format!("{} min pass", by.as_secs() / 60));
                    self.pass(by);
                }
                64..83 => self.click().await?,
                83..95 => self.break_something(),
                95..98 => {
                    let who = usize::try_from(self.dice.below(2)).unwrap();
                    if self.workers[who].at.is_some() {
                        self.note(format!("worker {who} is killed at {:?}", self.workers[who].at));
                        self.count("kills");
                        self.workers[who].kill().await;
                    }
                }
                _ => self.mend_something(),
            }
        }
        Ok(())
    }

    async fn work(&mut self, who: usize) -> Result<(), String> {
        let now = self.clock.now();
        if self.workers[who].frozen_until.is_some_and(|until| until > now) {
            return Ok(());
        }
        self.workers[who].frozen_until = None;
        loop {
            let halt = self.workers[who].go_on().await;
            match halt {
                Halt::Ended(Ok(Done::Idle)) => return Ok(()),
                Halt::Ended(Ok(Done::Worked)) => {
                    self.note(format!("worker {who} is done"));
                    return Ok(());
                }
                Halt::Ended(Err(error)) => {
                    return Err(format!("worker {who}: {}", error.chain()));
                }
                Halt::At(step) => {
                    self.note(format!("worker {who} at {}", step.as_str()));
                    if self.workers[who].can_stand() {
                        self.maybe_freeze(who, step);
                        return Ok(());
                    }
                    // Within a transaction it goes on, or dies.
                    if self.dice.percent(10) {
                        self.note(format!("worker {who} is killed there"));
                        self.count("kills");
                        self.workers[who].kill().await;
                        return Ok(());
                    }
                }
            }
        }
    }

    /// The worst moment to wake up: the other one has judged what was left, and is sending it again.
    async fn wake_in_the_middle(&mut self) -> Result<(), String> {
        let [sleeper, other] = self.workers.as_slice() else { return Ok(()) };
        let sends = matches!(other.at, Some(Step::Armed | Step::Answered));
        let asleep = matches!(sleeper.at, Some(Step::Armed | Step::Answered));
        if !sends || !asleep || sleeper.frozen_until.is_none() {
            return Ok(());
        }
        let again = "select exists (select from operation where state = 'sent' and attempts > 1)";
        let again: bool = sqlx::query_scalar(again).fetch_one(&self.portal.pool).await.unwrap();
        if self.dice.percent(if again { 90 } else { 10 }) {
            self.workers[0].frozen_until = None;
            self.note("worker 0 wakes up in the middle");
            self.work(0).await?;
            self.work(0).await?;
        }
        Ok(())
    }

    /// A machine that is suspended wakes up where it stood.
    fn maybe_freeze(&mut self, who: usize, step: Step) {
        // One that sleeps through all windows, while the other one judges what it left.
        let sleeps = self.theme == Theme::Pauses && who == 0;
        let chance = match step {
            Step::Armed | Step::Answered if sleeps => 50,
            _ if sleeps => 5,
            _ => 3,
        };
        if self.dice.percent(chance) {
            let minutes: &[u64] = if sleeps { &[9, 12, 15] } else { &[1, 4, 9, 20] };
            let minutes = *self.dice.pick(minutes).unwrap();
            self.note(format!("worker {who} stands still for {minutes} min"));
            self.count("freezes");
            let until = self.clock.now() + Duration::from_mins(minutes);
            self.workers[who].frozen_until = Some(until);
        }
    }

    /// A customer does something.
    async fn click(&mut self) -> Result<(), String> {
        match self.dice.below(100) {
            0..34 => self.order().await,
            34..42 => self.order_again().await,
            42..90 => self.change().await,
            _ => self.take_back().await,
        }
    }

    async fn order(&mut self) -> Result<(), String> {
        let who = usize::try_from(self.dice.below(3)).unwrap();
        let (plan, price) = *self.dice.pick(&PLANS).unwrap();
        let address = self.dice.below(200) + 1;
        let wish = Wish {
            // Not drawn: the diary of a seed must be the same each time.
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}", self.forms.len()).as_bytes()),
            plan: plan.to_owned(),
            period: Period::MONTH,
            ip: format!("203.0.113.{address}"),
            name: "web".to_owned(),
            addons: BTreeMap::new(),
            parent: None,
            fields: BTreeMap::new(),
            shown_total: eur(price),
            told_of_renewals: false,
        };
        self.forms.push((who, wish));
        self.send_form(self.forms.len() - 1).await
    }

    async fn order_again(&mut self) -> Result<(), String> {
        if self.forms.is_empty() {
            return Ok(());
        }
        let form = self.dice.below(u64::try_from(self.forms.len()).unwrap());
        self.send_form(usize::try_from(form).unwrap()).await
    }

    async fn send_form(&mut self, form: usize) -> Result<(), String> {
        let (who, wish) = self.forms[form].clone();
        let placed = self.portal.place_order(&self.viewers[who], &wish).await;
        match placed {
            Ok(placed) => {
                let fresh = if placed.fresh { "orders" } else { "orders again" };
                self.note(format!("customer {who} {fresh} {} (form {form})", wish.plan));
                Ok(())
            }
            Err(PlaceError::NotEnough { .. } | PlaceError::AlreadyOrdered { .. }) => Ok(()),
            Err(PlaceError::Internal(error)) => Err(format!("order: {}", error.chain())),
            Err(refused) => Err(format!("order refused: {refused}")),
        }
    }

    /// Licenses of a customer as our books have them, in an order that is the same each time.
    async fn licenses(&self, who: usize) -> Vec<(Uuid, String)> {
        sqlx::query_as(
            "select l.id, p.slug from license l join plan p on p.id = l.plan_id
               join app_user u on u.customer_id = l.customer_id
              where u.email = $1 and l.status <> 'deleted' order by l.number",
        )
        .bind(&self.viewers[who].email)
        .fetch_all(&self.portal.pool)
        .await
        .unwrap()
    }

    async fn change(&mut self) -> Result<(), String> {
        let who = usize::try_from(self.dice.below(3)).unwrap();
        let licenses = self.licenses(who).await;
        let Some((license, slug)) = self.dice.pick(&licenses).cloned() else { return Ok(()) };
        let viewer = self.viewers[who].clone();
        let nodes = u32::try_from(2 + self.dice.below(3)).unwrap();
        let change = match self.dice.below(100) {
            0..40 => Change::Renew { period: Period::MONTH },
            40..55 => Change::Edit {
                ip: LicenseIp::parse(&format!("198.51.100.{}", self.dice.below(250) + 1)).ok(),
                name: Some("moved".to_owned()),
            },
            55..63 => {
                let to = if slug == "isp6-pro" { "isp6-lite" } else { "isp6-pro" };
                Change::ChangePlan { plan: to.to_owned(), period: Period::MONTH }
            }
            63..70 if slug == "isp6-biz" => {
                Change::Addons { counts: BTreeMap::from([("node".to_owned(), nodes)]) }
            }
            63..76 => Change::Suspend,
            76..84 => Change::Resume,
            84..88 => Change::ReissueKey,
            88..93 => {
                self.note(format!("customer {who} lets a license renew by itself"));
                self.portal
                    .set_auto_renew(&viewer, license, true)
                    .await
                    .map_err(|e| e.to_string())?;
                return Ok(());
            }
            _ => Change::Delete,
        };
        let kind = change.kind();
        let preview = match self.portal.preview_change(&viewer, license, &change).await {
            Ok(preview) => preview,
            Err(ChangeError::Internal(error)) => return Err(format!("preview: {}", error.chain())),
            Err(_) => return Ok(()),
        };
        let shown_total = preview.quote.map(|quote| quote.total);
        let shown_until = preview.until_then.filter(|_| kind == OperationKind::Renew);
        let id = self.portal.next_change_id(&viewer, license).await.map_err(|e| e.chain())?;
        let wish = ChangeWish { id, license, change, shown_total, shown_until };
        match self.portal.change_license(&viewer, &wish).await {
            Ok(_) => {
                self.note(format!("customer {who} asks for {kind:?}"));
                Ok(())
            }
            Err(ChangeError::Internal(error)) => Err(format!("change: {}", error.chain())),
            // What was asked for meanwhile is in the way, or the money is not there.
            Err(_) => Ok(()),
        }
    }

    async fn take_back(&mut self) -> Result<(), String> {
        let who = usize::try_from(self.dice.below(3)).unwrap();
        let open: Vec<Uuid> = sqlx::query_scalar(
            "select x.id from operation x join app_user u on u.customer_id = x.customer_id
              where u.email = $1 and x.finished_at is null order by x.number",
        )
        .bind(&self.viewers[who].email)
        .fetch_all(&self.portal.pool)
        .await
        .unwrap();
        let Some(operation) = self.dice.pick(&open).copied() else { return Ok(()) };
        match self.portal.cancel_operation(&self.viewers[who], operation).await {
            Ok(()) => {
                self.note(format!("customer {who} takes something back"));
                Ok(())
            }
            Err(ChangeError::TooLate) => Ok(()),
            Err(error) => Err(format!("cancel: {error}")),
        }
    }

    /// Something goes wrong at the vendor, or on the way to it.
    fn break_something(&mut self) {
        const FUNCTIONS: [&str; 12] = [
            "soft.order.param!",
            "soft.order.param!",
            "soft.order.param!",
            "service.prolong!",
            "service.prolong!",
            "payment.add!",
            "soft.edit!",
            "service.changepricelist!",
            "soft",
            "soft.edit",
            "subaccount",
            "soft.suspend",
        ];
        let func = *self.dice.pick(&FUNCTIONS).unwrap();
        // Within the deadline, the call and the quiet window. Later than that only where it is found,
        // or makes no difference.
        let too_late = matches!(self.theme, Theme::Basket | Theme::TooLate)
            && matches!(func, "soft.order.param!" | "payment.add!");
        let late = 1000 * (1 + self.dice.below(if too_late { 2500 } else { 280 }));
        let lags = self.theme == Theme::Lagging && self.dice.percent(70);
        let which = if lags { 18 + self.dice.below(3) } else { self.dice.below(25) };
        let fault = match which {
            0 => Fault::HangBefore,
            1 | 2 | 23 => Fault::HangAfter,
            3 => Fault::ResetBefore,
            4 | 5 => Fault::ResetAfter,
            6 => Fault::HttpBefore { status: 502 },
            7 => Fault::HttpAfter { status: 500 },
            8 => Fault::TooMany,
            9 => Fault::GarbageBefore,
            10 => Fault::GarbageAfter,
            11 => Fault::EmptyBody,
            12 => Fault::TruncatedXml,
            13 => Fault::WrongCharset,
            14 => Fault::EntityBomb,
            15 => Fault::ErrorDoc { kind: "internal".to_owned() },
            16 | 17 => Fault::ErrorAfterDebit { kind: "internal".to_owned() },
            18 | 19 => Fault::LateLanding { ms: late, hang: self.dice.percent(50) },
            20 => Fault::ListLag { ms: late, lists: 0 },
            21 => Fault::LowBalance,
            22 => Fault::KeyEmpty { views: 2 },
            _ => {
                let calls = 1 + self.dice.below(3);
                self.note(format!("nobody is there for {calls} calls"));
                self.wire.refused.store(calls, Ordering::SeqCst);
                return;
            }
        };
        // A list or a form that lies by itself is another story than one that cannot be read.
        self.note(format!("{func} will meet {fault:?}"));
        self.vendor.sim().add_fault(func, fault, Times::Once);
    }

    fn mend_something(&mut self) {
        let who = usize::try_from(self.dice.below(2)).unwrap();
        match self.dice.below(4) {
            0 => {
                let ms = i64::try_from(self.dice.below(4000)).unwrap() - 2000;
                self.note(format!("the clock of worker {who} jumps to {ms} ms"));
                self.workers[who].clock.set_skew(ms);
            }
            1 => {
                let balance = i64::try_from(self.dice.below(20)).unwrap() * 10_000;
                self.note(format!("{balance} are left at the vendor"));
                self.vendor.sim().set_balance(LOGIN, balance);
            }
            2 => {
                self.note("the vendor's money is back");
                self.vendor.sim().set_balance(LOGIN, 100_000_000);
            }
            _ => self.vendor.sim().clear_faults(),
        }
    }

    /// Nothing goes wrong any more; everything must come to its end.
    async fn rest(&mut self) -> Result<(), String> {
        self.note("everything is well from now on");
        self.vendor.sim().clear_faults();
        self.wire.refused.store(0, Ordering::SeqCst);
        self.vendor.sim().set_balance(LOGIN, 100_000_000);
        for worker in &mut self.workers {
            worker.clock.set_skew(0);
            worker.frozen_until = None;
        }
        // What is under way may be looked at for hours, by its age.
        for _ in 0..240 {
            self.settle_down().await?;
            if self.open().await == 0 {
                break;
            }
            self.pass(Duration::from_mins(1));
        }
        // The latest landing, and a sweep after it.
        for minutes in [45, 61] {
            self.pass(Duration::from_mins(minutes));
            self.settle_down().await?;
        }
        let open: Vec<String> = sqlx::query_scalar(
            "select kind || ' ' || state from operation x
              where finished_at is null and state <> 'review' and not operation_is_blocked(x)",
        )
        .fetch_all(&self.portal.pool)
        .await
        .unwrap();
        if open.is_empty() { Ok(()) } else { Err(format!("open after hours: {open:?}")) }
    }

    async fn open(&self) -> i64 {
        sqlx::query_scalar(
            "select count(*) from operation x
              where finished_at is null and state <> 'review' and not operation_is_blocked(x)",
        )
        .fetch_one(&self.portal.pool)
        .await
        .unwrap()
    }

    /// Both workers do all that is due.
    async fn settle_down(&mut self) -> Result<(), String> {
        for who in [0, 1] {
            let mut rounds = 0;
            loop {
                rounds += 1;
                if rounds > 3000 {
                    return Err(format!("worker {who} never comes to rest"));
                }
                match self.workers[who].go_on().await {
                    Halt::Ended(Ok(Done::Idle)) => break,
                    Halt::Ended(Err(error)) => {
                        return Err(format!("worker {who}: {}", error.chain()));
                    }
                    Halt::Ended(Ok(Done::Worked)) | Halt::At(_) => {}
                }
            }
        }
        Ok(())
    }
}
