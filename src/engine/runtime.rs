//! ONNX Runtime's shared library: where it is looked for, and loading it once per process.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;

use super::error::EngineError;

/// File name of the library on this platform.
pub const LIBRARY: &str = if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// Places where the library may be, best first.
///
/// `configured` (a flag, variable or configuration key) is the only place when it is given: a
/// library that somebody named and that is missing must not be replaced silently by another.
pub fn candidates(configured: Option<&Path>, project: &Path) -> Vec<PathBuf> {
    if let Some(path) = configured {
        return vec![path.to_path_buf()];
    }
    let mut places = vec![project.join(".nightdesk/runtime").join(LIBRARY)];
    if let Some(folder) = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf))
    {
        places.push(folder.join(LIBRARY));
    }
    for folder in ["/usr/local/lib", "/usr/lib"] {
        places.push(Path::new(folder).join(LIBRARY));
    }
    places
}

/// The first of the places that exists.
///
/// # Errors
/// [`EngineError::RuntimeMissing`] with every place.
pub fn find(configured: Option<&Path>, project: &Path) -> Result<PathBuf, EngineError> {
    let searched = candidates(configured, project);
    match searched.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(EngineError::RuntimeMissing { searched }),
    }
}

/// The loaded runtime; only one can be loaded in a process.
#[derive(Clone)]
pub struct Runtime {
    /// Shared by every session.
    pub(super) environment: Environment,
    /// Such as `onnxruntime 1.32.0`.
    pub version: String,
    /// The library it came from.
    pub path: PathBuf,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("version", &self.version)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// Loads the library, or gives the one that is loaded already.
///
/// # Errors
/// [`EngineError::RuntimeUnusable`] with the loader's words.
pub fn load(path: &Path) -> Result<Runtime, EngineError> {
    let unusable = |reason: String| EngineError::RuntimeUnusable {
        path: path.to_path_buf(),
        reason,
    };
    let mut loaded = LOADED
        .lock()
        .map_err(|_| unusable("another thread failed while loading it".to_owned()))?;
    if let Some(runtime) = loaded.as_ref() {
        return Ok(runtime.clone());
    }
    let environment = ort::init_from(path)
        .map_err(|error| unusable(error.to_string()))?
        .with_name("nightdesk")
        // Text stays in the building, and so does the fact that there was any.
        .with_telemetry(false)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    environment.set_log_level(ort::logging::LogLevel::Error);
    let runtime = Runtime {
        environment,
        version: format!("onnxruntime {}", version(path)),
        path: path.to_path_buf(),
    };
    *loaded = Some(runtime.clone());
    Ok(runtime)
}

/// The version that set-up recorded beside the library, else what its build info gives.
fn version(path: &Path) -> String {
    let recorded = path.with_file_name("VERSION");
    match crate::files::read_text(&recorded, 4096) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => ort::info()
            .split([',', ' '])
            .find_map(|word| word.strip_prefix("git-commit-id="))
            .map_or_else(|| "unknown".to_owned(), |commit| format!("commit {commit}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_that_is_missing_is_not_replaced_by_another() {
        let error = find(
            Some(Path::new("/nowhere/libonnxruntime.so")),
            Path::new("."),
        )
        .expect_err("missing");
        insta::assert_snapshot!(error.problem(), @r#"
        ONNX Runtime's shared library was not found; looked in `/nowhere/libonnxruntime.so`

        hint: `make setup` fetches it; or name it with `--runtime-library`
        "#);
    }
}
