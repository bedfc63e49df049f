//! `nightdesk generate`: one prompt through the engine, the text as it comes.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::sampling::SamplingArgs;
use super::{input_files, output, progress};
use crate::domain::problem::Problem;
use crate::engine::{
    Candidate, ChatMessage, Engine, EngineError, Event, GenerateRequest, SamplingDefaults,
};
use crate::files::MOST_TEXT;

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// Model folder, or the name of one under the models folder.
    #[arg(long, value_name = "DIR", default_value = "smollm2-135m-instruct")]
    model: PathBuf,
    /// Which of the model's graphs, such as q4, where the folder holds it in several precisions.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// What to ask; wrapped in the model's chat template.
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    prompt: Option<String>,
    /// File that holds what to ask; `-` or neither this nor --prompt reads standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Standing instructions in front of it.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Give the prompt to the model as it is, without the chat template.
    #[arg(long, conflicts_with = "system")]
    raw: bool,
    /// Texts wanted.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    candidates: u32,
    /// With --json: a line for each part of a text as it comes, then one for each finished text.
    #[arg(long, requires = "json")]
    stream: bool,
    #[command(flatten)]
    sampling: SamplingArgs,
}

pub(super) async fn generate(context: &Context, args: GenerateArgs) -> Result<(), Failure> {
    let params = args.sampling.clone().params(&SamplingDefaults::default());
    // Before the model is loaded: a wrong flag should not take a second to be refused.
    params.check().map_err(by_flag)?;
    let asked = match args.prompt {
        Some(prompt) => prompt,
        None => read_prompt(args.file.as_deref()).await?,
    };
    // The chat template would wrap nothing into a prompt that is not empty.
    if asked.trim().is_empty() {
        return Err(EngineError::EmptyPrompt.into());
    }
    let dir = if args.model.is_dir() {
        args.model
    } else {
        context.config.models.value.join(args.model)
    };
    let spinner = progress::spinner("loading the model");
    let engine = context.engine(dir, args.variant).await;
    spinner.finish_and_clear();
    let engine = engine?;
    let params = args.sampling.params(&engine.model().configuration.sampling);
    engine.check_params(&params).map_err(by_flag)?;
    let text = if args.raw {
        asked
    } else {
        let system = args.system.as_deref().map(|content| ChatMessage {
            role: "system",
            content,
        });
        let user = ChatMessage {
            role: "user",
            content: &asked,
        };
        let messages: Vec<_> = system.into_iter().chain([user]).collect();
        engine
            .chat()
            .render(&messages, chrono::Utc::now().date_naive())?
    };
    let mut events = engine
        .submit(GenerateRequest {
            item: 0,
            prompt: engine.tokenizer().encode(&text),
            prefix_len: 0,
            candidates: args.candidates,
            params,
        })
        .await?;
    let mut stop = context.interrupt.handle();
    let mut finished = Vec::new();
    // Several texts end in any order and are shown in that of their numbers.
    let mut printed = 0;
    let one = args.candidates == 1;
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
                let mut shown = shown(&engine, &done);
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
                    output::heading(&format!("candidate {}", next.candidate))?;
                    output::line(next.text.trim())?;
                    printed += 1;
                }
            }
        }
    }
    if finished.len() != args.candidates as usize {
        return Err(EngineError::Stopped.into());
    }
    finished.sort_by_key(|done| done.candidate);
    if !context.json {
        for done in &finished {
            note(done, one);
        }
        return Ok(());
    }
    let shown: Vec<Value> = finished.iter().map(|done| shown(&engine, done)).collect();
    match (args.stream, shown.as_slice()) {
        (true, _) => Ok(()),
        (false, [one]) => output::json(one),
        (false, several) => output::json(&several),
    }
}

/// The prompt from a file or from standard input.
async fn read_prompt(file: Option<&Path>) -> Result<String, Failure> {
    if file.is_none() && std::io::stdin().is_terminal() {
        return Err(Problem::new("usage", "there is no prompt")
            .hint("give `--prompt TEXT`, `--file FILE`, or text on standard input")
            .into());
    }
    let file = file.unwrap_or(Path::new("-"));
    let text = input_files::read_text(file, MOST_TEXT)
        .await
        .map_err(|fault| {
            let place = match file.display().to_string() {
                stdin if stdin == "-" => "standard input".to_owned(),
                named => named,
            };
            Problem::new("prompt.unreadable", format!("cannot be read: {fault}"))
                .file(place)
                .hint(fault.hint().unwrap_or("a prompt is UTF-8 text"))
        })?;
    Ok(text)
}

fn speed(done: &Candidate) -> f64 {
    done.token_ids.len().saturating_sub(1) as f64 * 1e3 / done.decode_ms.max(0.1)
}

/// A finished text as JSON.
fn shown(engine: &Engine, done: &Candidate) -> Value {
    let mut shown = json!({
        "text": done.text, "finish_reason": done.finish_reason, "token_ids": done.token_ids,
        "logprobs": done.logprobs, "prompt_tokens": done.prompt_tokens,
        "output_tokens": done.token_ids.len(), "prefill_ms": done.prefill_ms,
        "decode_ms": done.decode_ms, "tok_s": speed(done), "model": engine.model().name,
        "model_sha256": engine.model().sha256, "runtime": engine.runtime_version(),
    });
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
