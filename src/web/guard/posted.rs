//! A form that was sent by the page it belongs to.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::refusal::GuardRefusal;
use super::session::Unknown;
use super::viewer::Viewer;
use crate::domain::line_ends::with_line_feeds;
use crate::domain::problem::Problem;
use crate::domain::visible::is_blank;
use crate::web::credentials::is_same_secret;
use crate::web::state::WebState;

/// Most bytes of a form. An edited text may have 128 KiB, and three bytes a byte is what encoding can make of it.
pub(in crate::web) const MOST_BYTES: usize = 512 * 1024;

/// Most fields of a form. The largest of ours, with a tick for every draft of a page, has a few hundred.
const MOST_FIELDS: usize = 2_000;

/// The fields of a form, in order; a name may come more than once.
#[derive(Debug, Clone)]
pub(in crate::web) struct Posted {
    /// Who sent it.
    pub(in crate::web) viewer: Viewer,
    /// What was sent, the token left out.
    pub(in crate::web) fields: Vec<(String, String)>,
    /// Where to.
    pub(in crate::web) path: String,
}

impl Posted {
    /// The text of a field; empty where it is missing. A line ends with `\n`: browsers send `\r\n`, and the text
    /// would seem to be edited.
    pub(in crate::web) fn text(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map_or_else(String::new, |(_, value)| with_line_feeds(value))
    }

    /// The text of a field without blanks around it; none where nothing is left that can be seen.
    pub(in crate::web) fn word(&self, name: &str) -> Option<String> {
        let text = self.text(name);
        let word = text.trim();
        (!is_blank(word)).then(|| word.to_owned())
    }

    /// Every value of a field.
    pub(in crate::web) fn all(&self, name: &str) -> Vec<&str> {
        let of = self.fields.iter().filter(|(field, _)| field == name);
        of.map(|(_, value)| value.as_str()).collect()
    }

    /// A field as a value, such as a UUID or a number.
    ///
    /// # Errors
    /// A page that names the field: only a form that was changed by hand has anything else in it.
    pub(in crate::web) fn value<T: std::str::FromStr>(
        &self,
        name: &str,
    ) -> Result<T, GuardRefusal> {
        self.text(name).trim().parse().map_err(|_| {
            GuardRefusal::bad_form(
                &self.viewer,
                Problem::new(
                    "web.field",
                    format!("the form's field `{name}` is missing or spoiled"),
                )
                .key(name)
                .hint("go back to the page and send its form as it is"),
            )
        })
    }
}

impl FromRequest<Arc<WebState>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Arc<WebState>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let viewer = match Viewer::find(&parts.headers, state).await {
            Ok(viewer) => viewer,
            Err(unknown) => {
                let stop = match unknown {
                    Unknown::SignedOut => GuardRefusal::signed_out(),
                    Unknown::Stopped(stop) => *stop,
                };
                return Err(left_with(stop, Request::from_parts(parts, body), state).await);
            }
        };
        if !is_from_here(&parts.headers) {
            return Err(GuardRefusal::foreign_form(&viewer).into_response());
        }
        let own_page = is_surely_from_here(&parts.headers);
        let path = parts.uri.path().to_owned();
        let mut fields = match read(Request::from_parts(parts, body), state).await {
            Ok(fields) => fields,
            Err(Unread::TooLarge) => {
                return Err(GuardRefusal::too_large(&viewer, MOST_BYTES).into_response());
            }
            Err(Unread::Spoiled(problem)) => {
                return Err(GuardRefusal::bad_form(&viewer, problem).into_response());
            }
        };
        let proved = fields
            .iter()
            .any(|(name, value)| name == "csrf" && is_same_secret(value, &viewer.csrf));
        fields.retain(|(name, _)| name != "csrf");
        let posted = Self {
            viewer,
            fields,
            path,
        };
        if proved {
            return Ok(posted);
        }
        // A page that was opened before its reader signed in again. The browser says that it is ours, so that the
        // text on it may be given a token; another site's is given nothing.
        let stop = if !own_page {
            GuardRefusal::foreign_form(&posted.viewer)
        } else if has_passwords(&posted.path) {
            GuardRefusal::earlier_session(&posted.viewer)
        } else {
            GuardRefusal::earlier_session(&posted.viewer).keeping(posted.path, posted.fields)
        };
        Err(stop.into_response())
    }
}

