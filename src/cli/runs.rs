//! `nightdesk runs`: look at runs.

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::run;

#[derive(Debug, Subcommand)]
pub(super) enum RunsCommand {
    /// List runs, newest first.
    List {
        /// Only this campaign's.
        #[arg(long, value_name = "NAME")]
        campaign: Option<String>,
        /// Most runs listed.
        #[arg(short = 'n', long, default_value_t = 20, value_parser = super::at_least_one)]
        limit: i64,
    },
    /// Print one run, with the briefs it gave up and the audit of its rows.
    Show {
        /// Its id, or the beginning of it.
        id: String,
    },
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
        RunsCommand::Show { id } => {
            let found = store.run(&id).await?;
            let audit = store.audit(found.id).await?;
            if context.json {
                let mut object = serde_json::json!(found);
                object["audit"] = serde_json::json!(audit);
                object["quarantined"] = serde_json::json!(store.quarantined(found.id).await?);
                return output::json(&object);
            }
            output::heading(&found.id.to_string())?;
            run::summary(&store, &found).await?;
            output::line(&format!(
                "audit: {} briefs = {} drafted + {} given up + {} pending; {} drafts, {} distinct, {} inconsistent",
                audit.items,
                audit.with_drafts,
                audit.quarantined,
                audit.pending,
                audit.drafts,
                audit.distinct_drafts,
                audit.inconsistent
            ))
        }
    }
}
