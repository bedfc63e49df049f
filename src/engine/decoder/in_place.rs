//! Keys and values of the sequences that run together.
//!
//! One pair of tensors a layer, `[rows, kv_heads, capacity, head_dim]` float32, bound to the session
//! as past and as present at once: `GroupQueryAttention` sees the same pointer on both sides and
//! writes the new position in place instead of copying the whole cache every step.

use ort::memory::Allocator;
use ort::value::Tensor;

use super::error::EngineError;

/// Sizes of a model's cache, read from its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvShape {
    /// Decoder layers.
    pub layers: usize,
    /// Key and value heads of a layer.
    pub kv_heads: usize,
    /// Values of one head.
    pub head_dim: usize,
}

impl KvShape {
    /// Bytes of keys and values of one token over all layers.
    pub fn bytes_per_token(&self) -> usize {
        self.layers * 2 * self.kv_heads * self.head_dim * size_of::<f32>()
    }
}

/// The cache: `rows` sequences of up to `capacity` tokens.
pub struct KvCache {
    shape: KvShape,
    rows: usize,
    capacity: usize,
    /// Key then value of each layer.
    tensors: Vec<Tensor<f32>>,
}

impl KvCache {
    /// An empty cache.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had.
    pub fn new(shape: KvShape, rows: usize, capacity: usize) -> Result<Self, EngineError> {
        let tensors = (0..shape.layers * 2)
            .map(|_| empty(shape, rows, capacity))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            shape,
            rows,
            capacity,
            tensors,
        })
    }

    /// Number of sequences.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Tokens a sequence has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Tensors in the order key 0, value 0, key 1, …
    pub(super) fn tensors_mut(&mut self) -> &mut [Tensor<f32>] {
        &mut self.tensors
    }

    /// Copies the first `tokens` of a row of another cache of the same model into a row of this one.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when a tensor cannot be read.
    pub fn copy_row(
        &mut self,
        row: usize,
        from: &Self,
        from_row: usize,
        tokens: usize,
    ) -> Result<(), EngineError> {
        let run = tokens * self.shape.head_dim;
        for index in 0..self.tensors.len() {
            for head in 0..self.shape.kv_heads {
                let source = from.offset(from_row, head);
                let target = self.offset(row, head);
                let values = &from.data(index)?[source..source + run];
                self.data_mut(index)?[target..target + run].copy_from_slice(values);
            }
        }
        Ok(())
    }

    /// Copies the first `tokens` of one row over another row.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when a tensor cannot be read.
    pub fn move_row(&mut self, from: usize, to: usize, tokens: usize) -> Result<(), EngineError> {
        if from == to {
            return Ok(());
        }
        let run = tokens * self.shape.head_dim;
        for index in 0..self.tensors.len() {
            for head in 0..self.shape.kv_heads {
                let source = self.offset(from, head);
                let target = self.offset(to, head);
                self.data_mut(index)?
                    .copy_within(source..source + run, target);
            }
        }
        Ok(())
    }

    /// Takes another size; the first `tokens[i]` of each row `i` stay. One tensor after the other, so that
    /// there is never more than one twice: the cache is most of the process's memory.
    ///
    /// # Errors
    /// [`EngineError::Inference`] when the memory cannot be had. The cache has no rows then, whatever it held;
    /// another `resize` makes it good again.
    pub fn resize(
        &mut self,
        rows: usize,
        capacity: usize,
        tokens: &[usize],
    ) -> Result<(), EngineError> {
        let (heads, head_dim) = (self.shape.kv_heads, self.shape.head_dim);
        let old_capacity = std::mem::take(&mut self.capacity);
        self.rows = 0;
        for tensor in &mut self.tensors {
            let mut resized = empty(self.shape, rows, capacity)?;
            let (_, to) = resized.try_extract_tensor_mut::<f32>().map_err(failed)?;
            let (_, from) = tensor.try_extract_tensor::<f32>().map_err(failed)?;
            for (row, tokens) in tokens.iter().enumerate() {
                for head in row * heads..(row + 1) * heads {
                    let source = head * old_capacity * head_dim;
                    let target = head * capacity * head_dim;
                    let run = tokens * head_dim;
                    to[target..target + run].copy_from_slice(&from[source..source + run]);
                }
            }
            *tensor = resized;
        }
        (self.rows, self.capacity) = (rows, capacity);
        Ok(())
    }

    fn offset(&self, row: usize, head: usize) -> usize {
        (row * self.shape.kv_heads + head) * self.capacity * self.shape.head_dim
    }

    fn data(&self, index: usize) -> Result<&[f32], EngineError> {
        Ok(self.tensors[index]
            .try_extract_tensor::<f32>()
            .map_err(failed)?
            .1)
    }

    fn data_mut(&mut self, index: usize) -> Result<&mut [f32], EngineError> {
        Ok(self.tensors[index]
            .try_extract_tensor_mut::<f32>()
            .map_err(failed)?
            .1)
    }
}

/// Keys or values of one layer, all zero: fresh memory holds anything, and a masked NaN is still NaN after
/// it is multiplied by zero.
fn empty(shape: KvShape, rows: usize, capacity: usize) -> Result<Tensor<f32>, EngineError> {
    let dims = [rows, shape.kv_heads, capacity, shape.head_dim].map(|size| size as i64);
    let mut tensor = Tensor::<f32>::new(&Allocator::default(), dims).map_err(failed)?;
    let (_, values) = tensor.try_extract_tensor_mut::<f32>().map_err(failed)?;
    values.fill(0.0);
    Ok(tensor)
}

fn failed(error: ort::Error) -> EngineError {
    EngineError::Inference {
        stage: "cache",
        reason: error.to_string(),
    }
}
