//! Everybody, for admins: who there is, what each may do, who may sign in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use maud::{Markup, html};

use super::super::error_page::ErrorPage;
use super::super::{format, layout};
use super::{Notice, hashed, page, refused, token};
use crate::domain::problem::Problem;
use crate::domain::user::{
    MIN_PASSWORD_CHARS, Role, User, UserRecord, check_new_name, check_password,
};
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

pub(super) fn list(viewer: &Viewer, users: &[UserRecord]) -> Markup {
    html! {
        section class="card" aria-labelledby="users" {
            h2 id="users" { "Users" }
            table class="table" {
                caption { "Who may sign in, and what each may do" }
                thead { tr {
                    th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { "Sessions" }
                    th scope="col" { "Token" } th scope="col" { "Since" } th scope="col" { "Password" } th scope="col" { "" }
                } }
                tbody { @for record in users { (row(viewer, record)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, record: &UserRecord) -> Markup {
    let user = &record.user;
    let action = |word: &str| format!("/settings/users/{}/{word}", user.id);
    let of = |words: &str| format!("{words} of {}", user.name);
    html! {
        tr {
            th scope="row" data-label="Name" {
                bdi { (user.name) }
                @if user.id == viewer.user.id { " " span class="tag" { "you" } }
                @if record.disabled_at.is_some() { " " span class="tag" { "disabled" } }
            }
            td data-label="Role" {
                form method="post" action=(action("role")) {
                    (layout::csrf_field(viewer))
                    (roles(user.role, &of("Role")))
                    button class="quiet" { "Change" }
                }
            }
            td data-label="Sessions" { (record.sessions) }
            td data-label="Token" {
                @if record.has_token {
                    (token::lifetime(record))
                    form method="post" action=(action("token/revoke")) {
                        (layout::csrf_field(viewer))
                        button class="quiet" aria-label=(of("Take away the token")) { "Take away" }
                    }
                } @else { "no" }
            }
            td data-label="Since" { (format::time(record.created_at)) }
            td data-label="Password" {
                @if user.id != viewer.user.id {
                    form method="post" action=(action("password")) {
                        (layout::csrf_field(viewer))
                        input type="password" name="password" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required aria-label=(of("New password"));
                        button class="quiet" { "Set" }
                    }
                }
            }
            td {
                form method="post" action=(action(if record.disabled_at.is_some() { "enable" } else { "disable" })) {
                    (layout::csrf_field(viewer))
                    button class="quiet" { @if record.disabled_at.is_some() { "Enable" } @else { "Disable" } }
                }
            }
        }
    }
}

fn roles(selected: Role, label: &str) -> Markup {
    html! {
        select name="role" aria-label=(label) {
            @for role in Role::ALL { option value=(role) selected[role == selected] { (role) } }
        }
    }
}

/// Adds somebody; with what was typed before, where that was refused.
pub(super) fn form(viewer: &Viewer, name: &str, role: Option<Role>) -> Markup {
    html! {
        section class="card" aria-labelledby="add" {
            h2 id="add" { "Add a user" }
            form method="post" action="/settings/users" {
                (layout::csrf_field(viewer))
                label { "Name" input name="name" dir="auto" value=(name) autocomplete="off" maxlength="80" required; }
                label { "Role" (roles(role.unwrap_or(Role::Editor), "Role")) }
                label { "Password" input type="password" name="password" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                p class="muted" { "Tell it to them in person; they can change it here." }
                button class="primary" { "Add the user" }
            }
        }
    }
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
