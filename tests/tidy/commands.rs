//! Commands are named where somebody can type them: a page, a program that asks the API and a receiver of an error
//! below the edges have no terminal. The layers say what to do in plain words, and src/cli adds what to type.

use regex::Regex;

use crate::sources::{lines_with, refuse, room_of};

/// Files outside of src/cli that name commands or flags nevertheless, each with the reason.
const TYPED: [(&str, &str); 5] = [
    (
        "src/engine/error.rs",
        "a model and the runtime are files of the machine, and whoever is told of them set it up",
    ),
    (
        "src/notify/alerts.rs",
        "an alert wakes whoever runs Nightdesk, and says what to type first",
    ),
    (
        "src/scheduler/cursor_ahead.rs",
        "a line of the log, for whoever runs the scheduler",
    ),
    (
        "src/scheduler/mod.rs",
        "a line of the log, for whoever runs the scheduler",
    ),
    (
        "src/web/health/mod.rs",
        "an address that cannot be taken is told on the terminal that the desk is started on",
    ),
];

#[test]
fn only_the_command_line_says_what_to_type() {
    let pattern = r"`nightdesk [a-z]|\bbriefs import\b|`--[a-z]|`runs? --|\bmake setup\b|`(?:iconv|unzip|gzip|bzip2|zstd|xz|7z|jq) ";
    let pattern = Regex::new(pattern).expect("a pattern");
    let is_edge = |path: &str| ["cli", "main"].contains(&room_of(path).as_str());
    let lines = lines_with(&pattern, is_edge);
    let is_excused = |line: &&String| TYPED.iter().any(|(file, _)| line.starts_with(file));
    let excused = lines.iter().filter(is_excused).count();
    assert!(excused > 0, "the pattern here is out of date");
    let mut complaints: Vec<String> = lines
        .iter()
        .filter(|line| !is_excused(line))
        .cloned()
        .collect();
    let unused = TYPED
        .iter()
        .filter(|(file, _)| !lines.iter().any(|line| line.starts_with(file)));
    complaints
        .extend(unused.map(|(file, _)| format!("{file}: names no command; delete it from TYPED")));
    refuse(
        complaints,
        "Say what to do in plain words, and let src/cli/hints.rs add the command by the problem's code.",
    );
}
