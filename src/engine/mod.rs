//! The drafting engine: requests in, a stream of finished candidates out.
//!
//! ```text
//! runtime ─┐
//! folder ──┤                      ┌─ prefill: a prompt, its shared prefix once
//! tokenizer┼─> Engine ─> generate ┼─ batcher: which sequences run together (pure)
//! chat ────┘   (handle)  (thread) ├─ decoder: one step of the graph, and its states
//!                                 └─ sampler + stop: logits to token to text
//! ```
//! ONNX Runtime runs the graph as it was exported; this module owns which tokens run together, the
//! cache, and the drawing. It knows no briefs, no templates and no database.

mod batcher;
mod benchmark;
mod chat;
mod constraints;
mod controls;
mod cpu;
mod decoder;
mod error;
mod folder;
mod generate;
mod graph;
mod prefill;
mod request;
mod row;
pub mod runtime;
mod sampler;
mod stop;
mod tokenizer;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use tokio::sync::mpsc;

pub use benchmark::{Decoding, ModelBenchmark, Quality, Speed};
pub use chat::{ChatMessage, ChatTemplate};
pub use controls::{Control, Controls};
pub use cpu::cpu_class;
pub use decoder::{CacheKind, Handling};
pub use error::EngineError;
pub use folder::{
    About, AnswerTokens, ChatTemplateFile, Declared, DeclaredKind, GraphFiles, ModelConfiguration,
    ModelFolder, NamedTokens, SamplingDefaults, StateSizes,
};
pub use graph::{Dialect, GraphFacts, Port};
pub use request::{Candidate, Event, GenerateRequest};
pub use sampler::{SamplingParams, TopLogprobs};
pub use tokenizer::Tokenizer;

use batcher::Limits;
use constraints::ConstraintCache;
use generate::{Generator, Submission};
use row::Writing;
use watch::Watch;

/// Requests that may wait between the caller and the loop before `submit` waits too.
const QUEUE: usize = 64;

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
    handling: Handling,
    /// Tokens that the graph scores.
    known_tokens: usize,
    runtime_version: String,
    generated: Arc<AtomicU64>,
    watch: Arc<Watch>,
}

