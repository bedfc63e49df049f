//! One run: how far it is, what it gave up, and the buttons.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Html;
use maud::{Markup, html};
use serde::Deserialize;

use super::list::state;
use super::progress::Progress;
use crate::domain::run::Run;
use crate::store::QuarantineReason;
use crate::web::desk::assets;
use crate::web::desk::error_page::ErrorPage;
use crate::web::desk::format::{grouped, plural, time};
use crate::web::desk::layout::{self, Nav};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// What was just done, told once above the page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Params {
    redriven: Option<i64>,
    #[serde(default)]
    done: String,
}

pub(super) async fn run(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    let run = state.store.run(&id).await.map_err(seen)?;
    let quarantine_reasons = match run.counts.quarantined {
        0 => Vec::new(),
        _ => state.store.quarantine_reasons(run.id).await.map_err(seen)?,
    };
    let view = View {
        viewer: &viewer,
        run: &run,
        quarantine_reasons: &quarantine_reasons,
    };
    let title = format!("Run of {}", run.campaign);
    let page = layout::page(&viewer, &title, Nav::Runs, view.body(&params));
    Ok(Html(page.into_string()))
}

struct View<'a> {
    viewer: &'a Viewer,
    run: &'a Run,
    quarantine_reasons: &'a [QuarantineReason],
}

