//! Why the desk does not do what a reviewer asked, in words that keep a morning going.

use chrono::{DateTime, Utc};

use super::super::problem::Problem;
use super::super::score::ChannelViolation;
use super::{CopyFault, ItemState, MAX_NOTE_CHARS, MAX_TEXT_BYTES, Outcome, UNDO_SECONDS};

/// A write that was refused. Nothing of it is stored, and whoever asks keeps what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else reads the item.
    Held {
        /// Who.
        by: String,
        /// Until when, unless they go on.
        until: DateTime<Utc>,
    },
    /// The lease is somebody else's now, or was given back.
    LeaseLost {
        /// Who has it; none when nobody does.
        by: Option<String>,
    },
    /// The lease ended by itself, and nobody has taken the item.
    LeaseExpired,
    /// The item is out of the queue.
    Closed {
        /// Where it stands.
        state: ItemState,
        /// Its outcome.
        outcome: Option<Outcome>,
        /// Who decided last.
        by: Option<String>,
    },
    /// It was escalated, or two reviews disagreed.
    SupervisorNeeded,
    /// This reviewer has reviewed it before.
    AlreadyReviewed,
    /// Two have to agree, and the text is the reviewer's own.
    AuthorCannotApprove,
    /// The decision is too old to be taken back.
    UndoTooLate,
    /// Somebody has built on the decision.
    UndoOvertaken,
    /// It was taken back before.
    UndoneBefore,
    /// The decision is somebody else's.
    NotYours,
    /// The draft is none of the item's.
    ForeignDraft,
    /// Rejecting takes a reason.
    NoReason,
    /// Drafting anew takes a note.
    NoNote,
    /// The note is too long.
    NoteTooLong {
        /// Characters.
        chars: usize,
    },
    /// There is no text.
    EmptyText,
    /// The text is too long for any channel.
    TextTooLarge {
        /// Bytes.
        bytes: usize,
    },
    /// The text does not fit its channel.
    OverLimit {
        /// The channel's name.
        channel: String,
        /// What breaks a limit.
        violations: Vec<ChannelViolation>,
    },
    /// Another number of drafts fits than was confirmed.
    BulkChanged {
        /// What the dry run had counted.
        expected: i64,
        /// What there is now.
        found: i64,
    },
    /// One of the drafts of a bulk may not be approved as it is.
    BulkUnfit {
        /// The brief's own key at its sender.
        external_ref: String,
        /// Why it alone would be refused.
        because: Box<Refusal>,
    },
    /// The key was used for something else.
    KeyReused,
    /// The brief must not be written about now.
    NotRegenerable,
    /// The place in the queue is none that a page named.
    BadCursor,
}

impl From<CopyFault> for Refusal {
    fn from(fault: CopyFault) -> Self {
        match fault {
            CopyFault::Blank => Self::EmptyText,
            CopyFault::TooLarge { bytes } => Self::TextTooLarge { bytes },
            CopyFault::OverLimit {
                channel,
                violations,
            } => Self::OverLimit {
                channel,
                violations,
            },
        }
    }
}

