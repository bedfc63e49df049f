//! What is in the repository beside Rust: migrations that say why, no large file, no registry's address.

use std::process::Command;

use regex::Regex;

use crate::sources::{refuse, root};

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
