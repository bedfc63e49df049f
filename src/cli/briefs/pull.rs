//! `nightdesk briefs pull` and `briefs rejects`: a campaign's `[source]` by hand, and before a run.

use chrono::Utc;
use clap::Args;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::{output, progress};
use crate::domain::counted::count;
use crate::domain::run::RunState;
use crate::source::{
    PullError, PullEvent, PullOptions, Pulled, PulledBrief, pull as pull_source, pull_with_retries,
};
use crate::store::{CampaignRecord, SourceReject, SourceState, Store};

/// Shown below the flags of `briefs pull --help`.
pub(super) const PULL_HELP: &str = "\
The campaign's file says where from, in its `[source]`; docs/SOURCES.md has a worked example. Reading goes
on where the last pull ended, and rows that come again with the same content change nothing.

  export NEWSROOM_DATABASE_URL='postgresql://reader@newsroom/articles'
  nightdesk briefs pull nightly-wires --dry-run --limit 20   # what would come
  nightdesk briefs pull nightly-wires
  nightdesk briefs rejects nightly-wires                     # what did not, and why";

/// Runs that are looked at for an unfinished one.
const RECENT_RUNS: i64 = 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct PullArgs {
    /// The campaign's name.
    campaign: String,
    /// Say what would come, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Read at most this many rows.
    #[arg(long, value_name = "N", value_parser = super::super::numbers::at_least_one)]
    limit: Option<i64>,
    /// Read everything again, not only what has changed since the last pull.
    #[arg(long)]
    all: bool,
}

pub(super) async fn pull(context: &Context, args: &PullArgs) -> Result<(), Failure> {
    let store = context.store().await?;
    let campaign = store.campaign(&args.campaign).await?;
    let options = PullOptions {
        limit: args.limit.map(i64::unsigned_abs),
        from_start: args.all,
        dry_run: args.dry_run,
        ..PullOptions::default()
    };
    let spinner = progress::spinner(&format!("pulling the source of {}", campaign.name));
    let outcome = pull_source(&store, &campaign, &options, &|event| {
        if let PullEvent::Page(pulled) = event {
            spinner.set_message(format!(
                "pulling the source of {}: {}",
                campaign.name,
                said(pulled)
            ));
        }
    })
    .await;
    spinner.finish_and_clear();
    let pulled = outcome.map_err(|error| failure(&error, &campaign))?;
    if context.json {
        let mut told = serde_json::json!(pulled);
        told["campaign"] = campaign.name.clone().into();
        told["dry_run"] = args.dry_run.into();
        output::json(&told)?;
    } else {
        output::line(&format!("{}: {}", campaign.name, said(&pulled)))?;
        would_come(&pulled.briefs)?;
        beside(&campaign, &pulled, args.dry_run);
    }
    // As after an import: good rows are in, and the status says when somebody has to look.
    match pulled.rejected {
        0 => Ok(()),
        _ => Err(Failure::Output),
    }
}

/// Pulls before a run of a campaign with a source; says what came.
///
/// A run that is taken up has its briefs already, so its source is not asked: it may well be down.
pub(in crate::cli) async fn before_run(
    store: &Store,
    campaign: &CampaignRecord,
    new: bool,
) -> Result<(), Failure> {
    let Some(source) = &campaign.spec.source else {
        return Ok(());
    };
    if !new && unfinished(store, campaign).await? {
        return Ok(());
    }
    let spinner = progress::spinner(&format!("pulling the source of {}", campaign.name));
    let down = std::sync::Once::new();
    let outcome = pull_with_retries(
        store,
        campaign,
        &PullOptions::default(),
        source.patience.length(),
        &|event| match event {
            PullEvent::Page(pulled) => spinner.set_message(format!("source: {}", said(pulled))),
            PullEvent::Down { error, left } => down.call_once(|| {
                spinner.suspend(|| {
                    output::note(&format!(
                        "source: {}; asking again for {} s",
                        error.problem(campaign).message,
                        left.as_secs_f64().ceil()
                    ));
                });
            }),
        },
    )
    .await;
    spinner.finish_and_clear();
    let pulled = outcome.map_err(|error| failure(&error, campaign))?;
    output::note(&format!("source: {}", said(&pulled)));
    beside(campaign, &pulled, false);
    Ok(())
}

/// Whether the next run by hand takes one up instead of making one.
async fn unfinished(store: &Store, campaign: &CampaignRecord) -> Result<bool, Failure> {
    let runs = store.runs(Some(&campaign.name), RECENT_RUNS).await?;
    let now = Utc::now();
    Ok(runs.iter().any(|run| {
        run.slot.is_none()
            && matches!(run.state, RunState::Queued | RunState::Running)
            && run.window_ends_at.is_none_or(|end| end > now)
    }))
}

