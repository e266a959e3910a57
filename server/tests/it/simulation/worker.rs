//! A worker process on a leash: it goes from step to step, and is killed or left standing between two.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portal::Portal;
use portal::clock::{Clock, ManualClock};
use portal::fault::{Faults, Pause, Probe, Step, Weakness};
use portal::operations::Done;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use time::OffsetDateTime;
use tokio::sync::{Notify, mpsc};

/// A machine's clock: the common time, and how far this machine is off.
pub struct OwnClock {
    common: Arc<ManualClock>,
    skew_ms: Mutex<i64>,
}

impl OwnClock {
    pub fn new(common: Arc<ManualClock>) -> Self {
        Self { common, skew_ms: Mutex::new(0) }
    }

    pub fn set_skew(&self, ms: i64) {
        *self.skew_ms.lock().unwrap() = ms;
    }
}

impl Clock for OwnClock {
    fn now(&self) -> OffsetDateTime {
        self.common.now() + time::Duration::milliseconds(*self.skew_ms.lock().unwrap())
    }

    fn uptime(&self) -> Duration {
        self.common.uptime()
    }
}

/// Says where the worker stands, and holds it there.
struct Leash {
    reached: mpsc::UnboundedSender<Step>,
    go: Notify,
    weakness: Option<Weakness>,
}

impl Probe for Leash {
    fn reach(&self, step: Step) -> Pause<'_> {
        Box::pin(async move {
            self.reached.send(step).unwrap();
            self.go.notified().await;
        })
    }

    fn weakness(&self) -> Option<Weakness> {
        self.weakness
    }
}

type Work = Pin<Box<dyn Future<Output = Result<Done, portal::Error>>>>;

/// Where a worker stands.
pub enum Halt {
    /// At a step of its work.
    At(Step),
    /// Its work is done, or there was none.
    Ended(Result<Done, portal::Error>),
}

/// One worker process.
pub struct Worker {
    portal: Portal,
    pub clock: Arc<OwnClock>,
    weakness: Option<Weakness>,
    leash: Arc<Leash>,
    steps: mpsc::UnboundedReceiver<Step>,
    work: Option<Work>,
    /// The step at which it stands.
    pub at: Option<Step>,
    /// It does not move before then.
    pub frozen_until: Option<OffsetDateTime>,
}

/// Another few connections to the same database: a process of its own.
pub async fn own_pool(pool: &PgPool) -> PgPool {
    let options = (*pool.connect_options()).clone();
    PgPoolOptions::new().max_connections(3).min_connections(0).connect_lazy_with(options)
}

impl Worker {
    pub async fn start(
        portal: &Portal,
        common: &Arc<ManualClock>,
        weakness: Option<Weakness>,
    ) -> Self {
        let clock = Arc::new(OwnClock::new(Arc::clone(common)));
        let (leash, steps) = leash(weakness);
        let mut worker = Self {
            portal: Portal {
                pool: own_pool(&portal.pool).await,
                clock: clock.clone(),
                ..portal.clone()
            },
            clock,
            weakness,
            leash,
            steps,
            work: None,
            at: None,
            frozen_until: None,
        };
        worker.restart();
        worker
    }

    /// Another process in its place, which remembers nothing.
    fn restart(&mut self) {
        (self.leash, self.steps) = leash(self.weakness);
        self.portal.faults = Faults::probed(self.leash.clone());
        self.portal.upstreams = self.portal.upstreams.forgetful();
        self.portal.shelves = portal::catalog::Shelves::default();
        self.portal.tags = portal::catalog::Tags::default();
    }

    /// `kill -9`: what it had not committed is gone, what it had asked the vendor goes on there.
    pub async fn kill(&mut self) {
        self.work = None;
        // Its connections end with it, and what they had locked is free for the others.
        let new = own_pool(&self.portal.pool).await;
        std::mem::replace(&mut self.portal.pool, new).close().await;
        self.at = None;
        self.frozen_until = None;
        self.restart();
    }

    /// Goes on to the next step.
    pub async fn go_on(&mut self) -> Halt {
        let work = if let Some(work) = &mut self.work {
            self.leash.go.notify_one();
            work
        } else {
            let portal = self.portal.clone();
            self.work.insert(Box::pin(async move { portal.work_once().await }))
        };
        let halt = tokio::select! {
            biased;
            Some(step) = self.steps.recv() => Halt::At(step),
            done = work => Halt::Ended(done),
        };
        match &halt {
            Halt::At(step) => self.at = Some(*step),
            Halt::Ended(_) => {
                self.work = None;
                self.at = None;
            }
        }
        halt
    }

    /// It stands where others can do something meanwhile: not within a transaction.
    pub fn can_stand(&self) -> bool {
        !matches!(self.at, Some(Step::Planning | Step::Confirming))
    }

    pub async fn end(self) {
        drop(self.work);
        self.portal.pool.close().await;
    }
}

fn leash(weakness: Option<Weakness>) -> (Arc<Leash>, mpsc::UnboundedReceiver<Step>) {
    let (reached, steps) = mpsc::unbounded_channel();
    (Arc::new(Leash { reached, go: Notify::new(), weakness }), steps)
}
