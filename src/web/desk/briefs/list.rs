//! All briefs, the newest first, searched by topic or key.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::super::error_page::ErrorPage;
use super::super::format::time;
use super::super::layout::{self, Nav};
use super::upload;
use crate::domain::problem::Problem;
use crate::store::{BriefSearch, BriefSummary};
use crate::web::guard::Viewer;
use crate::web::state::WebState;

/// Briefs on a page.
const SHOWN: usize = 50;
/// Most characters that are looked for.
const SEARCH_CHARS: usize = 200;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/briefs", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    q: String,
    after: String,
}

async fn list(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
    Query(params): Query<Params>,
) -> Result<Html<String>, ErrorPage> {
    let typed = params.q.chars().filter(|character| !character.is_control());
    let text: String = typed.take(SEARCH_CHARS).collect();
    let search = BriefSearch {
        text: text.trim().to_owned(),
        after: place(&viewer, &params.after)?,
        // One more says whether there is a next page.
        limit: SHOWN as i64 + 1,
    };
    let mut briefs = state.store.search_briefs(&search).await?;
    let more = briefs.len() > SHOWN;
    briefs.truncate(SHOWN);
    let next = briefs.last().filter(|_| more).map(|brief| brief.id);
    let body = html! {
        div class="head" { h1 { "Briefs" } }
        form method="get" action="/briefs" role="search" {
            label { "Topic or key" input type="search" name="q" dir="auto" value=(search.text) maxlength=(SEARCH_CHARS); }
            button { "Search" }
        }
        @if briefs.is_empty() { (none(&search)) } @else { (rows(&briefs)) }
        nav class="pager" aria-label="Pages" {
            @if search.after.is_some() { a href=(address(&search.text, None)) { "First page" } }
            @if let Some(next) = next { a href=(address(&search.text, Some(next))) rel="next" { "Next page" } }
        }
        @if viewer.is_supervisor() { (upload::form(&viewer)) }
    };
    let page = layout::page(&viewer, "Briefs", Nav::Briefs, body);
    Ok(Html(page.into_string()))
}

fn place(viewer: &Viewer, after: &str) -> Result<Option<Uuid>, ErrorPage> {
    match (after, after.parse()) {
        ("", _) => Ok(None),
        (_, Ok(id)) => Ok(Some(id)),
        (_, Err(_)) => Err(ErrorPage::bad_form(viewer, no_place())),
    }
}

fn address(text: &str, after: Option<Uuid>) -> String {
    let after = after.map(|id| id.to_string());
    let fields = [
        ("q", Some(text).filter(|text| !text.is_empty())),
        ("after", after.as_deref()),
    ];
    let said: Vec<_> = fields.iter().filter(|(_, value)| value.is_some()).collect();
    match serde_urlencoded::to_string(said) {
        Ok(query) if !query.is_empty() => format!("/briefs?{query}"),
        _ => "/briefs".to_owned(),
    }
}

fn none(search: &BriefSearch) -> Markup {
    html! {
        p class="card" {
            @if search.text.is_empty() { "There are no briefs here." }
            @else { "No brief has “" bdi { (search.text) } "” in its topic or its key." }
        }
    }
}

fn rows(briefs: &[BriefSummary]) -> Markup {
    html! {
        table class="table" {
            caption class="visually-hidden" { "Briefs, the newest first" }
            thead { tr {
                th scope="col" { "Topic" } th scope="col" { "Key" } th scope="col" { "Kind" } th scope="col" { "Language" }
                th scope="col" { "Revision" } th scope="col" { "Due" } th scope="col" { "Last changed" }
            } }
            tbody {
                @for brief in briefs {
                    tr {
                        th scope="row" data-label="Topic" { a href={ "/briefs/" (brief.id) } dir="auto" lang=(brief.language) { (brief.topic) } }
                        td data-label="Key" { bdi { (brief.external_ref) } }
                        td data-label="Kind" { (brief.kind) }
                        td data-label="Language" { (brief.language) }
                        td data-label="Revision" { (brief.revision) }
                        td data-label="Due" { @if let Some(due) = brief.due_at { (time(due)) } }
                        td data-label="Last changed" { (time(brief.updated_at)) }
                    }
                }
            }
        }
    }
}

fn no_place() -> Problem {
    Problem::new(
        "briefs.no_place",
        "the place in the list is none that a page of it named",
    )
    .key("after")
    .hint("start from the first page, and take the link to the next one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_address() {
        assert_eq!(address("", None), "/briefs");
        let id = Uuid::nil();
        assert_eq!(
            address("a & b", Some(id)),
            format!("/briefs?q=a+%26+b&after={id}")
        );
    }
}
