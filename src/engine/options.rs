//! How much of the machine the engine may use.

use std::path::PathBuf;

/// How much of the machine the engine may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// Threads of a step; one session with all cores beats several with one each.
    pub threads: usize,
    /// Most sequences that run together.
    pub max_rows: usize,
    /// Most memory of the KV cache, in MiB.
    pub kv_mib: usize,
    /// Folder in which it is remembered how a model's states are to be kept; none measures anew at every load.
    pub measured: Option<PathBuf>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            max_rows: 32,
            kv_mib: 2048,
            measured: None,
        }
    }
}
