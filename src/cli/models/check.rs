//! `nightdesk models check`: one line for each thing that drafting needs of a model.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::found::Found;
use super::vocabulary::other_vocabulary;
use super::{latent, sample};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::hints::with_commands;
use crate::cli::output::{self, megabytes};
use crate::cli::progress;
use crate::domain::problem::Problem;
use crate::engine::{
    CacheKind, DeclaredKind, Engine, EngineError, ModelBenchmark, ModelFolder, runtime,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Model folder, or the name of one under the models folder.
    #[arg(value_name = "DIR", default_value = "smollm2-135m-instruct")]
    dir: PathBuf,
    /// Which of its graphs, such as q4, where the folder holds it in several precisions.
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Model folder to compare with, such as an fp32 export of the same weights.
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
    /// Keep its states in this way, to compare what it costs: in_place, append, recurrent or none.
    #[arg(long, value_name = "KIND", value_parser = <CacheKind as std::str::FromStr>::from_str)]
    cache: Option<CacheKind>,
    /// Leave the timings out.
    #[arg(long)]
    no_speed: bool,
}

pub(super) async fn check(context: &Context, args: CheckArgs) -> Result<(), Failure> {
    let dir = place(context, &args.dir);
    let mut found = Found::default();
    if let Err(problem) = everything(context, &dir, &args, &mut found).await {
        found.problem = Some(with_commands(problem));
    }
    if context.json {
        let checks = found
            .checks
            .iter()
            .map(|(name, detail)| json!({ "name": name, "pass": true, "detail": detail }));
        let failed = found.problem.as_ref().map(
            |problem| json!({ "name": problem.code, "pass": false, "detail": problem.message }),
        );
        let checks: Vec<Value> = checks.chain(failed).collect();
        let mut shown = json!({ "dir": dir, "checks": checks });
        for (key, value) in found.figures {
            shown[key] = value;
        }
        output::json(&shown)?;
    } else {
        for (name, detail) in &found.checks {
            output::line(&format!("ok    {name:<14} {detail}"))?;
        }
    }
    match found.problem {
        None => Ok(()),
        Some(problem) => Err(problem.into()),
    }
}

/// A folder, or the name of one under the models folder.
fn place(context: &Context, dir: &Path) -> PathBuf {
    if dir.is_dir() {
        dir.to_path_buf()
    } else {
        context.config.models.value.join(dir)
    }
}

/// Stops at the first problem: what comes after it would fail for the same reason.
async fn everything(
    context: &Context,
    dir: &Path,
    args: &CheckArgs,
    found: &mut Found,
) -> Result<(), Problem> {
    let spinner = progress::spinner("hashing the files");
    let folder = ModelFolder::open(dir, args.variant.as_deref());
    let folder = folder.map_err(|error| error.problem())?;
    let is_one_shot = folder.kind() == Some(DeclaredKind::OneShot);
    if is_one_shot && args.reference.is_some() {
        return Err(Problem::new(
            "usage",
            "a model of the kind one_shot reads no text, so no two can be compared on one",
        )
        .key("--reference"));
    }
    folder_lines(&folder, found);
    graph_lines(&folder, found);
    spinner.set_message("loading the model");
    let engine = context
        .engine(dir.to_path_buf(), args.variant.clone())
        .await;
    let engine = engine.map_err(|failure| match failure {
        Failure::Problem(problem) => *problem,
        other => Problem::new("model.load", format!("{other:?}")),
    })?;
    found
        .checks
        .push(("runtime", format!("{} takes it", engine.runtime_version())));
    let text = sample::greedy(&engine).await;
    let text = text.map_err(|error| error.problem())?;
    words(&engine, &text, found);
    latent::line(&engine, found).map_err(|error| error.problem())?;
    if is_one_shot {
        let measured = latent::speed(&engine, args.no_speed, found).await;
        return measured.map_err(|error| error.problem());
    }
    let takes_latent = engine.latent_size().is_some();
    drop(engine);
    let library = runtime::find(
        context.config.runtime_library.value.as_deref(),
        &context.config.project,
    )
    .map_err(|error| error.problem())?;
    let threads = context.config.threads.value;
    let reference = reference(context, args, &folder);
    let (no_speed, cache) = (args.no_speed, args.cache);
    let bar = spinner.clone();
    let measured = tokio::task::spawn_blocking(move || -> Result<Found, EngineError> {
        let mut found = Found::default();
        let mut probe = ModelBenchmark::load(&library, folder, threads, cache)?;
        cache_line(&probe, takes_latent, &mut found);
        if !no_speed {
            speed(&mut probe, &mut found, &bar, threads)?;
        }
        if let Some(reference) = reference {
            bar.set_message(format!("loading {}", reference.display()));
            let mut reference = ModelBenchmark::load(
                &library,
                ModelFolder::open(&reference, None)?,
                threads,
                None,
            )?;
            quality(&mut probe, &mut reference, &mut found, &bar)?;
        }
        Ok(found)
    });
    let measured = measured
        .await
        .map_err(|error| Problem::new("panic", error.to_string()).unexpected())?;
    spinner.finish_and_clear();
    let measured = measured.map_err(|error| error.problem())?;
    found.checks.extend(measured.checks);
    found.figures.extend(measured.figures);
    Ok(())
}

