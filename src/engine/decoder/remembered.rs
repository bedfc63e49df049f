//! What was measured of a model, kept in a folder, so that it is measured once for these files, this runtime and
//! this kind of CPU.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::handling::Handling;
use crate::engine::cpu::cpu_class;
use crate::files::{self, MOST_SETTINGS};

/// Raised when the way of measuring changes: what was kept before says nothing then.
const VERSION: u32 = 2;

/// What a measurement holds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredFor {
    version: u32,
    model_sha256: String,
    runtime: String,
    cpu: String,
    threads: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    of: MeasuredFor,
    handling: Handling,
}

impl MeasuredFor {
    /// This model with this runtime on this machine.
    pub fn new(model_sha256: &str, runtime: &str, threads: usize) -> Self {
        Self {
            version: VERSION,
            model_sha256: model_sha256.to_owned(),
            runtime: runtime.to_owned(),
            cpu: cpu_class(),
            threads,
        }
    }

    /// What is kept of it in a folder; a file that cannot be read is as good as none.
    pub fn recall(&self, folder: &Path) -> Option<Handling> {
        let text = files::read_text(&self.file(folder), MOST_SETTINGS).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        (kept.of == *self).then_some(kept.handling)
    }

    /// Keeps what was measured. A folder that cannot be written to costs a measurement the next time, and no more.
    pub fn remember(&self, folder: &Path, handling: Handling) {
        let kept = Kept {
            of: self.clone(),
            handling,
        };
        let file = self.file(folder);
        let written = serde_json::to_vec_pretty(&kept)
            .map_err(std::io::Error::from)
            .and_then(|bytes| {
                std::fs::create_dir_all(folder)?;
                // Renamed into its place, so that nobody reads half of it.
                let beside = file.with_extension(format!("{}.partial", std::process::id()));
                std::fs::write(&beside, bytes)?;
                std::fs::rename(beside, &file)
            });
        if let Err(error) = written {
            tracing::debug!(%error, file = %file.display(), "what was measured of a model was not kept");
        }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        let key = format!("{self:?}");
        folder.join(format!("{}.json", &hex::encode(Sha256::digest(key))[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::CacheKind;

    #[test]
    fn what_is_kept_holds_for_the_same_model_runtime_and_threads_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let handling = Handling {
            kind: CacheKind::Append,
            together: true,
            pieces: true,
            identical: false,
        };
        let own = MeasuredFor::new("aa", "onnxruntime 1.32.0", 2);
        assert_eq!(own.recall(folder.path()), None);
        own.remember(folder.path(), handling);
        assert_eq!(own.recall(folder.path()), Some(handling));
        for other in [
            MeasuredFor::new("ab", "onnxruntime 1.32.0", 2),
            MeasuredFor::new("aa", "onnxruntime 1.33.0", 2),
            MeasuredFor::new("aa", "onnxruntime 1.32.0", 3),
        ] {
            assert_eq!(other.recall(folder.path()), None);
        }
        std::fs::write(own.file(folder.path()), "{}").expect("written");
        assert_eq!(own.recall(folder.path()), None);
        // Where nothing can be kept, nothing fails.
        own.remember(Path::new("/proc/nowhere"), handling);
    }
}
