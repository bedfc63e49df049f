//! What a supervisor does to a run: cancel it, or give what it gave up another try.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use crate::domain::run::Run;
use crate::domain::user::Role;
use crate::store::{Redrive, RedriveFilter};
use crate::web::desk::error_page::ErrorPage;
use crate::web::desk::format::{grouped, plural};
use crate::web::desk::layout::{self, Nav};
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) async fn cancel(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let seen = |error| ErrorPage::from(error).seen_by(viewer);
    let run = state.store.run(&id).await.map_err(seen)?;
    let cancelled = state.store.cancel_run(run.id, &viewer.user.name).await;
    cancelled.map_err(seen)?;
    Ok(see_other(&format!("/runs/{}?done=cancelled", run.id)))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    code: String,
}

/// What a redrive would do, with the button that does it.
pub(super) async fn ask_redrive(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    viewer.require(Role::Supervisor)?;
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    let run = state.store.run(&id).await.map_err(seen)?;
    let actor = &viewer.user.name;
    let found = state
        .store
        .redrive(run.id, filter(&params.code), true, actor)
        .await;
    let body = confirm(&viewer, &run, &params.code, &found.map_err(seen)?);
    let page = layout::page(&viewer, "Try again", Nav::Runs, body);
    Ok(Html(page.into_string()))
}

pub(super) async fn redrive(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let seen = |error| ErrorPage::from(error).seen_by(viewer);
    let code = posted.text("code");
    let run = state.store.run(&id).await.map_err(seen)?;
    let actor = &viewer.user.name;
    let done = state
        .store
        .redrive(run.id, filter(&code), false, actor)
        .await;
    let done = done.map_err(seen)?;
    Ok(see_other(&format!(
        "/runs/{}?redriven={}",
        run.id, done.redriven
    )))
}

fn filter(code: &str) -> RedriveFilter<'_> {
    RedriveFilter {
        code: Some(code).filter(|code| !code.is_empty()),
        external_ref: None,
    }
}

fn confirm(viewer: &Viewer, run: &Run, code: &str, found: &Redrive) -> Markup {
    html! {
        h1 { "Try again what " (run.campaign) " gave up" }
        @if found.reasons.is_empty() {
            p { "This run gave up no brief like that." }
        } @else {
            div class="scroll" tabindex="0" {
                table class="table" {
                    caption { "A dry run: nothing has been changed" }
                    thead { tr {
                        th scope="col" { "Reason" }
                        th scope="col" { "Tried again" }
                        th scope="col" { "A later run has it" }
                        th scope="col" { "Embargoed or expired" }
                        th scope="col" { "Message" }
                    } }
                    tbody {
                        @for reason in &found.reasons {
                            tr {
                                th scope="row" data-label="Reason" { code { (reason.code) } }
                                td data-label="Tried again" { (grouped(reason.redriven)) }
                                td data-label="A later run has it" { (grouped(reason.taken)) }
                                td data-label="Embargoed or expired" { (grouped(reason.unavailable)) }
                                td data-label="Message" { span dir="auto" { (reason.message.as_deref().unwrap_or("no reason was kept")) } }
                            }
                        }
                    }
                }
            }
        }
        @if found.redriven > 0 {
            @if found.reopened { p { "The run has ended, and will be open again." } }
            p { "Mend the cause first: what fails again the same way is given up again." }
            form method="post" action={ "/runs/" (run.id) "/redrive" } {
                (layout::csrf_field(viewer))
                input type="hidden" name="code" value=(code);
                button class="primary" { "Try " (plural(found.redriven, "brief", "briefs")) " again" }
            }
        } @else {
            p { "No brief would be tried again." }
        }
        p { a href={ "/runs/" (run.id) } { "Back to the run" } }
    }
}
