//! What a process answers over HTTP: probes for whoever watches a role, and the review desk for its editors.
//!
//! ```text
//! probe   /healthz /readyz /metrics of one process
//! guard   who is asking: sessions, forms, headers
//! desk    the pages
//! api     the same for programs
//! ```

mod api;
mod desk;
mod guard;
mod kept;
mod probe;
mod vocabulary;

pub use desk::{Desk, Door, Opening, desk};
pub use guard::{hash_password, new_token, token_hash};
pub use probe::{Health, Listener, Purpose, Server, Vitals, Watched};
