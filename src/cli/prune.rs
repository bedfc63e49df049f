//! `nightdesk prune`: delete what a retention says, and nothing else.

use clap::Args;

use super::confirm;
use super::context::Context;
use super::failure::Failure;
use super::output;
use crate::domain::counted::count;
use crate::domain::problem::Problem;
use crate::domain::retention::{Keep, Retention};
use crate::store::{Fate, OldPartition, Pruning};

/// What is deleted and what stays, at the end of the help.
pub(super) const PRUNE_HELP: &str = "\
What goes:  work items and leases of runs that ended longer ago than --keep-runs, a whole month at a time;
            drafts older than --keep-drafts that nobody has reviewed.
What stays: runs with their counts, the ledger of slots, every draft that was reviewed, approved, rejected or
            exported, and the memory of what each campaign has drafted: no old brief is drafted again.

Without a flag the [retention] of nightdesk.toml counts; without either, nothing is deleted.";

#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    /// Keep the items of runs for this long after their end, such as 90days.
    #[arg(long, value_name = "SPAN")]
    keep_runs: Option<Keep>,
    /// Keep drafts that nobody has reviewed for this long, such as 1year.
    #[arg(long, value_name = "SPAN")]
    keep_drafts: Option<Keep>,
    /// Show what would be deleted, and delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// Delete without asking; needed where there is no terminal.
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn prune(context: &Context, args: PruneArgs) -> Result<(), Failure> {
    let configured = context.config.retention;
    let retention = Retention {
        keep_runs: args.keep_runs.or(configured.keep_runs),
        keep_drafts: args.keep_drafts.or(configured.keep_drafts),
    };
    if retention == Retention::default() {
        return Err(Problem::new(
            "prune.no_retention",
            "nothing says how long to keep anything, so nothing is deleted",
        )
        .hint("give --keep-runs 90days or --keep-drafts 1year, or set them under [retention] in `nightdesk.toml`")
        .into());
    }
    let store = context.store().await?;
    let planned = store.plan_prune(&retention).await?;
    if args.dry_run {
        show(context, &planned, true)?;
        output::note("a dry run: nothing was deleted");
        return Ok(());
    }
    if !args.yes && !is_nothing(&planned) {
        if context.json || !confirm::somebody_is_there() {
            return Err(Problem::new(
                "prune.unconfirmed",
                "nothing was deleted: nobody is here to confirm it",
            )
            .hint("`--yes` deletes without asking, `--dry-run` shows what it would be")
            .into());
        }
        show(context, &planned, false)?;
        if !confirm::confirmed("Delete this for good?").await? {
            output::note("nothing was deleted");
            return Err(Failure::Output);
        }
    }
    let pruned = store.prune(&retention).await?;
    show(context, &pruned, false)?;
    let busy = pruned.partitions.iter().any(|each| each.fate == Fate::Busy);
    if busy {
        output::note("the queue was in use, and what is marked so was left for the next time");
    }
    Ok(())
}

fn is_nothing(pruning: &Pruning) -> bool {
    pruning.drafts == 0
        && pruning
            .partitions
            .iter()
            .all(|each| each.fate != Fate::Goes)
}

fn show(context: &Context, pruning: &Pruning, dry_run: bool) -> Result<(), Failure> {
    if context.json {
        let mut object = serde_json::json!(pruning);
        object["dry_run"] = serde_json::json!(dry_run);
        return output::json(&object);
    }
    if !pruning.partitions.is_empty() {
        output::table(
            &["PARTITION", "RUNS BEFORE (UTC)", "RUNS", "ITEMS", ""],
            pruning.partitions.iter().map(row).collect(),
        )?;
    }
    if pruning.runs_before.is_some() && pruning.partitions.is_empty() {
        output::line("no part of the queue is old enough as a whole")?;
    }
    if let Some(before) = pruning.drafts_before {
        output::line(&format!(
            "{} from before {}",
            count(pruning.drafts, "unreviewed draft"),
            before.format("%Y-%m-%d")
        ))?;
    }
    Ok(())
}

fn row(each: &OldPartition) -> Vec<String> {
    let until = each.until.map(|at| at.format("%Y-%m-%d").to_string());
    vec![
        each.name.clone(),
        until.unwrap_or_default(),
        each.runs.to_string(),
        each.items.to_string(),
        match each.fate {
            Fate::Goes => String::new(),
            Fate::Held => "stays: a run of it has not ended, or not long ago".to_owned(),
            Fate::Busy => "stays: in use".to_owned(),
        },
    ]
}
