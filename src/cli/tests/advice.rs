//! Every command and every flag that a message or a hint names is there.

use std::path::Path;

use clap::{Command, CommandFactory};
use regex::Regex;

use crate::cli::Cli;

/// Words that messages show in place of what a person knows: names, files, values.
fn is_placeholder(word: &str) -> bool {
    let first = word.chars().next().unwrap_or(' ');
    !first.is_ascii_lowercase()
}

/// The Rust files below a folder.
fn sources(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "txt")
        {
            into.push(path);
        }
    }
}

/// What a line of code says to people: comments say nothing to them.
fn said(line: &str) -> &str {
    if line.trim_start().starts_with("//") && !line.trim_start().starts_with("///") {
        ""
    } else {
        line
    }
}

/// What is wrong with words after `nightdesk`; `None` where each of them is there.
fn wrong(words: &str) -> Option<String> {
    let mut command = Cli::command();
    // Global flags are known to subcommands only once it is built.
    command.build();
    let mut command = &command;
    let mut at_commands = true;
    for word in words.split_whitespace() {
        if let Some(flag) = word.strip_prefix("--") {
            if !flag.is_empty() && !has_flag(command, flag.split('=').next().unwrap_or(flag)) {
                return Some(format!("`{}` has no `--{flag}`", command.get_name()));
            }
            at_commands = false;
            continue;
        }
        if !at_commands || is_placeholder(word) {
            at_commands = false;
            continue;
        }
        match command.find_subcommand(word) {
            Some(found) => command = found,
            None if command.has_subcommands() => {
                return Some(format!("`{}` has no command `{word}`", command.get_name()));
            }
            None => at_commands = false,
        }
    }
    None
}

fn has_flag(command: &Command, flag: &str) -> bool {
    ["help", "version"].contains(&flag)
        || command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(flag))
}

fn any_has_flag(command: &Command, flag: &str) -> bool {
    has_flag(command, flag)
        || command
            .get_subcommands()
            .any(|below| any_has_flag(below, flag))
}

#[test]
fn every_command_and_flag_that_a_message_names_is_there() {
    // `nightdesk …` in backticks or as an example at the beginning of a line of help.
    let commands =
        Regex::new(r"(?:`|^\s*|\{ \x22)nightdesk ([a-z][^`\x22\\#;,:)]*)").expect("a pattern");
    let flags = Regex::new(r"`--([a-z][a-z-]*)").expect("a pattern");
    let mut tree = Cli::command();
    tree.build();
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let (mut complaints, mut found) = (Vec::new(), 0);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a file");
        // What tests say stands behind the code of a file, or in a file of its own.
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        let shown = path.display().to_string();
        let code = if shown.contains("/tests/") || shown.ends_with("tests.rs") {
            ""
        } else {
            code
        };
        for (number, line) in code.lines().enumerate() {
            let place = || format!("{}:{}", path.display(), number + 1);
            for named in commands.captures_iter(said(line)) {
                found += 1;
                if let Some(wrong) = wrong(&named[1]) {
                    complaints.push(format!("{}: {wrong}: nightdesk {}", place(), &named[1]));
                }
            }
            for named in flags.captures_iter(said(line)) {
                found += 1;
                if !any_has_flag(&tree, &named[1]) {
                    complaints.push(format!("{}: no command has `--{}`", place(), &named[1]));
                }
            }
        }
    }
    assert!(
        found > 120,
        "only {found} were found: the patterns here are out of date"
    );
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_command_or_a_flag_that_is_not_there_is_noticed() {
    assert_eq!(wrong("campaigns next NAME -n 20"), None);
    assert_eq!(wrong("run nightly --limit 3 --json"), None);
    let told = wrong("campaigns next --days 3").expect("it is noticed");
    assert_eq!(told, "`next` has no `--days`");
    let told = wrong("campaign list").expect("it is noticed");
    assert_eq!(told, "`nightdesk` has no command `campaign`");
}
