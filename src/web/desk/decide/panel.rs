//! The forms beside a draft.

use maud::{Markup, html};
use uuid::Uuid;

use super::form::part_name;
use crate::channel::{ChannelSpec, Field};
use crate::domain::review::{ItemState, MAX_NOTE_CHARS, Reason, ReviewLease, Verdict};
use crate::web::desk::draft::View;
use crate::web::desk::layout::csrf_field;

/// What somebody can do with the item now.
pub(in crate::web::desk) fn panel(view: &View<'_>) -> Markup {
    let item = &view.detail.item;
    html! {
        section class="decide card" id="decide" aria-labelledby="decide-title" {
            h2 id="decide-title" { "Decide" }
            @if item.state != ItemState::Open {
                p class="muted" { "Nothing is left to decide here." }
            } @else if let Some(lease) = &view.detail.lease {
                (forms(view, lease))
            } @else {
                (take(view))
            }
        }
    }
}

/// Nobody's, or somebody else's.
fn take(view: &View<'_>) -> Markup {
    let item = &view.detail.item;
    let held_by_other = item
        .holder
        .as_ref()
        .filter(|holder| holder.reviewer_id != view.viewer.user.id);
    html! {
        @if let Some(holder) = held_by_other {
            p { strong dir="auto" { (holder.name) } " is reading this draft." }
            @if view.viewer.is_supervisor() {
                (claim_form(view, html! {
                    input type="hidden" name="takeover" value="1";
                    button { "Take it over" }
                    " " span class="muted" { "It is recorded, and what they write from now on is refused." }
                }))
            }
        } @else {
            p class="muted" { "Take the draft to decide about it; nobody else can then. It is free again when you leave it alone for 90 seconds." }
            (claim_form(view, html! { button class="primary" data-key="Enter" { "Take this draft" } }))
        }
    }
}

fn claim_form(view: &View<'_>, inside: Markup) -> Markup {
    html! {
        form method="post" action={ "/items/" (view.detail.item.id) "/claim" } id="claim" {
            (csrf_field(view.viewer))
            input type="hidden" name="q" value=(view.query.text());
            input type="hidden" name="draft_id" value=(view.draft().draft.id);
            input type="hidden" name="open" value="";
            (inside)
        }
    }
}

fn forms(view: &View<'_>, lease: &ReviewLease) -> Markup {
    let open = |verdict: Verdict| {
        view.typed
            .is_some_and(|typed| typed.verdict == verdict.as_str())
    };
    let note = |verdict: Verdict| match view.typed {
        Some(typed) if open(verdict) => typed.note.as_str(),
        _ => "",
    };
    html! {
        div id="lease" data-item=(view.detail.item.id) data-token=(lease.token) data-csrf=(view.viewer.csrf) {}
        p class="lost" id="lost" role="alert" hidden {}
        (form(view, lease, Verdict::Approve, html! {
            button class="primary" data-key="a" { "Approve" kbd { "a" } }
        }))
        details name="decide" id="edit" open[open(Verdict::ApproveWithEdits)] {
            summary data-key="e" { "Edit and approve" kbd { "e" } }
            (form(view, lease, Verdict::ApproveWithEdits, html! {
                (editor(view))
                button class="primary" { "Approve with edits" kbd { "Ctrl+Enter" } }
            }))
        }
        details name="decide" id="regenerate" open[open(Verdict::Regenerate)] {
            summary data-key="r" { "Send back for a new draft" kbd { "r" } }
            (form(view, lease, Verdict::Regenerate, html! {
                label { "What should the next draft do better? This goes into its prompt."
                    textarea name="note" dir="auto" rows="3" maxlength=(MAX_NOTE_CHARS) required { "\n" (note(Verdict::Regenerate)) }
                }
                button { "Draft it again" }
            }))
        }
        details name="decide" id="reject" open[open(Verdict::Reject)] {
            summary data-key="x" { "Reject" kbd { "x" } }
            (form(view, lease, Verdict::Reject, html! {
                fieldset class="reasons" {
                    legend { "Why" }
                    @for (place, reason) in Reason::ALL.iter().enumerate() {
                        label {
                            input type="checkbox" name="reasons" value=(reason.as_str())
                                data-key=[(place < 9).then(|| (place + 1).to_string())]
                                checked[open(Verdict::Reject) && view.typed.is_some_and(|typed| typed.reasons.iter().any(|code| code == reason.as_str()))];
                            (reason.label())
                            @if place < 9 { kbd { (place + 1) } }
                        }
                    }
                }
                label { "Note" textarea name="note" dir="auto" rows="2" maxlength=(MAX_NOTE_CHARS) { "\n" (note(Verdict::Reject)) } }
                button { "Reject" }
            }))
        }
        details name="decide" id="pass" open[open(Verdict::Escalate) || open(Verdict::Decline)] {
            summary { "Pass it on" }
            (form(view, lease, Verdict::Escalate, html! {
                label { "What a supervisor should decide" textarea name="note" dir="auto" rows="2" maxlength=(MAX_NOTE_CHARS) required { "\n" (note(Verdict::Escalate)) } }
                button { "Pass to a supervisor" }
            }))
            (form(view, lease, Verdict::Decline, html! {
                label { "Why somebody else should look at it; this is no review" textarea name="note" dir="auto" rows="2" maxlength=(MAX_NOTE_CHARS) required { "\n" (note(Verdict::Decline)) } }
                button { "Give it back" }
            }))
            form method="post" action={ "/items/" (view.detail.item.id) "/release" } {
                (csrf_field(view.viewer))
                input type="hidden" name="q" value=(view.query.text());
                input type="hidden" name="token" value=(lease.token);
                button class="quiet" { "Leave it without a word" }
            }
        }
    }
}

