//! What goes into one step of all sequences that run together, and what comes out.

use crate::engine::error::EngineError;

/// Tokens of one step: the same number for each row.
#[derive(Debug)]
pub struct Step<'a> {
    /// Row after row.
    pub input_ids: &'a [u32],
    /// For each row, tokens in its cache once this step is done.
    pub lengths: &'a [usize],
    /// Rows that hold a sequence, the first ones; nobody reads what the others give.
    pub live: usize,
}

/// Logits of one step.
#[derive(Debug, Clone, Copy)]
pub struct Logits<'a> {
    data: &'a [f32],
    rows: usize,
    vocab_size: usize,
}

impl<'a> Logits<'a> {
    /// Of `[rows, positions, vocabulary]`.
    pub fn new(data: &'a [f32], rows: usize, vocab_size: usize) -> Self {
        Self {
            data,
            rows,
            vocab_size,
        }
    }

    /// Logits after the last token of a row.
    pub fn row(&self, row: usize) -> &'a [f32] {
        let per_row = self.data.len() / self.rows;
        let end = (row + 1) * per_row;
        &self.data[end - self.vocab_size..end]
    }
}

/// ONNX Runtime's words about what it was doing.
pub fn failed(stage: &'static str) -> impl Fn(ort::Error) -> EngineError {
    move |error| EngineError::Inference {
        stage,
        reason: error.to_string(),
    }
}
