//! One connection in use: each call on it has an end, and one that was cut off is never used again.
//!
//! A connection whose call timed out, failed on the way or was dropped half-way has unread answers in
//! it. Given back to the pool, it would hand them to the next caller, or hang there; so it is closed
//! at once, without a goodbye that could hang too.

use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, TryStreamExt};
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow, PgStatement, PgTypeInfo};
use sqlx::{AssertSqlSafe, Describe, Error, Execute, Executor, Postgres, SqlStr};
use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::super::error::breaks_connection;
use super::steps::{Step, first, steps};

/// A connection taken from the pool.
#[derive(Debug)]
pub(in crate::store) struct Session {
    /// Empty once it was closed.
    connection: Option<PoolConnection<Postgres>>,
    connections: PgPool,
    limit: Duration,
    /// Whether statements must have no name: the next transaction may meet another server.
    unnamed: bool,
    /// Whether a call has begun and not ended.
    busy: bool,
}

impl Session {
    /// Takes a connection; `limit` is for each call on it.
    pub(in crate::store) async fn take(
        connections: &PgPool,
        limit: Duration,
        unnamed: bool,
    ) -> Result<Self, Error> {
        let connection = connections.acquire().await.inspect_err(|error| {
            if matches!(error, Error::PoolTimedOut) {
                drop_idle(connections);
            }
        })?;
        Ok(Self {
            connection: Some(connection),
            connections: connections.clone(),
            limit,
            unnamed,
            busy: false,
        })
    }

    /// Runs a statement and waits for all of its answer.
    pub(in crate::store) async fn run<'q, E>(&mut self, query: E) -> Result<Vec<Step>, Error>
    where
        E: Execute<'q, Postgres> + 'q,
    {
        let (limit, unnamed) = (self.limit, self.unnamed);
        let connection = self.enter()?;
        let answer = if unnamed {
            let steps = connection.fetch_many(Unnamed(query)).try_collect();
            timeout(limit, steps).await
        } else {
            timeout(limit, connection.fetch_many(query).try_collect()).await
        };
        self.leave(answer)
    }

    fn enter(&mut self) -> Result<&mut PgConnection, Error> {
        if self.busy {
            self.hang_up();
        }
        self.busy = true;
        match &mut self.connection {
            Some(connection) => Ok(connection),
            None => Err(io::Error::new(io::ErrorKind::NotConnected, "it was closed").into()),
        }
    }

    fn leave<T>(&mut self, answer: Result<Result<T, Error>, Elapsed>) -> Result<T, Error> {
        self.busy = false;
        match answer {
            Ok(Err(error)) if breaks_connection(&error) => {
                self.hang_up();
                Err(error)
            }
            Ok(answer) => answer,
            Err(_) => {
                self.hang_up();
                // What fell silent here has most likely fallen silent for the others too, and each of
                // them would cost its caller a timeout.
                drop_idle(&self.connections);
                let limit = humantime::format_duration(self.limit);
                let silent = format!("no answer within {limit}");
                Err(io::Error::new(io::ErrorKind::TimedOut, silent).into())
            }
        }
    }

    /// The connection, moved out for a task of its own; nothing is left in this one.
    fn move_out(&mut self) -> Self {
        Self {
            connection: self.connection.take(),
            connections: self.connections.clone(),
            ..*self
        }
    }

    /// Closes the socket, here and now.
    fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let (false, Ok(runtime)) = (self.busy, Handle::try_current()) else {
            drop(connection.detach());
            return;
        };
        // The pool tests what comes back, for ever if nobody answers, and the place in the pool would
        // be lost. Dropped half-way, the test closes the connection and frees the place.
        let back = connection.return_to_pool();
        let limit = self.limit;
        runtime.spawn(async move {
            let _ = timeout(limit, back).await;
        });
    }
}

fn drop_idle(connections: &PgPool) {
    while let Some(idle) = connections.try_acquire() {
        drop(idle.detach());
    }
}

/// A transaction; rolled back when it is dropped without [`Transaction::commit`].
#[derive(Debug)]
pub(in crate::store) struct Transaction {
    session: Session,
    ended: bool,
}

impl Transaction {
    pub(in crate::store) async fn begin(
        session: Session,
        statement: String,
    ) -> Result<Self, Error> {
        // Made first: dropped half-way, it rolls back what may have begun.
        let mut tx = Self {
            session,
            ended: false,
        };
        tx.run(AssertSqlSafe(statement)).await?;
        Ok(tx)
    }

    /// Ends it. After an error nobody knows whether it took effect, unless the server said so.
    pub(in crate::store) async fn commit(mut self) -> Result<(), Error> {
        self.run("commit").await?;
        self.ended = true;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.ended || self.session.busy || self.session.connection.is_none() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.session.hang_up();
            return;
        };
        let mut session = self.session.move_out();
        runtime.spawn(async move {
            if session.run("rollback").await.is_err() {
                session.hang_up();
            }
        });
    }
}

/// A statement that leaves no name behind on the server, whatever the driver would do with it.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

impl<'s> Executor<'s> for &'s mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, Error>>
    where
        's: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        steps(self.run(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        's: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move { Ok(first(self.run(query).await?)) })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        's: 'e,
    {
        Box::pin(async move {
            let limit = self.limit;
            let answer = timeout(limit, self.enter()?.prepare_with(sql, parameters)).await;
            self.leave(answer)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        's: 'e,
    {
        Box::pin(async move {
            let limit = self.limit;
            let answer = timeout(limit, self.enter()?.describe(sql)).await;
            self.leave(answer)
        })
    }
}
