//! How good the drafts were: acceptance, edits, reasons, and whether the score knew.

use maud::{Markup, html};

use super::cells::{share, template};
use super::chart::{Bar, Chart};
use crate::domain::review::Reason;
use crate::store::{DecileFigures, EDIT_BOUNDS, Frequency, VerdictFigures};
use crate::web::desk::format::{grouped, plural};

/// The four outcomes of a review, in the order in which every chart and table has them.
const OUTCOMES: [&str; 4] = [
    "approved unchanged",
    "approved with edits",
    "rejected",
    "sent back for a new draft",
];

pub(super) fn acceptance(rows: &[VerdictFigures]) -> Markup {
    let sum = |of: fn(&VerdictFigures) -> i64| rows.iter().map(of).sum::<i64>();
    let each = [
        sum(|row| row.unchanged),
        sum(|row| row.edited),
        sum(|row| row.rejected),
        sum(|row| row.regenerated),
    ];
    let all: i64 = each.iter().sum();
    let accepted = each[0] + each[1];
    let bars: Vec<Bar> = ["unchanged", "with edits", "rejected", "sent back"]
        .into_iter()
        .zip(each)
        .map(|(label, count)| Bar {
            label: label.to_owned(),
            pieces: vec![count as f64],
            shown: format!("{} ({})", grouped(count), share(count, all)),
            sentence: format!("{label}: {} of {} reviews", grouped(count), grouped(all)),
        })
        .collect();
    let desc = format!(
        "Of {}, {} approved a text: {} as it was, {} with edits.",
        plural(all, "review", "reviews"),
        share(accepted, all),
        share(each[0], all),
        share(each[1], all)
    );
    let chart = Chart {
        id: "acceptance-chart",
        title: "What reviews came to",
        desc: &desc,
        pieces: &[],
        full: None,
    };
    html! {
        section class="card" aria-labelledby="acceptance" {
            h2 id="acceptance" { "Acceptance" }
            @if all == 0 { p class="muted" { "No review in this period." } } @else {
                p { (desc) }
                (chart.of(&bars))
                div class="scroll" tabindex="0" {
                    table class="table" {
                        caption { "Reviews by campaign, template and model" }
                        thead { tr {
                            th scope="col" { "Campaign" } th scope="col" { "Template" } th scope="col" { "Model" }
                            th scope="col" { "Reviews" } th scope="col" { "Accepted" }
                            @for outcome in OUTCOMES { th scope="col" { (outcome) } }
                            th scope="col" { "Passed on" }
                        } }
                        tbody { @for row in rows { (acceptance_row(row)) } }
                    }
                }
            }
        }
    }
}

fn acceptance_row(row: &VerdictFigures) -> Markup {
    let reviews = row.reviews();
    let counts = [row.unchanged, row.edited, row.rejected, row.regenerated];
    html! {
        tr {
            th scope="row" data-label="Campaign" { (row.campaign) }
            td data-label="Template" { (template(&row.template, &row.template_sha256)) }
            td data-label="Model" { (row.model) }
            td data-label="Reviews" { (grouped(reviews)) }
            td data-label="Accepted" { (share(row.unchanged + row.edited, reviews)) }
            @for (outcome, count) in OUTCOMES.into_iter().zip(counts) {
                td data-label=(outcome) { (grouped(count)) }
            }
            td data-label="Passed on" { (grouped(row.passed_on)) }
        }
    }
}

