//! A campaign's `[source]`: the newsroom's own Postgres, how far it has been read, and the rows that are no briefs.

mod connection;
mod error;
mod progress;
mod rejects;
mod statement;

pub use connection::{
    Columns as SourceColumns, CursorKind, Position, Reading, SourceConnection, SourceRow, Start,
};
pub use error::SourceError;
pub use progress::{Page, PageOutcome, SourceState};
pub use rejects::SourceReject;
