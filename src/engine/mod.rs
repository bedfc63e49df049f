//! The drafting engine: requests in, a stream of finished candidates out.
//!
//! ```text
//! runtime ─┐
//! model ───┤                      ┌─ prefill: a prompt, its shared prefix once
//! tokenizer┼─> Engine ─> generate ┼─ batcher: which sequences run together (pure)
//! chat ────┘   (handle)  (thread) ├─ session + kv_cache: one step of the graph
//!                                 └─ sampler + stop: logits to token to text
//! ```
//! ONNX Runtime runs the graph as it was exported; this module owns which tokens run together, the
//! cache, and the drawing. It knows no briefs, no templates and no database.

mod batcher;
mod benchmark;
mod chat;
mod constraints;
mod controls;
mod error;
mod generate;
mod graph;
mod kv_cache;
mod model;
mod prefill;
mod request;
mod row;
pub mod runtime;
mod sampler;
mod session;
mod stop;
mod tokenizer;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub use benchmark::{Decoding, ModelBenchmark, Quality, Speed};
pub use chat::{ChatMessage, ChatTemplate};
pub use controls::{Control, Controls};
pub use error::EngineError;
pub use graph::{Dialect, GraphFacts, Port};
pub use kv_cache::KvShape;
pub use model::{About, ModelConfig, ModelFolder, OneOrMany};
pub use request::{Candidate, Event, GenerateRequest};
pub use sampler::{SamplingParams, TopLogprobs};
pub use tokenizer::Tokenizer;

use batcher::Limits;
use constraints::ConstraintCache;
use generate::{Drafter, Submission, Writing};
use session::Decoder;
use watch::Watch;

/// Requests that may wait between the caller and the loop before `submit` waits too.
const QUEUE: usize = 64;

/// How much of the machine the engine may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// Threads of a step; one session with all cores beats several with one each.
    pub threads: usize,
    /// Most sequences that run together.
    pub max_rows: usize,
    /// Most memory of the KV cache, in MiB.
    pub kv_mib: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            max_rows: 32,
            kv_mib: 2048,
        }
    }
}

/// A loaded model that is ready to draft. Dropping it stops its thread after the running step.
#[derive(Debug)]
pub struct Engine {
    submissions: Option<mpsc::Sender<Submission>>,
    thread: Option<JoinHandle<()>>,
    tokenizer: Arc<Tokenizer>,
    constraints: ConstraintCache,
    chat: ChatTemplate,
    controls: Controls,
    folder: ModelFolder,
    runtime_version: String,
    generated: Arc<AtomicU64>,
    watch: Arc<Watch>,
}

impl Engine {
    /// Loads a model folder.
    ///
    /// # Errors
    /// Any of [`EngineError`]'s variants about the runtime and the model.
    pub fn load(
        runtime_library: &Path,
        model_dir: &Path,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        let folder = ModelFolder::open(model_dir)?;
        let tokenizer = Arc::new(Tokenizer::from_file(&model_dir.join("tokenizer.json"))?);
        let spelled = |id: Option<u32>| id.and_then(|id| tokenizer.token(id)).unwrap_or_default();
        let end_tokens = folder.config.eos_token_id.as_slice().to_vec();
        let chat = match &folder.chat_template {
            Some(source) => ChatTemplate::new(
                source.clone(),
                &model_dir.join("chat_template.jinja"),
                spelled(folder.config.bos_token_id),
                spelled(end_tokens.first().copied()),
            )?,
            None => ChatTemplate::plain(tokenizer.opening())?,
        };
        let named = end_tokens.iter().copied().chain(folder.config.bos_token_id);
        let controls = Controls::new(Arc::clone(&tokenizer), &chat, named.collect());
        let runtime = runtime::load(runtime_library)?;
        let decoder = Decoder::load(&runtime, &folder.graph(), options.threads)?;
        if decoder.vocab_size() < tokenizer.vocab_size() {
            return Err(EngineError::UnsupportedGraph {
                file: folder.graph(),
                reason: format!(
                    "it gives {} logits and `tokenizer.json` has {} tokens",
                    decoder.vocab_size(),
                    tokenizer.vocab_size()
                ),
            });
        }
        let limits = Limits {
            max_rows: options.max_rows,
            kv_bytes: options.kv_mib << 20,
            bytes_per_token: decoder.shape().bytes_per_token(),
        };
        let (submissions, mut receiver) = mpsc::channel(QUEUE);
        let writing = Writing {
            tokenizer: Arc::clone(&tokenizer),
            end_tokens,
            threads: options.threads,
        };
        let generated = Arc::new(AtomicU64::new(0));
        let watch = Arc::new(Watch::default());
        let (thread_generated, thread_watch) = (Arc::clone(&generated), Arc::clone(&watch));
        let thread = std::thread::Builder::new()
            .name("drafting-engine".to_owned())
            .spawn(
                move || match Drafter::new(decoder, writing, limits, thread_generated) {
                    Ok(mut drafter) => drafter.run(&mut receiver, &thread_watch),
                    Err(error) => tracing::error!(%error, "the drafting engine could not start"),
                },
            )
            .map_err(|error| EngineError::Inference {
                stage: "start",
                reason: error.to_string(),
            })?;
        Ok(Self {
            submissions: Some(submissions),
            thread: Some(thread),
            tokenizer,
            constraints: ConstraintCache::default(),
            chat,
            controls,
            folder,
            runtime_version: runtime.version,
            generated,
            watch,
        })
    }