impl View<'_> {
    fn body(&self, params: &Params) -> Markup {
        let run = self.run;
        html! {
            (banner(params))
            div class="head" {
                h1 { "Run of " (run.campaign) }
                p class="muted" { code { (run.id) } }
            }
            (self.progress())
            (self.facts())
            (self.quarantined())
            @if !run.state.is_final() && self.viewer.is_supervisor() { (self.cancel()) }
            @if !run.state.is_final() { script src=(assets::address("run.js")) defer {} }
        }
    }

    fn progress(&self) -> Markup {
        let run = self.run;
        let told = Progress::of(run);
        let live = (!run.state.is_final()).then(|| format!("/runs/{}/events", run.id));
        html! {
            section class="card" aria-labelledby="progress" data-events=[live.as_deref()] {
                h2 id="progress" { "Progress" }
                p {
                    progress class="run-meter" max="100" value=(told.percent) aria-label="Briefs that have ended" { (told.percent) " %" }
                }
                dl class="grid" {
                    div { dt { "State" } dd data-field="state" { (state(run.state)) } }
                    div { dt { "Briefs" } dd data-field="ended" { (told.ended) } }
                    div { dt { "Given up" } dd data-field="quarantined" { (told.quarantined) } }
                    div { dt { "Drafts" } dd data-field="drafts" { (told.drafts) } }
                    div { dt { "Speed" } dd data-field="speed" { (told.speed) } }
                    div { dt { "Throughput" } dd data-field="throughput" { (told.throughput) } }
                    @if live.is_some() { div { dt { "Left" } dd data-field="left" { (told.left) } } }
                }
                @if live.is_some() { p class="muted" data-field="idle" { (told.idle) } }
                @if live.is_some() {
                    p { a href={ "/runs/" (run.id) } { "Look again" } span class="muted" { " (with scripts on, this page counts along by itself)" } }
                }
                @if run.counts.total() == 0 {
                    p { "There was no brief to draft: none is as the campaign asks for, or all that are were drafted before." }
                }
            }
        }
    }

    fn facts(&self) -> Markup {
        let run = self.run;
        html! {
            section class="card" aria-labelledby="facts" {
                h2 id="facts" { "This run" }
                dl class="grid" {
                    div { dt { "Made" } dd { @match run.slot { Some(slot) => { "for its slot at " (time(slot)) } None => { "by hand" } } } }
                    div { dt { "Started" } dd { @match run.started_at { Some(at) => { (time(at)) } None => { "not yet" } } } }
                    @if let Some(at) = run.finished_at { div { dt { "Ended" } dd { (time(at)) } } }
                    @if let Some(at) = run.window_ends_at { div { dt { "Its window closes" } dd { (time(at)) } } }
                    div { dt { "Tokens" } dd { (grouped(run.output_tokens)) } }
                    @if run.counts.open() > 0 { div { dt { "Open" } dd { (grouped(run.counts.ready)) " wait, " (grouped(run.counts.leased)) " are drafted, " (grouped(run.counts.suspect)) " lost their worker" } } }
                }
                @if let Some(error) = &run.error { p class="lost" dir="auto" { (error) } }
                @if let Some(at) = run.pruned_at { p class="muted" { "Its items were pruned on " (time(at)) "; they were counted then." } }
                p { a href={ "/?run=" (run.id) } { "Its drafts in the queue" } }
            }
        }
    }

    fn quarantined(&self) -> Markup {
        html! {
            section aria-labelledby="given-up" {
                h2 id="given-up" { "Given up" }
                @if self.quarantine_reasons.is_empty() {
                    p class="muted" { "No brief was given up." }
                } @else {
                    div class="scroll" tabindex="0" {
                        table class="table" {
                            caption { "Briefs that were given up, by reason" }
                            thead { tr {
                                th scope="col" { "Reason" }
                                th scope="col" { "Briefs" }
                                th scope="col" { "What happened, and what to do" }
                                th scope="col" { "Such as" }
                                @if self.may_redrive() { th scope="col" { "Again" } }
                            } }
                            tbody {
                                @for reason in self.quarantine_reasons { (self.reason(reason)) }
                            }
                        }
                    }
                    @if self.may_redrive() {
                        p { a href={ "/runs/" (self.run.id) "/redrive" } { "Try all of them again…" } }
                    } @else if self.viewer.is_supervisor() {
                        p class="muted" { "A run that was cancelled, pruned, or ended by its window is not opened again: the campaign's next run takes these briefs." }
                    }
                }
            }
        }
    }

    fn reason(&self, reason: &QuarantineReason) -> Markup {
        html! {
            tr {
                th scope="row" data-label="Reason" { code { (reason.code) } }
                td data-label="Briefs" { (grouped(reason.briefs)) }
                td data-label="What happened" {
                    span dir="auto" { (reason.message.as_deref().unwrap_or("no reason was kept")) }
                    @if let Some(hint) = &reason.hint { br; span class="muted" dir="auto" { (hint) } }
                }
                td data-label="Such as" {
                    @for (place, example) in reason.examples.iter().enumerate() {
                        @if place > 0 { ", " }
                        bdi { (example) }
                    }
                }
                @if self.may_redrive() {
                    td data-label="Again" {
                        form method="get" action={ "/runs/" (self.run.id) "/redrive" } {
                            input type="hidden" name="code" value=(reason.code);
                            button aria-label={ "Try again what was given up for " (reason.code) } { "Try again…" }
                        }
                    }
                }
            }
        }
    }

    fn may_redrive(&self) -> bool {
        self.viewer.is_supervisor() && self.run.can_be_redriven()
    }

    fn cancel(&self) -> Markup {
        html! {
            details class="card" {
                summary { "Cancel this run…" }
                p { "Nothing of it is claimed from then on, and what is being drafted is refused. "
                    (plural(self.run.counts.done, "brief keeps its drafts", "briefs keep their drafts")) ", "
                    (plural(self.run.counts.open(), "brief is left for the next run", "briefs are left for the next run"))
                    ". It cannot be opened again." }
                form method="post" action={ "/runs/" (self.run.id) "/cancel" } {
                    (layout::csrf_field(self.viewer))
                    button { "Cancel the run" }
                }
            }
        }
    }
}

fn banner(params: &Params) -> Markup {
    html! {
        @if let Some(redriven) = params.redriven {
            p class="card done" role="status" {
                (plural(redriven, "brief goes back to the queue", "briefs go back to the queue"))
                "; a worker takes them up."
            }
        }
        @match params.done.as_str() {
            "cancelled" => { p class="card done" role="status" { "The run is cancelled." } }
            "opened" => { p class="card done" role="status" { "The run is open; a worker takes it up." } }
            "resumed" => { p class="card done" role="status" { "The campaign has a run by hand that has not ended; this is it." } }
            _ => {}
        }
    }
}
