//! A file of briefs, sent through the desk.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Html;
use axum::routing::post;
use maud::{Markup, html};

use super::super::error_page::ErrorPage;
use super::super::format::plural;
use super::super::layout::{self, Nav};
use crate::domain::user::Role;
use crate::intake::{Rejection, Upload};
use crate::store::Imported;
use crate::web::brief_import::import as import_briefs;
use crate::web::guard::{MOST_UPLOADED, Uploaded, Viewer};
use crate::web::state::WebState;

/// Bytes of the form beside the file.
const AROUND: usize = 64 * 1024;

pub(super) fn routes() -> Router<Arc<WebState>> {
    let limit = DefaultBodyLimit::max(MOST_UPLOADED + AROUND);
    Router::new().route("/briefs/import", post(import).layer(limit))
}

pub(super) fn form(viewer: &Viewer) -> Markup {
    html! {
        section class="card" aria-labelledby="import" {
            h2 id="import" { "Import briefs" }
            form method="post" action="/briefs/import" enctype="multipart/form-data" {
                (layout::csrf_field(viewer))
                label { "CSV, JSON or JSON lines, at most 10 MiB" input type="file" name="file" accept=".csv,.tsv,.json,.jsonl,.ndjson" required; }
                p class="muted" { "A brief whose key is there already gets another revision; the same content again changes nothing." }
                button class="primary" { "Import" }
            }
        }
    }
}

async fn import(
    State(state): State<Arc<WebState>>,
    sent: Uploaded,
) -> Result<Html<String>, ErrorPage> {
    let viewer = sent.viewer;
    viewer.require(Role::Supervisor)?;
    let (imported, upload) = import_briefs(&state, &viewer.user.name, &sent.name, sent.bytes)
        .await
        .map_err(|error| ErrorPage::from(error).seen_by(&viewer))?;
    let page = layout::page(
        &viewer,
        "Imported",
        Nav::Briefs,
        result(&viewer, &sent.name, imported, &upload),
    );
    Ok(Html(page.into_string()))
}

/// Shown as the answer itself: sending the same file again, as a reload does, changes nothing.
fn result(viewer: &Viewer, name: &str, imported: Imported, upload: &Upload) -> Markup {
    let cleaned = upload
        .records
        .iter()
        .filter(|record| !record.cleaned.is_empty())
        .count();
    html! {
        h1 { @if taken(imported) > 0 { "Imported: " } @else { "Nothing was imported: " } bdi { (name) } }
        p class="card done" role="status" {
            (imported.new) " new, " (imported.revised) " revised, " (imported.unchanged) " unchanged, " (upload.rejected) " rejected"
        }
        @if cleaned > 0 {
            p class="muted" {
                "The texts of " (plural(cleaned as i64, "brief", "briefs"))
                " were cleaned of what no text needs, such as markup."
            }
        }
        @if upload.rejected > 0 { (rejected(imported, upload)) }
        p { a href="/briefs" { "To the briefs" } }
        (form(viewer))
    }
}

/// Briefs of the file that are there now.
fn taken(imported: Imported) -> u64 {
    imported.new + imported.revised + imported.unchanged
}

fn rejected(imported: Imported, upload: &Upload) -> Markup {
    let left_out = upload.rejected - upload.rejections.len() as u64;
    html! {
        p {
            @match taken(imported) {
                0 => "No brief of the file is in. Correct it and import it again.",
                1 => "The other one is in. Correct what was rejected in the file and import it again.",
                _ => "The others are in. Correct what was rejected in the file and import it again.",
            }
        }
        @if left_out > 0 {
            p class="card warn" role="note" {
                "The first " (upload.rejections.len()) " are shown; " (left_out)
                " more are told when these are corrected."
            }
        }
        table class="table" {
            caption { "What was rejected, and why" }
            thead { tr {
                th scope="col" { "Line or entry" } th scope="col" { "Key" } th scope="col" { "Reason" }
                th scope="col" { "What to do" } th scope="col" { "As it was sent" }
            } }
            tbody { @for rejection in &upload.rejections { (row(rejection)) } }
        }
    }
}

fn row(rejection: &Rejection) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Line or entry" { @if let Some(line) = rejection.line { (line) } @else { "the file" } }
            td data-label="Key" { @if let Some(key) = &rejection.key { code dir="auto" { (key) } } }
            td data-label="Reason" {
                span dir="auto" { (rejection.message) }
                @for other in &rejection.others {
                    br;
                    @if let Some(key) = &other.key { code dir="auto" { (key) } ": " }
                    span dir="auto" { (other.message) }
                }
            }
            td data-label="What to do" { @if let Some(hint) = &rejection.hint { span dir="auto" { (hint) } } }
            td data-label="As it was sent" class="muted" { code dir="auto" { (rejection.raw) } }
        }
    }
}
