//! What a supervisor does to a campaign: pause it, resume it, run it now.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;

use crate::domain::user::Role;
use crate::web::desk::{Desk, ErrorPage};
use crate::web::guard::{Posted, see_other};

pub(super) async fn pause(
    State(desk): State<Arc<Desk>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    set_paused(&desk, &posted, true).await
}

pub(super) async fn resume(
    State(desk): State<Arc<Desk>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    set_paused(&desk, &posted, false).await
}

async fn set_paused(desk: &Desk, posted: &Posted, paused: bool) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let (name, actor) = (posted.text("name"), &viewer.user.name);
    let (changed, told) = match paused {
        true => {
            let paused = desk.store.pause_campaign(&name, actor).await;
            (paused.map(drop), "paused")
        }
        false => {
            let resumed = desk.store.resume_campaign(&name, actor).await;
            (resumed.map(drop), "resumed")
        }
    };
    changed.map_err(|error| ErrorPage::from(error).seen_by(viewer))?;
    let query = serde_urlencoded::to_string([(told, &name)]).unwrap_or_default();
    Ok(see_other(&format!("/campaigns?{query}")))
}

/// Opens a run; a worker drafts it.
pub(super) async fn run_now(
    State(desk): State<Arc<Desk>>,
    posted: Posted,
) -> Result<Redirect, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let name = posted.text("name");
    let opened = desk.store.run_again(&name, &viewer.user.name).await;
    let opened = opened.map_err(|error| ErrorPage::from(error).seen_by(viewer))?;
    let told = match (opened.resumed, opened.items) {
        (true, _) => "?told=resumed",
        // Its page says why there is nothing to wait for.
        (false, 0) => "",
        (false, _) => "?told=opened",
    };
    Ok(see_other(&format!("/runs/{}{told}", opened.id)))
}
