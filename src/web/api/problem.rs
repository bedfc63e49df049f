//! Errors as problem documents (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::problem::{Blame, Problem};
use crate::domain::review::Refusal;
use crate::store::{ReviewError, StoreError};

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    problem: Problem,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: &str, hint: &str) -> Self {
        Self {
            status,
            problem: Problem::new(code, message).hint(hint),
        }
    }

    /// A body or an address with something in it that is not understood.
    pub(super) fn unreadable(key: &str, why: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            problem: Problem::new("api.unreadable", why)
                .key(key)
                .hint("docs/API.md has an example of each request"),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = &self.problem;
        let document = serde_json::json!({
            "type": format!("urn:nightdesk:problem:{}", problem.code),
            "title": self.status.canonical_reason(), "status": self.status.as_u16(),
            "detail": problem.message, "code": problem.code, "key": problem.key, "hint": problem.hint,
        });
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::NotFound { .. } => StatusCode::NOT_FOUND,
            error if error.is_connection_lost() || error.may_pass() => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            error if error.problem().blame == Blame::Input => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            problem: error.problem(),
        }
    }
}

impl From<ReviewError> for Refused {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Store(error) => error.into(),
            ReviewError::Refused(refusal) => Self {
                status: match &refusal {
                    Refusal::SupervisorNeeded | Refusal::NotYours => StatusCode::FORBIDDEN,
                    Refusal::NoReason
                    | Refusal::NoNote
                    | Refusal::NoteTooLong { .. }
                    | Refusal::EmptyText
                    | Refusal::TextTooLarge { .. }
                    | Refusal::OverLimit { .. }
                    | Refusal::ForeignDraft
                    | Refusal::BadCursor => StatusCode::UNPROCESSABLE_ENTITY,
                    _ => StatusCode::CONFLICT,
                },
                problem: refusal.problem(),
            },
        }
    }
}
