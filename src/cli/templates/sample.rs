//! `nightdesk templates sample`: one draft of each template, by a real model, to look at and commit.
//!
//! A sample is a Markdown file whose first lines say what it was made of, so that `check` can tell
//! when the template or its brief has changed since. Its words are not compared: an int8 model may
//! choose another on another processor.

use chrono::Utc;
use clap::Args;

use super::briefs::{sample_brief, sample_file};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{output, run};
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::domain::draft::NewDraft;
use crate::domain::problem::Problem;
use crate::drafting::{self, BriefInput, DraftPlan};
use crate::engine::Engine;
use crate::files::{self, MOST_TEXT};
use crate::prompt::Template;
use crate::prompt::lint::Remark;

#[derive(Debug, Args)]
pub(in crate::cli) struct SampleArgs {
    /// Templates to draft a sample of; all of them by default.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Model that drafts.
    #[arg(long, value_name = "NAME", default_value = "smollm2-135m-instruct")]
    model: String,
}

/// How samples are drafted: the same for all, so that templates and not settings are compared.
#[derive(Debug, Default)]
pub(super) struct Sample;

impl Sample {
    /// A campaign of one brief.
    pub(super) fn spec(&self, template: &Template, model: &str) -> Result<CampaignSpec, Failure> {
        let words = template.front.length.max_words.unwrap_or(80);
        let max_tokens = (words * 2).clamp(40, 300);
        let source = format!(
            "name = \"sample\"\n[draft]\ntemplate = {:?}\nmodel = {model:?}\ncandidates = 4\n\
             temperature = 0.6\ntop_p = 0.9\nseed = 7\nmax_tokens = {max_tokens}\n",
            template.name
        );
        Ok(CampaignSpec::parse(&source, "sample")?)
    }
}

pub(super) async fn sample(context: &Context, args: SampleArgs) -> Result<(), Failure> {
    let templates = context.templates()?;
    for name in &args.names {
        templates.get(name)?;
    }
    if let (true, Some((_, error))) = (args.names.is_empty(), templates.refused().next()) {
        return Err(error.clone().into());
    }
    let engine = run::load(context, &args.model, None).await?;
    let mut written = Vec::new();
    for template in templates.iter() {
        if !args.names.is_empty() && !args.names.contains(&template.name) {
            continue;
        }
        let Some(brief) = sample_brief(context, &template.name)? else {
            let file = sample_file(context, &template.name, "json");
            output::note(&format!(
                "{}: no sample brief, {} is not there",
                template.name,
                file.display()
            ));
            continue;
        };
        let spec = Sample.spec(template, &args.model)?;
        let plan = DraftPlan::new(spec, template.clone(), &engine, Utc::now().date_naive())?;
        let drafts = drafting::drafts(&engine, &plan, &BriefInput::preview(&brief)).await?;
        let Some(best) = drafts.first() else {
            continue;
        };
        let file = sample_file(context, &template.name, "md");
        let text = page(template, &brief, best, &engine)?;
        std::fs::write(&file, text).map_err(|error| {
            Problem::new("templates.write", format!("cannot be written: {error}"))
                .file(file.display().to_string())
                .hint("check the folder's permissions and the room on the disk")
        })?;
        written.push(serde_json::json!({
            "template": template.name, "file": file, "priority": best.card.priority, "text": best.text,
        }));
        if !context.json {
            output::line(&format!(
                "{} {}: {}",
                output::priority(best.card.priority.into()),
                template.name,
                output::first_line(&best.text, 100)
            ))?;
        }
    }
    if context.json {
        output::json(&written)
    } else {
        Ok(())
    }
}

fn page(
    template: &Template,
    brief: &Brief,
    draft: &NewDraft,
    engine: &Engine,
) -> Result<String, Failure> {
    let rendered = template.render(brief)?;
    let asked = rendered
        .messages
        .last()
        .map(|message| message.content.as_str());
    let why: Vec<String> = draft
        .card
        .deductions()
        .iter()
        .map(|deduction| {
            format!(
                "- −{} {} [{}]",
                deduction.points, deduction.message, deduction.rule
            )
        })
        .collect();
    let why = if why.is_empty() {
        "Nothing to check.".to_owned()
    } else {
        why.join("\n")
    };
    Ok(format!(
        "<!-- template {} {} -->\n<!-- brief {} {} -->\n<!-- model {} {} -->\n\n# {}\n\n{}. \
         Made by `make samples`: the best of 4 candidates, temperature 0.6, top_p 0.9, seed 7.\n\n\
         ## What the model was asked\n\n```text\n{}\n```\n\n## Draft\n\n```text\n{}\n```\n\n\
         ## What an editor sees\n\nPriority {}.\n\n{why}\n",
        template.name,
        template.sha256,
        brief.external_ref,
        brief.sha256(),
        engine.model().name,
        engine.model().sha256,
        template.name,
        template.front.description,
        asked.unwrap_or_default(),
        draft.text,
        draft.card.priority,
    ))
}

/// Whether the sample of a template is missing or was made of something else.
pub(super) fn stale(context: &Context, template: &Template) -> Result<Option<Remark>, Failure> {
    const RENEW: &str = "`nightdesk templates sample NAME` drafts it";
    let Some(brief) = sample_brief(context, &template.name)? else {
        return Ok(None);
    };
    let file = sample_file(context, &template.name, "md");
    let Ok(text) = files::read_text(&file, MOST_TEXT) else {
        let message = format!(
            "it has a sample brief and no `samples/{}.md`",
            template.name
        );
        return Ok(Some(Remark::warn("sample.missing", message, RENEW)));
    };
    for (what, sha256) in [("template", &template.sha256), ("brief", &brief.sha256())] {
        if !text.lines().take(3).any(|line| line.contains(sha256)) {
            let message = format!("its sample draft was made with another {what}");
            return Ok(Some(Remark::warn("sample.stale", message, RENEW)));
        }
    }
    Ok(None)
}