fn folder_lines(folder: &ModelFolder, found: &mut Found) {
    found.checks.push((
        "files",
        format!(
            "complete, sha256 {}…, licence {}",
            &folder.sha256[..12],
            folder.about.licence.as_deref().unwrap_or("not recorded")
        ),
    ));
    let graphs: Vec<&str> = folder.graphs.names().collect();
    let passed_over = folder.passed_over.iter();
    let passed_over = passed_over.map(|(variant, reason)| format!("; not {variant}: {reason}"));
    found.checks.push((
        "variant",
        format!(
            "{}: {}{}",
            folder.graphs.variant,
            graphs.join(", "),
            passed_over.collect::<String>()
        ),
    ));
    let configuration = &folder.configuration;
    let limit = match configuration.context_limit {
        Some(limit) => format!("{limit} tokens"),
        None => "no stated limit".to_owned(),
    };
    let ends: Vec<String> = configuration
        .end_tokens
        .iter()
        .map(u32::to_string)
        .collect();
    found.checks.push((
        "configuration",
        format!(
            "{limit}, ends with token {}, from {}",
            ends.join(", "),
            configuration.files.join(", ")
        ),
    ));
    let sampling = configuration.sampling.listed();
    if !sampling.is_empty() {
        found.checks.push((
            "sampling",
            format!("{sampling}, where a campaign says nothing"),
        ));
    }
    let figures = [
        ("variant", json!(folder.graphs.variant)),
        ("files", json!(folder.files)),
        ("configuration", json!(configuration)),
    ];
    let figures = figures.map(|(key, value)| (key.to_owned(), value));
    found.figures.extend(figures);
}

fn graph_lines(folder: &ModelFolder, found: &mut Found) {
    let graph = &folder.facts;
    let opsets: Vec<String> = graph
        .opsets
        .iter()
        .map(|(domain, version)| format!("{domain} {version}"))
        .collect();
    found.checks.push(("opset", opsets.join(", ")));
    found.checks.push((
        "graph",
        format!(
            "{}, {}, {:.1} M parameters, {} of weights, by {}",
            graph.dialect.as_str(),
            graph.precision,
            folder.parameters as f64 / 1e6,
            megabytes(folder.weight_bytes),
            graph.producer
        ),
    ));
    found.figures.insert("graph".to_owned(), json!(graph));
    let parameters = json!(folder.parameters);
    found.figures.insert("parameters".to_owned(), parameters);
}

/// Tokenizer, chat template and a short text.
fn words(engine: &Engine, text: &str, found: &mut Found) {
    let tokenizer = engine.tokenizer();
    let sample = "Rain fell on 1,234 roofs: “enough”, said Zoë.";
    let round = tokenizer.decode(&tokenizer.encode(sample));
    let round = if round == sample {
        "a text comes back as it was"
    } else {
        "a text comes back changed"
    };
    let size = tokenizer.vocab_size();
    found.checks.push((
        "tokenizer",
        format!(
            "{size} tokens, {round}{}",
            other_vocabulary(size, engine.known_tokens())
        ),
    ));
    let kind = engine.model().kind();
    let chat = if kind == Some(DeclaredKind::OneShot) {
        "none: a text is made of noise, and no prompt is read".to_owned()
    } else if engine.model().chat_template.is_some() {
        "renders system, user and assistant".to_owned()
    } else if kind.is_some() {
        "none: it goes on from the messages, one after the other".to_owned()
    } else if engine.has_encoder() {
        "none: the encoder reads the messages as one text".to_owned()
    } else {
        "none: a base model, it reads the messages one after the other".to_owned()
    };
    let chat = match engine.open_turn() {
        Some(token) => format!(
            "{chat}; a turn ends with `{token}`, which is no end token of the model: its texts will run on into the next turn (`eos_token_id` of generation_config.json should name it)"
        ),
        None => chat,
    };
    found.checks.push(("chat template", chat));
    found
        .checks
        .push(("text", format!("{:?}", output::first_line(text, 60))));
}

