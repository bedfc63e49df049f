//! What was decided a moment ago, and the way back.

use maud::{Markup, html};
use uuid::Uuid;

use crate::domain::review::{UNDO_SECONDS, Verdict};
use crate::web::desk::layout::csrf_field;
use crate::web::desk::queue::QueueQuery;
use crate::web::guard::Viewer;

/// A decision that can still be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web::desk) struct Done {
    pub(super) decision: Uuid,
    pub(super) verdict: Verdict,
}

impl Done {
    /// From the address that a decision led to.
    pub(in crate::web::desk) fn read(undo: &str, done: &str) -> Option<Self> {
        Some(Self {
            decision: undo.parse().ok()?,
            verdict: done.parse().ok()?,
        })
    }

    /// As it stands in that address.
    pub(super) fn carried(self) -> String {
        format!("undo={}&done={}", self.decision, self.verdict)
    }

    /// Says it, with a button; the script counts down and takes it away, and without one the server says that it
    /// is too late.
    pub(in crate::web::desk) fn banner(self, viewer: &Viewer, query: &QueueQuery) -> Markup {
        html! {
            div class="card done" role="status" id="undo" data-seconds=(UNDO_SECONDS) {
                form method="post" action={ "/decisions/" (self.decision) "/undo" } {
                    (csrf_field(viewer))
                    input type="hidden" name="q" value=(query.text());
                    "The draft before was " (self.verdict.label()) ". "
                    button data-key="u" { "Take it back" }
                    " " span class="muted" data-left { }
                }
            }
        }
    }
}
