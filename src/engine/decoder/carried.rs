//! States that a graph gives back after each step and takes again in the next: what is appended to (keys and values),
//! what is replaced (the state of a recurrent layer), or nothing at all, where every step reads the whole text again.
//!
//! Sequences that run together lie right-aligned in one tensor a state: row `i` with `n` tokens fills the last `n`
//! columns, and the mask hides those before. A sequence alone fills all of them. Where a graph gives other numbers
//! for rows that are padded, each sequence keeps tensors of its own and runs alone.

use std::sync::Arc;

use ort::value::DynTensor;

use super::graph::{LoadedGraph, Outputs, Tokens};
use super::ports::{Axis, State};
use super::step::Step;
use super::tensor;

/// Most bytes of logits of one run where every position has some.
const MOST_LOGITS: usize = 256 << 20;

/// Columns that may stand empty before the rows are laid anew.
const SLACK: usize = 32;

/// How sequences share a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// All in one, padded.
    pub together: bool,
    /// Nothing is carried: every step reads the whole text.
    pub recompute: bool,
    /// Columns that the graph has positions for; none where nothing says so.
    pub most_columns: Option<usize>,
}

/// The states of `rows` sequences.
pub struct CarriedCache {
    states: Arc<[State]>,
    sharing: Sharing,
    groups: Vec<Group>,
}

/// Sequences whose states lie in the same tensors.
struct Group {
    rows: usize,
    past: usize,
    source: usize,
    /// For each row, the tokens that an encoder read.
    sources: Vec<usize>,
    tensors: Vec<DynTensor>,
    /// For each row its tokens, where nothing else is carried.
    texts: Vec<Vec<u32>>,
}

impl CarriedCache {
    /// Sequences that have not begun.
    pub fn new(states: &Arc<[State]>, sharing: Sharing, rows: usize) -> Result<Self, ort::Error> {
        let groups = if sharing.together {
            vec![Group::new(states, rows, 0, 0)?]
        } else {
            let groups = (0..rows).map(|_| Group::new(states, 1, 0, 0));
            groups.collect::<Result<_, _>>()?
        };
        Ok(Self {
            states: Arc::clone(states),
            sharing,
            groups,
        })
    }

    /// Number of sequences.
    pub fn rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// Whether so many rows with so many tokens each lie as they should.
    pub fn fits(&self, rows: usize, tokens: &[usize]) -> bool {
        let longest = tokens.iter().copied().max().unwrap_or(0);
        let loose = |group: &Group| {
            let empty = group.past.saturating_sub(longest);
            // The next step adds a column, and empty ones count like any other.
            let full = self
                .sharing
                .most_columns
                .is_some_and(|most| group.past >= most);
            empty > SLACK.max(group.past / 4) || (full && empty > 0)
        };
        self.rows() == rows && !(self.sharing.together && self.groups.iter().any(loose))
    }

    /// Takes another number of rows; the first `tokens[i]` tokens of row `i` stay, what is longer than any goes.
    pub fn resize(&mut self, rows: usize, tokens: &[usize]) -> Result<(), ort::Error> {
        if !self.sharing.together {
            while self.groups.len() < rows {
                self.groups.push(Group::new(&self.states, 1, 0, 0)?);
            }
            self.groups.truncate(rows);
            return Ok(());
        }
        let longest = tokens.iter().copied().max().unwrap_or(0);
        let (old, sources) = (&self.groups[0], tokens.len().min(self.groups[0].rows));
        let source = old.sources[..sources].iter().copied().max().unwrap_or(0);
        let mut laid = Group::new(&self.states, rows, longest, source)?;
        for (row, tokens) in tokens.iter().enumerate().take(old.rows) {
            laid.copy(&self.states, row, old, row, *tokens)?;
        }
        self.groups = vec![laid];
        Ok(())
    }

    /// Copies the last `tokens` of a sequence of another cache into a row of this one; they are all it has.
    pub fn copy_row(
        &mut self,
        row: usize,
        from: &Self,
        from_row: usize,
        tokens: usize,
    ) -> Result<(), ort::Error> {
        let (from, from_row) = from.place(from_row);
        let (states, together) = (&self.states, self.sharing.together);
        let (group, row) = if together {
            (&mut self.groups[0], row)
        } else {
            (&mut self.groups[row], 0)
        };
        let source = from.sources[from_row];
        if group.rows == 1 {
            // Alone it has no column that is not its own.
            *group = Group::new(states, 1, tokens, source)?;
        } else if tokens > group.past || source > group.source {
            let (past, source) = (tokens.max(group.past), source.max(group.source));
            let mut laid = Group::new(states, group.rows, past, source)?;
            for row in 0..group.rows {
                laid.copy(states, row, group, row, group.past)?;
            }
            *group = laid;
        }
        group.copy(states, row, from, from_row, tokens)
    }

