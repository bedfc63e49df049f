//! What a role answers over HTTP: `/healthz`, `/readyz`, `/metrics`, for whoever watches it.
//!
//! The answers are about one process and cost next to nothing: what the database knows is asked for at most
//! every few seconds, however many ask here. Nothing can be changed through it, and nothing private is in it
//! but the names of campaigns.

mod metrics;
mod ready;
mod vitals;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

pub use vitals::{Health, Vitals};

use crate::domain::problem::Problem;
use crate::domain::trusted_proxies::TrustedProxies;
use crate::web::server::{self, Limits};
use metrics::Metrics;
use ready::Readiness;

/// The media type of the text format that every Prometheus reads.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What an address is taken for: whoever cannot have it is told what to do about that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Probes of a worker or scheduler.
    Probes,
    /// The review desk.
    Desk,
}

impl Purpose {
    /// The flag or key that names the address.
    fn key(self) -> &'static str {
        match self {
            Self::Probes => "listen",
            Self::Desk => "desk",
        }
    }

    /// A port that messages show.
    fn port(self) -> u16 {
        match self {
            Self::Probes => 9600,
            Self::Desk => 9640,
        }
    }
}
const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";

/// What is answered beside a desk whose connections are all taken.
const PROBES: [&str; 3] = [HEALTHZ, READYZ, METRICS];

/// An address that is taken, and is not answered on yet.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
    trusted: Arc<TrustedProxies>,
}

impl Listener {
    /// Takes an address for probes, such as `127.0.0.1:9600`; port 0 takes one that is free.
    ///
    /// # Errors
    /// A [`Problem`] that says what to do instead.
    pub async fn bind(address: &str) -> Result<Self, Problem> {
        Self::bind_for(address, Purpose::Probes).await
    }

    /// Takes an address for what will answer on it.
    ///
    /// # Errors
    /// A [`Problem`] that says what to do instead.
    pub async fn bind_for(address: &str, purpose: Purpose) -> Result<Self, Problem> {
        let bound = match TcpListener::bind(address).await {
            Ok(listener) => listener.local_addr().map(|address| Self {
                listener,
                address,
                limits: Limits::of_this_process(),
                trusted: Arc::default(),
            }),
            Err(error) => Err(error),
        };
        bound.map_err(|error| unbound(address, purpose, &error))
    }

    /// The address, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Believes these proxies, besides one on this machine, whom they ask for.
    #[must_use]
    pub fn behind(self, trusted: TrustedProxies) -> Self {
        let trusted = Arc::new(trusted);
        Self { trusted, ..self }
    }

    /// This listener with other limits of its connections.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Answers until the server is dropped.
    pub fn serve(self, vitals: Arc<Vitals>) -> Server {
        self.answer(probes(vitals).fallback(nothing_else))
    }

    /// Answers probes, and pages beside them.
    pub fn serve_desk(self, vitals: Arc<Vitals>, desk: Router) -> Server {
        self.answer(probes(vitals).merge(desk))
    }

    fn answer(self, router: Router) -> Server {
        let serving = server::answer(self.listener, router, &PROBES, self.limits, self.trusted);
        Server {
            task: tokio::spawn(serving),
        }
    }
}

/// What a role answers.
fn probes(vitals: Arc<Vitals>) -> Router {
    let asked = Arc::new(HealthState {
        readiness: Readiness::default(),
        metrics: Metrics::default(),
        vitals,
    });
    Router::new()
        .route(HEALTHZ, get(healthz))
        .route(READYZ, get(readyz))
        .route(METRICS, get(metrics))
        .with_state(asked)
}

