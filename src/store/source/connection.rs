//! A newsroom's own Postgres, read and never written: one connection, one read-only transaction a page.
//!
//! What a session is set to stays inside the transaction (`set local`), so that it works through a pooler in
//! transaction mode too and never leaks to its other clients; no statement is kept prepared for the same
//! reason. The server cannot be made to write: a transaction that began `read only` refuses to become
//! another after its first query, and the campaign's query is never the first.

use std::time::Duration;

use sqlx::postgres::{PgColumn, PgConnection};
use sqlx::{AssertSqlSafe, Column, Connection, Executor, Row, SqlSafeStr, Statement, TypeInfo};

use super::error::SourceError;
use super::position::{CURSOR_TYPES, CursorKind, Position, Start};
use super::statement;
use crate::domain::secret::SecretUrl;
use crate::store::connection::{Address, Protection};
use crate::store::connection::{ServerOwner, TLS_IN_USE, Transport};

/// How long the server may take to answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What a page may take beyond its own limit before the line is taken for dead.
const GRACE: Duration = Duration::from_secs(10);

/// What is read of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The campaign's query.
    pub query: &'a str,
    /// Its cursor column.
    pub cursor: &'a str,
    /// The column that fills `external_ref`.
    pub reference: &'a str,
    /// The columns whose values are wanted.
    pub columns: &'a [String],
    /// How long a statement may take.
    pub timeout: Duration,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SourceRow {
    /// Value of the cursor.
    pub cursor: String,
    /// Value of the column that fills `external_ref`.
    pub reference: String,
    /// Whether it stands at or before the position that is stored.
    pub known: bool,
    /// Whether its cursor is ahead of the source's clock: a position there would hide every later row.
    pub ahead: bool,
    /// `jsonb_typeof` of each wanted column.
    pub kinds: Vec<Option<String>>,
    /// Text of each wanted column.
    pub texts: Vec<Option<String>>,
}

/// A connection to a source.
#[derive(Debug)]
pub struct SourceConnection {
    connection: PgConnection,
}

impl SourceConnection {
    /// Connects.
    ///
    /// # Errors
    /// [`SourceError::InvalidUrl`] or [`SourceError::Unconnected`].
    pub async fn connect(url: &SecretUrl) -> Result<Self, SourceError> {
        let address = Address::parse(url.expose()).map_err(SourceError::InvalidUrl)?;
        let place = address.place();
        let options = address
            .options
            .application_name("nightdesk")
            // A pooler need not know these; digits are set inside the transaction.
            .extra_float_digits(None)
            .statement_cache_capacity(0);
        let protection = address.protection;
        let connected = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            if protection == Protection::Preferred {
                // Not checked at build time: as a simple query it is not prepared, and works through anything.
                let row = sqlx::raw_sql(TLS_IN_USE)
                    .fetch_optional(&mut connection)
                    .await?;
                let tls = row.map(|row| row.try_get(0)).transpose()?;
                Transport { protection, tls }.warn_in_the_clear(&options, ServerOwner::Newsroom);
            }
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_WITHIN, connected).await {
            Ok(Ok(connection)) => Ok(Self { connection }),
            Ok(Err(error)) => Err(SourceError::connecting(&place, &error)),
            Err(_) => Err(SourceError::connecting(&place, &silent(CONNECT_WITHIN))),
        }
    }

    /// The columns of a query's result by name, and the kind of the cursor's.
    ///
    /// # Errors
    /// [`SourceError`] for a query that cannot run, and for columns that cannot be used; which of them
    /// are wanted is checked by [`Columns::check`].
    pub async fn columns(
        &mut self,
        query: &str,
        cursor: &str,
        timeout: Duration,
    ) -> Result<Columns, SourceError> {
        let sql = statement::columns(query);
        let before = statement::COLUMNS_BEFORE.len();
        let failed = |error| SourceError::statement(&error, &sql, before, timeout.as_secs());
        let work = async {
            let mut tx = begin(&mut self.connection, timeout).await?;
            let prepared = (&mut *tx)
                .prepare(AssertSqlSafe(sql.as_str()).into_sql_str())
                .await?;
            let columns = prepared.columns().to_vec();
            tx.rollback().await?;
            Ok::<_, sqlx::Error>(columns)
        };
        let columns = within(timeout, work).await.map_err(failed)?;
        Columns::of(&columns, cursor)
    }

    /// How many rows have no cursor or no reference, up to a thousand: no page reaches them.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn unplaced(&mut self, reading: &Reading<'_>) -> Result<u64, SourceError> {
        let sql = statement::unplaced(reading.query, reading.cursor, reading.reference);
        let timeout = reading.timeout;
        let work = async {
            let mut tx = begin(&mut self.connection, timeout).await?;
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql.as_str()))
                .fetch_one(&mut *tx)
                .await?;
            tx.rollback().await?;
            Ok::<_, sqlx::Error>(count.unsigned_abs())
        };
        let failed = |error| SourceError::statement(&error, &sql, usize::MAX, timeout.as_secs());
        within(timeout, work).await.map_err(failed)
    }

    /// At most so many rows, in the order of (cursor, reference).
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn page(
        &mut self,
        reading: &Reading<'_>,
        kind: &CursorKind,
        start: &Start,
        stored: Option<&Position>,
        rows: i64,
    ) -> Result<Vec<SourceRow>, SourceError> {
        let Reading {
            query,
            cursor,
            reference,
            columns,
            timeout,
        } = *reading;
        let sql = statement::page(query, cursor, kind, reference, columns, start);
        let (first, second) = statement::start(start);
        let work = async {
            let mut tx = begin(&mut self.connection, timeout).await?;
            let rows = sqlx::query_as::<_, SourceRow>(AssertSqlSafe(sql.as_str()))
                .bind(first)
                .bind(second)
                .bind(stored.map(|stored| stored.cursor.as_str()))
                .bind(stored.map(|stored| stored.reference.as_str()))
                .bind(rows)
                .fetch_all(&mut *tx)
                .await?;
            tx.rollback().await?;
            Ok::<_, sqlx::Error>(rows)
        };
        let failed = |error| SourceError::statement(&error, &sql, usize::MAX, timeout.as_secs());
        within(timeout, work).await.map_err(failed)
    }

    /// Closes the connection.
    pub async fn close(self) {
        // It has nothing open that a broken farewell could lose.
        let _ = tokio::time::timeout(GRACE, self.connection.close()).await;
    }
}

