//! The schema: what is there, what is missing, what must not be touched.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use sqlx::migrate::Migrator;

use super::connection::place;
use super::{Store, StoreError};

/// The migrations, built into the binary.
static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// How the database's schema stands to this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// Nothing is there.
    Missing,
    /// Older: `nightdesk migrate` upgrades it.
    Older {
        /// Last applied migration before the first that is missing.
        found: i64,
    },
    /// As this binary wants it.
    Current,
}

impl Store {
    /// Creates or upgrades the schema; says from which step.
    ///
    /// # Errors
    /// Those of [`Store::schema_state`], [`StoreError::MigrateThroughPooler`] or [`StoreError::Migrate`].
    pub async fn migrate(&self) -> Result<SchemaState, StoreError> {
        let before = self.schema_state().await?;
        if before == SchemaState::Current {
            return Ok(before);
        }
        let connections = &self.pool.connections;
        if self.pool.pooled {
            return Err(StoreError::MigrateThroughPooler {
                address: place(&connections.connect_options()),
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

    /// Fails where the database takes no writes: a standby, or one that is set to read only. The connection is
    /// closed then, so that the next call meets whoever is the primary by that time.
    ///
    /// # Errors
    /// A [`StoreError`] that [`StoreError::is_read_only`].
    pub async fn require_writable(&self) -> Result<(), StoreError> {
        // Locking is a write, though of no row.
        sqlx::query_scalar!(r#"select 1 as "one!" from campaigns limit 0 for update"#)
            .fetch_optional(&self.pool)
            .await?;
        Ok(())
    }

    /// Compares the database's schema with this binary's.
    ///
    /// # Errors
    /// [`StoreError::ForeignTables`], [`StoreError::SchemaNewer`], [`StoreError::MigrationChanged`] or
    /// [`StoreError::MigrationUnknown`].
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
        let applied: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("select version, checksum from _sqlx_migrations where success")
                .fetch_all(&self.pool)
                .await?;
        compare(&applied.into_iter().collect())
    }
}

/// Holds what was applied, by number and checksum, against what this binary has.
fn compare(applied: &BTreeMap<i64, Vec<u8>>) -> Result<SchemaState, StoreError> {
    let found = applied.keys().max().copied().unwrap_or(0);
    // Said first: the checksums of steps before it are the newer binary's affair.
    if found.cmp(&newest()) == Ordering::Greater {
        return Err(StoreError::SchemaNewer {
            found,
            known: newest(),
        });
    }
    let ours = || {
        MIGRATOR
            .iter()
            .filter(|step| !step.migration_type.is_down_migration())
    };
    for step in ours() {
        let checksum = applied.get(&step.version);
        if checksum.is_some_and(|checksum| *checksum != *step.checksum) {
            return Err(StoreError::MigrationChanged {
                step: step.version,
                name: step.description.to_string(),
            });
        }
    }
    let is_ours = |step: i64| ours().any(|ours| ours.version == step);
    if let Some(step) = applied.keys().copied().find(|step| !is_ours(*step)) {
        return Err(StoreError::MigrationUnknown { step });
    }
    // The first that is missing, wherever it is: later ones may have been applied by another branch.
    let missing = ours().find(|step| !applied.contains_key(&step.version));
    Ok(match missing {
        None => SchemaState::Current,
        Some(missing) => {
            let before = applied
                .keys()
                .copied()
                .filter(|step| *step < missing.version);
            SchemaState::Older {
                found: before.max().unwrap_or(0),
            }
        }
    })
}

fn newest() -> i64 {
    MIGRATOR.iter().map(|step| step.version).max().unwrap_or(0)
}
