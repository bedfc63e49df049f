//! What commands need: configuration, database, engine, templates; opened when first wanted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use tokio::sync::{Mutex, watch};

use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output;
use crate::config::{Config, FILE};
use crate::domain::problem::Problem;
use crate::domain::secret::SecretUrl;
use crate::engine::{Engine, EngineOptions, ModelFolder, runtime};
use crate::postgres::{Cluster, ClusterPlace, Installation};
use crate::prompt::Templates;
use crate::store::Store;
use crate::worker::WorkerOptions;

/// Between two tries to reach a database that is away.
const EVERY_SECOND: ConstantBuilder = ConstantBuilder::new()
    .with_delay(Duration::from_secs(1))
    .without_max_times();

/// Shared by all parts of one command.
pub(super) struct Context {
    /// Configuration in effect.
    pub(super) config: Config,
    /// Whether to print JSON.
    pub(super) json: bool,
    /// Ctrl-C and SIGTERM.
    pub(super) interrupt: Interrupt,
    /// Whether the private database is made where there is none yet.
    may_make_database: bool,
    database: Mutex<Option<(Store, Option<Cluster>)>>,
}

impl Context {
    pub(super) fn new(config: Config, json: bool, may_make_database: bool) -> Self {
        Self {
            config,
            json,
            interrupt: Interrupt::listen(),
            may_make_database,
            database: Mutex::new(None),
        }
    }

    /// The address of the database; starts or joins the private cluster when none is configured.
    pub(super) async fn database_url(&self) -> Result<SecretUrl, Failure> {
        if let Some(url) = &self.config.database_url.value {
            return Ok(url.clone());
        }
        let mut database = self.database.lock().await;
        if let Some((_, Some(cluster))) = database.as_ref() {
            return Ok(cluster.url().into());
        }
        let cluster = self.join_cluster().await?;
        let url = SecretUrl::new(cluster.url());
        let store = Store::connect(url.expose()).await?;
        *database = Some((store, Some(cluster)));
        Ok(url)
    }

    /// The database, whatever is in it.
    pub(super) async fn any_store(&self) -> Result<Store, Failure> {
        let url = self.database_url().await?;
        let mut database = self.database.lock().await;
        if let Some((store, _)) = database.as_ref() {
            return Ok(store.clone());
        }
        let store = Store::connect(url.expose()).await?;
        *database = Some((store.clone(), None));
        Ok(store)
    }

    /// The database with this binary's schema. A private cluster is upgraded on the way: nobody else
    /// uses it, and "run migrate first" would be a riddle to somebody who never made a database.
    pub(super) async fn store(&self) -> Result<Store, Failure> {
        let store = self.any_store().await?;
        if self.config.database_url.value.is_none() {
            store.migrate().await?;
        }
        store.require_schema().await?;
        Ok(store)
    }

    /// The database, waited for as long as it takes where it is away: a role that starts before its
    /// database must not need somebody to start it again. `None` when it was stopped meanwhile.
    pub(super) async fn store_when_there(
        &self,
        stop: &watch::Receiver<bool>,
        alive: &(dyn Fn() + Send + Sync),
    ) -> Result<Option<Store>, Failure> {
        let mut said = false;
        let sleeping = stop.clone();
        (async || {
            if *stop.borrow() {
                return Ok(None);
            }
            alive();
            self.store().await.map(Some)
        })
        .retry(EVERY_SECOND)
        .sleep(move |pause| until_stopped(sleeping.clone(), pause))
        .when(Failure::is_database_away)
        .notify(|failure, _| {
            if !std::mem::replace(&mut said, true) {
                tracing::warn!("{failure}; waiting for it");
            }
        })
        .await
    }

    /// Whether the private database is wanted and has not been made yet.
    pub(super) fn is_without_database(&self) -> bool {
        let place = ClusterPlace::for_project(&self.config.project);
        self.config.database_url.value.is_none() && place.is_ok_and(|place| !place.is_made())
    }

