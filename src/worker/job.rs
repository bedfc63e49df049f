//! What a run needs besides its rows: the pinned template, the channels, the shared prefix.

use uuid::Uuid;

use super::set;
use super::speaking::spoken;
use crate::channel::ChannelSpec;
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::domain::suggest;
use crate::engine::{Engine, EngineError, SamplingParams};
use crate::prompt::{PartSpec, PromptError, Rendered, Template};

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

impl JobError {
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

    /// The prompt of a brief, with what an editor asked for where an earlier draft was sent back.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn prompt(
        &self,
        brief: &Brief,
        note: Option<&str>,
        engine: &Engine,
    ) -> Result<Prompt, JobError> {
        self.prompt_of(self.template.render(brief)?.heeding(note), engine)
    }

    /// The prompts of a brief, one a part of the template; empty for running text.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn part_prompts(
        &self,
        brief: &Brief,
        note: Option<&str>,
        engine: &Engine,
    ) -> Result<Vec<Prompt>, JobError> {
        let rendered = self.template.render_parts(brief)?.into_iter();
        rendered
            .map(|part| self.prompt_of(part.heeding(note), engine))
            .collect()
    }

    fn prompt_of(&self, rendered: Rendered, engine: &Engine) -> Result<Prompt, JobError> {
        let stop = rendered.stop.clone();
        let text = spoken(rendered, engine.chat(), engine.controls())?;
        let tokens = engine.tokenizer().encode(&text);
        Ok(Prompt {
            prefix_len: common_prefix(&self.prefix, &tokens),
            tokens,
            text,
            stop,
        })
    }

    /// Whether a draft consists of parts.
    pub(super) fn drafts_sets(&self) -> bool {
        !self.template.front.parts.is_empty()
    }

    /// Entries wanted of a part: what the campaign says, else what the template says.
    pub(super) fn target(&self, part: &PartSpec) -> u32 {
        let wanted = self.spec.draft.targets.get(&part.name);
        wanted.copied().unwrap_or(part.target)
    }

    /// Rows of a batch that one brief fills.
    pub(super) fn rows(&self) -> usize {
        match self.drafts_sets() {
            true => set::rows(self),
            false => self.spec.draft.candidates.max(1) as usize,
        }
    }

    /// Tokens that are asked for to draft one brief; sets may ask again for what is missing.
    pub fn most_tokens(&self) -> u64 {
        self.rows() as u64 * u64::from(self.spec.draft.max_tokens)
    }

    /// The channel of a brief's sets: its own where that has the template's parts, else the campaign's.
    ///
    /// A product's brief may name the channel of its post; an ad campaign still drafts ads of it.
    ///
    /// # Errors
    /// [`JobError::UnknownChannel`], or [`JobError::PartsMismatch`] when neither has them.
    pub(super) fn set_channel(&self, brief: &Brief) -> Result<&'static ChannelSpec, JobError> {
        let names = [brief.channel.as_ref(), self.spec.draft.channel.as_ref()];
        let mut mismatch = None;
        for name in names.into_iter().flatten() {
            let channel = find_channel(name)?;
            match check_parts(&self.template, Some(channel), &self.spec) {
                Ok(()) => return Ok(channel),
                Err(error) => mismatch = Some(error),
            }
        }
        match mismatch {
            Some(error) => Err(error),
            None => Err(check_parts(&self.template, None, &self.spec)
                .expect_err("a template with parts needs a channel")),
        }
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

/// Whether a template drafts what a campaign's channel consists of.
///
/// # Errors
/// [`JobError::PartsMismatch`].
pub fn check_parts(
    template: &Template,
    channel: Option<&ChannelSpec>,
    spec: &CampaignSpec,
) -> Result<(), JobError> {
    let mismatch = |key, message, hint| Err(JobError::PartsMismatch { key, message, hint });
    let refuse = |message: String, hint: String| mismatch("channel", message, hint);
    let parts = || template.front.parts.iter().map(|part| part.name.as_str());
    if let Some(name) = spec
        .draft
        .targets
        .keys()
        .find(|name| parts().all(|part| part != *name))
    {
        let message = format!(
            "`targets` names `{name}`, and template `{}` drafts no such part",
            template.name
        );
        return mismatch(
            "targets",
            message,
            format!("its parts: {}", suggest::listed(parts())),
        );
    }
    let listed = |channel: &ChannelSpec| {
        suggest::listed(channel.fields.iter().map(|field| field.name.as_str()))
    };
    let fitting = || {
        let fitting = crate::channel::builtin()
            .iter()
            .filter(|spec| fields_match(spec, parts()));
        suggest::listed(fitting.map(|spec| spec.name.as_str()))
    };
    match channel {
        None if parts().next().is_none() => Ok(()),
        None => refuse(
            format!(
                "template `{}` drafts {}, and no channel says how many",
                template.name,
                suggest::listed(parts())
            ),
            format!("channels with these parts: {}", fitting()),
        ),
        Some(channel) if parts().next().is_none() && channel.is_multi_part() => refuse(
            format!(
                "channel `{}` consists of {}, and template `{}` drafts running text",
                channel.name,
                listed(channel),
                template.name
            ),
            "choose a template with `[[parts]]` of these names".to_owned(),
        ),
        Some(channel) if parts().next().is_some() && !fields_match(channel, parts()) => refuse(
            format!(
                "template `{}` drafts {}, and channel `{}` consists of {}",
                template.name,
                suggest::listed(parts()),
                channel.name,
                listed(channel)
            ),
            format!("channels with these parts: {}", fitting()),
        ),
        Some(_) => Ok(()),
    }
}

/// Whether the parts are exactly the channel's fields.
fn fields_match<'a>(channel: &ChannelSpec, parts: impl Iterator<Item = &'a str>) -> bool {
    let mut parts: Vec<&str> = parts.collect();
    let mut fields: Vec<&str> = channel
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    parts.sort_unstable();
    fields.sort_unstable();
    parts == fields
}

/// Tokens that made-up briefs of the template have in common from the start.
///
/// Tokens and not characters are compared: a token can reach across the border between what is the
/// same and what differs, and its keys and values would then be those of another text.
fn shared_prefix(template: &Template, engine: &Engine) -> Result<Vec<u32>, JobError> {
    let mut shared: Option<Vec<u32>> = None;
    for probe in template.probes() {
        let text = spoken(probe.clone(), engine.chat(), engine.controls())?;
        let tokens = engine.tokenizer().encode(&text);
        match &mut shared {
            Some(shared) => shared.truncate(common_prefix(shared, &tokens)),
            None => shared = Some(tokens),
        }
    }
    Ok(shared.unwrap_or_default())
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
