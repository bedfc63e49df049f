//! Deciding: taking a draft, saying what it is, and taking that back.

mod detail;
mod done;
mod form;
pub(super) mod panel;
mod stale;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use uuid::Uuid;

pub(super) use done::Done;

use self::detail::detail;
use super::draft::{Typed, View, chosen};
use super::error_page::ErrorPage;
use super::queue::QueueQuery;
use crate::domain::problem::Problem;
use crate::domain::review::Refusal;
use crate::review;
use crate::store::{ReviewDetail, ReviewError};
use crate::web::error::WebError;
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/items/{id}/claim", post(claim))
        .route("/items/{id}/heartbeat", post(heartbeat))
        .route("/items/{id}/release", post(release))
        .route("/items/{id}/check", post(form::check))
        .route("/items/{id}/decide", post(decide))
        .route("/decisions/{id}/undo", post(undo))
}

/// Takes an item; with text from a refused form, that comes back into the editor.
async fn claim(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let takeover = posted.word("takeover").is_some();
    // Both stand in an address below.
    let draft: Option<Uuid> = match posted.word("draft_id") {
        Some(_) => Some(posted.value("draft_id")?),
        None => None,
    };
    let open = posted.word("open").filter(|open| is_anchor(open));
    let query = QueueQuery::read(&posted.text("q"));
    let claimed = state
        .store
        .claim_review(item, &posted.viewer.user, takeover)
        .await;
    let typed = form::typed(&posted);
    match claimed {
        Ok(_) if typed == Typed::default() => {
            let address = query.item(item);
            // Whoever only takes it goes on reading where they were: the page's script knows the place, and without
            // one the text is at the top.
            let anchor = open
                .as_deref()
                .map_or_else(String::new, |panel| format!("#{panel}"));
            let draft = draft.map_or_else(String::new, |draft| {
                let first = if address.contains('?') { '&' } else { '?' };
                format!("{first}draft={draft}")
            });
            Ok(see_other(&format!("{address}{draft}{anchor}")).into_response())
        }
        Ok(_) => {
            let detail = detail(&state, &posted, item).await?;
            Ok(again(
                &posted,
                &query,
                &detail,
                StatusCode::OK,
                None,
                &typed,
            ))
        }
        Err(ReviewError::Refused(refusal)) if typed != Typed::default() => {
            stale::page(&state, &posted, item, refusal, &typed).await
        }
        Err(error) => Err(ErrorPage::from(error).keeping(&posted)),
    }
}

/// Whether it could be the id of a part of a page.
fn is_anchor(open: &str) -> bool {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    open.len() <= 60 && open.chars().all(inside)
}

/// Keeps a claim while the page is open. Called by the page's script.
async fn heartbeat(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let renewed = state
        .store
        .heartbeat_review(item, posted.viewer.user.id, posted.value("token")?)
        .await;
    match renewed {
        Ok(until) => Ok(Json(serde_json::json!({ "lease_until": until })).into_response()),
        Err(ReviewError::Store(error)) => Err(error.into()),
        Err(refused) => {
            let refused = WebError::from(refused);
            let (status, problem) = (refused.status(), refused.problem());
            let told = serde_json::json!({ "code": problem.code, "message": problem.message, "hint": problem.hint });
            Ok((status, Json(told)).into_response())
        }
    }
}

/// Gives an item back without a word.
async fn release(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    state
        .store
        .release_review(item, posted.viewer.user.id, posted.value("token")?)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    let query = QueueQuery::read(&posted.text("q"));
    Ok(see_other(&query.address()).into_response())
}

async fn decide(
    State(state): State<Arc<WebState>>,
    Path(item): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let detail = detail(&state, &posted, item).await?;
    let decision = form::decision(&posted, &detail)?;
    let typed = form::typed(&posted);
    let query = QueueQuery::read(&posted.text("q"));
    match review::decide(&state.store, &posted.viewer.user, &decision).await {
        Ok(decided) => {
            let done = Done {
                decision: decided.decision_id,
                verdict: decision.verdict,
            };
            // It is recorded, whatever becomes of the next one: an error now would say the opposite.
            let to = on_to_next(&state, &posted.viewer, &query, Some(item), &done.carried())
                .await
                .unwrap_or_else(|_| with(query.address(), &done.carried()));
            Ok(see_other(&to).into_response())
        }
        Err(ReviewError::Refused(refusal)) if is_mistake(&refusal) => {
            let refused = WebError::from(ReviewError::Refused(refusal));
            let (status, problem) = (refused.status(), refused.problem());
            Ok(again(
                &posted,
                &query,
                &detail,
                status,
                Some(&problem),
                &typed,
            ))
        }
        Err(ReviewError::Refused(refusal)) => {
            stale::page(&state, &posted, item, refusal, &typed).await
        }
        Err(error) => Err(ErrorPage::from(error).keeping(&posted)),
    }
}

/// Takes a decision back, and the item in hand again.
async fn undo(
    State(state): State<Arc<WebState>>,
    Path(decision): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    let user = &posted.viewer.user;
    let undone = state
        .store
        .undo_decision(decision, user)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    // Somebody may have been faster; then the page says who has it.
    let _ = state.store.claim_review(undone.item_id, user, false).await;
    let query = QueueQuery::read(&posted.text("q"));
    Ok(see_other(&query.item(undone.item_id)).into_response())
}

/// The address of the next free item, taken for the viewer already; of the queue where none is left.
pub(super) async fn on_to_next(
    state: &WebState,
    viewer: &Viewer,
    query: &QueueQuery,
    after: Option<Uuid>,
    carried: &str,
) -> Result<String, ErrorPage> {
    let (filter, order) = (query.filter_for(viewer), query.order());
    let seen = |error: ReviewError| ErrorPage::from(error).seen_by(viewer);
    let (mut place, mut from_the_start) = (after, after.is_none());
    // Others take items meanwhile: look further, and once more from the start.
    for _ in 0..20 {
        let next = state
            .store
            .next_review(&filter, order, place, viewer.user.id)
            .await
            .map_err(seen)?;
        let Some(item) = next else {
            if from_the_start {
                break;
            }
            (place, from_the_start) = (None, true);
            continue;
        };
        match state.store.claim_review(item, &viewer.user, false).await {
            Ok(_) => return Ok(with(query.item(item), carried)),
            Err(ReviewError::Refused(_)) => place = Some(item),
            Err(error) => return Err(seen(error)),
        }
    }
    Ok(with(query.address(), carried))
}

fn with(address: String, carried: &str) -> String {
    match (carried.is_empty(), address.contains('?')) {
        (true, _) => address,
        (false, true) => format!("{address}&{carried}"),
        (false, false) => format!("{address}?{carried}"),
    }
}

/// Whether the editor can mend it on the same page.
fn is_mistake(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NoReason
            | Refusal::NoNote
            | Refusal::NoteTooLong { .. }
            | Refusal::EmptyText
            | Refusal::TextTooLarge { .. }
            | Refusal::OverLimit { .. }
            | Refusal::AuthorCannotApprove
            | Refusal::NotRegenerable
    )
}

/// The draft's page with what was typed.
fn again(
    posted: &Posted,
    query: &QueueQuery,
    detail: &ReviewDetail,
    status: StatusCode,
    problem: Option<&Problem>,
    typed: &Typed,
) -> Response {
    let view = View {
        viewer: &posted.viewer,
        query,
        detail,
        shown: chosen(detail, posted.text("draft_id").parse().ok()),
        next: None,
        tokens: None,
        done: None,
        problem,
        typed: Some(typed),
    };
    (status, Html(view.page().into_string())).into_response()
}
