//! A multi-part draft: its fields are asked for one by one, then chosen as a set.
//!
//! Every candidate of a campaign is a set of its own. A set is drafted in rounds: the first asks for
//! as many answers as the target needs, later ones top up what is missing, a few times at most.
//! Nothing is remembered between rounds but the answers, so a set that is dropped half-way (a signal,
//! a lost lease) is drafted again from the start, and comes out the same.
//!
//! The random numbers of an answer are keyed by (seed, item, candidate, position), as for running
//! text; `item` is the hash of brief, part, set and round ([`answer_key`]), `candidate` the number of
//! the answer in its round. `params.parts` of a draft records both, with the number of tokens of each
//! answer: a draft's `token_ids` are the answers of its parts one after the other, in that order.

mod answer;
mod assemble;
mod candidate;
mod entry;
mod field_answers;

use std::time::Instant;

use tracing::Instrument;

use super::error::DraftError;
use super::input::BriefInput;
use super::plan::DraftPlan;
use super::prompt::Prompt;
use super::reasoning;
use super::request::{collect, item_key, sampling_params, submit};
use crate::channel::ChannelSpec;
use crate::domain::draft::NewDraft;
use crate::engine::{Engine, SamplingParams};
use crate::prompt::PartSpec;
use candidate::SetCandidate;
use entry::EntryRules;
use field_answers::{FieldPlan, ROUNDS};

/// Drafts one set a candidate.
pub(super) async fn drafts(
    engine: &Engine,
    plan: &DraftPlan,
    input: &BriefInput<'_>,
) -> Result<Vec<NewDraft>, DraftError> {
    let brief = input.brief;
    let external_ref = brief.external_ref.as_str();
    let channel = plan.set_channel(brief)?;
    let prompts = tracing::info_span!("render", external_ref)
        .in_scope(|| plan.part_prompts(brief, input.note, engine))?;
    let texts: Vec<&str> = prompts.iter().map(|prompt| prompt.text.as_str()).collect();
    let prompt_text = texts.join("\n");
    let rules = EntryRules::new(brief, &prompt_text, &plan.template);
    let field_plans = field_plans(engine, plan, channel, &prompts);
    let mut sets: Vec<SetCandidate<'_>> = (0..plan.spec.draft.candidates)
        .map(|number| SetCandidate::new(number, &field_plans))
        .collect();
    for round in 0..ROUNDS {
        // All of a round is submitted before any of it is awaited, so that it runs as one batch.
        let mut waiting = Vec::new();
        for set in &mut sets {
            for answers in &mut set.fields {
                let wanted = answers.wanted(round);
                if wanted == 0 {
                    continue;
                }
                let field = answers.plan;
                let item = answer_key(&brief.external_ref, &field.part.name, set.number, round);
                let events = submit(engine, field.prompt, item, wanted, &field.params).await?;
                waiting.push((events, wanted, item, answers));
            }
        }
        if waiting.is_empty() {
            break;
        }
        let span = tracing::info_span!("generate", external_ref, round, requests = waiting.len());
        for (events, wanted, item, answers) in waiting {
            let mut answered = collect(events, wanted).instrument(span.clone()).await?;
            if engine.writes_reasoning() {
                for answer in &mut answered {
                    // Its tokens stay with the draft's; a set has room for nothing but entries.
                    let is_open = reasoning::is_open(&answers.plan.prompt.text);
                    reasoning::cut(&mut answer.text, is_open);
                }
            }
            answers.add(item, answered, &rules);
        }
        for set in &mut sets {
            set.choose(&brief.language);
        }
    }
    let started = Instant::now();
    tracing::info_span!("score", external_ref)
        .in_scope(|| assemble::drafts(engine, plan, input, channel, &prompt_text, &sets, started))
}

/// What is wanted of each field that the template has a part for, in the order of the channel.
fn field_plans<'a>(
    engine: &Engine,
    plan: &'a DraftPlan,
    channel: &'a ChannelSpec,
    prompts: &'a [Prompt],
) -> Vec<FieldPlan<'a>> {
    let parts = || plan.template.front.parts.iter().zip(prompts);
    channel
        .fields
        .iter()
        .filter_map(|field| {
            let (part, prompt) = parts().find(|(part, _)| part.name == field.name)?;
            let target = plan.target(part) as usize;
            Some(FieldPlan {
                field,
                part,
                prompt,
                target: target.clamp(field.min_items.max(1), field.max_items),
                params: part_params(engine, plan, part, prompt),
            })
        })
        .collect()
}

/// Sampling of a part: the campaign's, with the length of an answer that the template knows.
fn part_params(
    engine: &Engine,
    plan: &DraftPlan,
    part: &PartSpec,
    prompt: &Prompt,
) -> SamplingParams {
    let mut params = sampling_params(&plan.spec.draft, &prompt.stop, engine);
    params.max_tokens = part.max_tokens.min(plan.spec.draft.max_tokens);
    // A least length is asked of running text; a headline that is drawn out is no better.
    params.min_tokens = 0;
    params
}

/// The `item` of an answer's random numbers: the same brief, part, set and round draw the same.
///
/// NUL stands between the pieces; no key of a brief and no name of a part holds one.
fn answer_key(external_ref: &str, part: &str, set: u32, round: u32) -> u64 {
    item_key(&format!("{external_ref}\0{part}\0{set}\0{round}"))
}

/// Rows that one item of this plan fills at once: what its first round asks for.
pub(super) fn rows(plan: &DraftPlan) -> usize {
    let parts = plan.template.front.parts.iter();
    let answers: u32 = parts
        .map(|part| field_answers::first_round(plan.target(part), part.per_answer))
        .sum();
    answers.max(1) as usize * plan.spec.draft.candidates.max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_random_numbers_of_its_own() {
        let mut keys = std::collections::BTreeSet::new();
        for external_ref in ["a", "b"] {
            for part in ["headlines", "descriptions"] {
                for set in 0..3 {
                    for round in 0..ROUNDS {
                        keys.insert(answer_key(external_ref, part, set, round));
                    }
                }
            }
        }
        assert_eq!(keys.len(), 2 * 2 * 3 * ROUNDS as usize);
        assert!(!keys.contains(&item_key("a")));
        // Written down once: another derivation would change every set ever drafted.
        assert_eq!(
            format!("{:016x}", answer_key("a", "headlines", 0, 0)),
            "c7826ef04991b073"
        );
    }
}
