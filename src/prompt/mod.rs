//! Templates in, prompts out, with a prefix that every brief of a template shares.
//!
//! A template is one Handlebars file with TOML front matter (`front_matter`): a system text, one
//! worked example, and the body of the user's message. Everything that can be wrong with it is found
//! when it is loaded (`check` walks its syntax tree), so that a night never stops on a typing mistake.
//! A prompt is system, example turns, then the brief's own turn; only the last differs between
//! briefs, so an engine computes the rest once.

mod bundle;
mod check;
mod error;
mod example;
mod files;
mod format;
mod front_matter;
mod helpers;
mod language;
pub mod lint;
mod message;
mod part;
mod printed;
mod probe;
mod scope;
mod shape;
mod syntax;
mod template;
mod templates;
mod variables;

use std::ops::Range;

use serde::Serialize;

use printed::Printed;

pub use error::{Fault, Located, PromptError};
pub use front_matter::FrontMatter;
pub use message::{Message, Role};
pub use part::PartSpec;
pub use template::Template;
pub use templates::Templates;

/// A prompt, ready for a model's chat template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// System, then the example turns, then the brief's own user turn.
    pub messages: Vec<Message>,
    /// Texts that end the answer wherever they appear in it.
    pub stop: Vec<String>,
}

impl Rendered {
    /// The prompt with what an editor who sent an earlier draft back asks of the next one: last, because what comes
    /// last is heeded most, and behind everything that prompts of the template share. As one more sentence of the
    /// instruction: told that an editor had asked for it, the default model wrote about the editor.
    #[must_use]
    pub fn heeding(mut self, note: Option<&str>) -> Self {
        if let (Some(note), Some(last)) = (note, self.messages.last_mut()) {
            let mut content = Printed {
                text: std::mem::take(&mut last.content),
                values: std::mem::take(&mut last.values),
            };
            content.push(" ");
            content.append_value(&variables::line(note));
            (last.content, last.values) = (content.text, content.values);
        }
        self
    }

    /// The prompt without control tokens in what a brief or an editor gave: each is broken by a space. `find` gives
    /// the bytes of the control tokens of a text; those of the template's own text stay.
    #[must_use]
    pub fn broken_up(mut self, find: &dyn Fn(&str) -> Vec<Range<usize>>) -> Self {
        for message in &mut self.messages {
            message.break_up(find);
        }
        self
    }

    /// The prompt with `word` in place of everything that a brief or an editor gave: what the template alone says.
    #[must_use]
    pub fn with_values(&self, word: &str) -> Self {
        let messages = self.messages.iter();
        Self {
            messages: messages
                .map(|message| Message::new(message.role, &message.with_values(word)))
                .collect(),
            stop: self.stop.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
