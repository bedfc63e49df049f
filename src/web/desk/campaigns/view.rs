//! The page of campaigns.

use chrono::{DateTime, NaiveDateTime, Utc};
use maud::{Markup, html};

use crate::domain::problem::Problem;
use crate::schedule::Slot;
use crate::store::{CampaignRecord, LastRun, PausedBy};
use crate::web::desk::format::{plural, time};
use crate::web::desk::layout;
use crate::web::desk::runs::state;
use crate::web::guard::Viewer;

/// The next slot, with what clocks show then and how many seconds they are ahead of UTC.
type Next = Option<(Slot, (NaiveDateTime, i32))>;

/// One campaign.
pub(super) struct Row {
    pub(super) campaign: CampaignRecord,
    /// None where it has no schedule or is paused; a problem where its schedule cannot be read any more.
    pub(super) next: Result<Next, Problem>,
    /// Until when nothing of it fires, because its cursor lies ahead of the clock.
    pub(super) silent_until: Option<DateTime<Utc>>,
    pub(super) runs: Vec<LastRun>,
}

impl Row {
    /// When it fires by itself.
    pub(super) fn fires_at(&self) -> Option<DateTime<Utc>> {
        let (slot, _) = self.next.as_ref().ok()?.as_ref()?;
        Some(slot.instant)
    }
}

pub(super) fn page(viewer: &Viewer, rows: &[Row], paused: &str, resumed: &str) -> Markup {
    html! {
        @if !paused.is_empty() {
            p class="card done" role="status" { (paused) " is paused: it does not fire until it is resumed, and its open runs wait." }
        }
        @if !resumed.is_empty() {
            p class="card done" role="status" { (resumed) " fires again from its next slot on." }
        }
        h1 { "Campaigns" }
        @if rows.is_empty() {
            div class="card" {
                p { "No campaign yet." }
                p { "A campaign is a file of the project; whoever runs Nightdesk applies it. docs/CAMPAIGNS.md shows one." }
            }
        }
        @for row in rows { (campaign(viewer, row)) }
    }
}

fn campaign(viewer: &Viewer, row: &Row) -> Markup {
    let campaign = &row.campaign;
    let spec = &campaign.spec;
    html! {
        section class="card" {
            h2 { (campaign.name) @if campaign.paused_at.is_some() { " " span class="tag warn" { "paused" } } }
            dl class="grid" {
                div { dt { "Fires next" } dd { (fires(row)) } }
                @if let Some(crontab) = &spec.schedule {
                    div { dt { "Schedule" } dd { code { (crontab) } " " (spec.timezone) } }
                }
                div { dt { "Template" } dd { (spec.draft.template) } }
                div { dt { "Model" } dd { (spec.draft.model) } }
                div { dt { "Last runs" } dd { (runs(&row.runs)) } }
            }
            @if let Some(trouble) = &campaign.trouble {
                p class="lost" { "Its last slot could not fire yet, and is tried again: " bdi { (trouble) } }
            }
            @if viewer.is_supervisor() { (buttons(viewer, row)) }
        }
    }
}

fn fires(row: &Row) -> Markup {
    let campaign = &row.campaign;
    html! {
        @match (&row.next, campaign.paused_at) {
            (_, Some(since)) => {
                "not before it is resumed; paused since " (time(since))
                @if campaign.paused_by == Some(PausedBy::Prune) { ", because its file was missing" }
            }
            (Err(problem), None) => { bdi { (problem.message) } }
            (Ok(None), None) => { "by hand only" }
            (Ok(Some((slot, (wall, ahead)))), None) => {
                (time(slot.instant))
                @if *ahead != 0 { " (" (wall.format("%a %H:%M")) " there)" }
                @if let Some(effect) = slot.effect { ", " (effect) }
                @if let Some(until) = row.silent_until {
                    ", as nothing of it fires before " (time(until)) ": its cursor lies ahead of the database's clock. Once the clock is right, resume it."
                }
            }
        }
    }
}

fn runs(runs: &[LastRun]) -> Markup {
    html! {
        @if runs.is_empty() {
            "none yet"
        } @else {
            ul class="plain" {
                @for run in runs {
                    li {
                        a href={ "/runs/" (run.id) } { (time(run.created_at)) } " "
                        (state(run.state)) " " (plural(run.drafts, "draft", "drafts"))
                    }
                }
            }
        }
    }
}

fn buttons(viewer: &Viewer, row: &Row) -> Markup {
    let campaign = &row.campaign;
    let form = |action: &str, label: &str| {
        html! {
            form method="post" action=(action) {
                (layout::csrf_field(viewer))
                input type="hidden" name="name" value=(campaign.name);
                button aria-label={ (label) " " (campaign.name) } { (label) }
            }
        }
    };
    html! {
        div class="actions" {
            @if campaign.paused_at.is_none() { (form("/campaigns/pause", "Pause")) }
            @if campaign.paused_at.is_some() || row.silent_until.is_some() { (form("/campaigns/resume", "Resume")) }
            @if row.runs.is_empty() {
                p class="muted" { "Whoever runs Nightdesk starts its first run; after that it can be run from here." }
            } @else {
                (form("/campaigns/run", "Run now"))
            }
        }
        @if !row.runs.is_empty() {
            p class="muted" {
                "Run now takes template and model in the versions of its last run"
                @if campaign.spec.source.is_some() { ", and the briefs that are there: it does not pull from its source first" }
                "; what has changed in the project since comes with the next run that whoever runs Nightdesk starts."
            }
        }
    }
}