    /// Puts one row in the place of another.
    pub fn move_row(&mut self, from: usize, to: usize) -> Result<(), ort::Error> {
        if from == to {
            return Ok(());
        }
        if !self.sharing.together {
            self.groups.swap(from, to);
            return Ok(());
        }
        let group = &mut self.groups[0];
        let past = group.past;
        for (state, tensor) in self.states.iter().zip(&mut group.tensors) {
            let dims = tensor::dims(tensor);
            let (from_at, extent) = row_box(state, &dims, from, past);
            let (to_at, _) = row_box(state, &dims, to, past);
            tensor::move_box(tensor, &from_at, &to_at, &extent)?;
        }
        group.sources[to] = group.sources[from];
        group.texts[to] = group.texts[from].clone();
        Ok(())
    }

    /// Sets what an encoder read for the only row, and begins its answer.
    pub fn begin(
        &mut self,
        encoded: Option<(usize, DynTensor)>,
        source: usize,
    ) -> Result<(), ort::Error> {
        let mut group = Group::new(&self.states, 1, 0, source)?;
        group.sources[0] = source;
        if let Some((index, tensor)) = encoded {
            group.tensors[index] = tensor;
        }
        self.groups = vec![group];
        Ok(())
    }

    /// Runs one step and gives the logits after the last token of each row that ran, row after row, and the number
    /// of those rows.
    pub fn run(
        &mut self,
        first: Option<&mut LoadedGraph>,
        decoder: &mut LoadedGraph,
        step: &Step<'_>,
    ) -> Result<(Vec<f32>, usize), ort::Error> {
        let columns = step.input_ids.len() / self.rows().max(1);
        let mut first = first;
        let mut logits = Vec::new();
        let mut row = 0;
        self.forget_spare(step.live)?;
        // Alone, a row without a sequence would cost a run of its own.
        let groups = if self.sharing.together { 1 } else { step.live };
        for group in self.groups.iter_mut().take(groups) {
            let rows = row..row + group.rows;
            let ids = &step.input_ids[rows.start * columns..rows.end * columns];
            let graph = match &mut first {
                Some(first) if group.past == 0 || self.sharing.recompute => first,
                _ => &mut *decoder,
            };
            if self.sharing.recompute {
                group.read_again(&self.states, graph, ids, columns, &mut logits)?;
            } else {
                group.go_on(
                    &self.states,
                    graph,
                    ids,
                    &step.lengths[rows.clone()],
                    &mut logits,
                )?;
            }
            row = rows.end;
        }
        Ok((logits, row))
    }

    /// Empties the rows that hold no sequence: what they held would grow with every step.
    fn forget_spare(&mut self, live: usize) -> Result<(), ort::Error> {
        if !self.sharing.together {
            for group in self.groups.iter_mut().skip(live) {
                if group.past > 0 {
                    *group = Group::new(&self.states, 1, 0, 0)?;
                }
            }
        } else if self.sharing.recompute {
            for text in self.groups[0].texts.iter_mut().skip(live) {
                text.clear();
            }
        }
        Ok(())
    }

    fn place(&self, row: usize) -> (&Group, usize) {
        if self.sharing.together {
            (&self.groups[0], row)
        } else {
            (&self.groups[row], 0)
        }
    }
}

impl Group {
    fn new(states: &[State], rows: usize, past: usize, source: usize) -> Result<Self, ort::Error> {
        let tensors = states
            .iter()
            .map(|state| tensor::zeros(state.element, &state.dims(rows, past, source)));
        Ok(Self {
            rows,
            past,
            source,
            sources: vec![0; rows],
            tensors: tensors.collect::<Result<_, _>>()?,
            texts: vec![Vec::new(); rows],
        })
    }

    fn copy(
        &mut self,
        states: &[State],
        row: usize,
        from: &Self,
        from_row: usize,
        tokens: usize,
    ) -> Result<(), ort::Error> {
        let tokens = tokens.min(from.past).min(self.past);
        for ((state, to), source) in states.iter().zip(&mut self.tensors).zip(&from.tensors) {
            let (from_at, extent) = row_box(state, &tensor::dims(source), from_row, tokens);
            let (to_at, room) = row_box(state, &tensor::dims(to), row, tokens);
            let extent: Vec<usize> = extent.iter().zip(&room).map(|(a, b)| *a.min(b)).collect();
            tensor::copy_box(source, &from_at, to, &to_at, &extent)?;
        }
        self.sources[row] = from.sources[from_row];
        self.texts[row] = from.texts[from_row].clone();
        Ok(())
    }