/// The answer to a form of nobody who is known: what was typed is on it, if the form is one of ours.
async fn left_with(stop: GuardRefusal, request: Request, state: &Arc<WebState>) -> Response {
    let path = request.uri().path().to_owned();
    if has_passwords(&path) || !is_surely_from_here(request.headers()) {
        return stop.into_response();
    }
    match read(request, state).await {
        Ok(fields) => stop.keeping(path, fields).into_response(),
        Err(_) => stop.into_response(),
    }
}

/// Whether a form of this address has passwords: they are typed again, and stand on no page.
fn has_passwords(path: &str) -> bool {
    path.starts_with("/settings")
}

/// Why a form could not be read.
enum Unread {
    TooLarge,
    Spoiled(Problem),
}

async fn read(request: Request, state: &Arc<WebState>) -> Result<Vec<(String, String)>, Unread> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Unread::Spoiled(not_a_form()));
    }
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Unread::TooLarge,
            _ => Unread::Spoiled(cut_off()),
        })?;
    let given = 1 + bytes.iter().filter(|byte| **byte == b'&').count();
    if given > MOST_FIELDS {
        return Err(Unread::Spoiled(too_many_fields(given)));
    }
    let mut fields: Vec<(String, String)> =
        serde_urlencoded::from_bytes(&bytes).map_err(|_| Unread::Spoiled(not_a_form()))?;
    for (_, value) in &mut fields {
        // Postgres stores every character but this one, and no text needs it.
        value.retain(|character| character != '\0');
    }
    Ok(fields)
}

pub(super) fn cut_off() -> Problem {
    Problem::new("web.cut_off", "the form did not arrive as a whole")
        .hint("go back and send it again")
}

fn too_many_fields(given: usize) -> Problem {
    let message = format!("a form may have {MOST_FIELDS} fields, this one has {given}");
    Problem::new("web.too_many_fields", message)
        .hint("go back to the page and send its form as it is")
}

fn not_a_form() -> Problem {
    Problem::new("web.not_a_form", "what was sent is not a form")
        .hint("forms come as `application/x-www-form-urlencoded`")
}

/// Whether the browser says that the request comes from a page of this site. A browser that says nothing is an old
/// one, or a program; the token decides then.
pub(in crate::web) fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some("none") => true,
        None if text(header::ORIGIN.as_str()).is_none() => true,
        _ => is_surely_from_here(headers),
    }
}

/// Whether a form comes from a page of ours for certain: the browser says so, and is not just silent.
fn is_surely_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = text(header::HOST.as_str()).unwrap_or_default();
    text(header::ORIGIN.as_str())
        .and_then(|origin| origin.split_once("://"))
        .is_some_and(|(_, authority)| authority == host)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_by_the_browser() {
        let from_here = |given: &[(&'static str, &'static str)]| {
            let headers = given.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            is_from_here(&headers.collect())
        };
        assert!(from_here(&[]));
        assert!(from_here(&[("sec-fetch-site", "same-origin")]));
        assert!(!from_here(&[("sec-fetch-site", "cross-site")]));
        assert!(!from_here(&[("sec-fetch-site", "same-site")]));
        assert!(from_here(&[
            ("origin", "http://desk:9640"),
            ("host", "desk:9640")
        ]));
        assert!(!from_here(&[
            ("origin", "http://evil.example"),
            ("host", "desk:9640")
        ]));
        assert!(!from_here(&[("origin", "null"), ("host", "desk:9640")]));
        assert!(from_here(&[("sec-fetch-site", "none")]));
    }
}