/// The columns of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Their names, in order.
    pub names: Vec<String>,
    /// Those whose values are bytes.
    bytes: Vec<String>,
    cursor: String,
    /// The driver's name of the cursor's type.
    cursor_type: String,
    /// What the cursor is cast to.
    pub kind: CursorKind,
}

impl Columns {
    fn of(columns: &[PgColumn], cursor: &str) -> Result<Self, SourceError> {
        let names: Vec<String> = columns
            .iter()
            .map(|column| column.name().to_owned())
            .collect();
        let repeated = names.iter().enumerate();
        if let Some((_, column)) = repeated
            .clone()
            .find(|(at, name)| names[..*at].contains(name))
        {
            return Err(SourceError::RepeatedColumn {
                column: column.clone(),
            });
        }
        let kind = |column: &PgColumn| column.type_info().name().to_lowercase();
        let found = columns.iter().find(|column| column.name() == cursor);
        let cursor_type = kind(found.ok_or_else(|| SourceError::NoCursor {
            column: cursor.to_owned(),
            hint: crate::domain::suggest::hint(cursor, names.iter().map(String::as_str)),
        })?);
        let known = CURSOR_TYPES.iter().find(|(name, _)| *name == cursor_type);
        let (_, sql) = known.ok_or_else(|| SourceError::CursorType {
            column: cursor.to_owned(),
            kind: cursor_type.clone(),
        })?;
        let bytes = columns
            .iter()
            .filter(|column| kind(column).starts_with("bytea"));
        Ok(Self {
            bytes: bytes.map(|column| column.name().to_owned()).collect(),
            names,
            cursor: cursor.to_owned(),
            cursor_type,
            kind: CursorKind { sql },
        })
    }

    /// Checks what a campaign wants of them; gives how far a cursor that is a time is stepped back.
    ///
    /// # Errors
    /// [`SourceError::Bytes`] or [`SourceError::Overlap`].
    pub fn check(
        &self,
        wanted: &[String],
        overlap: Duration,
        asked: bool,
    ) -> Result<Option<Duration>, SourceError> {
        if let Some(column) = wanted.iter().find(|column| self.bytes.contains(column)) {
            return Err(SourceError::Bytes {
                column: column.clone(),
            });
        }
        if self.kind.is_time() {
            Ok(Some(overlap))
        } else if asked {
            Err(SourceError::Overlap {
                column: self.cursor.clone(),
                kind: self.cursor_type.clone(),
            })
        } else {
            Ok(None)
        }
    }
}

/// A transaction that only reads, on UTC, with a limit for each statement and every digit of a number.
async fn begin(
    connection: &mut PgConnection,
    timeout: Duration,
) -> Result<sqlx::PgTransaction<'_>, sqlx::Error> {
    let mut tx = connection.begin_with("begin read only").await?;
    // A query, so that the transaction has its snapshot and nothing can make it write any more.
    sqlx::query(
        "select set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true),
                set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
                set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '3', true)",
    )
    .bind(format!("{}ms", timeout.as_millis()))
    .execute(&mut *tx)
    .await?;
    Ok(tx)
}

/// Ends a statement from outside at the limit that the server was given: a line that fell silent sends no error.
async fn within<T>(
    timeout: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(timeout + GRACE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(silent(timeout + GRACE)),
    }
}

fn silent(within: Duration) -> sqlx::Error {
    let message = format!("no answer within {} s", within.as_secs());
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, message))
}
