//! Alerts and the daily report: noticed by every process that looks, sent by one.
//!
//! What is noticed is written down under a unique key; whoever claims the row sends it. A sender that dies
//! leaves the row to the next one, so a message is sent at least once, and its id tells a repetition.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Message, Notify};
use crate::domain::alert::{Alert, AlertKind};
use crate::report::{Period, Times, clean, count, cut, gather, late, late_sentence, number};
use crate::store::{ClaimedAlert, NoticedRun, Store, StoreError};

/// How long a sender holds an alert: longer than all tries at both channels together take.
const HOLD: Duration = Duration::from_mins(2);

/// The pause after a failed try doubles from the first to the second of these.
const PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(15));

/// After this a report that nobody has sent is not the morning's any more.
const MORNING: TimeDelta = TimeDelta::hours(6);

/// Most messages of one look: what a broken night leaves to say must not hold up the next look.
const MOST: usize = 20;

/// Looks and sends beside the caller's own work.
pub struct AlertSender {
    store: Store,
    notify: Arc<Notify>,
    busy: Arc<AtomicBool>,
    /// Whether the look before failed: an outage of an hour is one line in the log.
    failing: Arc<AtomicBool>,
}

impl AlertSender {
    /// For any process that lives through the night.
    pub fn new(store: Store, notify: Arc<Notify>) -> Self {
        Self {
            store,
            notify,
            busy: Arc::default(),
            failing: Arc::default(),
        }
    }

    /// Looks, unless the look before is still under way. Returns at once and never fails: a mail server
    /// that is down is no reason to draft nothing.
    pub fn tick(&self) {
        if self.notify.destinations().is_empty() || self.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let (store, notify) = (self.store.clone(), Arc::clone(&self.notify));
        let busy = Busy(Arc::clone(&self.busy));
        let failing = Arc::clone(&self.failing);
        tokio::spawn(async move {
            let _busy = busy;
            let looked = look(&store, &notify).await;
            let failed_before = failing.swap(looked.is_err(), Ordering::SeqCst);
            if let (Err(error), false) = (looked, failed_before) {
                tracing::warn!(%error, "alerts could not be looked for; later looks do");
            }
        });
    }
}

