//! Approving many at once: first how many, then the button.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::html;
use serde::Deserialize;
use uuid::Uuid;

use super::error_page::ErrorPage;
use super::format::plural;
use super::layout::{self, Nav};
use super::queue::QueueQuery;
use crate::domain::brief::Risk;
use crate::domain::problem::Problem;
use crate::domain::review::{BulkFilter, UNDO_SECONDS};
use crate::domain::user::Role;
use crate::review;
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/bulk", get(count).post(approve))
        .route("/bulk/{id}", get(done))
        .route("/bulk/{id}/undo", post(undo))
}

/// What the page was asked for besides the queue's filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BulkParams {
    min_priority: Option<i32>,
    max_risk: Option<String>,
}

/// The filter of a bulk, from the words of an address or of a form.
fn bulk_filter(
    viewer: &Viewer,
    query: &QueueQuery,
    params: &BulkParams,
) -> Result<BulkFilter, ErrorPage> {
    let bad = |problem| ErrorPage::bad_form(viewer, problem);
    let max_risk = match &params.max_risk {
        None => None,
        Some(word) => Some(word.parse::<Risk>().map_err(|why| {
            let hint = "choose one of the list on the page";
            bad(Problem::new("web.word", why).key("max_risk").hint(hint))
        })?),
    };
    BulkFilter::new(query.filter_for(viewer), params.min_priority, max_risk)
        .map_err(|fault| bad(fault.problem()))
}

async fn count(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(query): Query<QueueQuery>,
    Query(params): Query<BulkParams>,
) -> Result<Html<String>, ErrorPage> {
    viewer.require(Role::Supervisor)?;
    let filter = bulk_filter(&viewer, &query, &params)?;
    let count = state
        .store
        .bulk_count(&filter)
        .await
        .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let body = html! {
        h1 { "Approve many" }
        p class="muted" {
            "The best draft of each item is approved as the model wrote it. Only items that need one review, pass every gate, "
            "and are with nobody; at most 1,000 at once."
        }
        form class="filters" method="get" action="/bulk" {
            @for (name, value) in query.fields() { input type="hidden" name=(name) value=(value); }
            label { "Priority at least"
                input type="number" name="min_priority" min="0" max="100" value=(filter.min_priority());
            }
            label { "Risk at most"
                select name="max_risk" {
                    option value="low" selected[filter.max_risk() == Risk::Low] { "low" }
                    option value="medium" selected[filter.max_risk() == Risk::Medium] { "medium" }
                }
            }
            button { "Count" }
        }
        form class="card" method="post" action="/bulk" {
            (layout::csrf_field(&viewer))
            input type="hidden" name="q" value=(query.text());
            input type="hidden" name="min_priority" value=(filter.min_priority());
            input type="hidden" name="max_risk" value=(filter.max_risk().as_str());
            input type="hidden" name="expected" value=(count);
            input type="hidden" name="key" value=(Uuid::new_v4());
            p { strong { (plural(count, "draft fits", "drafts fit")) } }
            @if count > 0 { button class="primary" { "Approve " (plural(count, "draft", "drafts")) } }
        }
        p { a href=(query.address()) { "Back to the queue" } }
    };
    let page = layout::page(&viewer, "Approve many", Nav::Queue, body);
    Ok(Html(page.into_string()))
}

async fn approve(
    State(state): State<Arc<WebState>>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    posted.viewer.require(Role::Supervisor)?;
    let query = QueueQuery::read(&posted.text("q"));
    let params = BulkParams {
        min_priority: Some(posted.value("min_priority")?),
        max_risk: Some(posted.text("max_risk")),
    };
    let filter = bulk_filter(&posted.viewer, &query, &params)?;
    let (key, expected) = (posted.value("key")?, posted.value("expected")?);
    let bulk = review::bulk_approve(&state.store, &filter, &posted.viewer.user, key, expected)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other(&format!("/bulk/{}?approved={}", bulk.id, bulk.approved)).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Approved {
    approved: i64,
}

async fn done(
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(approved): Query<Approved>,
) -> Html<String> {
    let body = html! {
        h1 { (plural(approved.approved, "draft", "drafts")) " approved" }
        form class="card done" method="post" action={ "/bulk/" (id) "/undo" } id="undo" data-seconds=(UNDO_SECONDS) {
            (layout::csrf_field(&viewer))
            button { "Take all of it back" }
            " " span class="muted" data-left {}
        }
        p { a href="/" { "To the queue" } }
    };
    Html(layout::page(&viewer, "Approved", Nav::Queue, body).into_string())
}

async fn undo(
    State(state): State<Arc<WebState>>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, ErrorPage> {
    state
        .store
        .undo_bulk(id, &posted.viewer.user)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    Ok(see_other("/").into_response())
}
