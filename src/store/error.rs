//! What can go wrong with the database, in a person's words.

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;

use super::connection::AddressFault;
use super::connection::{ConnectFailure, words};
use crate::domain::problem::Problem;
use crate::domain::suggest;

const VARIABLE: &str = "DATABASE_URL";

/// Errors of the store; [`StoreError::problem`] says what to do about each.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is no Postgres address, or asks for what cannot be had.
    #[error("`DATABASE_URL` is not a Postgres address that can be used")]
    InvalidUrl(#[source] AddressFault),
    /// Nobody answers, or refuses.
    #[error("cannot reach Postgres at {address}")]
    Unreachable {
        /// Host and database, without the password.
        address: String,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// The server's version.
    #[error("Postgres at {address} is version {found}, and Nightdesk needs {needed} or newer")]
    TooOld {
        /// Host and database.
        address: String,
        /// Its major version.
        found: i32,
        /// The oldest that works.
        needed: i32,
    },
    /// The database belongs to another program.
    #[error(
        "the database already holds other tables ({tables}), and Nightdesk will not mix its own with them"
    )]
    ForeignTables {
        /// Some of them.
        tables: String,
    },
    /// The schema is not there yet.
    #[error("the database has no Nightdesk schema yet")]
    NotMigrated,
    /// The schema is older than this binary wants.
    #[error("the database's schema is at step {found}, and this binary needs step {needed}")]
    SchemaOlder {
        /// Last applied migration.
        found: i64,
        /// Last migration of this binary.
        needed: i64,
    },
    /// The schema is newer than this binary knows.
    #[error("the database's schema is at step {found}, newer than step {known} of this binary")]
    SchemaNewer {
        /// Last applied migration.
        found: i64,
        /// Last migration of this binary.
        known: i64,
    },
    /// A step was applied from another text than this binary has for it.
    #[error(
        "step {step} ({name}) of the database's schema was not made by the migration that this binary has under that number"
    )]
    MigrationChanged {
        /// Its number.
        step: i64,
        /// Its name.
        name: String,
    },
    /// A step was applied that this binary does not have, though it has later ones.
    #[error(
        "the database's schema has a step {step} that this binary does not have, though it has later ones"
    )]
    MigrationUnknown {
        /// Its number.
        step: i64,
    },
    /// Migrations hold a lock for their session, and behind a pooler nobody has one session.
    #[error("the schema cannot be created or upgraded through the connection pooler at {address}")]
    MigrateThroughPooler {
        /// Host and database of the pooler.
        address: String,
    },
    /// A migration failed.
    #[error("the schema could not be upgraded")]
    Migrate(#[source] MigrateError),
    /// Nothing has that name or id.
    #[error("no {what} `{name}`")]
    NotFound {
        /// `brief`, `campaign`, `run` or `draft`.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// Nothing has that name, and there are others.
    #[error("no {what} `{name}`")]
    Unknown {
        /// `brief`, `campaign` or `user`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// Names that are there, of which one may have been meant.
        known: Vec<String>,
    },
    /// The start of an id fits several.
    #[error("`{name}` is the beginning of several {what}s")]
    Ambiguous {
        /// `brief`, `campaign`, `run` or `draft`.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// What applying campaign files would do is not what was shown any more.
    #[error(
        "the campaigns have been changed by somebody else in the meantime; nothing was applied"
    )]
    CampaignsChanged,
    /// The run has ended, and not in a way that can be changed.
    #[error("run {run} is {state}, so it cannot be {wanted}")]
    RunEnded {
        /// The run.
        run: uuid::Uuid,
        /// How it ended, in words.
        state: String,
        /// `cancelled` or `redriven`.
        wanted: &'static str,
    },
    /// The run's items are gone.
    #[error("the items of run {run} have been pruned, and none can be tried again")]
    RunPruned {
        /// The run.
        run: uuid::Uuid,
    },
    /// Only a run says which versions of template and model to take, and there was none.
    #[error(
        "{campaign} has not run yet with template `{template}` and model `{model}`, and only a run says which versions of them to take"
    )]
    NeverRan {
        /// The campaign's name.
        campaign: String,
        /// The template's.
        template: String,
        /// The model's.
        model: String,
    },
    /// A stored value does not have the shape this binary expects.
    #[error("a stored {what} cannot be read: {reason}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// The reader's words.
        reason: String,
    },
    /// A statement failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether the connection was lost, or nobody answered in time.
    pub fn is_connection_lost(&self) -> bool {
        self.driver_error().is_some_and(breaks_connection)
    }

    /// Whether the same call may succeed a little later, with nobody doing anything about it: the
    /// connection was lost, or the server gave up in favour of somebody else.
    pub fn may_pass(&self) -> bool {
        self.is_connection_lost() || self.driver_error().and_then(code).is_some_and(gives_way)
    }

    /// Whether the server takes no writes: it is a standby, or set to read only.
    pub fn is_read_only(&self) -> bool {
        self.driver_error().and_then(code) == Some("25006")
    }

    /// Whether what was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Unknown { .. })
    }

    fn driver_error(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Unreachable { source: error, .. }
            | Self::Database(error)
            | Self::Migrate(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => Some(error),
            _ => None,
        }
    }

    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            // The driver repeats its causes in its own words.
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        if self.is_read_only() {
            return Problem::new(
                "database.read_only",
                "the database is read-only: it is a standby, or `default_transaction_read_only` is on",
            )
            .hint("point `DATABASE_URL` at the primary, or make it one; what was committed is kept");
        }
        match self {
            Self::InvalidUrl(fault) => Problem::new("database.url", text).hint(fault.hint()),
            Self::Unreachable { address, source } => connecting(address, source),
            Self::TooOld { .. } => Problem::new("database.too_old", text)
                .hint("unset `DATABASE_URL` to use a private cluster, or point it at a newer server"),
            Self::ForeignTables { .. } => Problem::new("database.foreign_tables", text)
                .hint("make a database for it (`createdb nightdesk`) and point `DATABASE_URL` there"),
            Self::NotMigrated => Problem::new("database.not_migrated", text),
            Self::SchemaOlder { .. } => Problem::new("database.schema_older", text),
            Self::SchemaNewer { .. } => Problem::new("database.schema_newer", text)
                .hint("use the newer `nightdesk` that upgraded it; nothing was changed"),
            Self::MigrationChanged { .. } => Problem::new("database.migration_changed", text).hint(
                "its file in migrations/ was changed after it had been applied: put it back as it was and make a new step of the change; or use the binary that made this schema. Nothing was changed",
            ),
            Self::MigrationUnknown { .. } => Problem::new("database.migration_unknown", text).hint(
                "another branch or fork of Nightdesk made it: use that binary, or a database of its own for this one. Nothing was changed",
            ),
            Self::NotFound { .. } => Problem::new("not_found", text),
            Self::Unknown { name, known, .. } => {
                let problem = Problem::new("not_found", text);
                match suggest::nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem,
                }
            }
            Self::Ambiguous { .. } => {
                Problem::new("ambiguous", text).hint("give more of the id")
            }
            Self::CampaignsChanged => Problem::new("campaign.changed", text)
                .hint("apply again: the changes are shown anew"),
            Self::MigrateThroughPooler { .. } => Problem::new("database.pooler", text),
            Self::RunEnded { wanted: "cancelled", .. } => Problem::new("run.ended", text)
                .hint("nothing of it is left to stop"),
            Self::RunEnded { .. } => Problem::new("run.ended", text)
                .hint("the next run of its campaign takes the briefs that it gave up or left open"),
            Self::RunPruned { .. } => Problem::new("run.pruned", text)
                .hint("the next run of its campaign takes the briefs that it gave up"),
            Self::NeverRan { .. } => Problem::new("campaign.never_ran", text)
                .hint("whoever runs Nightdesk starts its first run; after that it can be run from here"),
            Self::Migrate(_) | Self::Corrupt { .. } => {
                Problem::new("database.failed", text).unexpected()
            }
            // The session ended, and a new one did not come about.
            Self::Database(error) if is_refusal(error) => connecting("", error),
            Self::Database(error) if is_full(error) => Problem::new("database.full", text)
                .hint("make room on the database's disk; what was committed is kept"),
            Self::Database(_) if self.is_connection_lost() => {
                Problem::new("database.lost", text)
                    .hint("what was committed is kept")
            }
            Self::Database(_) if self.may_pass() => Problem::new("database.busy", text)
                .hint("another session is in the way, or the server has too much to do"),
            Self::Database(_) => Problem::new("database.failed", text).unexpected(),
        }
    }
}

