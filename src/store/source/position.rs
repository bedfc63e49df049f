//! Places in the order of reading a source: the types that a cursor may have, a row's place, where a page starts.

use std::time::Duration;

/// Types a cursor may have: the driver's name, and what its text is cast back to.
pub(super) const CURSOR_TYPES: [(&str, &str); 10] = [
    ("timestamptz", "timestamptz"),
    ("timestamp", "timestamp"),
    ("date", "date"),
    ("int2", "int2"),
    ("int4", "int4"),
    ("int8", "int8"),
    ("numeric", "numeric"),
    ("text", "text"),
    ("varchar", "text"),
    ("uuid", "uuid"),
];

/// What a cursor's values are cast to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorKind {
    /// Name of the type in SQL.
    pub(super) sql: &'static str,
}

impl CursorKind {
    /// Whether a span of time can be taken from it.
    pub(super) fn is_time(&self) -> bool {
        ["timestamptz", "timestamp", "date"].contains(&self.sql)
    }
}

/// A row's place in the order of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The cursor's value, as Postgres writes it.
    pub cursor: String,
    /// The row's `external_ref`.
    pub reference: String,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// With the first row there is.
    Beginning,
    /// With the first row behind this one.
    Behind(Position),
    /// With the first row that is not older than this one by more than so much.
    Back {
        /// The row.
        from: Position,
        /// The span.
        by: Duration,
    },
}
