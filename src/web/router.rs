//! Every address of the review desk: the pages, the API, and what stands around both.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

use super::guard::{MOST_BYTES, protect};
use super::state::WebState;
use super::{api, desk};

/// The pages and the API.
pub fn router(state: Arc<WebState>) -> Router {
    Router::new()
        .merge(desk::routes())
        .merge(api::routes())
        .fallback(desk::nothing_there)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn(desk::as_page))
        .layer(CatchPanicLayer::custom(desk::panicked))
        .layer(from_fn(protect))
        .with_state(state)
}
