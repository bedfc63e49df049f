//! Connecting, and the schema: what is there, what is missing, what must not be touched.

use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};

use super::{Store, StoreError};

/// Oldest major version of Postgres that has what the statements use.
pub const MINIMUM_POSTGRES: i32 = 14;

/// How long a server may take to answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

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
    /// Connects to a database and checks the server's version.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`], [`StoreError::Unreachable`] or [`StoreError::TooOld`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(StoreError::InvalidUrl(sqlx::Error::Configuration(
                "it does not begin with `postgresql://`".into(),
            )));
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(StoreError::InvalidUrl)?
            .application_name("nightdesk")
            // A statement that waits for ever would hold its lease for ever.
            .options([
                ("statement_timeout", "60s"),
                ("lock_timeout", "20s"),
                ("idle_in_transaction_session_timeout", "60s"),
            ]);
        let address = address(&options);
        let unreachable = |source| StoreError::Unreachable {
            address: address.clone(),
            source,
        };
        // The pool would try for as long as it may wait and then say that it timed out; one plain
        // connection says at once what is wrong.
        let first = tokio::time::timeout(CONNECT_WITHIN, PgConnection::connect_with(&options));
        match first.await {
            Ok(connection) => drop(connection.map_err(unreachable)?),
            Err(_) => return Err(unreachable(sqlx::Error::PoolTimedOut)),
        }
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(CONNECT_WITHIN)
            .connect_with(options)
            .await
            .map_err(unreachable)?;
        let version = sqlx::query_scalar!(
            r#"select current_setting('server_version_num')::int / 10000 as "version!""#
        )
        .fetch_one(&pool)
        .await?;
        if version < MINIMUM_POSTGRES {
            return Err(StoreError::TooOld {
                address,
                found: version,
                needed: MINIMUM_POSTGRES,
            });
        }
        Ok(Self { pool })
    }

    /// A store on a pool that somebody else made, such as a test's own database.
    pub fn from_pool(pool: sqlx::PgPool) -> Self {
        Self { pool }
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Creates or upgrades the schema; says from which step.
    ///
    /// # Errors
    /// [`StoreError::ForeignTables`], [`StoreError::SchemaNewer`] or [`StoreError::Migrate`].
    pub async fn migrate(&self) -> Result<SchemaState, StoreError> {
        let before = self.schema_state().await?;
        if before != SchemaState::Current {
            MIGRATOR
                .run(&self.pool)
                .await
                .map_err(StoreError::Migrate)?;
        }
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

/// Host, port and database for messages; never the password.
pub(super) fn address(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or("postgres");
    match options.get_socket() {
        Some(socket) => format!("`{}`, database `{database}`", socket.display()),
        None => format!(
            "`{}:{}`, database `{database}`",
            options.get_host(),
            options.get_port()
        ),
    }
}
