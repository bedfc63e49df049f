//! Connecting: the way in, the server's version, and how well the connection is protected.

use sqlx::postgres::PgPoolOptions;

use super::super::{Store, StoreError};
use super::endpoint::Endpoint;
use super::pool::{Pool, Timeouts};
use super::transport::Transport;

/// Oldest major version of Postgres that has what the statements use.
pub const MINIMUM_POSTGRES: i32 = 14;

impl Store {
    /// Connects to a database, straight or through a pooler, and checks the server's version.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`], [`StoreError::Unreachable`] or [`StoreError::TooOld`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_within(url, Timeouts::default()).await
    }

    /// Connects with other timeouts than the usual.
    ///
    /// # Errors
    /// Those of [`Store::connect`].
    pub async fn connect_within(url: &str, timeouts: Timeouts) -> Result<Self, StoreError> {
        let endpoint = Endpoint::find(url, timeouts).await?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(timeouts.connect)
            .connect_with(endpoint.options)
            .await
            .map_err(|source| StoreError::Unreachable {
                address: endpoint.address.clone(),
                source,
            })?;
        let pool = Pool::new(pool, timeouts, endpoint.pooled);
        let version = sqlx::query_scalar!(
            r#"select current_setting('server_version_num')::int / 10000 as "version!""#
        )
        .fetch_one(&pool)
        .await?;
        if version < MINIMUM_POSTGRES {
            return Err(StoreError::TooOld {
                address: endpoint.address,
                found: version,
                needed: MINIMUM_POSTGRES,
            });
        }
        Ok(Self {
            pool,
            transport: Some(endpoint.transport),
        })
    }

    /// A store on a pool that somebody else made, such as a test's own database.
    pub fn from_pool(pool: sqlx::PgPool) -> Self {
        Self {
            pool: Pool::new(pool, Timeouts::default(), false),
            transport: None,
        }
    }

    /// Whether a connection pooler stands between this process and Postgres.
    pub fn is_pooled(&self) -> bool {
        self.pool.pooled
    }

    /// How the connection is protected; `None` where somebody else made it.
    pub fn transport(&self) -> Option<&Transport> {
        self.transport.as_ref()
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
