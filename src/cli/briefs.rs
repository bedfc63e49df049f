//! `nightdesk briefs`: import and look at briefs.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::progress;
use crate::domain::availability::Availability;
use crate::domain::brief::{BRIEF_SCHEMA, Brief, BriefKind};
use crate::domain::problem::Problem;
use crate::intake::{Record, Rejection, read_jsonl};
use crate::store::{BriefFilter, Imported, Store};

/// Briefs sent to the database together.
const CHUNK: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum BriefsCommand {
    /// Import briefs from JSON lines; the same content again changes nothing, other content is a new revision.
    Import(ImportArgs),
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

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Files of one brief a line; `-` reads standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
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
    #[arg(short = 'n', long, default_value_t = 20, value_parser = super::at_least_one)]
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
        BriefsCommand::Import(args) => import(context, &args.files).await,
        BriefsCommand::List(args) => list(context, args).await,
        BriefsCommand::Show { id } => show(context, &id).await,
        // The schema is JSON whether --json is given or not.
        BriefsCommand::Schema => output::part(BRIEF_SCHEMA),
    }
}

async fn import(context: &Context, files: &[PathBuf]) -> Result<(), Failure> {
    let store = context.store().await?;
    let mut all = Outcome::default();
    let mut failure = None;
    for file in files {
        if let Err(error) = import_file(&store, file, &mut all).await {
            failure = Some(error);
            break;
        }
    }
    // What was imported and refused before a failure is told all the same.
    if let Some(failure) = failure.take_if(|_| all.is_empty()) {
        return Err(failure);
    }
    let rejects = all.keep_rejects(context)?;
    if context.json {
        output::json(&serde_json::json!({
            "new": all.imported.new, "revised": all.imported.revised, "unchanged": all.imported.unchanged,
            "rejected": all.rejections.len(), "rejects_file": rejects, "rejections": all.rejections,
        }))?;
    } else {
        let Imported {
            new,
            revised,
            unchanged,
        } = all.imported;
        let rejected = all.rejections.len();
        output::line(&format!(
            "{new} new, {revised} revised, {unchanged} unchanged, {rejected} rejected"
        ))?;
        for rejection in all.rejections.iter().take(10) {
            output::note(&rejection.to_string());
        }
        if let Some(rejects) = &rejects {
            output::note(&format!("every rejected line with its reason: {rejects}"));
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    // Good rows are in; the status still says that somebody has to look.
    if all.rejections.is_empty() {
        Ok(())
    } else {
        Err(Failure::Told)
    }
}

/// What became of files.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What was written.
    pub(super) imported: Imported,
    /// What was not.
    pub(super) rejections: Vec<Rejection>,
}

impl Outcome {
    /// Whether nothing was imported and nothing refused.
    fn is_empty(&self) -> bool {
        self.imported == Imported::default() && self.rejections.is_empty()
    }

    /// Writes the rejections to a file of their own and gives its path.
    fn keep_rejects(&self, context: &Context) -> Result<Option<String>, Failure> {
        if self.rejections.is_empty() {
            return Ok(None);
        }
        let folder = context.config.data().join("rejects");
        let path = folder.join(format!("briefs-{}.jsonl", uuid::Uuid::now_v7()));
        let mut text = String::new();
        for rejection in &self.rejections {
            text.push_str(&serde_json::json!(rejection).to_string());
            text.push('\n');
        }
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| {
                Problem::new(
                    "briefs.rejects",
                    format!("the rejects could not be written: {error}"),
                )
                .file(path.display().to_string())
            })?;
        Ok(Some(path.display().to_string()))
    }
}

/// Imports one file as a stream: memory does not grow with it. The outcome is right after a failure too.
pub(super) async fn import_file(
    store: &Store,
    file: &Path,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let name = file.display().to_string();
    let (reader, size): (Box<dyn Read>, u64) = if name == "-" {
        (Box::new(std::io::stdin().lock()), 0)
    } else {
        let opened = File::open(file).map_err(|error| unreadable(&name, &error))?;
        let metadata = opened
            .metadata()
            .map_err(|error| unreadable(&name, &error))?;
        if metadata.is_dir() {
            return Err(unreadable(
                &name,
                &std::io::Error::from(std::io::ErrorKind::IsADirectory),
            ));
        }
        let size = metadata.len();
        (Box::new(opened), size)
    };
    let bar = progress::bytes(&format!("importing {name}"), size);
    let mut chunk: Vec<Brief> = Vec::with_capacity(CHUNK);
    let mut lines: HashMap<String, usize> = HashMap::new();
    for record in read_jsonl(BufReader::new(bar.wrap_read(reader)), &name) {
        match record {
            Ok(Record { line, brief }) => match lines.get(&brief.external_ref) {
                Some(first) => outcome.rejections.push(Rejection::repeated(
                    &name,
                    line,
                    *first,
                    &brief.external_ref,
                )),
                None => {
                    lines.insert(brief.external_ref.clone(), line);
                    chunk.push(brief);
                }
            },
            Err(rejection) => outcome.rejections.push(rejection),
        }
        if chunk.len() == CHUNK {
            outcome.imported += store.import_briefs(&chunk).await?;
            chunk.clear();
        }
    }
    if !chunk.is_empty() {
        outcome.imported += store.import_briefs(&chunk).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn unreadable(file: &str, error: &std::io::Error) -> Failure {
    Problem::new("briefs.unreadable", format!("cannot be read: {error}"))
        .file(file)
        .hint("name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input")
        .into()
}

async fn list(context: &Context, args: ListArgs) -> Result<(), Failure> {
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
    output::note(&format!("{} of {all} briefs", briefs.len()));
    Ok(())
}

async fn show(context: &Context, id: &str) -> Result<(), Failure> {
    let record = context.store().await?.brief(id).await?;
    if context.json {
        return output::json(&record);
    }
    let brief = &record.brief;
    output::heading(&format!(
        "{}  ({} r{})",
        brief.topic, brief.external_ref, record.revision
    ))?;
    output::line(&format!(
        "{} in {}, priority {}, tags {}",
        brief.kind.as_str(),
        brief.language,
        brief.priority,
        brief.tags.join(" ")
    ))?;
    let availability = Availability::of(brief, Utc::now());
    if availability != Availability::Available {
        output::line(&format!("{availability}: no run takes it"))?;
    }
    output::line("")?;
    facts(brief)
}

/// The facts of a brief, as an editor reads them beside a draft.
pub(super) fn facts(brief: &Brief) -> Result<(), Failure> {
    for fact in &brief.facts {
        let unit = fact.unit.as_deref().map(|unit| format!(" {unit}"));
        let as_of = fact.as_of.as_deref().map(|as_of| format!(" ({as_of})"));
        output::line(&output::wrapped(
            &format!(
                "{}  {}: {}{}{}",
                fact.id,
                fact.label,
                fact.value,
                unit.unwrap_or_default(),
                as_of.unwrap_or_default()
            ),
            "  ",
        ))?;
    }
    for quote in &brief.quotes {
        let speaker = quote.speaker.as_deref().unwrap_or("unnamed");
        output::line(&output::wrapped(
            &format!("{}  “{}” ({speaker})", quote.id, quote.text),
            "  ",
        ))?;
    }
    Ok(())
}