fn failure(error: &PullError, campaign: &CampaignRecord) -> Failure {
    error.problem(campaign).into()
}

/// `1204 rows, 12 new, 3 revised, 1187 unchanged, 2 rejected`.
fn said(pulled: &Pulled) -> String {
    format!(
        "{}, {} new, {} revised, {} unchanged, {} rejected",
        count(pulled.rows as i64, "row"),
        pulled.new,
        pulled.revised,
        pulled.unchanged,
        pulled.rejected
    )
}

fn would_come(briefs: &[PulledBrief]) -> Result<(), Failure> {
    if briefs.is_empty() {
        return Ok(());
    }
    let rows = briefs
        .iter()
        .map(|brief| {
            vec![
                brief.external_ref.clone(),
                brief.change.to_owned(),
                output::first_line(&brief.topic, 60),
            ]
        })
        .collect();
    output::table(&["BRIEF", "CHANGE", "TOPIC"], rows)
}

/// What somebody should look at.
fn beside(campaign: &CampaignRecord, pulled: &Pulled, dry_run: bool) {
    let name = &campaign.name;
    if let Some(source) = campaign
        .spec
        .source
        .as_ref()
        .filter(|_| pulled.unplaced > 0)
    {
        let which = match pulled.unplaced {
            1 => "1 row has".to_owned(),
            rows @ 0..1000 => format!("{rows} rows have"),
            _ => "1000 or more rows have".to_owned(),
        };
        output::note(&format!(
            "{which} no `{}` or no key and cannot be read; `coalesce` in the query gives it one",
            source.cursor
        ));
    }
    if pulled.cleaned > 0 {
        output::note(&format!(
            "texts of {} were cleaned; `nightdesk briefs show ID` says what was changed",
            pulled.cleaned
        ));
    }
    for reject in pulled.rejections.iter().take(10) {
        output::note(&format!(
            "rejected: {}: {}",
            reject.external_ref,
            reason(reject)
        ));
    }
    if dry_run {
        if !pulled.unused_columns.is_empty() {
            output::note(&format!(
                "columns that fill nothing: {}",
                pulled.unused_columns.join(", ")
            ));
        }
        output::note("a dry run: nothing was imported");
    } else if pulled.rejected > 0 {
        output::note(&format!(
            "every rejected row with its reason: `nightdesk briefs rejects {name}`"
        ));
    }
    if pulled.more {
        output::note("there are more rows than the limit allowed");
    }
}

fn reason(reject: &SourceReject) -> String {
    match &reject.key {
        Some(key) => format!("`{key}`: {}", reject.message),
        None => reject.message.clone(),
    }
}

pub(super) async fn rejects(context: &Context, name: &str) -> Result<(), Failure> {
    let store = context.store().await?;
    let campaign = store.campaign(name).await?;
    let rejects = store.source_rejects(campaign.id).await?;
    if campaign.spec.source.is_none() && rejects.is_empty() {
        return Err(failure(&PullError::NoSource, &campaign));
    }
    if context.json {
        return output::json(&rejects);
    }
    for reject in &rejects {
        output::heading(&format!(
            "{}  (since {}, read last {})",
            reject.external_ref,
            reject.first_seen_at.format("%Y-%m-%d %H:%M:%S UTC"),
            reject.last_seen_at.format("%Y-%m-%d %H:%M:%S UTC"),
        ))?;
        output::line(&output::wrapped(&reason(reject), "  "))?;
        if let Some(hint) = &reject.hint {
            output::line(&output::wrapped(&format!("hint: {hint}"), "  "))?;
        }
    }
    match store.source_state(campaign.id).await? {
        Some(state) => output::note(&stands(&state, rejects.len())),
        None => output::note("the source was never pulled"),
    }
    Ok(())
}

/// When the last pull was, and how it went.
fn stands(state: &SourceState, rejects: usize) -> String {
    let mut text = match rejects {
        0 => "no row is rejected".to_owned(),
        1 => "1 row is rejected".to_owned(),
        _ => format!("{rejects} rows are rejected"),
    };
    if let Some(at) = state.finished_at.or(state.started_at) {
        let at = at.format("%Y-%m-%d %H:%M:%S UTC");
        text.push_str(&format!("; last pulled {at}: {}", count(state.rows, "row")));
    }
    if let Some(error) = &state.last_error {
        let message = error["message"].as_str().unwrap_or_default();
        text.push_str(&format!("; the last pull failed: {message}"));
    }
    text
}
