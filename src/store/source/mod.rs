//! A campaign's `[source]`: the newsroom's own Postgres, how far it has been read, and the rows that are no briefs.

mod connection;
mod error;
mod position;
mod progress;
mod rejects;
mod statement;

pub use connection::{Columns as SourceColumns, Reading, SourceConnection, SourceRow};
pub use error::SourceError;
pub use position::{CursorKind, Position, Start};
pub use progress::{Page, PageOutcome, SourceState};
pub use rejects::SourceReject;
