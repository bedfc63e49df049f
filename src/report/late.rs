//! What is late now: slots that nobody has decided, and runs that nobody has begun.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::alert::AlertKind;
use crate::domain::report::Late;
use crate::schedule::Schedule;
use crate::store::{Store, StoreError};

/// What should have happened `after` ago, and has not; the longest late first.
///
/// # Errors
/// [`StoreError`].
pub async fn late(store: &Store, after: Duration) -> Result<Vec<Late>, StoreError> {
    let now = store.now().await?;
    let limit = now - TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
    let mut late = store.late_runs(after).await?;
    for campaign in store.readable_campaigns().await? {
        if campaign.paused_at.is_some() {
            continue;
        }
        // A schedule that cannot be read is told where it is applied and where it should fire.
        let Ok(Some(schedule)) = Schedule::of(&campaign.spec) else {
            continue;
        };
        if let Some(slot) = schedule.between(campaign.cursor, limit).next() {
            late.push(Late {
                kind: AlertKind::SlotLate,
                campaign: campaign.name,
                run_id: None,
                due: slot.instant,
                late_s: (now - slot.instant).as_seconds_f64(),
            });
        }
    }
    late.sort_by(|a, b| (a.due, &a.campaign).cmp(&(b.due, &b.campaign)));
    Ok(late)
}
