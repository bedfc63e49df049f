//! One loaded graph: its session, the roles of its ports, and running it once with everything given.

use std::path::Path;

use ort::session::{Session, SessionInputValue};
use ort::value::{DynTensor, DynTensorValueType};

use super::ports::{NumberPort, Ports, State};
use super::step::Step;
use super::tensor;
use crate::engine::error::EngineError;
use crate::engine::folder::ModelConfiguration;
use crate::engine::graph::GraphFacts;
use crate::engine::runtime::Runtime;
use crate::engine::session;

/// A graph in ONNX Runtime.
pub struct LoadedGraph {
    pub session: Session,
    pub ports: Ports,
    /// Input name of each state that it takes, by the state's index in the model.
    taken: Vec<(usize, String)>,
    /// Output name of each state that it gives.
    given: Vec<(usize, String)>,
}

/// The tokens of one run, and where they stand.
pub struct Tokens<'a> {
    /// Row after row, `columns` each.
    pub ids: &'a [u32],
    pub rows: usize,
    pub columns: usize,
    /// Columns of the past, those of the longest row.
    pub past: usize,
    /// For each row, its tokens once this run is done.
    pub lengths: &'a [usize],
    /// Whether rows that are shorter begin at the first column, and end before the last.
    pub from_left: bool,
    /// For each row, the tokens that an encoder read for it, and those of the longest; none without an encoder.
    pub sources: Option<(&'a [usize], usize)>,
}

/// What came out of one run.
pub struct Outputs {
    /// `[rows, columns or 1, vocabulary]`, or `[rows, vocabulary]`.
    pub logits: DynTensor,
    /// New values of states, by their index in the model.
    pub states: Vec<(usize, DynTensor)>,
}

impl LoadedGraph {
    /// Loads a graph with this many threads.
    ///
    /// # Errors
    /// [`EngineError::UnsupportedGraph`] where a port has no known role, [`EngineError::OpsetTooNew`] and
    /// [`EngineError::ModelFileInvalid`] when ONNX Runtime refuses it.
    pub fn load(
        runtime: &Runtime,
        file: &Path,
        facts: &GraphFacts,
        configuration: &ModelConfiguration,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let ports = Ports::of(facts, configuration);
        let ports = ports.map_err(|reason| EngineError::UnsupportedGraph {
            file: file.to_path_buf(),
            reason,
        })?;
        Ok(Self {
            session: session::open(runtime, file, facts, threads)?,
            ports,
            taken: Vec::new(),
            given: Vec::new(),
        })
    }

    /// Finds which of a model's states this graph takes and gives.
    pub fn wire(&mut self, states: &[State]) {
        for (index, state) in states.iter().enumerate() {
            let constant = self.ports.encoder_states.iter().chain(&self.ports.latent);
            let mut own = self.ports.states.iter().chain(constant);
            let own = own.find(|own| own.key == state.key);
            if let Some(own) = own {
                self.taken.push((index, own.input.clone()));
            }
            // A latent vector stays as it is, whatever a graph calls what it gives.
            let is_latent = own.is_some() && own == self.ports.latent.as_ref();
            let output = own.and_then(|own| own.output.clone()).or_else(|| {
                if is_latent {
                    return None;
                }
                let mut unpaired = self.ports.unpaired.iter();
                let found = unpaired.find(|(key, _)| *key == state.key);
                found.map(|(_, name)| name.clone())
            });
            if let Some(output) = output {
                self.given.push((index, output));
            }
        }
    }

