//! `drafts export`: approved copy leaves, in a format for whoever publishes it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::super::users::actor;
use super::target::Target;
use crate::domain::export::Format;
use crate::domain::problem::Problem;
use crate::domain::publication::{ExportRecord, Selection};
use crate::domain::review::UNDO_SECONDS;
use crate::publish::{self, Counts, Exported};
use crate::store::Store;

#[derive(Debug, Args)]
#[command(after_help = FORMS)]
pub(in crate::cli) struct ExportArgs {
    /// What to write.
    #[arg(short, long, value_name = "FORMAT", value_parser = formats())]
    format: Format,
    /// Only texts of this campaign.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Only texts of this run, by its id or the beginning of it.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only what has not left in this format yet: new texts, corrections, and what was killed since.
    #[arg(long)]
    new: bool,
    /// A file to write; or a folder, which exists or ends in `/`. By default standard output.
    #[arg(short, long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
}

const FORMS: &str = "\
Only approved texts leave, ten seconds after their approval: until then it can be taken back. An export is a
snapshot: the same approved texts give the same bytes, and asking for them twice is recorded as one export. A
text that was corrected or killed after it left comes once more, as a correction or a cancellation, under the
same id and with the next version. Every text carries the mark that a model wrote it.

  nightdesk drafts export --format jsonl > approved.jsonl
  nightdesk drafts export --format markdown --campaign explainers --out content/posts/
  nightdesk drafts export --format ninjs --new --out outbox/
  nightdesk drafts export --format google-ads-editor --campaign sets --out ads.csv

docs/EXPORTS.md explains every field of every format.";

fn formats() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL.map(|format| PossibleValue::new(format.as_str()).help(format.label()));
    PossibleValuesParser::new(values).try_map(|word| word.parse::<Format>())
}

/// What `--json` prints.
#[derive(serde::Serialize)]
struct Output<'a> {
    format: Format,
    export: Option<&'a ExportRecord>,
    again: bool,
    texts: Counts,
    written_to: Option<String>,
    held: &'a [crate::export::Held],
    others: usize,
    waiting: i64,
    warnings: &'a [String],
}

/// The command.
pub(super) async fn export(
    context: &Context,
    store: &Store,
    args: ExportArgs,
) -> Result<(), Failure> {
    if context.json && args.out.is_none() {
        return Err(Problem::new(
            "export.form",
            "`--json` prints what was exported, and the export itself would stand on the same standard output",
        )
        .hint("say with `--out` where the export goes")
        .into());
    }
    // A misspelt filter must not look like an empty export.
    if let Some(campaign) = &args.campaign {
        store.campaign(campaign).await?;
    }
    let run_id = match &args.run {
        Some(run) => Some(store.run(run).await?.id),
        None => None,
    };
    let selection = Selection {
        campaign: args.campaign,
        run_id,
        new: args.new,
    };
    let target = Target::open(args.out.as_deref())?;
    let exported = publish::export(store, args.format, &selection, &actor()).await?;
    let written_to = match exported.record {
        Some(_) => target.write(&exported)?,
        // What is there stays as it is: an empty file would look like an export.
        None => None,
    };
    if context.json {
        return output::json(&Output {
            format: exported.format,
            export: exported.record.as_ref(),
            again: exported.again,
            texts: exported.counts,
            written_to,
            held: &exported.held,
            others: exported.others,
            waiting: exported.waiting,
            warnings: &exported.warnings,
        });
    }
    tell(&exported, written_to.as_deref());
    Ok(())
}

/// Everything is said on stderr: standard output may be the export.
fn tell(exported: &Exported, written_to: Option<&str>) {
    match &exported.record {
        None => output::note(&format!(
            "there is nothing to export as {}: only approved texts leave",
            exported.format
        )),
        Some(record) => {
            let Counts {
                publish,
                correct,
                cancel,
            } = exported.counts;
            let place = written_to.map(|place| format!(" to {place}"));
            output::note(&format!(
                "{} {} exported as {}{}: {publish} to publish, {correct} corrected, {cancel} to take down",
                record.texts,
                texts(i64::from(record.texts)),
                record.format,
                place.unwrap_or_default()
            ));
            output::note(&if exported.again {
                format!(
                    "the same bytes as export {} of {} by {}: nothing new was recorded",
                    record.id,
                    record.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
                    record.made_by
                )
            } else {
                format!(
                    "recorded as export {} (sha256 {})",
                    record.id, record.sha256
                )
            });
        }
    }
    for held in &exported.held {
        output::note(&format!(
            "held back: draft {} of {}: {}",
            held.draft_id, held.external_ref, held.reason
        ));
    }
    if exported.others > 0 {
        output::note(&format!(
            "left out: {} approved {} of channels that {} has no place for",
            exported.others,
            texts(exported.others as i64),
            exported.format
        ));
    }
    if exported.waiting > 0 {
        output::note(&format!(
            "not yet: {} {} approved less than {UNDO_SECONDS} seconds ago",
            exported.waiting,
            texts(exported.waiting)
        ));
    }
    for warning in &exported.warnings {
        output::note(warning);
    }
}

fn texts(number: i64) -> &'static str {
    if number == 1 { "text" } else { "texts" }
}
