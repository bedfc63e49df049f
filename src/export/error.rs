//! Why an export was not handed out, in words.

use uuid::Uuid;

use crate::domain::export::Format;
use crate::domain::problem::Problem;

/// Why an export was not handed out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The CSV reader found something else than was written.
    #[error(
        "row {row} of the {format} file reads back differently from what was written, so nothing was handed out and nothing recorded"
    )]
    ReadBack {
        /// Format.
        format: Format,
        /// 1-based, the header included.
        row: usize,
    },
    /// A news object does not satisfy the schema.
    #[error("the ninjs object of {item} does not satisfy the schema at `{at}`: {reason}")]
    Schema {
        /// The review item.
        item: Uuid,
        /// Where in the object.
        at: String,
        /// The validator's words.
        reason: String,
    },
}

impl ExportError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let code = match self {
            Self::ReadBack { .. } => "export.read_back",
            Self::Schema { .. } => "export.schema",
        };
        Problem::new(code, self.to_string()).unexpected()
    }
}
