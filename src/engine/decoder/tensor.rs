//! Tensors of the element types that graphs carry from step to step, and copying boxes between them.

use std::borrow::Cow;

use half::{bf16, f16};
use ort::Error;
use ort::memory::Allocator;
use ort::value::{
    DynTensor, DynValue, PrimitiveTensorElementType, Shape, Tensor, TensorElementType,
};

/// Element type of a state or of logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32 bits.
    Float32,
    /// 16 bits, IEEE.
    Float16,
    /// 16 bits, the upper half of a float32.
    Bfloat16,
}

impl Element {
    /// The type that [`crate::engine::GraphFacts`] calls by this word.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "float32" => Some(Self::Float32),
            "float16" => Some(Self::Float16),
            "bfloat16" => Some(Self::Bfloat16),
            _ => None,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
        }
    }

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::Float32 => 4,
            Self::Float16 | Self::Bfloat16 => 2,
        }
    }

    fn runtime(self) -> TensorElementType {
        match self {
            Self::Float32 => TensorElementType::Float32,
            Self::Float16 => TensorElementType::Float16,
            Self::Bfloat16 => TensorElementType::Bfloat16,
        }
    }
}

/// What is done with the numbers of a tensor, whatever their type.
macro_rules! by_type {
    ($tensor:expr, $function:ident($($argument:expr),*)) => {
        match $tensor.data_type() {
            TensorElementType::Float16 => $function::<f16>($($argument),*),
            TensorElementType::Bfloat16 => $function::<bf16>($($argument),*),
            _ => $function::<f32>($($argument),*),
        }
    };
}

/// A tensor of nothing but zeros: fresh memory holds anything, and a masked NaN is still NaN after it is multiplied
/// by zero.
pub fn zeros(element: Element, dims: &[usize]) -> Result<DynTensor, Error> {
    let dims: Vec<i64> = dims.iter().map(|size| *size as i64).collect();
    let mut tensor = DynTensor::new(&Allocator::default(), element.runtime(), dims)?;
    by_type!(tensor, fill(&mut tensor))?;
    Ok(tensor)
}

/// Sizes of a tensor's axes.
pub fn dims(tensor: &DynTensor) -> Vec<usize> {
    let sizes = tensor.shape().iter();
    sizes
        .map(|size| usize::try_from(*size).unwrap_or(0))
        .collect()
}

/// Sizes and numbers, as float32, of what a session gave.
pub fn with_numbers<R>(
    value: &DynValue,
    read: impl FnOnce(&[usize], &[f32]) -> R,
) -> Result<R, Error> {
    let sizes = |shape: &Shape| -> Vec<usize> {
        let sizes = shape.iter();
        sizes
            .map(|size| usize::try_from(*size).unwrap_or(0))
            .collect()
    };
    Ok(match value.dtype().tensor_type() {
        Some(TensorElementType::Float16) => {
            let (shape, values) = value.try_extract_tensor::<f16>()?;
            let values: Vec<f32> = values.iter().map(|value| value.to_f32()).collect();
            read(&sizes(shape), &values)
        }
        Some(TensorElementType::Bfloat16) => {
            let (shape, values) = value.try_extract_tensor::<bf16>()?;
            let values: Vec<f32> = values.iter().map(|value| value.to_f32()).collect();
            read(&sizes(shape), &values)
        }
        _ => {
            let (shape, values) = value.try_extract_tensor::<f32>()?;
            read(&sizes(shape), values)
        }
    })
}

/// The numbers of a tensor as float32.
pub fn numbers(tensor: &DynTensor) -> Result<Cow<'_, [f32]>, Error> {
    Ok(match tensor.data_type() {
        TensorElementType::Float16 => {
            let (_, values) = tensor.try_extract_tensor::<f16>()?;
            Cow::Owned(values.iter().map(|value| value.to_f32()).collect())
        }
        TensorElementType::Bfloat16 => {
            let (_, values) = tensor.try_extract_tensor::<bf16>()?;
            Cow::Owned(values.iter().map(|value| value.to_f32()).collect())
        }
        _ => Cow::Borrowed(tensor.try_extract_tensor::<f32>()?.1),
    })
}

/// The token ids that a tensor holds; one that is none becomes the largest number.
pub fn token_ids(tensor: &DynTensor) -> Result<Vec<u32>, Error> {
    let none = u32::MAX;
    Ok(match tensor.data_type() {
        TensorElementType::Int32 => {
            let (_, values) = tensor.try_extract_tensor::<i32>()?;
            let ids = values.iter().map(|id| u32::try_from(*id).unwrap_or(none));
            ids.collect()
        }
        _ => {
            let (_, values) = tensor.try_extract_tensor::<i64>()?;
            let ids = values.iter().map(|id| u32::try_from(*id).unwrap_or(none));
            ids.collect()
        }
    })
}

/// Copies a box of `extent` that begins at `from_at` in one tensor to where it begins in another of the same type.
pub fn copy_box(
    from: &DynTensor,
    from_at: &[usize],
    to: &mut DynTensor,
    to_at: &[usize],
    extent: &[usize],
) -> Result<(), Error> {
    by_type!(from, copy(from, from_at, to, to_at, extent))
}

/// Copies a box to another place of the same tensor; the two do not overlap.
pub fn move_box(
    tensor: &mut DynTensor,
    from_at: &[usize],
    to_at: &[usize],
    extent: &[usize],
) -> Result<(), Error> {
    by_type!(tensor, shift(tensor, from_at, to_at, extent))
}

