//! Requests to the engine: how a campaign samples, the key of a brief's random numbers, and all of what comes back.

use sha2::{Digest, Sha256};

use crate::domain::campaign::DraftSettings;
use crate::engine::{Candidate, Engine, EngineError, Event, SamplingParams};

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

/// Sampling parameters of a campaign with this model, with the template's stop strings.
pub(super) fn sampling_params(
    draft: &DraftSettings,
    template_stop: &[String],
    engine: &Engine,
) -> SamplingParams {
    let recommended = &engine.model().configuration.sampling;
    let mut params = SamplingParams::of(draft, recommended);
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
