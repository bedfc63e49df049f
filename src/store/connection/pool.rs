//! The connection pool, with an end to every wait.
//!
//! A half-open connection answers nothing and fails nothing, and the driver offers neither keepalives
//! nor a timeout of its own: a call on it would hang for ever, and the worker with it. So every call
//! ends within [`Timeouts`], on the server where it can and in this process in any case. Behind a
//! pooler that gives each transaction another server connection, every call is a transaction of its
//! own and no statement has a name.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgPool, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Describe, Either, Error, Execute, Executor, Postgres, SqlStr};

use super::session::{Session, Transaction};
use super::steps::{Step, first, steps};

/// How long each kind of wait for the database may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Taking a connection from the pool, or making one.
    pub connect: Duration,
    /// One ordinary statement.
    pub statement: Duration,
    /// One statement over a whole table, such as making a run of 100,000 items.
    pub bulk: Duration,
    /// How much longer this process waits than the server: the server's error says more than silence.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            statement: Duration::from_secs(30),
            bulk: Duration::from_secs(600),
            grace: Duration::from_secs(5),
        }
    }
}

impl Timeouts {
    /// The server's settings, in milliseconds. The lock ends before the statement, so that the error
    /// says which of them it was; a transaction whose worker fell silent gives its locks back.
    pub(in crate::store) fn settings(&self, statement: Duration) -> [(&'static str, String); 3] {
        let ms = |time: Duration| time.as_millis().max(1).to_string();
        [
            ("statement_timeout", ms(statement)),
            ("lock_timeout", ms(self.statement * 2 / 3)),
            (
                "idle_in_transaction_session_timeout",
                ms(self.statement * 2),
            ),
        ]
    }
}

/// Connections to one database.
#[derive(Debug, Clone)]
pub(in crate::store) struct Pool {
    pub(in crate::store) connections: PgPool,
    timeouts: Timeouts,
    /// Whether a pooler may give each transaction another server connection.
    pub(in crate::store) pooled: bool,
    bulk: bool,
}

impl Pool {
    pub(in crate::store) fn new(connections: PgPool, timeouts: Timeouts, pooled: bool) -> Self {
        Self {
            connections,
            timeouts,
            pooled,
            bulk: false,
        }
    }

    /// This pool's connections, for statements over whole tables.
    pub(in crate::store) fn bulk(&self) -> Self {
        Self {
            bulk: true,
            ..self.clone()
        }
    }

    /// Begins a transaction, with time limits of its own where the connection has none that fit.
    pub(in crate::store) async fn begin(&self) -> Result<Transaction, Error> {
        let limits = if self.pooled || self.bulk {
            let settings = self.timeouts.settings(self.on_the_server());
            settings
                .map(|(name, ms)| format!("; set local {name} = {ms}"))
                .concat()
        } else {
            String::new()
        };
        Transaction::begin(self.session().await?, format!("begin{limits}")).await
    }

    /// Closes the connections; one that hangs is left behind.
    pub(in crate::store) async fn close(&self) {
        let _ = tokio::time::timeout(self.timeouts.connect, self.connections.close()).await;
    }

    fn on_the_server(&self) -> Duration {
        if self.bulk {
            self.timeouts.bulk
        } else {
            self.timeouts.statement
        }
    }

    async fn session(&self) -> Result<Session, Error> {
        let limit = self.on_the_server() + self.timeouts.grace;
        Session::take(&self.connections, limit, self.pooled).await
    }

    async fn call<'q, E>(&self, query: E) -> Result<Vec<Step>, Error>
    where
        E: Execute<'q, Postgres> + 'q,
    {
        if self.pooled || self.bulk {
            let mut tx = self.begin().await?;
            let steps = tx.run(query).await?;
            tx.commit().await?;
            return Ok(steps);
        }
        self.session().await?.run(query).await
    }
}

impl<'p> Executor<'p> for &'p Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        steps(self.call(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move { Ok(first(self.call(query).await?)) })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut session = self.session().await?;
            session.prepare_with(sql, parameters).await
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.session().await?.describe(sql).await })
    }
}
