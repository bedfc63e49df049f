//! Layers and their order: which module may name which, and who may ask the clock.

use regex::Regex;

use crate::sources::{imports, lines_with, read, refuse, room_of, sources};

/// One step of the drawing in src/lib.rs.
struct Layer {
    name: &'static str,
    rooms: &'static str,
    /// Whether its rooms may name each other.
    meet: bool,
}

/// From the bottom up. A module names only layers below its own, and those beside it only where they meet: what two
/// engines, services or processes share lies below them, and the layer above puts them together.
const LAYERS: [Layer; 8] = [
    layer("core", "domain config telemetry files", true),
    layer(
        "engines",
        "channel engine export intake prompt diff schedule scoring",
        false,
    ),
    layer("drafting", "drafting", true),
    layer("store", "store", true),
    layer("services", "publish report review source", false),
    layer("processes", "notify scheduler web worker", false),
    // Starts servers, so it is no engine; so high up that only the edges can name it.
    layer("cluster", "postgres", true),
    layer("edges", "cli main lib", true),
];

/// Modules that know less than their place in the drawing would let them, and the one layer that they may name.
const KNOWS_ONLY: [(&str, &str); 1] = [("postgres", "core")];

const fn layer(name: &'static str, rooms: &'static str, meet: bool) -> Layer {
    Layer { name, rooms, meet }
}

#[test]
fn imports_point_down() {
    let above = Regex::new(r"(?:\bsuper::)+").unwrap();
    let mut complaints = Vec::new();
    for file in sources("src") {
        let (from, room) = (layer_of(&file.room), &file.room);
        let Some(from) = from else {
            complaints.push(format!(
                "{}: `{room}` is in no layer; add it to LAYERS and to src/lib.rs",
                file.path
            ));
            continue;
        };
        for target in imports(&file.code) {
            let Some(to) = layer_of(&target) else {
                continue;
            };
            let known = KNOWS_ONLY.iter().find(|(known, _)| known == room);
            let may = match known {
                Some((_, only)) => target == *room || LAYERS[to].name == *only,
                None => to < from || to == from && (LAYERS[to].meet || target == *room),
            };
            if !may {
                complaints.push(format!(
                    "{}: `{room}` ({}) names `crate::{target}` ({})",
                    file.path, LAYERS[from].name, LAYERS[to].name
                ));
            }
        }
        // `super` must not reach the crate root, from where every room is in sight.
        let depth = file.module_depth();
        let shipped = file.shipped();
        for found in above.find_iter(&shipped) {
            if found.as_str().matches("super").count() >= depth {
                complaints.push(format!(
                    "{}: `{}` leaves `{room}`; name the module by `crate::`",
                    file.path,
                    found.as_str()
                ));
            }
        }
    }
    refuse(
        complaints,
        "Imports point down, and engines, services and processes do not know their neighbours: pass a value in, or let the layer above put the two together.",
    );
}

#[test]
fn the_drawing_in_lib_rs_shows_every_module() {
    let lib = read("src/lib.rs");
    let drawing: String = lib.lines().filter(|line| line.starts_with("//!")).collect();
    let module = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    let complaints = module.captures_iter(&lib).filter_map(|found| {
        let drawn = Regex::new(&format!(r"\b{}\b", &found[1]))
            .unwrap()
            .is_match(&drawing);
        (!drawn || layer_of(&found[1]).is_none())
            .then(|| format!("src/lib.rs: `{}` is not drawn", &found[1]))
    });
    refuse(
        complaints.collect(),
        "Put the module into the drawing at the top of src/lib.rs and into LAYERS in tests/tidy/layers.rs.",
    );
}

/// Layers that may ask what time it is.
const CLOCKED: [&str; 4] = ["services", "processes", "cluster", "edges"];

#[test]
fn time_is_an_argument_below_the_services() {
    let clock = Regex::new(r"\b(?:Utc|Local|SystemTime)::now\b").unwrap();
    refuse(
        lines_with(&clock, |path| {
            layer_name(&room_of(path)).is_none_or(|layer| CLOCKED.contains(&layer))
        }),
        "Take `now` as an argument; in SQL, use `nightdesk_now()`. Then a test can set the time.",
    );
}

/// The name of a module's layer.
pub(crate) fn layer_name(room: &str) -> Option<&'static str> {
    layer_of(room).map(|layer| LAYERS[layer].name)
}

fn layer_of(room: &str) -> Option<usize> {
    let names = |rooms: &str| rooms.split(' ').any(|known| known == room);
    LAYERS.iter().position(|layer| names(layer.rooms))
}
