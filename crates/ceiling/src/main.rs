//! What this machine can do at most, for `cargo xtask bench`: the rows and the bytes of the
//! portal's pages straight from axum and sqlx, the bare debit, and argon2 alone.
//!
//! A program of its own: it is no part of the server, and shares none of its code.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Router, body::Bytes};
use clap::Parser;
use serde_json::Value;
use sqlx::postgres::{PgArguments, PgPoolOptions};
use sqlx::types::time::OffsetDateTime;
use sqlx::{PgPool, Postgres};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The ceilings of `cargo xtask bench`.
#[derive(Parser)]
struct Args {
    /// Where it listens
    #[arg(long)]
    addr: SocketAddr,
    /// The database that the portal under measurement uses
    #[arg(long)]
    database_url: String,
    /// Folder with the bodies of the portal's answers: catalog, product, licenses, price-list
    #[arg(long)]
    bodies: PathBuf,
    /// The plan of the product page
    #[arg(long)]
    plan: String,
    /// The cookie's value of the customer whose licenses are listed
    #[arg(long)]
    session: String,
    /// The password of every account
    #[arg(long)]
    password: String,
    /// End when the process that started this one ends
    #[arg(long)]
    with_parent: bool,
}

/// As many as the portal has.
const CONNECTIONS: u32 = 16;
/// As many as the portal runs.
const HASHES_AT_ONCE: usize = 2;
/// Rows of the license list and the one that tells of more.
const LICENSES: i64 = 26;

const PRICELIST: &str = "select id, content from pricelist_version
    where group_code in ('public') order by version desc limit 1";
const FAMILIES: &str = "select code, name, summary from product_family order by position, code";
const PLANS: &str = "select p.id, p.slug, p.family, p.upstream_account_id, p.dialect,
        p.upstream_plan_code, p.name, p.tagline, p.description, p.needs_ip, u.currency,
        (select coalesce(jsonb_agg(jsonb_build_object(
                    'period', t.period, 'cost', t.cost,
                    'addons', (select coalesce(jsonb_object_agg(c.code, c.cost), '{}')
                                 from addon_cost c
                                where c.plan_id = t.plan_id and c.period = t.period))
                  order by t.period <= 0, t.period), '[]')
           from plan_period t where t.plan_id = p.id),
        (select coalesce(jsonb_agg(to_jsonb(a) order by a.code), '[]')
           from plan_addon a where a.plan_id = p.id)
   from plan p join upstream_account u on u.id = p.upstream_account_id
  where p.available and u.enabled and ($1::text is null or p.slug = $1)
  order by p.position, p.slug";
const SESSION: &str = "select data, last_seen_at, expires_at from session
    where key = sha256(convert_to($1, 'UTF8')) and expires_at > $2";
const VIEWER: &str =
    "select u.email, u.email_verified_at, u.staff_role, u.locale, c.id, c.group_code
   from app_user u left join customer c on c.id = u.customer_id
  where u.id = $1 and c.blocked_at is null";
const LIST: &str = "select l.id, l.number, p.name, host(l.ip), l.name, l.status, l.expires_on,
        l.key is not null
   from license l join plan p on p.id = l.plan_id
  where l.customer_id = $1 and l.number < $2 order by l.number desc limit $3";
const WALLETS: &str = "select id, owner, currency,
        credits_posted - debits_posted - debits_pending, debits_pending, credit_limit
   from ledger_account where kind = 'wallet' and owner = any($1) order by currency, owner";

#[derive(Clone)]
struct Ceiling {
    pool: PgPool,
    bodies: Arc<Bodies>,
    plan: Arc<str>,
    session: Arc<str>,
    user: Uuid,
    customer: Uuid,
    now: OffsetDateTime,
    password: Arc<str>,
    hash: Arc<str>,
    gate: Arc<Semaphore>,
}

struct Bodies {
    catalog: Bytes,
    product: Bytes,
    licenses: Bytes,
    price_list: Bytes,
}

/// Whatever fails is the harness's fault: the answer says what.
struct Failed(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}\n", self.0)).into_response()
    }
}

