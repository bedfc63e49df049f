//! Requests to the engine: how a campaign samples, the key of a brief's random numbers, and all of what comes back.

use sha2::{Digest, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;

use super::prompt::Prompt;
use crate::domain::campaign::DraftSettings;
use crate::domain::draft::storable;
use crate::engine::{Candidate, Engine, EngineError, Event, GenerateRequest, SamplingParams};

/// What the engine says of a request, one event after the other.
pub(super) type Events = UnboundedReceiver<Event>;

/// Asks for candidates of a prompt; `item` is the key of their random numbers.
pub(super) async fn submit(
    engine: &Engine,
    prompt: &Prompt,
    item: u64,
    candidates: u32,
    params: &SamplingParams,
) -> Result<Events, EngineError> {
    let request = GenerateRequest {
        item,
        prompt: prompt.tokens.clone(),
        prefix_len: prompt.prefix_len,
        candidates,
        params: params.clone(),
        latents: Vec::new(),
    };
    engine.submit(request).await
}

/// Every candidate, in the order of their numbers, with its text as a draft stores it.
pub(super) async fn collect(
    mut events: Events,
    candidates: u32,
) -> Result<Vec<Candidate>, EngineError> {
    let mut finished = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Text { .. } => {}
            Event::Finished(mut candidate) => {
                candidate.text = storable(&candidate.text);
                finished.push(*candidate);
            }
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

/// Sampling parameters of a campaign with this model, with the template's stop strings.
pub(super) fn sampling_params(
    settings: &DraftSettings,
    template_stop: &[String],
    engine: &Engine,
) -> SamplingParams {
    let recommended = &engine.model().configuration.sampling;
    let mut params = SamplingParams::of(settings, recommended);
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
