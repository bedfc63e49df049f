//! A prompt as the model reads it.

/// The text of a prompt and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text, chat markers included.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// How many of the first tokens every prompt of this template has.
    pub prefix_len: usize,
    /// Texts that end the output, from the template.
    pub stop: Vec<String>,
}
