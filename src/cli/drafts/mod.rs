//! `nightdesk drafts`: look at drafts, best first, with the reasons for their priority; and approved copy leaves.

mod amend;
mod export;
mod replay;
mod target;

use clap::{Args, Subcommand};

use super::briefs::facts::facts;
use super::channels;
use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::counted::number;
use crate::domain::draft::{Draft, DraftDetail, DraftState};
use crate::domain::score::{Deduction, Severity};
use crate::store::{DraftFilter, Store};

#[derive(Debug, Subcommand)]
pub(super) enum DraftsCommand {
    /// List drafts by priority.
    List(ListArgs),
    /// Print one draft beside its facts, with its findings and its origin.
    Show {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Make a draft once more from what was recorded of it, and say whether it comes out the same.
    Replay {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Write approved texts in a format for whoever publishes them, and record that they left.
    Export(export::ExportArgs),
    /// Take an approved text back for good, and have what left of it taken down.
    Kill(amend::KillArgs),
    /// Put a corrected text in the place of an approved one, and have what left of it replaced.
    Correct(amend::CorrectArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this campaign's.
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Only this run's, by its id or the beginning of it.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only those of this brief, by its external_ref or id.
    #[arg(long, value_name = "REF")]
    brief: Option<String>,
    /// Also candidates that do not reach the review queue.
    #[arg(long)]
    all: bool,
    /// Most drafts listed.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = super::numbers::at_least_one)]
    limit: i64,
}

pub(super) async fn drafts(context: &Context, command: DraftsCommand) -> Result<(), Failure> {
    let store = context.store().await?;
    match command {
        DraftsCommand::List(args) => {
            let run_id = match &args.run {
                Some(run) => Some(store.run(run).await?.id),
                None => None,
            };
            // A misspelt filter must not look like an empty queue.
            if let Some(campaign) = &args.campaign {
                store.campaign(campaign).await?;
            }
            let external_ref = match &args.brief {
                Some(brief) => Some(store.brief(brief).await?.brief.external_ref),
                None => None,
            };
            let filter = DraftFilter {
                campaign: args.campaign,
                run_id,
                external_ref,
                all: args.all,
                limit: args.limit,
            };
            let drafts = store.drafts(&filter).await?;
            if context.json {
                return output::json(&drafts);
            }
            table(&drafts)?;
            // The desk's queue and the report have this number too.
            let waiting = number(store.waiting_count().await?);
            output::note(&format!(
                "{} shown, {waiting} in the review queue",
                drafts.len()
            ));
            Ok(())
        }
        DraftsCommand::Replay { id } => replay::replay(context, &store, &id).await,
        DraftsCommand::Show { id } => {
            let detail = store.draft(&id).await?;
            if context.json {
                return output::json(&detail);
            }
            show(&store, &detail).await
        }
        DraftsCommand::Export(args) => export::export(context, &store, args).await,
        DraftsCommand::Kill(args) => amend::kill(context, &store, args).await,
        DraftsCommand::Correct(args) => amend::correct(context, &store, args).await,
    }
}

/// What became of a draft, in a word or two.
fn state(draft: &Draft) -> &'static str {
    match draft.state {
        DraftState::Drafted if !draft.kept => "not kept",
        DraftState::Drafted => "waits",
        DraftState::InReview => "in review",
        DraftState::Approved => "approved",
        DraftState::Rejected => "rejected",
        DraftState::Exported => "exported",
        DraftState::Killed => "killed",
    }
}

/// Drafts with priority, state and the two largest deductions.
pub(super) fn table(drafts: &[Draft]) -> Result<(), Failure> {
    let rows = drafts
        .iter()
        .map(|draft| {
            vec![
                output::priority_cell(draft.priority),
                draft.id.into(),
                draft.external_ref.as_str().into(),
                state(draft).into(),
                reasons(&draft.deductions, 2).into(),
                output::first_line(
                    &channels::in_a_line(draft).unwrap_or_else(|| draft.text.clone()),
                    60,
                )
                .into(),
            ]
        })
        .collect();
    output::table(
        &["PRIO", "DRAFT", "BRIEF", "STATE", "WHY NOT 100", "TEXT"],
        rows,
    )
}

/// `−15 "4.2 %" not in brief · −13 missing "launch date"`.
fn reasons(deductions: &[Deduction], most: usize) -> String {
    let mut parts: Vec<String> = deductions
        .iter()
        .take(most)
        .map(|deduction| format!("−{} {}", deduction.points, deduction.message))
        .collect();
    if deductions.len() > most {
        parts.push(format!("{} more", deductions.len() - most));
    }
    parts.join(" · ")
}

/// One draft in full beside its facts.
pub(super) async fn show(store: &Store, detail: &DraftDetail) -> Result<(), Failure> {
    let (draft, origin) = (&detail.draft, &detail.provenance);
    let brief = store.brief(&draft.external_ref).await?;
    output::heading(&format!("{}  {}", draft.id, brief.brief.topic))?;
    output::line(&format!(
        "priority {} · candidate {} of rank {} · {} · {}",
        output::priority(draft.priority).trim_start(),
        draft.candidate_no,
        draft.rank,
        draft.campaign,
        draft.channel.as_deref().unwrap_or("no channel")
    ))?;
    output::line("")?;
    match channels::entries(draft) {
        Some(lines) => lines
            .iter()
            .try_for_each(|line| output::line(&format!("  {line}")))?,
        None => output::line(&output::wrapped(&draft.text, "  "))?,
    }
    output::line("")?;
    output::heading("Facts")?;
    facts(&brief.brief)?;
    if brief.revision != origin.brief_revision {
        output::line(&format!(
            "  (the brief is at revision {} now; this draft was written from revision {})",
            brief.revision, origin.brief_revision
        ))?;
    }
    output::line("")?;
    output::heading("To check")?;
    if draft.deductions.is_empty() {
        output::line("  nothing")?;
    }
    for deduction in &draft.deductions {
        let text = format!(
            "−{} {} [{}]",
            deduction.points, deduction.message, deduction.rule
        );
        output::line(&output::wrapped(&text, "  "))?;
    }
    let supported = detail
        .score_card
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Info && finding.fact_id.is_some());
    let supported: Vec<String> = supported
        .map(|finding| {
            format!(
                "“{}” ({})",
                finding.quote,
                finding.fact_id.as_deref().unwrap_or("")
            )
        })
        .collect();
    if !supported.is_empty() {
        let text = format!("in the brief: {}", supported.join(", "));
        output::line(&output::wrapped(&text, "  "))?;
    }
    output::line("")?;
    output::heading("Origin")?;
    let text = format!(
        "{} ({}) · {} ({}) · {} · seed {} · {} prompt + {} output tokens · {:.0} ms prefill, {:.0} ms decode",
        origin.template,
        &origin.template_sha256[..12],
        origin.model,
        &origin.model_sha256[..12],
        origin.runtime,
        origin.seed,
        origin.prompt_tokens,
        origin.output_tokens,
        origin.timings_ms.prefill,
        origin.timings_ms.decode
    );
    output::line(&output::wrapped(&text, "  "))
}
