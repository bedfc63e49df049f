//! What every draft of a campaign has in common: the spec, the template, and the tokens all of its prompts begin with.

use chrono::NaiveDate;

use super::channel::{check_parts, find_channel};
use super::control_tokens::chat_text;
use super::error::DraftError;
use super::prompt::Prompt;
use super::request::sampling_params;
use crate::channel::ChannelSpec;
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::engine::Engine;
use crate::prompt::{PartSpec, Rendered, Template};

/// How the briefs of a campaign are drafted, checked against a loaded model.
#[derive(Debug)]
pub struct DraftPlan {
    /// The campaign's spec, as its run is pinned to it.
    pub spec: CampaignSpec,
    /// The template, as its run is pinned to it.
    pub template: Template,
    /// What chat templates that write the date take for today.
    date: NaiveDate,
    /// First tokens of every prompt of this template.
    prefix: Vec<u32>,
}

impl DraftPlan {
    /// Prepares the drafting of a campaign. `date` is the run's: a night's prompts do not change at midnight, and a
    /// draft can be made again.
    ///
    /// # Errors
    /// [`DraftError`] when the template and the model's chat template do not fit together.
    pub fn new(
        spec: CampaignSpec,
        template: Template,
        engine: &Engine,
        date: NaiveDate,
    ) -> Result<Self, DraftError> {
        let params = sampling_params(&spec.draft, &template.front.stop, engine);
        engine.check_params(&params)?;
        let prefix = shared_prefix(&template, engine, date)?;
        Ok(Self {
            spec,
            template,
            date,
            prefix,
        })
    }

    /// The prompt of a brief, with what an editor asked for where an earlier draft was sent back.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn prompt(
        &self,
        brief: &Brief,
        note: Option<&str>,
        engine: &Engine,
    ) -> Result<Prompt, DraftError> {
        self.prompt_of(self.template.render(brief)?.heeding(note), engine)
    }

    /// The prompts of a brief, one a part of the template; empty for running text.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn part_prompts(
        &self,
        brief: &Brief,
        note: Option<&str>,
        engine: &Engine,
    ) -> Result<Vec<Prompt>, DraftError> {
        let rendered = self.template.render_parts(brief)?.into_iter();
        rendered
            .map(|part| self.prompt_of(part.heeding(note), engine))
            .collect()
    }

    fn prompt_of(&self, rendered: Rendered, engine: &Engine) -> Result<Prompt, DraftError> {
        let stop = rendered.stop.clone();
        let text = chat_text(rendered, engine.chat(), engine.controls(), self.date)?;
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

    /// The channel of a brief's sets: its own where that has the template's parts, else the campaign's.
    ///
    /// A product's brief may name the channel of its post; an ad campaign still drafts ads of it.
    ///
    /// # Errors
    /// [`DraftError::UnknownChannel`], or [`DraftError::PartsMismatch`] when neither has them.
    pub(super) fn set_channel(&self, brief: &Brief) -> Result<&'static ChannelSpec, DraftError> {
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
    /// [`DraftError::UnknownChannel`].
    pub fn channel(&self, brief: &Brief) -> Result<Option<&'static ChannelSpec>, DraftError> {
        let name = brief.channel.as_ref().or(self.spec.draft.channel.as_ref());
        name.map(|name| find_channel(name)).transpose()
    }
}

/// Tokens that made-up briefs of the template have in common from the start.
///
/// Tokens and not characters are compared: a token can reach across the border between what is the
/// same and what differs, and its keys and values would then be those of another text.
fn shared_prefix(
    template: &Template,
    engine: &Engine,
    date: NaiveDate,
) -> Result<Vec<u32>, DraftError> {
    let mut shared: Option<Vec<u32>> = None;
    for probe in template.probes() {
        let text = chat_text(probe.clone(), engine.chat(), engine.controls(), date)?;
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
