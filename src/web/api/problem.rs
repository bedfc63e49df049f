//! Errors as problem documents (RFC 9457).

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{
    ContentBuilder, Ref, RefOr, Response as Described, ResponseBuilder, ResponsesBuilder,
};
use utoipa::{IntoResponses, ToSchema};

use crate::domain::problem::Problem;
use crate::web::error::WebError;

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemDocument {
    /// `urn:nightdesk:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, for a person.
    detail: String,
    /// A word for programs, such as `review.lease_lost`; it stays the same.
    code: &'static str,
    /// What it is about, where it is about a part of the request.
    key: Option<String>,
    /// What to do about it.
    hint: Option<String>,
}

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
        let problem = self.problem;
        let document = ProblemDocument {
            r#type: format!("urn:nightdesk:problem:{}", problem.code),
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: problem.message,
            code: problem.code,
            key: problem.key,
            hint: problem.hint,
        };
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

impl<E: Into<WebError>> From<E> for Refused {
    fn from(error: E) -> Self {
        let error = error.into();
        Self {
            status: error.status(),
            problem: error.problem(),
        }
    }
}

/// The errors that every resource may answer with; `code` tells them apart.
impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let document = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(ProblemDocument::name())))
            .build();
        let told = |description: &str| {
            ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", document.clone())
                .build()
        };
        ResponsesBuilder::new()
            .response("401", told("No token that anybody has"))
            .response("403", told("Another role is needed, or it is somebody else's"))
            .response("404", told("There is nothing of that id or name"))
            .response("409", told("Somebody was faster, or it is not in a state for this; nothing was changed"))
            .response("413", told("The body is too large"))
            .response("415", told("The body is of another kind"))
            .response("422", told("Something in the request is not understood, or breaks a limit"))
            .response("500", told("A mistake of ours; nothing was changed"))
            .response("503", told("The database is away; nothing was changed, and the same request can be sent again"))
            .build()
            .responses
    }
}
