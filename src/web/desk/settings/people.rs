//! Everybody, for admins: who there is, what each may do, who may sign in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::super::error_page::ErrorPage;
use super::page::{Notice, page, refused};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User, check_new_name, check_password};
use crate::store::UserError;
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings/users", post(add))
        .route("/settings/users/{id}/role", post(change_role))
        .route("/settings/users/{id}/password", post(set_password))
        .route("/settings/users/{id}/token/revoke", post(revoke_token))
        .route("/settings/users/{id}/disable", post(disable))
        .route("/settings/users/{id}/enable", post(enable))
}

async fn add(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    let viewer = &posted.viewer;
    viewer.require(Role::Admin)?;
    let (name, password) = (posted.text("name"), posted.text("password"));
    let role: Role = posted.value("role")?;
    let name = name.trim();
    let refusal: Notice = match check_new_name(name).and_then(|()| check_password(&password)) {
        Err(problem) => problem.into(),
        Ok(()) => {
            let hash = hashed(&state, viewer, password).await?;
            let added = state.store.add_user(&viewer.user.name, name, role, &hash);
            match added.await {
                Ok(_) => return done("added"),
                Err(error) => refused(error)?,
            }
        }
    };
    let told = Notice {
        name: name.to_owned(),
        role: Some(role),
        ..refusal
    };
    page(&state, viewer, told).await
}

async fn change_role(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let user = asked_about(&state, &posted, &id).await?;
    let role = posted.value("role")?;
    let changed = state.store.set_role(&posted.viewer.user.name, &user, role);
    answered(&state, &posted, changed.await, "role").await
}

async fn set_password(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let (viewer, password) = (&posted.viewer, posted.text("password"));
    let user = asked_about(&state, &posted, &id).await?;
    if user.id == viewer.user.id {
        return page(&state, viewer, own_password().into()).await;
    }
    if let Err(problem) = check_password(&password) {
        return page(&state, viewer, problem.into()).await;
    }
    let hash = hashed(&state, viewer, password).await?;
    let set = state.store.set_password(&viewer.user.name, &user, &hash);
    answered(&state, &posted, set.await, "reset").await
}

async fn revoke_token(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let user = asked_about(&state, &posted, &id).await?;
    let revoked = state.store.revoke_token(&posted.viewer.user.name, &user);
    answered(&state, &posted, revoked.await.map(drop), "token").await
}

async fn disable(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let user = asked_about(&state, &posted, &id).await?;
    let disabled = state
        .store
        .set_disabled(&posted.viewer.user.name, &user, true);
    answered(&state, &posted, disabled.await, "disabled").await
}

async fn enable(
    State(state): State<Arc<WebState>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let user = asked_about(&state, &posted, &id).await?;
    let enabled = state
        .store
        .set_disabled(&posted.viewer.user.name, &user, false);
    answered(&state, &posted, enabled.await, "enabled").await
}

/// The hash of a password that is set, in its turn.
async fn hashed(state: &WebState, viewer: &Viewer, password: String) -> Result<String, ErrorPage> {
    let permit = state.passwords.permit();
    let permit = permit.map_err(|problem| ErrorPage::busy(viewer, problem))?;
    Ok(permit.hash(password).await?)
}

/// The user of a form, for admins.
async fn asked_about(state: &WebState, posted: &Posted, id: &str) -> Result<User, ErrorPage> {
    posted.viewer.require(Role::Admin)?;
    let users = state.store.users().await?;
    let found = users
        .into_iter()
        .find(|record| record.user.id.to_string() == id);
    let missing = || ErrorPage::from(nobody()).seen_by(&posted.viewer);
    Ok(found.ok_or_else(missing)?.user)
}

async fn answered(
    state: &WebState,
    posted: &Posted,
    outcome: Result<(), UserError>,
    word: &str,
) -> Result<Response, ErrorPage> {
    match outcome {
        Ok(()) => done(word),
        Err(error) => page(state, &posted.viewer, refused(error)?).await,
    }
}

fn done(word: &str) -> Result<Response, ErrorPage> {
    Ok(see_other(&format!("/settings?done={word}")).into_response())
}

fn nobody() -> Problem {
    Problem::new("settings.no_user", "there is no such user")
        .hint("the list under Settings shows who there is")
}

fn own_password() -> Problem {
    Problem::new(
        "settings.own_password",
        "your own password is changed where the old one is asked for",
    )
    .hint("it is the first form of this page")
}
