//! How a database is reached: straight, or through a pooler that lends its servers for one transaction; and whether
//! what is said there can be overheard.
//!
//! Such a pooler (PgBouncer in transaction mode and its like) keeps no session for anybody: settings
//! made at the start are refused or dropped, and a prepared statement may be on another server by the
//! time it is used. Nothing in the protocol says that one is there. So the connection asks for a
//! setting that only Postgres itself would have afterwards, and looks.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::StoreError;
use super::address::{Address, Protection};
use super::pool::Timeouts;
use super::transport::{ServerOwner, TLS_IN_USE, Transport};

/// The way in.
pub(in crate::store) struct Endpoint {
    /// Host, port and database for messages.
    pub(in crate::store) address: String,
    /// What to connect with.
    pub(in crate::store) options: PgConnectOptions,
    /// Whether a pooler stands in it.
    pub(in crate::store) pooled: bool,
    /// How it is protected.
    pub(in crate::store) transport: Transport,
}

/// What one plain connection found.
struct Found {
    /// The setting that was asked for, as the server has it.
    kept: Option<String>,
    /// The version of TLS that the server sees; behind a pooler that is the pooler's own connection.
    tls: Option<String>,
}

impl Endpoint {
    /// Knocks once. The pool would try for as long as it may wait and then say that it timed out; one
    /// plain connection says at once what is wrong.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`] or [`StoreError::Unreachable`].
    pub(in crate::store) async fn find(url: &str, timeouts: Timeouts) -> Result<Self, StoreError> {
        let found = Address::parse(url).map_err(StoreError::InvalidUrl)?;
        let plain = found
            .options
            .clone()
            .application_name("nightdesk")
            // Floats travel in binary, so it changes nothing, and PgBouncer refuses it.
            .extra_float_digits(None);
        let address = found.place();
        let unreachable = |source| StoreError::Unreachable {
            address: address.clone(),
            source,
        };
        let token = Uuid::new_v4().to_string();
        let straight = plain
            .clone()
            .options(timeouts.settings(timeouts.statement))
            .options([("nightdesk.connection", &token)]);
        let knocked = if found.told_pooled {
            None
        } else {
            match knock(&straight, timeouts).await {
                Ok(found) => Some(found).filter(|found| found.kept.as_deref() == Some(&token)),
                Err(error) if is_refusal(&error) => None,
                Err(error) => return Err(unreachable(error)),
            }
        };
        let (pooled, tls) = match knocked {
            Some(found) => (false, found.tls),
            None => {
                knock(&plain, timeouts).await.map_err(unreachable)?;
                (true, is_encrypted(&plain, found.protection, timeouts).await)
            }
        };
        let transport = Transport {
            protection: found.protection,
            tls,
        };
        transport.warn_in_the_clear(&plain, ServerOwner::Nightdesk);
        Ok(Self {
            options: if pooled { plain } else { straight },
            address,
            pooled,
            transport,
        })
    }
}

/// Connects once, and looks.
async fn knock(options: &PgConnectOptions, timeouts: Timeouts) -> Result<Found, sqlx::Error> {
    let knock = async {
        let mut connection = PgConnection::connect_with(options).await?;
        // Not checked at build time: as a simple query it is not prepared, and works through anything.
        let asked = format!("select current_setting('nightdesk.connection', true), ({TLS_IN_USE})");
        let row = sqlx::raw_sql(AssertSqlSafe(asked))
            .fetch_one(&mut connection)
            .await?;
        let found = Found {
            kept: row.try_get(0)?,
            tls: row.try_get(1)?,
        };
        connection.close().await?;
        Ok(found)
    };
    timeout(timeouts.connect, knock)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Whether the way to a pooler is encrypted: the server behind it knows nothing of that. Where it need not be, one
/// connection that insists on it tells.
async fn is_encrypted(
    options: &PgConnectOptions,
    protection: Protection,
    timeouts: Timeouts,
) -> Option<String> {
    let encrypted = match protection {
        Protection::Socket | Protection::Disabled => false,
        Protection::Preferred => {
            let insisting = options.clone().ssl_mode(PgSslMode::Require);
            knock(&insisting, timeouts).await.is_ok()
        }
        Protection::Encrypted | Protection::Authority | Protection::Host => true,
    };
    encrypted.then(String::new)
}

/// Whether a pooler refused what was asked for at the start: PgBouncer calls it a violation of the
/// protocol, others say that they do not support it. Postgres itself says neither.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["08P01", "0A000"].contains(&code.as_ref()))
}
