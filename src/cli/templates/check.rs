//! `nightdesk templates check`: what a template that loads can still do badly.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use serde_json::{Value, json};

use super::briefs::{sample_brief, unreadable};
use super::sample::{self, Sample};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::hints::of_remark;
use crate::cli::{input_files, output, run};
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::drafting::DraftPlan;
use crate::engine::Engine;
use crate::intake::read_jsonl;
use crate::prompt::lint::{Level, Remark};
use crate::prompt::{Template, Templates};
use crate::store::BriefFilter;

/// Room that an answer of a template without `max_words` gets.
const ANSWER_TOKENS: usize = 160;

/// Most bytes of a file of briefs that templates are checked against: all of them are held in memory.
const MOST_BRIEFS_BYTES: u64 = 256 << 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Templates to check; all of them by default.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Check against the briefs of this JSON-lines file; by default against the sample briefs of all templates.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    briefs: Option<PathBuf>,
    /// Check against the first 200 briefs of each of its kinds in the database.
    #[arg(long)]
    database: bool,
    /// Model whose tokens are counted; by default smollm2-135m-instruct, where it is there.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

pub(super) async fn check(context: &Context, args: CheckArgs) -> Result<(), Failure> {
    let templates = context.templates()?;
    let names = &args.names;
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let refused: Vec<_> = templates
        .refused()
        .filter(|(name, _)| is_wanted(name))
        .collect();
    for name in names {
        if !refused.iter().any(|(refused, _)| refused == name) {
            templates.get(name)?;
        }
    }
    let briefs = briefs(context, &args, &templates).await?;
    let engine = engine(context, args.model.as_deref()).await?;
    let mut reports = Vec::new();
    for template in templates.iter().filter(|one| is_wanted(&one.name)) {
        reports.push(report(context, template, &briefs, engine.as_deref())?);
    }
    let failed = reports.iter().any(|report| report.fails()) || !refused.is_empty();
    if context.json {
        let mut all: Vec<Value> = reports.iter().map(Report::json).collect();
        all.extend(refused.iter().map(|(name, error)| {
            let problem = error.problem();
            json!({"template": name, "file": problem.file, "remarks": [], "error": problem})
        }));
        output::json(&all)?;
    } else {
        for report in &reports {
            report.print()?;
        }
        for (_, error) in &refused {
            output::line(&format!("error: {}", error.problem()))?;
        }
        if engine.is_none() {
            output::note(
                "no model is there, so tokens were not counted: `make setup-model` makes the default one",
            );
        }
    }
    // What is wrong has been told above.
    if failed { Err(Failure::Output) } else { Ok(()) }
}

async fn briefs(
    context: &Context,
    args: &CheckArgs,
    templates: &Templates,
) -> Result<Vec<Brief>, Failure> {
    let mut briefs = Vec::new();
    if let Some(file) = &args.briefs {
        let shown = file.display().to_string();
        let bytes = input_files::read(file, MOST_BRIEFS_BYTES).await;
        let bytes = bytes.map_err(|fault| unreadable(&shown, &fault))?;
        for record in read_jsonl(&bytes[..], &shown) {
            briefs.push(record?.brief);
        }
    } else if args.database {
        let store = context.store().await?;
        for kind in crate::domain::brief::BriefKind::ALL {
            let filter = BriefFilter {
                kind: Some(kind.as_str().to_owned()),
                tags: Vec::new(),
                limit: 200,
            };
            for summary in store.briefs(&filter).await? {
                briefs.push(store.brief(&summary.external_ref).await?.brief);
            }
        }
    } else {
        for template in templates.iter() {
            briefs.extend(sample_brief(context, &template.name)?);
        }
    }
    Ok(briefs)
}

async fn engine(
    context: &Context,
    model: Option<&str>,
) -> Result<Option<std::sync::Arc<Engine>>, Failure> {
    let default = "smollm2-135m-instruct";
    if model.is_none() && !context.model_dir(default).join("model.onnx").is_file() {
        return Ok(None);
    }
    Ok(Some(
        run::load(context, model.unwrap_or(default), None).await?,
    ))
}

/// What was found about one template.
struct Report<'a> {
    template: &'a Template,
    briefs: Vec<Brief>,
    tokens: Option<Tokens>,
    remarks: Vec<Remark>,
}

