//! One draft, and what becomes of it after approval.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::body::{Body, uuid};
use super::problem::Refused;
use crate::domain::draft::DraftDetail;
use crate::domain::review::{MAX_NOTE_CHARS, MAX_TEXT_BYTES};
use crate::domain::user::Role;
use crate::publish::{self, Correction};
use crate::store::Amended;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(correct))
        .routes(routes!(kill))
}

/// A draft with its scores, findings, and where it comes from.
#[utoipa::path(get, path = "/drafts/{id}", tag = "copy", params(("id" = Uuid, Path)),
    responses((status = OK, body = DraftDetail), Refused))]
async fn one(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    Path(id): Path<String>,
) -> Result<Json<DraftDetail>, Refused> {
    Ok(Json(state.store.draft(&uuid(&id)?.to_string()).await?))
}

// The schemas below can hold literals only: they are those of the rule.
const _: () = assert!(MAX_TEXT_BYTES == 131_072 && MAX_NOTE_CHARS == 2000);

/// What an approved text is corrected to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Corrected {
    /// The whole corrected text; for an ad set a JSON object of its parts, as text.
    #[schema(min_length = 1, max_length = 131_072, pattern = r"\S")]
    text: String,
    /// Why: recorded, and told to whoever has the text.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// Puts a corrected text in the place of an approved one; for supervisors. The next export tells it.
#[utoipa::path(post, path = "/drafts/{id}/correct", tag = "copy", params(("id" = Uuid, Path)),
    request_body = Corrected, responses((status = OK, body = Amended), Refused))]
async fn correct(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(id): Path<String>,
    Body(corrected): Body<Corrected>,
) -> Result<Json<Amended>, Refused> {
    bearer.require(Role::Supervisor)?;
    let correction = Correction {
        draft_id: uuid(&id)?,
        text: &corrected.text,
        reason: &corrected.reason,
    };
    let amended = publish::correct(&state.store, &correction, &bearer.0.name).await?;
    Ok(Json(amended))
}

/// Why a text is taken down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Killed {
    /// Recorded, and told to whoever has the text.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// Has an approved text taken down wherever it left to; for supervisors. A second kill changes nothing.
#[utoipa::path(post, path = "/drafts/{id}/kill", tag = "copy", params(("id" = Uuid, Path)), request_body = Killed,
    responses((status = OK, body = Amended), Refused))]
async fn kill(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    Path(id): Path<String>,
    Body(killed): Body<Killed>,
) -> Result<Json<Amended>, Refused> {
    bearer.require(Role::Supervisor)?;
    let amended = publish::kill(&state.store, uuid(&id)?, &killed.reason, &bearer.0.name).await?;
    Ok(Json(amended))
}
