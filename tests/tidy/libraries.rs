//! Libraries live in one room each, so that replacing one changes one room.

use regex::Regex;

use crate::sources::{lines_with, refuse};

/// Libraries that only one room may name, so that replacing one changes one room; more than one, with a blank
/// between, where the comment says why.
const HOMES: [(&str, &str); 52] = [
    ("ort", "src/engine/"),
    ("half", "src/engine/"),
    ("minijinja", "src/engine/"),
    ("tokenizers", "src/engine/"),
    ("prost", "src/engine/"),
    ("rand_chacha", "src/engine/"),
    ("libm", "src/engine/"),
    ("sqlx", "src/store/"),
    ("rustls", "src/store/"),
    // Whoever waits for something outside: a database, a source, a mail server.
    ("backon", "src/cli/ src/notify/ src/source/ src/worker/"),
    ("handlebars", "src/prompt/"),
    ("icu_decimal", "src/prompt/"),
    ("icu_list", "src/prompt/"),
    ("icu_locale_core", "src/prompt/"),
    ("icu_plurals", "src/prompt/"),
    ("chrono_tz", "src/schedule/"),
    ("cron", "src/schedule/"),
    ("croner", "src/schedule/"),
    ("whatlang", "src/scoring/"),
    ("chardetng", "src/intake/"),
    ("encoding_rs", "src/intake/"),
    ("htmlize", "src/intake/"),
    // Tables in, tables out; intake does not know exports.
    ("csv", "src/intake/ src/export/"),
    // A brief is held against its schema; ninjs is written against the standard's.
    ("jsonschema", "src/intake/ src/export/"),
    ("similar", "src/diff/"),
    ("strsim", "src/domain/suggest.rs"),
    ("ipnet", "src/domain/trusted_proxies.rs"),
    ("clap", "src/cli/"),
    ("indicatif", "src/cli/"),
    ("comfy_table", "src/cli/"),
    ("anyhow", "src/cli/ src/main.rs"),
    ("rpassword", "src/cli/"),
    // Pages: the desk's, and the report as a page of a mail.
    ("maud", "src/report/ src/web/"),
    ("lettre", "src/notify/"),
    ("axum", "src/web/"),
    ("axum_extra", "src/web/"),
    ("tower", "src/web/"),
    ("tower_http", "src/web/"),
    ("hyper", "src/web/server/"),
    ("hyper_util", "src/web/server/"),
    ("utoipa_axum", "src/web/"),
    ("argon2", "src/web/"),
    ("subtle", "src/web/"),
    ("getrandom", "src/web/"),
    ("prometheus_client", "src/web/"),
    ("rustix", "src/web/"),
    ("libc", "src/files.rs"),
    ("opentelemetry", "src/telemetry/"),
    ("opentelemetry_otlp", "src/telemetry/"),
    ("ureq", "src/notify/ src/telemetry/"),
    // A schema is derived where its type is: the API hands out values of these rooms as they are. What is done with
    // the schemas is `utoipa_axum`, in web.
    (
        "utoipa",
        "src/domain/ src/intake/ src/publish/ src/store/ src/web/",
    ),
    // Texts are read by patterns where texts are read: briefs, prompts, drafts.
    (
        "regex",
        "src/domain/ src/channel/ src/drafting/ src/engine/ src/intake/ src/prompt/ src/scoring/",
    ),
];

#[test]
fn each_library_is_named_in_its_own_room_only() {
    let mut complaints = Vec::new();
    for (library, home) in HOMES {
        let named = Regex::new(&format!(
            r"(?:^|[^\w:/.]){library}(?:_contrib)?(?:::|;| as )"
        ))
        .unwrap();
        let is_home = |path: &str| home.split(' ').any(|home| path.starts_with(home));
        let lines = lines_with(&named, is_home);
        complaints.extend(
            lines
                .into_iter()
                .map(|line| format!("{line}\n    `{library}` belongs to {home}")),
        );
    }
    refuse(
        complaints,
        "Give the room that owns the library a function or type of its own, and use that.",
    );
}

#[test]
fn unsafe_code_stays_in_the_kernels() {
    let word = Regex::new(r"\bunsafe\b").unwrap();
    refuse(
        lines_with(&word, |path| path.starts_with("src/engine/kernels/")),
        "`unsafe` is for CPU kernels in src/engine/kernels/, each block with its reason.",
    );
}
