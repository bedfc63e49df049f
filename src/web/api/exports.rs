//! Copy leaves: an export is made, recorded and handed out in one answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bearer::Bearer;
use super::body::{Body, QueryParams};
use super::page::{Page, Place, checked_limit};
use super::problem::Refused;
use crate::domain::export::Format;
use crate::domain::publication::{ExportRecord, Selection};
use crate::publish::{self, Counts};
use crate::web::attachment::attachment;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    OpenApiRouter::new().routes(routes!(list, export))
}

/// A page of what left.
#[utoipa::path(get, path = "/exports", tag = "copy", params(Place),
    responses((status = OK, body = Page<ExportRecord>), Refused))]
async fn list(
    State(state): State<Arc<WebState>>,
    _: Bearer,
    QueryParams(place): QueryParams<Place>,
) -> Result<Json<Page<ExportRecord>>, Refused> {
    let limit = checked_limit(place.limit)?;
    let records = state.store.exports(place.after, limit + 1).await?;
    Ok(Json(Page::cut(records, limit, |record| {
        record.id.to_string()
    })))
}

/// Which approved texts leave, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Leaving {
    /// How.
    format: Format,
    /// Only this campaign's, by name.
    #[serde(default)]
    campaign: Option<String>,
    /// Only this run's.
    #[serde(default)]
    run: Option<Uuid>,
    /// Only what has not left in this format yet.
    #[serde(default)]
    new: bool,
}

/// An export that has been made and recorded.
#[derive(Debug, Serialize, ToSchema)]
struct Made {
    /// Its record; none where no text was ready to leave.
    record: Option<ExportRecord>,
    /// Whether the very same bytes had left before.
    again: bool,
    /// A name for the file.
    file_name: String,
    /// The file's media type.
    media_type: String,
    /// The file; empty where no text was ready to leave.
    content: String,
    /// Texts to publish, to replace and to take down.
    counts: Counts,
    /// Texts that cannot leave in this format as they are, and why.
    held: Vec<HeldText>,
    /// Approvals that can still be taken back, and so do not leave yet.
    waiting: i64,
    /// What somebody has to do before the file can be used.
    warnings: Vec<String>,
}

/// A text that does not leave.
#[derive(Debug, Serialize, ToSchema)]
struct HeldText {
    /// The brief's key at its sender.
    external_ref: String,
    /// Why.
    reason: String,
}

/// Exports approved texts; the same export twice is recorded once.
///
/// Asked for `application/json` (or nothing in particular) it answers with the record and the file in it; asked for
/// `application/octet-stream`, with the file alone.
#[utoipa::path(post, path = "/exports", tag = "copy", request_body = Leaving,
    responses((status = OK, description = "The record with the file in it, or the file alone",
        content((Made = "application/json"), (String = "application/octet-stream"))), Refused))]
async fn export(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    headers: header::HeaderMap,
    Body(leaving): Body<Leaving>,
) -> Result<Response, Refused> {
    let selection = Selection {
        campaign: leaving.campaign,
        run_id: leaving.run,
        new: leaving.new,
    };
    let format = leaving.format;
    let made = publish::export(&state.store, format, &selection, &bearer.0.name).await?;
    let accepted = headers.get(header::ACCEPT).map(|accept| accept.as_bytes());
    if accepted == Some(b"application/octet-stream") {
        let media_type = "application/octet-stream";
        return Ok(attachment(&made.file_name, media_type, made.bytes));
    }
    let held = made.held.into_iter().map(|held| HeldText {
        external_ref: held.external_ref,
        reason: held.reason,
    });
    let made = Made {
        record: made.record,
        again: made.again,
        file_name: made.file_name,
        media_type: format.media_type().to_owned(),
        content: String::from_utf8_lossy(&made.bytes).into_owned(),
        counts: made.counts,
        held: held.collect(),
        waiting: made.waiting,
        warnings: made.warnings,
    };
    Ok(Json(made).into_response())
}
