//! Stylesheet and scripts: in the binary, under an address that changes with their content.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::web::state::WebState;

/// Name, media type, content.
const ASSETS: [(&str, &str, &str); 3] = [
    (
        "desk.css",
        "text/css; charset=utf-8",
        include_str!("desk.css"),
    ),
    (
        "desk.js",
        "text/javascript; charset=utf-8",
        include_str!("desk.js"),
    ),
    (
        "run.js",
        "text/javascript; charset=utf-8",
        include_str!("run.js"),
    ),
];

/// Hash of everything: one release, one set of addresses.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (_, _, content) in ASSETS {
        hash.update(content);
    }
    hex::encode(&hash.finalize()[..6])
});

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/assets/{version}/{name}", get(asset))
}

/// The address of an asset.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let asset = ASSETS.iter().find(|(known, _, _)| *known == name);
    match asset {
        Some((_, media_type, content)) if version == *VERSION => {
            let headers = [
                (header::CONTENT_TYPE, *media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, *content).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
