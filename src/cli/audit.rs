//! `nightdesk audit`: the record of every write, and whether it still holds.

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::counted::count;

/// Shown below the subcommands of `audit --help`.
pub(super) const AUDIT_HELP: &str = "\
Every link carries the hash of the one before. Who can write to the database can rewrite the whole chain, so note
the last hash somewhere else now and then; `audit verify --expect HASH` says later whether it is still in the chain.";

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every link of the chain, and print the last one's hash.
    Verify(VerifyArgs),
    /// List the latest events, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A hash that was noted earlier; it has to be in the chain.
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,
}

pub(super) async fn audit(context: &Context, command: AuditCommand) -> Result<(), Failure> {
    let store = context.store().await?;
    match command {
        AuditCommand::Verify(args) => {
            let check = store.check_events(args.expect.as_deref()).await?;
            if let Some(problem) = check.problem() {
                return Err(problem.into());
            }
            if context.json {
                return output::json(&check);
            }
            output::line(&format!(
                "{}, every link holds; the last one's hash: {}",
                count(check.events, "event"),
                check.head_sha256
            ))
        }
        AuditCommand::List { limit } => {
            let events = store.events(None, limit).await?;
            if context.json {
                return output::json(&events);
            }
            let rows = events
                .iter()
                .map(|event| {
                    vec![
                        event.seq.to_string(),
                        event.at.format("%Y-%m-%d %H:%M:%S").to_string(),
                        event.actor.clone(),
                        event.action.clone(),
                        event.subject.clone(),
                    ]
                })
                .collect();
            output::table(&["no", "at (UTC)", "who", "what", "to what"], rows)
        }
    }
}
