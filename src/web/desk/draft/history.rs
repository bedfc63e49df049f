//! What was said and written about an item before, and where its draft came from.

use maud::{Markup, html};

use crate::diff::{Kind, compare};
use crate::domain::draft::DraftDetail;
use crate::domain::review::{Reason, Revision};
use crate::store::ReviewDetail;
use crate::web::desk::format::{duration, time};

/// Two texts in one language as one, with what was put in and taken out.
pub(in crate::web::desk) fn difference(language: &str, old: &str, new: &str) -> Markup {
    html! {
        div class="copy diff" dir="auto" lang=(language) {
            @for span in compare(old, new) {
                @match span.kind {
                    Kind::Same => (span.text),
                    Kind::Inserted => ins { (span.text) },
                    Kind::Deleted => del { (span.text) },
                }
            }
        }
    }
}

pub(super) fn history(detail: &ReviewDetail) -> Markup {
    let hidden = detail.item.reviews_done > 0 && detail.decisions.is_empty();
    html! {
        @if hidden {
            p class="card" role="note" {
                "Somebody has reviewed this draft. What they said is hidden until you have said what you think."
            }
        }
        @if !detail.decisions.is_empty() {
            section aria-labelledby="decisions" {
                h2 id="decisions" { "Decisions" }
                ol class="decisions" {
                    @for decision in &detail.decisions {
                        li class=[decision.undone_at.map(|_| "undone")] {
                            strong dir="auto" { (decision.reviewer) } " " (decision.verdict.label())
                            @if decision.undone_at.is_some() { " (taken back)" }
                            @for reason in &decision.reasons { " " span class="tag" { (Reason::label(*reason)) } }
                            @if let Some(note) = &decision.note { " " q dir="auto" { (note) } }
                            " " span class="muted" { (time(decision.created_at)) ", after " (duration(decision.seconds)) }
                        }
                    }
                }
            }
        }
        (revisions(&detail.item.language, &detail.revisions))
    }
}

fn revisions(language: &str, all: &[Revision]) -> Markup {
    html! {
        @if all.len() > 1 {
            section aria-labelledby="revisions" {
                h2 id="revisions" { "Revisions" }
                @for revision in all {
                    @let before = all.iter().rfind(|other| other.draft_id == revision.draft_id && other.number < revision.number);
                    details open[revision.number > 1] {
                        summary {
                            "No. " (revision.number) " by " bdi { (revision.author.as_deref().unwrap_or("the model")) } ", "
                            (time(revision.created_at))
                        }
                        @match before {
                            Some(before) => (difference(language, &before.text, &revision.text)),
                            None => div class="copy" dir="auto" lang=(language) { (revision.text) },
                        }
                    }
                }
            }
        }
    }
}

/// Where a draft came from: enough to make it again.
pub(super) fn provenance(draft: &DraftDetail) -> Markup {
    let origin = &draft.provenance;
    html! {
        details class="provenance" {
            summary { "Where this came from" }
            dl {
                dt { "Model" } dd { (origin.model) " " code { (short(&origin.model_sha256)) } }
                dt { "Template" } dd { (origin.template) " " code { (short(&origin.template_sha256)) } }
                dt { "Brief" } dd { "revision " (origin.brief_revision) " " code { (short(&origin.brief_sha256)) } }
                dt { "Seed" } dd { (origin.seed) ", candidate " (draft.draft.candidate_no) }
                dt { "Tokens" } dd { (origin.prompt_tokens) " in the prompt, " (origin.output_tokens) " generated" }
                dt { "Runtime" } dd { (origin.runtime) }
                dt { "Run" } dd { a href={ "/runs/" (draft.draft.run_id) } { (draft.draft.run_id) } }
                dt { "Draft" } dd { code { (draft.draft.id) } }
            }
        }
    }
}

/// The beginning of a hash: enough to tell two apart.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
