//! `runs cancel`: stop a run for good.

use clap::Args;

use super::super::confirm;
use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::super::users::actor;
use crate::domain::counted::count;

#[derive(Debug, Args)]
pub(in crate::cli) struct CancelArgs {
    /// Its id, or the beginning of it.
    id: String,
    /// Cancel without asking; without a terminal, or with --json, nothing is asked anyway.
    #[arg(short, long)]
    yes: bool,
}

/// The command.
pub(super) async fn cancel(context: &Context, args: CancelArgs) -> Result<(), Failure> {
    let store = context.store().await?;
    let run = store.run(&args.id).await?;
    let asking = !args.yes && !context.json && confirm::somebody_is_there();
    if asking && !run.state.is_final() {
        let question = format!(
            "Cancel run {} of {}, {} of {} done?",
            run.id,
            run.campaign,
            run.counts.done,
            count(run.counts.total(), "brief")
        );
        if !confirm::confirmed(&question).await? {
            output::note("nothing was changed");
            return Err(Failure::Output);
        }
    }
    let cancelled = store.cancel_run(run.id, &actor()).await?;
    let run = store.run(&run.id.to_string()).await?;
    if context.json {
        let mut object = serde_json::json!(run);
        object["taken_back"] = serde_json::json!(cancelled.taken_back);
        return output::json(&object);
    }
    output::line(&format!(
        "{}: run {} {}; drafts are kept: {} done, {} left",
        run.campaign,
        run.id,
        if cancelled.now {
            "is cancelled"
        } else {
            "was cancelled already"
        },
        count(run.counts.done, "brief"),
        run.counts.open()
    ))?;
    if cancelled.taken_back > 0 {
        output::line(&format!(
            "  {} of these were being drafted; what their workers still send is refused",
            cancelled.taken_back
        ))?;
    }
    output::note(&format!(
        "it cannot be opened again; `nightdesk run {}` makes a new run of what it left",
        run.campaign
    ));
    Ok(())
}
