//! The time: a parameter of everything, never asked of the machine elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The instant that is written into rows and compared with rows.
    fn now(&self) -> OffsetDateTime;
}

/// The database's clock, carried forward by this machine's monotonic one, so that several replicas
/// agree and a jump of one machine's wall clock moves no lease.
#[derive(Debug)]
pub struct DatabaseClock {
    anchor: Mutex<(OffsetDateTime, Instant)>,
}

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

    async fn ask(pool: &PgPool) -> Result<(OffsetDateTime, Instant), sqlx::Error> {
        let now = sqlx::query_scalar::<_, OffsetDateTime>("select clock_timestamp()")
            .fetch_one(pool)
            .await?;
        Ok((now, Instant::now()))
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> OffsetDateTime {
        let (at, since) = *self.anchor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        at + since.elapsed()
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// Starts at this instant.
    #[must_use]
    pub const fn at(now: OffsetDateTime) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
