//! `runs redrive`: another try for the briefs that a run gave up.

use clap::Args;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::super::users::actor;
use crate::domain::problem::Problem;
use crate::domain::run::Run;
use crate::store::{Redrive, RedriveFilter};

#[derive(Debug, Args)]
pub(in crate::cli) struct RedriveArgs {
    /// Its id, or the beginning of it.
    id: String,
    /// Only briefs given up for this code, such as prompt.too_long.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Only this brief, by its external_ref.
    #[arg(long, value_name = "REF")]
    brief: Option<String>,
    /// Show by cause what would be tried again, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The command.
pub(super) async fn redrive(context: &Context, args: RedriveArgs) -> Result<(), Failure> {
    let store = context.store().await?;
    let run = store.run(&args.id).await?;
    let filter = RedriveFilter {
        code: args.code.as_deref(),
        external_ref: args.brief.as_deref(),
    };
    let redrive = store
        .redrive(run.id, filter, args.dry_run, &actor())
        .await?;
    if redrive.reasons.is_empty() && filter != RedriveFilter::default() {
        return Err(Problem::new(
            "run.not_given_up",
            format!("run {} gave up no brief like that", run.id),
        )
        .hint(format!(
            "`nightdesk runs redrive {} --dry-run` lists what it gave up, by cause",
            run.id
        ))
        .into());
    }
    if context.json {
        let mut object = serde_json::json!(redrive);
        object["run_id"] = serde_json::json!(run.id);
        object["dry_run"] = serde_json::json!(args.dry_run);
        return output::json(&object);
    }
    if redrive.reasons.is_empty() {
        output::note(&format!("no brief of run {} is given up", run.id));
        return Ok(());
    }
    table(&redrive)?;
    output::note(&told(&redrive, &run, args.dry_run));
    Ok(())
}

fn table(redrive: &Redrive) -> Result<(), Failure> {
    let rows = redrive
        .reasons
        .iter()
        .map(|reason| {
            vec![
                reason.code.clone(),
                reason.redriven.to_string(),
                reason.taken.to_string(),
                reason.unavailable.to_string(),
                output::first_line(reason.message.as_deref().unwrap_or_default(), 100),
            ]
        })
        .collect();
    output::table(
        &[
            "CAUSE",
            "TRIED AGAIN",
            "TAKEN SINCE",
            "NOT AVAILABLE",
            "MESSAGE",
        ],
        rows,
    )
}

fn told(redrive: &Redrive, run: &Run, dry_run: bool) -> String {
    let left: i64 = redrive
        .reasons
        .iter()
        .map(|reason| reason.taken + reason.unavailable)
        .sum();
    let left = match left {
        0 => String::new(),
        _ => format!(
            "; {left} stay given up: a later run has their briefs, or they are embargoed or expired"
        ),
    };
    let (briefs, go) = match redrive.redriven {
        1 => ("1 brief".to_owned(), "goes"),
        briefs => (format!("{briefs} briefs"), "go"),
    };
    if dry_run {
        return format!("a dry run: {briefs} would be tried again{left}");
    }
    let open = if redrive.reopened {
        ", and the run is open again"
    } else {
        ""
    };
    // `run` takes up what was run by hand; a scheduled run is a worker's.
    let worker = match (redrive.redriven, run.slot) {
        (0, _) => String::new(),
        (_, None) => format!(
            "; `nightdesk run {}` or any worker takes the rest up",
            run.campaign
        ),
        (_, Some(_)) => "; any worker takes the rest up".to_owned(),
    };
    format!("{briefs} {go} back to the queue{open}{worker}{left}")
}
