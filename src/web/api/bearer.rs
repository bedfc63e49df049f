//! Who asks, by their token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use chrono::{DateTime, Utc};

use super::problem::Refused;
use crate::domain::user::{Role, User};
use crate::web::credentials::token_hash;
use crate::web::guard::{ClientAddress, host_is_local};
use crate::web::log_throttle::LogThrottle;
use crate::web::state::{SignIn, WebState};

/// Somebody with a token; on a desk without sign-in, its one user.
pub(super) struct Bearer(pub(super) User);

impl Bearer {
    /// Goes on for somebody who may at least so much.
    pub(super) fn require(&self, role: Role) -> Result<(), Refused> {
        if self.0.role >= role {
            return Ok(());
        }
        Err(Refused::new(
            StatusCode::FORBIDDEN,
            "api.role",
            &format!(
                "this takes the role `{role}`, and yours is `{}`",
                self.0.role
            ),
            "an admin can change it under Settings",
        ))
    }
}

impl FromRequestParts<Arc<WebState>> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<WebState>) -> Result<Self, Refused> {
        if let SignIn::Nobody { user, .. } = &state.sign_in
            && host_is_local(&parts.headers)
            // A page of another site may send a form here; it cannot send this header without being asked first.
            && parts.headers.contains_key(header::AUTHORIZATION)
        {
            return Ok(Self(user.clone()));
        }
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::trim);
        let hash = token.map(token_hash);
        if let Some(hash) = &hash {
            if let Some(user) = state.store.user_of_token(hash).await? {
                return Ok(Self(user));
            }
            if let Some((name, at)) = state.store.expired_token(hash).await? {
                noted(parts, &format!("the token of `{name}`, which has expired"));
                return Err(expired(at));
            }
            noted(parts, "a token that nobody has");
        }
        Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "api.token",
            "the request carries no token that anybody has",
            "make one under Settings, and send it as `Authorization: Bearer TOKEN`",
        ))
    }
}

/// A program that was refused is in the log; not each time, for it may ask every second.
fn noted(parts: &Parts, what: &str) {
    static REFUSED: LogThrottle = LogThrottle::new();
    let ClientAddress(address) = ClientAddress::of(parts);
    if let Some(requests) = REFUSED.count() {
        tracing::warn!(
            %address,
            requests,
            "a request to the API from {address} was refused: it carries {what}"
        );
    }
}

fn expired(at: DateTime<Utc>) -> Refused {
    let at = at.format("%Y-%m-%d %H:%M UTC");
    Refused::new(
        StatusCode::UNAUTHORIZED,
        "api.token_expired",
        &format!("the token that the request carries expired on {at}"),
        "make a new one under Settings",
    )
}
