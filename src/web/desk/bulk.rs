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
use crate::domain::review::UNDO_SECONDS;
use crate::domain::user::Role;
use crate::store::BulkFilter;
use crate::web::guard::{Posted, Viewer, see_other};
use crate::web::state::WebState;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new()
        .route("/bulk", get(count).post(approve))
        .route("/bulk/{id}", get(done))
        .route("/bulk/{id}/undo", post(undo))
}

/// The bar.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Bar {
    min_priority: i32,
    max_risk: String,
}

impl Default for Bar {
    /// High, and nothing but ordinary copy.
    fn default() -> Self {
        Self {
            min_priority: 90,
            max_risk: "low".to_owned(),
        }
    }
}

impl Bar {
    fn risk(&self) -> Risk {
        match self.max_risk.as_str() {
            "medium" => Risk::Medium,
            _ => Risk::Low,
        }
    }
}

async fn count(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(query): Query<QueueQuery>,
    Query(bar): Query<Bar>,
) -> Result<Html<String>, ErrorPage> {
    viewer.require(Role::Supervisor)?;
    let filter = BulkFilter {
        queue: query.filter_for(&viewer),
        min_priority: bar.min_priority,
        max_risk: bar.risk(),
    };
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
                input type="number" name="min_priority" min="0" max="100" value=(bar.min_priority);
            }
            label { "Risk at most"
                select name="max_risk" {
                    option value="low" selected[bar.risk() == Risk::Low] { "low" }
                    option value="medium" selected[bar.risk() == Risk::Medium] { "medium" }
                }
            }
            button { "Count" }
        }
        form class="card" method="post" action="/bulk" {
            (layout::csrf_field(&viewer))
            input type="hidden" name="q" value=(query.text());
            input type="hidden" name="min_priority" value=(bar.min_priority);
            input type="hidden" name="max_risk" value=(bar.max_risk);
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
    let bar = Bar {
        min_priority: posted.value("min_priority")?,
        max_risk: posted.text("max_risk"),
    };
    if bar.max_risk == "high" {
        let problem = Problem::new("bulk.risk", "drafts of high risk are not approved in bulk")
            .key("max_risk")
            .hint("each of them needs two people who read it");
        return Err(ErrorPage::bad_form(&posted.viewer, problem));
    }
    let filter = BulkFilter {
        queue: query.filter_for(&posted.viewer),
        min_priority: bar.min_priority,
        max_risk: bar.risk(),
    };
    let bulk = state
        .store
        .bulk_approve(
            &filter,
            &posted.viewer.user,
            posted.value("key")?,
            posted.value("expected")?,
        )
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
