//! Token buckets in Postgres: every replica counts the same attempts.

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::Error;

/// How much is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// At once.
    pub burst: f64,
    /// Seconds until one more is allowed.
    pub refill_seconds: f64,
}

/// Takes one token of `key`'s bucket; false when it is empty.
pub(crate) async fn take(
    pool: &PgPool,
    key: &str,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let taken = sqlx::query_scalar!(
        "insert into throttle as t (key, tokens, updated_at) values ($1, $2::float8 - 1, $4)
         on conflict (key) do update
            set tokens = least($2::float8, t.tokens
                    + greatest(0, extract(epoch from $4 - t.updated_at)::float8) / $3::float8) - 1,
                updated_at = $4
          where least($2::float8, t.tokens
                    + greatest(0, extract(epoch from $4 - t.updated_at)::float8) / $3::float8) >= 1
         returning true as \"taken!\"",
        key,
        allowance.burst,
        allowance.refill_seconds,
        now,
    )
    .fetch_optional(pool)
    .await?;
    Ok(taken.unwrap_or(false))
}
