//! A graph that makes a whole text of a vector of noise at once, such as the generator of a GAN.

use ort::session::{Session, SessionInputValue};
use ort::value::DynTensorValueType;

use super::ports::latent_size;
use super::step::failed;
use super::tensor::{self, Element};
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;
use crate::engine::graph::Port;
use crate::engine::runtime::Runtime;
use crate::engine::sampler::DrawKey;
use crate::engine::session;

/// A graph with noise `[1, size]` as its only input.
pub struct OneShotGraph {
    session: Session,
    noise: String,
    element: Element,
    noise_size: usize,
    text: String,
    /// Whether the text comes as token ids `[1, positions]`, and not as logits `[1, positions, vocabulary]`.
    gives_tokens: bool,
    vocab_size: usize,
    positions: usize,
}

/// One text as a graph gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum OneShotText {
    /// Logits, position after position.
    Logits {
        /// All of them.
        numbers: Vec<f32>,
        /// Those of one position.
        vocab_size: usize,
    },
    /// The tokens themselves.
    Tokens {
        /// One a position.
        ids: Vec<u32>,
        /// Tokens that there are.
        vocab_size: usize,
    },
}

impl OneShotText {
    /// Number of positions.
    pub fn positions(&self) -> usize {
        match self {
            Self::Logits {
                numbers,
                vocab_size,
            } => numbers.len() / (*vocab_size).max(1),
            Self::Tokens { ids, .. } => ids.len(),
        }
    }

    /// The logits of a position. Where the graph gave a token, they are laid into `row` and leave no other one possible.
    pub fn logits<'a>(&'a self, position: usize, row: &'a mut Vec<f32>) -> &'a [f32] {
        match self {
            Self::Logits {
                numbers,
                vocab_size,
            } => &numbers[position * vocab_size..(position + 1) * vocab_size],
            Self::Tokens { ids, vocab_size } => {
                row.clear();
                row.resize(*vocab_size, f32::NEG_INFINITY);
                // One beyond the vocabulary leaves none, which drawing then refuses.
                if let Some(logit) = row.get_mut(ids[position] as usize) {
                    *logit = 0.0;
                }
                row
            }
        }
    }

    /// Whether another text is the same to the last bit.
    fn has_same_bits(&self, other: &Self) -> bool {
        let bits = |numbers: &[f32]| -> Vec<u32> { numbers.iter().map(|n| n.to_bits()).collect() };
        match (self, other) {
            (
                Self::Logits { numbers, .. },
                Self::Logits {
                    numbers: others, ..
                },
            ) => bits(numbers) == bits(others),
            _ => self == other,
        }
    }
}

