//! What `models check` says of a model that takes a latent vector or noise.

use std::time::Instant;

use serde_json::json;

use super::found::Found;
use super::sample;
use crate::engine::{DeclaredKind, Engine, EngineError, SamplingParams};

/// Texts that are timed.
const TEXTS: u32 = 32;

/// What the model takes beside or in place of a prompt, where it takes something, and whether its encoder works.
pub(super) fn line(engine: &Engine, found: &mut Found) -> Result<(), EngineError> {
    let Some(size) = engine.latent_size() else {
        return Ok(());
    };
    let model = engine.model();
    let detail = if model.kind() == Some(DeclaredKind::OneShot) {
        let positions = engine.most_positions().unwrap_or(0);
        format!(
            "{size} numbers of noise become a text of at most {positions} tokens; the prompt is not read"
        )
    } else {
        let encoder = match engine.latent_of("Rain is water that falls from clouds.") {
            Ok(Some(_)) => "the encoder finds those of a given text".to_owned(),
            Ok(None) => "there is no encoder".to_owned(),
            // What is wrong is the sentence and not the model.
            Err(
                error @ (EngineError::PromptTooLong { .. } | EngineError::TokenBeyondModel { .. }),
            ) => format!("the encoder was not tried: {error}"),
            Err(error) => return Err(error),
        };
        format!("{size} numbers a text, drawn for each candidate; {encoder}")
    };
    found.checks.push(("latent", detail));
    found.figures.insert("latent".to_owned(), size.into());
    Ok(())
}

/// How fast texts are made of noise.
pub(super) async fn speed(
    engine: &Engine,
    no_speed: bool,
    found: &mut Found,
) -> Result<(), EngineError> {
    if no_speed {
        return Ok(());
    }
    let started = Instant::now();
    let texts = sample::texts(engine, SamplingParams::default(), TEXTS).await?;
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let tokens: usize = texts.iter().map(|text| text.token_ids.len()).sum();
    let (texts_s, tok_s) = (texts.len() as f64 / seconds, tokens as f64 / seconds);
    found
        .checks
        .push(("speed", format!("{texts_s:.0} texts/s, {tok_s:.0} tok/s")));
    found.figures.insert(
        "speed".to_owned(),
        json!({ "texts_s": texts_s, "tok_s": tok_s }),
    );
    Ok(())
}
