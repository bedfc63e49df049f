//! The queue: what waits, filtered and sorted, and where an editor begins.

mod query;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;

pub(in crate::web::desk) use query::QueueQuery;
pub(in crate::web::desk) use view::{due, priority, risk};

use super::decide::Done;
use super::error_page::ErrorPage;
use crate::domain::problem::Problem;
use crate::store::QueueFacets;
use crate::web::cached::Cached;
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

/// Rows of a page: what somebody looks through before they begin.
const ROWS: i64 = 50;

/// What the filters offer changes with every draft, and nobody notices that it is half a minute old.
const FACETS_KEPT: Duration = Duration::from_secs(30);

type Facets = Arc<Cached<Option<QueueFacets>>>;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/", get(queue))
        .layer(Extension(Facets::new(Cached::new(FACETS_KEPT))))
        .route("/next", post(next))
        .route("/filters", post(save))
        .route("/filters/delete", post(forget))
}

/// What was decided a moment ago, to take it back.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    #[serde(default)]
    undo: String,
    #[serde(default)]
    done: String,
}

async fn queue(
    State(state): State<Arc<WebState>>,
    Extension(facets): Extension<Facets>,
    viewer: Viewer,
    Query(query): Query<QueueQuery>,
    Query(shown): Query<Shown>,
) -> Result<Html<String>, ErrorPage> {
    let seen = |error| ErrorPage::from(error).seen_by(&viewer);
    let filter = query.filter_for(&viewer);
    let after = Some(query.after.as_str()).filter(|after| !after.is_empty());
    let store = &state.store;
    // Each on a connection of its own: the page takes as long as the slowest of them.
    let (page, counts, facets, saved) = tokio::join!(
        store.review_queue(&filter, query.order(), after, ROWS),
        store.review_counts(&filter),
        facets.get(async { store.review_facets().await.ok() }, Option::is_some),
        store.saved_filters(viewer.user.id),
    );
    let page = page.map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let view = view::View {
        viewer: &viewer,
        query: &query,
        page: &page,
        counts: counts.map_err(seen)?,
        // Without them the queue is still the queue; a database that is away is told by the rows.
        facets: &facets.0.unwrap_or_default(),
        saved: &saved.map_err(seen)?,
        done: Done::read(&shown.undo, &shown.done),
    };
    Ok(Html(view.page().into_string()))
}

/// Takes the first draft that is free: where a morning begins.
async fn next(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    let query = QueueQuery::read(&posted.text("q"));
    let to = super::decide::on_to_next(&state, &posted.viewer, &query, None, "").await?;
    Ok(see_other(&to).into_response())
}

async fn save(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    let query = QueueQuery::read(&posted.text("q"));
    let name = posted.word("name").unwrap_or_default();
    if name.is_empty() || name.chars().count() > 60 || query.text().len() > 2000 {
        let problem = Problem::new("web.filter_name", "a view has a name of 1 to 60 characters")
            .key("name")
            .hint("such as `sports, overdue`");
        return Err(ErrorPage::bad_form(&posted.viewer, problem));
    }
    state
        .store
        .save_filter(posted.viewer.user.id, &name, &query.text())
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other(&query.address()).into_response())
}

async fn forget(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    state
        .store
        .delete_filter(posted.viewer.user.id, &posted.text("name"))
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other("/").into_response())
}
