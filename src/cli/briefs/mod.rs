//! `nightdesk briefs`: import, pull and look at briefs.

pub(super) mod facts;
mod import;
mod pull;
mod rejects;
mod show;

use chrono::Utc;
use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::availability::Availability;
use crate::domain::brief::{BRIEF_SCHEMA, BriefKind};
use crate::domain::suggest;
use crate::store::{BriefFilter, Store};

use crate::domain::counted::count;
use import::{IMPORT_HELP, ImportArgs, import};
pub(super) use import::{Outcome, Reading, import_file};
pub(super) use pull::before_run;
use pull::{PULL_HELP, PullArgs};

#[derive(Debug, Subcommand)]
pub(super) enum BriefsCommand {
    /// Import briefs from JSON lines or CSV; the same content again changes nothing, other content is a new revision.
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArgs),
    /// Pull a campaign's briefs from its `[source]`, as a run does when it starts.
    #[command(after_help = PULL_HELP)]
    Pull(PullArgs),
    /// List the rows of a campaign's `[source]` that are no briefs, with the reasons.
    Rejects {
        /// The campaign's name.
        campaign: String,
    },
    /// List briefs in the order in which a campaign takes them.
    List(ListArgs),
    /// Print one brief, by its external_ref or id.
    Show {
        /// The brief's external_ref or id.
        id: String,
    },
    /// Print the JSON Schema of a brief.
    Schema,
}

impl BriefsCommand {
    /// Whether it brings briefs in, and may make a database for them.
    pub(super) fn brings_briefs(&self) -> bool {
        matches!(self, Self::Import(_) | Self::Pull(_))
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only briefs of this kind: news, event, ad, social or fiction.
    #[arg(long, value_parser = kind)]
    kind: Option<BriefKind>,
    /// Only briefs with this tag; several must all be there.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Most briefs listed.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = super::numbers::at_least_one)]
    limit: i64,
}

fn kind(word: &str) -> Result<BriefKind, String> {
    BriefKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .ok_or_else(|| "expected news, event, ad, social or fiction".to_owned())
}

pub(super) async fn briefs(context: &Context, command: BriefsCommand) -> Result<(), Failure> {
    match command {
        BriefsCommand::Import(args) => import(context, &args).await,
        BriefsCommand::Pull(args) => pull::pull(context, &args).await,
        BriefsCommand::Rejects { campaign } => pull::rejects(context, &campaign).await,
        BriefsCommand::List(args) => list(context, args).await,
        BriefsCommand::Show { id } => show::show(context, &id).await,
        // The schema is JSON whether --json is given or not.
        BriefsCommand::Schema => output::part(BRIEF_SCHEMA),
    }
}

async fn list(context: &Context, args: ListArgs) -> Result<(), Failure> {
    let tags = args.tags.clone();
    let filter = BriefFilter {
        kind: args.kind.map(|kind| kind.as_str().to_owned()),
        tags: args.tags,
        limit: args.limit,
    };
    let store = context.store().await?;
    let briefs = store.briefs(&filter).await?;
    if context.json {
        return output::json(&briefs);
    }
    if briefs.is_empty() {
        // A misspelt tag must not look like one of briefs that are not there yet.
        for missing in missing_tags(&store, &tags).await? {
            output::note(&missing);
        }
    }
    let now = Utc::now();
    let states: Vec<String> = briefs
        .iter()
        .map(|brief| Availability::at(now, brief.embargo_until, brief.expires_at).to_string())
        .collect();
    let mut header = vec!["BRIEF", "KIND", "PRIO", "REV", "TOPIC", "TAGS"];
    let mut rows: Vec<Vec<String>> = briefs
        .iter()
        .map(|brief| {
            vec![
                brief.external_ref.clone(),
                brief.kind.clone(),
                brief.priority.to_string(),
                format!("r{}", brief.revision),
                output::first_line(&brief.topic, 60),
                brief.tags.join(" "),
            ]
        })
        .collect();
    // Most lists have none, and a column of blanks would cost the topic its width.
    if states.iter().any(|state| !state.is_empty()) {
        header.push("NOT TAKEN");
        rows.iter_mut()
            .zip(states)
            .for_each(|(row, state)| row.push(state));
    }
    output::table(&header, rows)?;
    let all = store.count_briefs().await?;
    output::note(&format!("{} of {}", briefs.len(), count(all, "brief")));
    Ok(())
}

/// What to say of tags that no brief carries, with the nearest that some brief does.
pub(super) async fn missing_tags(store: &Store, tags: &[String]) -> Result<Vec<String>, Failure> {
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    let known = store.tags().await?;
    let missing = tags.iter().filter(|tag| !known.contains(tag));
    Ok(missing
        .map(|tag| {
            let near = suggest::nearest(tag, known.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?"));
            format!("no brief has the tag `{tag}`{}", near.unwrap_or_default())
        })
        .collect())
}
