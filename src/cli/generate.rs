//! `nightdesk generate`: one prompt through the engine, the text as it comes.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::{output, progress};
use crate::domain::problem::Problem;
use crate::engine::{ChatMessage, EngineError, Event, GenerateRequest, SamplingParams};

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// Model folder, or the name of one under the models folder.
    #[arg(long, value_name = "DIR", default_value = "smollm2-135m-instruct")]
    model: PathBuf,
    /// What to ask; wrapped in the model's chat template.
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    /// Standing instructions in front of it.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Give the prompt to the model as it is, without the chat template.
    #[arg(long, conflicts_with = "system")]
    raw: bool,
    /// Most tokens generated.
    #[arg(long, value_name = "N", default_value_t = 160)]
    max_tokens: u32,
    /// 0 always takes the likeliest token; higher is more varied.
    #[arg(
        long,
        value_name = "T",
        default_value_t = 0.7,
        allow_negative_numbers = true
    )]
    temperature: f32,
    /// Draw from the likeliest so many tokens; 0 for no limit.
    #[arg(long, value_name = "K", default_value_t = 0)]
    top_k: u32,
    /// Draw from the likeliest tokens that make up this share of probability.
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.95,
        allow_negative_numbers = true
    )]
    top_p: f32,
    /// Above 1, tokens already in the prompt or the text become less likely.
    #[arg(
        long,
        value_name = "X",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    repetition_penalty: f32,
    /// Text that ends the output; may be given several times.
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Same seed, same prompt, same settings: same text.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) async fn generate(context: &Context, args: GenerateArgs) -> Result<(), Failure> {
    let params = SamplingParams {
        temperature: args.temperature,
        top_k: args.top_k,
        top_p: args.top_p,
        repetition_penalty: args.repetition_penalty,
        max_tokens: args.max_tokens,
        stop: args.stop,
        seed: args.seed,
    };
    // Before the model is loaded: a wrong flag should not take a second to be refused.
    params.check().map_err(by_flag)?;
    let dir = if args.model.is_dir() {
        args.model
    } else {
        context.config.models.value.join(args.model)
    };
    let spinner = progress::spinner("loading the model");
    let engine = context.engine(dir).await;
    spinner.finish_and_clear();
    let engine = engine?;
    let text = if args.raw {
        args.prompt
    } else {
        let system = args.system.as_deref().map(|content| ChatMessage {
            role: "system",
            content,
        });
        let user = ChatMessage {
            role: "user",
            content: &args.prompt,
        };
        let messages: Vec<_> = system.into_iter().chain([user]).collect();
        engine.chat().render(&messages)?
    };
    let mut events = engine
        .submit(GenerateRequest {
            item: 0,
            prompt: engine.tokenizer().encode(&text),
            prefix_len: 0,
            candidates: 1,
            params,
        })
        .await?;
    while let Some(event) = events.recv().await {
        match event {
            Event::Text { text, .. } if !context.json => output::part(&text)?,
            Event::Text { .. } => {}
            Event::Failed(error) => return Err(error.into()),
            Event::Finished(done) => {
                let tok_s =
                    done.token_ids.len().saturating_sub(1) as f64 * 1e3 / done.decode_ms.max(0.1);
                if context.json {
                    return output::json(&serde_json::json!({
                        "text": done.text, "finish_reason": done.finish_reason, "token_ids": done.token_ids,
                        "logprobs": done.logprobs, "prompt_tokens": done.prompt_tokens,
                        "output_tokens": done.token_ids.len(), "prefill_ms": done.prefill_ms,
                        "decode_ms": done.decode_ms, "tok_s": tok_s, "model": engine.model().name,
                        "model_sha256": engine.model().sha256, "runtime": engine.runtime_version(),
                    }));
                }
                output::line("")?;
                output::note(&format!(
                    "{} prompt tokens in {:.0} ms, {} output tokens at {tok_s:.0} tok/s, ended by {}",
                    done.prompt_tokens,
                    done.prefill_ms,
                    done.token_ids.len(),
                    done.finish_reason.as_str().replace('_', " ")
                ));
                return Ok(());
            }
        }
    }
    Err(Problem::new("engine.stopped", "the engine has stopped")
        .unexpected()
        .into())
}

/// A parameter out of range, named by its flag.
fn by_flag(error: EngineError) -> Problem {
    match &error {
        EngineError::InvalidParameter {
            key,
            expected,
            given,
        } => Problem::new(
            "generate.parameter",
            format!("must be {expected}, given {given}"),
        )
        .key(format!("--{}", key.replace('_', "-"))),
        _ => error.problem(),
    }
}
