//! What the tests share: a database whose clock they move, values to put in, a proxy that fails on
//! demand, and the real program.

mod desk;
mod fleet;
mod listeners;
mod morning;
mod pooler;
mod program;
mod proxy;
mod script;
mod values;

use std::time::{Duration, Instant};

pub(crate) use desk::{Desk, LEASE, assert_audit};
pub(crate) use fleet::Fleet;
pub(crate) use listeners::{Hook, MailServer};
pub(crate) use pooler::{Pooler, SERVERS};
pub(crate) use program::{Program, Project};
pub(crate) use proxy::Proxy;
pub(crate) use script::{Act, Script, script_options, work_aside};
pub(crate) use values::{brief, campaign, done, failed, pins};

/// Asks again and again until the answer is there; tests wait on facts, never on the clock.
///
/// # Panics
/// After two minutes, or twenty under `make chaos`: whatever it was is not going to happen.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let minutes = match std::env::var_os("NIGHTDESK_CHAOS") {
        Some(_) => 20,
        None => 2,
    };
    let deadline = Instant::now() + Duration::from_mins(minutes);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "waited {minutes} minutes for {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
