//! Why a brief cannot be drafted, in words.

use crate::domain::problem::Problem;
use crate::domain::suggest;
use crate::engine::EngineError;
use crate::prompt::PromptError;

/// Why a brief cannot be drafted.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The template does not render it.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The model's chat template does not take it, or it is too long.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The brief or campaign names a channel that does not exist.
    #[error("no channel `{name}`; there are {known}")]
    UnknownChannel {
        /// The name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// Template and channel disagree about what a draft consists of.
    #[error("{message}")]
    PartsMismatch {
        /// Key of the campaign's `[draft]` that is to blame.
        key: &'static str,
        /// What they say.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A brief would steer the model: what the prompt says of it cannot be kept apart from the model's own markers.
    #[error(
        "`{token}` steers the model, and stands {given} times in the prompt instead of {expected}"
    )]
    ControlToken {
        /// The token, as the model's vocabulary or chat template spells it.
        token: String,
        /// How often the prompt has it.
        given: usize,
        /// How often the prompt has it without the brief.
        expected: usize,
    },
    /// No set of a brief has an entry for one of its fields.
    #[error("no usable {part}; {account}")]
    EmptySet {
        /// The field.
        part: String,
        /// How many answers there were, and why they were refused.
        account: String,
    },
}

impl DraftError {
    /// Whether the same brief would fail again: what only the engine's state caused may pass.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Engine(error) => error.is_permanent(),
            _ => true,
        }
    }

    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Prompt(error) => error.problem(),
            Self::Engine(error) => error.problem(),
            Self::UnknownChannel { name, .. } => {
                let problem = Problem::new("channel.unknown", self.to_string()).key("channel");
                let known = crate::channel::builtin().iter();
                match suggest::nearest(name, known.map(|spec| spec.name.as_str())) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem,
                }
            }
            Self::PartsMismatch { key, hint, .. } => {
                Problem::new("channel.parts", self.to_string())
                    .key(*key)
                    .hint(hint.clone())
            }
            Self::ControlToken { .. } => Problem::new("prompt.control_token", self.to_string())
                .hint("take it out of the brief, or out of the editor's note, and draft it again"),
            Self::EmptySet { .. } => Problem::new("set.empty", self.to_string()).hint(
                "look at the brief's `must_avoid` and facts, or try another template or model",
            ),
        }
    }
}
