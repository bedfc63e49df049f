//! The queue's page.

use maud::{Markup, html};

use super::QueueQuery;
use crate::domain::brief::Risk;
use crate::domain::review::{QueueOrder, ReviewItem};
use crate::store::{QueueCounts, QueueFacets, QueuePage, SavedFilter};
use crate::web::desk::decide::Done;
use crate::web::desk::format::{counted, duration, plural};
use crate::web::desk::layout::{self, Nav};
use crate::web::guard::Viewer;

/// All there is on it.
pub(super) struct View<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) query: &'a QueueQuery,
    pub(super) page: &'a QueuePage,
    pub(super) counts: QueueCounts,
    pub(super) facets: &'a QueueFacets,
    pub(super) saved: &'a [SavedFilter],
    pub(super) done: Option<Done>,
}

impl View<'_> {
    pub(super) fn page(&self) -> Markup {
        let body = html! {
            @if let Some(done) = &self.done { (done.banner(self.viewer, self.query)) }
            div class="head" {
                h1 { "Queue" }
                (self.summary())
                form method="post" action="/next" {
                    (layout::csrf_field(self.viewer))
                    input type="hidden" name="q" value=(self.query.text());
                    button class="primary" data-key="Enter" { "Take the next draft" }
                }
            }
            (self.filters())
            @if self.page.items.is_empty() {
                (self.nothing())
            } @else {
                (self.rows())
            }
            nav class="pager" aria-label="Pages" {
                @if !self.query.after.is_empty() {
                    a href=(self.query.address()) { "First page" }
                }
                @if let Some(next) = &self.page.next {
                    a href={ "/?" (self.query.after(next)) } rel="next" { "Next page" }
                }
            }
        };
        layout::page(self.viewer, "Queue", Nav::Queue, body)
    }

    fn summary(&self) -> Markup {
        let counts = self.counts;
        html! {
            p class="muted" {
                strong { (counted(counts.matching)) }
                @if counts.matching != counts.open { " of " (counted(counts.open)) }
                " to review"
                @if counts.overdue > 0 { ", " strong { (counted(counts.overdue)) " overdue" } }
                @if counts.supervisor > 0 { ", " (counted(counts.supervisor)) " for a supervisor" }
            }
        }
    }

    fn filters(&self) -> Markup {
        let (query, facets) = (self.query, self.facets);
        let filter = query.filter();
        html! {
            form class="filters" method="get" action="/" {
                (choice("Campaign", "campaign", filter.campaign.as_deref(), &facets.campaigns))
                (choice("Channel", "channel", filter.channel.as_deref(), &facets.channels))
                (choice("Language", "language", filter.language.as_deref(), &facets.languages))
                (choice("Failed gate", "gate", filter.gate.as_deref(), &facets.gates))
                (choice("Reason", "rule", filter.rule.as_deref(), &facets.rules))
                label { "Sort by"
                    select name="order" {
                        @for order in QueueOrder::ALL {
                            option value=(order) selected[query.order() == order] { (order.label()) }
                        }
                    }
                }
                @if let Some(run) = filter.run_id { input type="hidden" name="run" value=(run); }
                button { "Show" }
                @if !query.fields().is_empty() { a href="/" { "Show all" } }
            }
            div class="saved" {
                @if !self.saved.is_empty() {
                    ul aria-label="Saved views" {
                        @for view in self.saved {
                            li {
                                a href={ "/?" (view.query) } dir="auto" { (view.name) }
                                form method="post" action="/filters/delete" {
                                    (layout::csrf_field(self.viewer))
                                    input type="hidden" name="name" value=(view.name);
                                    button class="quiet" aria-label={ "Forget the view " (view.name) } { "×" }
                                }
                            }
                        }
                    }
                }
                details {
                    summary { "Save this view" }
                    form method="post" action="/filters" {
                        (layout::csrf_field(self.viewer))
                        input type="hidden" name="q" value=(query.text());
                        label { "Name" input name="name" dir="auto" maxlength="60" required; }
                        button { "Save" }
                    }
                }
                @if self.viewer.is_supervisor() && self.counts.matching > 0 {
                    a href={ "/bulk?" (query.text()) } { "Approve many…" }
                }
            }
        }
    }

    fn nothing(&self) -> Markup {
        html! {
            div class="card" {
                @if self.counts.open == 0 {
                    p { "Nothing waits. What a run drafts comes here; " a href="/campaigns" { "Campaigns" } " says what runs next." }
                } @else {
                    p { "No draft fits these filters; " (plural(self.counts.open, "draft waits", "drafts wait")) " without them." }
                }
            }
        }
    }

    fn rows(&self) -> Markup {
        html! {
            ol class="rows" id="rows" {
                @for item in &self.page.items { (self.row(item)) }
            }
        }
    }

    fn row(&self, item: &ReviewItem) -> Markup {
        html! {
            li class="row" {
                a class="line" dir="auto" lang=(item.language) href=(self.query.item(item.id)) { (line(&item.first_line)) }
                (priority(item.priority))
                p class="why" {
                    @for deduction in &item.deductions {
                        span class="tag" title=(deduction.message) { "−" (deduction.points) " " (deduction.rule) }
                    }
                    @if item.deductions.is_empty() { span class="muted" { "nothing taken off" } }
                }
                p class="meta" {
                    span dir="auto" lang=(item.language) { (item.topic) }
                    span { (item.campaign) }
                    @if let Some(channel) = &item.channel { span { (channel) } }
                    span { (item.language) }
                    (risk(item.risk))
                    (due(item))
                    span class="muted" { (duration(item.age_s as f64)) " old" }
                    @if item.adjudicating { span class="tag warn" { "two reviews disagree" } }
                    @else if item.reviews_required > 1 {
                        span class="tag" { (item.reviews_done) " of " (item.reviews_required) " reviews" }
                    }
                    @if item.parent_id.is_some() { span class="tag" { "drafted again" } }
                    @if let Some(holder) = &item.holder { span class="tag" { "with " bdi { (holder.name) } } }
                }
            }
        }
    }
}

fn line(text: &str) -> &str {
    if text.is_empty() { "(no text)" } else { text }
}

/// 0–100 as a number and a bar.
pub(in crate::web::desk) fn priority(value: i32) -> Markup {
    html! {
        span class="score" {
            span class="visually-hidden" { "priority " }
            (value)
            meter class="meter" min="0" max="100" low="50" high="80" optimum="100" value=(value) aria-hidden="true" {}
        }
    }
}

/// Only where it is more than ordinary.
pub(in crate::web::desk) fn risk(risk: Risk) -> Markup {
    html! {
        @match risk {
            Risk::High => span class="tag bad" { "high risk" },
            Risk::Medium => span class="tag warn" { "medium risk" },
            Risk::Low => {}
        }
    }
}

/// When the copy is needed.
pub(in crate::web::desk) fn due(item: &ReviewItem) -> Markup {
    html! {
        @if let Some(due) = item.due_at {
            @if item.overdue { span class="tag bad" { "overdue since " (super::super::format::time(due)) } }
            @else { span { "due " (super::super::format::time(due)) } }
        }
    }
}

fn choice(label: &str, name: &str, chosen: Option<&str>, offered: &[String]) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                option value="" { "any" }
                @if let Some(chosen) = chosen.filter(|chosen| !offered.iter().any(|value| value == chosen)) {
                    option value=(chosen) selected { (chosen) }
                }
                @for value in offered {
                    option value=(value) selected[Some(value.as_str()) == chosen] { (value) }
                }
            }
        }
    }
}
