//! What can go wrong with a newsroom's own database, and whether waiting helps.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::position::CURSOR_TYPES;
use crate::domain::problem::Problem;
use crate::store::connection::AddressFault;
use crate::store::connection::{ConnectFailure, words};

/// What stood in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(ConnectFailure);

/// Errors of a source; none of them holds the address with its password.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The variable's value is no address, or asks for what cannot be had.
    #[error("the value is not a Postgres address that can be used: {0}")]
    InvalidUrl(AddressFault),
    /// No connection came about: nobody answers, or somebody refuses.
    #[error("{happened}: {reason}")]
    Unconnected {
        /// What stood in the way, in words.
        happened: String,
        /// The system's or the server's words.
        reason: String,
        /// What was refused, for programs.
        refusal: Refusal,
    },
    /// It went away in the middle.
    #[error("the connection to the source is lost: {reason}")]
    Lost {
        /// The system's or the server's words.
        reason: String,
    },
    /// The query needs longer than it may.
    #[error("the query took longer than {seconds} s")]
    Slow {
        /// The limit.
        seconds: u64,
    },
    /// The query writes, or calls something that does.
    #[error("the query writes, and a source is only read: {reason}")]
    Writes {
        /// The server's words.
        reason: String,
    },
    /// The query is wrong, or its user may not run it.
    #[error("the source refuses the query{}: {reason}", at(*line))]
    Query {
        /// The server's words.
        reason: String,
        /// The server's hint.
        hint: Option<String>,
        /// 1-based line in the query.
        line: Option<usize>,
    },
    /// Two columns of one name.
    #[error("the query gives two columns `{column}`")]
    RepeatedColumn {
        /// The name.
        column: String,
    },
    /// The cursor is not there.
    #[error("the query gives no column `{column}`, which is its cursor")]
    NoCursor {
        /// The name.
        column: String,
        /// The nearest, or all.
        hint: String,
    },
    /// The cursor is of a type without a useful order.
    #[error(
        "the cursor `{column}` is of the type `{kind}`, expected one of {}",
        known()
    )]
    CursorType {
        /// The name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// `overlap` with a cursor that is no time.
    #[error("an overlap needs a cursor that is a time, and `{column}` is of the type `{kind}`")]
    Overlap {
        /// The name.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column that is no text.
    #[error("the column `{column}` is of the type `bytea`, which is no text")]
    Bytes {
        /// The name.
        column: String,
    },
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" at its line {line}"))
}

fn known() -> String {
    let names: Vec<String> = CURSOR_TYPES
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    names.join(", ")
}

impl SourceError {
    /// Whether the same may succeed later without anybody changing anything here.
    pub fn is_down(&self) -> bool {
        match self {
            Self::Unconnected { refusal, .. } => refusal.0.may_pass(),
            Self::Lost { .. } => true,
            _ => false,
        }
    }

    /// A connection that could not be made to a host, port and database.
    pub(super) fn connecting(place: &str, error: &sqlx::Error) -> Self {
        let connect_failure = ConnectFailure::of(error);
        Self::Unconnected {
            happened: connect_failure.sentence("the source", place),
            reason: words(error),
            refusal: Refusal(connect_failure),
        }
    }

    /// A statement that failed; `before` is how many characters stand before the campaign's query in it.
    pub(super) fn statement(error: &sqlx::Error, sql: &str, before: usize, seconds: u64) -> Self {
        if is_down(error) {
            let reason = words(error);
            return Self::Lost { reason };
        }
        let Some(said) = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        else {
            return Self::Query {
                reason: words(error),
                hint: None,
                line: None,
            };
        };
        let reason = said.message().to_owned();
        match said.code() {
            "57014" => Self::Slow { seconds },
            "25006" => Self::Writes { reason },
            _ => {
                let line = match said.position() {
                    Some(PgErrorPosition::Original(position)) if position > before => {
                        let query = sql.chars().skip(before).take(position - 1 - before);
                        Some(1 + query.filter(|c| *c == '\n').count())
                    }
                    _ => None,
                };
                Self::Query {
                    reason,
                    hint: said.hint().map(str::to_owned),
                    line,
                }
            }
        }
    }

    /// The message for a person; `variable` is the one that holds the address.
    pub fn problem(&self, variable: &str) -> Problem {
        let text = self.to_string();
        match self {
            Self::InvalidUrl(fault) => Problem::new("source.url", text)
                .key(variable)
                .hint(fault.hint()),
            Self::Unconnected { refusal, .. } => {
                let hint = refusal.0.hint(variable);
                match refusal.0.code() {
                    "database.tls" => Problem::new("source.tls", text).hint(hint),
                    _ if refusal.0.may_pass() => Problem::new("source.down", text).hint(hint),
                    _ => Problem::new("source.refused", text).hint(hint),
                }
            }
            Self::Lost { .. } => Problem::new("source.down", text)
                .hint("what was pulled is kept; the next pull goes on from there"),
            Self::Slow { .. } => Problem::new("source.slow", text)
                .key("source.query")
                .hint("an index on the cursor's column helps most; `timeout` allows more"),
            Self::Writes { .. } => Problem::new("source.writes", text)
                .key("source.query")
                .hint("leave out the function that writes; give the source a user that may only read"),
            Self::Query { hint, .. } => {
                let hint = hint.as_deref().map(|hint| hint.trim_end_matches('.'));
                Problem::new("source.query", text).key("source.query").hint(
                    hint.unwrap_or("try the query in `psql` with the same user"),
                )
            }
            Self::RepeatedColumn { column } => Problem::new("source.query", text)
                .key("source.query")
                .hint(format!("give one of them another name: `… as other_{column}`")),
            Self::NoCursor { hint, .. } => Problem::new("source.cursor", text)
                .key("source.cursor")
                .hint(hint.clone()),
            Self::CursorType { column, .. } => Problem::new("source.cursor", text)
                .key("source.cursor")
                .hint(format!("cast it in the query, such as `{column}::timestamptz as {column}`")),
            Self::Overlap { .. } => Problem::new("source.cursor", text)
                .key("source.overlap")
                .hint("leave `overlap` out, or use a column with the time of the last change as cursor"),
            Self::Bytes { column } => Problem::new("source.column", text)
                .key("source.map")
                .hint(format!(
                    "leave it out, or make it a text in the query: `convert_from({column}, 'UTF8') as {column}`"
                )),
        }
    }
}

fn is_down(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // Classes 57P (shutting down, starting up), 08 (connection) and 53 (too many connections, disk, memory).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("57P") || code.starts_with("08") || code.starts_with("53")
        }),
        _ => false,
    }
}