impl OneShotGraph {
    /// Loads the graph of a folder with this many threads, and has it make one text twice.
    ///
    /// # Errors
    /// [`EngineError::UnsupportedGraph`] where an input or output has no known role, or the same noise gives another
    /// text; [`EngineError::ModelFileInvalid`] where all it gives is NaN or nothing; and what ONNX Runtime refuses.
    pub fn load(
        runtime: &Runtime,
        folder: &ModelFolder,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let file = folder.decoder();
        let unsupported = |reason: String| EngineError::UnsupportedGraph {
            file: file.clone(),
            reason,
        };
        let invalid = |reason: &str| EngineError::ModelFileInvalid {
            file: file.clone(),
            reason: reason.to_owned(),
        };
        let noise = noise_port(&folder.facts.inputs).map_err(unsupported)?;
        let text = text_port(&folder.facts.outputs).map_err(unsupported)?;
        let configuration = &folder.configuration;
        let noise_size = latent_size(noise, &configuration.sizes).map_err(unsupported)?;
        let mut loaded = Self {
            session: session::open(runtime, &file, &folder.facts, threads)?,
            noise: noise.name.clone(),
            element: Element::of(&noise.element).unwrap_or(Element::Float32),
            noise_size,
            text: text.name.clone(),
            gives_tokens: text.shape.len() == 2,
            vocab_size: configuration.vocab_size.unwrap_or_default(),
            positions: 0,
        };
        if loaded.gives_tokens && loaded.vocab_size == 0 {
            return Err(unsupported(format!(
                "`{}` gives tokens, and config.json does not say how many there are (`vocab_size`)",
                text.name
            )));
        }
        // As texts will be made: all zeros could be the one vector that a graph does not divide by.
        let noise = DrawKey::default().normals(noise_size);
        let first = loaded.run(&noise)?;
        if let OneShotText::Logits {
            numbers,
            vocab_size,
        } = &first
        {
            let declared = configuration.vocab_size.unwrap_or(*vocab_size);
            if declared != *vocab_size {
                return Err(unsupported(format!(
                    "`{}` scores {vocab_size} tokens, and `vocab_size` in config.json says {declared}",
                    text.name
                )));
            }
            if numbers.iter().all(|logit| logit.is_nan()) && !numbers.is_empty() {
                return Err(invalid(
                    "all it gives is NaN: its weights are damaged, or the export made them so",
                ));
            }
            loaded.vocab_size = *vocab_size;
        }
        loaded.positions = first.positions();
        if loaded.positions == 0 {
            return Err(invalid("it gives a text of no positions"));
        }
        if !loaded.run(&noise)?.has_same_bits(&first) {
            return Err(unsupported(
                "the same noise gives another text the second time: it draws random numbers of its own, and no draft of it could be made again; export it with all of its noise as an input".to_owned(),
            ));
        }
        Ok(loaded)
    }

    /// Numbers that it makes a text of.
    pub fn noise_size(&self) -> usize {
        self.noise_size
    }

    /// Tokens that it knows.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Tokens of its longest text.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Makes one text.
    ///
    /// # Errors
    /// [`EngineError::Inference`] with ONNX Runtime's words.
    pub fn run(&mut self, noise: &[f32]) -> Result<OneShotText, EngineError> {
        self.text_of(noise).map_err(failed("text"))
    }

    fn text_of(&mut self, noise: &[f32]) -> Result<OneShotText, ort::Error> {
        let noise = tensor::row_of(self.element, noise)?;
        let inputs = vec![(self.noise.as_str(), SessionInputValue::from(&noise))];
        let mut outputs = self.session.run(inputs)?;
        let value = outputs
            .remove(&self.text)
            .ok_or_else(|| ort::Error::new(format!("no output `{}`", self.text)))?
            .downcast::<DynTensorValueType>()?;
        Ok(if self.gives_tokens {
            OneShotText::Tokens {
                ids: tensor::token_ids(&value)?,
                vocab_size: self.vocab_size,
            }
        } else {
            OneShotText::Logits {
                numbers: tensor::numbers(&value)?.into_owned(),
                vocab_size: tensor::dims(&value).last().copied().unwrap_or(0),
            }
        })
    }
}

/// The input that takes noise, or in words why there is none.
fn noise_port(inputs: &[Port]) -> Result<&Port, String> {
    match inputs {
        [noise] if Element::of(&noise.element).is_some() && noise.shape.len() == 2 => Ok(noise),
        inputs => Err(format!(
            "a `one_shot` takes one vector of noise [batch, size] and nothing else; this graph takes {}",
            listed(inputs)
        )),
    }
}

