//! Why there is no page: said calmly, with what to do, and with what was typed.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::layout::{self, Nav};
use crate::domain::problem::Problem;
use crate::web::error::WebError;
use crate::web::guard::{Posted, Viewer, see_other};

/// Seconds after which it is worth asking again what could not be answered now.
pub(super) const RETRY_AFTER_S: &str = "5";

/// An answer that is not the page that was asked for.
#[derive(Debug)]
pub(in crate::web) struct ErrorPage {
    status: StatusCode,
    problem: Problem,
    viewer: Option<Viewer>,
    /// A form that can be sent again: where to, and its fields.
    kept: Option<(String, Vec<(String, String)>)>,
}

impl ErrorPage {
    /// The desk cannot do anything yet.
    pub(super) fn not_open_yet() -> Self {
        let problem = Problem::new(
            "web.not_open_yet",
            "the desk has not reached its database yet",
        )
        .hint("load this page again in a moment; `/readyz` and the log say what it waits for");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, problem)
    }

    fn new(status: StatusCode, problem: Problem) -> Self {
        Self {
            status,
            problem,
            viewer: None,
            kept: None,
        }
    }

    /// Nobody is signed in who sends a form.
    pub(in crate::web) fn signed_out() -> Self {
        let problem = Problem::new("web.signed_out", "you are not signed in any more")
            .hint("sign in on another tab, come back here and send the form again: your text is still in it");
        Self::new(StatusCode::UNAUTHORIZED, problem)
    }

    /// The form is from a page of before its reader signed in again.
    pub(in crate::web) fn earlier_session(posted: &Posted) -> Self {
        let problem = Problem::new(
            "web.earlier_session",
            "this page was opened before you signed in, so nothing was done yet",
        )
        .hint("what you typed is below: look it over and send it again");
        let stop = Self::new(StatusCode::FORBIDDEN, problem);
        // Passwords are typed again, and stand on no page.
        match posted.path.starts_with("/settings") {
            true => stop.seen_by(&posted.viewer),
            false => stop.keeping(posted),
        }
    }

    /// Another web site asks, by a name that leads here.
    pub(in crate::web) fn foreign_host() -> Self {
        let problem = Problem::new(
            "web.foreign_host",
            "without sign-in this desk answers under `localhost` and `127.0.0.1` only",
        )
        .hint("open it by one of these names, or start it without `--no-auth`");
        Self::new(StatusCode::MISDIRECTED_REQUEST, problem)
    }

    /// The form did not come from a page of this session.
    pub(in crate::web) fn foreign_form(viewer: &Viewer) -> Self {
        let problem = Problem::new(
            "web.foreign_form",
            "this form does not come from a page of your session, so nothing was done",
        )
        .hint("open the page again and send its form");
        Self::new(StatusCode::FORBIDDEN, problem).seen_by(viewer)
    }

    /// The form is larger than any of the desk's own.
    pub(in crate::web) fn too_large(viewer: &Viewer, most: usize) -> Self {
        let problem = Problem::new(
            "web.too_large",
            format!("what was sent is larger than {} KiB", most / 1024),
        )
        .hint("go back: the text is still on the page; no channel takes one of that length");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem).seen_by(viewer)
    }

    /// A file that is larger than what is taken.
    pub(in crate::web) fn upload_too_large(viewer: &Viewer, most: usize) -> Self {
        let most = most / (1024 * 1024);
        let problem = Problem::new(
            "web.upload_too_large",
            format!("the file is larger than {most} MiB, so nothing of it was imported"),
        )
        .hint("split it, or import it with `nightdesk briefs import FILE`, which has no limit");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem).seen_by(viewer)
    }

    /// More of something than one form may hold.
    pub(super) fn too_many(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem).seen_by(viewer)
    }

    /// A form with something in it that no page put there.
    pub(in crate::web) fn bad_form(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem).seen_by(viewer)
    }

    /// Too many others ask for the same just now.
    pub(super) fn busy(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, problem).seen_by(viewer)
    }

    /// Somebody who may not.
    pub(in crate::web) fn forbidden(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::FORBIDDEN, problem).seen_by(viewer)
    }

    /// Names who looks, for the frame of the page.
    #[must_use]
    pub(in crate::web) fn seen_by(mut self, viewer: &Viewer) -> Self {
        self.viewer = Some(viewer.clone());
        self
    }

    /// Keeps what was typed: the page has a form with it that can be sent again.
    #[must_use]
    pub(in crate::web) fn keeping(mut self, posted: &Posted) -> Self {
        self.viewer = Some(posted.viewer.clone());
        self.kept = Some((posted.path.clone(), posted.fields.clone()));
        self
    }

    /// The same for somebody who is not known; the session's token is among the fields, as it came.
    #[must_use]
    pub(in crate::web) fn keeping_fields(
        mut self,
        path: String,
        fields: Vec<(String, String)>,
    ) -> Self {
        self.kept = Some((path, fields));
        self
    }

    fn body(&self) -> Markup {
        html! {
            section class="card stop" aria-labelledby="stop" {
                h1 id="stop" dir="auto" { (self.problem.message) }
                @if let Some(hint) = &self.problem.hint { p dir="auto" { (hint) } }
                @if let Some((path, fields)) = &self.kept {
                    form method="post" action=(path) {
                        @if let Some(viewer) = &self.viewer { (layout::csrf_field(viewer)) }
                        @for (name, value) in fields {
                            @if name != "csrf" && (value.contains('\n') || value.chars().count() > 60) {
                                label { (name) textarea name=(name) dir="auto" rows="12" { "\n" (value) } }
                            } @else {
                                input type="hidden" name=(name) value=(value);
                            }
                        }
                        button { "Send again" }
                    }
                }
                @if self.status == StatusCode::UNAUTHORIZED {
                    p { a href="/login" target="_blank" rel="noopener" { "Sign in on another tab" } }
                }
                p { a href="/" { "To the queue" } }
                p class="muted" { (self.problem.code) }
            }
        }
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(code = self.problem.code, "{}", self.problem.message);
        }
        let title = self.status.canonical_reason().unwrap_or("No page");
        let page = match &self.viewer {
            Some(viewer) => layout::page(viewer, title, Nav::Nowhere, self.body()),
            None => layout::frame(title, html! { main id="main" { (self.body()) } }),
        };
        let mut response = (self.status, Html(page.into_string())).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static(RETRY_AFTER_S);
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

