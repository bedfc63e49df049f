//! The words of review: each the same in SQL, JSON and forms, and one for people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

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

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = Self::ALL.iter().map(|word| word.as_str());
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(words))
                    .build()
                    .into()
            }
        }

        // The derived one does not see what the words are called.
        impl ToSchema for $name {}

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
