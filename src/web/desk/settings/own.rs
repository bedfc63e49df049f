//! What everybody may change about themselves: password, sessions, token.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;
use maud::{Markup, html};

use super::super::{Desk, Stop, layout, login, words};
use super::{Told, hashed, page, refused};
use crate::domain::problem::Problem;
use crate::domain::user::{MIN_PASSWORD_CHARS, check_password};
use crate::store::SessionRecord;
use crate::web::guard::{Posted, Viewer, new_token, token_hash, verify_password};

pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/settings/password", post(change_password))
        .route("/settings/sessions/end", post(end_session))
        .route("/settings/token", post(make_token))
        .route("/settings/token/revoke", post(revoke_token))
}

/// Where guesses at the old password are counted: whoever finds a desk open must not find the password too.
const HERE: &str = "settings";

pub(super) fn password(viewer: &Viewer) -> Markup {
    html! {
        section class="card" aria-labelledby="password" {
            h2 id="password" { "Your password" }
            @if viewer.session.is_empty() {
                p class="muted" { "This desk was started without sign-in: there is no password to change." }
            } @else {
                form method="post" action="/settings/password" {
                    (layout::csrf_field(viewer))
                    // For password stores, which want to know whose it is.
                    input type="hidden" autocomplete="username" value=(viewer.user.name);
                    label { "Old password" input type="password" name="old" autocomplete="current-password" required; }
                    label { "New password" input type="password" name="new" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                    label { "New password again" input type="password" name="again" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                    button class="primary" { "Change the password" }
                }
            }
        }
    }
}

pub(super) fn sessions(viewer: &Viewer, sessions: &[SessionRecord]) -> Markup {
    html! {
        section class="card" aria-labelledby="sessions" {
            h2 id="sessions" { "Your sessions" }
            @if sessions.is_empty() { p class="muted" { "None." } } @else {
                table class="table" {
                    caption { "Browsers in which you are signed in" }
                    thead { tr { th scope="col" { "Last used" } th scope="col" { "Signed in" } th scope="col" { "" } } }
                    tbody {
                        @for session in sessions {
                            tr {
                                td data-label="Last used" { (words::time(session.last_seen_at)) @if is_own(viewer, &session.id) { " " span class="tag" { "this one" } } }
                                td data-label="Signed in" { (words::time(session.created_at)) }
                                td {
                                    form method="post" action="/settings/sessions/end" {
                                        (layout::csrf_field(viewer))
                                        input type="hidden" name="id" value=(session.id);
                                        button class="quiet" { "End" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn token(viewer: &Viewer, has_one: bool, made: Option<&str>) -> Markup {
    html! {
        section class="card" aria-labelledby="token" {
            h2 id="token" { "Your token for the API" }
            @if let Some(token) = made {
                div role="status" {
                    p { "Keep it safe: it is not shown again." }
                    p { code { (token) } }
                }
            } @else if has_one {
                p { "You have a token. It can be replaced or taken away, and not be shown." }
            } @else {
                p { "You have no token." }
            }
            form method="post" action="/settings/token" {
                (layout::csrf_field(viewer))
                button { @if has_one { "Make a new token in its place" } @else { "Make a token" } }
            }
            @if has_one {
                form method="post" action="/settings/token/revoke" {
                    (layout::csrf_field(viewer))
                    button class="quiet" { "Take the token away" }
                }
            }
        }
    }
}

fn is_own(viewer: &Viewer, id: &str) -> bool {
    !viewer.session.is_empty() && viewer.session.starts_with(id)
}

async fn change_password(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    jar: CookieJar,
    posted: Posted,
) -> Result<Response, Stop> {
    let viewer = &posted.viewer;
    let (user, new) = (&viewer.user, posted.text("new"));
    if viewer.session.is_empty() {
        return page(&desk, viewer, no_password().into()).await;
    }
    if let Some(minutes) = desk.store.count_login(&user.name, HERE).await? {
        return page(&desk, viewer, login::too_often(minutes).into()).await;
    }
    let hash = desk.store.credentials(&user.name).await?.password_hash;
    let old = posted.text("old");
    let fits = tokio::task::spawn_blocking(move || verify_password(&old, &hash));
    if !fits.await.unwrap_or(false) {
        return page(&desk, viewer, wrong_old().into()).await;
    }
    desk.store.login_succeeded(&user.name, HERE).await?;
    if new != posted.text("again") {
        return page(&desk, viewer, differs().into()).await;
    }
    if let Err(problem) = check_password(&new) {
        return page(&desk, viewer, problem.into()).await;
    }
    let hash = hashed(new).await?;
    if let Err(error) = desk.store.set_password(&user.name, user, &hash).await {
        return page(&desk, viewer, refused(error)?.into()).await;
    }
    // Setting it ended every session, this one too.
    let Some(jar) = login::enter(&desk, &headers, jar, user, &hash).await? else {
        return Ok(Redirect::to("/login").into_response());
    };
    Ok((jar, Redirect::to("/settings?done=password")).into_response())
}

async fn end_session(State(desk): State<Arc<Desk>>, posted: Posted) -> Result<Response, Stop> {
    let id = posted.text("id");
    desk.store.end_session_of(&posted.viewer.user, &id).await?;
    Ok(Redirect::to("/settings?done=ended").into_response())
}

async fn make_token(State(desk): State<Arc<Desk>>, posted: Posted) -> Result<Response, Stop> {
    let (user, token) = (&posted.viewer.user, new_token());
    let hash = token_hash(&token);
    desk.store
        .set_api_token(&user.name, user, Some(&hash))
        .await?;
    // The answer itself shows it: behind a redirect it would have to be kept somewhere.
    let told = Told {
        token: Some(token),
        ..Told::default()
    };
    page(&desk, &posted.viewer, told).await
}

async fn revoke_token(State(desk): State<Arc<Desk>>, posted: Posted) -> Result<Response, Stop> {
    let user = &posted.viewer.user;
    desk.store.set_api_token(&user.name, user, None).await?;
    Ok(Redirect::to("/settings?done=revoked").into_response())
}

fn no_password() -> Problem {
    Problem::new(
        "settings.no_password",
        "without sign-in there is no password to change",
    )
    .hint("start the desk without `--no-auth` to sign in as a user")
}

fn wrong_old() -> Problem {
    Problem::new(
        "settings.old_password",
        "the old password is another, so nothing was changed",
    )
    .hint("an admin can set a new one for you")
}

fn differs() -> Problem {
    Problem::new(
        "settings.password_differs",
        "the two new passwords differ, so nothing was changed",
    )
    .hint("type both again")
}
