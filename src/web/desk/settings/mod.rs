//! Settings: oneself; for admins also everybody, and the record.

mod own;
mod page;
mod people;
mod record;
mod sections;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use self::page::{Notice, page};
use super::error_page::ErrorPage;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings", get(settings))
        .merge(own::routes())
        .merge(token::routes())
        .merge(people::routes())
        .merge(record::routes())
}

/// What a form came to, as its address says it after the redirect.
const DONE: [(&str, &str); 9] = [
    (
        "password",
        "Your password is changed, and your other sessions and your token are ended.",
    ),
    ("revoked", "Your token does not work any more."),
    ("ended", "The session is ended."),
    ("added", "The user is added and can sign in."),
    ("role", "The role is changed."),
    (
        "reset",
        "The password is set, and the user's sessions and token are ended.",
    ),
    (
        "disabled",
        "The user cannot sign in any more; sessions and token are gone.",
    ),
    ("token", "The user's token does not work any more."),
    ("enabled", "The user can sign in again."),
];

#[derive(Debug, Default, Deserialize)]
struct Params {
    #[serde(default)]
    done: String,
}

async fn settings(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Response, ErrorPage> {
    let done = DONE.iter().find(|(word, _)| *word == params.done);
    let told = Notice {
        done: done.map(|(_, words)| *words),
        ..Notice::default()
    };
    page(&state, &viewer, told).await
}