type Page = Result<Response, Failed>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.with_parent {
        let signal = rustix::process::Signal::TERM;
        rustix::process::set_parent_process_death_signal(Some(signal))?;
    }
    let body = |name: &str| {
        let path: &Path = &args.bodies.join(name);
        std::fs::read(path).map(Bytes::from).with_context(|| path.display().to_string())
    };
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect(&args.database_url)
        .await
        .context("the database")?;
    let (user, customer, hash) = sqlx::query_as::<_, (Uuid, Uuid, String)>(
        "select u.id, u.customer_id, u.password_hash from app_user u
           join session s on s.user_id = u.id where s.key = sha256(convert_to($1, 'UTF8'))",
    )
    .bind(&args.session)
    .fetch_one(&pool)
    .await
    .context("the session's user")?;
    let now = sqlx::query_scalar("select clock_timestamp()").fetch_one(&pool).await?;
    let state = Ceiling {
        pool,
        bodies: Arc::new(Bodies {
            catalog: body("catalog")?,
            product: body("product")?,
            licenses: body("licenses")?,
            price_list: body("price-list")?,
        }),
        plan: args.plan.into(),
        session: args.session.into(),
        user,
        customer,
        now,
        password: args.password.into(),
        hash: hash.into(),
        gate: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
    };
    let router = Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/rows/catalog", get(catalog))
        .route("/rows/product", get(product))
        .route("/rows/licenses", get(licenses))
        .route("/bytes/catalog", get(async |State(c): State<Ceiling>| html(&c.bodies.catalog)))
        .route("/bytes/product", get(async |State(c): State<Ceiling>| html(&c.bodies.product)))
        .route("/bytes/licenses", get(async |State(c): State<Ceiling>| html(&c.bodies.licenses)))
        .route("/bytes/price-list", get(async |State(c): State<Ceiling>| xml(&c.bodies.price_list)))
        .route("/argon2", post(argon2))
        .route("/debit", post(debit))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind(args.addr).await?.tap_io(|stream| {
        // As the portal does; without it small answers wait for acknowledgements.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

fn html(body: &Bytes) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body.clone()).into_response()
}

fn xml(body: &Bytes) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body.clone()).into_response()
}

type Rows<'a> = sqlx::query::Query<'a, Postgres, PgArguments>;

async fn catalog(State(ceiling): State<Ceiling>) -> Page {
    let mut db = ceiling.pool.acquire().await?;
    let queries: [Rows<'_>; 3] =
        [sqlx::query(PRICELIST), sqlx::query(FAMILIES), sqlx::query(PLANS).bind(None::<&str>)];
    for query in queries {
        query.fetch_all(&mut *db).await?;
    }
    Ok(html(&ceiling.bodies.catalog))
}

async fn product(State(ceiling): State<Ceiling>) -> Page {
    let mut db = ceiling.pool.acquire().await?;
    sqlx::query(PRICELIST).fetch_all(&mut *db).await?;
    sqlx::query(PLANS).bind(Some(&*ceiling.plan)).fetch_all(&mut *db).await?;
    Ok(html(&ceiling.bodies.product))
}

async fn licenses(State(ceiling): State<Ceiling>) -> Page {
    let mut db = ceiling.pool.acquire().await?;
    let queries: [Rows<'_>; 4] = [
        sqlx::query(SESSION).bind(&*ceiling.session).bind(ceiling.now),
        sqlx::query(VIEWER).bind(ceiling.user),
        sqlx::query(LIST).bind(ceiling.customer).bind(i64::MAX).bind(LICENSES),
        sqlx::query(WALLETS).bind([ceiling.customer]),
    ];
    for query in queries {
        query.fetch_all(&mut *db).await?;
    }
    Ok(html(&ceiling.bodies.licenses))
}

async fn argon2(State(ceiling): State<Ceiling>) -> Page {
    let permit = Arc::clone(&ceiling.gate).acquire_owned().await?;
    let right = tokio::task::spawn_blocking(move || {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        let hash = PasswordHash::new(&ceiling.hash).map_err(|error| error.to_string());
        let right =
            hash.map(|hash| argon.verify_password(ceiling.password.as_bytes(), &hash).is_ok());
        drop(permit);
        right
    })
    .await?
    .map_err(anyhow::Error::msg)?;
    let status = if right { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN };
    Ok(status.into_response())
}

#[derive(serde::Deserialize)]
struct Debit {
    /// Whose wallet.
    account: i64,
    /// The purchase.
    id: Uuid,
}

/// A guarded update, two inserts, one commit: the least that a purchase from a balance can be.
async fn debit(State(ceiling): State<Ceiling>, Query(debit): Query<Debit>) -> Page {
    let mut tx = ceiling.pool.begin().await?;
    let debited = sqlx::query(
        "update bench.wallet set balance = balance - 49000 where id = $1 and balance >= 49000",
    )
    .bind(debit.account)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if debited != 1 {
        return Ok(StatusCode::PAYMENT_REQUIRED.into_response());
    }
    sqlx::query(
        "insert into bench.entry (wallet, purchase, amount, at) values ($1, $2, 49000, $3)",
    )
    .bind(debit.account)
    .bind(debit.id)
    .bind(ceiling.now)
    .execute(&mut *tx)
    .await?;
    sqlx::query("insert into bench.purchase (id, wallet, content, at) values ($1, $2, $3, $4)")
        .bind(debit.id)
        .bind(debit.account)
        .bind(Value::from(&*ceiling.plan))
        .bind(ceiling.now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    let headers = [(header::LOCATION, format!("/my/orders/{}", debit.id))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
