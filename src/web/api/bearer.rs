//! Who asks, by their token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::problem::Refused;
use crate::domain::user::{Role, User};
use crate::web::desk::{Desk, Door};
use crate::web::guard::{host_is_local, token_hash};

/// Somebody with a token; on a desk without sign-in, its one user.
pub(super) struct Bearer(pub(super) User);

impl Bearer {
    /// Goes on for somebody who may at least so much.
    pub(super) fn require(&self, role: Role) -> Result<(), Refused> {
        match self.0.role >= role {
            true => Ok(()),
            false => Err(Refused::new(
                StatusCode::FORBIDDEN,
                "api.role",
                &format!(
                    "this takes the role `{role}`, and yours is `{}`",
                    self.0.role
                ),
                "an admin can change it, with `nightdesk users role` or under Settings",
            )),
        }
    }
}

impl FromRequestParts<Arc<Desk>> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Refused> {
        if let Door::Open { user, .. } = &desk.door
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
        if let Some(token) = token
            && let Some(user) = desk.store.user_of_token(&token_hash(token)).await?
        {
            return Ok(Self(user));
        }
        Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "api.token",
            "the request carries no token that anybody has",
            "make one with `nightdesk users token NAME`, and send it as `Authorization: Bearer TOKEN`",
        ))
    }
}
