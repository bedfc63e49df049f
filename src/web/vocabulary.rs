//! The vocabularies of the models that drafted: what the tokens of a draft say.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::problem::Problem;
use crate::engine::{ModelFolder, Tokenizer};

/// Those that were asked for, by the hash of their model; each is some MB and stays.
#[derive(Debug)]
pub(super) struct Vocabularies {
    /// Folder of the models' folders.
    models: PathBuf,
    open: Mutex<HashMap<String, Arc<Tokenizer>>>,
}

impl Vocabularies {
    pub(super) fn new(models: PathBuf) -> Self {
        Self {
            models,
            open: Mutex::default(),
        }
    }

    /// The vocabulary of a model in the version that has this hash: another one's would give other words.
    ///
    /// # Errors
    /// A [`Problem`] where the desk has no such model.
    pub(super) async fn of(&self, model: &str, sha256: &str) -> Result<Arc<Tokenizer>, Problem> {
        let mut open = self.open.lock().await;
        if let Some(there) = open.get(sha256) {
            return Ok(Arc::clone(there));
        }
        let dir = self.models.join(model);
        // The name is from the database, and must not lead out of the folder.
        let mut parts = Path::new(model).components();
        if !matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(_)), None)
        ) || !dir.is_dir()
        {
            return Err(Problem::new(
                "web.no_model",
                format!("the model `{model}` is not on the desk's machine, and without it the tokens are numbers"),
            )
            .hint("whoever runs the desk can put it into the folder of its models, which the desk only reads"));
        }
        let wanted = sha256.to_owned();
        // Hashing a model is seconds of work.
        let read = tokio::task::spawn_blocking(move || {
            let folder = ModelFolder::with_hash(&dir, &wanted)?;
            let vocabulary = Tokenizer::from_file(&folder.tokenizer())?;
            Ok((folder.sha256, vocabulary))
        });
        let read = read.await;
        let read =
            read.map_err(|error| Problem::new("web.model", error.to_string()).unexpected())?;
        let (found, vocabulary) =
            read.map_err(|error: crate::engine::EngineError| error.problem())?;
        if found != sha256 {
            return Err(Problem::new(
                "web.other_model",
                format!("the model `{model}` has changed since this draft was made, and its tokens would say something else"),
            )
            .hint("keep old models under names of their own"));
        }
        let vocabulary = Arc::new(vocabulary);
        open.insert(found, Arc::clone(&vocabulary));
        Ok(vocabulary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_model_that_is_not_there_is_told_and_none_outside_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("models")).unwrap();
        std::fs::create_dir(folder.path().join("secret")).unwrap();
        let vocabularies = Vocabularies::new(folder.path().join("models"));
        for name in ["small", "../secret", "/", ""] {
            let told = vocabularies.of(name, "00").await.unwrap_err();
            assert_eq!(
                told.message,
                format!(
                    "the model `{name}` is not on the desk's machine, and without it the tokens are numbers"
                )
            );
        }
    }
}
