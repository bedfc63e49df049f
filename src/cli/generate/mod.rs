//! `nightdesk generate`: one prompt through the engine, the text as it comes.

mod interpolation;
mod prompt;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use interpolation::{Interpolation, InterpolationArgs};
use prompt::PromptArgs;

use super::context::Context;
use super::failure::Failure;
use super::sampling::SamplingArgs;
use super::{output, progress};
use crate::domain::problem::Problem;
use crate::engine::{
    Candidate, Engine, EngineError, Event, GenerateRequest, ModelFolder, SamplingDefaults,
};

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// Model folder, or the name of one under the models folder.
    #[arg(long, value_name = "DIR", default_value = "smollm2-135m-instruct")]
    model: PathBuf,
    /// Which of the model's graphs, such as q4, where the folder holds it in several precisions.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    #[command(flatten)]
    prompt: PromptArgs,
    /// Texts wanted.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, conflicts_with = "latent_from", value_parser = clap::value_parser!(u32).range(1..=64))]
    candidates: u32,
    /// With --json: a line for each part of a text as it comes, then one for each finished text.
    #[arg(long, requires = "json")]
    stream: bool,
    #[command(flatten)]
    interpolation: InterpolationArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
}

pub(super) async fn generate(context: &Context, args: GenerateArgs) -> Result<(), Failure> {
    let interpolation = args.interpolation.interpolation();
    let sampling = match interpolation {
        // What differs between the texts is then nothing but their latent vectors.
        Some(_) => args.sampling.likeliest(),
        None => args.sampling,
    };
    let params = sampling.clone().params(&SamplingDefaults::default());
    // Before the model is loaded: a wrong flag should not take a second to be refused.
    params.check().map_err(by_flag)?;
    let dir = if args.model.is_dir() {
        args.model
    } else {
        context.config.models.value.join(args.model)
    };
    let kind = ModelFolder::declared_kind(&dir);
    let prompt = args.prompt.read(kind, interpolation.is_some()).await?;
    let spinner = progress::spinner("loading the model");
    let engine = context.engine(dir, args.variant).await;
    spinner.finish_and_clear();
    let engine = engine?;
    let params = sampling.params(&engine.model().configuration.sampling);
    engine.check_params(&params).map_err(by_flag)?;
    let latents = interpolation
        .as_ref()
        .map(|interpolation| interpolation.latents(&engine));
    let latents = latents.transpose()?.unwrap_or_default();
    let candidates = interpolation
        .as_ref()
        .map_or(args.candidates, Interpolation::steps);
    let mut events = engine
        .submit(GenerateRequest {
            item: 0,
            prompt: prompt.tokens(&engine)?,
            prefix_len: 0,
            candidates,
            params,
            latents,
        })
        .await?;
    let mut stop = context.interrupt.handle();
    let mut finished = Vec::new();
    // Several texts end in any order and are shown in that of their numbers.
    let mut printed = 0;
    let one = candidates == 1;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            // What was written stays on the screen, and the shell's prompt on a line of its own.
            _ = stop.changed() => {
                if !context.json {
                    output::line("")?;
                }
                return Err(Failure::interrupted());
            }
        };
        match event {
            None => break,
            Some(Event::Failed(error)) => return Err(error.into()),
            Some(Event::Text { text, candidate }) if args.stream => {
                output::line(&json!({ "candidate": candidate, "text": text }).to_string())?;
            }
            Some(Event::Text { text, .. }) if one && !context.json => output::part(&text)?,
            Some(Event::Text { .. }) => {}
            Some(Event::Finished(done)) if args.stream => {
                let mut shown = shown(&engine, &done, interpolation.as_ref());
                shown["candidate"] = done.candidate.into();
                output::line(&shown.to_string())?;
                finished.push(done);
            }
            Some(Event::Finished(done)) => {
                if one && !context.json {
                    output::line("")?;
                }
                finished.push(done);
                while let Some(next) = finished
                    .iter()
                    .find(|done| done.candidate == printed && !one && !context.json)
                {
                    output::heading(&match &interpolation {
                        Some(interpolation) => {
                            format!("{:.2} of the way", interpolation.share(next.candidate))
                        }
                        None => format!("candidate {}", next.candidate),
                    })?;
                    output::line(next.text.trim())?;
                    printed += 1;
                }
            }
        }
    }
    if finished.len() != candidates as usize {
        return Err(EngineError::Stopped.into());
    }
    finished.sort_by_key(|done| done.candidate);
    if !context.json {
        for done in &finished {
            note(done, one);
        }
        return Ok(());
    }
    let shown: Vec<Value> = finished
        .iter()
        .map(|done| shown(&engine, done, interpolation.as_ref()))
        .collect();
    match (args.stream, shown.as_slice()) {
        (true, _) => Ok(()),
        (false, [one]) => output::json(one),
        (false, several) => output::json(&several),
    }
}

fn speed(done: &Candidate) -> f64 {
    done.token_ids.len().saturating_sub(1) as f64 * 1e3 / done.decode_ms.max(0.1)
}

/// A finished text as JSON.
fn shown(engine: &Engine, done: &Candidate, interpolation: Option<&Interpolation>) -> Value {
    let mut shown = json!({
        "text": done.text, "finish_reason": done.finish_reason, "token_ids": done.token_ids,
        "logprobs": done.logprobs, "prompt_tokens": done.prompt_tokens,
        "output_tokens": done.token_ids.len(), "prefill_ms": done.prefill_ms,
        "decode_ms": done.decode_ms, "tok_s": speed(done), "model": engine.model().name,
        "model_sha256": engine.model().sha256, "runtime": engine.runtime_version(),
    });
    if let Some(interpolation) = interpolation {
        shown["share"] = interpolation.share(done.candidate).into();
    }
    if !done.top_logprobs.is_empty() {
        let token = |(id, logprob): &(u32, f32)| json!({ "id": id, "token": engine.tokenizer().decode(&[*id]), "logprob": logprob });
        let top = done.top_logprobs.iter();
        let tokens: Vec<Vec<Value>> = top
            .clone()
            .map(|position| position.tokens.iter().map(token).collect())
            .collect();
        shown["top_logprobs"] = tokens.into();
        shown["entropy"] = top.map(|position| position.entropy).collect();
    }
    shown
}

/// How it went, for people.
fn note(done: &Candidate, one: bool) {
    let which = if one {
        String::new()
    } else {
        format!("candidate {}: ", done.candidate)
    };
    output::note(&format!(
        "{which}{} prompt tokens in {:.0} ms, {} output tokens at {:.0} tok/s, ended by {}",
        done.prompt_tokens,
        done.prefill_ms,
        done.token_ids.len(),
        speed(done),
        done.finish_reason.as_str().replace('_', " ")
    ));
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
        .key(match *key {
            "banned_words" => "--ban".to_owned(),
            "top_logprobs" => "--logprobs".to_owned(),
            key => format!("--{}", key.replace('_', "-")),
        }),
        _ => error.problem(),
    }
}
