//! What everybody may change about themselves: password and sessions.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;
use maud::{Markup, html};

use super::super::error_page::ErrorPage;
use super::super::proving::{Own, prove_own};
use super::super::{format, layout, login};
use super::{page, refused};
use crate::domain::problem::Problem;
use crate::domain::user::{MIN_PASSWORD_CHARS, check_password};
use crate::store::SessionRecord;
use crate::web::guard::{ClientAddress, Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings/password", post(change_password))
        .route("/settings/sessions/end", post(end_session))
}

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
                                td data-label="Last used" { (format::time(session.last_seen_at)) @if is_own(viewer, &session.id) { " " span class="tag" { "this one" } } }
                                td data-label="Signed in" { (format::time(session.created_at)) }
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

fn is_own(viewer: &Viewer, id: &str) -> bool {
    !viewer.session.is_empty() && viewer.session.starts_with(id)
}

async fn change_password(
    State(state): State<Arc<WebState>>,
    from: ClientAddress,
    headers: HeaderMap,
    jar: CookieJar,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let viewer = &posted.viewer;
    let (user, new) = (&viewer.user, posted.text("new"));
    if viewer.session.is_empty() {
        return page(&state, viewer, no_password().into()).await;
    }
    let seat = match prove_own(&state, &posted, "old", from.0).await? {
        Own::Right(_, seat) => seat,
        Own::Wrong => return page(&state, viewer, wrong_old().into()).await,
        Own::Wait(minutes) => return page(&state, viewer, login::too_often(minutes).into()).await,
    };
    if new != posted.text("again") {
        return page(&state, viewer, differs().into()).await;
    }
    if let Err(problem) = check_password(&new) {
        return page(&state, viewer, problem.into()).await;
    }
    let hash = seat.hash(new).await?;
    if let Err(error) = state.store.set_password(&user.name, user, &hash).await {
        return page(&state, viewer, refused(error)?).await;
    }
    // Setting it ended every session, this one too.
    let Some(jar) = login::enter(&state, &headers, jar, user, &hash).await? else {
        return Ok(see_other("/login").into_response());
    };
    Ok((jar, see_other("/settings?done=password")).into_response())
}

async fn end_session(
    State(state): State<Arc<WebState>>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let id = posted.text("id");
    state.store.end_session_of(&posted.viewer.user, &id).await?;
    Ok(see_other("/settings?done=ended").into_response())
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
