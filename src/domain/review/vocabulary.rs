//! The words of review: each the same in SQL, JSON and forms, and one for people.

use utoipa::ToSchema;

use crate::domain::words::words;

words! {
    /// What a reviewer says.
    #[derive(ToSchema)]
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
    #[derive(ToSchema)]
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
    #[derive(ToSchema)]
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
    #[derive(ToSchema)]
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
    #[derive(ToSchema)]
    Level {
        /// Everybody.
        Editor = "editor", "editors";
        /// Supervisors and admins.
        Supervisor = "supervisor", "supervisors";
    }
}

words! {
    /// Order of the queue.
    #[derive(ToSchema)]
    QueueOrder {
        /// The earliest deadline first.
        Due = "due", "deadline";
        /// The best first.
        Priority = "priority", "priority";
        /// What would do the most harm first.
        Risk = "risk", "risk";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_an_unknown_one_names_those_there_are() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.as_str().parse(), Ok(verdict));
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
