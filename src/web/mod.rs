//! What a process answers over HTTP: probes for whoever watches a role, and the review desk for its editors.
//!
//! ```text
//! health       /healthz /readyz /metrics of one process
//! server       connections, and how long and how many of them
//! router       every address of the review desk; opening answers before its database is there
//! desk         the pages
//! api          the same for programs; knows no page, as no page knows it
//! guard        who is asking: sessions, forms, headers; knows neither of both
//! decision     what somebody says about an item, by a form or by JSON
//! error        what can go wrong, and its HTTP status
//! state        what all requests share
//! credentials  passwords and tokens
//! ```

mod api;
mod attachment;
mod brief_import;
mod cached;
mod credentials;
mod decision;
mod deferred_router;
mod desk;
mod error;
mod guard;
mod health;
mod log_throttle;
mod router;
mod server;
mod state;
mod vocabulary;

pub use credentials::{Passwords, hash_password, new_token, token_hash};
pub use deferred_router::DeferredRouter;
pub use health::{Health, Listener, Purpose, Server, Vitals};
pub use router::router;
pub use server::{Limits, Rate};
pub use state::{SignIn, WebState};
