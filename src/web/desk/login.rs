//! Signing in and out.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use maud::html;
use serde::Deserialize;

use super::error_page::ErrorPage;
use super::error_page::RETRY_AFTER_S;
use super::layout;
use super::password_check::{self, PasswordCheck};
use crate::domain::problem::Problem;
use crate::domain::user::{User, check_name};
use crate::store::{Attempt, NewSession};
use crate::web::credentials::{new_token, token_hash, user_agent_hash};
use crate::web::guard::{
    COOKIE, Client, ClientAddress, Posted, is_behind_tls, is_from_here, see_other, user_agent,
};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/login", get(form).post(sign_in))
        .route("/logout", post(sign_out))
}

#[derive(Debug, Default, Deserialize)]
struct Params {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
struct Given {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn form(Query(params): Query<Params>) -> Response {
    page(StatusCode::OK, "", &params.next, None)
}

fn page(status: StatusCode, name: &str, next: &str, problem: Option<&Problem>) -> Response {
    let body = html! {
        main id="main" class="login" {
            h1 { "Nightdesk" }
            @if let Some(problem) = problem {
                div class="card stop" role="alert" {
                    p { (problem.message) }
                    @if let Some(hint) = &problem.hint { p class="muted" { (hint) } }
                }
            }
            form method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                label { "Name" input name="name" dir="auto" value=(name) autocomplete="username" required autofocus[name.is_empty()]; }
                label { "Password" input type="password" name="password" autocomplete="current-password" required autofocus[!name.is_empty()]; }
                button class="primary" { "Sign in" }
            }
        }
    };
    (status, Html(layout::frame("Sign in", body).into_string())).into_response()
}

async fn sign_in(
    State(state): State<Arc<WebState>>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    jar: CookieJar,
    given: Result<axum::Form<Given>, FormRejection>,
) -> Result<Response, ErrorPage> {
    let Ok(axum::Form(given)) = given else {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page(status, "", "", Some(&cut_off())));
    };
    let again = |status, problem: Problem| page(status, &given.name, &given.next, Some(&problem));
    // Or another site could sign an editor in as somebody else, whose edits they would then make.
    if !is_from_here(&headers) {
        return Ok(again(StatusCode::FORBIDDEN, foreign()));
    }
    let client = Client::from(address).to_string();
    // What could be nobody's name is counted without it: Postgres could not store every one.
    let name = match check_name(&given.name) {
        Ok(()) => given.name.as_str(),
        Err(_) => "",
    };
    let attempt = Attempt::SignIn {
        name,
        address: &client,
    };
    let password = given.password.clone();
    let check =
        password_check::check_password(&state, attempt, &given.name, address, password).await?;
    let proved = match check {
        PasswordCheck::Right(proved, _) => proved,
        PasswordCheck::Wrong => return Ok(again(StatusCode::UNAUTHORIZED, wrong())),
        PasswordCheck::Wait(minutes) => {
            let page = again(StatusCode::TOO_MANY_REQUESTS, too_often(minutes));
            return Ok(([(header::RETRY_AFTER, (minutes * 60).to_string())], page).into_response());
        }
        PasswordCheck::Busy(problem) => {
            let page = again(StatusCode::SERVICE_UNAVAILABLE, problem);
            return Ok(([(header::RETRY_AFTER, RETRY_AFTER_S)], page).into_response());
        }
    };
    let Some(jar) = enter(&state, &headers, jar, &proved.user, &proved.password_hash).await? else {
        return Ok(again(StatusCode::UNAUTHORIZED, wrong()));
    };
    state.store.attempt_succeeded(attempt, &proved.user).await?;
    Ok((jar, see_other(inside(&given.next))).into_response())
}

/// Opens a session for this browser, in place of the one it had; none where the password is another by now.
pub(super) async fn enter(
    state: &WebState,
    headers: &HeaderMap,
    jar: CookieJar,
    user: &User,
    password_hash: &str,
) -> Result<Option<CookieJar>, ErrorPage> {
    let before = jar.get(COOKIE).map(|cookie| token_hash(cookie.value()));
    // New at every sign-in: a token that somebody planted before is worth nothing.
    let (token, csrf) = (new_token(), new_token());
    let session = NewSession {
        token_sha256: &token_hash(&token),
        csrf: &csrf,
        user_agent_sha256: &user_agent_hash(user_agent(headers)),
        password_hash,
        before: before.as_deref(),
    };
    if !state.store.open_session(user, &session).await? {
        return Ok(None);
    }
    let cookie = Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        // A link in the morning's mail arrives signed in; forms are kept safe by their token.
        .same_site(SameSite::Lax)
        .secure(is_behind_tls(headers));
    Ok(Some(jar.add(cookie)))
}

async fn sign_out(
    State(state): State<Arc<WebState>>,
    jar: CookieJar,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    state.store.end_session(&posted.viewer.session).await?;
    let gone = Cookie::build((COOKIE, "")).path("/");
    Ok((jar.remove(gone), see_other("/login")).into_response())
}

/// A place on this desk; anything else would lead an editor to another site right after they signed in.
fn inside(next: &str) -> &str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        // Browsers leave tabs and line breaks out of an address: `/<tab>/evil.example` is another site's.
        && !next.contains(|character: char| character == '\\' || character.is_control())
        && !next.starts_with("/login");
    if local { next } else { "/" }
}

fn wrong() -> Problem {
    Problem::new("login.wrong", "no user has this name and this password")
        .hint("an admin can set a new password under Settings")
}

/// After too many guesses.
pub(super) fn too_often(minutes: i64) -> Problem {
    Problem::new(
        "login.too_often",
        format!("too many failed attempts; try again in {minutes} min"),
    )
    .hint("signing in elsewhere goes on working; nobody's password was changed")
}

fn cut_off() -> Problem {
    Problem::new("login.cut_off", "the form did not arrive as a whole").hint("sign in here")
}

fn foreign() -> Problem {
    Problem::new("login.foreign", "this form was sent by another site").hint("sign in here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        for next in ["/", "/items/1?view=tokens"] {
            assert_eq!(inside(next), next);
        }
        for next in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/login?next=/",
        ] {
            assert_eq!(inside(next), "/", "{next}");
        }
    }

    #[test]
    fn what_is_told_at_the_door() {
        let told = [wrong(), too_often(14), foreign()].map(|problem| problem.to_string());
        insta::assert_snapshot!(told.join("\n\n"), @"
        no user has this name and this password

        hint: an admin can set a new password under Settings

        too many failed attempts; try again in 14 min

        hint: signing in elsewhere goes on working; nobody's password was changed

        this form was sent by another site

        hint: sign in here
        ");
    }
}
