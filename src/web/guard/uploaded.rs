//! A form with a file, sent by the page it belongs to.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::posted::{cut_off, is_from_here};
use super::refusal::GuardRefusal;
use super::viewer::Viewer;
use crate::domain::problem::Problem;
use crate::web::credentials::is_same_secret;
use crate::web::state::WebState;

/// Most bytes of a file.
pub(in crate::web) const MOST_UPLOADED: usize = 10 * 1024 * 1024;

/// Most parts of a form with a file; ours have two.
const MOST_PARTS: usize = 16;

/// Most characters of its name that are kept.
const NAME_CHARS: usize = 200;

/// One file, as [`super::Posted`] is a form: the token is checked.
#[derive(Debug)]
pub(in crate::web) struct Uploaded {
    /// Who sent it.
    pub(in crate::web) viewer: Viewer,
    /// What the file is called where it comes from.
    pub(in crate::web) name: String,
    /// What is in it.
    pub(in crate::web) bytes: Bytes,
}

impl FromRequest<Arc<WebState>> for Uploaded {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<WebState>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, state).await?;
        if !is_from_here(&parts.headers) {
            return Err(GuardRefusal::foreign_form(&viewer).into_response());
        }
        let request = Request::from_parts(parts, body);
        let Ok(form) = Multipart::from_request(request, state).await else {
            return Err(GuardRefusal::bad_form(&viewer, not_an_upload()).into_response());
        };
        let (proved, file) = match read(form, &viewer).await {
            Ok(read) => read,
            Err(Unread::Cut(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(GuardRefusal::upload_too_large(&viewer, MOST_UPLOADED).into_response());
            }
            Err(Unread::TooManyParts) => {
                return Err(GuardRefusal::bad_form(&viewer, too_many_parts()).into_response());
            }
            Err(Unread::Cut(_)) => {
                return Err(GuardRefusal::bad_form(&viewer, cut_off()).into_response());
            }
        };
        if !proved {
            return Err(GuardRefusal::foreign_form(&viewer).into_response());
        }
        // A browser sends an empty file without a name where none was chosen.
        let Some((name, bytes)) =
            file.filter(|(name, bytes)| !(name.is_empty() && bytes.is_empty()))
        else {
            return Err(GuardRefusal::bad_form(&viewer, no_file()).into_response());
        };
        if bytes.len() > MOST_UPLOADED {
            return Err(GuardRefusal::upload_too_large(&viewer, MOST_UPLOADED).into_response());
        }
        Ok(Self {
            viewer,
            name,
            bytes,
        })
    }
}

type File = (String, Bytes);

/// Why a form could not be read.
enum Unread {
    Cut(MultipartError),
    TooManyParts,
}

impl From<MultipartError> for Unread {
    fn from(error: MultipartError) -> Self {
        Self::Cut(error)
    }
}

/// Whether the token is there, and the file.
async fn read(mut form: Multipart, viewer: &Viewer) -> Result<(bool, Option<File>), Unread> {
    let (mut proved, mut file) = (false, None);
    let mut parts = 0;
    while let Some(field) = form.next_field().await? {
        parts += 1;
        if parts > MOST_PARTS {
            return Err(Unread::TooManyParts);
        }
        match field.name() {
            Some("csrf") => {
                let given = field.bytes().await?;
                proved |= std::str::from_utf8(&given)
                    .is_ok_and(|given| is_same_secret(given, &viewer.csrf));
            }
            Some("file") => {
                let given = field.file_name().unwrap_or_default();
                let name = given.chars().filter(|character| !character.is_control());
                let name: String = name.take(NAME_CHARS).collect();
                file = Some((name, field.bytes().await?));
            }
            _ => {
                field.bytes().await?;
            }
        }
    }
    Ok((proved, file))
}

fn too_many_parts() -> Problem {
    let message = format!("a form with a file may have {MOST_PARTS} parts, this one has more");
    Problem::new("web.too_many_parts", message).hint("send one file at a time")
}

fn not_an_upload() -> Problem {
    Problem::new(
        "web.not_an_upload",
        "what was sent is not a form with a file",
    )
    .hint("uploads come as `multipart/form-data`")
}

fn no_file() -> Problem {
    Problem::new("web.no_file", "no file was chosen").hint("go back and choose one")
}
