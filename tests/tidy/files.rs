//! A file of Rust: one idea that its first line says, of a readable length, with a name that says something.

use crate::sources::{read, refuse, root, sources};

const MOST_LINES: usize = 400;

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
    for path in ["desk.js", "run.js", "desk.css"].map(|name| format!("src/web/desk/assets/{name}"))
    {
        let lines = read(&path).lines().count();
        if lines > MOST_LINES {
            complaints.push(format!("{path}: {lines} lines, at most {MOST_LINES}"));
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
