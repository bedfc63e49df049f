//! `nightdesk prompt`: the exact prompt of a brief, as the model reads it.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::hints::of_store;
use super::templates::brief_of_file;
use super::{input_files, output, run};
use crate::domain::availability::Availability;
use crate::domain::brief::Brief;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::domain::suggest;
use crate::drafting::DraftPlan;
use crate::prompt::Templates;
use crate::store::StoreError;

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
    let brief: Brief = if input_files::is_readable(&file) {
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
        let store = context.store().await?;
        let campaign = store.campaign(&args.name).await;
        let campaign = campaign.map_err(|error| match &error {
            StoreError::Unknown { known, .. } => unknown(&args.name, known, &templates),
            _ => of_store(&error),
        })?;
        campaign.spec
    };
    let template = templates.get(&spec.draft.template)?.clone();
    let engine = run::load_for(context, &spec.draft).await?;
    let plan = DraftPlan::new(spec, template, &engine, Utc::now().date_naive())?;
    let prompt = plan.prompt(&brief, None, &engine)?;
    let (max_tokens, limit) = (plan.spec.draft.max_tokens as usize, engine.context_limit());
    if context.json {
        return output::json(&serde_json::json!({
            "template": plan.template.name, "template_sha256": plan.template.sha256,
            "model": engine.model().name, "prompt": prompt.text, "prompt_tokens": prompt.tokens.len(),
            "shared_prefix_tokens": prompt.prefix_len, "max_tokens": max_tokens, "context_limit": limit,
            "input_ids": prompt.tokens,
        }));
    }
    output::line(prompt.text.trim_end_matches('\n'))?;
    output::note(&format!(
        "{} tokens, the first {} of them shared by every brief of {}; {} may follow, {}",
        prompt.tokens.len(),
        prompt.prefix_len,
        plan.template.name,
        max_tokens,
        match limit {
            Some(limit) => format!("{limit} fit"),
            None => "and the model states no limit".to_owned(),
        }
    ));
    Ok(())
}

fn unknown(name: &str, campaigns: &[String], templates: &Templates) -> Problem {
    let names = campaigns
        .iter()
        .map(String::as_str)
        .chain(templates.names());
    let lists = format!(
        "templates are {}; `nightdesk campaigns list` shows campaigns",
        suggest::listed(templates.names())
    );
    let hint = match suggest::nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => lists,
    };
    let message = format!("no campaign and no template `{name}`");
    Problem::new("prompt.unknown", message).hint(hint)
}
