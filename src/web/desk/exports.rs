//! Copy leaves from the desk: one button, and what left before.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};

use super::error_page::ErrorPage;
use super::format::{grouped, plural, time};
use super::layout::{self, Nav};
use crate::domain::export::Format;
use crate::domain::problem::Problem;
use crate::domain::publication::{ExportRecord, Selection};
use crate::publish::{self, Exported};
use crate::web::attachment::attachment;
use crate::web::guard::{Posted, Viewer};
use crate::web::state::WebState;

/// Exports that are listed.
const LISTED: i64 = 50;

pub(super) fn routes() -> Router<Arc<WebState>> {
    Router::new().route("/exports", get(list).post(export))
}

async fn list(
    State(state): State<Arc<WebState>>,
    viewer: Viewer,
) -> Result<Html<String>, ErrorPage> {
    let page = page(&state, &viewer, html! {}).await?;
    Ok(Html(page.into_string()))
}

/// Hands the file out; where there is nothing to hand out, says why.
async fn export(State(state): State<Arc<WebState>>, posted: Posted) -> Result<Response, ErrorPage> {
    let format: Format = posted.text("format").parse().map_err(|why: String| {
        let problem = Problem::new("web.word", why)
            .key("format")
            .hint("go back to the page and send its form as it is");
        ErrorPage::bad_form(&posted.viewer, problem)
    })?;
    let selection = Selection {
        campaign: posted.word("campaign"),
        run_id: None,
        new: posted.word("new").is_some(),
    };
    let exported = publish::export(&state.store, format, &selection, &posted.viewer.user.name)
        .await
        .map_err(|error| ErrorPage::from(error).keeping(&posted))?;
    if exported.bytes.is_empty() {
        let page = page(&state, &posted.viewer, nothing(&exported)).await?;
        return Ok((StatusCode::OK, Html(page.into_string())).into_response());
    }
    Ok(attachment(
        &exported.file_name,
        format.media_type(),
        exported.bytes,
    ))
}

fn nothing(exported: &Exported) -> Markup {
    html! {
        div class="card" role="status" {
            p { strong { "No text is ready to leave." } }
            @if exported.waiting > 0 {
                p { (plural(exported.waiting, "approval", "approvals")) " can still be taken back; try again in ten seconds." }
            }
            @if exported.others > 0 {
                p { (exported.others) " approved texts are of channels that this format has no place for." }
            }
            @for held in &exported.held {
                p { code dir="auto" { (held.external_ref) } ": " bdi { (held.reason) } }
            }
        }
    }
}

async fn page(state: &WebState, viewer: &Viewer, said: Markup) -> Result<Markup, ErrorPage> {
    let seen = |error| ErrorPage::from(error).seen_by(viewer);
    let records = state.store.exports(None, LISTED).await.map_err(seen)?;
    let campaigns = state.store.campaigns().await.map_err(seen)?;
    let body = html! {
        h1 { "Exports" }
        p class="muted" {
            "Approved texts only, once their approval can no longer be taken back. Each carries the mark of its format that says it was "
            "written by a model, and whether somebody edited it. What was killed or corrected since it left comes with the next export."
        }
        (said)
        form class="filters card" method="post" action="/exports" {
            (layout::csrf_field(viewer))
            label { "Format"
                select name="format" {
                    @for format in Format::ALL { option value=(format) { (format.label()) } }
                }
            }
            label { "Campaign"
                select name="campaign" {
                    option value="" { "all" }
                    @for campaign in &campaigns { option value=(campaign.spec.name) { (campaign.spec.name) } }
                }
            }
            label { input type="checkbox" name="new" value="1"; "only what has not left in this format" }
            button class="primary" { "Export" }
        }
        (records_table(&records))
    };
    Ok(layout::page(viewer, "Exports", Nav::Exports, body))
}

fn records_table(records: &[ExportRecord]) -> Markup {
    html! {
        @if records.is_empty() {
            p class="muted" { "Nothing has left yet." }
        } @else {
            div class="scroll" tabindex="0" {
                table class="table" {
                    caption { "What left, the latest first" }
                    thead { tr { th scope="col" { "When" } th scope="col" { "Format" } th scope="col" { "Of" } th scope="col" { "Texts" } th scope="col" { "By" } th scope="col" { "SHA-256" } } }
                    tbody {
                        @for record in records {
                            tr {
                                td data-label="When" { (time(record.made_at)) }
                                td data-label="Format" { (record.format) }
                                td data-label="Of" { (record.selection.campaign.as_deref().unwrap_or("all campaigns")) @if record.selection.new { ", new only" } }
                                td data-label="Texts" { (grouped(i64::from(record.texts))) }
                                td data-label="By" { bdi { (record.made_by) } }
                                td data-label="SHA-256" { code title=(record.sha256) { (record.sha256.get(..12).unwrap_or_default()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