/// One row of numbers of this type.
pub fn row_of(element: Element, values: &[f32]) -> Result<DynTensor, Error> {
    let dims = vec![1, values.len()];
    let values = values.iter();
    Ok(match element {
        Element::Float16 => {
            let values: Vec<f16> = values.map(|value| f16::from_f32(*value)).collect();
            Tensor::from_array((dims, values))?.upcast()
        }
        Element::Bfloat16 => {
            let values: Vec<bf16> = values.map(|value| bf16::from_f32(*value)).collect();
            Tensor::from_array((dims, values))?.upcast()
        }
        Element::Float32 => {
            let values: Vec<f32> = values.copied().collect();
            Tensor::from_array((dims, values))?.upcast()
        }
    })
}

/// One row of integers, booleans or numbers, as the port that takes it wants them.
pub fn whole_numbers(element: &str, dims: &[usize], values: Vec<i64>) -> Result<DynTensor, Error> {
    let dims = dims.to_vec();
    Ok(match element {
        "int32" => {
            let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
            Tensor::from_array((dims, values))?.upcast()
        }
        "bool" => {
            let values: Vec<bool> = values.into_iter().map(|value| value != 0).collect();
            Tensor::from_array((dims, values))?.upcast()
        }
        "float32" => {
            let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            Tensor::from_array((dims, values))?.upcast()
        }
        _ => Tensor::from_array((dims, values))?.upcast(),
    })
}

trait Number: PrimitiveTensorElementType + Copy + Default + std::fmt::Debug {}
impl<T: PrimitiveTensorElementType + Copy + Default + std::fmt::Debug> Number for T {}

fn fill<T: Number>(tensor: &mut DynTensor) -> Result<(), Error> {
    let (_, values) = tensor.try_extract_tensor_mut::<T>()?;
    values.fill(T::default());
    Ok(())
}

fn copy<T: Number>(
    from: &DynTensor,
    from_at: &[usize],
    to: &mut DynTensor,
    to_at: &[usize],
    extent: &[usize],
) -> Result<(), Error> {
    let (from_dims, to_dims) = (dims(from), dims(to));
    let (_, source) = from.try_extract_tensor::<T>()?;
    let (_, target) = to.try_extract_tensor_mut::<T>()?;
    for_each_run(
        &from_dims,
        from_at,
        &to_dims,
        to_at,
        extent,
        |source_at, target_at, run| {
            target[target_at..target_at + run].copy_from_slice(&source[source_at..source_at + run]);
        },
    );
    Ok(())
}

fn shift<T: Number>(
    tensor: &mut DynTensor,
    from_at: &[usize],
    to_at: &[usize],
    extent: &[usize],
) -> Result<(), Error> {
    let dims = dims(tensor);
    let (_, values) = tensor.try_extract_tensor_mut::<T>()?;
    for_each_run(
        &dims,
        from_at,
        &dims,
        to_at,
        extent,
        |source, target, run| {
            values.copy_within(source..source + run, target);
        },
    );
    Ok(())
}

/// Cuts a box into runs that lie together in both tensors: offset in one, offset in the other, length.
fn for_each_run(
    from_dims: &[usize],
    from_at: &[usize],
    to_dims: &[usize],
    to_at: &[usize],
    extent: &[usize],
    mut each: impl FnMut(usize, usize, usize),
) {
    let rank = extent.len();
    if extent.contains(&0) {
        return;
    }
    let strides = |dims: &[usize]| {
        let mut strides = vec![1; rank];
        for axis in (0..rank.saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1] * dims[axis + 1];
        }
        strides
    };
    let (from_strides, to_strides) = (strides(from_dims), strides(to_dims));
    // The last axes that are whole in both make one run with the axis before them.
    let mut split = rank.saturating_sub(1);
    while split > 0 && extent[split] == from_dims[split] && extent[split] == to_dims[split] {
        split -= 1;
    }
    let run: usize = extent[split..].iter().product();
    let offset = |strides: &[usize], at: &[usize], index: &[usize]| -> usize {
        let outer = (0..split).map(|axis| (at[axis] + index[axis]) * strides[axis]);
        let inner = (split..rank).map(|axis| at[axis] * strides[axis]);
        outer.chain(inner).sum()
    };
    let mut index = vec![0; split];
    loop {
        each(
            offset(&from_strides, from_at, &index),
            offset(&to_strides, to_at, &index),
            run,
        );
        let Some(axis) = (0..split)
            .rev()
            .find(|axis| index[*axis] + 1 < extent[*axis])
        else {
            return;
        };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_cover_a_box_once_and_pair_equal_places(
            axes in proptest::collection::vec((1usize..4, 0usize..3, 0usize..3, 0usize..3, 0usize..3), 1..5)
        ) {
            let extent: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
            let from_at: Vec<usize> = axes.iter().map(|axis| axis.1).collect();
            let to_at: Vec<usize> = axes.iter().map(|axis| axis.2).collect();
            let from_dims: Vec<usize> = axes.iter().map(|axis| axis.0 + axis.1 + axis.3).collect();
            let to_dims: Vec<usize> = axes.iter().map(|axis| axis.0 + axis.2 + axis.4).collect();
            let place = |dims: &[usize], mut offset: usize| {
                let mut place = vec![0; dims.len()];
                for axis in (0..dims.len()).rev() {
                    place[axis] = offset % dims[axis];
                    offset /= dims[axis];
                }
                place
            };
            let mut seen = 0;
            for_each_run(&from_dims, &from_at, &to_dims, &to_at, &extent, |from, to, run| {
                for step in 0..run {
                    let (source, target) = (place(&from_dims, from + step), place(&to_dims, to + step));
                    for axis in 0..extent.len() {
                        assert_eq!(source[axis] - from_at[axis], target[axis] - to_at[axis]);
                        assert!(source[axis] - from_at[axis] < extent[axis]);
                    }
                    seen += 1;
                }
            });
            prop_assert_eq!(seen, extent.iter().product::<usize>());
        }
    }
}
