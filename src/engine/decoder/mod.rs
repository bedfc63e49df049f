//! A model in ONNX Runtime: which graphs it has, how their states are kept, and running a step of it.
//!
//! ```text
//! graph ── ports: what each input and output is for
//!   │
//! driver ── measure: which way of keeping states gives the numbers that the whole text gives
//!   │
//! Cache ─┬─ in_place: written where it lies (fused attention)
//!        └─ carried:  handed from step to step (append, recurrent), or read again (none)
//! ```

mod cache;
mod carried;
mod driver;
mod graph;
mod handling;
mod in_place;
mod latent_encoder;
mod load;
mod measure;
mod one_shot;
mod ports;
mod remembered;
mod step;
mod tensor;

pub use cache::Cache;
pub use driver::Decoder;
pub use handling::{CacheKind, Handling};
pub use latent_encoder::LatentEncoder;
pub use load::{load, load_keeping};
pub use one_shot::OneShotGraph;
pub use step::{Logits, Step, failed};
