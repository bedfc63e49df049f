//! The brief beside the draft.

use maud::{Markup, html};

use crate::domain::brief::Brief;
use crate::store::ReviewDetail;
use crate::web::desk::words::time;

pub(super) fn brief(detail: &ReviewDetail) -> Markup {
    let brief = &detail.brief;
    html! {
        section class="brief" aria-labelledby="brief" {
            h2 id="brief" { "Brief" }
            p {
                strong { (brief.topic) } " "
                span class="muted" { (brief.external_ref) ", revision " (detail.brief_revision) }
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
                            th scope="row" { (fact.label) }
                            td {
                                (fact.value)
                                @if let Some(unit) = &fact.unit { " " (unit) }
                                @if let Some(as_of) = &fact.as_of { span class="muted" { ", as of " (as_of) } }
                                @if let Some(source) = &fact.source { span class="muted" { ", " (source) } }
                                @if fact.private { " " span class="tag bad" { "not for publication" } }
                            }
                        }
                    }
                }
            }
        }
        @for quote in &brief.quotes {
            blockquote {
                p { (quote.text) }
                @if let Some(speaker) = &quote.speaker { footer { (speaker) } }
            }
        }
        dl {
            (list("Must include", &wanted(brief)))
            (list("Must avoid", &brief.must_avoid))
            (line("Audience", brief.audience.as_deref()))
            (line("Tone", brief.tone.as_deref()))
            (line("Call to action", brief.cta.as_deref()))
            @if let Some(due) = brief.due_at { dt { "Due" } dd { (time(due)) } }
            @if let Some(expires) = brief.expires_at { dt { "Expires" } dd { (time(expires)) } }
            @if !brief.tags.is_empty() { dt { "Tags" } dd { (brief.tags.join(", ")) } }
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

fn list(name: &str, entries: &[String]) -> Markup {
    html! {
        @if !entries.is_empty() {
            dt { (name) }
            dd { ul { @for entry in entries { li { (entry) } } } }
        }
    }
}

fn line(name: &str, text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { dt { (name) } dd { (text) } } }
}
