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

/// Takes a token of the first bucket, and then one of the second, in one commit; false when either
/// is empty. A caller whose first bucket is empty takes nothing of the second.
pub(crate) async fn take_both(
    pool: &PgPool,
    buckets: [(&str, Allowance); 2],
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let [(first, one), (second, two)] = buckets;
    let taken = sqlx::query_scalar!(
        "with first as (
            insert into throttle as t (key, tokens, updated_at) values ($1, $2::int4::float8 - 1, $7)
            on conflict (key) do update
               set tokens = least($2::int4::float8, t.tokens
                       + greatest(0, extract(epoch from $7 - t.updated_at)::float8) / $3::int4::float8) - 1,
                   updated_at = $7
             where least($2::int4::float8, t.tokens
                       + greatest(0, extract(epoch from $7 - t.updated_at)::float8) / $3::int4::float8) >= 1
            returning true),
         second as (
            insert into throttle as t (key, tokens, updated_at)
            select $4, $5::int4::float8 - 1, $7 from first
            on conflict (key) do update
               set tokens = least($5::int4::float8, t.tokens
                       + greatest(0, extract(epoch from $7 - t.updated_at)::float8) / $6::int4::float8) - 1,
                   updated_at = $7
             where least($5::int4::float8, t.tokens
                       + greatest(0, extract(epoch from $7 - t.updated_at)::float8) / $6::int4::float8) >= 1
            returning true)
         select exists(select 1 from second) as \"taken!\"",
        first,
        one.burst,
        one.refill_seconds,
        second,
        two.burst,
        two.refill_seconds,
        now,
    )
    .fetch_one(pool)
    .await?;
    Ok(taken)
}

/// Puts both tokens back: the attempt was a good one and does not count. The rows are locked in the
/// order in which they are taken, so that the two never wait for each other.
pub(crate) async fn give_back_both(
    pool: &PgPool,
    buckets: [(&str, Allowance); 2],
) -> Result<(), Error> {
    let [(first, one), (second, two)] = buckets;
    sqlx::query!(
        "with first as (
            update throttle set tokens = least($2::int4::float8, tokens + 1) where key = $1
            returning true)
         update throttle t set tokens = least($4::int4::float8, t.tokens + 1)
           from first where t.key = $3",
        first,
        one.burst,
        second,
        two.burst,
    )
    .execute(pool)
    .await?;
    Ok(())
}
