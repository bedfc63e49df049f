//! `nightdesk templates`: list, check and show prompt templates, and draft their samples.

mod check;
mod sample;
mod show;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::{given, output};
use crate::domain::brief::Brief;
use crate::domain::problem::Problem;
use crate::files::{self, FileFault, MOST_TEXT};
use crate::intake::parse_brief;
use crate::prompt::Template;

#[derive(Debug, Subcommand)]
pub(super) enum TemplatesCommand {
    /// List templates with their kinds, hash and what they are for.
    List,
    /// Check templates against sample briefs, their own example, and a model's tokens; exit status 1 on errors.
    Check(check::CheckArgs),
    /// Print one template: front matter, example, the messages a model gets, and its sample draft.
    Show(show::ShowArgs),
    /// Draft the sample of each template with a model and write it to the samples folder.
    Sample(sample::SampleArgs),
}

pub(super) async fn templates(context: &Context, command: TemplatesCommand) -> Result<(), Failure> {
    match command {
        TemplatesCommand::List => list(context),
        TemplatesCommand::Check(args) => check::check(context, args).await,
        TemplatesCommand::Show(args) => show::show(context, args).await,
        TemplatesCommand::Sample(args) => sample::sample(context, args).await,
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let templates = context.templates()?;
    for (name, _) in templates.refused() {
        output::note(&format!(
            "{name} cannot be loaded; `nightdesk templates check {name}` says why"
        ));
    }
    if context.json {
        let all: Vec<_> = templates.iter().map(summary).collect();
        return output::json(&all);
    }
    let rows = templates
        .iter()
        .map(|template| {
            vec![
                template.name.clone(),
                kinds(template),
                template.sha256[..12].to_owned(),
                template.front.description.clone(),
            ]
        })
        .collect();
    output::table(&["TEMPLATE", "KINDS", "SHA256", "WHAT IT DRAFTS"], rows)
}

/// What a template says about itself.
fn summary(template: &Template) -> serde_json::Value {
    let front = &template.front;
    serde_json::json!({
        "name": template.name, "kinds": front.kinds, "description": front.description,
        "variables": front.variables, "min_words": front.length.min_words,
        "max_words": front.length.max_words, "stop": front.stop, "file": template.path,
        "sha256": template.sha256,
    })
}

fn kinds(template: &Template) -> String {
    let kinds: Vec<&str> = template
        .front
        .kinds
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    kinds.join(", ")
}

/// The sample brief and sample draft of a template: `samples/` beside the prompts folder.
fn sample_file(context: &Context, template: &str, ending: &str) -> PathBuf {
    let prompts = &context.config.templates.value;
    let beside = prompts.parent().unwrap_or(Path::new(""));
    beside.join("samples").join(format!("{template}.{ending}"))
}

/// The sample brief of a template, where there is one.
fn sample_brief(context: &Context, template: &str) -> Result<Option<Brief>, Failure> {
    let file = sample_file(context, template, "json");
    if file.is_file() {
        let shown = file.display().to_string();
        let bytes = files::read(&file, MOST_TEXT).map_err(|fault| unreadable(&shown, &fault))?;
        Ok(Some(parse_brief(&bytes, &shown)?))
    } else {
        Ok(None)
    }
}

/// The brief in a file that somebody named, read as an import reads it.
pub(super) async fn brief_of_file(file: &Path) -> Result<Brief, Failure> {
    let shown = file.display().to_string();
    let bytes = given::read(file, MOST_TEXT).await;
    let bytes = bytes.map_err(|fault| unreadable(&shown, &fault))?;
    Ok(parse_brief(&bytes, &shown)?)
}

fn unreadable(file: &str, fault: &FileFault) -> Problem {
    Problem::new("briefs.unreadable", format!("cannot be read: {fault}"))
        .file(file)
        .hint(
            fault
                .hint()
                .unwrap_or("name a readable file of briefs in UTF-8"),
        )
}
