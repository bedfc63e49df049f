//! What each input and output of a graph is for, found by its role and not by one exporter's name.
//!
//! Token ids, mask and positions are known by what their names hold; every other number that goes in and comes out
//! again is *state*, paired by name without the words that only say "before" and "after", else by type and shape.

mod state;

use super::tensor::Element;
use crate::engine::folder::{DeclaredKind, ModelConfiguration};
use crate::engine::graph::{GraphFacts, Port};

pub use state::{Axis, State, latent_size, state_key};

use state::{encoder_states, latent, state};

/// An input that takes whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPort {
    pub name: String,
    /// Such as `int64`.
    pub element: String,
    /// Number of axes.
    pub rank: usize,
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
    /// The latent vector of a text: it goes in with every step and stays as it is.
    pub latent: Option<State>,
    pub states: Vec<State>,
    /// Outputs that are neither logits nor paired with an input, by [`state_key`] and name.
    pub unpaired: Vec<(String, String)>,
    /// Scores of the next token; an encoder has none.
    pub logits: Option<String>,
    /// Entries of a row of logits, where the graph says so.
    pub vocab_size: Option<usize>,
    /// The output of an encoder; the mean, where it gives a distribution.
    pub hidden: Option<String>,
}

impl Ports {
    /// Finds the roles of a graph's ports. Where the configuration says that it is made for a latent vector, that is no
    /// state, whatever an output is called.
    ///
    /// # Errors
    /// In words: what is missing, has no known role, or leaves a size open that no configuration states.
    pub fn of(facts: &GraphFacts, configuration: &ModelConfiguration) -> Result<Self, String> {
        let sizes = &configuration.sizes;
        let declared = configuration.declared.map(|declared| declared.kind);
        let takes_latent = declared == Some(DeclaredKind::Vae);
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
        let pairs = pair(&floats, &mut others, takes_latent);
        let logits = logits.or_else(|| scores(&mut others, configuration.vocab_size));
        // What the exporter called the axis of texts where it put them in front of the tokens.
        let ids = facts.inputs.iter().find(|input| {
            let ids = ports.ids.as_ref();
            ids.is_some_and(|ids| ids.name == input.name && ids.rank == 2)
        });
        let rows = ids.map(|ids| ids.shape[0].as_str());
        // An axis without a name says nothing about another one.
        let rows = rows.filter(|name| !name.is_empty() && *name != "?");
        for (input, output) in pairs {
            match output {
                Some(output) => ports.states.push(state(input, Some(output), rows, sizes)?),
                None if input.shape.len() == 3 && is_of_encoder(input) => {
                    ports.encoder_states = Some(encoder_states(input));
                }
                None if is_of_encoder(input) => ports.states.push(state(input, None, rows, sizes)?),
                None if is_latent(input) => {
                    let latent = latent(input, sizes)?;
                    if let Some(first) = ports.latent.replace(latent) {
                        return Err(format!(
                            "it takes two latent vectors, `{}` and `{}`: one is all that this engine draws",
                            first.input, input.name
                        ));
                    }
                }
                None => return Err(unknown(input)),
            }
        }
        let takes_one_token = ports.ids.as_ref().is_some_and(|ids| ids.rank == 1);
        if let Some(state) = ports.states.iter().find(|state| state.has_rows())
            && takes_one_token
        {
            return Err(format!(
                "it takes one token a text in each step, and `{}` a row for each: export it with tokens [batch, sequence]",
                state.input
            ));
        }
        ports.unpaired = others
            .iter()
            .map(|output| (state_key(&output.name), output.name.clone()))
            .collect();
        ports.logits = logits.map(|output| output.name.clone());
        ports.vocab_size = logits.and_then(|output| output.shape.last()?.parse().ok());
        let hidden = others.iter().find(|output| is_mean(&output.name));
        let hidden = hidden.or(others.first());
        ports.hidden = hidden.map(|output| output.name.clone());
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

/// Whether an output is the mean of a distribution, such as `mean`, `z_mean` or `mu`.
pub fn is_mean(name: &str) -> bool {
    let key = state_key(name);
    key.split('.')
        .any(|word| word == "mu" || word.ends_with("mean"))
}

/// Whether an input takes a latent vector.
fn is_latent(input: &Port) -> bool {
    let name = input.name.to_lowercase();
    let is_named = ["latent", "noise"].iter().any(|word| name.contains(word)) || name == "z";
    is_named && input.shape.len() == 2
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

/// The output that scores the next token, by another name: the only one whose last axis is as long as the vocabulary.
fn scores<'a>(outputs: &mut Vec<&'a Port>, vocab_size: Option<usize>) -> Option<&'a Port> {
    let size = vocab_size?.to_string();
    let is_scores = |port: &&Port| port.shape.len() >= 2 && port.shape.last() == Some(&size);
    let found: Vec<usize> = (0..outputs.len())
        .filter(|at| is_scores(&outputs[*at]))
        .collect();
    match found.as_slice() {
        [only] => Some(outputs.remove(*only)),
        _ => None,
    }
}

/// Each input with the output that carries it on; what is left of `outputs` has no input.
fn pair<'a>(
    inputs: &[&'a Port],
    outputs: &mut Vec<&'a Port>,
    takes_latent: bool,
) -> Vec<(&'a Port, Option<&'a Port>)> {
    let mut pairs: Vec<(&Port, Option<&Port>)> = Vec::new();
    for input in inputs {
        let key = state_key(&input.name);
        let same = |port: &&Port| state_key(&port.name) == key;
        let is_only = inputs.iter().filter(|port| same(port)).count() == 1;
        let is_state = is_only && !(takes_latent && is_latent(input));
        let at = outputs.iter().position(same).filter(|_| is_state);
        pairs.push((input, at.map(|at| outputs.remove(at))));
    }
    for (input, output) in &mut pairs {
        if output.is_some() || is_of_encoder(input) || (takes_latent && is_latent(input)) {
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

#[cfg(test)]
mod tests;
