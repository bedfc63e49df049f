//! How a database is reached: straight, or through a pooler that lends its servers for one transaction.
//!
//! Such a pooler (PgBouncer in transaction mode and its like) keeps no session for anybody: settings
//! made at the start are refused or dropped, and a prepared statement may be on another server by the
//! time it is used. Nothing in the protocol says that one is there. So the connection asks for a
//! setting that only Postgres itself would have afterwards, and looks.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Row};
use tokio::time::timeout;
use uuid::Uuid;

use super::StoreError;
use super::pool::Timeouts;

/// In the address, it says that a pooler is there which cannot be recognised; the driver knows it too.
const NO_STATEMENTS: &str = "statement-cache-capacity=0";

/// The way in.
pub(super) struct Door {
    /// Host, port and database for messages.
    pub(super) address: String,
    /// What to connect with.
    pub(super) options: PgConnectOptions,
    /// Whether a pooler stands in it.
    pub(super) pooled: bool,
}

impl Door {
    /// Knocks once. The pool would try for as long as it may wait and then say that it timed out; one
    /// plain connection says at once what is wrong.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`] or [`StoreError::Unreachable`].
    pub(super) async fn find(url: &str, timeouts: Timeouts) -> Result<Self, StoreError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(StoreError::InvalidUrl(sqlx::Error::Configuration(
                "it does not begin with `postgresql://`".into(),
            )));
        }
        let plain = PgConnectOptions::from_str(url)
            .map_err(StoreError::InvalidUrl)?
            .application_name("nightdesk")
            // Floats travel in binary, so it changes nothing, and PgBouncer refuses it.
            .extra_float_digits(None);
        let address = address(&plain);
        let unreachable = |source| StoreError::Unreachable {
            address: address.clone(),
            source,
        };
        let token = Uuid::new_v4().to_string();
        let straight = plain
            .clone()
            .options(timeouts.settings(timeouts.statement))
            .options([("nightdesk.connection", &token)]);
        let told = url.split(['?', '&']).any(|part| part == NO_STATEMENTS);
        let pooled = told
            || match knock(&straight, timeouts).await {
                Ok(kept) => kept.as_deref() != Some(&token),
                Err(error) if is_refusal(&error) => true,
                Err(error) => return Err(unreachable(error)),
            };
        if pooled {
            knock(&plain, timeouts).await.map_err(unreachable)?;
        }
        Ok(Self {
            options: if pooled { plain } else { straight },
            address,
            pooled,
        })
    }
}

/// Connects once, and gives the setting that it asked for as the server has it.
async fn knock(
    options: &PgConnectOptions,
    timeouts: Timeouts,
) -> Result<Option<String>, sqlx::Error> {
    let knock = async {
        let mut connection = PgConnection::connect_with(options).await?;
        // Not checked at build time: as a simple query it is not prepared, and works through anything.
        let kept = sqlx::raw_sql("select current_setting('nightdesk.connection', true)")
            .fetch_one(&mut connection)
            .await?
            .try_get(0)?;
        connection.close().await?;
        Ok(kept)
    };
    timeout(timeouts.connect, knock)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Whether a pooler refused what was asked for at the start: PgBouncer calls it a violation of the
/// protocol, others say that they do not support it. Postgres itself says neither.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["08P01", "0A000"].contains(&code.as_ref()))
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
