//! No circles between files: of two files, one can be read, tested and changed without the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::sources::refuse;

/// Circles that are kept, by one file of each, and why each is one idea in more files. Five at most: more of them
/// would be a habit.
const KEPT: [(&str, &str); 0] = [];
const _: () = assert!(KEPT.len() <= 5, "a circle too many is kept");

#[test]
fn files_do_not_name_each_other_in_circles() {
    let graph = Graph::of_sources();
    let (mut complaints, mut kept) = (Vec::new(), BTreeSet::new());
    for circle in circles(&graph.edges) {
        let known = KEPT
            .iter()
            .find(|(file, _)| circle.contains(&(*file).to_owned()));
        if let Some((file, _)) = known {
            kept.insert(*file);
            continue;
        }
        complaints.push(told(&graph, &circle));
    }
    let gone = KEPT.iter().filter(|(file, _)| !kept.contains(file));
    complaints
        .extend(gone.map(|(file, _)| format!("{file}: is in no circle; delete it from KEPT")));
    refuse(
        complaints,
        "Move what both need into the lower file, or into a file of its own that both name.",
    );
}

/// A circle's files, and each step inside it with the names that make it.
fn told(graph: &Graph, circle: &[String]) -> String {
    let mut lines = vec![circle.join(" – ")];
    for from in circle {
        for to in graph.edges[from].iter().filter(|to| circle.contains(to)) {
            let names = &graph.names[&(from.clone(), to.clone())];
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            lines.push(format!("    {from} names {} of {to}", names.join(", ")));
        }
    }
    lines.join("\n")
}

/// Groups of files of which each leads to each other, by Tarjan's walk: a file closes its group when nothing that it
/// leads to leads further back than itself.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let mut walk = Walk {
        edges,
        found: BTreeMap::new(),
        open: Vec::new(),
        circles: Vec::new(),
    };
    for file in edges.keys() {
        if !walk.found.contains_key(file.as_str()) {
            walk.visit(file);
        }
    }
    walk.circles.sort();
    walk.circles
}

struct Walk<'a> {
    edges: &'a BTreeMap<String, BTreeSet<String>>,
    /// When each file was met first.
    found: BTreeMap<&'a str, usize>,
    /// Files whose group is not closed yet.
    open: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Walk<'a> {
    /// The earliest file, by when it was met, that this one leads back to.
    fn visit(&mut self, file: &'a str) -> usize {
        let met = self.found.len();
        self.found.insert(file, met);
        self.open.push(file);
        let mut earliest = met;
        for next in self.edges.get(file).into_iter().flatten() {
            let reached = match self.found.get(next.as_str()) {
                None => self.visit(next),
                Some(&met) if self.open.contains(&next.as_str()) => met,
                Some(_) => continue,
            };
            earliest = earliest.min(reached);
        }
        if earliest == met {
            let start = self.open.iter().position(|open| *open == file).unwrap_or(0);
            let mut group: Vec<_> = self.open.drain(start..).map(str::to_owned).collect();
            if group.len() > 1 {
                group.sort();
                self.circles.push(group);
            }
        }
        earliest
    }
}

#[test]
fn a_circle_is_found_and_what_leads_into_it_is_not_part_of_it() {
    let edges = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "e")];
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in edges {
        graph
            .entry(from.to_owned())
            .or_default()
            .insert(to.to_owned());
    }
    assert_eq!(circles(&graph), [["b", "c"]]);
}
