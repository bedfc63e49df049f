//! The pages for people, kept true by a test: what they tell to type exists, and so does every path
//! they name.

use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

const PAGES: [&str; 7] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/ARCHITECTURE.md",
    "docs/BENCHMARKS.md",
    "docs/CAMPAIGNS.md",
    "docs/REPORT.md",
    "docs/SOURCES.md",
];

#[test]
fn what_the_pages_tell_to_type_exists() {
    let mut complaints = Vec::new();
    let makefile = std::fs::read_to_string(root("Makefile")).unwrap_or_default();
    for (page, text) in pages() {
        for words in typed(&text) {
            let line = words.join(" ");
            match words[0].rsplit('/').next() {
                Some("nightdesk") => {
                    // Everything but `--help` is parsed and not done.
                    let args = words[1..]
                        .iter()
                        .take_while(|word| !matches!(word.as_str(), "--" | "COMMAND"));
                    let nightdesk = Command::new(env!("CARGO_BIN_EXE_nightdesk"))
                        .args(args)
                        .arg("--help")
                        .output();
                    let told = nightdesk.unwrap();
                    if !told.status.success() {
                        let told = String::from_utf8_lossy(&told.stderr)
                            .lines()
                            .next()
                            .unwrap_or_default()
                            .to_owned();
                        complaints.push(format!("{page}: `{line}`: {told}"));
                    }
                }
                Some("make") => {
                    let targets = words[1..]
                        .iter()
                        .filter(|word| !word.contains('=') && !word.starts_with('-'));
                    let missing = targets.filter(|target| {
                        !makefile
                            .lines()
                            .any(|rule| rule.starts_with(&format!("{target}:")))
                    });
                    complaints.extend(
                        missing.map(|target| format!("{page}: `{line}`: no target `{target}`")),
                    );
                }
                _ => {}
            }
        }
    }
    refuse(
        complaints,
        "Correct the page, or put the command or the target back.",
    );
}

#[test]
fn every_path_the_pages_name_exists() {
    let path = Regex::new(
        "`((?:src|tests|docs|migrations|templates|channels|jobs|scripts|models)/[a-zA-Z0-9_./-]+)`",
    )
    .unwrap();
    // Made by set-up, so a fresh clone does not have them yet.
    let made = |path: &str| path.starts_with("models/") && path != "models/README.md";
    let mut complaints = Vec::new();
    for (page, text) in pages() {
        for found in path.captures_iter(&text) {
            if !root(&found[1]).exists() && !made(&found[1]) {
                complaints.push(format!("{page}: no `{}`", &found[1]));
            }
        }
    }
    refuse(complaints, "Correct the page: a reader follows its paths.");
}

/// The pages that are there, with their text.
fn pages() -> Vec<(&'static str, String)> {
    let read = |page| Some((page, std::fs::read_to_string(root(page)).ok()?));
    PAGES.into_iter().filter_map(read).collect()
}

/// `nightdesk …` and `make …` lines of fenced blocks and code spans, in words, up to the first thing
/// that only a shell understands.
fn typed(page: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for (n, part) in page.split("```").enumerate() {
        if n % 2 == 1 {
            lines.extend(part.lines().skip(1).map(str::to_owned));
        } else {
            lines.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let word = Regex::new(r#""[^"]*"|'[^']*'|\S+"#).expect("a pattern");
    let shell = |word: &&str| {
        !matches!(
            word.chars().next(),
            Some('|' | '>' | '<' | '#' | '&' | ';' | '…' | '\\')
        )
    };
    let split = |line: String| -> Vec<String> {
        let line = line.trim_start_matches("$ ").to_owned();
        let words = word
            .find_iter(&line)
            .map(|found| found.as_str())
            .take_while(shell);
        words
            .map(|word| word.trim_matches(['"', '\'']).to_owned())
            .collect()
    };
    let lines = lines.into_iter().map(split);
    lines
        .filter(|words| {
            words
                .first()
                .is_some_and(|word| word == "make" || word.ends_with("nightdesk"))
        })
        .collect()
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[track_caller]
fn refuse(complaints: Vec<String>, instruction: &str) {
    assert!(
        complaints.is_empty(),
        "\n\n{}\n\n{instruction}\n",
        complaints.join("\n")
    );
}
