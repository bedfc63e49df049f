//! Who looks at a page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::{host_is_local, see_other, token_hash, user_agent_hash};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User};
use crate::web::desk::{Desk, ErrorPage, SignIn};

/// The session's cookie.
pub(in crate::web) const COOKIE: &str = "nightdesk_session";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(in crate::web) struct Viewer {
    /// Who.
    pub(in crate::web) user: User,
    /// What the session's forms carry.
    pub(in crate::web) csrf: String,
    /// Hash of the session's token; empty where nobody signs in.
    pub(in crate::web) session: String,
}

impl Viewer {
    /// Goes on for somebody who may at least so much.
    pub(in crate::web) fn require(&self, role: Role) -> Result<(), ErrorPage> {
        match self.user.role >= role {
            true => Ok(()),
            false => Err(ErrorPage::forbidden(
                self,
                Problem::new(
                    "web.role",
                    format!(
                        "this takes the role `{role}`, and yours is `{}`",
                        self.user.role
                    ),
                )
                .hint("an admin can change it under Settings"),
            )),
        }
    }

    /// Whether they settle, take over, correct and kill.
    pub(in crate::web) fn is_supervisor(&self) -> bool {
        self.user.role >= Role::Supervisor
    }
}

/// Why nobody is known who asks.
#[derive(Debug)]
pub(super) enum Unknown {
    /// Nobody is signed in.
    SignedOut,
    /// The database is away, or the host's name is another.
    Stopped(Box<ErrorPage>),
}

impl Viewer {
    /// Who asks, by the cookie.
    pub(super) async fn find(headers: &HeaderMap, desk: &Desk) -> Result<Self, Unknown> {
        let stopped = |stop| Unknown::Stopped(Box::new(stop));
        if let SignIn::Nobody { user, csrf } = &desk.sign_in {
            if !host_is_local(headers) {
                return Err(stopped(ErrorPage::foreign_host()));
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
            match desk.store.session(&session, &agent).await {
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

impl FromRequestParts<Arc<Desk>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        desk: &Arc<Desk>,
    ) -> Result<Self, Self::Rejection> {
        match Self::find(&parts.headers, desk).await {
            Ok(viewer) => return Ok(viewer),
            Err(Unknown::Stopped(stop)) => return Err(stop.into_response()),
            Err(Unknown::SignedOut) => {}
        }
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(ErrorPage::signed_out().into_response());
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
