//! Why a request goes no further than the guard. What it looks like is up to the pages.

use axum::http::StatusCode;

use super::viewer::Viewer;
use crate::domain::problem::Problem;
use crate::web::error::WebError;

/// A request that the guard let go no further.
#[derive(Debug)]
pub(in crate::web) struct GuardRefusal {
    /// The HTTP status.
    pub(in crate::web) status: StatusCode,
    /// Why, for a person.
    pub(in crate::web) problem: Problem,
    /// Who asked, where that is known.
    pub(in crate::web) viewer: Option<Viewer>,
    /// What was typed, where the form is surely one of ours.
    pub(in crate::web) form: Option<KeptForm>,
}

/// A form that can be sent again.
#[derive(Debug)]
pub(in crate::web) struct KeptForm {
    /// Where to.
    pub(in crate::web) path: String,
    /// Its fields; for somebody who is not known the session's token is among them, as it came.
    pub(in crate::web) fields: Vec<(String, String)>,
}

impl GuardRefusal {
    fn new(status: StatusCode, problem: Problem) -> Self {
        Self {
            status,
            problem,
            viewer: None,
            form: None,
        }
    }

    fn seen_by(self, viewer: &Viewer) -> Self {
        Self {
            viewer: Some(viewer.clone()),
            ..self
        }
    }

    /// Keeps what was typed.
    pub(super) fn keeping(self, path: String, fields: Vec<(String, String)>) -> Self {
        Self {
            form: Some(KeptForm { path, fields }),
            ..self
        }
    }

    /// Nobody is signed in who sends a form.
    pub(super) fn signed_out() -> Self {
        let problem = Problem::new("web.signed_out", "you are not signed in any more")
            .hint("sign in on another tab, come back here and send the form again: your text is still in it");
        Self::new(StatusCode::UNAUTHORIZED, problem)
    }

    /// The form is from a page of before its reader signed in again.
    pub(super) fn earlier_session(viewer: &Viewer) -> Self {
        let problem = Problem::new(
            "web.earlier_session",
            "this page was opened before you signed in, so nothing was done yet",
        )
        .hint("what you typed is below: look it over and send it again");
        Self::new(StatusCode::FORBIDDEN, problem).seen_by(viewer)
    }

    /// Another web site asks, by a name that leads here.
    pub(super) fn foreign_host() -> Self {
        let problem = Problem::new(
            "web.foreign_host",
            "without sign-in this desk answers under `localhost` and `127.0.0.1` only",
        )
        .hint(
            "open it by one of these names, or ask whoever runs the desk to start it with sign-in",
        );
        Self::new(StatusCode::MISDIRECTED_REQUEST, problem)
    }

    /// The form did not come from a page of this session.
    pub(super) fn foreign_form(viewer: &Viewer) -> Self {
        let problem = Problem::new(
            "web.foreign_form",
            "this form does not come from a page of your session, so nothing was done",
        )
        .hint("open the page again and send its form");
        Self::new(StatusCode::FORBIDDEN, problem).seen_by(viewer)
    }

    /// The form is larger than any of the desk's own.
    pub(super) fn too_large(viewer: &Viewer, most: usize) -> Self {
        let problem = Problem::new(
            "web.too_large",
            format!("what was sent is larger than {} KiB", most / 1024),
        )
        .hint("go back: the text is still on the page; no channel takes one of that length");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem).seen_by(viewer)
    }

    /// A file that is larger than what is taken.
    pub(super) fn upload_too_large(viewer: &Viewer, most: usize) -> Self {
        let most = most / (1024 * 1024);
        let problem = Problem::new(
            "web.upload_too_large",
            format!("the file is larger than {most} MiB, so nothing of it was imported"),
        )
        .hint("split it, and import one file after the other");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem).seen_by(viewer)
    }

    /// A form with something in it that no page put there.
    pub(super) fn bad_form(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem).seen_by(viewer)
    }

    /// Somebody who may not.
    pub(super) fn forbidden(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::FORBIDDEN, problem).seen_by(viewer)
    }
}

impl<E: Into<WebError>> From<E> for GuardRefusal {
    fn from(error: E) -> Self {
        let error = error.into();
        Self::new(error.status(), error.problem())
    }
}
