//! What "pure" means: an engine, and drafting that composes them, turns values into values. It names no file system, no
//! network, no process and no environment; the layers that read them hand in what they read.

use regex::Regex;

use crate::layers::layer_name;
use crate::sources::{lines_with, refuse, room_of};

const PURE: [&str; 2] = ["engines", "drafting"];

/// Files of engines that read the machine nevertheless, each with the reason.
const READS: [(&str, &str); 9] = [
    (
        "src/engine/folder/directory.rs",
        "a model is a folder of gigabytes that the runtime maps; only its files' names could be handed in",
    ),
    (
        "src/engine/cpu.rs",
        "the architecture is a constant of the compiler, which its standard library keeps under `env`",
    ),
    (
        "src/engine/decoder/remembered.rs",
        "what was measured of a model is kept where the caller says, and known only once the model is open",
    ),
    (
        "src/engine/graph/mod.rs",
        "a graph names further files beside it, known only while it is read",
    ),
    (
        "src/engine/tokenizer.rs",
        "its crate would read the file by itself; what stands in it is corrected first",
    ),
    (
        "src/engine/runtime.rs",
        "finds the library that it loads, also beside the program",
    ),
    (
        "src/engine/error.rs",
        "a model that is missing is told with the one beside it whose name is nearest",
    ),
    (
        "src/prompt/files.rs",
        "the one file that reads a folder of templates; the others get its bytes",
    ),
    (
        "src/prompt/error.rs",
        "tells what was wrong with a file, and reads none",
    ),
];

#[test]
fn engines_read_nothing_of_the_machine() {
    // `Path::is_file` and its like ask the file system without naming it.
    let pattern = r"\b(?:std::(?:fs|net|process|env|os)|tokio::(?:fs|net|process)|crate::files|ureq|reqwest)\b|\.(?:exists|is_file|is_dir|canonicalize|read_dir)\(\)";
    let machine = Regex::new(pattern).unwrap();
    let is_pure = |path: &str| layer_name(&room_of(path)).is_some_and(|name| PURE.contains(&name));
    let lines = lines_with(&machine, |path| !is_pure(path));
    let excused = |line: &&String| READS.iter().any(|(file, _)| line.starts_with(file));
    let mut complaints: Vec<_> = lines
        .iter()
        .filter(|line| !excused(line))
        .cloned()
        .collect();
    let unused = READS
        .iter()
        .filter(|(file, _)| !lines.iter().any(|line| line.starts_with(file)));
    complaints
        .extend(unused.map(|(file, _)| format!("{file}: reads nothing; delete it from READS")));
    refuse(
        complaints,
        "Let the command or the process read it, and take the value as an argument.",
    );
}