    /// Runs new tokens behind what the states hold.
    fn go_on(
        &mut self,
        states: &[State],
        graph: &mut LoadedGraph,
        ids: &[u32],
        lengths: &[usize],
        logits: &mut Vec<f32>,
    ) -> Result<(), ort::Error> {
        let columns = ids.len() / self.rows.max(1);
        let tokens = Tokens {
            ids,
            rows: self.rows,
            columns,
            past: self.past,
            lengths,
            from_left: false,
            sources: Some((&self.sources, self.source)),
        };
        let outputs = graph.run(&tokens, &self.tensors)?;
        last_rows(&outputs, self.rows, &vec![columns; self.rows], logits)?;
        let is_first = self.past == 0;
        for (index, tensor) in outputs.states {
            // What the encoder said is computed once; merged graphs give an empty tensor for it afterwards.
            if is_first || !states[index].axes.contains(&Axis::Source) {
                self.tensors[index] = tensor;
            }
        }
        self.past += columns;
        Ok(())
    }

    /// Runs every row's whole text.
    fn read_again(
        &mut self,
        states: &[State],
        graph: &mut LoadedGraph,
        ids: &[u32],
        columns: usize,
        logits: &mut Vec<f32>,
    ) -> Result<(), ort::Error> {
        for (text, ids) in self.texts.iter_mut().zip(ids.chunks(columns.max(1))) {
            text.extend_from_slice(ids);
        }
        let longest = self.texts.iter().map(Vec::len).max().unwrap_or(0);
        self.past = longest;
        let a_row = longest * graph.ports.vocab_size.unwrap_or(1) * size_of::<f32>();
        let at_once = (MOST_LOGITS / a_row.max(1)).max(1);
        for (part, texts) in self.texts.chunks(at_once).enumerate() {
            let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
            let padded = texts.iter().flat_map(|text| {
                let blank = std::iter::repeat_n(0, longest - text.len());
                text.iter().copied().chain(blank)
            });
            let padded: Vec<u32> = padded.collect();
            let first = part * at_once;
            let sources = &self.sources[first..first + texts.len()];
            let tokens = Tokens {
                ids: &padded,
                rows: texts.len(),
                columns: longest,
                past: 0,
                lengths: &lengths,
                from_left: true,
                sources: Some((sources, self.source)),
            };
            let mut part = Self::new(states, texts.len(), 0, self.source)?;
            for (state, (to, from)) in states
                .iter()
                .zip(part.tensors.iter_mut().zip(&self.tensors))
            {
                // What an encoder made of the prompt stays; everything else begins anew.
                if state.output.is_none() && !state.grows() {
                    for row in 0..texts.len() {
                        let dims = tensor::dims(from);
                        let (from_at, extent) = row_box(state, &dims, first + row, 0);
                        let (to_at, _) = row_box(state, &tensor::dims(to), row, 0);
                        tensor::copy_box(from, &from_at, to, &to_at, &extent)?;
                    }
                }
            }
            let outputs = graph.run(&tokens, &part.tensors)?;
            last_rows(&outputs, texts.len(), &lengths, logits)?;
        }
        Ok(())
    }
}

/// Where the last `tokens` of a row begin in a tensor of a state, and how large they are.
fn row_box(state: &State, dims: &[usize], row: usize, tokens: usize) -> (Vec<usize>, Vec<usize>) {
    let places = state.axes.iter().zip(dims).map(|(axis, size)| match axis {
        Axis::Rows(entries) => (row * entries, *entries),
        Axis::Past => (size.saturating_sub(tokens), tokens.min(*size)),
        Axis::Fixed(_) | Axis::Source => (0, *size),
    });
    places.unzip()
}

/// Adds the logits after the last token of each row.
fn last_rows(
    outputs: &Outputs,
    rows: usize,
    lengths: &[usize],
    logits: &mut Vec<f32>,
) -> Result<(), ort::Error> {
    let numbers = tensor::numbers(&outputs.logits)?;
    let dims = tensor::dims(&outputs.logits);
    let vocab_size = dims.last().copied().unwrap_or(0);
    let positions = (numbers.len() / rows.max(1))
        .checked_div(vocab_size)
        .unwrap_or(0);
    for (row, length) in lengths.iter().enumerate() {
        // A graph that keeps only some positions keeps the last ones.
        let position = (*length).min(positions).saturating_sub(1);
        let start = (row * positions + position) * vocab_size;
        logits.extend_from_slice(&numbers[start..start + vocab_size]);
    }
    Ok(())
}
