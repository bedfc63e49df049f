//! Every error message that a user can meet is in some test: the fixed words of each `#[error("…")]` and of each
//! `Problem::new("code", "…")` have to stand in a test's source, in a snapshot say. A message nobody has
//! ever seen is how "expected {expected}" reaches a newsroom at three in the morning.

use regex::Regex;

use crate::sources::{refuse, root};

/// Messages that no test can bring about, each with the reason.
const UNREACHABLE: [(&str, &str); 7] = [
    (
        "reading the source panicked",
        "no row is known that makes reading panic",
    ),
    (
        "loading model",
        "no model is known that makes loading panic",
    ),
    (
        "the engine has stopped; what was finished is kept",
        "no model is known that ends the engine's thread",
    ),
    (
        "a step of the model does not return",
        "no model is known that hangs; tests/it/promises/poison.rs does it with a script",
    ),
    (
        "drafting this brief panicked",
        "no brief is known that makes a worker panic",
    ),
    (
        "there is no prompt",
        "only where standard input is a terminal",
    ),
    (
        "give --brief and --text, or --jsonl",
        "the command line's own check asks for them first",
    ),
];

/// Fixed words shorter than this say too little to be looked for.
const FEWEST_CHARS: usize = 6;

#[test]
fn every_error_message_has_a_test() {
    let (mut code, mut tests) = (Vec::new(), String::new());
    for folder in ["src", "tests"] {
        read_folder(folder, &mut |path, text| {
            let (inside, tested) = split(path, &text);
            tests.push_str(tested);
            code.push((path.to_owned(), inside.to_owned()));
        });
    }
    let tests = one_line(&tests);
    let mut complaints = Vec::new();
    let mut found = 0;
    for (path, code) in &code {
        for (line, message) in messages(code) {
            let Some(words) = fixed_words(&message) else {
                continue;
            };
            found += 1;
            let excused = UNREACHABLE
                .iter()
                .any(|(excused, _)| words.contains(excused));
            if !excused && !tests.contains(&words) {
                complaints.push(format!("{path}:{line}: no test has “{words}”"));
            }
        }
    }
    assert!(
        found > 80,
        "only {found} messages were found: the patterns here are out of date"
    );
    refuse(
        complaints,
        "Bring the message about in a test and snapshot it; tests/it/mistakes/ holds those of whole commands.",
    );
}

/// The part of a file that ships, and the part that tests.
fn split<'a>(path: &str, text: &'a str) -> (&'a str, &'a str) {
    let name = path.rsplit('/').next().unwrap_or_default();
    if path.starts_with("tests/")
        || path.contains("/tests/")
        || name.ends_with("tests.rs")
        || name.ends_with(".snap")
    {
        return ("", text);
    }
    let border = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text.split_at(border)
}

/// Each message's line and text, escapes resolved as far as messages use them.
fn messages(code: &str) -> Vec<(usize, String)> {
    let attribute = Regex::new(r#"(?s)#\[error\(\s*"((?:[^"\\]|\\.)*)""#).expect("a pattern");
    let problem =
        Regex::new(r#"(?s)Problem::new\(\s*"[a-z_.]+",\s*(?:format!\(\s*)?"((?:[^"\\]|\\.)*)""#)
            .expect("a pattern");
    let mut all: Vec<(usize, String)> = [attribute, problem]
        .iter()
        .flat_map(|pattern| {
            pattern
                .captures_iter(code)
                .map(|found| {
                    let start = found.get(0).map_or(0, |found| found.start());
                    (code[..start].matches('\n').count() + 1, found[1].to_owned())
                })
                .collect::<Vec<_>>()
        })
        .collect();
    all.sort();
    all
}

/// The longest run of words between two placeholders.
fn fixed_words(message: &str) -> Option<String> {
    let continued = Regex::new(r"\\\n\s*").expect("a pattern");
    let placeholder = Regex::new(r"\{[^{}]*\}").expect("a pattern");
    let message = continued.replace_all(message, "").replace("\\\"", "\"");
    placeholder
        .split(&message)
        .map(|words| {
            one_line(words)
                .trim_matches(|c: char| c.is_whitespace() || "`,;".contains(c))
                .to_owned()
        })
        .max_by_key(String::len)
        .filter(|words| words.len() >= FEWEST_CHARS)
}

fn one_line(text: &str) -> String {
    text.replace("\\\"", "\"")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn read_folder(folder: &str, each: &mut impl FnMut(&str, String)) {
    for entry in std::fs::read_dir(root(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(&path, each);
        } else if path.ends_with(".rs") || path.ends_with(".snap") {
            each(&path, std::fs::read_to_string(entry.path()).expect("text"));
        }
    }
}

#[test]
fn messages_are_found_and_cut_at_their_placeholders() {
    let code = "#[error(\"no {what} `{name}`\")]\n#[error(\n  \"the limit is {limit}, not {given}, in this \\\n  file\"\n)]\nProblem::new(\"a.b\", format!(\"cannot be read: {error}\"))";
    let found: Vec<_> = messages(code)
        .into_iter()
        .map(|(line, text)| (line, fixed_words(&text)))
        .collect();
    assert_eq!(
        found,
        [
            (1, None),
            (2, Some("in this file".to_owned())),
            (6, Some("cannot be read:".to_owned())),
        ]
    );
}
