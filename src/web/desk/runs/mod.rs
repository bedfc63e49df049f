//! Runs: the list, and a page for each with its progress, its failures, and what can be done about them.

mod actions;
mod events;
mod list;
mod page;
mod progress;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::web::state::WebState;

pub(super) use list::state;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/runs", get(list::list))
        .route("/runs/{id}", get(page::run))
        .route("/runs/{id}/events", get(events::events))
        .route("/runs/{id}/cancel", post(actions::cancel))
        .route(
            "/runs/{id}/redrive",
            get(actions::ask_redrive).post(actions::redrive),
        )
        // One for the whole desk: however many watch a run, it is looked at once a second.
        .layer(Extension(Arc::new(events::Watch::default())))
}
