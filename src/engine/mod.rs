//! The drafting engine: requests in, a stream of finished candidates out.
//!
//! ```text
//! runtime ─┐                               ┌─ prefill: a prompt, its shared prefix once
//! folder ──┤                   ┌─ generate ┼─ batcher: which sequences run together (pure)
//! tokenizer┼─> handle ─> model ┤  (thread) ├─ decoder: one step of the graph, and its states
//! chat ────┘   (Engine)        │           └─ row, sampler, stop: logits to token to text
//!                              └─ one_shot: a whole text of noise, by the same row
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
mod handle;
mod model;
mod one_shot;
mod options;
mod prefill;
mod request;
mod row;
pub mod runtime;
mod sampler;
mod session;
mod stop;
mod submission;
mod tokenizer;
mod watch;

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
pub use handle::Engine;
pub use options::EngineOptions;
pub use request::{Candidate, Event, GenerateRequest};
pub use sampler::{SamplingParams, TopLogprobs};
pub use tokenizer::Tokenizer;
