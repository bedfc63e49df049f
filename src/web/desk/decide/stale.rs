//! A write that came too late: what has changed meanwhile, and the editor's text.

use axum::response::{Html, IntoResponse, Response};
use maud::html;
use uuid::Uuid;

use super::detail::detail;
use crate::domain::review::{ItemState, Refusal};
use crate::store::ReviewError;
use crate::web::desk::draft::{Typed, difference};
use crate::web::desk::error_page::ErrorPage;
use crate::web::desk::format::time;
use crate::web::desk::layout::{self, Nav};
use crate::web::error::WebError;
use crate::web::guard::Posted;
use crate::web::state::WebState;

/// The page. Whatever was typed is on it: to be sent again where that is possible, to be copied where it is not.
pub(super) async fn page(
    state: &WebState,
    posted: &Posted,
    item: Uuid,
    refusal: Refusal,
    typed: &Typed,
) -> Result<Response, ErrorPage> {
    let detail = detail(state, posted, item).await?;
    let refused = WebError::from(ReviewError::Refused(refusal));
    let (status, problem) = (refused.status(), refused.problem());
    let draft_id = posted.text("draft_id");
    let draft = detail
        .candidates
        .iter()
        .find(|draft| draft.draft.id.to_string() == draft_id);
    // Against the text that stands now: the approved one, else the model's.
    let stands = detail
        .approved
        .as_ref()
        .map(|revision| revision.text.as_str())
        .or_else(|| draft.map(|draft| draft.draft.text.as_str()));
    let open = detail.item.state == ItemState::Open;
    let body = html! {
        section class="card stop" aria-labelledby="stop" role="alert" {
            h1 id="stop" dir="auto" { (problem.message) }
            @if let Some(hint) = &problem.hint { p dir="auto" { (hint) } }
            @for decision in detail.decisions.iter().rev().take(3) {
                p { strong dir="auto" { (decision.reviewer) } " " (decision.verdict.label()) " " span class="muted" { (time(decision.created_at)) } }
            }
        }
        form method="post" action={ "/items/" (item) "/claim" } {
            (layout::csrf_field(&posted.viewer))
            input type="hidden" name="q" value=(posted.text("q"));
            input type="hidden" name="draft_id" value=(draft_id);
            input type="hidden" name="verdict" value=(typed.verdict);
            @for reason in &typed.reasons { input type="hidden" name="reasons" value=(reason); }
            @if !typed.text.is_empty() {
                label { "Your text" textarea name="text" dir="auto" lang=(detail.item.language) rows="14" { "\n" (typed.text) } }
            }
            @for (name, entries) in &typed.parts {
                @for entry in entries {
                    label { (name) input name={ "part." (name) } dir="auto" lang=(detail.item.language) value=(entry); }
                }
            }
            @if !typed.note.is_empty() {
                label { "Your note" textarea name="note" dir="auto" rows="3" { "\n" (typed.note) } }
            }
            @if open { button class="primary" { "Take it again and go on" } }
        }
        @if let Some(stands) = stands.filter(|_| !typed.text.is_empty()) {
            section aria-labelledby="changes" {
                h2 id="changes" { "Your text against " (if detail.approved.is_some() { "the approved one" } else { "the draft" }) }
                (difference(&detail.item.language, stands, &typed.text))
            }
        }
        p { a href={ "/items/" (item) } { "The draft as it is now" } " · " a href="/" { "To the queue" } }
    };
    let page = layout::page(&posted.viewer, "Changed meanwhile", Nav::Queue, body);
    Ok((status, Html(page.into_string())).into_response())
}
