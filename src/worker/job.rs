//! What a run needs besides its rows: the pinned template, the channels, the shared prefix.

use uuid::Uuid;

use crate::channel::ChannelSpec;
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::engine::{ChatMessage, Engine, EngineError, SamplingParams};
use crate::prompt::{PromptError, Rendered, Template};

/// A run, ready to be worked on.
#[derive(Debug)]
pub struct Job {
    /// The run.
    pub run_id: Uuid,
    /// The spec it is pinned to.
    pub spec: CampaignSpec,
    /// The template it is pinned to.
    pub template: Template,
    /// First tokens of every prompt of this template.
    prefix: Vec<u32>,
}

/// Why a brief has no prompt.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
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
}

impl JobError {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Prompt(error) => error.problem(),
            Self::Engine(error) => error.problem(),
            Self::UnknownChannel { .. } => {
                Problem::new("channel.unknown", self.to_string()).key("channel")
            }
        }
    }
}

/// A prompt as the model reads it.
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

impl Job {
    /// Prepares a run.
    ///
    /// # Errors
    /// [`JobError`] when the template and the model's chat template do not fit together.
    pub fn new(
        run_id: Uuid,
        spec: CampaignSpec,
        template: Template,
        engine: &Engine,
    ) -> Result<Self, JobError> {
        let mut params = SamplingParams::from(&spec.draft);
        params.stop.extend_from_slice(&template.front.stop);
        engine.check_params(&params)?;
        let prefix = shared_prefix(&template, engine)?;
        Ok(Self {
            run_id,
            spec,
            template,
            prefix,
        })
    }

    /// The prompt of a brief.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn prompt(&self, brief: &Brief, engine: &Engine) -> Result<Prompt, JobError> {
        let rendered = self.template.render(brief)?;
        let text = chat_text(&rendered, engine)?;
        let tokens = engine.tokenizer().encode(&text);
        Ok(Prompt {
            prefix_len: common_prefix(&self.prefix, &tokens),
            tokens,
            text,
            stop: rendered.stop,
        })
    }

    /// The channel a brief's copy is checked against: its own, else the campaign's.
    ///
    /// # Errors
    /// [`JobError::UnknownChannel`].
    pub fn channel(&self, brief: &Brief) -> Result<Option<&'static ChannelSpec>, JobError> {
        let name = brief.channel.as_ref().or(self.spec.draft.channel.as_ref());
        name.map(|name| find_channel(name)).transpose()
    }
}

/// The channel of that name.
///
/// # Errors
/// [`JobError::UnknownChannel`] with the names that exist.
pub fn find_channel(name: &str) -> Result<&'static ChannelSpec, JobError> {
    ChannelSpec::find(name).ok_or_else(|| {
        let known: Vec<String> = crate::channel::builtin()
            .iter()
            .map(|spec| format!("`{}`", spec.name))
            .collect();
        JobError::UnknownChannel {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

/// Tokens that made-up briefs of the template have in common from the start.
///
/// Tokens and not characters are compared: a token can reach across the border between what is the
/// same and what differs, and its keys and values would then be those of another text.
fn shared_prefix(template: &Template, engine: &Engine) -> Result<Vec<u32>, JobError> {
    let mut shared: Option<Vec<u32>> = None;
    for probe in template.probes() {
        let tokens = engine.tokenizer().encode(&chat_text(probe, engine)?);
        match &mut shared {
            Some(shared) => shared.truncate(common_prefix(shared, &tokens)),
            None => shared = Some(tokens),
        }
    }
    Ok(shared.unwrap_or_default())
}

fn chat_text(rendered: &Rendered, engine: &Engine) -> Result<String, EngineError> {
    let messages: Vec<ChatMessage<'_>> = rendered
        .messages
        .iter()
        .map(|message| ChatMessage {
            role: message.role.as_str(),
            content: &message.content,
        })
        .collect();
    engine.chat().render(&messages)
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
