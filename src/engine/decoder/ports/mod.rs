//! What each input and output of a graph is for, found by its role and not by one exporter's name.
//!
//! Token ids, mask and positions are known by what their names hold; every other number that goes in and comes out
//! again is *state*, paired by name without the words that only say "before" and "after", else by type and shape.

use super::tensor::Element;
use crate::engine::folder::StateSizes;
use crate::engine::graph::{GraphFacts, Port};

/// An input that takes whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPort {
    pub name: String,
    /// Such as `int64`.
    pub element: String,
    /// Number of axes.
    pub rank: usize,
}

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

/// The inputs and outputs of a graph by role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ports {
    pub ids: Option<NumberPort>,
    pub mask: Option<NumberPort>,
    pub positions: Option<NumberPort>,
    pub token_types: Option<NumberPort>,
    /// Which of the encoder's tokens are there.
    pub encoder_mask: Option<NumberPort>,
    /// Whether a merged graph takes the branch that reads the past.
    pub use_cache_branch: Option<NumberPort>,
    /// How many of the last positions get logits.
    pub logits_to_keep: Option<NumberPort>,
    /// Tokens of the past, and of past and step together.
    pub past_length: Option<NumberPort>,
    pub total_length: Option<NumberPort>,
    /// What the encoder made of the prompt.
    pub encoder_states: Option<State>,
    pub states: Vec<State>,
    /// Outputs that are neither logits nor paired with an input, by [`state_key`] and name.
    pub unpaired: Vec<(String, String)>,
    /// Scores of the next token; an encoder has none.
    pub logits: Option<String>,
    /// Entries of a row of logits, where the graph says so.
    pub vocab_size: Option<usize>,
    /// The output of an encoder.
    pub hidden: Option<String>,
}

impl Ports {
    /// Finds the roles of a graph's ports.
    ///
    /// # Errors
    /// In words: what is missing, has no known role, or leaves a size open that no configuration states.
    pub fn of(facts: &GraphFacts, sizes: &StateSizes) -> Result<Self, String> {
        let mut ports = Self::default();
        let mut floats = Vec::new();
        for input in &facts.inputs {
            let port = NumberPort {
                name: input.name.clone(),
                element: input.element.clone(),
                rank: input.shape.len(),
            };
            if let Some(place) = ports.place(input) {
                *place = Some(port);
            } else if Element::of(&input.element).is_some() {
                floats.push(input);
            } else {
                return Err(unknown(input));
            }
        }
        if ports.ids.is_none() {
            return Err(
                match floats.iter().find(|port| port.name.contains("embed")) {
                    Some(port) => format!(
                        "it takes embeddings (`{}`) in place of tokens: it is a part of a larger model",
                        port.name
                    ),
                    None => "it has no input for token ids, such as `input_ids`".to_owned(),
                },
            );
        }
        let outputs: Vec<&Port> = facts.outputs.iter().collect();
        let logits = logits(&outputs);
        let others = outputs.into_iter().filter(|output| {
            Element::of(&output.element).is_some()
                && logits.is_none_or(|logits| logits.name != output.name)
        });
        let mut others: Vec<&Port> = others.collect();
        let pairs = pair(&floats, &mut others);
        for (input, output) in pairs {
            match output {
                Some(output) => ports.states.push(state(input, Some(output), sizes)?),
                None if input.shape.len() == 3 && is_of_encoder(input) => {
                    ports.encoder_states = Some(encoder_states(input));
                }
                None if is_of_encoder(input) => ports.states.push(state(input, None, sizes)?),
                None => return Err(unknown(input)),
            }
        }
        ports.unpaired = others
            .iter()
            .map(|output| (state_key(&output.name), output.name.clone()))
            .collect();
        ports.logits = logits.map(|output| output.name.clone());
        ports.vocab_size = logits.and_then(|output| output.shape.last()?.parse().ok());
        ports.hidden = others.first().map(|output| output.name.clone());
        Ok(ports)
    }

