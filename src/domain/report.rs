//! The morning report: what a night came to. Its keys are documented in docs/REPORT.md; they may be added
//! to, never renamed or removed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::alert::AlertKind;
use super::run::RunState;

/// What a period came to, as `nightdesk report --json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// One sentence for somebody who reads nothing else.
    pub headline: String,
    /// What somebody should look at, one sentence each; empty after a good night.
    pub attention: Vec<String>,
    /// Beginning of the period, which belongs to it.
    pub since: DateTime<Utc>,
    /// End of the period, which does not.
    pub until: DateTime<Utc>,
    /// When it was put together; runs are as they were then.
    pub generated_at: DateTime<Utc>,
    /// Zone of the times in the headline, the text and the page.
    pub timezone: String,
    /// Sums over the period's runs.
    pub totals: Totals,
    /// Campaigns with a run in the period, with a schedule, or paused; by name.
    pub campaigns: Vec<CampaignNight>,
    /// Briefs given up, by cause; the most frequent first.
    pub failures: Vec<ReportedReason>,
    /// Slots of the period, by campaign and what became of them.
    pub slots: Vec<SlotGroup>,
    /// What is late now; empty for a period that is over.
    pub late: Vec<Late>,
    /// Drafts that wait for an editor now.
    pub review: Waiting,
    /// Alerts of the period.
    pub alerts: Vec<AlertSent>,
}

/// Sums over the period's runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Campaigns that ran or should have run.
    pub campaigns_due: usize,
    /// Campaigns of which a run began.
    pub campaigns_ran: usize,
    /// Runs.
    pub runs: usize,
    /// Briefs with drafts.
    pub done: i64,
    /// Briefs given up.
    #[serde(rename = "given_up")]
    pub quarantined: i64,
    /// Briefs that still wait, or were left for the next run.
    pub left: i64,
    /// Drafts, all candidates counted.
    pub drafts: i64,
    /// Tokens generated.
    pub output_tokens: i64,
    /// Seconds in which some worker was drafting, summed over runs.
    pub busy_s: f64,
    /// Slots that fired.
    pub slots_fired: i64,
    /// Slots that did not.
    pub slots_skipped: i64,
}

/// One campaign's part of the night.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CampaignNight {
    /// Its name.
    pub name: String,
    /// Its crontab; `None` for one that runs by hand only.
    pub schedule: Option<String>,
    /// Zone of the crontab.
    pub schedule_timezone: String,
    /// Since when it does not fire.
    pub paused_at: Option<DateTime<Utc>>,
    /// `person` or `prune`.
    pub paused_by: Option<&'static str>,
    /// When it is due next; `None` by hand, while it is paused, and for a schedule that cannot be read.
    pub next: Option<DateTime<Utc>>,
    /// Until when nothing of it fires, because its cursor lies ahead of the database's clock; `None` where it does not.
    pub silent_until: Option<DateTime<Utc>>,
    /// Its runs in the period, oldest first.
    pub runs: Vec<RunNight>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunNight {
    /// UUIDv7.
    pub id: Uuid,
    /// Where it stands.
    pub state: RunState,
    /// The scheduled instant; `None` by hand.
    pub slot: Option<DateTime<Utc>>,
    /// When its first batch was claimed.
    pub started_at: Option<DateTime<Utc>>,
    /// Seconds from its slot to that; `None` by hand and before its start.
    pub start_delay_s: Option<f64>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it stops, or stopped, claiming.
    pub window_ends_at: Option<DateTime<Utc>>,
    /// No worker claims of it before this, because everything failed.
    pub parked_until: Option<DateTime<Utc>>,
    /// Briefs with drafts.
    pub done: i64,
    /// Briefs given up.
    #[serde(rename = "given_up")]
    pub quarantined: i64,
    /// Briefs that still wait, or were left for the next run.
    pub left: i64,
    /// Drafts, all candidates counted.
    pub drafts: i64,
    /// Tokens generated.
    pub output_tokens: i64,
    /// Seconds in which some worker was drafting for it.
    pub busy_s: f64,
    /// Tokens per second of that time.
    pub tok_s: Option<f64>,
    /// Why it failed as a whole.
    pub error: Option<String>,
}

impl RunNight {
    /// All of its briefs.
    pub fn briefs(&self) -> i64 {
        self.done + self.quarantined + self.left
    }
}

/// Briefs given up for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedReason {
    /// Stable word, such as `brief.expired`; `unknown` where no reason was kept.
    pub code: String,
    /// Briefs.
    pub briefs: i64,
    /// Campaigns they belong to.
    pub campaigns: Vec<String>,
    /// One of these briefs, by its own key.
    pub example_ref: String,
    /// What was said about it.
    pub example_message: Option<String>,
}

/// Slots of one campaign that had the same fate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotGroup {
    /// Campaign name.
    pub campaign: String,
    /// `fired` or `skipped`.
    pub status: String,
    /// Why they did not fire: `catch_up`, `overlap`, `paused`, `window`.
    pub reason: Option<String>,
    /// The reason in words.
    pub because: Option<&'static str>,
    /// How many.
    pub count: i64,
    /// The first of them.
    pub first: DateTime<Utc>,
    /// The last of them.
    pub last: DateTime<Utc>,
}

/// Something that should have happened by now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Late {
    /// `run_late` or `slot_late`.
    pub kind: AlertKind,
    /// Campaign name.
    pub campaign: String,
    /// The run that waits; `None` where no run was made.
    pub run_id: Option<Uuid>,
    /// When it was due.
    pub due: DateTime<Utc>,
    /// Seconds since then.
    pub late_s: f64,
}

/// Drafts that wait for an editor: the open items of the review queue, one for each brief of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// All of them.
    pub drafts: i64,
    /// Those that were made in the period.
    pub new: i64,
    /// How many there are of each priority, in tens; always ten, the best last.
    pub by_priority: Vec<PriorityBand>,
    /// The best of them.
    pub best: Vec<BestDraft>,
}

/// Drafts of ten neighbouring priorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PriorityBand {
    /// The least priority.
    pub from: i32,
    /// The greatest.
    pub to: i32,
    /// Drafts.
    pub drafts: i64,
}

/// A draft worth opening first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BestDraft {
    /// UUIDv7; `nightdesk drafts show` takes it.
    pub id: Uuid,
    /// 0 to 100.
    pub priority: i32,
    /// Campaign name.
    pub campaign: String,
    /// The brief's own key.
    pub external_ref: String,
    /// The brief's topic.
    pub topic: String,
}

/// What became of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertSent {
    /// UUIDv7; goes with the message.
    pub id: Uuid,
    /// What it is about.
    pub kind: AlertKind,
    /// What it says.
    pub message: String,
    /// When it was noticed.
    pub created_at: DateTime<Utc>,
    /// When every configured channel had taken it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// How often it was sent.
    pub attempts: i32,
    /// Why the last try failed.
    pub last_error: Option<String>,
}