/// The message for a person about a connection that did not come about.
fn connecting(address: &str, error: &sqlx::Error) -> Problem {
    let connect_failure = ConnectFailure::of(error);
    let (happened, said) = (connect_failure.sentence("Postgres", address), words(error));
    let hint = connect_failure.hint(VARIABLE);
    let problem = Problem::new(connect_failure.code(), format!("{happened}: {said}"));
    match connect_failure.code() {
        "database.unreachable" => problem.hint(format!(
            "{hint}; without `{VARIABLE}` Nightdesk uses a private cluster of its own"
        )),
        _ => problem.hint(hint),
    }
}

/// What only somebody who wants to connect is told: classes 28 and 3D, and what is wrong with TLS.
fn is_refusal(error: &sqlx::Error) -> bool {
    let said = code(error).is_some_and(|code| code.starts_with("28") || code.starts_with("3D"));
    said || matches!(error, sqlx::Error::Tls(_))
}

/// SQLSTATE 53100, `disk_full`: nobody's mistake in this program, and a person can end it.
fn is_full(error: &sqlx::Error) -> bool {
    code(error) == Some("53100")
}

/// The SQLSTATE, where the server said something.
fn code(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    error
        .try_downcast_ref::<PgDatabaseError>()
        .map(PgDatabaseError::code)
}

/// Whether the connection is of no more use after this error.
pub(super) fn breaks_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(_) => code(error).is_some_and(|code| {
            // Class 57P: shutting down, crashed, starting up. Class 08: connection, and whatever a
            // pooler says of its own. 25P: a timeout of the session. 25006: the server has become a
            // standby, and another one is behind the address now.
            ["57P", "08", "25P03", "25P04", "25006"]
                .iter()
                .any(|start| code.starts_with(start))
        }),
        _ => false,
    }
}

/// SQLSTATEs with which the server ends one statement for the sake of others, and would take it again.
fn gives_way(code: &str) -> bool {
    [
        "40001", // serialization_failure
        "40P01", // deadlock_detected
        "53100", // disk_full: somebody makes room, and an item that could not be committed is not to blame
        "53200", // out_of_memory
        "53300", // too_many_connections
        "55P03", // lock_not_available
        "57014", // query_canceled: a timeout, or a person who ends what is in the way
    ]
    .contains(&code)
}

/// When something was last used is not worth a refusal: where the database takes no writes it is not noted.
pub(super) fn unless_read_only<T>(noted: Result<T, sqlx::Error>) -> Result<(), StoreError> {
    match noted.map_err(StoreError::from) {
        Err(error) if !error.is_read_only() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
