//! What the drafts cost: editors' time, deadlines, and the machine's work for each accepted draft.

use maud::{Markup, html};

use super::cells::template;
use crate::store::{CostFigures, LateFigures, VerdictFigures};
use crate::web::desk::format::{duration, grouped};

pub(super) fn times(rows: &[VerdictFigures]) -> Markup {
    let timed: Vec<&VerdictFigures> = rows.iter().filter(|row| row.half_s.is_some()).collect();
    html! {
        section class="card" aria-labelledby="times" {
            h2 id="times" { "Time to decision" }
            @if timed.is_empty() { p class="muted" { "No review under a lease in this period." } } @else {
                div class="scroll" tabindex="0" {
                    table class="table" {
                        caption { "From taking an item to deciding it; approvals in bulk are left out" }
                        thead { tr {
                            th scope="col" { "Campaign" } th scope="col" { "Template" } th scope="col" { "Model" }
                            th scope="col" { "Half took at most" } th scope="col" { "Nine of ten took at most" }
                        } }
                        tbody {
                            @for row in timed {
                                tr {
                                    th scope="row" data-label="Campaign" { (row.campaign) }
                                    td data-label="Template" { (template(&row.template, &row.template_sha256)) }
                                    td data-label="Model" { (row.model) }
                                    td data-label="Half took at most" { (seconds(row.half_s)) }
                                    td data-label="Nine of ten took at most" { (seconds(row.most_s)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn late(rows: &[LateFigures]) -> Markup {
    html! {
        section class="card" aria-labelledby="late" {
            h2 id="late" { "Overdue" }
            @if rows.is_empty() { p class="muted" { "Nothing waits past its deadline, and nothing was reviewed past it." } } @else {
                table class="table" {
                    caption { "Past their deadline, by campaign" }
                    thead { tr { th scope="col" { "Campaign" } th scope="col" { "Wait now" } th scope="col" { "Reviewed late" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                th scope="row" data-label="Campaign" { (row.campaign) }
                                td data-label="Wait now" { (grouped(row.waiting)) }
                                td data-label="Reviewed late" { (grouped(row.reviewed)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn costs(rows: &[CostFigures]) -> Markup {
    html! {
        section class="card" aria-labelledby="costs" {
            h2 id="costs" { "Work for each accepted draft" }
            @if rows.is_empty() { p class="muted" { "No run drafted anything in this period." } } @else {
                div class="scroll" tabindex="0" {
                    table class="table" {
                        caption { "Runs made in this period, and what was accepted of them in it" }
                        thead { tr {
                            th scope="col" { "Campaign" } th scope="col" { "Template" } th scope="col" { "Model" }
                            th scope="col" { "Runs" } th scope="col" { "Drafts" } th scope="col" { "Accepted" }
                            th scope="col" { "Drafts each" } th scope="col" { "Tokens each" } th scope="col" { "Seconds each" }
                        } }
                        tbody { @for row in rows { (cost(row)) } }
                    }
                }
            }
        }
    }
}

fn cost(row: &CostFigures) -> Markup {
    let each = |sum: f64, decimals: usize| match row.accepted {
        0 => "–".to_owned(),
        accepted => format!("{:.decimals$}", sum / accepted as f64),
    };
    html! {
        tr {
            th scope="row" data-label="Campaign" { (row.campaign) }
            td data-label="Template" { (template(&row.template, &row.template_sha256)) }
            td data-label="Model" { (row.model) }
            td data-label="Runs" { (grouped(row.runs)) }
            td data-label="Drafts" { (grouped(row.drafts)) }
            td data-label="Accepted" { (grouped(row.accepted)) }
            td data-label="Drafts each" { (each(row.drafts as f64, 1)) }
            td data-label="Tokens each" { (each(row.tokens as f64, 0)) }
            td data-label="Seconds each" { (each(row.busy_s, 1)) }
        }
    }
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), duration)
}
