//! One draft beside its brief: what an editor reads before deciding.

mod brief;
mod candidates;
mod history;
mod page;
mod text;
mod tokens;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use uuid::Uuid;

pub(super) use brief::content as brief_content;
pub(super) use history::difference;
pub(super) use view::{Typed, View};

use super::decide::Done;
use super::error_page::ErrorPage;
use super::queue::QueueQuery;
use crate::web::guard::Viewer;
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/items/{id}", get(show))
}

/// What the address carries beside the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Carried {
    /// The queue this was opened from.
    q: String,
    /// Which of the item's drafts; the best where nothing is said.
    draft: String,
    /// `tokens` for how sure the model was.
    view: String,
    undo: String,
    done: String,
}

async fn show(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(carried): Query<Carried>,
) -> Result<Html<String>, ErrorPage> {
    let detail = state
        .store
        .review_item(&id, &viewer.user)
        .await
        .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    // The link of a draft that is not the item's best shows that one.
    let wanted = carried.draft.parse().or_else(|_| id.parse()).ok();
    let query = QueueQuery::read(&carried.q);
    let next = state
        .store
        .next_review(
            &query.filter_for(&viewer),
            query.order(),
            Some(detail.item.id),
            viewer.user.id,
        )
        .await
        .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let shown = chosen(&detail, wanted);
    let tokens = match (carried.view.as_str(), detail.candidates.get(shown)) {
        ("tokens", Some(draft)) => Some(
            tokens::tokens(&state, draft.draft.id)
                .await
                .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?,
        ),
        _ => None,
    };
    let view = View {
        viewer: &viewer,
        query: &query,
        detail: &detail,
        shown,
        next,
        tokens: tokens.as_ref(),
        done: Done::read(&carried.undo, &carried.done),
        problem: None,
        typed: None,
    };
    Ok(Html(view.page().into_string()))
}

/// Place of the draft that is shown among the candidates.
pub(super) fn chosen(detail: &crate::store::ReviewDetail, wanted: Option<Uuid>) -> usize {
    let place = |id: Uuid| {
        detail
            .candidates
            .iter()
            .position(|draft| draft.draft.id == id)
    };
    wanted
        .and_then(place)
        .or_else(|| place(detail.item.id))
        .unwrap_or(0)
}