/// Given back also when the look panics.
struct Busy(Arc<AtomicBool>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Notices what there is to notice, and sends what is due; says how many messages every channel took.
///
/// # Errors
/// [`StoreError`]; what had been claimed is sent by a later look.
pub async fn look(store: &Store, notify: &Notify) -> Result<usize, StoreError> {
    if notify.destinations().is_empty() {
        return Ok(0);
    }
    for alert in noticed(store, notify).await? {
        store.raise_alert(&alert).await?;
    }
    let mut delivered = 0;
    for _ in 0..MOST {
        let Some(claimed) = store.claim_alert(HOLD).await? else {
            break;
        };
        delivered += usize::from(send(store, notify, &claimed).await?);
    }
    Ok(delivered)
}

async fn send(store: &Store, notify: &Notify, claimed: &ClaimedAlert) -> Result<bool, StoreError> {
    let message = match (claimed.alert.kind, claimed.alert.until) {
        (AlertKind::Report, Some(until)) => {
            let asked = Period {
                since: claimed.alert.since,
                until: Some(until),
                zone: notify.zone,
                late_after: notify.late_after,
            };
            let report = gather(store, &asked).await?;
            Message::of_report(claimed.id, &report, notify.zone)
        }
        _ => Message::of_alert(claimed.id, &claimed.alert),
    };
    let sent = notify.send(&message, &claimed.delivered_to).await;
    let mut taken = Vec::new();
    let mut errors = Vec::new();
    for delivery in sent {
        match delivery.error {
            None => taken.push(delivery.destination.channel.to_owned()),
            Some(error) => errors.push(error.to_string()),
        }
    }
    let error = (!errors.is_empty()).then(|| errors.join("; "));
    if let Some(error) = &error {
        tracing::warn!(alert = %claimed.id, error, "an alert was not delivered; it is tried again");
    }
    let doublings = u32::try_from(claimed.attempts - 1).unwrap_or(0).min(16);
    let pause = (PAUSES.0 * 2_u32.pow(doublings)).min(PAUSES.1);
    store
        .settle_alert(claimed.id, &taken, error.as_deref(), pause)
        .await?;
    Ok(error.is_none())
}

/// Everything that is wrong now, heard of or not; and the report, when it is time.
async fn noticed(store: &Store, notify: &Notify) -> Result<Vec<Alert>, StoreError> {
    let now = store.now().await?;
    let times = Times::new(notify.zone, now - TimeDelta::days(1), now);
    let mut alerts = Vec::new();
    for run in store.unheard_runs(notify.failed_share).await? {
        let reasons = store.reported_reasons(&[run.id]).await?;
        let example = reasons.into_iter().next().map(|reason| {
            let message = reason.example_message.unwrap_or_default();
            format!("{}: {}", clean(&reason.example_ref), cut(&message, 200))
        });
        alerts.push(of_run(&run, example, times));
    }
    for late in late(store, notify.late_after).await? {
        alerts.push(Alert {
            kind: late.kind,
            subject: match late.run_id {
                Some(run) => run.to_string(),
                None => format!("{} {}", late.campaign, late.due.to_rfc3339()),
            },
            message: late_sentence(&late, times),
            campaign: Some(late.campaign),
            run_id: late.run_id,
            hint: Some("`nightdesk report` says what else is late".to_owned()),
            since: None,
            until: None,
        });
    }
    alerts.extend(daily(notify, now));
    Ok(alerts)
}

fn of_run(run: &NoticedRun, example: Option<String>, times: Times) -> Alert {
    let campaign = &run.campaign;
    let at = |instant: Option<DateTime<Utc>>| {
        instant
            .map(|instant| format!("{} {}", times.at(instant), times.zone()))
            .unwrap_or_default()
    };
    let example = example.map(|example| format!(", such as {example}"));
    let all = run.done + run.failed + run.left;
    let message = match run.kind {
        AlertKind::RunParked => {
            let why = run
                .error
                .as_deref()
                .map(|error| format!(": {}", cut(error, 300)));
            format!(
                "{campaign} is parked until {}, because everything failed{}",
                at(run.parked_until),
                why.unwrap_or_default()
            )
        }
        AlertKind::WindowExpired => format!(
            "{campaign} ended by its window at {}: {} of {} drafted, {} left for the next run",
            at(run.window_ends_at),
            number(run.done),
            count(all, "brief"),
            number(run.left)
        ),
        _ => format!(
            "{campaign} gave up {} of {}{}",
            number(run.failed),
            count(all, "brief"),
            example.unwrap_or_default()
        ),
    };
    Alert {
        kind: run.kind,
        subject: run.id.to_string(),
        campaign: Some(campaign.clone()),
        run_id: Some(run.id),
        message,
        hint: Some(format!(
            "`nightdesk runs show {}` has the details",
            short(run.id)
        )),
        since: None,
        until: None,
    }
}

/// The report of the last day at which it was time, from one time to the next.
fn daily(notify: &Notify, now: DateTime<Utc>) -> Option<Alert> {
    let schedule = notify.report.as_ref()?;
    let due = schedule.between(now - MORNING, now).last()?.instant;
    let before = due - TimeDelta::seconds(1);
    let since = schedule.between(due - TimeDelta::hours(49), before).last();
    Some(Alert {
        kind: AlertKind::Report,
        subject: notify.zone.wall(due).date().to_string(),
        campaign: None,
        run_id: None,
        message: format!("the morning report of {}", notify.zone.wall(due).date()),
        hint: None,
        since: since.map(|slot| slot.instant),
        until: Some(due),
    })
}

/// The beginning of an id is enough to find it, and ids of one night begin alike: not too short.
fn short(id: Uuid) -> String {
    id.to_string()[..23].to_owned()
}
