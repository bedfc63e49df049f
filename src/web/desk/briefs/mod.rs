//! Briefs: what there is to write about, found, read, and brought in.

mod list;
mod one;
mod upload;

use std::sync::Arc;

use axum::Router;

use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .merge(list::routes())
        .merge(one::routes())
        .merge(upload::routes())
}
