//! What everybody sees about themselves: their password and their sessions.

use maud::{Markup, html};

use crate::domain::user::MIN_PASSWORD_CHARS;
use crate::store::SessionRecord;
use crate::web::desk::{format, layout};
use crate::web::guard::Viewer;

pub(in crate::web::desk::settings) fn password(viewer: &Viewer) -> Markup {
    html! {
        section class="card" aria-labelledby="password" {
            h2 id="password" { "Your password" }
            @if viewer.session.is_empty() {
                p class="muted" { "This desk was started without sign-in: there is no password to change." }
            } @else {
                form method="post" action="/settings/password" {
                    (layout::csrf_field(viewer))
                    // For password stores, which want to know whose it is.
                    input type="hidden" autocomplete="username" value=(viewer.user.name);
                    label { "Old password" input type="password" name="old" autocomplete="current-password" required; }
                    label { "New password" input type="password" name="new" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                    label { "New password again" input type="password" name="again" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                    button class="primary" { "Change the password" }
                }
            }
        }
    }
}

pub(in crate::web::desk::settings) fn sessions(
    viewer: &Viewer,
    sessions: &[SessionRecord],
) -> Markup {
    html! {
        section class="card" aria-labelledby="sessions" {
            h2 id="sessions" { "Your sessions" }
            @if sessions.is_empty() { p class="muted" { "None." } } @else {
                table class="table" {
                    caption { "Browsers in which you are signed in" }
                    thead { tr { th scope="col" { "Last used" } th scope="col" { "Signed in" } th scope="col" { "" } } }
                    tbody {
                        @for session in sessions {
                            tr {
                                td data-label="Last used" { (format::time(session.last_seen_at)) @if is_own(viewer, &session.id) { " " span class="tag" { "this one" } } }
                                td data-label="Signed in" { (format::time(session.created_at)) }
                                td {
                                    form method="post" action="/settings/sessions/end" {
                                        (layout::csrf_field(viewer))
                                        input type="hidden" name="id" value=(session.id);
                                        button class="quiet" { "End" }
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

fn is_own(viewer: &Viewer, id: &str) -> bool {
    !viewer.session.is_empty() && viewer.session.starts_with(id)
}
