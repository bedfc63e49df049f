//! What text and page say in the same words: campaigns, runs, causes, slots.

use super::format::{Times, clean, count, cut, duration, number};
use super::headline::is_parked;
use crate::domain::report::{CampaignNight, Report, ReportedReason, RunNight, SlotGroup, Waiting};
use crate::domain::run::RunState;

/// `Mon 5 Jan 2026 12:00 to Tue 6 Jan 2026 12:00, Europe/London`.
pub(super) fn period(report: &Report, times: Times) -> String {
    format!(
        "{} to {}, {}",
        times.in_full(report.since),
        times.in_full(report.until),
        times.zone()
    )
}

/// What there is to say about a campaign besides its runs.
pub(super) fn campaign_notes(campaign: &CampaignNight, times: Times) -> Vec<String> {
    let mut notes = Vec::new();
    if campaign.runs.is_empty() {
        notes.push("did not run".to_owned());
    }
    if let Some(since) = campaign.paused_at {
        let why = match campaign.paused_by {
            Some("prune") => ", because its file is gone",
            _ => "",
        };
        notes.push(format!("paused since {}{why}", times.in_full(since)));
    } else if let Some(next) = campaign.next {
        notes.push(format!("next {}", times.at(next)));
    }
    notes
}

/// Where a run stands, in words.
pub(super) fn state(run: &RunNight) -> &'static str {
    match run.state {
        _ if is_parked(run) => "parked",
        RunState::Queued => "waiting for a worker",
        RunState::Running => "still going",
        RunState::Completed => "completed",
        RunState::CompletedWithErrors => "completed with errors",
        RunState::WindowExpired => "ended by its window",
        RunState::Cancelled => "cancelled",
    }
}

/// How good this is: `good`, `bad`, or neither.
pub(super) fn tone(run: &RunNight) -> &'static str {
    match run.state {
        _ if is_parked(run) => "bad",
        RunState::Completed => "good",
        RunState::CompletedWithErrors | RunState::WindowExpired => "bad",
        RunState::Queued | RunState::Running | RunState::Cancelled => "plain",
    }
}

/// A start that is not worth a word, in seconds.
const ON_TIME: f64 = 60.0;

/// When it ran, and how long after it was due.
pub(super) fn when(run: &RunNight, times: Times) -> String {
    let ran = match (run.started_at, run.finished_at) {
        (Some(start), Some(end)) => times.span(start, end),
        (Some(start), None) => format!("since {}", times.at(start)),
        (None, _) => "not begun".to_owned(),
    };
    let punctual = match (run.slot, run.start_delay_s) {
        (None, _) => "by hand".to_owned(),
        (Some(slot), None) => format!("due {}", times.at(slot)),
        (Some(_), Some(..ON_TIME)) => "on time".to_owned(),
        (Some(slot), Some(delay)) => {
            format!("{} late, as it was due {}", duration(delay), times.at(slot))
        }
    };
    format!("{ran}, {punctual}")
}

/// The result of the run's briefs.
pub(super) fn briefs(run: &RunNight) -> String {
    let all = run.briefs();
    let mut parts = vec![format!(
        "{} of {} drafted",
        number(run.done),
        count(all, "brief")
    )];
    if run.quarantined > 0 {
        parts.push(format!("{} given up", number(run.quarantined)));
    }
    if run.left > 0 {
        parts.push(format!("{} left", number(run.left)));
    }
    parts.push(count(run.drafts, "draft"));
    parts.join(", ")
}

/// What it took; nothing where nothing was drafted.
pub(super) fn work(run: &RunNight) -> Option<String> {
    let tokens = count(run.output_tokens, "token");
    let speed = run.tok_s?;
    let busy = duration(run.busy_s);
    // Where there are few, the part behind the point is most of it.
    let decimals = usize::from(speed < 10.0);
    Some(format!(
        "{tokens} in {busy} of work, {speed:.decimals$} tok/s"
    ))
}

/// Why a run failed as a whole.
pub(super) fn error(run: &RunNight) -> Option<String> {
    run.error.as_deref().map(clean)
}

/// One of the briefs that were given up for a cause.
pub(super) fn example(cause: &ReportedReason) -> String {
    let message = cause.example_message.as_deref();
    format!(
        "{}: {}",
        clean(&cause.example_ref),
        cut(message.unwrap_or("no reason was kept"), 400)
    )
}

/// What became of a campaign's slots.
pub(super) fn slots(group: &SlotGroup, times: Times) -> String {
    let span = match group.count {
        1 => format!("at {}", times.at(group.first)),
        many => format!(
            "{} times, {}",
            number(many),
            times.span(group.first, group.last)
        ),
    };
    match group.because {
        None => format!("fired {span}"),
        Some(because) => format!("skipped {span}: {because}"),
    }
}

/// How many drafts wait, and how many of them are new.
pub(super) fn waiting(review: &Waiting) -> String {
    match review.drafts {
        0 => "nothing".to_owned(),
        many => format!(
            "{}, {} of them new",
            count(many, "draft"),
            number(review.new)
        ),
    }
}

/// How good what waits is, in three parts; for those who do not see the chart.
pub(super) fn bands(review: &Waiting) -> String {
    let of = |from: i32, to: i32| -> i64 {
        let bands = review.by_priority.iter();
        let inside = bands.filter(|band| band.from >= from && band.from < to);
        inside.map(|band| band.drafts).sum()
    };
    format!(
        "priority 80 to 100: {} · 50 to 79: {} · 0 to 49: {}",
        number(of(80, 101)),
        number(of(50, 80)),
        number(of(0, 50))
    )
}

/// The night in one line: briefs, drafts, tokens, seconds.
pub(super) fn sums(report: &Report) -> String {
    let totals = &report.totals;
    format!(
        "{}: {} of {} drafted, {}; {} in {} of work",
        count(totals.runs as i64, "run"),
        number(totals.done),
        count(totals.done + totals.quarantined + totals.left, "brief"),
        count(totals.drafts, "draft"),
        count(totals.output_tokens, "token"),
        duration(totals.busy_s)
    )
}
