//! `nightdesk prompt`: the exact prompt of a brief, as the model reads it.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use uuid::Uuid;

use super::context::Context;
use super::failure::Failure;
use super::templates::brief_of_file;
use super::{given, output, run};
use crate::domain::availability::Availability;
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::store::StoreError;
use crate::worker::Job;

#[derive(Debug, Args)]
pub(super) struct PromptArgs {
    /// Campaign, or template such as news/explainer.
    name: String,
    /// Brief: its external_ref or id in the database, or a JSON file.
    brief: String,
    /// Model whose tokens are counted, when NAME is a template.
    #[arg(long, default_value = "smollm2-135m-instruct")]
    model: String,
}

pub(super) async fn prompt(context: &Context, args: PromptArgs) -> Result<(), Failure> {
    let templates = context.templates()?;
    let file = PathBuf::from(&args.brief);
    let is_template = templates.names().any(|name| name == args.name);
    if let Some((_, error)) = templates.refused().find(|(name, _)| *name == args.name) {
        return Err(error.clone().into());
    }
    let brief: Brief = if given::is_readable(&file) {
        brief_of_file(&file).await?
    } else {
        context.store().await?.brief(&args.brief).await?.brief
    };
    let availability = Availability::of(&brief, Utc::now());
    if availability != Availability::Available {
        output::note(&format!(
            "{} is {availability}: no run takes it",
            brief.external_ref
        ));
    }
    // A template on its own is drafted as the smallest campaign would.
    let spec = if is_template {
        let source = format!(
            "name = \"prompt\"\n[draft]\ntemplate = {:?}\nmodel = {:?}\n",
            args.name, args.model
        );
        CampaignSpec::parse(&source, "prompt")?
    } else {
        let known = templates.names().map(|name| format!("`{name}`"));
        let known = known.collect::<Vec<_>>().join(", ");
        let campaigns = context.store().await?;
        let campaign = campaigns
            .campaign(&args.name)
            .await
            .map_err(|error| match error {
                StoreError::NotFound { .. } => Problem::new(
                    "prompt.unknown",
                    format!("no campaign and no template `{}`", args.name),
                )
                .hint(format!(
                    "templates are {known}; `nightdesk campaigns list` shows campaigns"
                )),
                error => error.problem(),
            })?;
        campaign.spec
    };
    let template = templates.get(&spec.draft.template)?.clone();
    let engine = run::load(context, &spec.draft.model).await?;
    let job = Job::new(Uuid::nil(), spec, template, &engine)?;
    let prompt = job.prompt(&brief, None, &engine)?;
    let (max_tokens, limit) = (job.spec.draft.max_tokens as usize, engine.context_limit());
    if context.json {
        return output::json(&serde_json::json!({
            "template": job.template.name, "template_sha256": job.template.sha256,
            "model": engine.model().name, "prompt": prompt.text, "prompt_tokens": prompt.tokens.len(),
            "shared_prefix_tokens": prompt.prefix_len, "max_tokens": max_tokens, "context_limit": limit,
            "input_ids": prompt.tokens,
        }));
    }
    output::line(prompt.text.trim_end_matches('\n'))?;
    output::note(&format!(
        "{} tokens, the first {} of them shared by every brief of {}; {} may follow, {} fit",
        prompt.tokens.len(),
        prompt.prefix_len,
        job.template.name,
        max_tokens,
        limit
    ));
    Ok(())
}
