//! Connections: the address and its TLS, the way in, the pool, and an end to every call.

mod address;
mod connect;
mod connect_failure;
mod endpoint;
mod pool;
mod session;
mod steps;
mod transport;

pub use address::{AddressFault, Protection};
pub use connect::MINIMUM_POSTGRES;
pub use pool::Timeouts;
pub use transport::Transport;

pub(super) use address::{Address, place};
pub(super) use connect_failure::{ConnectFailure, words};
pub(super) use pool::Pool;
pub(super) use session::{Session, Transaction};
pub(super) use transport::{ServerOwner, TLS_IN_USE};
