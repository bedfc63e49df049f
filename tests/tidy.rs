//! The architecture, kept by a test: which module may name which, where libraries live, what a file looks like.

use std::{path::Path, process::Command};

use regex::Regex;

/// Layers from the bottom up, as drawn in src/lib.rs. A module names only layers below its own.
const LAYERS: [(&str, &str); 6] = [
    ("core", "domain config telemetry files"),
    (
        "engines",
        "channel engine export intake postgres prompt diff schedule scoring",
    ),
    ("drafting", "drafting"),
    ("store", "store"),
    (
        "processes",
        "notify source publish report scheduler web worker",
    ),
    ("edges", "cli main lib"),
];

/// Libraries that only one room may name, so that replacing one changes one room; two, with a blank, where two need it.
const HOMES: [(&str, &str); 26] = [
    ("ort", "src/engine/"),
    ("minijinja", "src/engine/"),
    ("tokenizers", "src/engine/"),
    ("prost", "src/engine/"),
    ("sqlx", "src/store/"),
    ("rustls", "src/store/"),
    ("backon", "src/cli/ src/notify/ src/source/ src/worker/"),
    ("handlebars", "src/prompt/"),
    ("chrono_tz", "src/schedule/"),
    ("cron", "src/schedule/"),
    ("clap", "src/cli/"),
    ("indicatif", "src/cli/"),
    ("comfy_table", "src/cli/"),
    ("maud", "src/report/ src/web/"),
    ("lettre", "src/notify/"),
    ("axum", "src/web/"),
    ("axum_extra", "src/web/"),
    ("tower", "src/web/"),
    ("tower_http", "src/web/"),
    ("utoipa_axum", "src/web/"),
    ("argon2", "src/web/"),
    ("similar", "src/diff/"),
    ("prometheus_client", "src/web/"),
    ("opentelemetry", "src/telemetry/"),
    ("opentelemetry_otlp", "src/telemetry/"),
    ("ureq", "src/notify/ src/telemetry/"),
];

const MOST_LINES: usize = 400;

