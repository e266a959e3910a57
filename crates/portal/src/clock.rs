//! The time: a parameter of everything, never asked of the machine elsewhere.

use std::sync::Mutex;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use sqlx::PgPool;
use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The instant that is written into rows and compared with rows.
    fn now(&self) -> OffsetDateTime;
    /// Time since some moment, by a clock that never jumps and goes on while this machine or process
    /// stands still: a deadline is measured by it.
    fn uptime(&self) -> Duration;
}

/// Time since the machine started, by a clock that never jumps and, unlike `Instant`, goes on while
/// the machine is suspended: who slept knows it.
fn boot_time() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

/// The database's clock, carried forward by this machine's own, so that several replicas agree and
/// a jump of one machine's wall clock moves no lease.
#[derive(Debug)]
pub struct DatabaseClock {
    anchor: Mutex<(OffsetDateTime, Duration)>,
}

/// A reading that took longer than this says too little about now.
const READING: Duration = Duration::from_secs(1);
/// So many slow readings mean that the database is not well.
const READINGS: u32 = 5;

impl DatabaseClock {
    /// Reads the database's clock.
    pub async fn read(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self { anchor: Mutex::new(Self::ask(pool).await?) })
    }

    /// Reads it again; called every minute by the server.
    pub async fn refresh(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let fresh = Self::ask(pool).await?;
        *self.anchor.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = fresh;
        Ok(())
    }

    async fn ask(pool: &PgPool) -> Result<(OffsetDateTime, Duration), sqlx::Error> {
        let mut db = pool.acquire().await?;
        for _ in 0..READINGS {
            let before = boot_time();
            let now = sqlx::query_scalar::<_, OffsetDateTime>("select clock_timestamp()")
                .fetch_one(&mut *db)
                .await?;
            let after = boot_time();
            if after.saturating_sub(before) < READING {
                return Ok((now, after));
            }
        }
        Err(sqlx::Error::PoolTimedOut)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> OffsetDateTime {
        let (at, since) = *self.anchor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        at + boot_time().saturating_sub(since)
    }

    fn uptime(&self) -> Duration {
        boot_time()
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<(OffsetDateTime, Duration)>);

impl ManualClock {
    /// Starts at this instant.
    #[must_use]
    pub const fn at(now: OffsetDateTime) -> Self {
        Self(Mutex::new((now, Duration::ZERO)))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut moment = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        moment.0 += by;
        moment.1 += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    fn uptime(&self) -> Duration {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}