impl Refusal {
    /// The message for a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Held { by, until } => Problem::new(
                "review.held",
                format!("{by} is reading this draft until {}", until.format("%H:%M:%S UTC")),
            )
            .hint("take the next one; a supervisor can take it over"),
            Self::LeaseLost { by: Some(by) } => Problem::new(
                "review.lease_lost",
                format!("{by} has taken this draft over since you opened it"),
            )
            .hint("your text is kept below; look at what was decided before you send it again"),
            Self::LeaseLost { by: None } => Problem::new(
                "review.lease_lost",
                "this draft is not yours any more: it was given back since you opened it",
            )
            .hint("your text is kept below; take the draft again to go on with it"),
            Self::LeaseExpired => Problem::new(
                "review.lease_expired",
                "your hold on this draft has run out, and nobody else has taken it",
            )
            .hint("your text is kept below; take the draft again to go on with it"),
            Self::Closed { state, outcome, by } => {
                let what = outcome.map_or(state.label(), Outcome::label);
                let by = by.as_deref().map(|name| format!(" by {name}")).unwrap_or_default();
                Problem::new("review.closed", format!("this draft has been {what}{by} in the meantime"))
                    .hint("nothing was changed; the next draft is waiting in the queue")
            }
            Self::SupervisorNeeded => Problem::new(
                "review.supervisor_needed",
                "a supervisor has to decide about this draft",
            )
            .hint("it was passed on, or two reviews of it disagree"),
            Self::AlreadyReviewed => Problem::new(
                "review.already_reviewed",
                "you have reviewed this draft already, and the other review has to be somebody else's",
            )
            .hint("take the next one"),
            Self::AuthorCannotApprove => Problem::new(
                "review.author_cannot_approve",
                "two have to agree on this draft, and this text is your own",
            )
            .hint("approve a text of somebody else, or pass it to a supervisor"),
            Self::UndoTooLate => Problem::new(
                "review.undo_too_late",
                format!("a decision can be taken back for {UNDO_SECONDS} seconds, and this one is older"),
            )
            .hint("a supervisor can correct or kill an approved text"),
            Self::UndoOvertaken => Problem::new(
                "review.undo_overtaken",
                "somebody else has decided about this draft since, so the decision cannot be taken back",
            )
            .hint("a supervisor can correct or kill an approved text"),
            Self::UndoneBefore => Problem::new(
                "review.undone_before",
                "this decision has been taken back already",
            )
            .hint("the draft is in the queue again"),
            Self::NotYours => Problem::new(
                "review.not_yours",
                "only who made a decision can take it back",
            )
            .hint("ask them, or a supervisor to correct the text"),
            Self::ForeignDraft => Problem::new(
                "review.foreign_draft",
                "the draft that was judged is none of this item's",
            )
            .hint("open the item again and decide there"),
            Self::NoReason => Problem::new(
                "review.no_reason",
                "say why: rejecting, passing on and giving back need a reason or a note",
            )
            .key("reasons")
            .hint("choose one of the reasons, or write a note"),
            Self::NoNote => Problem::new(
                "review.no_note",
                "say what the next draft should do better",
            )
            .key("note")
            .hint("the note is put into the next prompt, such as `begin with the price`"),
            Self::NoteTooLong { chars } => Problem::new(
                "review.note_too_long",
                format!("the note has {chars} characters, and {MAX_NOTE_CHARS} is the limit"),
            )
            .key("note")
            .hint("say what matters most"),
            Self::EmptyText => Problem::new("review.empty_text", "there is no text to approve")
                .key("text")
                .hint("write one, or reject the draft"),
            Self::TextTooLarge { bytes } => Problem::new(
                "review.text_too_large",
                format!(
                    "the text is {} KiB long, and {} KiB is the limit",
                    bytes.div_ceil(1024),
                    MAX_TEXT_BYTES / 1024
                ),
            )
            .key("text")
            .hint("no channel takes a text of that length; was something pasted by mistake?"),
            Self::OverLimit { channel, violations } => {
                let listed: Vec<&str> = violations.iter().map(|violation| violation.message.as_str()).collect();
                Problem::new(
                    "review.over_limit",
                    format!("the text does not fit channel `{channel}`: {}", listed.join("; ")),
                )
                .key("text")
                .hint("shorten it, or reject the draft: nothing that breaks a limit of its channel is approved")
            }
            Self::BulkChanged { expected, found } => Problem::new(
                "review.bulk_changed",
                format!("{expected} drafts were counted, and {found} fit now; none was approved"),
            )
            .hint("count again, and confirm what you see"),
            Self::BulkUnfit { external_ref, because } => Problem::new(
                "review.bulk_unfit",
                format!(
                    "the draft of `{external_ref}` cannot be approved as it is, so none was: {}",
                    because.problem().message
                ),
            )
            .hint("edit or reject that one, and count again"),
            Self::KeyReused => Problem::new(
                "review.key_reused",
                "this key belongs to another decision",
            )
            .key("key")
            .hint("send a new key (a random UUID) with every decision"),
            Self::NotRegenerable => Problem::new(
                "review.not_redraftable",
                "this draft cannot be drafted anew: its brief has expired or is under embargo",
            )
            .hint("edit the text instead, or reject it"),
            Self::BadCursor => Problem::new(
                "review.bad_cursor",
                "the place in the queue is none that a page of it named, or belongs to another order",
            )
            .key("after")
            .hint("start from the first page, and take `after` from the link to the next one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_happened_and_what_to_do() {
        let by = || "Kim".to_owned();
        let refusals = [
            Refusal::Held {
                by: by(),
                until: DateTime::UNIX_EPOCH,
            },
            Refusal::LeaseLost { by: Some(by()) },
            Refusal::LeaseLost { by: None },
            Refusal::LeaseExpired,
            Refusal::Closed {
                state: ItemState::Decided,
                outcome: Some(Outcome::Approved),
                by: Some(by()),
            },
            Refusal::Closed {
                state: ItemState::Withdrawn,
                outcome: None,
                by: None,
            },
            Refusal::SupervisorNeeded,
            Refusal::AlreadyReviewed,
            Refusal::AuthorCannotApprove,
            Refusal::UndoTooLate,
            Refusal::UndoOvertaken,
            Refusal::UndoneBefore,
            Refusal::NotYours,
            Refusal::ForeignDraft,
            Refusal::NoReason,
            Refusal::NoNote,
            Refusal::NoteTooLong { chars: 2500 },
            Refusal::EmptyText,
            Refusal::TextTooLarge { bytes: 1 << 20 },
            Refusal::OverLimit {
                channel: "x-post".to_owned(),
                violations: vec![ChannelViolation {
                    bytes: [280, 291],
                    rule: "channel.too_long".to_owned(),
                    message: "291 of 280".to_owned(),
                    field: None,
                }],
            },
            Refusal::BulkChanged {
                expected: 40,
                found: 41,
            },
            Refusal::BulkUnfit {
                external_ref: "harbour-7".to_owned(),
                because: Box::new(Refusal::EmptyText),
            },
            Refusal::KeyReused,
            Refusal::NotRegenerable,
            Refusal::BadCursor,
        ];
        let told: Vec<String> = refusals
            .iter()
            .map(|refusal| {
                let problem = refusal.problem();
                format!("{}: {problem}", problem.code)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n\n"));
    }
}
