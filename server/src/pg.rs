//! The database: the one that `DATABASE_URL` names, else a cluster of our own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use managed_pg::{Cluster, ClusterConfig};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool};

use crate::config::Storage;

/// A way to the database, and the cluster behind it if it is ours.
pub(crate) struct Database {
    pub pool: PgPool,
    own: Option<Own>,
}

/// The cluster that this process looks after.
#[derive(Clone)]
struct Own {
    config: ClusterConfig,
    cluster: Arc<Mutex<Option<Cluster>>>,
}

/// Enough for two cores: the pages, the worker and two listeners.
const CONNECTIONS: u32 = 16;
/// How long an idle connection is taken for a good one.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

impl Database {
    pub(crate) async fn open(storage: &Storage) -> anyhow::Result<Self> {
        let named = storage.database_url.clone().filter(|url| !url.is_empty());
        let (url, own) = if let Some(url) = named {
            (url, None)
        } else {
            let (url, own) = Own::start(storage).await?;
            (url, Some(own))
        };
        let options: PgConnectOptions =
            url.parse().context("DATABASE_URL is not a PostgreSQL address")?;
        let options = options.application_name("keystall");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(|connection, _| Box::pin(portal::begin_session(connection)))
            // A connection is tested when it is given back. A second time is only worth the round
            // trip once there was time for the server to go away.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for >= TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await;
        match pool {
            Ok(pool) => Ok(Self { pool, own }),
            Err(sqlx::Error::PoolTimedOut) => {
                bail!("the database of DATABASE_URL does not answer")
            }
            Err(error) => bail!("the database of DATABASE_URL cannot be used: {}", plain(&error)),
        }
    }

    /// Looks after the cluster, if it is ours: when it has died it is started again.
    pub(crate) fn guard(&self) -> impl Future<Output = ()> + use<> {
        let own = self.own.clone();
        async move {
            let Some(own) = own else { return };
            loop {
                tokio::time::sleep(GUARD).await;
                let own = own.clone();
                let _ = tokio::task::spawn_blocking(move || own.revive()).await;
            }
        }
    }

    /// Closes all connections, then stops the cluster if it is ours.
    pub(crate) async fn close(self) {
        // A request that hangs must not keep the database from being stopped.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.pool.close()).await;
        if let Some(own) = self.own {
            let _ = tokio::task::spawn_blocking(move || own.stop()).await;
        }
    }
}

/// How often the own cluster is looked at.
const GUARD: Duration = Duration::from_secs(2);

impl Own {
    async fn start(storage: &Storage) -> anyhow::Result<(String, Self)> {
        let mut config = ClusterConfig::new(std::path::absolute(storage.data.join("postgres"))?);
        config.bin_dir.clone_from(&storage.pg_bin);
        tokio::task::spawn_blocking(move || {
            let cluster = Cluster::start(&config)?;
            cluster.ensure_database("keystall")?;
            if cluster.is_moved() {
                tracing::info!(
                    folder = %cluster.data_dir().display(),
                    "the database lives here, since its user cannot reach the data folder"
                );
            }
            let url = cluster.url("keystall");
            Ok((url, Self { config, cluster: Arc::new(Mutex::new(Some(cluster))) }))
        })
        .await?
    }

    fn revive(&self) {
        let mut cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        if cluster.as_ref().is_none_or(|cluster| cluster.execute("postgres", "select 1").is_ok()) {
            return;
        }
        tracing::error!("the database does not answer; it is started again");
        match Cluster::start(&self.config) {
            // The old one is dropped after the new one is there, and therefore stops nothing.
            Ok(started) => *cluster = Some(started),
            Err(error) => tracing::error!(%error, "the database cannot be started"),
        }
    }

    fn stop(&self) {
        let cluster = self.cluster.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = cluster.map(Cluster::stop) {
            tracing::warn!(%error, "the database was not stopped");
        }
    }
}

/// The reason without the layers around it.
fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}
