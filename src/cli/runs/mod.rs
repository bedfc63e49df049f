//! `nightdesk runs`: look at runs, stop one, and try again what one gave up.

mod cancel;
mod redrive;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::run;
use crate::domain::counted::count;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum RunsCommand {
    /// List runs, newest first.
    List {
        /// Only this campaign's.
        #[arg(long, value_name = "NAME")]
        campaign: Option<String>,
        /// Most runs listed.
        #[arg(short = 'n', long, default_value_t = 20, value_parser = super::numbers::at_least_one)]
        limit: i64,
    },
    /// Print one run, with the briefs it gave up and the audit of its rows.
    Show {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Stop a run for good; its drafts stay, and the next run takes the briefs it leaves.
    ///
    /// Nothing of it is claimed from then on, and what is being drafted is taken back: the results are
    /// refused when they come, so that no brief is drafted here and in the next run.
    Cancel(cancel::CancelArgs),
    /// Give the briefs that a run gave up another try in the same run, once their cause is mended.
    ///
    /// They go back to the queue with their failures forgotten; the causes stay on record in `runs show`.
    /// A run that had ended is open again. Briefs that a later run has taken are left alone.
    Redrive(redrive::RedriveArgs),
}

pub(super) async fn runs(context: &Context, command: RunsCommand) -> Result<(), Failure> {
    let store = context.store().await?;
    match command {
        RunsCommand::List { campaign, limit } => {
            // A misspelt name must not look like a campaign that never ran.
            if let Some(campaign) = &campaign {
                store.campaign(campaign).await?;
            }
            let runs = store.runs(campaign.as_deref(), limit).await?;
            if context.json {
                return output::json(&runs);
            }
            let rows = runs
                .iter()
                .map(|run| {
                    vec![
                        run.id.to_string(),
                        run.campaign.clone(),
                        run.state.as_str().replace('_', " "),
                        format!("{}/{}", run.counts.done, run.counts.total()),
                        run.drafts.to_string(),
                        run.tok_s
                            .map(|speed| format!("{speed:.0}"))
                            .unwrap_or_default(),
                        run.started_at
                            .map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string())
                            .unwrap_or_default(),
                    ]
                })
                .collect();
            output::table(
                &[
                    "RUN",
                    "CAMPAIGN",
                    "STATE",
                    "BRIEFS",
                    "DRAFTS",
                    "TOK/S",
                    "STARTED (UTC)",
                ],
                rows,
            )
        }
        RunsCommand::Cancel(args) => cancel::cancel(context, args).await,
        RunsCommand::Redrive(args) => redrive::redrive(context, args).await,
        RunsCommand::Show { id } => show(context, &store, &id).await,
    }
}

async fn show(context: &Context, store: &Store, id: &str) -> Result<(), Failure> {
    let found = store.run(id).await?;
    let audit = store.audit(found.id).await?;
    if context.json {
        let mut object = serde_json::json!(found);
        object["audit"] = serde_json::json!(audit);
        object["quarantined"] = serde_json::json!(store.quarantined(found.id).await?);
        object["redriven"] = serde_json::json!(store.redriven(found.id).await?);
        return output::json(&object);
    }
    output::heading(&found.id.to_string())?;
    run::summary(store, &found).await?;
    if let Some(idle) = found.idle() {
        output::line(&format!(
            "  {idle}; `nightdesk worker` or `nightdesk up` works on what waits"
        ))?;
    }
    for item in store.redriven(found.id).await? {
        let causes = item.causes();
        output::line(&format!(
            "  tried again: {} ({} now), given up before for {}",
            item.external_ref,
            item.state,
            causes.join(", then ")
        ))?;
    }
    if let Some(pruned) = found.pruned_at {
        return output::line(&format!(
            "its items were pruned on {}; they were counted then and cannot be audited",
            pruned.format("%Y-%m-%d")
        ));
    }
    output::line(&format!(
        "audit: {} = {} drafted + {} given up + {} pending; {}, {} distinct, {} inconsistent",
        count(audit.items, "brief"),
        audit.with_drafts,
        audit.quarantined,
        audit.pending,
        count(audit.drafts, "draft"),
        audit.distinct_drafts,
        audit.inconsistent
    ))
}