impl Engine {
    /// Loads the model of a folder.
    ///
    /// # Errors
    /// Any of [`EngineError`]'s variants about the runtime and the model.
    pub fn load(
        runtime_library: &Path,
        folder: ModelFolder,
        options: EngineOptions,
    ) -> Result<Self, EngineError> {
        let tokenizer = Arc::new(Tokenizer::from_file(&folder.tokenizer())?);
        let configuration = &folder.configuration;
        let end_tokens = configuration.end_tokens.clone();
        let tokens = named_tokens(&folder, &tokenizer);
        let has_encoder = folder.graphs.encoder.is_some();
        let chat = match &folder.chat_template {
            Some(template) => ChatTemplate::new(template, tokens)?,
            None if has_encoder => {
                ChatTemplate::for_encoder(tokenizer.opening(), tokenizer.closing())?
            }
            None => ChatTemplate::plain(tokenizer.opening())?,
        };
        let named = end_tokens.iter().copied().chain(configuration.bos_token_id);
        let controls = Controls::new(Arc::clone(&tokenizer), &chat, named.collect());
        let runtime = runtime::load(runtime_library)?;
        let decoder = decoder::load(
            &runtime,
            &folder,
            options.threads,
            options.measured.as_deref(),
        )?;
        let (handling, known_tokens) = (decoder.handling(), decoder.vocab_size());
        let limits = Limits {
            max_rows: options.max_rows,
            kv_bytes: options.kv_mib << 20,
            bytes_per_token: decoder.bytes_per_token(),
            bytes_per_sequence: decoder.bytes_per_sequence(),
        };
        let (submissions, mut receiver) = mpsc::channel(QUEUE);
        let writing = Writing {
            tokenizer: Arc::clone(&tokenizer),
            end_tokens,
            answer: configuration.answer,
            threads: options.threads,
        };
        let generated = Arc::new(AtomicU64::new(0));
        let watch = Arc::new(Watch::default());
        let (thread_generated, thread_watch) = (Arc::clone(&generated), Arc::clone(&watch));
        let thread = std::thread::Builder::new()
            .name("drafting-engine".to_owned())
            .spawn(
                move || match Generator::new(decoder, writing, limits, thread_generated) {
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
            handling,
            known_tokens,
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
        let beyond = |token: &&u32| **token as usize >= self.known_tokens;
        if let Some(token) = request.prompt.iter().find(beyond) {
            return Err(EngineError::TokenBeyondModel {
                token: *token,
                text: self.tokenizer.token(*token).unwrap_or_default(),
                known: self.known_tokens,
            });
        }
        let (prompt_tokens, max_tokens) =
            (request.prompt.len(), request.params.max_tokens as usize);
        let together = if self.has_encoder() {
            // The answer has positions of its own, behind the token it begins with.
            prompt_tokens.max(max_tokens + 1)
        } else {
            prompt_tokens + max_tokens
        };
        match self.context_limit().filter(|limit| together > *limit) {
            None => Ok(()),
            Some(limit) => Err(EngineError::PromptTooLong {
                prompt_tokens,
                max_tokens,
                limit,
            }),
        }
    }

    /// Tokens of prompt and answer together; none where the model states no limit.
    pub fn context_limit(&self) -> Option<usize> {
        self.folder.configuration.context_limit
    }

    /// Whether an encoder reads the prompts.
    pub fn has_encoder(&self) -> bool {
        self.folder.graphs.encoder.is_some()
    }

    /// How the model's states are kept, and what holds then.
    pub fn handling(&self) -> Handling {
        self.handling
    }

    /// Tokens that the graph scores.
    pub fn known_tokens(&self) -> usize {
        self.known_tokens
    }

    /// Whether the model is one that thinks before it answers, in a block that is no part of its answer.
    pub fn writes_reasoning(&self) -> bool {
        let template = self.folder.chat_template.as_ref();
        let mut tokens = self.tokenizer.added_tokens().values();
        template.is_some_and(|template| template.source.contains("<think>"))
            || tokens.any(|token| token == "<think>")
    }

    /// The token with which the chat template closes an answer, where it is none of the model's end tokens.
    pub fn open_turn(&self) -> Option<String> {
        let answer = "quartz";
        let messages = [("user", "feldspar"), ("assistant", answer)];
        let messages = messages.map(|(role, content)| ChatMessage { role, content });
        let ended = self
            .chat
            .render_ended(&messages, NaiveDate::default())
            .ok()?;
        let behind = &ended[ended.rfind(answer)? + answer.len()..];
        let closing = self.controls.find(behind).into_iter().next()?;
        let ids = self.tokenizer.encode(&closing.token);
        let ends = &self.folder.configuration.end_tokens;
        let is_end = ids.iter().any(|id| ends.contains(id));
        (self.folder.chat_template.is_some() && !is_end).then_some(closing.token)
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

/// Texts of the tokens that a chat template may name: as the tokenizer's settings spell them, else as the vocabulary
/// spells those of the configuration.
fn named_tokens(folder: &ModelFolder, tokenizer: &Tokenizer) -> NamedTokens {
    let configuration = &folder.configuration;
    let spelled = |id: Option<u32>| id.and_then(|id| tokenizer.token(id)).unwrap_or_default();
    let or = |given: &Option<String>, id: Option<u32>| {
        Some(given.clone().unwrap_or_else(|| spelled(id)))
    };
    let named = &folder.named_tokens;
    NamedTokens {
        bos_token: or(&named.bos_token, configuration.bos_token_id),
        eos_token: or(&named.eos_token, configuration.eos_token_id),
        unk_token: named.unk_token.clone(),
        pad_token: or(&named.pad_token, configuration.pad_token_id),
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
