//! What somebody sees of their token for the API.

use maud::{Markup, html};

use crate::domain::problem::Problem;
use crate::domain::user::{TOKEN_DAYS, TOKEN_DAYS_RANGE, UserRecord};
use crate::web::desk::{format, layout};
use crate::web::guard::Viewer;

/// The token, for the user whose record this is; the new one where it was made a moment ago.
pub(in crate::web::desk::settings) fn section(
    viewer: &Viewer,
    record: Option<&UserRecord>,
    made: Option<&str>,
) -> Markup {
    let held = record.filter(|record| record.has_token);
    html! {
        section class="card" aria-labelledby="token" {
            h2 id="token" { "Your token for the API" }
            @if let Some(token) = made {
                div role="status" {
                    p { "Keep it safe: it is not shown again." }
                    p { code { (token) } }
                }
            } @else if held.is_some() {
                p { "You have a token. It can be replaced or taken away, and not be shown." }
            } @else {
                p { "You have no token." }
            }
            @if let Some(record) = held { p { (lifetime(record)) } }
            @if viewer.session.is_empty() {
                p class="muted" { (needs_none().message) }
            } @else {
                form method="post" action="/settings/token" {
                    (layout::csrf_field(viewer))
                    input type="hidden" autocomplete="username" value=(viewer.user.name);
                    label { "Your password" input type="password" name="password" autocomplete="current-password" required; }
                    label { "Days until it ends"
                        input type="number" name="days" min=(TOKEN_DAYS_RANGE.start()) max=(TOKEN_DAYS_RANGE.end()) value=(TOKEN_DAYS) required;
                    }
                    p class="muted" { "It also ends when your password changes, and when you are disabled." }
                    button { @if held.is_some() { "Make a new token in its place" } @else { "Make a token" } }
                }
            }
            @if held.is_some() {
                form method="post" action="/settings/token/revoke" {
                    (layout::csrf_field(viewer))
                    button class="quiet" { "Take the token away" }
                }
            }
        }
    }
}

/// Until when a token holds, and when it was last used.
pub(in crate::web::desk::settings) fn lifetime(record: &UserRecord) -> Markup {
    html! {
        @if let Some(end) = record.token_expires_at {
            @if record.token_expired { span class="tag" { "expired" } " " (format::time(end)) } @else { "Until " (format::time(end)) }
        }
        ", "
        @match record.token_last_used_at {
            Some(used) => { "last used " (format::time(used)) }
            None => { "not used yet" }
        }
    }
}

/// Why a desk without sign-in makes no token.
pub(in crate::web::desk::settings) fn needs_none() -> Problem {
    Problem::new(
        "settings.no_token",
        "without sign-in every request is let in that carries any token at all, so none is made",
    )
    .hint("whoever runs the desk can start it with sign-in; then one is made here")
}
