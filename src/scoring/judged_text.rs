//! What is judged: a text, and what is known of it beside its brief.

use std::ops::Range;

use crate::domain::brief::Length;
use crate::domain::draft::FinishReason;
use crate::domain::score::ChannelFit;

/// A text to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The text; for a multi-part draft the plain rendering of its parts.
    pub text: &'a str,
    /// The fields of a multi-part draft.
    pub parts: Option<&'a serde_json::Value>,
    /// Why generation ended; `None` for a text that a person wrote.
    pub finish: Option<FinishReason>,
}

/// What is known beside brief and text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// How the text fits its channel; `None` when no channel was asked for.
    pub channel: Option<&'a ChannelFit>,
    /// The rendered prompt, to notice instructions that were copied into the text.
    pub prompt: Option<&'a str>,
    /// Wanted length, used where the brief asks for none.
    pub length: Option<Length>,
    /// Bytes of the text that its model would take for control tokens.
    pub control_tokens: &'a [Range<usize>],
}
