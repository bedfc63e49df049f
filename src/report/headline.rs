//! The one sentence for somebody who reads nothing else, and what they should look at.

use super::format::{Times, clean, count, duration, number};
use crate::domain::alert::AlertKind;
use crate::domain::report::{Late, Report, RunNight};
use crate::domain::run::RunState;

/// `3 of 4 campaigns ran; 412 drafts wait for review; 1 run ended by its window, 7 briefs given up`.
pub(super) fn headline(report: &Report) -> String {
    let totals = &report.totals;
    let ran = match (totals.campaigns_ran, totals.campaigns_due) {
        (0, 0) => "Nothing was due".to_owned(),
        (ran, 1) => format!("{ran} of 1 campaign ran"),
        (ran, due) => format!("{ran} of {due} campaigns ran"),
    };
    let waiting = match report.review.drafts {
        0 => "no draft waits for review".to_owned(),
        1 => "1 draft waits for review".to_owned(),
        many => format!("{} drafts wait for review", number(many)),
    };
    let troubles = troubles(report).join(", ");
    [ran, waiting, troubles]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn troubles(report: &Report) -> Vec<String> {
    let runs = || report.campaigns.iter().flat_map(|campaign| &campaign.runs);
    let of = |fits: fn(&RunNight) -> bool| runs().filter(|run| fits(run)).count() as i64;
    let slots = report.slots.iter();
    let skipped = slots.filter(|group| group.reason.as_deref().is_some_and(|why| why != "paused"));
    let undelivered = report.alerts.iter().filter(|alert| {
        // The first try of a fresh one may be under way.
        alert.delivered_at.is_none() && alert.last_error.is_some()
    });
    let parts = [
        (report.late.len() as i64, "campaign", "late"),
        (of(is_parked), "run", "parked"),
        (
            of(|run| run.state == RunState::WindowExpired),
            "run",
            "ended by its window",
        ),
        (report.totals.quarantined, "brief", "given up"),
        (skipped.map(|group| group.count).sum(), "slot", "skipped"),
        (undelivered.count() as i64, "alert", "not delivered"),
        (of(is_waiting), "run", "not begun"),
        (of(is_going), "run", "still going"),
    ];
    let said = parts.into_iter().filter(|(many, _, _)| *many > 0);
    said.map(|(many, noun, what)| {
        let what = match (many, what) {
            (2.., "ended by its window") => "ended by their windows",
            (_, what) => what,
        };
        format!("{} {what}", count(many, noun))
    })
    .collect()
}

/// What somebody should look at, the most pressing first.
pub(super) fn attention(report: &Report, times: Times) -> Vec<String> {
    let mut sentences: Vec<String> = report
        .late
        .iter()
        .map(|late| late_sentence(late, times))
        .collect();
    for campaign in &report.campaigns {
        if let Some(until) = campaign.silent_until {
            sentences.push(format!(
                "nothing of {name} fires before {}, as its cursor lies ahead of the database's clock: once the clock is right, resuming the campaign lets it go on",
                times.in_full(until),
                name = campaign.name
            ));
        }
        for run in &campaign.runs {
            sentences.extend(run_sentence(&campaign.name, run, times));
        }
    }
    for alert in &report.alerts {
        if let (None, Some(error)) = (alert.delivered_at, &alert.last_error) {
            sentences.push(format!(
                "an alert of {} was not delivered: {}",
                times.at(alert.created_at),
                clean(error)
            ));
        }
    }
    sentences
}

/// Why something is late, and what to ask.
pub fn late_sentence(late: &Late, times: Times) -> String {
    let (campaign, due) = (&late.campaign, times.at(late.due));
    let since = duration(late.late_s);
    match late.kind {
        AlertKind::SlotLate => format!(
            "{campaign} was due at {due}, {since} ago, and no scheduler has looked at it: is one running?"
        ),
        _ => format!(
            "{campaign} was due at {due}, {since} ago, and no worker has begun it: is one running?"
        ),
    }
}

fn run_sentence(campaign: &str, run: &RunNight, times: Times) -> Option<String> {
    let all = run.briefs();
    if is_parked(run) {
        let until = run.parked_until.map(|until| times.at(until));
        let why = run.error.as_deref().map(clean);
        return Some(format!(
            "{campaign} is parked until {}, because everything failed{}",
            until.unwrap_or_default(),
            why.map(|why| format!(": {why}")).unwrap_or_default()
        ));
    }
    match run.state {
        RunState::WindowExpired => Some(format!(
            "{campaign} ended by its window: {} of {} left for the next run{}",
            number(run.left),
            count(all, "brief"),
            match run.quarantined {
                0 => String::new(),
                quarantined => format!(", {} given up", number(quarantined)),
            }
        )),
        RunState::Cancelled => None,
        _ if run.quarantined > 0 => Some(format!(
            "{campaign} gave up {} of {}",
            number(run.quarantined),
            count(all, "brief")
        )),
        _ => None,
    }
}

/// Whether everything failed for it and it waits.
pub(super) fn is_parked(run: &RunNight) -> bool {
    run.parked_until.is_some()
}

fn is_going(run: &RunNight) -> bool {
    run.state == RunState::Running && !is_parked(run)
}

/// Whether it was made, and no worker has claimed of it.
fn is_waiting(run: &RunNight) -> bool {
    run.state == RunState::Queued && !is_parked(run)
}