    async fn join_cluster(&self) -> Result<Cluster, Failure> {
        let project = self.config.project.clone();
        if !self.may_make_database && self.is_without_database() {
            return Err(no_database(&project).into());
        }
        let joined = tokio::task::spawn_blocking(move || {
            let installation = Installation::find()?;
            let place = ClusterPlace::for_project(&project)?;
            Cluster::join(&place, &installation, &mut |message| output::note(message))
        });
        Ok(joined.await??)
    }

    /// Every prompt template of the project, compiled.
    pub(super) fn templates(&self) -> Result<Templates, Failure> {
        Ok(Templates::load(&self.config.templates.value)?)
    }

    /// Folder of a model: a name under the models folder, or a path.
    pub(super) fn model_dir(&self, model: &str) -> PathBuf {
        self.config.models.value.join(model)
    }

    /// Loads a model.
    pub(super) async fn engine(
        &self,
        model_dir: PathBuf,
        variant: Option<String>,
    ) -> Result<Arc<Engine>, Failure> {
        let (library, options) = (self.runtime_library()?, self.engine_options());
        let loaded = tokio::task::spawn_blocking(move || {
            let folder = ModelFolder::open(&model_dir, variant.as_deref())?;
            Engine::load(&library, folder, options)
        });
        Ok(Arc::new(loaded.await??))
    }

    /// ONNX Runtime's library.
    pub(super) fn runtime_library(&self) -> Result<PathBuf, Failure> {
        Ok(runtime::find(
            self.config.runtime_library.value.as_deref(),
            &self.config.project,
        )?)
    }

    /// How much of the machine an engine may use.
    pub(super) fn engine_options(&self) -> EngineOptions {
        EngineOptions {
            threads: self.config.threads.value,
            max_rows: self.config.max_rows.value,
            kv_mib: self.config.kv_mib.value,
            measured: Some(self.config.project.join(".nightdesk/measured")),
        }
    }

    /// How this process works on runs.
    pub(super) fn worker_options(&self) -> WorkerOptions {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = match host.trim() {
            "" => "localhost",
            host => host,
        };
        WorkerOptions {
            name: format!("{host}:{}", std::process::id()),
            lease: Duration::from_secs_f64(self.config.lease_s.value),
            max_rows: self.config.max_rows.value,
            retry_for: Duration::from_secs(30),
            step_deadline: Duration::from_secs_f64(self.config.step_s.value),
            poll: Duration::from_millis(500),
            turn: Duration::from_mins(2),
        }
    }

    /// Closes the database and leaves the private cluster; the last one out stops it.
    pub(super) async fn close(&self) {
        if let Some((store, cluster)) = self.database.lock().await.take() {
            store.close().await;
            let left = tokio::task::spawn_blocking(move || cluster.map(Cluster::leave)).await;
            if let Ok(Some(Err(error))) = left {
                output::note(&format!("the private Postgres was left running: {error}"));
            }
        }
    }
}

/// A pause, cut short when everything is told to stop.
async fn until_stopped(mut stop: watch::Receiver<bool>, pause: Duration) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        _ = stop.changed() => {}
    }
}

/// What is said where a command needs the private database of a project that has none.
fn no_database(project: &Path) -> Problem {
    let folder = project.display();
    let makes = "`nightdesk demo`, `up`, `migrate`, `run`, `briefs import`, `briefs pull` and `campaigns apply` make it";
    if project.join(FILE).is_file() {
        Problem::new(
            "project.no_database",
            format!("the project at `{folder}` has no database yet"),
        )
        .hint(format!("{makes}; `--database-url` names one of your own"))
    } else {
        Problem::new(
            "project.none",
            format!("there is no project at `{folder}`: neither a `{FILE}` nor a database"),
        )
        .hint(format!(
            "`--project` names the folder of a project; where it is the right one and new, {makes}"
        ))
    }
}
