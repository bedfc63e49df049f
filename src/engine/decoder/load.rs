//! Loading a model: its graphs, and how their states are kept, as it is remembered or measured.

use std::path::Path;

use super::driver::Decoder;
use super::handling::CacheKind;
use super::measure::{measure, measure_one};
use super::remembered::MeasuredFor;
use crate::engine::error::EngineError;
use crate::engine::folder::ModelFolder;
use crate::engine::runtime::Runtime;

/// Loads the graphs of a folder with this many threads, and finds out how their states are to be kept; `measured` is
/// the folder in which that is remembered.
///
/// # Errors
/// Those of [`Decoder::new`]; [`EngineError::Inference`] and [`EngineError::ModelFileInvalid`] where a graph cannot
/// even read a whole text.
pub fn load(
    runtime: &Runtime,
    folder: &ModelFolder,
    threads: usize,
    measured: Option<&Path>,
) -> Result<Decoder, EngineError> {
    let mut decoder = Decoder::new(runtime, folder, threads)?;
    let of = MeasuredFor::new(&folder.sha256, &runtime.version, threads);
    // Without a size in the graph, measuring finds it.
    let known = measured.filter(|_| decoder.vocab_size() > 0);
    let handling = match known.and_then(|kept| of.recall(kept)) {
        Some(handling) => handling,
        None => {
            let handling = measure(&mut decoder, folder)?;
            if let Some(kept) = known {
                of.remember(kept, handling);
            }
            handling
        }
    };
    decoder.set_handling(handling);
    Ok(decoder)
}

/// Loads the graphs of a folder with their states kept in this way, fast or not, so that two ways can be compared.
///
/// # Errors
/// Those of [`load`], and [`EngineError::InvalidParameter`] where the graph cannot be driven so.
pub fn load_keeping(
    runtime: &Runtime,
    folder: &ModelFolder,
    threads: usize,
    kind: CacheKind,
) -> Result<Decoder, EngineError> {
    let mut decoder = Decoder::new(runtime, folder, threads)?;
    let handling = measure_one(&mut decoder, folder, kind)?;
    let handling = handling.ok_or_else(|| EngineError::InvalidParameter {
        key: "cache",
        expected: "a way in which the model's graph lets its states be kept",
        given: kind.as_str().to_owned(),
    })?;
    decoder.set_handling(handling);
    Ok(decoder)
}
