//! The brief beside the draft.

use maud::{Markup, html};

use crate::domain::brief::Brief;
use crate::store::ReviewDetail;
use crate::web::desk::format::time;

pub(super) fn brief(detail: &ReviewDetail) -> Markup {
    let brief = &detail.brief;
    html! {
        section class="brief" aria-labelledby="brief" {
            h2 id="brief" { "Brief" }
            p {
                strong dir="auto" lang=(brief.language) { (brief.topic) } " "
                span class="muted" { bdi { (brief.external_ref) } ", revision " (detail.brief_revision) }
            }
            @if !detail.brief_is_current {
                p class="card warn" role="note" { "The brief was corrected after this was drafted. Sending the draft back uses it as it is now." }
            }
            (content(brief))
        }
    }
}

/// What it says, wherever it is shown.
pub(in crate::web) fn content(brief: &Brief) -> Markup {
    html! {
        @if !brief.facts.is_empty() {
            table class="table facts" {
                caption class="visually-hidden" { "Facts" }
                tbody {
                    @for fact in &brief.facts {
                        tr id={ "fact-" (fact.id) } data-fact=(fact.id) tabindex="-1" {
                            th scope="row" dir="auto" lang=(brief.language) { (fact.label) }
                            td {
                                span dir="auto" lang=(brief.language) {
                                    (fact.value)
                                    @if let Some(unit) = &fact.unit { " " (unit) }
                                }
                                @if let Some(as_of) = &fact.as_of { span class="muted" { ", as of " bdi { (as_of) } } }
                                @if let Some(source) = &fact.source { span class="muted" { ", " bdi { (source) } } }
                                @if fact.private { " " span class="tag bad" { "not for publication" } }
                            }
                        }
                    }
                }
            }
        }
        @for quote in &brief.quotes {
            blockquote dir="auto" lang=(brief.language) {
                p { (quote.text) }
                @if let Some(speaker) = &quote.speaker { footer dir="auto" { (speaker) } }
            }
        }
        dl {
            (list(brief, "Must include", &wanted(brief)))
            (list(brief, "Must avoid", &brief.must_avoid))
            (line(brief, "Audience", brief.audience.as_deref()))
            (line(brief, "Tone", brief.tone.as_deref()))
            (line(brief, "Call to action", brief.cta.as_deref()))
            @if let Some(due) = brief.due_at { dt { "Due" } dd { (time(due)) } }
            @if let Some(expires) = brief.expires_at { dt { "Expires" } dd { (time(expires)) } }
            @if !brief.tags.is_empty() { dt { "Tags" } dd dir="auto" { (brief.tags.join(", ")) } }
        }
    }
}

/// What has to be mentioned, in words.
fn wanted(brief: &Brief) -> Vec<String> {
    let wanted = brief.must_include.iter();
    wanted
        .map(|wanted| {
            if let Some(id) = &wanted.fact {
                let fact = brief.facts.iter().find(|fact| fact.id == *id);
                fact.map_or_else(|| id.clone(), |fact| fact.label.clone())
            } else if let Some(text) = &wanted.text {
                text.clone()
            } else if let Some(regex) = &wanted.regex {
                format!("a match of {regex}")
            } else {
                wanted.any_of.join(" or ")
            }
        })
        .collect()
}

fn list(brief: &Brief, name: &str, entries: &[String]) -> Markup {
    html! {
        @if !entries.is_empty() {
            dt { (name) }
            dd { ul { @for entry in entries { li dir="auto" lang=(brief.language) { (entry) } } } }
        }
    }
}

fn line(brief: &Brief, name: &str, text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { dt { (name) } dd dir="auto" lang=(brief.language) { (text) } } }
}
