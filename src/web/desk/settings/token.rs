//! One's token for the API: made with the password, shown once, ended by itself or taken away.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::super::error_page::ErrorPage;
use super::super::login;
use super::super::password_check::{OwnPasswordCheck, check_own_password};
use super::page::{Notice, page, refused};
use super::sections::needs_none;
use crate::domain::problem::Problem;
use crate::domain::user::{TOKEN_DAYS, check_token_days};
use crate::store::NewToken;
use crate::web::credentials::{new_token, token_hash};
use crate::web::guard::{ClientAddress, Posted, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings/token", post(make))
        .route("/settings/token/revoke", post(revoke))
}

async fn make(
    State(state): State<Arc<WebState>>,
    from: ClientAddress,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let (viewer, user) = (&posted.viewer, &posted.viewer.user);
    if viewer.session.is_empty() {
        return page(&state, viewer, needs_none().into()).await;
    }
    let days = match posted.word("days") {
        Some(_) => posted.value("days")?,
        None => TOKEN_DAYS,
    };
    if let Err(problem) = check_token_days(days) {
        return page(&state, viewer, problem.into()).await;
    }
    let proved = match check_own_password(&state, &posted, "password", from.0).await? {
        OwnPasswordCheck::Right(proved, _) => proved,
        OwnPasswordCheck::Wrong => return page(&state, viewer, wrong_password().into()).await,
        OwnPasswordCheck::Wait(minutes) => {
            return page(&state, viewer, login::too_often(minutes).into()).await;
        }
    };
    let token = new_token();
    let new = NewToken {
        token_sha256: &token_hash(&token),
        days,
        password_hash: Some(&proved.password_hash),
    };
    if let Err(error) = state.store.make_token(&user.name, user, &new).await {
        return page(&state, viewer, refused(error)?).await;
    }
    // The answer itself shows it: behind a redirect it would have to be kept somewhere.
    let told = Notice {
        token: Some(token),
        ..Notice::default()
    };
    page(&state, viewer, told).await
}

async fn revoke(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    let user = &posted.viewer.user;
    state.store.revoke_token(&user.name, user).await?;
    Ok(see_other("/settings?done=revoked").into_response())
}

fn wrong_password() -> Problem {
    Problem::new(
        "settings.password",
        "your password is another, so no token was made",
    )
    .key("password")
    .hint("it is the one with which you sign in")
}
