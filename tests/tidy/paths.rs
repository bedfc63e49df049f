//! Paths in Rust code, read without a compiler: the `use` declarations of a file with their groups taken apart, and
//! the paths that stand in the code itself.

use regex::Regex;

/// One name that a file has from elsewhere.
#[derive(Debug, PartialEq)]
pub(crate) struct Import {
    /// As the file calls it; `*` for all of a module, whose path it then is.
    pub(crate) name: String,
    pub(crate) path: Vec<String>,
    /// Whether the file passes the name on (`pub use`, `pub(crate) use`).
    pub(crate) is_public: bool,
}

/// The imports of a file, and its code without them.
pub(crate) fn imports_of(code: &str) -> (Vec<Import>, String) {
    let pattern = r"(?m)^[ \t]*(?:(pub)(?:\([^)]*\))?\s+)?use\s+([^;]+);";
    let declaration = Regex::new(pattern).expect("a pattern");
    let mut imports = Vec::new();
    for found in declaration.captures_iter(code) {
        let is_public = found.get(1).is_some();
        for (path, name) in branches(&found[2]) {
            imports.push(Import {
                name,
                path,
                is_public,
            });
        }
    }
    (imports, declaration.replace_all(code, "").into_owned())
}

/// The paths of a tree such as `a::{b, c::{d as e, self}}`, each with the name it is bound to.
fn branches(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let names = path.trim().trim_start_matches("::").split("::");
        let mut path: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
        let last = path.last().cloned().unwrap_or_default();
        if last == "*" || last == "self" && path.len() > 1 {
            path.pop();
        }
        let name = if !alias.is_empty() {
            alias.trim().to_owned()
        } else if last == "self" {
            path.last().cloned().unwrap_or_default()
        } else {
            last
        };
        return vec![(path, name)];
    };
    let group = group.trim_end().trim_end_matches('}');
    let parts = split_at_commas(group);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| branches(&format!("{before}{}", part.trim())))
        .collect()
}

/// The parts of a group, groups inside it whole.
fn split_at_commas(group: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// Every path of two names or more that stands in code, such as `super::pool::open`; who may see an item
/// (`pub(in crate::cli)`) is none.
pub(crate) fn mentions(code: &str) -> Vec<Vec<String>> {
    let visibility = Regex::new(r"\bpub\(in [^)]*\)").expect("a pattern");
    let path = Regex::new(r"\b\w+(?:::\w+)+").expect("a pattern");
    let code = visibility.replace_all(code, "pub");
    let paths = path.find_iter(&code);
    paths
        .map(|found| found.as_str().split("::").map(str::to_owned).collect())
        .collect()
}

#[test]
fn groups_are_taken_apart_and_names_follow_their_alias() {
    let code = "use a::{b, c::{d as e, self}, *};\npub(crate) use super::f;\npub(in crate::x) fn g() { h::i() }";
    let (imports, rest) = imports_of(code);
    let told = |import: &Import| {
        let public = if import.is_public { "pub " } else { "" };
        format!("{public}{} = {}", import.name, import.path.join("::"))
    };
    let imports: Vec<_> = imports.iter().map(told).collect();
    assert_eq!(
        imports,
        [
            "b = a::b",
            "e = a::c::d",
            "c = a::c",
            "* = a",
            "pub f = super::f"
        ]
    );
    assert_eq!(mentions(&rest), [["h", "i"]]);
}
