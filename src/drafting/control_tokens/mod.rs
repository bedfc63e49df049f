//! A prompt in which no text of a brief is a control token of the model.
//!
//! `prompt` knows which text came from a brief, `engine` knows which texts steer the model; here the two meet. Every
//! control token that a value has a part in is broken by a space. What the chat template then makes of the messages
//! is counted once more: a prompt in which a control token stands more often than without the brief is refused.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error::DraftError;
use crate::engine::{ChatMessage, ChatTemplate, Controls, EngineError};
use crate::prompt::Rendered;

/// Words that stand in for values when tokens are counted; the first that is no control token itself is taken.
const STAND_INS: [&str; 4] = ["quartz", "one", "x", "7"];

/// The prompt as the model reads it, chat markers included.
///
/// # Errors
/// [`DraftError::ControlToken`], and [`EngineError::ChatTemplate`] when the chat template refuses the messages.
pub(super) fn chat_text(
    rendered: Rendered,
    chat: &ChatTemplate,
    controls: &Controls,
    date: NaiveDate,
) -> Result<String, DraftError> {
    let bytes = |text: &str| {
        let found = controls.find(text).into_iter();
        found.map(|control| control.bytes).collect()
    };
    let rendered = rendered.broken_up(&bytes);
    let text = render_chat(&rendered, chat, date)?;
    let own = STAND_INS
        .into_iter()
        .find(|word| controls.find(word).is_empty())
        .unwrap_or_default();
    let expected = counted(
        controls,
        &render_chat(&rendered.with_values(own), chat, date)?,
    );
    for (token, given) in counted(controls, &text) {
        let expected = expected.get(&token).copied().unwrap_or(0);
        if given > expected {
            return Err(DraftError::ControlToken {
                token,
                given,
                expected,
            });
        }
    }
    Ok(text)
}

fn counted(controls: &Controls, text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for control in controls.find(text) {
        *counts.entry(control.token).or_default() += 1;
    }
    counts
}

fn render_chat(
    rendered: &Rendered,
    chat: &ChatTemplate,
    date: NaiveDate,
) -> Result<String, EngineError> {
    let messages: Vec<ChatMessage<'_>> = rendered
        .messages
        .iter()
        .map(|message| ChatMessage {
            role: message.role.as_str(),
            content: &message.content,
        })
        .collect();
    chat.render(&messages, date)
}

#[cfg(test)]
mod tests;
