//! An answer that a browser keeps as a file.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The bytes under a name, which has letters, digits, dots and hyphens only: nothing in it ends the header.
pub(super) fn attachment(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}
