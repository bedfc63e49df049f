//! Runs drafted by models: one in memory at a time, loaded when a run needs it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::drafter::{Drafter, DrafterFuture, Drafters, Drafting};
use super::item;
use crate::domain::problem::Problem;
use crate::domain::run::run_date;
use crate::drafting::{self, DraftPlan};
use crate::engine::{Engine, EngineOptions, ModelFolder};
use crate::prompt::Template;
use crate::store::{LeasedItem, PinnedRun};

/// A run drafted by a model.
#[derive(Debug)]
pub struct ModelDrafter {
    engine: Arc<Engine>,
    plan: DraftPlan,
}

impl ModelDrafter {
    /// A run that is ready.
    pub fn new(engine: Arc<Engine>, plan: DraftPlan) -> Self {
        Self { engine, plan }
    }
}

impl Drafter for ModelDrafter {
    fn draft(&self, leased: LeasedItem) -> Drafting<'_> {
        Box::pin(item::draft(&self.engine, &self.plan, leased))
    }

    fn rows(&self) -> usize {
        drafting::rows(&self.plan)
    }
}

/// One run with the model that somebody has loaded for it.
pub struct OneRun {
    /// The model.
    pub engine: Arc<Engine>,
    /// The run.
    pub drafter: Arc<ModelDrafter>,
}

impl Drafters for OneRun {
    fn open<'a>(&'a mut self, _: &'a PinnedRun) -> DrafterFuture<'a> {
        let drafter: Arc<dyn Drafter> = Arc::clone(&self.drafter) as _;
        Box::pin(std::future::ready(Ok(drafter)))
    }

    fn model(&self) -> Option<&str> {
        Some(&self.engine.model().sha256)
    }

    fn has_stopped(&self) -> bool {
        self.engine.has_stopped()
    }

    fn step_running_for(&self) -> Option<Duration> {
        self.engine.step_running_for()
    }

    fn generated_tokens(&self) -> u64 {
        self.engine.generated_tokens()
    }
}

/// Every run whose model lies in the models folder.
pub struct Models {
    library: PathBuf,
    folder: PathBuf,
    options: EngineOptions,
    loaded: Option<Arc<Engine>>,
    /// Tokens of models that have made room for others.
    before: u64,
}

impl Models {
    /// Nothing is loaded yet.
    pub fn new(library: PathBuf, folder: PathBuf, options: EngineOptions) -> Self {
        Self {
            library,
            folder,
            options,
            loaded: None,
            before: 0,
        }
    }

    /// The model of a run; the one in memory goes first, as two might not fit.
    async fn engine(&mut self, run: &PinnedRun) -> Result<Arc<Engine>, Problem> {
        let name = &run.spec.draft.model;
        if let Some(engine) = &self.loaded
            && engine.model().sha256 == run.model_sha256
        {
            return Ok(Arc::clone(engine));
        }
        // Before the one in memory makes room: a model that is missing here, or another one, is no reason to
        // load that again.
        let (library, options) = (self.library.clone(), self.options.clone());
        let dir = self.folder.join(name);
        let variant = run.spec.draft.variant.clone();
        let panicked = |_| {
            let message = format!("loading model `{name}` panicked");
            Problem::new("worker.panicked", message).unexpected()
        };
        let opening =
            tokio::task::spawn_blocking(move || ModelFolder::open(&dir, variant.as_deref()));
        let folder = opening.await.map_err(panicked)?;
        let folder = folder.map_err(|error| error.problem())?;
        if folder.sha256 != run.model_sha256 {
            return Err(other_model(run, &folder.sha256));
        }
        self.before = self.generated_tokens();
        self.loaded = None;
        tracing::info!(model = name, "loading model {name}");
        let loading = tokio::task::spawn_blocking(move || Engine::load(&library, folder, options));
        let loaded = loading.await.map_err(panicked)?;
        let engine = Arc::new(loaded.map_err(|error| error.problem())?);
        self.loaded = Some(Arc::clone(&engine));
        Ok(engine)
    }
}

/// A run keeps the model it began with.
fn other_model(run: &PinnedRun, found: &str) -> Problem {
    let name = &run.spec.draft.model;
    let message = format!(
        "run {} was begun with another model than `{name}` is now ({} then, {} now)",
        run.id,
        &run.model_sha256[..12],
        &found[..12]
    );
    Problem::new("run.other_model", message).hint("put the model back, or cancel the run")
}

impl Drafters for Models {
    fn open<'a>(&'a mut self, run: &'a PinnedRun) -> DrafterFuture<'a> {
        Box::pin(async move {
            let engine = self.engine(run).await?;
            let template = Template::from_source(&run.template, &run.template_source)
                .map_err(|error| error.problem())?;
            let plan = DraftPlan::new(run.spec.clone(), template, &engine, run_date(run.id))
                .map_err(|error| error.problem())?;
            let drafter: Arc<dyn Drafter> = Arc::new(ModelDrafter::new(engine, plan));
            Ok(drafter)
        })
    }

    fn model(&self) -> Option<&str> {
        self.loaded
            .as_ref()
            .map(|engine| engine.model().sha256.as_str())
    }

    fn has_stopped(&self) -> bool {
        self.loaded
            .as_ref()
            .is_some_and(|engine| engine.has_stopped())
    }

    fn step_running_for(&self) -> Option<Duration> {
        self.loaded.as_ref()?.step_running_for()
    }

    fn generated_tokens(&self) -> u64 {
        let now = self
            .loaded
            .as_ref()
            .map_or(0, |engine| engine.generated_tokens());
        self.before + now
    }
}