pub(super) fn edits(classes: &[i64]) -> Markup {
    let all: i64 = classes.iter().sum();
    let rows: Vec<(String, i64)> = labels().into_iter().zip(classes.iter().copied()).collect();
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(label, count)| Bar {
            label: label.clone(),
            pieces: vec![*count as f64],
            shown: grouped(*count),
            sentence: format!(
                "{label} of the text: {}",
                plural(*count, "approval", "approvals")
            ),
        })
        .collect();
    let chart = Chart {
        id: "edits-chart",
        title: "How much was edited before approval",
        desc: "Approvals with edits, by the share of the text that was put in or taken out.",
        pieces: &[],
        full: None,
    };
    html! {
        section class="card" aria-labelledby="edits" {
            h2 id="edits" { "Edits" }
            @if all == 0 { p class="muted" { "Nothing was approved with edits in this period." } } @else {
                (chart.of(&bars))
                table class="table" {
                    caption { "Approvals with edits, by the share of the text that changed" }
                    thead { tr { th scope="col" { "Changed" } th scope="col" { "Approvals" } th scope="col" { "Share" } } }
                    tbody {
                        @for (label, count) in &rows {
                            tr {
                                th scope="row" data-label="Changed" { (label) }
                                td data-label="Approvals" { (grouped(*count)) }
                                td data-label="Share" { (share(*count, all)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The classes of edits in words: `under 5 %`, `5–10 %`, …, `70 % and more`.
fn labels() -> Vec<String> {
    let percent = EDIT_BOUNDS.map(|bound| (bound * 100.0).round() as i64);
    let first = format!("under {} %", percent[0]);
    let between = percent
        .windows(2)
        .map(|two| format!("{}–{} %", two[0], two[1]));
    let last = format!("{} % and more", percent[percent.len() - 1]);
    [first].into_iter().chain(between).chain([last]).collect()
}

pub(super) fn reasons(reasons: &[Frequency]) -> Markup {
    html! {
        section class="card" aria-labelledby="reasons" {
            h2 id="reasons" { "Reasons" }
            @if reasons.is_empty() { p class="muted" { "No reason was given in this period." } } @else {
                table class="table" {
                    caption { "Reasons that reviewers gave" }
                    thead { tr { th scope="col" { "Reason" } th scope="col" { "Times" } } }
                    tbody {
                        @for reason in reasons {
                            tr {
                                th scope="row" data-label="Reason" {
                                    @match reason.what.parse::<Reason>() { Ok(known) => { (known.label()) } Err(_) => { (reason.what) } }
                                }
                                td data-label="Times" { (grouped(reason.times)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn calibration(deciles: &[DecileFigures]) -> Markup {
    let rows: Vec<(String, [i64; 4])> = deciles
        .iter()
        .map(|row| {
            let from = row.decile * 10;
            let to = if row.decile == 9 { 100 } else { from + 9 };
            let counts = [row.unchanged, row.edited, row.rejected, row.regenerated];
            (format!("{from}–{to}"), counts)
        })
        .collect();
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(label, counts)| {
            let all: i64 = counts.iter().sum();
            let part = |count: i64| count as f64 / all.max(1) as f64;
            Bar {
                label: label.clone(),
                pieces: counts.iter().map(|count| part(*count)).collect(),
                shown: match all {
                    0 => String::new(),
                    _ => share(counts[0] + counts[1], all),
                },
                sentence: format!(
                    "priority {label}: {} of {} accepted",
                    grouped(counts[0] + counts[1]),
                    plural(all, "review", "reviews")
                ),
            }
        })
        .collect();
    let chart = Chart {
        id: "calibration-chart",
        title: "Score against verdict",
        desc: "For each tenth of the priority scale, what reviews came to, and above it the share that was accepted.",
        pieces: &OUTCOMES,
        full: Some(1.0),
    };
    let any = rows
        .iter()
        .any(|(_, counts)| counts.iter().any(|count| *count > 0));
    html! {
        section class="card" aria-labelledby="calibration" {
            h2 id="calibration" { "Score against verdict" }
            @if !any { p class="muted" { "No review in this period." } } @else {
                p { "A score that knows what editors want rises from left to right. Tenths with few reviews say little." }
                (chart.of(&bars))
                div class="scroll" tabindex="0" {
                    table class="table" {
                        caption { "Reviews by the priority of the draft" }
                        thead { tr {
                            th scope="col" { "Priority" } th scope="col" { "Reviews" } th scope="col" { "Accepted" }
                            @for outcome in OUTCOMES { th scope="col" { (outcome) } }
                        } }
                        tbody {
                            @for (label, counts) in &rows {
                                @let all = counts.iter().sum::<i64>();
                                tr {
                                    th scope="row" data-label="Priority" { (label) }
                                    td data-label="Reviews" { (grouped(all)) }
                                    td data-label="Accepted" { (share(counts[0] + counts[1], all)) }
                                    @for (outcome, count) in OUTCOMES.into_iter().zip(counts) {
                                        td data-label=(outcome) { (grouped(*count)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn classes_of_edits_leave_no_gap() {
        assert_eq!(
            labels(),
            [
                "under 5 %",
                "5–10 %",
                "10–20 %",
                "20–40 %",
                "40–70 %",
                "70 % and more"
            ]
        );
    }
}
