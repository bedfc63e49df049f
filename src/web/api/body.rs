//! JSON bodies and queries, refused in the API's own words.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Refused;
use crate::web::desk::Desk;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Desk>> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Refused> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_json = kind
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.split(';').next().map(str::trim) == Some("application/json"));
        if !is_json {
            return Err(Refused::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "api.media_type",
                "the body is not announced as JSON",
                "send `Content-Type: application/json`",
            ));
        }
        let bytes = Bytes::from_request(request, desk).await.map_err(|_| {
            Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "api.too_large",
                "the body is larger than 512 KiB, or was cut off",
                "no channel takes a text of that length",
            )
        })?;
        let reader = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(reader).map_err(|error| {
            Refused::unreadable(&error.path().to_string(), &error.inner().to_string())
        })?;
        Ok(Self(value))
    }
}

/// The query part of the address.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Desk>> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Desk>) -> Result<Self, Refused> {
        let Query(asked) = Query::try_from_uri(&parts.uri)
            .map_err(|refused| Refused::unreadable("query", &refused.body_text()))?;
        Ok(Self(asked))
    }
}
