//! The control tokens of a model: what in a text would steer it instead of being read.
//!
//! They are the tokens that were added to its vocabulary, those that `config.json` names as the begin and the end of
//! a text, and the bracketed markers that its chat template writes as plain text, such as the `[INST]` of Llama 2.
//! Nothing that somebody sends to be written about may contain one: it could end its own turn and go on as another
//! speaker. Encoding the pieces of a prompt apart would not help, as these tokens are also found inside a piece.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use regex::Regex;

use super::chat::{ChatMessage, ChatTemplate};
use super::tokenizer::Tokenizer;

/// Where a text would steer the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Bytes in the text. White space around the token may be among them.
    pub bytes: Range<usize>,
    /// The token as the vocabulary spells it, or the marker.
    pub token: String,
}

/// Finds control tokens in texts.
#[derive(Debug)]
pub struct Controls {
    tokenizer: Arc<Tokenizer>,
    /// Tokens that count beside the added ones.
    also: BTreeSet<u32>,
    /// Markers that the chat template writes as plain text.
    markers: Vec<String>,
}

impl Controls {
    /// The control tokens of a tokenizer and a chat template; `also` are ids that `config.json` names as the begin
    /// and the end of a text.
    pub fn new(tokenizer: Arc<Tokenizer>, chat: &ChatTemplate, also: BTreeSet<u32>) -> Self {
        let mut controls = Self {
            tokenizer,
            also,
            markers: Vec::new(),
        };
        let written = own_text(chat);
        let markers: BTreeSet<String> = MARKER
            .find_iter(&written)
            .map(|hit| hit.as_str().to_owned())
            .filter(|marker| controls.find(marker).is_empty())
            .collect();
        controls.markers = markers.into_iter().collect();
        controls
    }

    /// Every place of `text` that the model would take for a control token, in the order of the text.
    pub fn find(&self, text: &str) -> Vec<Control> {
        let tokens = self.tokenizer.steering(text, &self.also).into_iter();
        let tokens = tokens.map(|(bytes, id)| Control {
            bytes,
            token: self.tokenizer.token(id).unwrap_or_default(),
        });
        let markers = self.markers.iter().flat_map(|marker| {
            text.match_indices(marker.as_str()).map(|(at, _)| Control {
                bytes: at..at + marker.len(),
                token: marker.clone(),
            })
        });
        let mut found: Vec<Control> = tokens.chain(markers).collect();
        found.sort_by_key(|control| control.bytes.start);
        found
    }
}

/// A word in angle or square brackets, of a length that markers have.
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<{1,2}[^<>\[\]\s]{1,40}>{1,2}|\[[^<>\[\]\s]{1,40}\]").expect("a valid pattern")
});

/// What a chat template writes around messages of nothing but a blank-free word.
fn own_text(chat: &ChatTemplate) -> String {
    let turns = |roles: &[&'static str]| {
        let messages: Vec<ChatMessage<'_>> = roles
            .iter()
            .map(|role| ChatMessage {
                role,
                content: "quartz",
            })
            .collect();
        chat.render(&messages, NaiveDate::default()).ok()
    };
    // Some refuse a system text, some anything but a question.
    turns(&["system", "user", "assistant", "user"])
        .or_else(|| turns(&["user", "assistant", "user"]))
        .or_else(|| turns(&["user"]))
        .unwrap_or_default()
}
