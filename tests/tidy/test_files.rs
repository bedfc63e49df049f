//! Where tests stand, so that a reader finds those of a file without looking: CONTRIBUTING.md says it, this keeps it.

use regex::Regex;

use crate::sources::{refuse, root, sources};

#[test]
fn unit_tests_stand_where_a_reader_looks() {
    let inside = Regex::new(r"(?m)^#\[cfg\(test\)\]\nmod (\w+) \{").unwrap();
    let outside = r#"(?m)^#\[cfg\(test\)\]\n(?:#\[path = "([^"]+)"\]\n)?mod (\w+);"#;
    let outside = Regex::new(outside).unwrap();
    let mut complaints = Vec::new();
    for file in sources("src").iter().filter(|file| !file.is_test()) {
        let path = &file.path;
        for found in inside.captures_iter(&file.code) {
            let rest = &file.code[found.get(0).map_or(0, |found| found.end())..];
            let behind = rest.split_once("\n}").map_or("", |(_, behind)| behind);
            if &found[1] != "tests" || !behind.trim().is_empty() {
                complaints.push(format!(
                    "{path}: `mod {}` is not `mod tests` at its end",
                    &found[1]
                ));
            }
        }
        for found in outside.captures_iter(&file.code) {
            let (name, at) = (&found[2], found.get(1).map(|at| at.as_str()));
            let own = path
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .replace(".rs", "_tests.rs");
            let is_folder = path.ends_with("/mod.rs");
            let fits = if is_folder {
                at.is_none()
            } else {
                at == Some(own.as_str())
            };
            if name != "tests" || !fits {
                let wanted = if is_folder {
                    "tests.rs or tests/"
                } else {
                    &own
                };
                complaints.push(format!(
                    "{path}: `mod {name};` is not `mod tests` in {wanted}"
                ));
            }
        }
    }
    let named = sources("src")
        .into_iter()
        .filter(|file| file.path.ends_with("_tests.rs"));
    let lonely = named.filter(|file| !root(&file.path.replace("_tests.rs", ".rs")).is_file());
    complaints.extend(lonely.map(|file| format!("{}: is beside no file of its name", file.path)));
    refuse(
        complaints,
        "Tests of NAME.rs: `mod tests` at its end, or NAME_tests.rs beside it. Tests of a folder: its tests.rs, or tests/.",
    );
}
