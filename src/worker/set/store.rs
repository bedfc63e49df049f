//! Sets as drafts: text, parts, score card, and what is needed to draft them again.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::job::{Job, JobError};
use super::Set;
use super::pool::Pool;
use crate::channel::ChannelSpec;
use crate::domain::draft::{FinishReason, Timings};
use crate::domain::score::ScoreCard;
use crate::engine::{Candidate, Engine};
use crate::scoring;
use crate::store::{LeasedItem, NewDraft};

/// Drafts of an item's sets, best first.
///
/// A set that is short of the channel's minimum is stored all the same: its gate is closed, and an
/// editor can fill it up. Only an item whose every set lacks a whole field is given up.
pub(super) fn drafts(
    engine: &Engine,
    job: &Job,
    leased: &LeasedItem,
    channel: &ChannelSpec,
    asked: &str,
    sets: &[Set<'_>],
    started: Instant,
) -> Result<Vec<NewDraft>, JobError> {
    let empty = |set: &Set<'_>| {
        let mut pools = set.pools.iter();
        pools.position(|pool| pool.want.field.min_items > 0 && pool.chosen.entries.is_empty())
    };
    if let Some(pool) = sets
        .iter()
        .map(|set| empty(set).map(|at| &set.pools[at]))
        .collect::<Option<Vec<_>>>()
        .and_then(|pools| pools.first().copied())
    {
        return Err(JobError::EmptySet {
            part: pool.want.part.name.clone(),
            account: pool.account(),
        });
    }
    let judged: Vec<(String, Value, ScoreCard)> = sets
        .iter()
        .map(|set| judged(leased, channel, asked, set))
        .collect();
    let cards: Vec<&ScoreCard> = judged.iter().map(|(_, _, card)| card).collect();
    let order = scoring::rank(&cards);
    #[expect(clippy::cast_precision_loss, reason = "a few sets")]
    let score_ms = started.elapsed().as_secs_f64() * 1e3 / sets.len().max(1) as f64;
    Ok(order
        .into_iter()
        .enumerate()
        .map(|(place, index)| {
            let (set, (text, parts, card)) = (&sets[index], &judged[index]);
            let answers = set.pools.iter().flat_map(Pool::answered);
            NewDraft {
                id: Uuid::now_v7(),
                brief_id: leased.brief_id,
                brief_revision: leased.brief_revision,
                candidate_no: set.number as i32,
                rank: place as i32 + 1,
                kept: (place as u32) < job.spec.review.keep,
                channel: Some(channel.name.clone()),
                text: text.clone(),
                parts: Some(parts.clone()),
                card: card.clone(),
                finish_reason: FinishReason::Stop,
                template_sha256: job.template.sha256.clone(),
                model_sha256: engine.model().sha256.clone(),
                runtime: engine.runtime_version().to_owned(),
                params: recorded(job, set, leased.note.as_deref()),
                seed: job.spec.draft.seed as i64,
                prompt_tokens: set
                    .pools
                    .iter()
                    .map(|pool| pool.want.prompt.tokens.len() as i32)
                    .sum(),
                token_ids: answers
                    .clone()
                    .flat_map(|answer| &answer.token_ids)
                    .map(|id| *id as i32)
                    .collect(),
                logprobs: answers
                    .flat_map(|answer| &answer.logprobs)
                    .copied()
                    .collect(),
                timings_ms: timings(set, score_ms),
            }
        })
        .collect())
}

fn judged(
    leased: &LeasedItem,
    channel: &ChannelSpec,
    asked: &str,
    set: &Set<'_>,
) -> (String, Value, ScoreCard) {
    let parts: Map<String, Value> = set
        .pools
        .iter()
        .map(|pool| (pool.want.part.name.clone(), json!(pool.texts())))
        .collect();
    let parts = Value::Object(parts);
    let text = crate::channel::render(channel, &parts);
    let mut fit = crate::channel::check(channel, &text, Some(&parts));
    // Too few is all that can be wrong with a chosen set, and "why so few" is what an editor asks.
    for pool in set
        .pools
        .iter()
        .filter(|pool| pool.chosen.entries.len() < pool.want.field.min_items)
    {
        let begins = format!(
            "{} {}, at least",
            pool.chosen.entries.len(),
            pool.want.part.name
        );
        for violation in &mut fit.violations {
            if violation.rule == "channel.too_few" && violation.message.starts_with(&begins) {
                violation.message = format!("{}; {}", violation.message, pool.account());
            }
        }
    }
    let card = scoring::score(
        &leased.brief,
        &scoring::Text {
            text: &text,
            parts: Some(&parts),
            finish: Some(scoring::Finish::Stop),
        },
        &scoring::Context {
            channel: Some(&fit),
            prompt: Some(asked),
            length: None,
        },
    );
    (text, parts, card)
}

/// `params` of a set: the sampling of each part, and every answer by round.
fn recorded(job: &Job, set: &Set<'_>, note: Option<&str>) -> Value {
    let parts: Map<String, Value> = set
        .pools
        .iter()
        .map(|pool| {
            let rounds: Vec<Value> = pool
                .rounds
                .iter()
                .map(|(item, answers)| {
                    let tokens: Vec<usize> = answers.iter().map(|answer| answer.token_ids.len()).collect();
                    json!({ "item": format!("{item:016x}"), "candidates": answers.len(), "tokens": tokens })
                })
                .collect();
            let chosen: Vec<[usize; 2]> = pool
                .chosen
                .entries
                .iter()
                .map(|index| pool.origins[*index].into())
                .collect();
            let part = json!({
                "target": pool.want.target, "sampling": pool.want.params, "rounds": rounds,
                "chosen": chosen, "refused": pool.refused(),
            });
            (pool.want.part.name.clone(), part)
        })
        .collect();
    let mut recorded =
        json!({ "set": set.number, "candidates": job.spec.draft.candidates, "parts": parts });
    if let Some(note) = note {
        recorded["note"] = note.into();
    }
    recorded
}

/// Rounds follow each other; the answers of one run side by side, so the longest counts.
fn timings(set: &Set<'_>, score: f64) -> Timings {
    let longest = |answers: &[&Candidate], of: fn(&Candidate) -> f64| {
        answers.iter().map(|answer| of(answer)).fold(0.0, f64::max)
    };
    let mut rounds: BTreeMap<usize, Vec<&Candidate>> = BTreeMap::new();
    for pool in &set.pools {
        for (number, (_, answers)) in pool.rounds.iter().enumerate() {
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