/// Why an address cannot be taken.
fn unbound(address: &str, purpose: Purpose, error: &std::io::Error) -> Problem {
    use std::io::ErrorKind;
    let port = purpose.port();
    let listen = |code, message: String| Problem::new(code, message).key(purpose.key());
    match error.kind() {
        ErrorKind::AddrInUse => listen(
            "web.address_in_use",
            format!("another process listens on `{address}` already"),
        )
        .hint(match purpose {
            Purpose::Probes => "give every worker and scheduler of this host a port of its own, or let the system choose one with port 0".to_owned(),
            Purpose::Desk => format!("is a desk open there already? look at http://{address}/, or give this one another port: `--desk 127.0.0.1:{}`", port + 1),
        }),
        ErrorKind::PermissionDenied => listen(
            "web.address_refused",
            format!("this user may not listen on `{address}`"),
        )
        .hint("ports from 1024 up need no rights"),
        ErrorKind::AddrNotAvailable => listen(
            "web.address_foreign",
            format!("`{address}` is no address of this host"),
        )
        .hint(format!("`127.0.0.1:{port}` answers this host only, `0.0.0.0:{port}` everybody who reaches it")),
        _ => listen(
            "web.address",
            format!("cannot listen on `{address}`: {error}"),
        )
        .hint(format!("an address is a host and a port, such as `127.0.0.1:{port}`")),
    }
}

/// Answers while it is kept.
#[derive(Debug)]
#[must_use]
pub struct Server {
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the answers are made of.
struct HealthState {
    vitals: Arc<Vitals>,
    readiness: Readiness,
    metrics: Metrics,
}

async fn healthz(State(state): State<Arc<HealthState>>) -> Response {
    let health = state.vitals.health();
    json(health.is_alive(), &health.to_json(state.vitals.role()))
}

async fn readyz(State(state): State<Arc<HealthState>>) -> Response {
    let problems = state.readiness.problems(&state.vitals).await;
    let told = serde_json::json!({
        "role": state.vitals.role(), "ready": problems.is_empty(), "problems": problems,
    });
    json(problems.is_empty(), &told)
}

async fn metrics(State(state): State<Arc<HealthState>>) -> Response {
    let text = state.metrics.text(&state.vitals).await;
    ([(header::CONTENT_TYPE, PROMETHEUS)], text).into_response()
}

async fn nothing_else() -> Response {
    let told = "here are /healthz, /readyz and /metrics\n";
    (StatusCode::NOT_FOUND, told).into_response()
}

fn json(good: bool, told: &serde_json::Value) -> Response {
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, format!("{told}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn an_address_that_cannot_be_taken_says_what_to_do() {
        let told = |kind: ErrorKind, words: &str| {
            unbound("10.0.0.1:80", Purpose::Probes, &Error::new(kind, words)).to_string()
        };
        let desk = unbound("10.0.0.1:80", Purpose::Desk, &ErrorKind::AddrInUse.into());
        insta::assert_snapshot!(desk, @"
        `desk`: another process listens on `10.0.0.1:80` already

        hint: is a desk open there already? look at http://10.0.0.1:80/, or give this one another port: `--desk 127.0.0.1:9641`
        ");
        insta::assert_snapshot!(told(ErrorKind::AddrInUse, ""), @"
        `listen`: another process listens on `10.0.0.1:80` already

        hint: give every worker and scheduler of this host a port of its own, or let the system choose one with port 0
        ");
        insta::assert_snapshot!(told(ErrorKind::PermissionDenied, ""), @"
        `listen`: this user may not listen on `10.0.0.1:80`

        hint: ports from 1024 up need no rights
        ");
        insta::assert_snapshot!(told(ErrorKind::AddrNotAvailable, ""), @"
        `listen`: `10.0.0.1:80` is no address of this host

        hint: `127.0.0.1:9600` answers this host only, `0.0.0.0:9600` everybody who reaches it
        ");
        insta::assert_snapshot!(told(ErrorKind::InvalidInput, "invalid port value"), @"
        `listen`: cannot listen on `10.0.0.1:80`: invalid port value

        hint: an address is a host and a port, such as `127.0.0.1:9600`
        ");
    }
}
