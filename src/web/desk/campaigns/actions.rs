//! What a supervisor does to a campaign: pause it, resume it, run it now.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;
use serde_json::json;

use crate::domain::problem::Problem;
use crate::domain::user::Role;
use crate::store::{CampaignRecord, RunRequest};
use crate::web::desk::{Desk, Stop};
use crate::web::guard::Posted;

pub(super) async fn pause(State(desk): State<Arc<Desk>>, posted: Posted) -> Result<Redirect, Stop> {
    set_paused(&desk, &posted, true).await
}

pub(super) async fn resume(
    State(desk): State<Arc<Desk>>,
    posted: Posted,
) -> Result<Redirect, Stop> {
    set_paused(&desk, &posted, false).await
}

async fn set_paused(desk: &Desk, posted: &Posted, paused: bool) -> Result<Redirect, Stop> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let seen = |error| Stop::from(error).seen_by(viewer);
    let name = posted.text("name");
    let (changed, action, told) = match paused {
        true => (
            desk.store.pause_campaign(&name).await,
            "campaign.paused",
            "paused",
        ),
        false => (
            desk.store.resume_campaign(&name).await,
            "campaign.resumed",
            "resumed",
        ),
    };
    if changed.map_err(seen)? {
        let actor = &viewer.user.name;
        let recorded = desk
            .store
            .record_event(actor, action, &name, &json!({}))
            .await;
        recorded.map_err(seen)?;
    }
    let query = serde_urlencoded::to_string([(told, &name)]).unwrap_or_default();
    Ok(Redirect::to(&format!("/campaigns?{query}")))
}

/// Opens a run; a worker drafts it. The desk has no model, so the run is pinned to the template and model of the
/// campaign's last run.
pub(super) async fn run_now(
    State(desk): State<Arc<Desk>>,
    posted: Posted,
) -> Result<Redirect, Stop> {
    let viewer = &posted.viewer;
    viewer.require(Role::Supervisor)?;
    let seen = |error| Stop::from(error).seen_by(viewer);
    let store = &desk.store;
    let name = posted.text("name");
    let campaign = store.campaign(&name).await.map_err(seen)?;
    let draft = &campaign.spec.draft;
    let pins = store
        .last_pins(campaign.id, &draft.template, &draft.model)
        .await
        .map_err(seen)?
        .ok_or_else(|| Stop::from(never_ran(&campaign)).seen_by(viewer))?;
    let request = RunRequest {
        campaign_id: campaign.id,
        spec: &campaign.spec,
        pins: &pins,
        limit: None,
        new: false,
    };
    let opened = store.open_run(&request).await.map_err(seen)?;
    if opened.resumed {
        return Ok(Redirect::to(&format!("/runs/{}?told=resumed", opened.id)));
    }
    let details = json!({ "campaign": name, "briefs": opened.items });
    let subject = opened.id.to_string();
    let recorded = store.record_event(&viewer.user.name, "run.opened", &subject, &details);
    recorded.await.map_err(seen)?;
    let told = match opened.items {
        // Its page says why there is nothing to wait for.
        0 => "",
        _ => "?told=opened",
    };
    Ok(Redirect::to(&format!("/runs/{}{told}", opened.id)))
}

fn never_ran(campaign: &CampaignRecord) -> Problem {
    let draft = &campaign.spec.draft;
    Problem::new(
        "campaign.never_ran",
        format!(
            "{} has not run yet with template `{}` and model `{}`, and only a run says which versions of them to take",
            campaign.name, draft.template, draft.model
        ),
    )
    .hint(format!(
        "`nightdesk run {}` in the project's folder starts the first; after that it can be run from here",
        campaign.name
    ))
}