    /// Runs the graph once.
    ///
    /// # Errors
    /// ONNX Runtime's.
    pub fn run(
        &mut self,
        tokens: &Tokens<'_>,
        states: &[DynTensor],
    ) -> Result<Outputs, ort::Error> {
        let numbers = self.number_inputs(tokens)?;
        let numbers = numbers.iter().map(|(name, value)| (name.as_str(), value));
        let states_in = self.taken.iter();
        let states_in = states_in.map(|(index, name)| (name.as_str(), &states[*index]));
        let inputs: Vec<(&str, SessionInputValue<'_>)> = numbers
            .chain(states_in)
            .map(|(name, value)| (name, SessionInputValue::from(value)))
            .collect();
        let mut outputs = self.session.run(inputs)?;
        let mut take = |name: &str| {
            let value = outputs.remove(name);
            let value = value.ok_or_else(|| ort::Error::new(format!("no output `{name}`")));
            value?.downcast::<DynTensorValueType>()
        };
        let logits = self
            .ports
            .logits
            .as_deref()
            .or(self.ports.hidden.as_deref());
        let logits = take(logits.unwrap_or_default())?;
        let states = self
            .given
            .iter()
            .map(|(index, name)| Ok((*index, take(name)?)));
        let states = states.collect::<Result<_, ort::Error>>()?;
        Ok(Outputs { logits, states })
    }

    /// Every input of whole numbers for a step of sequences that each begin at their first column.
    pub fn step_inputs(
        &self,
        rows: usize,
        step: &Step<'_>,
    ) -> Result<Vec<(String, DynTensor)>, ort::Error> {
        let columns = step.input_ids.len() / rows.max(1);
        let longest = step.lengths.iter().copied().max().unwrap_or(0);
        self.number_inputs(&Tokens {
            ids: step.input_ids,
            rows,
            columns,
            past: longest.saturating_sub(columns),
            lengths: step.lengths,
            from_left: true,
            sources: None,
        })
    }

    /// Every input of whole numbers.
    fn number_inputs(&self, tokens: &Tokens<'_>) -> Result<Vec<(String, DynTensor)>, ort::Error> {
        let (rows, columns, past) = (tokens.rows, tokens.columns, tokens.past);
        let total = past + columns;
        let mut inputs = Vec::new();
        let mut give = |port: &Option<NumberPort>, dims: &[usize], values: Vec<i64>| {
            if let Some(port) = port {
                // A port of fewer axes takes the same numbers without the rows.
                let skipped = dims.len().saturating_sub(port.rank);
                let tensor = tensor::whole_numbers(&port.element, &dims[skipped..], values)?;
                inputs.push((port.name.clone(), tensor));
            }
            Ok::<(), ort::Error>(())
        };
        let ports = &self.ports;
        let ids = tokens.ids.iter().map(|id| i64::from(*id)).collect();
        give(&ports.ids, &[rows, columns], ids)?;
        if ports.mask.is_some() {
            let is_there = |length: usize, column: usize| {
                if tokens.from_left {
                    column < length
                } else {
                    column + length >= total
                }
            };
            give(
                &ports.mask,
                &[rows, total],
                by_row(tokens.lengths, total, is_there),
            )?;
        }
        if let Some(port) = &ports.positions {
            let values = if port.rank == 1 {
                (past..total).map(|column| column as i64).collect()
            } else {
                let whole_texts = tokens.from_left && past == 0;
                let first = |length: usize| {
                    if whole_texts {
                        0
                    } else {
                        length.saturating_sub(columns)
                    }
                };
                let row = |length: &usize| first(*length)..first(*length) + columns;
                tokens
                    .lengths
                    .iter()
                    .flat_map(row)
                    .map(|at| at as i64)
                    .collect()
            };
            let dims = if port.rank == 1 {
                vec![columns]
            } else {
                vec![rows, columns]
            };
            give(&ports.positions, &dims, values)?;
        }
        give(
            &ports.token_types,
            &[rows, columns],
            vec![0; rows * columns],
        )?;
        give(&ports.use_cache_branch, &[1], vec![i64::from(past > 0)])?;
        give(&ports.logits_to_keep, &[1], vec![1])?;
        give(&ports.past_length, &[1, 1], vec![past as i64])?;
        give(&ports.total_length, &[1, 1], vec![total as i64])?;
        if let Some((sources, longest)) = tokens.sources {
            let values = by_row(sources, longest, |length, column| column < length);
            give(&ports.encoder_mask, &[rows, longest], values)?;
        }
        Ok(inputs)
    }
}

fn by_row(lengths: &[usize], columns: usize, is_there: impl Fn(usize, usize) -> bool) -> Vec<i64> {
    let row = |length: &usize| {
        let length = *length;
        (0..columns).map(move |column| (length, column))
    };
    let places = lengths.iter().flat_map(row);
    places
        .map(|(length, column)| i64::from(is_there(length, column)))
        .collect()
}
