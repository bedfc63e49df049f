//! Bodies, queries, ids and keys of requests, refused in the API's own words.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::IntoParams;
use uuid::Uuid;

use super::problem::Refused;
use crate::web::state::WebState;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<WebState>> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &Arc<WebState>) -> Result<Self, Refused> {
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
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "api.too_large",
                "the body is larger than 512 KiB, or was cut off",
                "no channel takes a text of that length",
            )
        })?;
        let reader = &mut serde_json::Deserializer::from_slice(&bytes);
        let unreadable = |error: serde_path_to_error::Error<serde_json::Error>| {
            Refused::unreadable(&error.path().to_string(), &error.inner().to_string())
        };
        let mut value: Value =
            serde_path_to_error::deserialize(&mut *reader).map_err(unreadable)?;
        reader
            .end()
            .map_err(|error| Refused::unreadable("body", &error.to_string()))?;
        if !tidied(&mut value) {
            return Err(nul("body"));
        }
        if !value.is_object() {
            return Err(Refused::unreadable("body", "the body is no JSON object"));
        }
        Ok(Self(
            serde_path_to_error::deserialize(value).map_err(unreadable)?,
        ))
    }
}

/// The query part of the address.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<WebState>> for QueryParams<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<WebState>) -> Result<Self, Refused> {
        let Query(params) = Query::try_from_uri(&parts.uri)
            .map_err(|refused| Refused::unreadable("query", &refused.body_text()))?;
        Ok(Self(params))
    }
}

/// An id of the address.
pub(super) fn uuid(id: &str) -> Result<Uuid, Refused> {
    id.parse()
        .map_err(|_| Refused::unreadable("id", &format!("`{id}` is no UUID")))
}

/// What makes the same request twice one: whatever became of the first answer.
#[derive(IntoParams)]
#[into_params(names("Idempotency-Key"), parameter_in = Header)]
pub(super) struct Key(
    /// A random UUID. The same key again is the same request, and answered as the first was.
    pub(super) Uuid,
);

impl FromRequestParts<Arc<WebState>> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<WebState>) -> Result<Self, Refused> {
        let given = parts
            .headers
            .get("idempotency-key")
            .and_then(|key| key.to_str().ok())
            .and_then(|key| key.parse().ok());
        given.map(Self).ok_or_else(|| {
            Refused::unreadable(
                "Idempotency-Key",
                "a decision or a bulk carries a header `Idempotency-Key` with a random UUID",
            )
        })
    }
}

/// Turns away addresses with the one character that Postgres does not take.
pub(super) async fn without_nul(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let parts = [uri.path(), uri.query().unwrap_or_default()];
    if parts.iter().any(|part| part.contains("%00")) {
        return nul("address").into_response();
    }
    next.run(request).await
}

fn nul(key: &str) -> Refused {
    Refused::unreadable(
        key,
        "there is a NUL character in it, which no text here can have",
    )
}

/// A JSON object: serde would also take its fields as an array, in an order that no document names.
pub(super) fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    value: D,
) -> Result<T, D::Error> {
    let fields = serde_json::Map::deserialize(value)?;
    T::deserialize(Value::Object(fields)).map_err(D::Error::custom)
}

/// Whole numbers as such (`3.0` is one in JSON), and whether no text has a NUL.
fn tidied(value: &mut Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(values) => values.iter_mut().all(tidied),
        Value::Object(fields) => fields
            .iter_mut()
            .all(|(name, value)| !name.contains('\0') && tidied(value)),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| {
                number.is_f64() && float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0
            });
            if let Some(whole) = whole {
                *number = (whole as i64).into();
            }
            true
        }
        Value::Null | Value::Bool(_) => true,
    }
}