#[test]
fn imports_point_down() {
    let above = Regex::new(r"(?:\bsuper::)+").unwrap();
    let mut complaints = Vec::new();
    for file in sources("src") {
        let (from, room) = (layer_of(&file.room), &file.room);
        let Some(from) = from else {
            complaints.push(format!(
                "{}: `{room}` is in no layer; add it to LAYERS and to src/lib.rs",
                file.path
            ));
            continue;
        };
        for target in imports(&file.code) {
            let Some(to) = layer_of(&target) else {
                continue;
            };
            let beside = to == from && (LAYERS[to].0 != "engines" || target == *room);
            if to > from || to == from && !beside {
                complaints.push(format!(
                    "{}: `{room}` ({}) names `crate::{target}` ({})",
                    file.path, LAYERS[from].0, LAYERS[to].0
                ));
            }
        }
        // `super` must not reach the crate root, from where every room is in sight.
        let depth = file.module_depth();
        let outside_tests = file
            .code
            .split("#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default();
        for found in above.find_iter(outside_tests) {
            if found.as_str().matches("super").count() >= depth {
                complaints.push(format!(
                    "{}: `{}` leaves `{room}`; name the module by `crate::`",
                    file.path,
                    found.as_str()
                ));
            }
        }
    }
    refuse(
        complaints,
        "Imports point down, and engines do not know each other: pass a value in, or let the layer above put the two together.",
    );
}

#[test]
fn the_drawing_in_lib_rs_shows_every_module() {
    let lib = read("src/lib.rs");
    let drawing: String = lib.lines().filter(|line| line.starts_with("//!")).collect();
    let module = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    let complaints = module.captures_iter(&lib).filter_map(|found| {
        let drawn = Regex::new(&format!(r"\b{}\b", &found[1]))
            .unwrap()
            .is_match(&drawing);
        (!drawn || layer_of(&found[1]).is_none())
            .then(|| format!("src/lib.rs: `{}` is not drawn", &found[1]))
    });
    refuse(
        complaints.collect(),
        "Put the module into the drawing at the top of src/lib.rs and into LAYERS in tests/tidy.rs.",
    );
}

#[test]
fn each_library_is_named_in_its_own_room_only() {
    let mut complaints = Vec::new();
    for (library, home) in HOMES {
        let named = Regex::new(&format!(r"\b{library}(?:_contrib)?(?:::|;| as )")).unwrap();
        for file in sources("src")
            .iter()
            .filter(|file| !home.split(' ').any(|home| file.path.starts_with(home)))
        {
            let lines = file
                .code
                .lines()
                .enumerate()
                .filter(|(_, line)| named.is_match(line));
            complaints.extend(
                lines.map(|(n, _)| {
                    format!("{}:{}: `{library}` belongs to {home}", file.path, n + 1)
                }),
            );
        }
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

#[test]
fn time_is_an_argument_below_the_processes() {
    let clock = Regex::new(r"\b(?:Utc|Local|SystemTime)::now\b").unwrap();
    refuse(
        lines_with(&clock, |path| {
            layer_of(&room_of(path))
                .is_none_or(|layer| LAYERS[layer].0 == "processes" || LAYERS[layer].0 == "edges")
        }),
        "Take `now` as an argument; in SQL, use `nightdesk_now()`. Then a test can set the time.",
    );
}

#[test]
fn every_file_opens_with_its_idea_and_stays_readable() {
    let mut complaints = Vec::new();
    for file in sources("src").into_iter().chain(sources("tests")) {
        if !file.text.starts_with("//!") {
            complaints.push(format!("{}: does not open with `//!`", file.path));
        }
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            complaints.push(format!(
                "{}: {lines} lines, at most {MOST_LINES}",
                file.path
            ));
        }
        if root(file.path.trim_end_matches(".rs")).is_dir() && file.path != "tests/it.rs" {
            complaints.push(format!(
                "{0}: move it to {1}/mod.rs",
                file.path,
                file.path.trim_end_matches(".rs")
            ));
        }
    }
    refuse(
        complaints,
        "A file is one idea that its first line says. A longer one holds a second idea: give it a file, named after it.",
    );
}

#[test]
fn no_file_is_named_after_nothing() {
    // Handlebars calls what templates call "helpers", and that is what the file holds.
    let allowed = ["src/prompt/helpers.rs"];
    let vague = [
        "util", "utils", "helper", "helpers", "manager", "common", "misc",
    ];
    let complaints = sources("src").into_iter().filter(|file| {
        let mut names = file.path.trim_end_matches(".rs").split('/');
        names.any(|name| vague.contains(&name)) && !allowed.contains(&file.path.as_str())
    });
    refuse(
        complaints.map(|file| file.path).collect(),
        "Name the file after what it holds, in the field's words.",
    );
}

#[test]
fn every_table_and_function_says_why_it_is_there() {
    let made = Regex::new(r"(?m)^create (?:table|function|type|view) (\w+)").unwrap();
    let mut complaints = Vec::new();
    for entry in std::fs::read_dir(root("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let sql = std::fs::read_to_string(&path).unwrap();
        for found in made.captures_iter(&sql) {
            let start = found.get(0).map_or(0, |found| found.start());
            let above = sql[..start].trim_end().lines().last().unwrap_or_default();
            let body = sql[start..].split(";\n").next().unwrap_or_default();
            if !above.starts_with("--") && !body.contains("\n    -- ") {
                let name = path.file_name().unwrap_or_default().display();
                complaints.push(format!("migrations/{name}: `{}` has no comment", &found[1]));
            }
        }
    }
    refuse(
        complaints,
        "Say above it what it is for and what breaks without it.",
    );
}

#[test]
fn the_repository_holds_no_large_file_and_no_registry_address() {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root(""))
        .output();
    // An unpacked archive has no list; nothing can be added to it either.
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        return;
    };
    // Where packages come from is the business of the machine that fetches them.
    let registry = Regex::new(r"(?:pypi\.org|pythonhosted\.org|(?:static|index)\.crates\.io|npmjs\.org|--(?:extra-)?index-url)").unwrap();
    let mut complaints = Vec::new();
    for path in String::from_utf8_lossy(&listed.stdout)
        .split('\0')
        .filter(|path| !path.is_empty())
    {
        let Ok(bytes) = std::fs::read(root(path)) else {
            continue;
        };
        if bytes.len() > 1 << 20 {
            complaints.push(format!("{path}: {} bytes, at most 1 MiB", bytes.len()));
        }
        let this = path == file!();
        for found in registry
            .find_iter(&String::from_utf8_lossy(&bytes))
            .filter(|_| !this)
        {
            complaints.push(format!("{path}: names `{}`", found.as_str()));
        }
    }
    refuse(
        complaints,
        "Fetch large files in a set-up step, by hash; leave registries to each machine's own configuration.",
    );
}

/// A Rust file.
struct Source {
    /// Relative to the repository.
    path: String,
    text: String,
    /// The text with comment lines emptied, so that line numbers stay.
    code: String,
    /// Top-level module it belongs to.
    room: String,
}

impl Source {
    /// Modules from the crate root down to this file: 1 for src/config.rs and src/store/mod.rs.
    fn module_depth(&self) -> usize {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.matches('/').count()
    }
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).expect("a file")
}

