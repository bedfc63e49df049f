//! States that a graph writes where they lie: keys and values of fused attention.
//!
//! One tensor a state, such as `[rows, kv_heads, capacity, head_dim]`, bound to the session as past and as present at
//! once: `GroupQueryAttention` sees the same pointer on both sides and writes the new position in place instead of
//! copying the whole cache every step.

use std::sync::Arc;

use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::IoBinding;
use ort::value::DynTensor;

use super::graph::LoadedGraph;
use super::ports::{Axis, State};
use super::step::{Logits, Step};
use super::tensor;

/// The cache: `rows` sequences of up to `capacity` tokens.
pub struct InPlaceCache {
    states: Arc<[State]>,
    rows: usize,
    capacity: usize,
    /// Attention with a window wants room for all of it.
    least: usize,
    tensors: Vec<DynTensor>,
    /// Made when it first runs.
    binding: Option<IoBinding>,
}

impl InPlaceCache {
    /// An empty cache, with room for `least` tokens at least.
    pub fn new(
        states: &Arc<[State]>,
        rows: usize,
        capacity: usize,
        least: usize,
    ) -> Result<Self, ort::Error> {
        let capacity = capacity.max(least);
        let tensors = states
            .iter()
            .map(|state| tensor::zeros(state.element, &state.dims(rows, capacity, 0)));
        Ok(Self {
            states: Arc::clone(states),
            rows,
            capacity,
            least,
            tensors: tensors.collect::<Result<_, _>>()?,
            binding: None,
        })
    }

    /// Number of sequences.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether each state that a step changes is longer by its tokens, so that what they wrote can be written over. The
    /// state of a convolution or of a recurrent layer beside attention cannot.
    pub fn only_grows(&self) -> bool {
        let mut carried = self.states.iter().filter(|state| state.output.is_some());
        carried.all(State::grows)
    }

    /// Tokens a sequence has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether it has so many rows with this room.
    pub fn fits(&self, rows: usize, capacity: usize) -> bool {
        self.rows == rows && self.capacity == capacity.max(self.least)
    }

    /// Sets a state of the first row that does not grow.
    pub fn set(&mut self, index: usize, value: &DynTensor) -> Result<(), ort::Error> {
        let (at, extent) = row_box(&self.states[index], 0, 0);
        tensor::copy_box(value, &at, &mut self.tensors[index], &at, &extent)
    }

    /// Copies the first `tokens` of a row of another cache of the same model into a row of this one.
    pub fn copy_row(
        &mut self,
        row: usize,
        from: &Self,
        from_row: usize,
        tokens: usize,
    ) -> Result<(), ort::Error> {
        let tensors = self.tensors.iter_mut().zip(&from.tensors);
        for (state, (to, from)) in self.states.iter().zip(tensors) {
            let (from_at, extent) = row_box(state, from_row, tokens);
            let (to_at, _) = row_box(state, row, tokens);
            tensor::copy_box(from, &from_at, to, &to_at, &extent)?;
        }
        Ok(())
    }

    /// Copies the first `tokens` of one row over another row.
    pub fn move_row(&mut self, from: usize, to: usize, tokens: usize) -> Result<(), ort::Error> {
        if from == to {
            return Ok(());
        }
        for (state, tensor) in self.states.iter().zip(&mut self.tensors) {
            let (from_at, extent) = row_box(state, from, tokens);
            let (to_at, _) = row_box(state, to, tokens);
            tensor::move_box(tensor, &from_at, &to_at, &extent)?;
        }
        Ok(())
    }

    /// Takes another size; the first `tokens[i]` of each row `i` stay. One tensor after the other, so that
    /// there is never more than one twice: the cache is most of the process's memory.
    ///
    /// When the memory cannot be had, the cache has no rows, whatever it held; another `resize` makes it good again.
    pub fn resize(
        &mut self,
        rows: usize,
        capacity: usize,
        tokens: &[usize],
    ) -> Result<(), ort::Error> {
        let capacity = capacity.max(self.least);
        // A binding keeps what is bound to it alive: none of the old tensors would be given back.
        self.binding = None;
        self.capacity = 0;
        self.rows = 0;
        for (state, tensor) in self.states.iter().zip(&mut self.tensors) {
            let mut resized = tensor::zeros(state.element, &state.dims(rows, capacity, 0))?;
            for (row, tokens) in tokens.iter().enumerate() {
                let (at, extent) = row_box(state, row, *tokens);
                tensor::copy_box(tensor, &at, &mut resized, &at, &extent)?;
            }
            *tensor = resized;
        }
        (self.rows, self.capacity) = (rows, capacity);
        Ok(())
    }

    /// Runs one step and hands its logits to `read`.
    pub fn run<R>(
        &mut self,
        graph: &mut LoadedGraph,
        step: &Step<'_>,
        read: impl FnOnce(Logits<'_>) -> R,
    ) -> Result<R, ort::Error> {
        let mut binding = match self.binding.take() {
            Some(binding) => binding,
            None => self.bound(graph)?,
        };
        for (name, value) in graph.step_inputs(self.rows, step)? {
            binding.bind_input(name, &value)?;
        }
        // The logits of the step before would be written over, whatever their shape.
        let memory = MemoryInfo::new(
            AllocationDevice::CPU,
            0,
            AllocatorType::Device,
            MemoryType::CPUOutput,
        )?;
        if let Some(logits) = &graph.ports.logits {
            binding.bind_output_to_device(logits.as_str(), &memory)?;
        }
        let outputs = graph.session.run_binding(&binding)?;
        let name = graph.ports.logits.as_deref().unwrap_or_default();
        let logits = outputs
            .get(name)
            .ok_or_else(|| ort::Error::new(format!("no output `{name}`")))?;
        let result = tensor::with_numbers(logits, |dims, numbers| {
            read(Logits::new(
                numbers,
                self.rows,
                dims.last().copied().unwrap_or(1),
            ))
        });
        drop(outputs);
        self.binding = Some(binding);
        result
    }

    fn bound(&mut self, graph: &LoadedGraph) -> Result<IoBinding, ort::Error> {
        let mut binding = graph.session.create_binding()?;
        for (state, tensor) in self.states.iter().zip(&mut self.tensors) {
            binding.bind_input(state.input.as_str(), tensor)?;
            if let Some(output) = &state.output {
                binding.bind_output(output.as_str(), tensor)?;
            }
        }
        Ok(binding)
    }
}

/// Where a row begins in a tensor of a state, and how large its first `tokens` are.
fn row_box(state: &State, row: usize, tokens: usize) -> (Vec<usize>, Vec<usize>) {
    let places = state.axes.iter().map(|axis| match axis {
        Axis::Rows(entries) => (row * entries, *entries),
        Axis::Past => (0, tokens),
        Axis::Fixed(size) => (0, *size),
        Axis::Source => (0, 0),
    });
    places.unzip()
}
