//! Which file names which, read from the paths in its code. A name that a file only passes on (`pub use`) counts for
//! the file that defines it: a folder's mod.rs is a door, and walking through it is not knowing it.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::paths::{Import, imports_of, mentions};
use crate::sources::{Source, sources};

/// Files, and what each names of the others.
pub(crate) struct Graph {
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
    /// The names that make an edge.
    pub(crate) names: BTreeMap<(String, String), BTreeSet<String>>,
}

/// A file as a module: the names it has from elsewhere, and its code without them.
struct Module {
    file: String,
    imports: Vec<Import>,
    /// Paths that stand in its code.
    mentions: Vec<Vec<String>>,
    words: BTreeSet<String>,
    /// Names of the items that it defines.
    defines: BTreeSet<String>,
}

impl Graph {
    /// The graph of src, test modules left out.
    pub(crate) fn of_sources() -> Self {
        Self::of(&sources("src"))
    }

    fn of(sources: &[Source]) -> Self {
        let modules = Modules::of(sources);
        let mut graph = Self {
            edges: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        for (name, module) in &modules.0 {
            graph.edges.entry(module.file.clone()).or_default();
            for path in modules.named(name, module) {
                let Some(to) = modules.home(&path, 0).filter(|to| *to != module.file) else {
                    continue;
                };
                let last = path.last().cloned().unwrap_or_default();
                let edge = (module.file.clone(), to.to_owned());
                graph.names.entry(edge).or_default().insert(last);
                let from = graph.edges.entry(module.file.clone()).or_default();
                from.insert(to.to_owned());
            }
        }
        graph
    }
}

/// Every module by its path from the crate's root, `store::session` say; the root is empty.
struct Modules(BTreeMap<String, Module>);

impl Modules {
    fn of(sources: &[Source]) -> Self {
        let word = Regex::new(r"\w+").expect("a pattern");
        let item = r"\b(?:struct|enum|fn|trait|type|const|static|mod|macro_rules!) (\w+)";
        let item = Regex::new(item).expect("a pattern");
        let shipped = sources.iter().filter(|source| !source.is_test());
        let shipped = shipped.filter(|source| source.path != "src/main.rs");
        let modules = shipped.map(|source| {
            let (imports, rest) = imports_of(&source.shipped());
            let words = word.find_iter(&rest).map(|found| found.as_str().to_owned());
            let defines = item.captures_iter(&rest).map(|found| found[1].to_owned());
            let path = source.path.trim_start_matches("src/");
            let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let name = if path == "lib" {
                String::new()
            } else {
                path.replace('/', "::")
            };
            let module = Module {
                file: source.path.clone(),
                imports,
                mentions: mentions(&rest),
                words: words.collect(),
                defines: defines.collect(),
            };
            (name, module)
        });
        Self(modules.collect())
    }

    fn child(&self, module: &str, name: &str) -> Option<String> {
        let child = if module.is_empty() {
            name.to_owned()
        } else {
            format!("{module}::{name}")
        };
        self.0.contains_key(&child).then_some(child)
    }

    /// A path as it stands in a module, from the crate's root; `None` for one of another crate or of a local item.
    fn absolute(&self, module: &str, path: &[String]) -> Option<Vec<String>> {
        let mut at: Vec<String> = module.split("::").map(str::to_owned).collect();
        at.retain(|name| !name.is_empty());
        let first = path.first()?;
        let mut rest = path;
        match first.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            name if self.child(module, name).is_some() => {}
            name => {
                let imported = self.0[module]
                    .imports
                    .iter()
                    .find(|import| import.name == *name)?;
                if imported.path.first() == Some(first) {
                    return None;
                }
                at = self.absolute(module, &imported.path)?;
                rest = &rest[1..];
            }
        }
        at.extend_from_slice(rest);
        Some(at)
    }

    /// Every path that a module's own code needs: what it imports for itself, what it passes on and uses too, and
    /// what it names in place.
    fn named(&self, name: &str, module: &Module) -> Vec<Vec<String>> {
        let mentioned = &module.mentions;
        let mut paths: Vec<_> = mentioned
            .iter()
            .filter_map(|path| self.absolute(name, path))
            .collect();
        for import in &module.imports {
            let Some(path) = self.absolute(name, &import.path) else {
                continue;
            };
            let is_module = import.name != "*" && self.0.contains_key(&path.join("::"));
            // Of a module's name, what stands behind it was counted above.
            let through = is_module && mentioned.iter().any(|path| path[0] == import.name);
            let used = !import.is_public || module.words.contains(&import.name);
            if used && !through {
                paths.push(path);
            }
        }
        paths
    }

    /// The file that defines what a path from the root leads to.
    fn home(&self, path: &[String], passed: usize) -> Option<&str> {
        let mut at = String::new();
        for (n, name) in path.iter().enumerate() {
            let module = self.0.get(&at)?;
            let rest = &path[n + 1..];
            let child = self.child(&at, name);
            let import = module.imports.iter().find(|import| import.name == *name);
            match (child, import) {
                // A function and its module may have one name; an import at the end means the function.
                (Some(child), None) => at = child,
                (Some(child), Some(_)) if !rest.is_empty() => at = child,
                (_, Some(import)) if passed < 8 => {
                    let mut path = self.absolute(&at, &import.path)?;
                    path.extend_from_slice(rest);
                    return self.home(&path, passed + 1);
                }
                _ => return self.behind_a_glob(&at, name, passed).or(Some(&module.file)),
            }
        }
        self.0.get(&at).map(|module| module.file.as_str())
    }

    /// The file that a module has a name from by `use …::*`.
    fn behind_a_glob(&self, at: &str, name: &str, passed: usize) -> Option<&str> {
        let module = &self.0[at];
        if passed >= 8 || module.defines.contains(name) {
            return None;
        }
        let globs = module.imports.iter().filter(|import| import.name == "*");
        let mut from = globs.filter_map(|import| {
            let path = self.absolute(at, &import.path)?;
            let file = self.0.get(&path.join("::"))?;
            file.defines.contains(name).then_some(file.file.as_str())
        });
        from.next()
    }
}

#[test]
fn a_name_counts_for_the_file_that_defines_it() {
    let file = |path: &str, text: &str| Source::of(path.to_owned(), text.to_owned());
    let graph = Graph::of(&[
        file("src/lib.rs", "pub mod store;\npub mod web;"),
        file(
            "src/store/mod.rs",
            "mod pool;\npub use pool::{Pool, open as opened};\npub struct Store;",
        ),
        file(
            "src/store/pool.rs",
            "pub struct Pool;\npub fn open() { super::limits(); }",
        ),
        file(
            "src/web/mod.rs",
            "use crate::store::{self, Pool};\nfn f(_: Pool) { store::opened() }",
        ),
        file("src/web/tests.rs", "use crate::store::Store;"),
    ]);
    let edges = |from: &str| graph.edges[from].iter().cloned().collect::<Vec<_>>();
    assert_eq!(edges("src/web/mod.rs"), ["src/store/pool.rs"]);
    assert_eq!(edges("src/store/pool.rs"), ["src/store/mod.rs"]);
    assert_eq!(edges("src/store/mod.rs"), [""; 0]);
    assert!(!graph.edges.contains_key("src/web/tests.rs"));
}
