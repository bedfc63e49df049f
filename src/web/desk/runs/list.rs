//! The list of runs, newest first.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use serde::Deserialize;

use super::progress::Progress;
use crate::domain::run::{Run, RunState};
use crate::web::desk::error_page::ErrorPage;
use crate::web::desk::format::time;
use crate::web::desk::layout::{self, Nav};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Runs of a page. Each counts its items, so there are few.
const ROWS: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    before: String,
}

pub(super) async fn list(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let before = params.before.parse().ok();
    // One more, to know whether there is a next page.
    let mut runs = state
        .store
        .runs_before(None, before, ROWS as i64 + 1)
        .await
        .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let more = runs.len() > ROWS;
    runs.truncate(ROWS);
    let body = html! {
        h1 { "Runs" }
        @if runs.is_empty() && before.is_none() {
            div class="card" {
                p { "No run yet." }
                p { a href="/campaigns" { "Campaigns" } " says which there are, what fires next, and runs one." }
            }
        } @else if runs.is_empty() {
            p { "These were all." }
        } @else {
            (table(&runs))
        }
        nav class="pager" aria-label="Pages" {
            @if before.is_some() { a href="/runs" { "Newest" } }
            @if let (true, Some(last)) = (more, runs.last()) {
                a href={ "/runs?before=" (last.id) } rel="next" { "Older" }
            }
        }
    };
    Ok(Html(
        layout::page(&viewer, "Runs", Nav::Runs, body).into_string(),
    ))
}

fn table(runs: &[Run]) -> Markup {
    html! {
        div class="scroll" tabindex="0" {
            table class="table" {
                caption { "Runs, the newest first" }
                thead {
                    tr {
                        th scope="col" { "Run" }
                        th scope="col" { "State" }
                        th scope="col" { "Briefs" }
                        th scope="col" { "Given up" }
                        th scope="col" { "Drafts" }
                        th scope="col" { "Speed" }
                        th scope="col" { "Started" }
                    }
                }
                tbody {
                    @for run in runs {
                        @let told = Progress::of(run);
                        tr {
                            th scope="row" data-label="Run" { a href={ "/runs/" (run.id) } { (run.campaign) } }
                            td data-label="State" { (state(run.state)) }
                            td data-label="Briefs" { (told.ended) }
                            td data-label="Given up" { (told.quarantined) }
                            td data-label="Drafts" { (told.drafts) }
                            td data-label="Speed" { (told.speed) }
                            td data-label="Started" {
                                @match run.started_at { Some(at) => { (time(at)) } None => { "not yet" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A run's state as a tag.
pub(in crate::web::desk) fn state(state: RunState) -> Markup {
    let tone = match state {
        RunState::Running | RunState::Queued => "tag",
        RunState::Completed => "tag good",
        RunState::CompletedWithErrors | RunState::WindowExpired => "tag warn",
        RunState::Cancelled => "tag quiet",
    };
    html! { span class=(tone) { (state.as_str().replace('_', " ")) } }
}
