//! The record: what was done lately by whom, and whether the chain holds.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use maud::html;

use super::super::error_page::ErrorPage;
use super::super::layout::{self, Nav};
use super::super::{form_result, format};
use crate::domain::user::Role;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Events on the page; the API and the command line have the rest.
const SHOWN: i64 = 50;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/settings/record", get(record))
}

/// For admins: the record says who decided what, which a second reviewer is not to know before they decide.
async fn record(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
) -> Result<Html<String>, ErrorPage> {
    viewer.require(Role::Admin)?;
    let check = state.store.check_events(None).await?;
    let events = state.store.events(None, SHOWN).await?;
    let body = html! {
        h1 { "The record" }
        @match check.problem() {
            Some(problem) => { (form_result::refused(&problem)) }
            None => {
                section class="card" aria-labelledby="chain" {
                    h2 id="chain" { "Every link holds" }
                    p { (check.events) " events. The last one's hash:" }
                    p { code { (check.head_sha256) } }
                    p class="muted" {
                        "Note it somewhere else now and then: whoever runs the desk can check later whether it is still in the chain."
                    }
                }
            }
        }
        table class="table" {
            caption { "The latest " (events.len()) " events, newest first" }
            thead { tr {
                th scope="col" { "No" } th scope="col" { "When" } th scope="col" { "Who" }
                th scope="col" { "What" } th scope="col" { "To what" } th scope="col" { "How" }
            } }
            tbody {
                @for event in &events {
                    tr {
                        td data-label="No" { (event.seq) }
                        td data-label="When" { (format::time(event.at)) }
                        td data-label="Who" { bdi { (event.actor) } }
                        td data-label="What" { (event.action) }
                        td data-label="To what" { bdi { (event.subject) } }
                        td data-label="How" class="muted" { @if event.details != serde_json::json!({}) { span dir="auto" { (event.details) } } }
                    }
                }
            }
        }
    };
    let page = layout::page(&viewer, "The record", Nav::Settings, body);
    Ok(Html(page.into_string()))
}
