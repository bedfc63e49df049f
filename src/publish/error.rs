//! What goes wrong when copy leaves, in a person's words.

use uuid::Uuid;

use crate::domain::problem::Problem;
use crate::domain::review::{CopyFault, MAX_TEXT_BYTES};
use crate::domain::score::ChannelViolation;
use crate::export::ExportError;
use crate::store::{AmendError, StoreError};

/// Why nothing left, or nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Texts changed faster than the export was made.
    #[error(
        "texts were corrected or killed while the export was made, {tries} times in a row; nothing has left"
    )]
    Overtaken {
        /// How often it was tried.
        tries: usize,
    },
    /// A reason is part of the record, and receivers read it.
    #[error("a reason is needed: it is recorded, and whoever has the text reads it")]
    NoReason,
    /// It has to fit where receivers show it.
    #[error("the reason has {chars} characters, at most {most} are allowed")]
    ReasonTooLong {
        /// Given.
        chars: usize,
        /// Allowed.
        most: usize,
    },
    /// There is nothing in it.
    #[error("there is no text; to take the text back for good, kill it")]
    NoText {
        /// The draft.
        draft: Uuid,
    },
    /// More than any channel takes.
    #[error("the text has more than the {most} bytes that are allowed")]
    TooLong {
        /// Allowed.
        most: usize,
    },
    /// Postgres stores no such text, and no channel takes it.
    #[error("the text holds a NUL character")]
    Nul,
    /// The draft has parts, and the text is none.
    #[error("draft {draft} consists of parts, and this is not a JSON object of them: {reason}")]
    NotParts {
        /// The draft.
        draft: Uuid,
        /// The reader's words.
        reason: String,
    },
    /// It breaks limits of its channel.
    #[error("the text does not fit {channel}: {}", told(.violations))]
    Limits {
        /// The channel, with its version.
        channel: String,
        /// At least one.
        violations: Vec<ChannelViolation>,
    },
    /// It may not be changed.
    #[error(transparent)]
    Amend(#[from] AmendError),
    /// The bytes were not handed out.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(violations: &[ChannelViolation]) -> String {
    let messages: Vec<&str> = violations.iter().map(|one| one.message.as_str()).collect();
    messages.join("; ")
}

impl PublishError {
    /// What is wrong with the text that a draft would be corrected to.
    pub(super) fn of_copy(draft: Uuid, fault: CopyFault) -> Self {
        match fault {
            CopyFault::Blank => Self::NoText { draft },
            CopyFault::TooLarge { .. } => Self::TooLong {
                most: MAX_TEXT_BYTES,
            },
            CopyFault::OverLimit {
                channel,
                violations,
            } => Self::Limits {
                channel,
                violations,
            },
        }
    }

    /// The message for a person.
    pub fn problem(&self) -> Problem {
        let text = self.to_string();
        match self {
            Self::Overtaken { .. } => {
                Problem::new("export.overtaken", text).hint("try again when the desk is quieter")
            }
            Self::NoReason => Problem::new("draft.no_reason", text)
                .hint("say in a few words what was wrong, such as `the figure was last year's`"),
            Self::ReasonTooLong { .. } => Problem::new("draft.reason_too_long", text)
                .hint("say in a few words what was wrong"),
            Self::NoText { .. } => {
                Problem::new("draft.no_text", text).hint("to have the text taken down, kill it")
            }
            Self::TooLong { .. } => {
                Problem::new("draft.too_long", text).hint("give the corrected text alone")
            }
            Self::Nul => Problem::new("draft.nul", text).hint("take it out of the text"),
            Self::NotParts { .. } => Problem::new("draft.not_parts", text).hint(
                "an object of lists, such as {\"headlines\":[\"…\"],\"descriptions\":[\"…\"]}",
            ),
            Self::Limits { .. } => Problem::new("draft.limits", text).hint("nothing was changed"),
            Self::Amend(error) => error.problem(),
            Self::Export(error) => error.problem(),
            Self::Store(error) => error.problem(),
        }
    }
}
