//! The page Settings, and what it says of the form that was sent last.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use super::super::error_page::ErrorPage;
use super::super::form_result;
use super::super::layout::{self, Nav};
use super::sections;
use crate::domain::problem::Problem;
use crate::domain::user::Role;
use crate::store::UserError;
use crate::web::error::WebError;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// What the page says beside what there is.
#[derive(Debug, Default)]
pub(super) struct Notice {
    pub(super) done: Option<&'static str>,
    /// A new token, shown this once.
    pub(super) token: Option<String>,
    /// Why the last form was refused, and the status that says so.
    pub(super) refused: Option<(StatusCode, Problem)>,
    /// A user that was not added: what was typed, the password left out.
    pub(super) name: String,
    pub(super) role: Option<Role>,
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

/// The page, with what came of a form.
pub(super) async fn page(
    state: &WebState,
    viewer: &Viewer,
    notice: Notice,
) -> Result<Response, ErrorPage> {
    let users = state.store.users().await?;
    let sessions = state.store.sessions(viewer.user.id).await?;
    let own = users.iter().find(|record| record.user.id == viewer.user.id);
    let body = html! {
        h1 { "Settings" }
        @if let Some((_, problem)) = &notice.refused { (form_result::refused(problem)) }
        @if let Some(words) = notice.done { (form_result::done(words)) }
        p { "You are " strong dir="auto" { (viewer.user.name) } ", with the role " strong { (viewer.user.role) } "." }
        (sections::password(viewer))
        (sections::sessions(viewer, &sessions))
        (sections::section(viewer, own, notice.token.as_deref()))
        @if viewer.user.role == Role::Admin {
            (sections::list(viewer, &users))
            (sections::form(viewer, &notice.name, notice.role))
            section class="card" aria-labelledby="record" {
                h2 id="record" { "The record" }
                p { "Every write is recorded in a chain of hashes. " a href="/settings/record" { "See it, and check that it holds" } }
            }
        }
    };
    let status = notice.refused.map_or(StatusCode::OK, |(status, _)| status);
    let page = layout::page(viewer, "Settings", Nav::Settings, body);
    Ok((status, Html(page.into_string())).into_response())
}

/// What a person can do something about is said on the page; the rest is one of its own.
pub(super) fn refused(error: UserError) -> Result<Notice, ErrorPage> {
    match error {
        UserError::Store(error) => Err(error.into()),
        refused => Ok(Notice::refused(refused.into())),
    }
}
