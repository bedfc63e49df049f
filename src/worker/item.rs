//! One brief: render, tokenize, generate, score, rank.

use std::time::Instant;

use sha2::{Digest, Sha256};
use tracing::Instrument;
use uuid::Uuid;

use super::job::{Job, JobError};
use super::set;
use crate::domain::draft::{FinishReason, Timings};
use crate::domain::problem::Problem;
use crate::domain::run::FailureKind;
use crate::engine::{Candidate, Engine, EngineError, Event, GenerateRequest, SamplingParams};
use crate::scoring;
use crate::store::{ItemOutcome, LeasedItem, NewDraft};

/// Drafts one item; every error becomes its outcome, never the worker's.
pub(super) async fn draft(engine: &Engine, job: &Job, leased: LeasedItem) -> ItemOutcome {
    let (brief_id, epoch) = (leased.brief_id, leased.epoch);
    match drafts(engine, job, &leased).await {
        Ok(drafts) => ItemOutcome::Done {
            brief_id,
            epoch,
            drafts,
        },
        Err(error) => {
            let kind = match &error {
                JobError::Engine(error) if !error.is_permanent() => FailureKind::Transient,
                _ => FailureKind::Permanent,
            };
            let problem: Problem = error.problem();
            tracing::warn!(
                external_ref = leased.brief.external_ref,
                code = problem.code,
                "brief {} could not be drafted: {}",
                leased.brief.external_ref,
                problem.message
            );
            ItemOutcome::Failed {
                brief_id,
                epoch,
                kind,
                problem,
            }
        }
    }
}

pub(super) async fn drafts(
    engine: &Engine,
    job: &Job,
    leased: &LeasedItem,
) -> Result<Vec<NewDraft>, JobError> {
    if job.drafts_sets() {
        return set::drafts(engine, job, leased).await;
    }
    let brief = &leased.brief;
    let channel = job.channel(brief)?;
    let (run_id, external_ref) = (job.run_id, brief.external_ref.as_str());
    let prompt = tracing::info_span!("render", %run_id, external_ref)
        .in_scope(|| job.prompt(brief, leased.note.as_deref(), engine))?;
    let params = sampling_params(job, &prompt.stop);
    let item = item_key(&brief.external_ref);
    let candidates = job.spec.draft.candidates;
    let request = GenerateRequest {
        item,
        prompt: prompt.tokens.clone(),
        prefix_len: prompt.prefix_len,
        candidates,
        params: params.clone(),
    };
    let generate = async { collect(engine.submit(request).await?, candidates).await };
    let finished = generate
        .instrument(tracing::info_span!("generate", %run_id, external_ref, candidates))
        .await?;
    let scoring_span = tracing::info_span!("score", %run_id, external_ref).entered();
    let scorer = scoring::Scorer::new(brief);
    let scored: Vec<_> = finished
        .iter()
        .map(|candidate| {
            let started = Instant::now();
            let text = storable(&candidate.text);
            let text = text.as_str();
            let fit = channel.map(|spec| crate::channel::check(spec, text, None));
            let card = scorer.score(
                &scoring::Text {
                    text,
                    parts: None,
                    finish: Some(match candidate.finish_reason {
                        FinishReason::Length => scoring::Finish::Length,
                        FinishReason::Stop | FinishReason::StopSequence => scoring::Finish::Stop,
                    }),
                },
                &scoring::Context {
                    channel: fit.as_ref(),
                    prompt: Some(&prompt.text),
                    length: Some(job.template.front.length),
                },
            );
            (card, started.elapsed().as_secs_f64() * 1e3)
        })
        .collect();
    let cards: Vec<_> = scored.iter().map(|(card, _)| card).collect();
    let order = scoring::rank(&cards);
    drop(scoring_span);
    let mut recorded = serde_json::json!({ "item": format!("{item:016x}"), "candidates": candidates, "sampling": params });
    if let Some(note) = &leased.note {
        // Without it the prompt could not be made again.
        recorded["note"] = note.as_str().into();
    }
    Ok(order
        .into_iter()
        .enumerate()
        .map(|(place, index)| {
            let (candidate, (card, score_ms)) = (&finished[index], &scored[index]);
            NewDraft {
                id: Uuid::now_v7(),
                brief_id: leased.brief_id,
                brief_revision: leased.brief_revision,
                candidate_no: candidate.candidate as i32,
                rank: place as i32 + 1,
                kept: (place as u32) < job.spec.review.keep,
                channel: channel.map(|spec| spec.name.clone()),
                text: storable(&candidate.text),
                parts: None,
                card: card.clone(),
                finish_reason: candidate.finish_reason,
                template_sha256: job.template.sha256.clone(),
                model_sha256: engine.model().sha256.clone(),
                runtime: engine.runtime_version().to_owned(),
                params: recorded.clone(),
                seed: job.spec.draft.seed as i64,
                prompt_tokens: candidate.prompt_tokens as i32,
                token_ids: candidate.token_ids.iter().map(|id| *id as i32).collect(),
                logprobs: candidate.logprobs.clone(),
                timings_ms: Timings {
                    queue: candidate.queue_ms,
                    prefill: candidate.prefill_ms,
                    decode: candidate.decode_ms,
                    score: *score_ms,
                },
            }
        })
        .collect())
}

/// The text as it is stored: without blanks around it, and without U+0000, which a model can produce
/// and Postgres refuses; one such text would fail the commit of its whole group, every night again.
fn storable(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

/// Every candidate, in the order of their numbers.
pub(super) async fn collect(
    mut events: tokio::sync::mpsc::UnboundedReceiver<Event>,
    candidates: u32,
) -> Result<Vec<Candidate>, EngineError> {
    let mut finished = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Text { .. } => {}
            Event::Finished(candidate) => finished.push(*candidate),
            Event::Failed(error) => return Err(error),
        }
    }
    // Fewer would be committed as done, and the missing ones never drafted.
    if finished.len() != candidates as usize {
        return Err(EngineError::Stopped);
    }
    finished.sort_by_key(|candidate| candidate.candidate);
    Ok(finished)
}

/// Sampling parameters of a campaign, with the template's stop strings.
pub(super) fn sampling_params(job: &Job, template_stop: &[String]) -> SamplingParams {
    let mut params = SamplingParams::from(&job.spec.draft);
    params.stop.extend_from_slice(template_stop);
    params
}

/// The brief's part of the key of its random numbers: of its own key, so that the same brief draws
/// the same numbers in another database.
pub(super) fn item_key(external_ref: &str) -> u64 {
    let hash = Sha256::digest(external_ref.as_bytes());
    let mut key = [0u8; 8];
    key.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_postgres_would_refuse_is_made_storable() {
        assert_eq!(storable(" Rain\u{0} fell. \u{0}\n"), "Rain fell.");
    }
}
