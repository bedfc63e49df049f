//! The OpenAPI 3.1 document: served to whoever asks, since it holds nothing but what the source says.

use std::sync::Arc;

use axum::http::header;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::problem::ProblemDocument;
use crate::web::state::WebState;

/// Where the resources are.
pub(super) const ADDRESS: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nightdesk",
        description = "The review desk for programs. Every request carries a user's token, every decision, bulk and import \
                       a key of its own; lists are read page by page, each naming where the next begins."
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Token),
    security(("token" = [])),
    tags(
        (name = "queue", description = "What waits for somebody"),
        (name = "review", description = "An item: read, taken, decided"),
        (name = "copy", description = "What goes in, what there is, what leaves"),
        (name = "night", description = "Campaigns, runs, and what came of them"),
    )
)]
struct Described;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let told = "A user's token, made on the page Settings (RFC 6750)";
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(told))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The document without any resource.
pub(super) fn empty<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    OpenApiRouter::with_openapi(Described::openapi())
}

/// The finished document, at its own address.
pub(super) fn routes(document: &Document) -> Router<Arc<WebState>> {
    let document = Arc::new(serde_json::json!(document));
    let served = move || {
        let document = Arc::clone(&document);
        async move { ([(header::CACHE_CONTROL, "no-cache")], Json(document)) }
    };
    Router::new().route("/openapi.json", get(served))
}
