//! `nightdesk scheduler`: fires campaigns when they are due.

use std::time::Duration;

use clap::Args;

use super::alerts::AlertWatch;
use super::context::Context;
use super::failure::Failure;
use super::output;
use super::probes::{ProbeArgs, Watch};
use super::supervised::Pulse;
use crate::scheduler::{ProjectPins, Scheduler};

/// Shown below the flags of `scheduler --help`.
pub(super) const SCHEDULER_HELP: &str = "\
It needs the templates and models folders, since a run is pinned to both as they are when it is made, and no
model in memory. `nightdesk campaigns next` says what comes, `nightdesk campaigns slots` what became of it.
docs/SCHEDULE.md explains catch-up, overlap, windows and what a clock that jumps leads to.";

/// Between two rounds: a slot fires at most about so late.
const POLL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct SchedulerArgs {
    #[command(flatten)]
    pub(super) probes: ProbeArgs,
}

pub(super) async fn scheduler(context: &Context, args: SchedulerArgs) -> Result<(), Failure> {
    let watch = Watch::start(context, "scheduler", &args.probes).await?;
    let pulse = Pulse::start(&context.interrupt, &watch.vitals);
    let stop = context.interrupt.handle();
    let Some(store) = context.store_when_there(&stop, &|| pulse.beat()).await? else {
        return Ok(());
    };
    watch.vitals.reaches(store.clone());
    let pins = ProjectPins::new(
        context.config.templates.value.clone(),
        context.config.models.value.clone(),
    );
    let alert_watch = AlertWatch::start(context, &store);
    let alive = || {
        pulse.beat();
        alert_watch.look();
    };
    tracing::info!("the scheduler is ready");
    let scheduler = Scheduler::new(store, Box::new(pins), POLL);
    scheduler.run(stop, &alive).await?;
    if !pulse.is_supervised() {
        output::note("stopped");
    }
    Ok(())
}
