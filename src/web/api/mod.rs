//! The desk as JSON, for programs of the house: `/api/v1`.
//!
//! It calls the store functions of the pages, so it keeps their promises. Who asks shows a token of theirs
//! (`Authorization: Bearer …`, RFC 6750); a cookie is worth nothing here, so no page of another site can ask.
//! Errors are problem documents (RFC 9457). The document of it (OpenAPI 3.1) is made from the functions that
//! answer, so a resource that is not in it is not there.
//!
//! ```text
//! queue items decisions bulk      reviewing
//! briefs drafts exports           what goes in, what there is, what leaves
//! campaigns runs numbers events   the night, and what came of it
//! bearer body page problem        what every request and answer has in common
//! document                        the OpenAPI document
//! ```

mod bearer;
mod body;
mod briefs;
mod bulk;
mod campaigns;
mod decisions;
mod document;
mod drafts;
mod events;
mod exports;
mod items;
mod numbers;
mod page;
mod problem;
mod queue;
mod runs;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use utoipa_axum::router::OpenApiRouter;

use super::state::WebState;
use problem::Refused;

pub(super) fn routes() -> Router<Arc<WebState>> {
    let resources = OpenApiRouter::new()
        .merge(queue::routes())
        .merge(items::routes())
        .merge(decisions::routes())
        .merge(bulk::routes())
        .merge(briefs::routes())
        .merge(drafts::routes())
        .merge(exports::routes())
        .merge(campaigns::routes())
        .merge(runs::routes())
        .merge(numbers::routes())
        .merge(events::routes());
    let (resources, document) = document::empty()
        .nest(document::ADDRESS, resources)
        .split_for_parts();
    let around = Router::new()
        .merge(document::routes(&document))
        .fallback(nothing_there)
        .method_not_allowed_fallback(other_method);
    resources
        .method_not_allowed_fallback(other_method)
        .nest(document::ADDRESS, around)
        .layer(from_fn(body::without_nul))
}

async fn nothing_there() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "api.no_resource",
        "there is no resource at this address",
        "/api/v1/openapi.json lists them, docs/API.md explains them",
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
