//! The pages for people, kept true by a test: what they tell to type exists, and so does every path
//! they name.

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;

use crate::sources::{refuse, root};

/// Folders whose pages are read, all of them.
const FOLDERS: [&str; 4] = ["", "docs/", "models/", "examples/"];

#[test]
fn what_the_pages_tell_to_type_exists() {
    let mut complaints = Vec::new();
    let makefile = std::fs::read_to_string(root("Makefile")).unwrap_or_default();
    for (page, text) in pages() {
        for words in typed(&text) {
            let line = words.join(" ");
            match words[0].rsplit('/').next() {
                Some("nightdesk") => complaints
                    .extend(refused(&words[1..]).map(|told| format!("{page}: `{line}`: {told}"))),
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

/// What the program says against a command line, if anything; everything but `--help` is parsed and not done.
fn refused(args: &[String]) -> Option<String> {
    let args = args
        .iter()
        .take_while(|word| !matches!(word.as_str(), "--" | "COMMAND"));
    let nightdesk = Command::new(env!("CARGO_BIN_EXE_nightdesk"))
        .args(args)
        .arg("--help")
        .output();
    let told = nightdesk.expect("the program starts");
    let stderr = String::from_utf8_lossy(&told.stderr);
    let first = stderr.lines().next().unwrap_or_default().to_owned();
    (!told.status.success()).then_some(first)
}

#[test]
fn what_the_deployments_start_exists() {
    // `ExecStart=/usr/local/bin/nightdesk worker …` of units, `["worker", …]` of images, whose entry point is
    // the program.
    let unit = Regex::new(r"(?m)^Exec\w+=\S*nightdesk (.+)$").expect("a pattern");
    let image = Regex::new(r"(?m)(?:command|args|CMD):? (\[.+\])$").expect("a pattern");
    let variable = Regex::new(r"\bNIGHTDESK_[A-Z_]+\b").expect("a pattern");
    let known = ["worker", "scheduler", "up"].map(help).concat();
    let (mut complaints, mut commands) = (Vec::new(), 0);
    for (path, text) in deployments() {
        let units = unit.captures_iter(&text).map(|found| {
            let words = found[1].split_whitespace();
            words.map(str::to_owned).collect::<Vec<_>>()
        });
        let images = image
            .captures_iter(&text)
            .filter_map(|found| serde_json::from_str::<Vec<String>>(&found[1]).ok());
        for args in units.chain(images) {
            commands += 1;
            complaints.extend(refused(&args).map(|told| format!("{path}: {args:?}: {told}")));
        }
        let variables = variable.find_iter(&text).map(|found| found.as_str());
        let unknown = variables.filter(|name| !known.contains(name));
        complaints.extend(unknown.map(|name| format!("{path}: no variable `{name}`")));
    }
    assert!(
        commands >= 8,
        "only {commands} commands were found: the patterns here are out of date"
    );
    refuse(
        complaints,
        "Correct the file in deploy/, or put the flag back.",
    );
}

#[test]
fn every_metric_is_told_and_every_metric_told_is_there() {
    let snapshot = "tests/it/operations/snapshots/it__operations__figures__metrics.snap";
    let name = Regex::new(r"\bnightdesk_[a-z_]+\b").expect("a pattern");
    let named = |text: &str| -> BTreeSet<String> {
        let names = name.find_iter(text).map(|found| found.as_str().to_owned());
        names.collect()
    };
    let there = std::fs::read_to_string(root(snapshot)).expect("the snapshot of a test");
    let there: Vec<&str> = there
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let there = named(&there.join("\n"));
    let page = std::fs::read_to_string(root("docs/OPERATIONS.md")).expect("a page");
    let rules = std::fs::read_to_string(root("deploy/prometheus/alerts.yaml")).expect("rules");
    let told = named(&page);
    let mut complaints: Vec<String> = there
        .difference(&told)
        .map(|name| format!("docs/OPERATIONS.md does not explain `{name}`"))
        .collect();
    let all: BTreeSet<String> = &told | &named(&rules);
    complaints.extend(
        all.difference(&there)
            .map(|name| format!("there is no metric `{name}`")),
    );
    let alert = Regex::new(r"alert: (\w+)").expect("a pattern");
    let alerts = alert.captures_iter(&rules).map(|found| found[1].to_owned());
    complaints.extend(
        alerts
            .filter(|alert| !page.contains(alert))
            .map(|alert| format!("docs/OPERATIONS.md does not say what to do about {alert}")),
    );
    refuse(complaints, "Keep page, alert rules and metrics together.");
}

/// Everything that is in deploy/, with its path.
fn deployments() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

fn help(command: &str) -> String {
    let told = Command::new(env!("CARGO_BIN_EXE_nightdesk"))
        .args([command, "--help"])
        .output();
    String::from_utf8_lossy(&told.expect("the program starts").stdout).into_owned()
}

#[test]
fn every_path_the_pages_name_exists() {
    let path = Regex::new(
        "`((?:src|tests|docs|deploy|migrations|templates|channels|jobs|scripts|models)/[a-zA-Z0-9_./-]+)`",
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

/// Every page, by its path, with its text; what was changed names what was there before.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let path = format!("{folder}{}", name.to_string_lossy());
            if path.ends_with(".md") && path != "CHANGELOG.md" {
                let text = std::fs::read_to_string(root(&path)).expect("a page");
                pages.push((path, text));
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 15, "only {} pages were found", pages.len());
    pages
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
            // `nightdesk = host=…` is a line of a pooler's configuration.
            let is_setting = words.get(1).is_some_and(|word| word == "=");
            let first = words.first();
            !is_setting && first.is_some_and(|word| word == "make" || word.ends_with("nightdesk"))
        })
        .collect()
}