    /// The place of an input of whole numbers; none where it is no such input, or has no known role.
    fn place(&mut self, input: &Port) -> Option<&mut Option<NumberPort>> {
        let name = input.name.to_lowercase();
        let has = |word: &str| name.contains(word);
        let is_whole = matches!(input.element.as_str(), "int64" | "int32" | "bool");
        if has("mask") && (is_whole || input.element == "float32") && input.shape.len() == 2 {
            return Some(if has("encoder") {
                &mut self.encoder_mask
            } else {
                &mut self.mask
            });
        }
        if !is_whole {
            return None;
        }
        let place = if has("cache_branch") {
            &mut self.use_cache_branch
        } else if has("position") {
            &mut self.positions
        } else if has("token_type") {
            &mut self.token_types
        } else if has("logits") {
            &mut self.logits_to_keep
        } else if has("past_seq") || has("past_len") {
            &mut self.past_length
        } else if has("total_seq") || has("total_len") {
            &mut self.total_length
        } else if self.ids.is_none() && (1..=2).contains(&input.shape.len()) && !has("mask") {
            &mut self.ids
        } else {
            return None;
        };
        place.is_none().then_some(place)
    }
}

/// Whether a value is one that an encoder made and that stays as it is.
fn is_of_encoder(input: &Port) -> bool {
    input.name.contains("encoder") || input.name.contains("memory")
}

fn unknown(input: &Port) -> String {
    format!(
        "it wants an input that nothing is known to go into: `{}`, {} [{}]",
        input.name,
        input.element,
        input.shape.join(", ")
    )
}

/// The output that scores the next token.
fn logits<'a>(outputs: &[&'a Port]) -> Option<&'a Port> {
    let is = |output: &&&'a Port, exact: bool| {
        let name = output.name.to_lowercase();
        if exact {
            name == "logits"
        } else {
            name.contains("logits")
        }
    };
    let found = outputs.iter().find(|output| is(output, true));
    found
        .or_else(|| outputs.iter().find(|output| is(output, false)))
        .copied()
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

/// Each input with the output that carries it on; what is left of `outputs` has no input.
fn pair<'a>(inputs: &[&'a Port], outputs: &mut Vec<&'a Port>) -> Vec<(&'a Port, Option<&'a Port>)> {
    let mut pairs: Vec<(&Port, Option<&Port>)> = Vec::new();
    for input in inputs {
        let key = state_key(&input.name);
        let same = |port: &&Port| state_key(&port.name) == key;
        let is_only = inputs.iter().filter(|port| same(port)).count() == 1;
        let at = outputs.iter().position(same).filter(|_| is_only);
        pairs.push((input, at.map(|at| outputs.remove(at))));
    }
    for (input, output) in &mut pairs {
        if output.is_some() || is_of_encoder(input) {
            continue;
        }
        let fits = |port: &&Port| {
            let sizes = |shape: &[String]| -> Vec<Option<usize>> {
                shape.iter().map(|size| size.parse().ok()).collect()
            };
            let (own, other) = (sizes(&input.shape), sizes(&port.shape));
            port.element == input.element
                && own.len() == other.len()
                && own
                    .iter()
                    .zip(&other)
                    .all(|(own, other)| own.is_none() || other.is_none() || own == other)
        };
        let at = outputs.iter().position(fits);
        *output = at.map(|at| outputs.remove(at));
    }
    pairs
}

fn encoder_states(input: &Port) -> State {
    let width = input.shape.last().and_then(|size| size.parse().ok());
    State {
        input: input.name.clone(),
        output: None,
        key: state_key(&input.name),
        element: Element::of(&input.element).unwrap_or(Element::Float32),
        axes: vec![Axis::Rows(1), Axis::Source, Axis::Fixed(width.unwrap_or(0))],
    }
}

fn state(input: &Port, output: Option<&Port>, sizes: &StateSizes) -> Result<State, String> {
    let rank = input.shape.len();
    let mut axes = Vec::new();
    for (index, size) in input.shape.iter().enumerate() {
        let given = output.and_then(|output| output.shape.get(index));
        let given = given.and_then(|size| size.parse::<usize>().ok());
        axes.push(match size.parse::<usize>() {
            Ok(size) => Axis::Fixed(size),
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

#[cfg(test)]
mod tests;