impl<E: Into<WebError>> From<E> for ErrorPage {
    fn from(error: E) -> Self {
        let error = error.into();
        Self::new(error.status(), error.problem())
    }
}

/// An address without a page.
pub(super) async fn nothing_there() -> ErrorPage {
    let problem = Problem::new("web.no_page", "there is no page at this address")
        .hint("the links at the top lead to every part of the desk");
    ErrorPage::new(StatusCode::NOT_FOUND, problem)
}

/// The page that a form's address belongs to: an answer that was no redirect leaves that address in the browser, and
/// whoever loads it again, or comes back to it from a bookmark, wants the page.
fn page_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [part @ ("items" | "runs" | "bulk"), id, ..] => format!("/{part}/{id}"),
        [part @ ("campaigns" | "briefs" | "settings" | "exports"), ..] => format!("/{part}"),
        _ => "/".to_owned(),
    }
}

/// What the router refuses by itself, as a page: a form's address in the address bar, a parameter that is none.
pub(super) async fn as_page(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let page = page_of(uri.path());
    // These are not for people.
    let is_for_programs = ["/assets/", "/api/"]
        .iter()
        .any(|beginning| uri.path().starts_with(beginning));
    // Postgres takes every character but this one.
    let odd = [uri.path(), uri.query().unwrap_or_default()]
        .iter()
        .any(|part| part.contains("%00"));
    if odd && !is_for_programs {
        return nothing_there().await.into_response();
    }
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    if is_for_programs || !is_bare || !status.is_client_error() {
        return response;
    }
    let stop = match status {
        StatusCode::METHOD_NOT_ALLOWED if is_read => return see_other(&page).into_response(),
        StatusCode::METHOD_NOT_ALLOWED => ErrorPage::new(
            status,
            Problem::new(
                "web.form_address",
                "this address takes forms, and has no page of its own",
            )
            .hint("nothing was done; a form that you sent before is where its page left it"),
        ),
        _ => ErrorPage {
            status,
            ..nothing_there().await
        },
    };
    let mut page = stop.into_response();
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    page
}

/// A mistake of ours ends one answer, not the desk.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let told = "Something broke while this page was made; nothing was stored. The log says what.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, headers, told).into_response()
}
