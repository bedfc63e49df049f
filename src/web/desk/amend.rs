//! After approval: correcting a text, and having it taken down.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use maud::{Markup, html};
use uuid::Uuid;

use super::draft::View;
use super::error_page::ErrorPage;
use super::layout::csrf_field;
use crate::domain::review::MAX_NOTE_CHARS;
use crate::domain::user::Role;
use crate::publish::{self, Correction};
use crate::web::guard::{Posted, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/items/{id}/correct", post(correct))
        .route("/items/{id}/kill", post(kill))
}

async fn correct(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    posted.viewer.require(Role::Supervisor)?;
    let draft_id: Uuid = posted.value("draft_id")?;
    let (text, reason) = (posted.text("text"), posted.text("reason"));
    let correction = Correction {
        draft_id,
        text: &text,
        reason: &reason,
    };
    publish::correct(&state.store, &correction, &posted.viewer.user.name)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other(&format!("/items/{item}")).into_response())
}

async fn kill(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    posted.viewer.require(Role::Supervisor)?;
    let (draft_id, reason) = (posted.value("draft_id")?, posted.text("reason"));
    publish::kill(&state.store, draft_id, &reason, &posted.viewer.user.name)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other(&format!("/items/{item}")).into_response())
}

/// The forms below an approved text, for supervisors.
pub(super) fn forms(view: &View<'_>) -> Markup {
    let Some(approved) = view
        .detail
        .approved
        .as_ref()
        .filter(|_| view.viewer.is_supervisor())
    else {
        return html! {};
    };
    let item = view.detail.item.id;
    // Parts are corrected as they are stored; the rendered text could not be read back into them.
    let text = match &approved.parts {
        Some(parts) => serde_json::to_string_pretty(parts).unwrap_or_default(),
        None => approved.text.clone(),
    };
    let hidden = html! {
        (csrf_field(view.viewer))
        input type="hidden" name="draft_id" value=(approved.draft_id);
    };
    let reason = html! {
        label { "Why; whoever has the text reads it" input name="reason" dir="auto" maxlength=(MAX_NOTE_CHARS) required; }
    };
    html! {
        details {
            summary { "Correct this text" }
            form method="post" action={ "/items/" (item) "/correct" } {
                (hidden)
                label { "The whole corrected text" textarea name="text" dir="auto" lang=(view.detail.item.language) rows="10" { "\n" (text) } }
                (reason)
                button { "Correct" }
            }
        }
        details {
            summary { "Kill this text" }
            form method="post" action={ "/items/" (item) "/kill" } {
                (hidden)
                (reason)
                button { "Kill it, and call back what left" }
            }
        }
    }
}
