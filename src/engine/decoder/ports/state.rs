//! Numbers that a graph takes beside its tokens: how they are shaped, and what carries them on.

use crate::engine::decoder::tensor::Element;
use crate::engine::folder::StateSizes;
use crate::engine::graph::Port;

/// How long an axis of a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Always so long.
    Fixed(usize),
    /// Sequences that run together, this many entries each (Bloom once folded its heads into this axis).
    Rows(usize),
    /// Tokens that ran before.
    Past,
    /// Tokens that an encoder read.
    Source,
}

/// Numbers that a step takes from the one before and gives to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Name of the input.
    pub input: String,
    /// Name of the output; none where the value stays as it is from the first step on.
    pub output: Option<String>,
    /// What another graph of the same model calls it: see [`state_key`].
    pub key: String,
    pub element: Element,
    pub axes: Vec<Axis>,
}

impl State {
    /// Sizes of a tensor of it.
    pub fn dims(&self, rows: usize, past: usize, source: usize) -> Vec<usize> {
        let size = |axis: &Axis| match axis {
            Axis::Fixed(size) => *size,
            Axis::Rows(entries) => rows * entries,
            Axis::Past => past,
            Axis::Source => source,
        };
        self.axes.iter().map(size).collect()
    }

    /// The axis of this kind.
    pub fn axis(&self, is: impl Fn(Axis) -> bool) -> Option<usize> {
        self.axes.iter().position(|axis| is(*axis))
    }

    /// Whether it grows with every token.
    pub fn grows(&self) -> bool {
        self.axes.contains(&Axis::Past)
    }

    /// Whether several sequences fit into one tensor.
    pub fn has_rows(&self) -> bool {
        self.axis(|axis| matches!(axis, Axis::Rows(_))).is_some()
    }

    /// Bytes of one token, of one sequence where it does not grow.
    pub fn bytes(&self) -> usize {
        self.dims(1, 1, 1).iter().product::<usize>() * self.element.bytes()
    }
}

/// A name without the words that say on which side of a step it stands: `past_key_values.0.key` and
/// `present.0.key` are both `0.key`.
pub fn state_key(name: &str) -> String {
    const SIDES: [&str; 18] = [
        "past", "present", "prev", "previous", "new", "next", "in", "out", "input", "output",
        "old", "updated", "cur", "current", "last", "final", "cache", "kv",
    ];
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "key" && words.get(at + 1) == Some(&"values") {
            at += 2;
            continue;
        }
        if !SIDES.contains(&words[at]) {
            kept.push(words[at]);
        }
        at += 1;
    }
    kept.join(".")
}

/// A state that goes in here and comes out there; `rows` is what the graph calls the axis of texts.
pub(super) fn state(
    input: &Port,
    output: Option<&Port>,
    rows: Option<&str>,
    sizes: &StateSizes,
) -> Result<State, String> {
    let rank = input.shape.len();
    // Exporters that give one name to several axes mean none of them by it.
    let is_once = |name: &&str| input.shape.iter().filter(|size| size == name).count() == 1;
    let rows = rows.filter(is_once);
    let mut axes = Vec::new();
    for (index, size) in input.shape.iter().enumerate() {
        let given = output.and_then(|output| output.shape.get(index));
        let given = given.and_then(|size| size.parse::<usize>().ok());
        axes.push(match size.parse::<usize>() {
            Ok(size) => Axis::Fixed(size),
            Err(_) if Some(size.as_str()) == rows => Axis::Rows(1),
            Err(_) => axis(size, index, rank, sizes, given).ok_or_else(|| {
                format!(
                    "`{}` does not say its size on axis {index} (`{size}`), and no configuration file does",
                    input.name
                )
            })?,
        });
    }
    if axes.iter().filter(|axis| **axis == Axis::Past).count() > 1 {
        return Err(format!(
            "`{}` grows along two axes: [{}]",
            input.name,
            input.shape.join(", ")
        ));
    }
    Ok(State {
        input: input.name.clone(),
        output: output.map(|output| output.name.clone()),
        key: state_key(&input.name),
        element: Element::of(&input.element).unwrap_or(Element::Float32),
        axes,
    })
}

/// What an axis is whose size has a name and no number.
fn axis(
    name: &str,
    index: usize,
    rank: usize,
    sizes: &StateSizes,
    given: Option<usize>,
) -> Option<Axis> {
    let name = name.to_lowercase();
    let has = |word: &str| name.contains(word);
    if has("batch") {
        return if has("head") {
            sizes.kv_heads.map(Axis::Rows)
        } else {
            Some(Axis::Rows(1))
        };
    }
    if let Some(given) = given {
        return Some(Axis::Fixed(given));
    }
    if has("encoder") {
        return Some(Axis::Source);
    }
    if has("dim") || has("head_size") {
        return sizes.head_dim.map(Axis::Fixed);
    }
    if has("head") {
        return sizes.kv_heads.map(Axis::Fixed);
    }
    if has("layer") {
        return sizes.layers.map(Axis::Fixed);
    }
    if has("hidden") {
        return sizes.hidden.map(Axis::Fixed);
    }
    if ["past", "seq", "len", "total", "cache"]
        .iter()
        .any(|word| has(word))
    {
        return Some(Axis::Past);
    }
    // A name that says nothing: the place decides, as it is in every public export.
    match (rank, index) {
        (4, 0) | (3, 1) | (2, 0) => Some(Axis::Rows(1)),
        (4, 1) => sizes.kv_heads.map(Axis::Fixed),
        (4, 2) => Some(Axis::Past),
        (4, 3) => sizes.head_dim.map(Axis::Fixed),
        (3, 0) => sizes.layers.map(Axis::Fixed),
        (3 | 2, _) => sizes.hidden.map(Axis::Fixed),
        _ => None,
    }
}

/// What an encoder made of the prompt.
pub(super) fn encoder_states(input: &Port) -> State {
    let width = input.shape.last().and_then(|size| size.parse().ok());
    State {
        input: input.name.clone(),
        output: None,
        key: state_key(&input.name),
        element: Element::of(&input.element).unwrap_or(Element::Float32),
        axes: vec![Axis::Rows(1), Axis::Source, Axis::Fixed(width.unwrap_or(0))],
    }
}

/// The latent vector of a text.
pub(super) fn latent(input: &Port, sizes: &StateSizes) -> Result<State, String> {
    let size = latent_size(input, sizes)?;
    Ok(State {
        input: input.name.clone(),
        output: None,
        key: state_key(&input.name),
        element: Element::of(&input.element).unwrap_or(Element::Float32),
        axes: vec![Axis::Rows(1), Axis::Fixed(size)],
    })
}

/// Numbers that an input for a latent vector or for noise takes.
///
/// # Errors
/// In words, where graph and configuration disagree or neither says it.
pub fn latent_size(input: &Port, sizes: &StateSizes) -> Result<usize, String> {
    let in_graph = input.shape.last().and_then(|size| size.parse().ok());
    match (in_graph, sizes.latent) {
        (Some(size), Some(declared)) if size != declared => Err(format!(
            "`{}` takes {size} values, and `nightdesk.latent` in config.json says {declared}",
            input.name
        )),
        (in_graph, declared) => in_graph.or(declared).ok_or_else(|| {
            format!(
                "`{}` does not say how many values it takes, and config.json has no `nightdesk.latent`",
                input.name
            )
        }),
    }
}
