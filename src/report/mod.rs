//! The morning report: put together from the database and the schedules, and told as text or as a page.
//!
//! The page is made with `maud`: its templates are checked when Nightdesk is compiled, escape what they
//! are given and cannot fail, so a report is never lost to a misspelt variable at half past six. Handlebars
//! stays with the prompts, whose templates are the user's.

mod chart;
mod format;
mod headline;
mod html;
mod late;
mod sentences;
mod text;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

pub use format::{Times, clean, count, cut, duration, number};
pub use headline::late_sentence;
pub use html::page;
pub use late::late;
pub use text::{Mark, plain, render};

use crate::domain::report::{CampaignNight, Report, RunNight, Totals};
use crate::schedule::{Schedule, Zone};
use crate::store::{CampaignRecord, Store, StoreError};

/// Drafts that the report names.
const BEST: i64 = 5;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Beginning; by default a day before the end, so that a report every morning leaves nothing out.
    pub since: Option<DateTime<Utc>>,
    /// End; by default now.
    pub until: Option<DateTime<Utc>>,
    /// Zone of its times.
    pub zone: Zone,
    /// After how long something counts as late.
    pub late_after: Duration,
}

/// Puts the report of a period together.
///
/// # Errors
/// [`StoreError`].
pub async fn gather(store: &Store, period: &Period) -> Result<Report, StoreError> {
    let now = store.now().await?;
    let until = period.until.unwrap_or(now);
    let since = period.since.unwrap_or(until - TimeDelta::days(1));
    let mut runs = store.runs_between(since, until).await?;
    let ids: Vec<_> = runs.values().flatten().map(|run| run.id).collect();
    let failures = store.reported_reasons(&ids).await?;
    let slots = store.slots_between(since, until).await?;
    // What is late now says nothing about a period that was over long ago.
    let late = if now - until > TimeDelta::hours(1) {
        Vec::new()
    } else {
        late(store, period.late_after).await?
    };
    let campaigns: Vec<CampaignNight> = store
        .readable_campaigns()
        .await?
        .into_iter()
        .map(|campaign| {
            let runs = runs.remove(&campaign.name).unwrap_or_default();
            of_campaign(campaign, runs, now)
        })
        .filter(|night| {
            !night.runs.is_empty() || night.schedule.is_some() || night.paused_at.is_some()
        })
        .collect();
    let all = || campaigns.iter().flat_map(|campaign| &campaign.runs);
    let fired = |status: &str| {
        let of = slots.iter().filter(|group| group.status == status);
        of.map(|group| group.count).sum()
    };
    let began = campaigns
        .iter()
        .filter(|campaign| campaign.runs.iter().any(|run| run.started_at.is_some()));
    let ran = campaigns
        .iter()
        .filter(|campaign| !campaign.runs.is_empty());
    // A slot that a pause has skipped was not wanted.
    let wanted = slots
        .iter()
        .filter(|group| group.reason.as_deref() != Some("paused"));
    let due: BTreeSet<&str> = ran
        .map(|campaign| campaign.name.as_str())
        .chain(wanted.map(|group| group.campaign.as_str()))
        .chain(late.iter().map(|late| late.campaign.as_str()))
        .collect();
    let totals = Totals {
        campaigns_due: due.len(),
        campaigns_ran: began.count(),
        runs: all().count(),
        done: all().map(|run| run.done).sum(),
        quarantined: all().map(|run| run.quarantined).sum(),
        left: all().map(|run| run.left).sum(),
        drafts: all().map(|run| run.drafts).sum(),
        output_tokens: all().map(|run| run.output_tokens).sum(),
        busy_s: all().map(|run| run.busy_s).sum(),
        slots_fired: fired("fired"),
        slots_skipped: fired("skipped"),
    };
    let mut report = Report {
        headline: String::new(),
        attention: Vec::new(),
        since,
        until,
        generated_at: now,
        timezone: period.zone.name().to_owned(),
        totals,
        campaigns,
        failures,
        slots,
        late,
        review: store.waiting(since, until, BEST).await?,
        alerts: store.alerts_between(since, until).await?,
    };
    report.headline = headline::headline(&report);
    let times = Times::new(period.zone, since, until);
    report.attention = headline::attention(&report, times);
    Ok(report)
}

fn of_campaign(
    campaign: CampaignRecord,
    mut runs: Vec<RunNight>,
    now: DateTime<Utc>,
) -> CampaignNight {
    for run in &mut runs {
        // A pause that is over, or that the run's end has overtaken, stops nobody.
        run.parked_until = run
            .parked_until
            .filter(|until| *until > now && !run.state.is_final());
    }
    let schedule = Schedule::of(&campaign.spec).ok().flatten();
    let is_paused = campaign.paused_at.is_some();
    let silent_until = campaign
        .silent_until(now)
        .filter(|_| schedule.is_some() && !is_paused);
    let next = schedule.and_then(|schedule| {
        let slot = schedule.next_firing(campaign.cursor, now, is_paused)?;
        Some(slot.instant)
    });
    CampaignNight {
        next,
        silent_until,
        name: campaign.name,
        schedule: campaign.spec.schedule,
        schedule_timezone: campaign.spec.timezone,
        paused_at: campaign.paused_at,
        paused_by: campaign.paused_by.map(|by| by.as_str()),
        runs,
    }
}
