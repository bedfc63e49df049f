//! Short texts that a loaded model is asked for while it is checked.

use crate::engine::{
    Candidate, ChatMessage, Engine, EngineError, Event, GenerateRequest, SamplingParams,
};

/// A short greedy text.
pub(super) async fn greedy(engine: &Engine) -> Result<String, EngineError> {
    let params = SamplingParams {
        temperature: 0.0,
        max_tokens: 24,
        ..SamplingParams::default()
    };
    let texts = texts(engine, params, 1).await?;
    let first = texts.into_iter().next().ok_or(EngineError::Stopped)?;
    Ok(first.text)
}

/// So many texts, in the order in which they end.
pub(super) async fn texts(
    engine: &Engine,
    params: SamplingParams,
    candidates: u32,
) -> Result<Vec<Candidate>, EngineError> {
    let request = GenerateRequest {
        item: 0,
        prompt: prompt(engine)?,
        prefix_len: 0,
        candidates,
        params,
        latents: Vec::new(),
    };
    let mut events = engine.submit(request).await?;
    let mut finished = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Text { .. } => {}
            Event::Finished(done) => finished.push(*done),
            Event::Failed(error) => return Err(error),
        }
    }
    Ok(finished)
}

/// A short conversation; nothing where the model draws what its text is about.
fn prompt(engine: &Engine) -> Result<Vec<u32>, EngineError> {
    if engine.latent_size().is_some() {
        return Ok(engine.empty_prompt());
    }
    let message = |role, content| ChatMessage { role, content };
    let messages = [
        message("system", "You answer in one sentence."),
        message("user", "What is rain?"),
        message("assistant", "Rain is water that falls from clouds."),
        message("user", "What is a newspaper?"),
    ];
    let today = chrono::Utc::now().date_naive();
    let prompt = engine.chat().render(&messages, today)?;
    Ok(engine.tokenizer().encode(&prompt))
}
