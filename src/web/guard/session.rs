//! Who looks at a page, by the session's cookie, and whether they may.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::headers::host_is_local;
use super::redirect::see_other;
use super::refusal::GuardRefusal;
use super::viewer::Viewer;
use crate::domain::problem::Problem;
use crate::domain::user::Role;
use crate::web::credentials::{token_hash, user_agent_hash};
use crate::web::state::{SignIn, WebState};

/// The session's cookie.
pub(in crate::web) const COOKIE: &str = "nightdesk_session";

/// Why nobody is known who asks.
#[derive(Debug)]
pub(super) enum Unknown {
    /// Nobody is signed in.
    SignedOut,
    /// The database is away, or the host's name is another.
    Stopped(Box<GuardRefusal>),
}

impl Viewer {
    /// Goes on for somebody who may at least so much.
    pub(in crate::web) fn require(&self, role: Role) -> Result<(), GuardRefusal> {
        if self.user.role >= role {
            return Ok(());
        }
        let problem = Problem::new(
            "web.role",
            format!(
                "this takes the role `{role}`, and yours is `{}`",
                self.user.role
            ),
        )
        .hint("an admin can change it under Settings");
        Err(GuardRefusal::forbidden(self, problem))
    }

    /// Who asks, by the cookie.
    pub(super) async fn find(headers: &HeaderMap, state: &WebState) -> Result<Self, Unknown> {
        let stopped = |stop| Unknown::Stopped(Box::new(stop));
        if let SignIn::Nobody { user, csrf } = &state.sign_in {
            if !host_is_local(headers) {
                return Err(stopped(GuardRefusal::foreign_host()));
            }
            return Ok(Self {
                user: user.clone(),
                csrf: csrf.clone(),
                session: String::new(),
            });
        }
        let jar = CookieJar::from_headers(headers);
        let token = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
        if let Some(token) = token {
            let session = token_hash(&token);
            let agent = user_agent_hash(user_agent(headers));
            match state.store.session(&session, &agent).await {
                Ok(Some(signed_in)) => {
                    return Ok(Self {
                        user: signed_in.user,
                        csrf: signed_in.csrf,
                        session,
                    });
                }
                Ok(None) => {}
                Err(error) => return Err(stopped(error.into())),
            }
        }
        Err(Unknown::SignedOut)
    }
}

impl FromRequestParts<Arc<WebState>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<WebState>,
    ) -> Result<Self, Self::Rejection> {
        match Self::find(&parts.headers, state).await {
            Ok(viewer) => return Ok(viewer),
            Err(Unknown::Stopped(stop)) => return Err(stop.into_response()),
            Err(Unknown::SignedOut) => {}
        }
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(GuardRefusal::signed_out().into_response());
        }
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let next = serde_urlencoded::to_string([("next", here)]).unwrap_or_default();
        Err(see_other(&format!("/login?{next}")).into_response())
    }
}

/// The browser's name as it gives it.
pub(in crate::web) fn user_agent(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default()
}
