//! The page of an item.

use maud::{Markup, html};

use super::view::View;
use super::{brief, candidates, history, text, tokens};
use crate::domain::review::{ItemState, Level};
use crate::web::desk::amend;
use crate::web::desk::decide::panel;
use crate::web::desk::format::time;
use crate::web::desk::layout::{self, Nav};
use crate::web::desk::queue::{due, priority, risk};

impl View<'_> {
    pub(in crate::web::desk) fn page(&self) -> Markup {
        let (detail, draft) = (self.detail, self.draft());
        let body = html! {
            @if let Some(done) = &self.done { (done.banner(self.viewer, self.query)) }
            @if let Some(problem) = self.problem {
                div class="card stop" role="alert" {
                    p { strong dir="auto" { (problem.message) } }
                    @if let Some(hint) = &problem.hint { p dir="auto" { (hint) } }
                }
            }
            nav class="pager" aria-label="Drafts" {
                a href=(self.query.address()) data-key="Escape" { "Back to the queue" }
                @if let Some(next) = self.next { a href=(self.query.item(next)) rel="next" data-key="j" { "Next draft" } }
            }
            (self.head())
            (self.outcome_notes())
            div class="desk" {
                div class="reading" {
                    section aria-labelledby="draft" {
                        h2 id="draft" {
                            "Draft" @if detail.candidates.len() > 1 { " no. " (draft.draft.rank) }
                            " " (priority(draft.draft.priority))
                        }
                        @for gate in draft.score_card.gates.iter().filter(|gate| !gate.pass) {
                            p class="card bad" role="note" { strong { (gate.name) } ": " bdi { (gate.reason.as_deref().unwrap_or("failed")) } }
                        }
                        @match self.tokens {
                            Some(tokens) => { (tokens::shown(&detail.item.language, tokens)) }
                            None => { (text::marked(&detail.item.language, &draft.draft.text, &draft.score_card.findings)) }
                        }
                        p class="muted" { (self.other_view()) }
                    }
                    (panel::panel(self))
                    (text::findings(&draft.score_card.findings))
                    (history::history(detail))
                    (candidates::candidates(detail, self.shown, self.query))
                    (history::provenance(draft))
                }
                aside { (brief::brief(detail)) }
            }
        };
        layout::page(self.viewer, &detail.item.topic, Nav::Queue, body)
    }

    /// The way from the marks to the tokens, and back.
    fn other_view(&self) -> Markup {
        let here = self.query.item(self.detail.item.id);
        let more = if here.contains('?') { "&" } else { "?" };
        let draft = self.draft().draft.id;
        html! {
            @match self.tokens {
                Some(_) => a href={ (here) (more) "draft=" (draft) } { "Show the findings in the text" },
                None => a href={ (here) (more) "draft=" (draft) "&view=tokens" } { "Show how sure the model was of each word" },
            }
        }
    }

    fn head(&self) -> Markup {
        let item = &self.detail.item;
        html! {
            div class="head" {
                h1 dir="auto" lang=(item.language) { (item.topic) }
                p class="meta" {
                    span { (item.campaign) }
                    @if let Some(channel) = &item.channel { span { (channel) } }
                    span { (item.language) }
                    (risk(item.risk))
                    (due(item))
                    @if item.reviews_required > 1 {
                        span class="tag" { (item.reviews_done) " of " (item.reviews_required) " reviews" }
                    }
                }
            }
        }
    }

    /// What became of it, who may decide about it, where it came from and where it went.
    fn outcome_notes(&self) -> Markup {
        let (detail, item) = (self.detail, &self.detail.item);
        html! {
            @if let Some(note) = &detail.note {
                p class="card" role="note" {
                    "Drafted again: " strong dir="auto" { (note.by) } " asked for " q dir="auto" { (note.note) } " "
                    a href={ "/items/" (note.parent_id) } { "the draft before" }
                }
            }
            @if item.state != ItemState::Open {
                p class="card" role="note" {
                    "This item is " (item.outcome.map_or(item.state.label(), |outcome| outcome.label())) "."
                    @if let Some(run) = detail.pending_run {
                        " A worker drafts it again: " a href={ "/runs/" (run) } { "the run" } "."
                    }
                    @for child in &detail.children { " " a href={ "/items/" (child) } { "The new draft" } }
                }
            }
            @if let Some(approved) = &detail.approved {
                section class="card good" aria-labelledby="approved" {
                    h2 id="approved" { "Approved text" }
                    div class="copy" dir="auto" lang=(item.language) { (approved.text) }
                    p class="muted" { "No. " (approved.number) " by " bdi { (approved.author.as_deref().unwrap_or("the model")) } ", " (time(approved.created_at)) }
                    (amend::forms(self))
                }
            }
            @if item.adjudicating {
                p class="card warn" role="note" { "Two reviews of this draft disagree. A supervisor who gave neither of them decides." }
            } @else if item.level == Level::Supervisor && item.state == ItemState::Open {
                p class="card warn" role="note" { "This draft was passed to a supervisor." }
            }
        }
    }
}
