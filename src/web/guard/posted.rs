//! A form that was sent by the page it belongs to.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Viewer, matches};
use crate::domain::problem::Problem;
use crate::web::desk::{Desk, Stop};

/// Most bytes of a form. An edited text may have 128 KiB, and three bytes a byte is what encoding can make of it.
pub(in crate::web) const MOST_BYTES: usize = 512 * 1024;

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
    /// The text of a field; empty where it is missing. Line breaks are `\n`: browsers send `\r\n`, and the text
    /// would seem to be edited.
    pub(in crate::web) fn text(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(field, _)| field == name);
        field.map_or_else(String::new, |(_, value)| value.replace("\r\n", "\n"))
    }

    /// The text of a field without blanks around it; none where nothing is left.
    pub(in crate::web) fn word(&self, name: &str) -> Option<String> {
        let text = self.text(name);
        let word = text.trim();
        (!word.is_empty()).then(|| word.to_owned())
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
    pub(in crate::web) fn value<T: std::str::FromStr>(&self, name: &str) -> Result<T, Stop> {
        self.text(name).trim().parse().map_err(|_| {
            Stop::bad_form(
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

impl FromRequest<Arc<Desk>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, desk).await?;
        let path = parts.uri.path().to_owned();
        if !is_from_here(&parts.headers) {
            return Err(Stop::foreign_form(&viewer).into_response());
        }
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Stop::bad_form(&viewer, not_a_form()).into_response());
        }
        let body = Request::from_parts(parts, body);
        let bytes =
            Bytes::from_request(body, desk)
                .await
                .map_err(|refused| match refused.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        Stop::too_large(&viewer, MOST_BYTES).into_response()
                    }
                    _ => Stop::bad_form(&viewer, cut_off()).into_response(),
                })?;
        let mut fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes)
            .map_err(|_| Stop::bad_form(&viewer, not_a_form()).into_response())?;
        let proved = fields
            .iter()
            .any(|(name, value)| name == "csrf" && matches(value, &viewer.csrf));
        if !proved {
            return Err(Stop::foreign_form(&viewer).into_response());
        }
        fields.retain(|(name, _)| name != "csrf");
        for (_, value) in &mut fields {
            // Postgres stores every character but this one, and no text needs it.
            value.retain(|character| character != '\0');
        }
        Ok(Self {
            viewer,
            fields,
            path,
        })
    }
}

pub(super) fn cut_off() -> Problem {
    Problem::new("web.cut_off", "the form did not arrive as a whole")
        .hint("go back and send it again")
}

fn not_a_form() -> Problem {
    Problem::new("web.not_a_form", "what was sent is not a form")
        .hint("forms come as `application/x-www-form-urlencoded`")
}

/// Whether the browser says that the request comes from a page of this site. A browser that says nothing is an old
/// one, or a program; the token decides then.
pub(in crate::web) fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return ["same-origin", "none"].contains(&site);
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        return true;
    };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    origin
        .split_once("://")
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
    }
}
