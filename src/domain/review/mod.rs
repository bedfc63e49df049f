//! Review: an item in the queue, who holds it, what was decided, and the texts that stood for it.

mod bulk_filter;
mod copy_fault;
mod new_decision;
mod queue_filter;
mod refusal;
mod vocabulary;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::brief::Risk;
use super::score::Deduction;

pub use bulk_filter::{BulkFilter, BulkFilterFault};
pub use copy_fault::{CopyFault, check_text, too_many_chars};
pub use new_decision::{CopyCheck, EditedText, NewDecision};
pub use queue_filter::QueueFilter;
pub use refusal::Refusal;
pub use vocabulary::{ItemState, Level, Outcome, QueueOrder, Reason, Verdict};

/// How long a decision can be taken back, and an approval does not leave yet.
pub const UNDO_SECONDS: i64 = 10;

/// Most bytes of an edited text: far above every channel, far below what a browser chokes on.
pub const MAX_TEXT_BYTES: usize = 128 * 1024;

/// Most characters of a note.
pub const MAX_NOTE_CHARS: usize = 2000;

/// One row of the queue: a brief of a run whose drafts somebody has to read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReviewItem {
    /// The id of its best draft.
    pub id: Uuid,
    /// Run that drafted it.
    pub run_id: Uuid,
    /// The brief.
    pub brief_id: Uuid,
    /// Campaign name.
    pub campaign: String,
    /// Channel the best draft was checked against.
    pub channel: Option<String>,
    /// Language of the brief, a BCP 47 tag.
    pub language: String,
    /// What it is about.
    pub topic: String,
    /// The brief's own key at its sender.
    pub external_ref: String,
    /// The beginning of the best draft.
    pub first_line: String,
    /// How much harm a mistake would do.
    pub risk: Risk,
    /// 0–100, of the best draft.
    pub priority: i32,
    /// Its two largest deductions.
    pub deductions: Vec<Deduction>,
    /// Gates that the best draft fails.
    pub failed_gates: Vec<String>,
    /// When the copy is needed.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether that has passed.
    pub overdue: bool,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// Seconds since then.
    pub age_s: i64,
    /// How many have to agree.
    pub reviews_required: i32,
    /// How many have reviewed it; what they said stays hidden from the next.
    pub reviews_done: i64,
    /// Who may take it.
    pub level: Level,
    /// Two reviews disagreed.
    pub adjudicating: bool,
    /// Where it stands.
    pub state: ItemState,
    /// The outcome; none while it is open.
    pub outcome: Option<Outcome>,
    /// The item it was regenerated from.
    pub parent_id: Option<Uuid>,
    /// Who holds it now.
    pub holder: Option<Holder>,
}

/// Who reads an item now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// The reviewer's name.
    pub name: String,
    /// The reviewer.
    pub reviewer_id: Uuid,
    /// Until when, unless the page is heard of again.
    pub lease_until: DateTime<Utc>,
}

/// A reviewer's hold on an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewLease {
    /// The item.
    pub item_id: Uuid,
    /// What every write under it has to show.
    pub token: Uuid,
    /// When it ends by itself.
    pub lease_until: DateTime<Utc>,
    /// Whose hold was taken over for it.
    pub taken_from: Option<String>,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    /// UUIDv7.
    pub id: Uuid,
    /// The item.
    pub item_id: Uuid,
    /// Who.
    pub reviewer: String,
    /// What.
    pub verdict: Verdict,
    /// The draft.
    pub draft_id: Uuid,
    /// The approved text.
    pub revision_id: Option<Uuid>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// In words.
    pub note: Option<String>,
    /// From claim to decision.
    pub seconds: f64,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was taken back.
    pub undone_at: Option<DateTime<Utc>>,
}

/// What a decision did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Decided {
    /// The decision.
    pub decision_id: Uuid,
    /// The item.
    pub item_id: Uuid,
    /// Where the item stands now.
    pub state: ItemState,
    /// The outcome; none while another review is needed.
    pub outcome: Option<Outcome>,
    /// Two reviews disagreed, and a supervisor has to decide.
    pub adjudicating: bool,
    /// The run that drafts it anew.
    pub run_id: Option<Uuid>,
    /// Whether this very decision had been recorded before.
    pub repeated: bool,
}

/// A text that stood for a draft; never changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Revision {
    /// UUIDv7.
    pub id: Uuid,
    /// The draft it stands for.
    pub draft_id: Uuid,
    /// From 1, the model's own.
    pub number: i32,
    /// The whole copy.
    pub text: String,
    /// The fields of a multi-part draft.
    pub parts: Option<serde_json::Value>,
    /// Who wrote it; none for the model.
    pub author: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}
