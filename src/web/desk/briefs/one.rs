//! One brief: what it says, what it said before, and what was drafted from it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::draft::brief_content;
use super::super::error_page::ErrorPage;
use super::super::format::time;
use super::super::layout::{self, Nav};
use crate::store::{BriefRecord, BriefRevision, DraftOfBrief, StoreError};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Most drafts that are listed.
const DRAFTS: i64 = 200;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/briefs/{id}", get(one))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    revision: String,
}

async fn one(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let seen = |error: StoreError| ErrorPage::from(error).seen_by(&viewer);
    let missing = || StoreError::NotFound {
        what: "brief",
        name: id.clone(),
    };
    // The page is named by the id: a key may look like anything.
    let brief_id: uuid::Uuid = id.parse().map_err(|_| seen(missing()))?;
    let record = state
        .store
        .brief(&brief_id.to_string())
        .await
        .map_err(seen)?;
    let revisions = state.store.brief_revisions(record.id).await.map_err(seen)?;
    let drafts = state
        .store
        .drafts_of_brief(record.id, DRAFTS)
        .await
        .map_err(seen)?;
    let wanted = match params.revision.as_str() {
        "" => record.revision,
        number => number.parse().map_err(|_| seen(missing()))?,
    };
    let shown = revisions
        .iter()
        .find(|revision| revision.revision == wanted);
    let shown = shown.ok_or_else(|| seen(missing()))?;
    let page = layout::page(
        &viewer,
        &shown.brief.topic,
        Nav::Briefs,
        body(&record, &revisions, shown, &drafts),
    );
    Ok(Html(page.into_string()))
}

fn body(
    record: &BriefRecord,
    revisions: &[BriefRevision],
    shown: &BriefRevision,
    drafts: &[DraftOfBrief],
) -> Markup {
    let brief = &shown.brief;
    html! {
        div class="head" {
            h1 dir="auto" lang=(brief.language) { (brief.topic) }
            p class="muted" { bdi { (brief.external_ref) } ", " (brief.kind.as_str()) ", " (brief.language) ", revision " (shown.revision) }
        }
        @if shown.revision != record.revision {
            p class="card warn" role="note" {
                "This is what the brief said before it was corrected. "
                a href={ "/briefs/" (record.id) } { "See it as it is now" }
            }
        }
        section class="brief card" aria-label="What it says" { (brief_content(brief)) }
        (sources(shown))
        (history(record, revisions, shown))
        (drafted(drafts))
    }
}

fn sources(shown: &BriefRevision) -> Markup {
    let sources = &shown.brief.sources;
    html! {
        @if !sources.is_empty() {
            section class="card" aria-labelledby="sources" {
                h2 id="sources" { "Sources" }
                @for source in sources {
                    details {
                        summary { bdi { (source.id) } @if let Some(url) = &source.url { ": " bdi { (url) } } }
                        @if let Some(text) = &source.text { blockquote dir="auto" { (text) } }
                    }
                }
            }
        }
    }
}

fn history(record: &BriefRecord, revisions: &[BriefRevision], shown: &BriefRevision) -> Markup {
    html! {
        section class="card" aria-labelledby="revisions" {
            h2 id="revisions" { "Revisions" }
            ol reversed {
                @for revision in revisions {
                    li value=(revision.revision) {
                        a href={ "/briefs/" (record.id) "?revision=" (revision.revision) }
                            aria-current=[(revision.revision == shown.revision).then_some("true")]
                            { "imported " (time(revision.created_at)) }
                        @if revision.revision == record.revision { " " span class="tag" { "current" } }
                    }
                }
            }
        }
    }
}

fn drafted(drafts: &[DraftOfBrief]) -> Markup {
    html! {
        section class="card" aria-labelledby="drafts" {
            h2 id="drafts" { "Drafts" }
            @if drafts.is_empty() { p class="muted" { "Nothing was drafted from it yet." } } @else {
                table class="table" {
                    caption class="visually-hidden" { "Drafts of this brief, the latest first" }
                    thead { tr {
                        th scope="col" { "Draft" } th scope="col" { "Campaign" } th scope="col" { "Revision" }
                        th scope="col" { "Priority" } th scope="col" { "Drafted" } th scope="col" { "" }
                    } }
                    tbody {
                        @for draft in drafts {
                            tr {
                                th scope="row" data-label="Draft" { a href={ "/items/" (draft.id) } { "No " (draft.rank) } }
                                td data-label="Campaign" { (draft.campaign) }
                                td data-label="Revision" { (draft.brief_revision) }
                                td data-label="Priority" { (draft.priority) }
                                td data-label="Drafted" { (time(draft.created_at)) }
                                td { @if draft.kept { span class="tag" { "for review" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
