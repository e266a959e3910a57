//! The database: the one that `DATABASE_URL` names, else a cluster of our own.

use std::time::Duration;

use anyhow::{Context as _, bail};
use managed_pg::{Cluster, ClusterConfig};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::config::Storage;

/// A way to the database, and the cluster behind it if it is ours.
pub(crate) struct Database {
    pub pool: PgPool,
    cluster: Option<Cluster>,
}

/// Enough for two cores: the pages, the worker and one listener.
const CONNECTIONS: u32 = 16;

impl Database {
    pub(crate) async fn open(storage: &Storage) -> anyhow::Result<Self> {
        let named = storage.database_url.clone().filter(|url| !url.is_empty());
        let (url, cluster) = if let Some(url) = named {
            (url, None)
        } else {
            let cluster = own_cluster(storage).await?;
            (cluster.url("keystall"), Some(cluster))
        };
        let options: PgConnectOptions =
            url.parse().context("DATABASE_URL is not a PostgreSQL address")?;
        let options = options.application_name("keystall");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await;
        match pool {
            Ok(pool) => Ok(Self { pool, cluster }),
            Err(sqlx::Error::PoolTimedOut) => {
                bail!("the database of DATABASE_URL does not answer")
            }
            Err(error) => bail!("the database of DATABASE_URL cannot be used: {}", plain(&error)),
        }
    }

    /// Closes all connections, then stops the cluster if it is ours.
    pub(crate) async fn close(self) {
        // A request that hangs must not keep the database from being stopped.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.pool.close()).await;
        if let Some(cluster) = self.cluster {
            let stopped = tokio::task::spawn_blocking(move || cluster.stop()).await;
            if let Ok(Err(error)) = stopped {
                tracing::warn!(%error, "the database was not stopped");
            }
        }
    }
}

async fn own_cluster(storage: &Storage) -> anyhow::Result<Cluster> {
    let data_dir = std::path::absolute(storage.data.join("postgres"))?;
    let mut config = ClusterConfig::new(data_dir);
    config.bin_dir = storage.pg_bin.clone();
    let cluster = tokio::task::spawn_blocking(move || -> anyhow::Result<Cluster> {
        let cluster = Cluster::start(&config)?;
        cluster.ensure_database("keystall")?;
        Ok(cluster)
    })
    .await??;
    if cluster.is_moved() {
        tracing::info!(
            folder = %cluster.data_dir().display(),
            "the database lives here, since its user cannot reach the data folder"
        );
    }
    Ok(cluster)
}

/// The reason without the layers around it.
fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}
