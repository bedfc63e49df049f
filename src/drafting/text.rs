//! A draft of running text: rendered, generated, scored.

use std::time::Instant;

use serde_json::json;
use tracing::Instrument;

use super::assemble::{self, ScoredCandidate};
use super::error::DraftError;
use super::input::BriefInput;
use super::plan::DraftPlan;
use super::reasoning;
use super::request::{collect, item_key, sampling_params, submit};
use crate::domain::draft::{NewDraft, Timings};
use crate::engine::Engine;
use crate::scoring;

/// Every candidate of a brief, best first.
///
/// # Errors
/// [`DraftError`].
pub(super) async fn drafts(
    engine: &Engine,
    plan: &DraftPlan,
    input: &BriefInput<'_>,
) -> Result<Vec<NewDraft>, DraftError> {
    let brief = input.brief;
    let external_ref = brief.external_ref.as_str();
    let channel = plan.channel(brief)?;
    let prompt = tracing::info_span!("render", external_ref)
        .in_scope(|| plan.prompt(brief, input.note, engine))?;
    let params = sampling_params(&plan.spec.draft, &prompt.stop, engine);
    let item = item_key(&brief.external_ref);
    let candidates = plan.spec.draft.candidates;
    let generate = async {
        let events = submit(engine, &prompt, item, candidates, &params).await?;
        collect(events, candidates).await
    };
    let finished = generate
        .instrument(tracing::info_span!("generate", external_ref, candidates))
        .await?;
    let _scoring = tracing::info_span!("score", external_ref).entered();
    let recorded =
        json!({ "item": format!("{item:016x}"), "candidates": candidates, "sampling": params });
    let scorer = scoring::Scorer::new(brief);
    let scored = finished.into_iter().map(|mut candidate| {
        let started = Instant::now();
        let mut recorded = recorded.clone();
        if engine.writes_reasoning()
            && let Some(reasoning) =
                reasoning::cut(&mut candidate.text, reasoning::is_open(&prompt.text))
        {
            recorded["reasoning"] = reasoning.into();
        }
        let text = candidate.text.trim().to_owned();
        let controls = engine.controls().find(&text);
        let control_tokens: Vec<_> = controls.into_iter().map(|control| control.bytes).collect();
        let fit = channel.map(|spec| crate::channel::check(spec, &text, None));
        let card = scorer.score(
            &scoring::Text {
                text: &text,
                parts: None,
                finish: Some(candidate.finish_reason),
            },
            &scoring::Context {
                channel: fit.as_ref(),
                prompt: Some(&prompt.text),
                length: Some(plan.template.front.length),
                control_tokens: &control_tokens,
            },
        );
        ScoredCandidate {
            number: candidate.candidate,
            text,
            parts: None,
            card,
            finish_reason: candidate.finish_reason,
            params: recorded,
            prompt_tokens: candidate.prompt_tokens,
            token_ids: candidate.token_ids,
            logprobs: candidate.logprobs,
            timings_ms: Timings {
                queue: candidate.queue_ms,
                prefill: candidate.prefill_ms,
                decode: candidate.decode_ms,
                score: started.elapsed().as_secs_f64() * 1e3,
            },
        }
    });
    let scored = scored.collect();
    Ok(assemble::drafts(engine, plan, input, channel, scored))
}

/// Rows of a step that one brief fills.
pub(super) fn rows(plan: &DraftPlan) -> usize {
    plan.spec.draft.candidates.max(1) as usize
}