    /// Asks for candidates; waits while the queue is full. Dropping the receiver cancels the request.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`],
    /// [`EngineError::InvalidParameter`], or [`EngineError::Stopped`].
    pub async fn submit(
        &self,
        request: GenerateRequest,
    ) -> Result<mpsc::UnboundedReceiver<Event>, EngineError> {
        self.check(&request)?;
        let constraints = self.constraints.of(&request.params, &self.tokenizer)?;
        let (events, receiver) = mpsc::unbounded_channel();
        let submission = Submission {
            request,
            constraints,
            events,
            submitted: Instant::now(),
        };
        let sender = self.submissions.as_ref().ok_or(EngineError::Stopped)?;
        sender
            .send(submission)
            .await
            .map_err(|_| EngineError::Stopped)?;
        Ok(receiver)
    }

    /// Whether these parameters can be used with this model, so that a mistake in a campaign is told
    /// before its first brief.
    ///
    /// # Errors
    /// [`EngineError::InvalidParameter`].
    pub fn check_params(&self, params: &SamplingParams) -> Result<(), EngineError> {
        params.check()?;
        self.constraints.of(params, &self.tokenizer).map(|_| ())
    }

    fn check(&self, request: &GenerateRequest) -> Result<(), EngineError> {
        request.params.check()?;
        if request.candidates == 0 {
            return Err(EngineError::InvalidParameter {
                key: "candidates",
                expected: "at least 1",
                given: "0".to_owned(),
            });
        }
        if request.prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let (prompt_tokens, max_tokens) =
            (request.prompt.len(), request.params.max_tokens as usize);
        let limit = self.context_limit();
        if prompt_tokens + max_tokens > limit {
            return Err(EngineError::PromptTooLong {
                prompt_tokens,
                max_tokens,
                limit,
            });
        }
        Ok(())
    }

    /// Tokens of prompt and answer together.
    pub fn context_limit(&self) -> usize {
        self.folder.config.max_position_embeddings
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The model's own chat template.
    pub fn chat(&self) -> &ChatTemplate {
        &self.chat
    }

    /// What in a text would steer the model instead of being read.
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The model's folder, configuration and hash.
    pub fn model(&self) -> &ModelFolder {
        &self.folder
    }

    /// Whether its thread has ended, which only a panic or a failed start can do.
    pub fn has_stopped(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// How long the running step has taken so far; `None` between steps. One that never returns cannot
    /// be stopped from outside: only the process can be ended.
    pub fn step_running_for(&self) -> Option<Duration> {
        self.watch.running_for()
    }

    /// Tokens generated since it was loaded, those of unfinished texts included.
    pub fn generated_tokens(&self) -> u64 {
        self.generated.load(Ordering::Relaxed)
    }

    /// Such as `onnxruntime 1.32.0`.
    pub fn runtime_version(&self) -> &str {
        &self.runtime_version
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Without a sender the loop ends once nothing is left; callers that are gone leave nothing.
        self.submissions.take();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own hook.
            let _ = thread.join();
        }
    }
}
