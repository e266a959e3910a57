//! Token buckets in Postgres: every replica counts the same attempts.

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::Error;

/// How much is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// At once.
    pub burst: i32,
    /// Seconds until one more is allowed.
    pub refill_seconds: i32,
}

/// Takes one token of `key`'s bucket; false when it is empty.
pub(crate) async fn take(
    pool: &PgPool,
    key: &str,
    allowance: Allowance,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let Allowance { burst, refill_seconds } = allowance;
    let taken = sqlx::query_scalar!(
        "insert into throttle as t (key, tokens, updated_at) values ($1, $2::int4::float8 - 1, $4)
         on conflict (key) do update
            set tokens = least($2::int4::float8, t.tokens
                    + greatest(0, extract(epoch from $4 - t.updated_at)::float8) / $3::int4::float8) - 1,
                updated_at = $4
          where least($2::int4::float8, t.tokens
                    + greatest(0, extract(epoch from $4 - t.updated_at)::float8) / $3::int4::float8) >= 1
         returning true as \"taken!\"",
        key,
        burst,
        refill_seconds,
        now,
    )
    .fetch_optional(pool)
    .await?;
    Ok(taken.unwrap_or(false))
}

/// Puts the token back: the attempt was a good one and does not count.
pub(crate) async fn give_back(pool: &PgPool, key: &str, allowance: Allowance) -> Result<(), Error> {
    let Allowance { burst, .. } = allowance;
    sqlx::query!(
        "update throttle set tokens = least($2::int4::float8, tokens + 1) where key = $1",
        key,
        burst,
    )
    .execute(pool)
    .await?;
    Ok(())
}
