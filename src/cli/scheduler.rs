//! `nightdesk scheduler`: fires campaigns when they are due.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::context::Context;
use super::failure::Failure;
use super::output;
use super::supervised::Pulse;
use crate::notify::{Alarm, Notify};
use crate::scheduler::{ProjectPins, Scheduler};
use crate::store::Store;

/// Shown below the flags of `scheduler --help`.
pub(super) const SCHEDULER_HELP: &str = "\
It needs the templates and models folders, since a run is pinned to both as they are when it is made, and no
model in memory. `nightdesk campaigns next` says what comes, `nightdesk campaigns slots` what became of it.
docs/SCHEDULE.md explains catch-up, overlap, windows and what a clock that jumps leads to.";

/// Between two rounds: a slot fires at most about so late.
const POLL: Duration = Duration::from_secs(1);

/// Alerts and the daily report are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(super) async fn scheduler(context: &Context) -> Result<(), Failure> {
    let pulse = Pulse::start(&context.interrupt);
    let stop = context.interrupt.handle();
    let Some(store) = context.store_when_there(&stop, &|| pulse.beat()).await? else {
        return Ok(());
    };
    let pins = ProjectPins::new(
        context.config.templates.value.clone(),
        context.config.models.value.clone(),
    );
    let alarm = alarm(context, &store);
    let looked = Mutex::new(None::<Instant>);
    let alive = || {
        pulse.beat();
        let mut looked = looked.lock().unwrap_or_else(|broken| broken.into_inner());
        if looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            *looked = Some(Instant::now());
            if let Some(alarm) = &alarm {
                alarm.tick();
            }
        }
    };
    tracing::info!("the scheduler is ready");
    let scheduler = Scheduler::new(store, Box::new(pins), POLL);
    scheduler.run(stop, &alive).await?;
    if !pulse.is_supervised() {
        output::note("stopped");
    }
    Ok(())
}

/// Who hears of the night. A secret that is gone must not keep campaigns from firing: it is told, and the
/// night goes on without alerts.
fn alarm(context: &Context, store: &Store) -> Option<Alarm> {
    let settings = &context.config.notify;
    match Notify::new(settings, &|name| std::env::var(name).ok()) {
        Ok(notify) => Some(Alarm::new(store.clone(), Arc::new(notify))),
        Err(problem) => {
            tracing::error!(
                code = problem.code,
                "no alerts are sent: {}",
                problem.message
            );
            None
        }
    }
}
