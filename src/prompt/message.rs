//! Messages of a chat: who speaks, and what is said.

use std::ops::Range;

use serde::Serialize;

use crate::domain::words::words;

words! {
    /// Who speaks a message of a chat.
    Role {
        /// Standing instructions.
        System = "system";
        /// Asks.
        User = "user";
        /// Answers.
        Assistant = "assistant";
    }
}

/// One message of a chat, in the shape that chat templates read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, without blanks around it.
    pub content: String,
    /// Bytes of the content that a brief or an editor gave, in order and apart. The worked example's values are
    /// its template's own text.
    #[serde(skip)]
    pub(super) values: Vec<Range<usize>>,
}

impl Message {
    pub(super) fn new(role: Role, content: &str) -> Self {
        Self {
            role,
            content: content.trim().to_owned(),
            values: Vec::new(),
        }
    }
}
