//! What a scheduled run is pinned to: the template and the model as they are in the project now, once the
//! campaign's `[source]` has been pulled.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::SystemTime;

use super::pulls::Pulls;
use crate::domain::campaign::CampaignSpec;
use crate::domain::problem::Problem;
use crate::engine::ModelFolder;
use crate::prompt::Templates;
use crate::store::{Pins, Scheduled, Store};

/// The pins, or why a slot cannot fire yet; `None` where it only takes a moment more.
pub type PinsFuture<'a> = Pin<Box<dyn Future<Output = Result<Pins, Option<Problem>>> + Send + 'a>>;

/// Gets a campaign ready to fire.
pub trait Pinning: Send + Sync {
    /// What a run of it is pinned to. A failure delays the slot; it is asked again.
    fn pins<'a>(
        &'a mut self,
        store: &'a Store,
        campaign: &'a Scheduled,
        spec: &'a CampaignSpec,
    ) -> PinsFuture<'a>;
}

/// Templates and models of a project folder.
#[derive(Debug)]
pub struct ProjectPins {
    templates: PathBuf,
    models: PathBuf,
    /// Hashing a model reads all of it: done again only when its files have changed.
    hashed: HashMap<(String, Option<String>), (SystemTime, Hashed)>,
    pulls: Pulls,
}

#[derive(Debug, Clone)]
struct Hashed {
    sha256: String,
    files: serde_json::Value,
    context_limit: i32,
}

impl ProjectPins {
    /// Of these folders.
    pub fn new(templates: PathBuf, models: PathBuf) -> Self {
        Self {
            templates,
            models,
            hashed: HashMap::new(),
            pulls: Pulls::default(),
        }
    }

    async fn of(&mut self, spec: &CampaignSpec) -> Result<Pins, Problem> {
        let templates = Templates::load(&self.templates).map_err(|error| error.problem())?;
        let template = templates
            .get(&spec.draft.template)
            .map_err(|error| error.problem())?;
        let model = self
            .model(&spec.draft.model, spec.draft.variant.as_deref())
            .await?;
        Ok(Pins {
            template: template.name.clone(),
            template_sha256: template.sha256.clone(),
            template_source: template.source.clone(),
            model: spec.draft.model.clone(),
            model_sha256: model.sha256,
            model_files: model.files,
            context_limit: model.context_limit,
        })
    }

    async fn model(&mut self, name: &str, variant: Option<&str>) -> Result<Hashed, Problem> {
        let dir = self.models.join(name);
        let changed = newest(&dir);
        let wanted = (name.to_owned(), variant.map(str::to_owned));
        if let Some((at, hashed)) = self.hashed.get(&wanted)
            && changed == Some(*at)
        {
            return Ok(hashed.clone());
        }
        let variant = wanted.1.clone();
        let opening =
            tokio::task::spawn_blocking(move || ModelFolder::open(&dir, variant.as_deref()));
        let opened = opening.await;
        let folder = match opened {
            Ok(folder) => folder.map_err(|error| error.problem())?,
            Err(_) => {
                let message = format!("reading model `{name}` panicked");
                return Err(Problem::new("worker.panicked", message).unexpected());
            }
        };
        let hashed = Hashed {
            sha256: folder.sha256,
            files: serde_json::json!(folder.files),
            context_limit: folder.configuration.stored_context_limit(),
        };
        if let Some(changed) = changed {
            self.hashed.insert(wanted, (changed, hashed.clone()));
        }
        Ok(hashed)
    }
}

/// When a file of the folder, or of the one for its graphs, last changed.
fn newest(dir: &std::path::Path) -> Option<SystemTime> {
    let changed = |dir: &std::path::Path| {
        let files = std::fs::read_dir(dir).ok()?;
        let changed = files.filter_map(|file| file.ok()?.path().metadata().ok()?.modified().ok());
        changed.max()
    };
    changed(dir).max(changed(&dir.join("onnx")))
}

impl Pinning for ProjectPins {
    fn pins<'a>(
        &'a mut self,
        store: &'a Store,
        campaign: &'a Scheduled,
        spec: &'a CampaignSpec,
    ) -> PinsFuture<'a> {
        Box::pin(async move {
            if spec.source.is_some() && !self.pulls.is_ready(store, campaign).await? {
                return Err(None);
            }
            self.of(spec).await.map_err(Some)
        })
    }
}
