//! Connecting, and the schema: what is there, what is missing, what must not be touched.

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;

use super::door::{self, Door};
use super::pool::{Pool, Timeouts};
use super::{Store, StoreError};

/// Oldest major version of Postgres that has what the statements use.
pub const MINIMUM_POSTGRES: i32 = 14;

/// The migrations, built into the binary.
static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// How the database's schema stands to this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// Nothing is there.
    Missing,
    /// Older: `nightdesk migrate` upgrades it.
    Older {
        /// Last applied migration.
        found: i64,
    },
    /// As this binary wants it.
    Current,
}

impl Store {
    /// Connects to a database, straight or through a pooler, and checks the server's version.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`], [`StoreError::Unreachable`] or [`StoreError::TooOld`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_within(url, Timeouts::default()).await
    }

    /// The same, with other timeouts than the usual.
    ///
    /// # Errors
    /// Those of [`Store::connect`].
    pub async fn connect_within(url: &str, timeouts: Timeouts) -> Result<Self, StoreError> {
        let door = Door::find(url, timeouts).await?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(timeouts.connect)
            .connect_with(door.options)
            .await
            .map_err(|source| StoreError::Unreachable {
                address: door.address.clone(),
                source,
            })?;
        let pool = Pool::new(pool, timeouts, door.pooled);
        let version = sqlx::query_scalar!(
            r#"select current_setting('server_version_num')::int / 10000 as "version!""#
        )
        .fetch_one(&pool)
        .await?;
        if version < MINIMUM_POSTGRES {
            return Err(StoreError::TooOld {
                address: door.address,
                found: version,
                needed: MINIMUM_POSTGRES,
            });
        }
        Ok(Self { pool })
    }

    /// A store on a pool that somebody else made, such as a test's own database.
    pub fn from_pool(pool: sqlx::PgPool) -> Self {
        Self {
            pool: Pool::new(pool, Timeouts::default(), false),
        }
    }

    /// Whether a connection pooler stands between this process and Postgres.
    pub fn is_pooled(&self) -> bool {
        self.pool.pooled
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Creates or upgrades the schema; says from which step.
    ///
    /// # Errors
    /// [`StoreError::ForeignTables`], [`StoreError::SchemaNewer`], [`StoreError::MigrateThroughPooler`]
    /// or [`StoreError::Migrate`].
    pub async fn migrate(&self) -> Result<SchemaState, StoreError> {
        let before = self.schema_state().await?;
        if before == SchemaState::Current {
            return Ok(before);
        }
        let connections = &self.pool.connections;
        if self.pool.pooled {
            return Err(StoreError::MigrateThroughPooler {
                address: door::address(&connections.connect_options()),
            });
        }
        let mut connection = connections.acquire().await?;
        // An index on a large table takes as long as it takes. Not checked at build time: it has no
        // columns and no parameters, and must not be prepared.
        sqlx::raw_sql("set statement_timeout = 0")
            .execute(&mut *connection)
            .await?;
        let done = MIGRATOR.run(&mut *connection).await;
        // Its settings are no one else's business.
        drop(connection.detach());
        done.map_err(StoreError::Migrate)?;
        Ok(before)
    }

    /// # Errors
    /// [`StoreError::NotMigrated`], [`StoreError::SchemaOlder`], or those of [`Store::schema_state`].
    pub async fn require_schema(&self) -> Result<(), StoreError> {
        match self.schema_state().await? {
            SchemaState::Current => Ok(()),
            SchemaState::Missing => Err(StoreError::NotMigrated),
            SchemaState::Older { found } => Err(StoreError::SchemaOlder {
                found,
                needed: newest(),
            }),
        }
    }

    /// Compares the database's schema with this binary's.
    ///
    /// # Errors
    /// [`StoreError::ForeignTables`] or [`StoreError::SchemaNewer`].
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let ours = sqlx::query_scalar!(
            r#"select to_regclass('_sqlx_migrations') is not null and to_regclass('work_items') is not null as "ours!""#
        )
        .fetch_one(&self.pool)
        .await?;
        if !ours {
            let foreign = sqlx::query_scalar!(
                r#"select string_agg(name, ', ') as tables from (
                       select tablename::text as name from pg_tables
                       where schemaname = current_schema() and tablename <> '_sqlx_migrations'
                       order by 1 limit 3) as first_few"#
            )
            .fetch_one(&self.pool)
            .await?;
            return match foreign {
                Some(tables) => Err(StoreError::ForeignTables { tables }),
                None => Ok(SchemaState::Missing),
            };
        }
        // Not checked at build time: sqlx makes this table itself, when the first migration runs.
        let found: i64 = sqlx::query_scalar(
            "select coalesce(max(version), 0) from _sqlx_migrations where success",
        )
        .fetch_one(&self.pool)
        .await?;
        match found.cmp(&newest()) {
            std::cmp::Ordering::Less => Ok(SchemaState::Older { found }),
            std::cmp::Ordering::Equal => Ok(SchemaState::Current),
            std::cmp::Ordering::Greater => Err(StoreError::SchemaNewer {
                found,
                known: newest(),
            }),
        }
    }
}

fn newest() -> i64 {
    MIGRATOR.iter().map(|step| step.version).max().unwrap_or(0)
}
