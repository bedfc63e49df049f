//! `nightdesk worker`: drafts whatever is due.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::alerts::AlertWatch;
use super::context::Context;
use super::failure::Failure;
use super::output;
use super::probes::{ProbeArgs, Watch};
use super::run;
use super::supervised::Pulse;
use super::watched::Watched;
use crate::domain::problem::Problem;
use crate::worker::{Assignment, Ended, Models, Progress, Worker, WorkerOptions};

/// Shown below the flags of `worker --help`.
pub(super) const WORKER_HELP: &str = "\
  nightdesk worker                # draft what schedulers fire and people start, until SIGTERM
  nightdesk worker --once         # draft what there is and end
One process uses one model at a time and as many threads as --threads says; start more of them on other
hosts, against the same database. SIGTERM gives back what is not finished; a second one ends it at once.
docs/OPERATIONS.md says how to run it for good.";

/// Between two looks for work when there is none.
const POLL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// End when nothing is left to do.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    pub(super) probes: ProbeArgs,
}

pub(super) async fn worker(context: &Context, args: WorkerArgs) -> Result<(), Failure> {
    let watch = Watch::start(context, "worker", &args.probes).await?;
    let pulse = Pulse::start(&context.interrupt, &watch.vitals);
    let models = Models::new(
        context.runtime_library()?,
        context.config.models.value.clone(),
        context.engine_options(),
    );
    let stop = context.interrupt.handle();
    let Some(store) = context.store_when_there(&stop, &|| pulse.beat()).await? else {
        return Ok(());
    };
    watch.vitals.reaches(store.clone());
    let options = WorkerOptions {
        poll: POLL,
        // It waits for its database as long as it takes.
        retry_for: Duration::MAX,
        ..context.worker_options()
    };
    let assignment = if args.once {
        Assignment::Once
    } else {
        Assignment::Always
    };
    tracing::info!(worker = options.name, "worker {} is ready", options.name);
    let models = Watched::new(models, std::sync::Arc::clone(&watch.vitals));
    let alert_watch = AlertWatch::start(context, &store);
    let worker = Worker::new(store, Box::new(models), assignment, options);
    let (lost, standby) = (AtomicBool::new(false), AtomicBool::new(false));
    let tell = |progress| {
        pulse.beat();
        match progress {
            Progress::DatabaseLost { message, read_only } => {
                // Said once, and again only where somebody has to make a standby the primary.
                let new = !lost.swap(true, Ordering::Relaxed);
                if new || read_only && !standby.load(Ordering::Relaxed) {
                    tracing::warn!("{message}; waiting for the database");
                }
                standby.store(read_only, Ordering::Relaxed);
            }
            Progress::DatabaseBack => {
                if lost.swap(false, Ordering::Relaxed) {
                    tracing::info!("the database is back");
                }
            }
            Progress::Alive => alert_watch.look(),
            Progress::Working { .. } | Progress::Waiting { .. } => {}
        }
    };
    match worker.work(stop, &tell).await? {
        Ended::Finished => {
            output::note("nothing is left to do");
            Ok(())
        }
        Ended::Stopped => {
            if !pulse.is_supervised() {
                output::note("stopped; what was not finished was given back");
            }
            Ok(())
        }
        Ended::EngineLost => Err(Problem::new(
            "engine.stopped",
            "the engine has stopped; what was finished is kept",
        )
        .hint("start it again; if it stops again, `nightdesk doctor` verifies the model")
        .unexpected()
        .into()),
        Ended::Hung => run::end_hung(),
    }
}
