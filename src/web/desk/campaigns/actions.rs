//! What a supervisor does to a campaign: pause it, resume it, run it now.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;

use crate::domain::user::Role;
use crate::web::desk::error_page::ErrorPage;
use crate::web::guard::{Posted, see_other};
use crate::web::state::WebState;

pub(super) async fn pause(
    State(state): State<Arc<WebState>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    set_paused(&state, &posted, true).await
}

pub(super) async fn resume(
    State(state): State<Arc<WebState>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    set_paused(&state, &posted, false).await
}

async fn set_paused(
    state: &WebState,
    posted: &Posted,
    paused: bool,
) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let (name, actor) = (posted.text("name"), &viewer.user.name);
    let (changed, told) = if paused {
        let paused = state.store.pause_campaign(&name, actor).await;
        (paused.map(drop), "paused")
    } else {
        let resumed = state.store.resume_campaign(&name, actor).await;
        (resumed.map(drop), "resumed")
    };
    changed.map_err(|error| ErrorPage::from(error).seen_by(viewer))?;
    let query = serde_urlencoded::to_string([(told, &name)]).unwrap_or_default();
    Ok(see_other(&format!("/campaigns?{query}")))
}

/// Opens a run; a worker drafts it.
pub(super) async fn run_now(
    State(state): State<Arc<WebState>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let name = posted.text("name");
    let opened = state.store.run_again(&name, &viewer.user.name).await;
    let opened = opened.map_err(|error| ErrorPage::from(error).seen_by(viewer))?;
    let done = match (opened.resumed, opened.items) {
        (true, _) => "?done=resumed",
        // Its page says why there is nothing to wait for.
        (false, 0) => "",
        (false, _) => "?done=opened",
    };
    Ok(see_other(&format!("/runs/{}{done}", opened.id)))
}
