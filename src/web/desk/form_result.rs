//! What became of a form, said above the page it was sent from.

use maud::{Markup, html};

use crate::domain::problem::Problem;

/// Why it was not done.
pub(super) fn refused(problem: &Problem) -> Markup {
    html! {
        div class="card stop" role="alert" {
            p dir="auto" { (problem.message) }
            @if let Some(hint) = &problem.hint { p class="muted" dir="auto" { (hint) } }
        }
    }
}

/// That it was done.
pub(super) fn done(words: &str) -> Markup {
    html! { p class="card done" role="status" { (words) } }
}