/// The output that is the text, or in words why there is none.
fn text_port(outputs: &[Port]) -> Result<&Port, String> {
    let is_logits = |port: &&Port| Element::of(&port.element).is_some() && port.shape.len() == 3;
    let is_tokens =
        |port: &&Port| matches!(port.element.as_str(), "int64" | "int32") && port.shape.len() == 2;
    let logits: Vec<&Port> = outputs.iter().filter(is_logits).collect();
    let tokens: Vec<&Port> = outputs.iter().filter(is_tokens).collect();
    let (found, name) = if logits.is_empty() {
        (tokens, "tokens")
    } else {
        (logits, "logits")
    };
    let named = found.iter().find(|port| port.name == name);
    match (found.as_slice(), named) {
        (_, Some(port)) => Ok(port),
        ([only], None) => Ok(only),
        ([], None) => Err(format!(
            "a `one_shot` gives logits [batch, positions, vocabulary] or tokens [batch, positions]; this graph gives {}",
            listed(outputs)
        )),
        (several, None) => Err(format!(
            "several outputs could be the text, and none is named `{name}`: {}",
            listed(several.iter().copied())
        )),
    }
}

fn listed<'a>(ports: impl IntoIterator<Item = &'a Port>) -> String {
    let listed = ports
        .into_iter()
        .map(|port| format!("`{}` [{}]", port.name, port.shape.join(", ")));
    let listed = listed.collect::<Vec<_>>().join(", ");
    if listed.is_empty() {
        "nothing".to_owned()
    } else {
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, element: &str, shape: &[&str]) -> Port {
        Port {
            name: name.to_owned(),
            element: element.to_owned(),
            shape: shape.iter().map(|size| (*size).to_owned()).collect(),
        }
    }

    #[test]
    fn noise_goes_in_and_logits_or_tokens_come_out() {
        let noise = [port("z", "float32", &["batch", "64"])];
        let hidden = port("hidden", "float32", &["batch", "24", "32"]);
        let scores = port("y", "float16", &["batch", "24", "800"]);
        let logits = port("logits", "float16", &["batch", "24", "800"]);
        let tokens = port("ids", "int64", &["batch", "24"]);
        let found = |outputs: &[Port]| text_port(outputs).map(|port| port.name.clone());
        assert_eq!(found(&[tokens.clone(), scores]).as_deref(), Ok("y"));
        assert_eq!(found(&[hidden, logits]).as_deref(), Ok("logits"));
        assert_eq!(found(&[tokens]).as_deref(), Ok("ids"));
        assert_eq!(noise_port(&noise).map(|port| port.name.as_str()), Ok("z"));
    }

    #[test]
    fn a_graph_that_takes_or_gives_something_else_says_what() {
        let ids = port("input_ids", "int64", &["batch", "sequence"]);
        let score = port("score", "float32", &["batch"]);
        let taken = |inputs: &[Port]| noise_port(inputs).expect_err("no noise");
        let given = |outputs: &[Port]| text_port(outputs).expect_err("no text");
        assert_eq!(
            taken(std::slice::from_ref(&ids)),
            "a `one_shot` takes one vector of noise [batch, size] and nothing else; this graph takes `input_ids` [batch, sequence]"
        );
        assert_eq!(
            taken(&[]),
            "a `one_shot` takes one vector of noise [batch, size] and nothing else; this graph takes nothing"
        );
        assert_eq!(
            given(std::slice::from_ref(&score)),
            "a `one_shot` gives logits [batch, positions, vocabulary] or tokens [batch, positions]; this graph gives `score` [batch]"
        );
        let (one, other) = (
            port("a", "float32", &["batch", "24", "32"]),
            port("b", "float32", &["batch", "24", "800"]),
        );
        assert_eq!(
            given(&[one, other]),
            "several outputs could be the text, and none is named `logits`: `a` [batch, 24, 32], `b` [batch, 24, 800]"
        );
    }

    #[test]
    fn a_token_leaves_no_other_possible() {
        let text = OneShotText::Tokens {
            ids: vec![2, 9],
            vocab_size: 4,
        };
        let mut row = Vec::new();
        let none = f32::NEG_INFINITY;
        assert_eq!(text.positions(), 2);
        assert_eq!(text.logits(0, &mut row), [none, none, 0.0, none]);
        assert_eq!(text.logits(1, &mut row), [none; 4], "beyond the vocabulary");
    }
}
