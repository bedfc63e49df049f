//! Review: an item in the queue, who holds it, what was decided, and the texts that stood for it.

mod refusal;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::brief::Risk;
use super::score::Deduction;

pub use refusal::Refusal;

/// How long a decision can be taken back, and an approval does not leave yet.
pub const UNDO_SECONDS: i64 = 10;

/// Most bytes of an edited text: far above every channel, far below what a browser chokes on.
pub const MAX_TEXT_BYTES: usize = 128 * 1024;

/// Most characters of a note.
pub const MAX_NOTE_CHARS: usize = 2000;

/// One row of the queue: a brief of a run whose drafts somebody has to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// The item it was regenerated from.
    pub parent_id: Option<Uuid>,
    /// Who holds it now.
    pub holder: Option<Holder>,
}

/// Who reads an item now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The reviewer's name.
    pub name: String,
    /// The reviewer.
    pub reviewer_id: Uuid,
    /// Until when, unless the page is heard of again.
    pub lease_until: DateTime<Utc>,
}

/// A reviewer's hold on an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// What a reviewer says about an item.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDecision {
    /// The item.
    pub item_id: Uuid,
    /// The draft that was judged, one of the item's.
    pub draft_id: Uuid,
    /// The lease.
    pub token: Uuid,
    /// Made with the form: the same key twice is one decision.
    pub key: Uuid,
    /// What.
    pub verdict: Verdict,
    /// The edited text, for [`Verdict::ApproveWithEdits`].
    pub edited: Option<EditedText>,
    /// Why, for a rejection.
    pub reasons: Vec<Reason>,
    /// In words; for [`Verdict::Regenerate`] what the next draft should heed.
    pub note: Option<String>,
}

/// A text as an editor left it.
#[derive(Debug, Clone, PartialEq)]
pub struct EditedText {
    /// The whole copy; for a multi-part draft the rendering of its parts.
    pub text: String,
    /// The fields of a multi-part draft.
    pub parts: Option<serde_json::Value>,
    /// Characters that were put in and taken out, over those of both texts.
    pub ratio: f32,
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decided {
    /// The decision.
    pub decision_id: Uuid,
    /// The item.
    pub item_id: Uuid,
    /// Where the item stands now.
    pub state: ItemState,
    /// What came of it; none while another review is needed.
    pub outcome: Option<Outcome>,
    /// Two reviews disagreed, and a supervisor has to decide.
    pub adjudicating: bool,
    /// The run that drafts it anew.
    pub run_id: Option<Uuid>,
    /// Whether this very decision had been recorded before.
    pub repeated: bool,
}

/// A text that stood for a draft; never changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// Makes an enum of words that are the same in SQL, JSON and forms.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $said:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in SQL, JSON and forms.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// As a person reads it.
            pub fn said(self) -> &'static str {
                match self { $(Self::$variant => $said,)* }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!(
                        "`{}` is none of {}", word,
                        Self::ALL.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", "))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a reviewer says.
    Verdict {
        /// The text as it is.
        Approve = "approve", "approved";
        /// The text as the reviewer changed it.
        ApproveWithEdits = "approve_with_edits", "approved with edits";
        /// Draft it again, heeding a note.
        Regenerate = "regenerate", "sent back for a new draft";
        /// Not this one, with a reason.
        Reject = "reject", "rejected";
        /// A supervisor should decide.
        Escalate = "escalate", "passed to a supervisor";
        /// Somebody else should decide; does not count.
        Decline = "decline", "given back";
        /// The decision before is taken back.
        Undo = "undo", "taken back";
    }
}

impl Verdict {
    /// Whether it is one of the reviews an item needs.
    pub fn counts(self) -> bool {
        matches!(
            self,
            Self::Approve | Self::ApproveWithEdits | Self::Regenerate | Self::Reject
        )
    }

    /// Whether it approves a text.
    pub fn approves(self) -> bool {
        matches!(self, Self::Approve | Self::ApproveWithEdits)
    }
}

words! {
    /// Why a draft is not good enough. The order is that of the keys 1 to 9.
    Reason {
        /// A fact is wrong.
        FactError = "fact_error", "a fact is wrong";
        /// It claims what the brief does not say.
        UnsupportedClaim = "unsupported_claim", "claims what the brief does not say";
        /// Something that had to be in it is missing.
        MissingMustInclude = "missing_must_include", "something required is missing";
        /// It uses a word that is not allowed.
        ForbiddenTerm = "forbidden_term", "uses a forbidden term";
        /// It does not sound right.
        OffTone = "off_tone", "wrong tone";
        /// Too long.
        TooLong = "too_long", "too long";
        /// Too short.
        TooShort = "too_short", "too short";
        /// It repeats itself.
        Repetitive = "repetitive", "repeats itself";
        /// Somebody would be offended.
        Offensive = "offensive", "offensive";
        /// A lawyer should not read it.
        LegalRisk = "legal_risk", "legal risk";
        /// It says too much about a person.
        Privacy = "privacy", "private information";
        /// Not in the language of the brief.
        WrongLanguage = "wrong_language", "wrong language";
        /// Said before.
        Duplicate = "duplicate", "duplicate";
        /// Out of date.
        Stale = "stale", "out of date";
        /// Something else, in the note.
        Other = "other", "something else";
    }
}

words! {
    /// Where an item stands.
    ItemState {
        /// It waits.
        Open = "open", "open";
        /// Enough reviews have come to one outcome.
        Decided = "decided", "decided";
        /// It was taken out of the queue.
        Withdrawn = "withdrawn", "withdrawn";
    }
}

words! {
    /// What came of an item.
    Outcome {
        /// A text was approved.
        Approved = "approved", "approved";
        /// No draft was good enough.
        Rejected = "rejected", "rejected";
        /// It is drafted again.
        Regenerated = "regenerated", "drafted again";
    }
}

words! {
    /// Who may take an item.
    Level {
        /// Everybody.
        Editor = "editor", "editors";
        /// Supervisors and admins.
        Supervisor = "supervisor", "supervisors";
    }
}

words! {
    /// Order of the queue.
    QueueOrder {
        /// The earliest deadline first.
        Due = "due", "deadline";
        /// The best first.
        Priority = "priority", "priority";
        /// What would do the most harm first.
        Risk = "risk", "risk";
    }
}

/// Which items of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Only this campaign's, by name.
    pub campaign: Option<String>,
    /// Only this channel's.
    pub channel: Option<String>,
    /// Only in this language.
    pub language: Option<String>,
    /// Only drafts that fail this gate.
    pub gate: Option<String>,
    /// Only drafts that lost points by this rule.
    pub rule: Option<String>,
    /// Only of this run.
    pub run_id: Option<Uuid>,
    /// Also what supervisors have to decide.
    pub supervisor: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_an_unknown_one_names_those_there_are() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.as_str().parse(), Ok(*verdict));
        }
        assert_eq!(
            "best".parse::<QueueOrder>(),
            Err("`best` is none of `due`, `priority`, `risk`".to_owned())
        );
    }

    #[test]
    fn only_what_judges_a_text_counts_as_a_review() {
        let counting: Vec<&str> = Verdict::ALL
            .iter()
            .filter(|verdict| verdict.counts())
            .map(|verdict| verdict.as_str())
            .collect();
        assert_eq!(
            counting,
            ["approve", "approve_with_edits", "regenerate", "reject"]
        );
    }
}
