//! Sets as drafts: text, parts, score card, and what is needed to draft them again.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::candidate::SetCandidate;
use super::field_answers::FieldAnswers;
use crate::channel::ChannelSpec;
use crate::domain::brief::Brief;
use crate::domain::draft::{FinishReason, NewDraft, Timings};
use crate::domain::score::ScoreCard;
use crate::drafting::assemble::{self, ScoredCandidate};
use crate::drafting::error::DraftError;
use crate::drafting::input::BriefInput;
use crate::drafting::plan::DraftPlan;
use crate::engine::{Candidate, Engine};
use crate::scoring;

/// Drafts of an item's sets, best first.
///
/// A set that is short of the channel's minimum is stored all the same: its gate is closed, and an
/// editor can fill it up. Only an item whose every set lacks a whole field is given up.
pub(super) fn drafts(
    engine: &Engine,
    plan: &DraftPlan,
    input: &BriefInput<'_>,
    channel: &ChannelSpec,
    prompt_text: &str,
    sets: &[SetCandidate<'_>],
    started: Instant,
) -> Result<Vec<NewDraft>, DraftError> {
    let empty = |set: &SetCandidate<'_>| {
        let mut fields = set.fields.iter();
        fields.position(|field| field.plan.field.min_items > 0 && field.chosen.entries.is_empty())
    };
    if let Some(answers) = sets
        .iter()
        .map(|set| empty(set).map(|at| &set.fields[at]))
        .collect::<Option<Vec<_>>>()
        .and_then(|fields| fields.first().copied())
    {
        return Err(DraftError::EmptySet {
            part: answers.plan.part.name.clone(),
            account: answers.account(),
        });
    }
    #[expect(clippy::cast_precision_loss, reason = "a few sets")]
    let score_ms =
        |started: Instant| started.elapsed().as_secs_f64() * 1e3 / sets.len().max(1) as f64;
    let scored: Vec<(String, Value, ScoreCard)> = sets
        .iter()
        .map(|set| score(engine, input.brief, channel, prompt_text, set))
        .collect();
    let score_ms = score_ms(started);
    let candidates = sets.iter().zip(scored).map(|(set, (text, parts, card))| {
        let answers = set.fields.iter().flat_map(FieldAnswers::answered);
        let prompts = set
            .fields
            .iter()
            .map(|answers| answers.plan.prompt.tokens.len());
        ScoredCandidate {
            number: set.number,
            text,
            parts: Some(parts),
            card,
            finish_reason: FinishReason::Stop,
            params: recorded(plan, set),
            prompt_tokens: prompts.sum(),
            token_ids: answers
                .clone()
                .flat_map(|answer| &answer.token_ids)
                .copied()
                .collect(),
            logprobs: answers
                .flat_map(|answer| &answer.logprobs)
                .copied()
                .collect(),
            timings_ms: timings(set, score_ms),
        }
    });
    let candidates = candidates.collect();
    Ok(assemble::drafts(
        engine,
        plan,
        input,
        Some(channel),
        candidates,
    ))
}

fn score(
    engine: &Engine,
    brief: &Brief,
    channel: &ChannelSpec,
    prompt_text: &str,
    set: &SetCandidate<'_>,
) -> (String, Value, ScoreCard) {
    let parts: Map<String, Value> = set
        .fields
        .iter()
        .map(|answers| (answers.plan.part.name.clone(), json!(answers.texts())))
        .collect();
    let parts = Value::Object(parts);
    let text = crate::channel::render(channel, &parts);
    let mut fit = crate::channel::check(channel, &text, Some(&parts));
    // Too few is all that can be wrong with a chosen set, and "why so few" is what an editor asks.
    for answers in &set.fields {
        let name = Some(&answers.plan.part.name);
        for violation in &mut fit.violations {
            if violation.rule == "channel.too_few" && violation.field.as_ref() == name {
                violation.message = format!("{}; {}", violation.message, answers.account());
            }
        }
    }
    let controls = engine.controls().find(&text);
    let control_tokens: Vec<_> = controls.into_iter().map(|control| control.bytes).collect();
    let card = scoring::score(
        brief,
        &scoring::Text {
            text: &text,
            parts: Some(&parts),
            finish: Some(FinishReason::Stop),
        },
        &scoring::Context {
            channel: Some(&fit),
            prompt: Some(prompt_text),
            length: None,
            control_tokens: &control_tokens,
        },
    );
    (text, parts, card)
}

/// `params` of a set: the sampling of each part, and every answer by round.
fn recorded(plan: &DraftPlan, set: &SetCandidate<'_>) -> Value {
    let parts: Map<String, Value> = set
        .fields
        .iter()
        .map(|answers| {
            let rounds: Vec<Value> = answers
                .rounds
                .iter()
                .map(|(item, answers)| {
                    let tokens: Vec<usize> = answers.iter().map(|answer| answer.token_ids.len()).collect();
                    json!({ "item": format!("{item:016x}"), "candidates": answers.len(), "tokens": tokens })
                })
                .collect();
            let chosen: Vec<[usize; 2]> = answers
                .chosen
                .entries
                .iter()
                .map(|index| answers.origins[*index].into())
                .collect();
            let part = json!({
                "target": answers.plan.target, "sampling": answers.plan.params, "rounds": rounds,
                "chosen": chosen, "refused": answers.refused(),
            });
            (answers.plan.part.name.clone(), part)
        })
        .collect();
    json!({ "set": set.number, "candidates": plan.spec.draft.candidates, "parts": parts })
}

/// Rounds follow each other; the answers of one run side by side, so the longest counts.
fn timings(set: &SetCandidate<'_>, score: f64) -> Timings {
    let longest = |answers: &[&Candidate], of: fn(&Candidate) -> f64| {
        answers.iter().map(|answer| of(answer)).fold(0.0, f64::max)
    };
    let mut rounds: BTreeMap<usize, Vec<&Candidate>> = BTreeMap::new();
    for field in &set.fields {
        for (number, (_, answers)) in field.rounds.iter().enumerate() {
            rounds.entry(number).or_default().extend(answers);
        }
    }
    let sum = |of: fn(&Candidate) -> f64| rounds.values().map(|answers| longest(answers, of)).sum();
    Timings {
        queue: sum(|answer| answer.queue_ms),
        prefill: sum(|answer| answer.prefill_ms),
        decode: sum(|answer| answer.decode_ms),
        score,
    }
}
