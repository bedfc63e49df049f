//! The frame of every page.

use maud::{DOCTYPE, Markup, html};

use super::assets;
use crate::web::guard::Viewer;

/// Which part of the desk a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Nav {
    /// What waits.
    Queue,
    /// Runs and their progress.
    Runs,
    /// What fires when.
    Campaigns,
    /// What is written about.
    Briefs,
    /// Figures of the results.
    Numbers,
    /// What left.
    Exports,
    /// People, sessions, tokens.
    Settings,
    /// None of them.
    Nowhere,
}

/// The links at the top, as far as there are pages.
const LINKS: [(Nav, &str, &str); 7] = [
    (Nav::Queue, "/", "Queue"),
    (Nav::Runs, "/runs", "Runs"),
    (Nav::Campaigns, "/campaigns", "Campaigns"),
    (Nav::Briefs, "/briefs", "Briefs"),
    (Nav::Numbers, "/numbers", "Numbers"),
    (Nav::Exports, "/exports", "Exports"),
    (Nav::Settings, "/settings", "Settings"),
];

/// A page for somebody who is signed in.
pub(in crate::web) fn page(viewer: &Viewer, title: &str, here: Nav, body: Markup) -> Markup {
    frame(
        title,
        html! {
            header class="top" {
                a class="brand" href="/" { "Nightdesk" }
                nav aria-label="Parts of the desk" {
                    ul {
                        @for (nav, href, name) in LINKS {
                            li { a href=(href) aria-current=[(nav == here).then_some("page")] { (name) } }
                        }
                    }
                }
                div class="who" {
                    span dir="auto" { (viewer.user.name) }
                    @if !viewer.session.is_empty() {
                        form method="post" action="/logout" {
                            (csrf_field(viewer))
                            button class="quiet" { "Sign out" }
                        }
                    }
                }
            }
            main id="main" tabindex="-1" { (body) }
        },
    )
}

/// A page for whoever is there.
pub(in crate::web) fn frame(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Nightdesk" }
                // Not deferred: a page is seen before it is read to its end, and a key pressed then would find nobody.
                script src=(assets::address("desk.js")) {}
                link rel="stylesheet" href=(assets::address("desk.css"));
                link rel="icon" href="data:,";
            }
            body {
                a class="skip" href="#main" { "To the content" }
                (body)
            }
        }
    }
}

/// What every form of a session carries.
pub(in crate::web) fn csrf_field(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="csrf" value=(viewer.csrf); }
}
