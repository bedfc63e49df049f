//! The report as one self-contained page: inline CSS, no script, nothing fetched; light and dark, on a
//! phone and in a mail client. Where a client takes styles or the chart out, all the words are still there.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::format::{Times, clean, cut, number};
use super::{chart, sentences};
use crate::domain::report::{CampaignNight, Report};
use crate::schedule::Zone;

const STYLE: &str = include_str!("page.css");

/// The page; everything that is somebody else's text is escaped.
pub fn page(report: &Report, zone: Zone) -> String {
    let times = Times::new(zone, report.since, report.until);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.headline) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div class="page" {
                    h1 { (report.headline) }
                    p class="quiet" { (sentences::period(report, times)) }
                    (attention(report))
                    (review(report))
                    (campaigns(report, times))
                    (failures(report))
                    (slots(report, times))
                    (alerts(report, times))
                    p class="quiet" {
                        "Nightdesk, put together " (times.in_full(report.generated_at)) "."
                    }
                }
            }
        }
    };
    page.into_string()
}

fn attention(report: &Report) -> Markup {
    html! {
        @if report.attention.is_empty() {
            div class="box fine" { "Nothing needs a look." }
        } @else {
            div class="box look" {
                ul { @for sentence in &report.attention { li { (sentence) } } }
            }
        }
    }
}

fn review(report: &Report) -> Markup {
    let review = &report.review;
    html! {
        h2 { "Waits for review" }
        div class="box" {
            p { strong { (sentences::waiting(review)) } }
            @if review.drafts > 0 {
                (chart::by_priority(&review.by_priority))
                p class="quiet" { (sentences::bands(review)) }
                table role="presentation" {
                    @for draft in &review.best {
                        tr {
                            td class="number" { (draft.priority) }
                            td {
                                (cut(&draft.topic, 200))
                                br;
                                span class="quiet" { (cut(&draft.external_ref, 120)) " · " (draft.campaign) }
                                br;
                                code class="quiet" { (draft.id) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn campaigns(report: &Report, times: Times) -> Markup {
    html! {
        @if !report.campaigns.is_empty() {
            h2 { "Campaigns" }
            @for night in &report.campaigns { (campaign(night, times)) }
            p class="quiet" { "In all " (sentences::sums(report)) "." }
        }
    }
}

fn campaign(campaign: &CampaignNight, times: Times) -> Markup {
    let notes = sentences::campaign_notes(campaign, times).join(", ");
    html! {
        div class="box" {
            h3 { (campaign.name) }
            @if !notes.is_empty() { p class="quiet" { (notes) } }
            @for run in &campaign.runs {
                div class="run" {
                    p {
                        span class={ "pill " (sentences::tone(run)) } { (sentences::state(run)) }
                        " " (sentences::when(run, times))
                    }
                    p { (sentences::briefs(run)) }
                    @if let Some(work) = sentences::work(run) { p class="quiet" { (work) } }
                    @if let Some(error) = sentences::error(run) { p { (error) } }
                }
            }
        }
    }
}

fn failures(report: &Report) -> Markup {
    html! {
        @if !report.failures.is_empty() {
            h2 { "Given up, by cause" }
            div class="box" {
                table role="presentation" {
                    @for cause in &report.failures {
                        tr {
                            td class="number" { (number(cause.briefs)) }
                            td {
                                code { (clean(&cause.code)) } ", in " (cause.campaigns.join(", "))
                                br;
                                span class="quiet" { "e.g. " (sentences::example(cause)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn slots(report: &Report, times: Times) -> Markup {
    html! {
        @if !report.slots.is_empty() {
            h2 { "Slots" }
            div class="box" {
                @for group in &report.slots {
                    p { strong { (group.campaign) } " " (sentences::slots(group, times)) }
                }
            }
        }
    }
}

fn alerts(report: &Report, times: Times) -> Markup {
    html! {
        @if !report.alerts.is_empty() {
            h2 { "Alerts" }
            div class="box" {
                @for alert in &report.alerts {
                    p {
                        (clean(&alert.message)) " "
                        span class="quiet" {
                            @match (alert.delivered_at, &alert.last_error) {
                                (Some(at), _) => { "sent " (times.at(at)) }
                                (None, Some(error)) => { "not delivered: " (clean(error)) }
                                (None, None) => { "being sent" }
                            }
                        }
                    }
                }
            }
        }
    }
}