fn cache_line(probe: &ModelBenchmark, takes_latent: bool, found: &mut Found) {
    let handling = probe.handling();
    let (a_token, a_text) = (probe.bytes_per_token(), probe.bytes_per_sequence());
    let memory = match handling.kind {
        CacheKind::None => "every step reads the whole text".to_owned(),
        CacheKind::Recurrent => format!("{a_text} bytes a text"),
        CacheKind::InPlace | CacheKind::Append => format!("{a_token} bytes a token"),
    };
    let together = match (handling.together, handling.identical) {
        (false, _) => "texts of different length run one at a time",
        (true, true) => {
            "texts run together, and each comes out the same to the bit whatever runs beside it"
        }
        (true, false) => "texts run together, and what runs beside a text changes its last bits",
    };
    let pieces = match (handling.pieces, takes_latent) {
        (true, false) => "",
        (true, true) => {
            "; each text reads its prompt with a latent vector of its own, and shares nothing with others"
        }
        (false, _) => "; a prompt runs in one piece, and shares nothing with others",
    };
    found.checks.push((
        "cache",
        format!("{}, {memory}; {together}{pieces}", handling.kind.label()),
    ));
    found.figures.insert(
        "cache".to_owned(),
        json!({
            "kind": handling.kind, "together": handling.together, "pieces": handling.pieces,
            "identical": handling.identical, "bytes_per_token": a_token, "bytes_per_text": a_text,
        }),
    );
}

fn speed(
    probe: &mut ModelBenchmark,
    found: &mut Found,
    bar: &indicatif::ProgressBar,
    threads: usize,
) -> Result<(), EngineError> {
    let speed = probe.speed(&mut |what| bar.set_message(format!("timing {what}")))?;
    let decode: Vec<String> = speed
        .decode
        .iter()
        .map(|decoding| format!("{:.0} at {}", decoding.tok_s, decoding.rows))
        .collect();
    found.checks.push((
        "speed",
        format!(
            "prompt {:.0} tok/s; decode {} rows, {threads} threads",
            speed.prefill_tok_s,
            decode.join(", ")
        ),
    ));
    found.figures.insert("speed".to_owned(), json!(speed));
    if let Some(bytes) = peak_memory() {
        found
            .checks
            .push(("memory", format!("{} at most", megabytes(bytes))));
        found
            .figures
            .insert("peak_memory_bytes".to_owned(), bytes.into());
    }
    Ok(())
}

fn quality(
    probe: &mut ModelBenchmark,
    reference: &mut ModelBenchmark,
    found: &mut Found,
    bar: &indicatif::ProgressBar,
) -> Result<(), EngineError> {
    let quality = probe.compare(reference, &mut |done, of| {
        bar.set_message(format!("comparing, position {done} of {of}"));
    })?;
    found.checks.push((
        "reference",
        format!(
            "KL {:.4} nats a token, same first choice {:.1} %, perplexity {:.2} ({:.2}), on {} tokens",
            quality.kl,
            quality.top_1 * 100.0,
            quality.perplexity,
            quality.reference_perplexity,
            quality.tokens
        ),
    ));
    found.figures.insert("quality".to_owned(), json!(quality));
    Ok(())
}

/// The model to compare with: the one asked for, or an fp32 export of this one beside it or in the cache.
fn reference(context: &Context, args: &CheckArgs, folder: &ModelFolder) -> Option<PathBuf> {
    if let Some(reference) = &args.reference {
        return Some(place(context, reference));
    }
    let name = format!("{}-fp32", folder.name);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let places = [
        Some(context.config.models.value.join(&name)),
        cache.map(|cache| cache.join("nightdesk").join(&name)),
    ];
    let mut places = places.into_iter().flatten();
    places.find(|place| place.join("manifest.json").is_file() && *place != folder.dir)
}

/// Most memory this process had, from `/proc`; none where there is no such file.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