fn room_of(path: &str) -> String {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').next().unwrap_or_default().to_owned()
}

fn layer_of(room: &str) -> Option<usize> {
    let names = |rooms: &str| rooms.split(' ').any(|known| known == room);
    LAYERS.iter().position(|(_, rooms)| names(rooms))
}

/// Every `.rs` file below a folder, in a stable order.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root(folder)).expect("a folder") {
        let path = format!(
            "{folder}/{}",
            entry.expect("an entry").file_name().to_string_lossy()
        );
        if root(&path).is_dir() {
            found.extend(sources(&path));
        } else if path.ends_with(".rs") {
            let text = read(&path);
            let code = text.lines().map(|line| {
                if line.trim_start().starts_with("//") {
                    ""
                } else {
                    line
                }
            });
            let code = code.collect::<Vec<_>>().join("\n");
            found.push(Source {
                room: room_of(&path),
                path,
                text,
                code,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// First names behind every `crate::`, those of a group such as `crate::{a::b, c::{d, e}}` included.
fn imports(code: &str) -> Vec<String> {
    let start = Regex::new(r"\b(?:crate|nightdesk)::(\{|\w+)").expect("a pattern");
    let mut names = Vec::new();
    for found in start.captures_iter(code) {
        if &found[1] != "{" {
            names.push(found[1].to_owned());
            continue;
        }
        let (mut depth, mut part) = (0, String::new());
        for c in code[found.get(0).map_or(0, |found| found.end())..].chars() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => names.push(std::mem::take(&mut part)),
                _ if depth == 0 => part.push(c),
                _ => {}
            }
        }
        names.push(part);
    }
    let first = |name: String| Some(name.trim().split("::").next()?.to_owned());
    let firsts = names.into_iter().filter_map(first);
    firsts.filter(|name| !name.is_empty()).collect()
}

#[test]
fn grouped_imports_are_read_whole() {
    let code = "use crate::{domain::{run, brief::Brief}, store, worker::Worker as W};\ncrate::prompt::x();";
    assert_eq!(imports(code), ["domain", "store", "worker", "prompt"]);
}

/// Lines of src that match, outside of the files that may.
fn lines_with(pattern: &Regex, may: impl Fn(&str) -> bool) -> Vec<String> {
    let files = sources("src").into_iter().filter(|file| !may(&file.path));
    files
        .flat_map(|file| {
            let lines = file
                .code
                .lines()
                .enumerate()
                .filter(|(_, line)| pattern.is_match(line));
            lines
                .map(|(n, line)| format!("{}:{}: {}", file.path, n + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[track_caller]
fn refuse(complaints: Vec<String>, instruction: &str) {
    assert!(
        complaints.is_empty(),
        "\n\n{}\n\n{instruction}\n",
        complaints.join("\n")
    );
}
