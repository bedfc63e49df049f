//! One's token for the API: made with the password, shown once, ended by itself or taken away.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use maud::{Markup, html};

use super::super::error_page::ErrorPage;
use super::super::proving::{Own, prove_own};
use super::super::{format, layout, login};
use super::{Notice, page, refused};
use crate::domain::problem::Problem;
use crate::domain::user::{TOKEN_DAYS, TOKEN_DAYS_RANGE, UserRecord, check_token_days};
use crate::store::NewToken;
use crate::web::credentials::{new_token, token_hash};
use crate::web::guard::{ClientAddress, Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/settings/token", post(make))
        .route("/settings/token/revoke", post(revoke))
}

/// The token, for the user whose record this is; the new one where it was made a moment ago.
pub(super) fn section(viewer: &Viewer, record: Option<&UserRecord>, made: Option<&str>) -> Markup {
    let held = record.filter(|record| record.has_token);
    html! {
        section class="card" aria-labelledby="token" {
            h2 id="token" { "Your token for the API" }
            @if let Some(token) = made {
                div role="status" {
                    p { "Keep it safe: it is not shown again." }
                    p { code { (token) } }
                }
            } @else if held.is_some() {
                p { "You have a token. It can be replaced or taken away, and not be shown." }
            } @else {
                p { "You have no token." }
            }
            @if let Some(record) = held { p { (lifetime(record)) } }
            @if viewer.session.is_empty() {
                p class="muted" { (needs_none().message) }
            } @else {
                form method="post" action="/settings/token" {
                    (layout::csrf_field(viewer))
                    input type="hidden" autocomplete="username" value=(viewer.user.name);
                    label { "Your password" input type="password" name="password" autocomplete="current-password" required; }
                    label { "Days until it ends"
                        input type="number" name="days" min=(TOKEN_DAYS_RANGE.start()) max=(TOKEN_DAYS_RANGE.end()) value=(TOKEN_DAYS) required;
                    }
                    p class="muted" { "It also ends when your password changes, and when you are disabled." }
                    button { @if held.is_some() { "Make a new token in its place" } @else { "Make a token" } }
                }
            }
            @if held.is_some() {
                form method="post" action="/settings/token/revoke" {
                    (layout::csrf_field(viewer))
                    button class="quiet" { "Take the token away" }
                }
            }
        }
    }
}

/// Until when a token holds, and when it was last used.
pub(super) fn lifetime(record: &UserRecord) -> Markup {
    html! {
        @if let Some(end) = record.token_expires_at {
            @if record.token_expired { span class="tag" { "expired" } " " (format::time(end)) } @else { "Until " (format::time(end)) }
        }
        ", "
        @match record.token_last_used_at {
            Some(used) => { "last used " (format::time(used)) }
            None => { "not used yet" }
        }
    }
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
    let proved = match prove_own(&state, &posted, "password", from.0).await? {
        Own::Right(proved, _) => proved,
        Own::Wrong => return page(&state, viewer, wrong_password().into()).await,
        Own::Wait(minutes) => return page(&state, viewer, login::too_often(minutes).into()).await,
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

fn needs_none() -> Problem {
    Problem::new(
        "settings.no_token",
        "without sign-in every request is let in that carries any token at all, so none is made",
    )
    .hint("start the desk without `--no-auth` to make one")
}
