//! Why there is no page: said calmly, with what to do, and with what was typed.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::layout::{self, Nav};
use crate::domain::problem::Problem;
use crate::web::error::WebError;
use crate::web::guard::{GuardRefusal, KeptForm, Posted, Viewer, see_other};

/// Seconds after which it is worth asking again what could not be answered now.
pub(super) const RETRY_AFTER_S: &str = "5";

/// An answer that is not the page that was asked for.
#[derive(Debug)]
pub(in crate::web) struct ErrorPage {
    status: StatusCode,
    problem: Problem,
    viewer: Option<Viewer>,
    /// A form that can be sent again.
    kept: Option<KeptForm>,
}

impl ErrorPage {
    /// The desk cannot do anything yet.
    pub(in crate::web) fn not_open_yet() -> Self {
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

    /// A form with something in it that no page put there.
    pub(in crate::web) fn bad_form(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, problem).seen_by(viewer)
    }

    /// Too many others ask for the same just now.
    pub(super) fn busy(viewer: &Viewer, problem: Problem) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, problem).seen_by(viewer)
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
        self.kept = Some(KeptForm {
            path: posted.path.clone(),
            fields: posted.fields.clone(),
        });
        self
    }

    fn body(&self) -> Markup {
        html! {
            section class="card stop" aria-labelledby="stop" {
                h1 id="stop" dir="auto" { (self.problem.message) }
                @if let Some(hint) = &self.problem.hint { p dir="auto" { (hint) } }
                @if let Some(KeptForm { path, fields }) = &self.kept {
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

impl From<GuardRefusal> for ErrorPage {
    fn from(refusal: GuardRefusal) -> Self {
        Self {
            status: refusal.status,
            problem: refusal.problem,
            viewer: refusal.viewer,
            kept: refusal.form,
        }
    }
}

/// The guard knows no page: what it refuses is shown as one here.
impl IntoResponse for GuardRefusal {
    fn into_response(self) -> Response {
        ErrorPage::from(self).into_response()
    }
}

impl<E: Into<WebError>> From<E> for ErrorPage {
    fn from(error: E) -> Self {
        let error = error.into();
        Self::new(error.status(), error.problem())
    }
}

/// An address without a page.
pub(in crate::web) async fn nothing_there() -> ErrorPage {
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
pub(in crate::web) async fn as_page(request: Request, next: Next) -> Response {
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
pub(in crate::web) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let told = "Something broke while this page was made; nothing was stored. The log says what.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, headers, told).into_response()
}
