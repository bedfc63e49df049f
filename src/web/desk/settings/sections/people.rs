//! What admins see of everybody.

use maud::{Markup, html};

use super::token;
use crate::domain::user::{MIN_PASSWORD_CHARS, Role, UserRecord};
use crate::web::desk::{format, layout};
use crate::web::guard::Viewer;

pub(in crate::web::desk::settings) fn list(viewer: &Viewer, users: &[UserRecord]) -> Markup {
    html! {
        section class="card" aria-labelledby="users" {
            h2 id="users" { "Users" }
            table class="table" {
                caption { "Who may sign in, and what each may do" }
                thead { tr {
                    th scope="col" { "Name" } th scope="col" { "Role" } th scope="col" { "Sessions" }
                    th scope="col" { "Token" } th scope="col" { "Since" } th scope="col" { "Password" } th scope="col" { "" }
                } }
                tbody { @for record in users { (row(viewer, record)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, record: &UserRecord) -> Markup {
    let user = &record.user;
    let action = |word: &str| format!("/settings/users/{}/{word}", user.id);
    let of = |words: &str| format!("{words} of {}", user.name);
    html! {
        tr {
            th scope="row" data-label="Name" {
                bdi { (user.name) }
                @if user.id == viewer.user.id { " " span class="tag" { "you" } }
                @if record.disabled_at.is_some() { " " span class="tag" { "disabled" } }
            }
            td data-label="Role" {
                form method="post" action=(action("role")) {
                    (layout::csrf_field(viewer))
                    (roles(user.role, &of("Role")))
                    button class="quiet" { "Change" }
                }
            }
            td data-label="Sessions" { (record.sessions) }
            td data-label="Token" {
                @if record.has_token {
                    (token::lifetime(record))
                    form method="post" action=(action("token/revoke")) {
                        (layout::csrf_field(viewer))
                        button class="quiet" aria-label=(of("Take away the token")) { "Take away" }
                    }
                } @else { "no" }
            }
            td data-label="Since" { (format::time(record.created_at)) }
            td data-label="Password" {
                @if user.id != viewer.user.id {
                    form method="post" action=(action("password")) {
                        (layout::csrf_field(viewer))
                        input type="password" name="password" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required aria-label=(of("New password"));
                        button class="quiet" { "Set" }
                    }
                }
            }
            td {
                form method="post" action=(action(if record.disabled_at.is_some() { "enable" } else { "disable" })) {
                    (layout::csrf_field(viewer))
                    button class="quiet" { @if record.disabled_at.is_some() { "Enable" } @else { "Disable" } }
                }
            }
        }
    }
}

fn roles(selected: Role, label: &str) -> Markup {
    html! {
        select name="role" aria-label=(label) {
            @for role in Role::ALL { option value=(role) selected[role == selected] { (role) } }
        }
    }
}

/// Adds somebody; with what was typed before, where that was refused.
pub(in crate::web::desk::settings) fn form(
    viewer: &Viewer,
    name: &str,
    role: Option<Role>,
) -> Markup {
    html! {
        section class="card" aria-labelledby="add" {
            h2 id="add" { "Add a user" }
            form method="post" action="/settings/users" {
                (layout::csrf_field(viewer))
                label { "Name" input name="name" dir="auto" value=(name) autocomplete="off" maxlength="80" required; }
                label { "Role" (roles(role.unwrap_or(Role::Editor), "Role")) }
                label { "Password" input type="password" name="password" autocomplete="new-password" minlength=(MIN_PASSWORD_CHARS) required; }
                p class="muted" { "Tell it to them in person; they can change it here." }
                button class="primary" { "Add the user" }
            }
        }
    }
}
