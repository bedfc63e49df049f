//! Briefs in, by the same rules as a file of `nightdesk briefs import`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use super::bearer::Bearer;
use super::problem::Refused;
use crate::domain::user::Role;
use crate::intake::Rejection;
use crate::store::Imported;
use crate::web::brief_import::import as import_briefs;
use crate::web::guard::MOST_UPLOADED;
use crate::web::state::WebState;

pub(super) fn routes() -> OpenApiRouter<Arc<WebState>> {
    let limit = DefaultBodyLimit::max(MOST_UPLOADED);
    OpenApiRouter::new().routes(routes!(import).layer(limit))
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
struct ImportResponse {
    /// What was taken.
    #[serde(flatten)]
    imported: Imported,
    /// Briefs that were not taken.
    rejected: u64,
    /// The first 500 of them, each with its reason.
    rejections: Vec<Rejection>,
}

/// Imports briefs: a JSON document, JSON lines, or CSV, at most 10 MiB; for supervisors.
///
/// A brief whose key is there gets another revision; the same content again changes nothing, so sending it twice does
/// no harm. What is wrong with one brief keeps none of the others out. `nightdesk briefs schema` prints their schema:
/// facts, quotes and sources need no `id` (`f1`, `q1`, `s1` and so on are made), and a must-include may be a text alone.
/// At most 50,000 briefs at once.
#[utoipa::path(post, path = "/briefs", tag = "copy",
    request_body(content((serde_json::Value = "application/json"), (serde_json::Value = "application/x-ndjson"), (serde_json::Value = "text/csv"))),
    responses((status = OK, body = ImportResponse), Refused))]
async fn import(
    State(state): State<Arc<WebState>>,
    bearer: Bearer,
    request: Request,
) -> Result<Json<ImportResponse>, Refused> {
    bearer.require(Role::Supervisor)?;
    let name = named(&request)?;
    let bytes = Bytes::from_request(request, &state).await.map_err(|_| {
        Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "api.upload_too_large",
            "the briefs are larger than 10 MiB, or were cut off",
            "send them in several requests",
        )
    })?;
    let (imported, upload) = import_briefs(&state, &bearer.0.name, name, bytes).await?;
    Ok(Json(ImportResponse {
        imported,
        rejected: upload.rejected,
        rejections: upload.rejections,
    }))
}

/// What the briefs are called in their rejections, which says how they are read.
fn named(request: &Request) -> Result<&'static str, Refused> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().map(str::trim).unwrap_or_default() {
        "application/json" => Ok("request.json"),
        "application/x-ndjson" | "application/jsonl" => Ok("request.jsonl"),
        "text/csv" => Ok("request.csv"),
        _ => Err(Refused::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "api.media_type",
            "the body is not announced as briefs",
            "send `Content-Type: application/json`, `application/x-ndjson` or `text/csv`",
        )),
    }
}
