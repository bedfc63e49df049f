//! Settings: oneself; for admins also everybody, and the record.

mod own;
mod people;
mod record;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::html;
use serde::Deserialize;

use super::error_page::ErrorPage;
use super::layout::{self, Nav};
use super::notice;
use crate::domain::problem::Problem;
use crate::domain::user::Role;
use crate::store::UserError;
use crate::web::error::WebError;
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

/// What the page says beside what there is.
#[derive(Debug, Default)]
struct Notice {
    done: Option<&'static str>,
    /// A new token, shown this once.
    token: Option<String>,
    /// Why the last form was refused, and the status that says so.
    refused: Option<(StatusCode, Problem)>,
    /// A user that was not added: what was typed, the password left out.
    name: String,
    role: Option<Role>,
}

impl From<Problem> for Notice {
    fn from(problem: Problem) -> Self {
        Self::refused(WebError::from(problem))
    }
}

impl Notice {
    fn refused(error: WebError) -> Self {
        Self {
            refused: Some((error.status(), error.problem())),
            ..Self::default()
        }
    }
}

async fn settings(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(asked): Query<Params>,
) -> Result<Response, ErrorPage> {
    let done = DONE.iter().find(|(word, _)| *word == asked.done);
    let told = Notice {
        done: done.map(|(_, words)| *words),
        ..Notice::default()
    };
    page(&state, &viewer, told).await
}

async fn page(state: &WebState, viewer: &Viewer, told: Notice) -> Result<Response, ErrorPage> {
    let users = state.store.users().await?;
    let sessions = state.store.sessions(viewer.user.id).await?;
    let own = users.iter().find(|record| record.user.id == viewer.user.id);
    let body = html! {
        h1 { "Settings" }
        @if let Some((_, problem)) = &told.refused { (notice::refused(problem)) }
        @if let Some(words) = told.done { (notice::done(words)) }
        p { "You are " strong dir="auto" { (viewer.user.name) } ", with the role " strong { (viewer.user.role) } "." }
        (own::password(viewer))
        (own::sessions(viewer, &sessions))
        (token::section(viewer, own, told.token.as_deref()))
        @if viewer.user.role == Role::Admin {
            (people::list(viewer, &users))
            (people::form(viewer, &told.name, told.role))
            section class="card" aria-labelledby="record" {
                h2 id="record" { "The record" }
                p { "Every write is recorded in a chain of hashes. " a href="/settings/record" { "See it, and check that it holds" } }
            }
        }
    };
    let status = told.refused.map_or(StatusCode::OK, |(status, _)| status);
    let page = layout::page(viewer, "Settings", Nav::Settings, body);
    Ok((status, Html(page.into_string())).into_response())
}

/// The hash of a password that is set, in its turn.
async fn hashed(state: &WebState, viewer: &Viewer, password: String) -> Result<String, ErrorPage> {
    let seat = state.passwords.seat();
    let seat = seat.map_err(|problem| ErrorPage::busy(viewer, problem))?;
    Ok(seat.hash(password).await?)
}

/// What a person can do something about is said on the page; the rest is one of its own.
fn refused(error: UserError) -> Result<Notice, ErrorPage> {
    match error {
        UserError::Store(error) => Err(error.into()),
        refused => Ok(Notice::refused(refused.into())),
    }
}
