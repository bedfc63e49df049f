//! The queue and its decisions as JSON, for programs of the house: `/api/v1`.
//!
//! The same store functions as the pages, so the same promises. Who asks shows a token of theirs
//! (`Authorization: Bearer …`, RFC 6750); a cookie is worth nothing here, so no page of another site can ask.
//! Errors are problem documents (RFC 9457).

mod bearer;
mod body;
mod items;
mod problem;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use super::desk::Desk;
use problem::Refused;

pub(super) fn routes() -> Router<Arc<Desk>> {
    let api = Router::new()
        .route("/me", get(items::me))
        .route("/items", get(items::list))
        .route("/items/counts", get(items::counts))
        .route("/items/{id}", get(items::one))
        .route("/items/{id}/claim", post(items::claim))
        .route("/items/{id}/heartbeat", post(items::heartbeat))
        .route("/items/{id}/release", post(items::release))
        .route("/items/{id}/decisions", post(items::decide))
        .route("/decisions/{id}/undo", post(items::undo))
        .fallback(nothing_there)
        .method_not_allowed_fallback(other_method);
    Router::new().nest("/api/v1", api)
}

async fn nothing_there() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "api.no_resource",
        "there is no resource at this address",
        "docs/API.md lists them",
    )
}

async fn other_method() -> Refused {
    Refused::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "api.method",
        "the resource does not take this method",
        "reading is GET, everything that writes is POST",
    )
}
