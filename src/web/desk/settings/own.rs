//! What everybody may change about themselves: password and sessions.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;

use super::super::error_page::ErrorPage;
use super::super::login;
use super::super::password_check::{OwnPasswordCheck, check_own_password};
use super::page::{page, refused};
use crate::domain::problem::Problem;
use crate::domain::user::check_password;
use crate::web::guard::{ClientAddress, Posted, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings/password", post(change_password))
        .route("/settings/sessions/end", post(end_session))
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
    let permit = match check_own_password(&state, &posted, "old", from.0).await? {
        OwnPasswordCheck::Right(_, permit) => permit,
        OwnPasswordCheck::Wrong => return page(&state, viewer, wrong_old().into()).await,
        OwnPasswordCheck::Wait(minutes) => {
            return page(&state, viewer, login::too_often(minutes).into()).await;
        }
    };
    if new != posted.text("again") {
        return page(&state, viewer, differs().into()).await;
    }
    if let Err(problem) = check_password(&new) {
        return page(&state, viewer, problem.into()).await;
    }
    let hash = permit.hash(new).await?;
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
    .hint("whoever runs the desk can start it with sign-in")
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
