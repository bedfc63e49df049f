//! Opening a graph in ONNX Runtime.

use std::path::Path;

use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::error::EngineError;
use super::graph::GraphFacts;
use super::runtime::Runtime;

/// Opens a graph with this many threads.
///
/// # Errors
/// [`EngineError::OpsetTooNew`] and [`EngineError::ModelFileInvalid`] when ONNX Runtime refuses it.
pub fn open(
    runtime: &Runtime,
    file: &Path,
    facts: &GraphFacts,
    threads: usize,
) -> Result<Session, EngineError> {
    let invalid = |reason: String| EngineError::ModelFileInvalid {
        file: file.to_path_buf(),
        reason,
    };
    let configure = || -> Result<SessionBuilder, ort::Error> {
        let builder = Session::builder(&runtime.environment)?
            .with_optimization_level(GraphOptimizationLevel::Level3)?
            .with_intra_threads(threads)?
            // A worker that spins after a step keeps a core from drawing tokens.
            .with_config_entry("session.force_spinning_stop", "1")?
            // What fails is returned with its reason; the log would say it a second time, and first of all what was
            // only tried.
            .with_log_level(LogLevel::Fatal)?
            // Patterns are kept per input shape: every new length would add one.
            .with_memory_pattern(false)?;
        Ok(builder)
    };
    configure()
        .map_err(|error| invalid(error.to_string()))?
        .commit_from_file(file)
        .map_err(|error| {
            let words = error.to_string();
            facts
                .opset_too_new(file, &words)
                .unwrap_or_else(|| invalid(words))
        })
}