struct Tokens {
    model: String,
    shared_prefix: usize,
    p50: usize,
    max: usize,
    longest: String,
    /// None where the model states no limit.
    context_limit: Option<usize>,
}

fn report<'a>(
    context: &Context,
    template: &'a Template,
    briefs: &[Brief],
    engine: Option<&Engine>,
) -> Result<Report<'a>, Failure> {
    let of_kind = |brief: &&Brief| template.front.kinds.contains(&brief.kind);
    let briefs: Vec<Brief> = briefs.iter().filter(of_kind).cloned().collect();
    let mut remarks = template.remarks(&briefs);
    let tokens = match engine {
        Some(engine) => tokens(template, &briefs, engine)?,
        None => None,
    };
    if let Some(tokens) = &tokens {
        let answer = template.front.length.max_words;
        let answer = answer.map_or(ANSWER_TOKENS, |words| words as usize * 2);
        if let Some(limit) = tokens
            .context_limit
            .filter(|limit| tokens.max + answer > *limit)
        {
            remarks.push(Remark::error(
                "prompt.long",
                format!(
                    "the prompt of `{}` has {} tokens, and with {answer} for the answer more than the {} of {}",
                    tokens.longest, tokens.max, limit, tokens.model
                ),
                "show fewer facts with `first`, cut sources with `truncate_words`, or use a model with a longer context",
            ));
        }
    }
    remarks.extend(sample::stale(context, template)?);
    Ok(Report {
        template,
        briefs,
        tokens,
        remarks,
    })
}

fn tokens(
    template: &Template,
    briefs: &[Brief],
    engine: &Engine,
) -> Result<Option<Tokens>, Failure> {
    let spec = Sample.spec(template, &engine.model().name)?;
    let plan = DraftPlan::new(spec, template.clone(), engine, Utc::now().date_naive())?;
    let mut lengths = Vec::new();
    let mut shared_prefix = 0;
    for brief in briefs {
        let prompt = plan.prompt(brief, None, engine)?;
        shared_prefix = prompt.prefix_len;
        lengths.push((prompt.tokens.len(), brief.external_ref.clone()));
    }
    lengths.sort();
    let median = lengths
        .get(lengths.len() / 2)
        .map_or(0, |(tokens, _)| *tokens);
    Ok(lengths.pop().map(|(max, longest)| Tokens {
        model: engine.model().name.clone(),
        shared_prefix,
        p50: median,
        max,
        longest,
        context_limit: engine.context_limit(),
    }))
}

impl Report<'_> {
    fn fails(&self) -> bool {
        self.remarks
            .iter()
            .any(|remark| remark.severity == Level::Error)
    }

    fn json(&self) -> Value {
        let tokens = self.tokens.as_ref().map(|tokens| {
            json!({
                "model": tokens.model, "shared_prefix": tokens.shared_prefix, "prompt_p50": tokens.p50,
                "prompt_max": tokens.max, "context_limit": tokens.context_limit,
            })
        });
        json!({
            "template": self.template.name, "file": self.template.path, "sha256": self.template.sha256,
            "briefs": self.briefs.len(), "variables": self.template.coverage(&self.briefs),
            "tokens": tokens, "remarks": self.remarks, "error": Option::<Problem>::None,
        })
    }

    fn print(&self) -> Result<(), Failure> {
        let tokens = self.tokens.as_ref().map(|tokens| {
            format!(
                ", {} tokens shared, prompts of {} (median) to {}{}",
                tokens.shared_prefix,
                tokens.p50,
                tokens.max,
                tokens
                    .context_limit
                    .map_or_else(String::new, |limit| format!(" of {limit}"))
            )
        });
        output::heading(&format!(
            "{}: {} sample brief{}{}",
            self.template.name,
            self.briefs.len(),
            if self.briefs.len() == 1 { "" } else { "s" },
            tokens.unwrap_or_default()
        ))?;
        for remark in &self.remarks {
            let word = match remark.severity {
                Level::Error => "error",
                Level::Warn => "warn",
            };
            let text = format!(
                "{word}: {} ({}) [{}]",
                remark.message,
                of_remark(remark),
                remark.rule
            );
            output::line(&output::wrapped(&text, "  "))?;
        }
        Ok(())
    }
}
