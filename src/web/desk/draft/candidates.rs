//! All drafts of one brief side by side, and why each is not the first.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::domain::draft::DraftDetail;
use crate::store::ReviewDetail;
use crate::web::desk::queue::{QueueQuery, priority};

/// Nothing where there is only one.
pub(super) fn candidates(detail: &ReviewDetail, shown: usize, query: &QueueQuery) -> Markup {
    let all = &detail.candidates;
    let best = all.first();
    html! {
        @if all.len() > 1 {
            section class="candidates" aria-labelledby="candidates" {
                h2 id="candidates" { "All " (all.len()) " drafts of this brief" }
                div class="grid" {
                    @for (place, draft) in all.iter().enumerate() {
                        article class={ "card" @if place == shown { " current" } } {
                            h3 {
                                "No. " (draft.draft.rank) " " (priority(draft.draft.priority))
                                @if place == shown { " " span class="tag" { "shown above" } }
                            }
                            @if let Some(best) = best.filter(|_| place > 0) {
                                p class="why" { (why_not_first(best, draft)) }
                            }
                            p class="copy small" dir="auto" lang=(detail.item.language) { (draft.draft.text) }
                            @if place != shown {
                                a href={ (query.item(detail.item.id)) (if query.text().is_empty() { "?" } else { "&" }) "draft=" (draft.draft.id) } {
                                    "Read and decide about this one"
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The difference of their deductions, by rule.
fn why_not_first(best: &DraftDetail, draft: &DraftDetail) -> Markup {
    let mut points: BTreeMap<&str, i32> = BTreeMap::new();
    for deduction in &draft.draft.deductions {
        *points.entry(&deduction.rule).or_default() += i32::from(deduction.points);
    }
    for deduction in &best.draft.deductions {
        *points.entry(&deduction.rule).or_default() -= i32::from(deduction.points);
    }
    points.retain(|_, points| *points != 0);
    let mut sorted: Vec<(&str, i32)> = points.into_iter().collect();
    sorted.sort_by_key(|(rule, points)| (-points, *rule));
    html! {
        @if sorted.is_empty() {
            span class="muted" { "as good as the first; made later" }
        }
        @for (rule, points) in sorted {
            @if points > 0 { span class="tag warn" { "−" (points) " more for " (rule) } " " }
            @else { span class="tag good" { (-points) " less for " (rule) } " " }
        }
    }
}