/// A form of one verdict. The key is new with every page, so that the same form twice is one decision.
fn form(view: &View<'_>, lease: &ReviewLease, verdict: Verdict, inside: Markup) -> Markup {
    html! {
        form method="post" action={ "/items/" (view.detail.item.id) "/decide" } data-verdict=(verdict.as_str()) {
            (csrf_field(view.viewer))
            input type="hidden" name="q" value=(view.query.text());
            input type="hidden" name="token" value=(lease.token);
            input type="hidden" name="key" value=(Uuid::new_v4());
            input type="hidden" name="draft_id" value=(view.draft().draft.id);
            input type="hidden" name="verdict" value=(verdict.as_str());
            (inside)
        }
    }
}

/// The text to edit: one field, or the entries of each part.
fn editor(view: &View<'_>) -> Markup {
    let draft = &view.draft().draft;
    let spec = draft.channel.as_deref().and_then(ChannelSpec::find);
    let typed = view
        .typed
        .filter(|typed| !typed.text.is_empty() || !typed.parts.is_empty());
    html! {
        @match (&draft.parts, spec) {
            (Some(parts), Some(spec)) => {
                @for field in &spec.fields {
                    @let entries = match typed {
                        Some(typed) => typed.parts.iter().find(|(name, _)| *name == field.name).map(|(_, entries)| entries.clone()).unwrap_or_default(),
                        None => entries(parts, &field.name),
                    };
                    (part(&view.detail.item.language, field, &entries))
                }
            }
            _ => {
                label { "Text"
                    textarea name="text" id="text" dir="auto" lang=(view.detail.item.language) rows="14" data-original=(draft.text) { "\n" (typed.map_or(draft.text.as_str(), |typed| typed.text.as_str())) }
                }
                p class="count" data-count="text" data-place="0" role="status" {
                    @if let Some(field) = spec.and_then(|spec| spec.fields.first()) {
                        (field.measure(&draft.text)) " of " (field.limit) " " (field.count.unit())
                    }
                }
            }
        }
    }
}

fn part(language: &str, field: &Field, entries: &[String]) -> Markup {
    // One more than there are, as far as the channel takes more: that is how an entry is added.
    let shown = field.max_items.min(entries.len() + 1);
    html! {
        fieldset class="part" {
            legend { (field.name) ": " (field.min_items) " to " (field.max_items) ", up to " (field.limit) " " (field.count.unit()) " each" }
            @for place in 0..shown.max(entries.len()) {
                @let entry = entries.get(place).map_or("", String::as_str);
                label {
                    span class="visually-hidden" { (field.name) " " (place + 1) }
                    input name=(part_name(&field.name)) dir="auto" lang=(language) value=(entry) data-original=(entry);
                }
                p class="count" data-count=(part_name(&field.name)) data-place=(place) role="status" {
                    @if !entry.is_empty() { (field.measure(entry)) " of " (field.limit) }
                }
            }
        }
    }
}

fn entries(parts: &serde_json::Value, field: &str) -> Vec<String> {
    match parts.get(field) {
        Some(serde_json::Value::String(text)) => vec![text.clone()],
        Some(serde_json::Value::Array(entries)) => entries
            .iter()
            .filter_map(|entry| entry.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}
