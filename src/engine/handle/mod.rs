//! The engine as its callers hold it: loading a model, asking for candidates, and what the model is.

mod check;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use tokio::sync::mpsc;

use crate::engine::chat::{ChatMessage, ChatTemplate};
use crate::engine::constraints::ConstraintCache;
use crate::engine::controls::Controls;
use crate::engine::decoder::{Handling, LatentEncoder};
use crate::engine::error::EngineError;
use crate::engine::folder::{DeclaredKind, ModelFolder, NamedTokens};
use crate::engine::model::Model;
use crate::engine::options::EngineOptions;
use crate::engine::request::{Event, EventSender, GenerateRequest};
use crate::engine::row::Writing;
use crate::engine::runtime::{self, Runtime};
use crate::engine::sampler::SamplingParams;
use crate::engine::submission::Submission;
use crate::engine::tokenizer::Tokenizer;
use crate::engine::watch::Watch;

/// Requests that may wait between the caller and the loop before `submit` waits too.
const QUEUE: usize = 64;

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
    latent_size: Option<usize>,
    most_positions: Option<usize>,
    /// Loaded when a text is first given to it: drafting needs none.
    latent_encoder: Mutex<Option<LatentEncoder>>,
    runtime: Runtime,
    threads: usize,
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
            None if folder.kind().is_some() => ChatTemplate::continued(tokenizer.opening())?,
            None => ChatTemplate::plain(tokenizer.opening())?,
        };
        let named = end_tokens.iter().copied().chain(configuration.bos_token_id);
        let controls = Controls::new(Arc::clone(&tokenizer), &chat, named.collect());
        let runtime = runtime::load(runtime_library)?;
        let model = Model::load(&runtime, &folder, &options)?;
        let (handling, known_tokens) = (model.handling(), model.known_tokens());
        let (latent_size, most_positions) = (model.latent_size(), model.most_positions());
        let (submissions, mut receiver) = mpsc::channel(QUEUE);
        let writing = Writing {
            tokenizer: Arc::clone(&tokenizer),
            end_tokens,
            suppressed_tokens: configuration.suppressed_tokens.clone(),
            answer: configuration.answer,
            threads: options.threads,
        };
        let generated = Arc::new(AtomicU64::new(0));
        let watch = Arc::new(Watch::default());
        let threads = options.threads;
        let (thread_generated, thread_watch) = (Arc::clone(&generated), Arc::clone(&watch));
        let thread = std::thread::Builder::new()
            .name("drafting-engine".to_owned())
            .spawn(move || {
                let generated = thread_generated;
                model.run(writing, &options, generated, &mut receiver, &thread_watch);
            })
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
            latent_size,
            most_positions,
            latent_encoder: Mutex::new(None),
            runtime,
            threads,
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
        mut request: GenerateRequest,
    ) -> Result<mpsc::UnboundedReceiver<Event>, EngineError> {
        if self.folder.kind() == Some(DeclaredKind::OneShot) {
            // It is not read: no prompt can be wrong, and no token of it is one that repeats.
            request.prompt.clear();
            request.prefix_len = 0;
        }
        self.check(&request)?;
        let constraints = self.constraints.of(&request.params, &self.tokenizer)?;
        let (events, receiver) = EventSender::new();
        let submission = Submission {
            candidates: 0..request.candidates,
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

    /// What a text begins with where nothing is asked: the markers with which the tokenizer opens one, else the token
    /// that the configuration names for it.
    pub fn empty_prompt(&self) -> Vec<u32> {
        let opening = self.tokenizer.encode(&self.tokenizer.opening());
        if opening.is_empty() {
            self.folder.configuration.bos_token_id.into_iter().collect()
        } else {
            opening
        }
    }

    /// Numbers in the latent vector or the noise of a text; none where the model takes none.
    pub fn latent_size(&self) -> Option<usize> {
        self.latent_size
    }

    /// Tokens of the longest text that the model can make, where its graph sets a limit.
    pub fn most_positions(&self) -> Option<usize> {
        self.most_positions
    }

    /// The latent vector that stands for a text; none where the model has no encoder for it. The encoder reads the text
    /// between the tokens that open and end one in the model.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`] without a token, [`EngineError::TokenBeyondModel`], [`EngineError::PromptTooLong`],
    /// [`EngineError::UnsupportedGraph`] where the encoder does not fit the decoder, and what ONNX Runtime refuses.
    pub fn latent_of(&self, text: &str) -> Result<Option<Vec<f32>>, EngineError> {
        let (Some(size), Some(_)) = (self.latent_size, &self.folder.graphs.latent_encoder) else {
            return Ok(None);
        };
        let encoded = self.tokenizer.encode(text);
        if encoded.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let configuration = &self.folder.configuration;
        let opening = configuration.bos_token_id.into_iter().chain(encoded);
        let tokens: Vec<u32> = opening.chain(configuration.eos_token_id).collect();
        self.check_tokens(&tokens)?;
        if let Some(limit) = self.context_limit().filter(|limit| tokens.len() > *limit) {
            return Err(EngineError::PromptTooLong {
                prompt_tokens: tokens.len(),
                max_tokens: 0,
                limit,
            });
        }
        let mut place = self
            .latent_encoder
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if place.is_none() {
            *place = LatentEncoder::load(&self.runtime, &self.folder, size, self.threads)?;
        }
        let encoder = place.as_mut();
        encoder.map(|encoder| encoder.encode(&tokens)).transpose()
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
        &self.runtime.version
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
