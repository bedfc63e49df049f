//! The sources as the tests read them: every file of a folder, its code without comments, what it imports.

use std::path::{Path, PathBuf};

use regex::Regex;

/// A Rust file.
pub(crate) struct Source {
    /// Relative to the repository.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comment lines emptied, so that line numbers stay.
    pub(crate) code: String,
    /// Top-level module it belongs to.
    pub(crate) room: String,
}

impl Source {
    pub(crate) fn of(path: String, text: String) -> Self {
        let code = text.lines().map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
        });
        let code = code.collect::<Vec<_>>().join("\n");
        Self {
            room: room_of(&path),
            path,
            text,
            code,
        }
    }

    /// Whether all of the file is tests: `NAME_tests.rs`, `tests.rs`, or in a folder `tests`.
    pub(crate) fn is_test(&self) -> bool {
        let path = format!("/{}", self.path);
        path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
    }

    /// The code that ships: without the items marked `#[cfg(test)]`, whose lines stay, empty.
    pub(crate) fn shipped(&self) -> String {
        let mut shipped = Vec::new();
        let mut lines = self.code.lines();
        while let Some(line) = lines.next() {
            if line.trim() != "#[cfg(test)]" {
                shipped.push(line);
                continue;
            }
            shipped.push("");
            let indent = line.len() - line.trim_start().len();
            for line in lines.by_ref() {
                shipped.push("");
                let is_outside = line.len() - line.trim_start().len() == indent;
                let ends = line.ends_with([';', '}']);
                if is_outside && ends {
                    break;
                }
            }
        }
        shipped.join("\n")
    }

    /// Modules from the crate root down to this file: 1 for src/config.rs and src/store/mod.rs.
    pub(crate) fn module_depth(&self) -> usize {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.matches('/').count()
    }
}

/// A path below the repository.
pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).expect("a file")
}

/// Every `.rs` file below a folder, in a stable order.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
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
            found.push(Source::of(path, text));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Top-level module that a file of src belongs to.
pub(crate) fn room_of(path: &str) -> String {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').next().unwrap_or_default().to_owned()
}

/// First names behind every `crate::`, those of a group such as `crate::{a::b, c::{d, e}}` included.
pub(crate) fn imports(code: &str) -> Vec<String> {
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

/// Lines of src that ship and match, outside of the files that may.
pub(crate) fn lines_with(pattern: &Regex, may: impl Fn(&str) -> bool) -> Vec<String> {
    let files = sources("src").into_iter();
    let files = files.filter(|file| !file.is_test() && !may(&file.path));
    files
        .flat_map(|file| {
            let code = file.shipped();
            let lines = code.lines().enumerate();
            let lines = lines.filter(|(_, line)| pattern.is_match(line));
            lines
                .map(|(n, line)| format!("{}:{}: {}", file.path, n + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Fails with what is wrong, line by line, and what to do about it.
#[track_caller]
pub(crate) fn refuse(complaints: Vec<String>, instruction: &str) {
    assert!(
        complaints.is_empty(),
        "\n\n{}\n\n{instruction}\n",
        complaints.join("\n")
    );
}

#[test]
fn what_is_only_for_tests_does_not_ship() {
    let text = "fn a() {}\n#[cfg(test)]\nuse b::c;\nfn d() {}\n#[cfg(test)]\nmod tests {\n    fn e() {}\n}\nfn f() {}";
    let source = Source::of("src/x.rs".to_owned(), text.to_owned());
    let shipped = source.shipped();
    let kept: Vec<_> = shipped.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(kept, ["fn a() {}", "fn d() {}", "fn f() {}"]);
    assert_eq!(shipped.lines().count(), text.lines().count());
}
