//! What a process answers over HTTP: probes for whoever watches a role, and the review desk for its editors.
//!
//! ```text
//! probe   /healthz /readyz /metrics of one process
//! server  connections, and how long and how many of them
//! guard   who is asking: sessions, forms, headers
//! desk    the pages
//! api     the same for programs
//! ```

mod api;
mod cached;
mod desk;
mod error;
mod guard;
mod health;
mod log_throttle;
mod server;
mod vocabulary;

pub use desk::{Desk, Opening, SignIn, desk};
pub use guard::{Passwords, hash_password, new_token, token_hash};
pub use health::{Health, Listener, Purpose, Server, Vitals, Watched};
pub use server::{Limits, Rate};
