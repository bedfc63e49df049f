//! Connections: taken, bounded, and ended where nothing comes of them.
//!
//! axum's own loop waits for ever for a client that says nothing, and for as many as there are. Here the head of a
//! request has to be there in time, a body has to keep coming and an answer has to be taken ([`Rate`]), and a client
//! has so many connections ([`Limits`]). What is being answered is never cut off by a clock: a stream of events may
//! be silent.

mod connections;
mod limits;
mod pace;
mod refusal;
mod timed;

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

pub use limits::Limits;
pub use pace::Rate;

use crate::domain::trusted_proxies::TrustedProxies;

use super::guard::{Client, address_of};
use super::log_throttle::LogThrottle;
use connections::{Connection, Connections};
use refusal::{Held, refuse, refused};
use timed::{TimedBody, TimedStream};

/// Most bytes of a request's head.
const MOST_HEAD: usize = 64 * 1024;

/// Until a connection that was ended has given its file back.
const FOR_A_FILE: Duration = Duration::from_millis(5);
/// Where there was none to end.
const AFTER_AN_ERROR: Duration = Duration::from_millis(100);

/// What connections of one listener share.
#[derive(Clone)]
struct Shared {
    router: Router,
    /// The paths that are answered whatever else goes on.
    probes: &'static [&'static str],
    limits: Limits,
    trusted: Arc<TrustedProxies>,
}

/// Answers on a listener for ever.
pub(super) async fn answer(
    listener: TcpListener,
    router: Router,
    probes: &'static [&'static str],
    limits: Limits,
    trusted: Arc<TrustedProxies>,
) {
    static FULL: LogThrottle = LogThrottle::new();
    static NO_FILES: LogThrottle = LogThrottle::new();
    let places = Connections::new(limits);
    let shared = Shared {
        router,
        probes,
        limits,
        trusted,
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match places.enter(Client::from(peer.ip())) {
                Some(place) => drop(tokio::spawn(converse(stream, peer, place, shared.clone()))),
                None => {
                    if let Some(many) = FULL.count() {
                        tracing::warn!(
                            address = %peer.ip(), connections = many,
                            "every place for connections is taken: a connection from {} was refused", peer.ip()
                        );
                    }
                    refuse(stream);
                }
            },
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                // Most likely this process may open no more files. Trying again at once would only burn a core.
                let ended = places.make_room();
                if let Some(many) = NO_FILES.count() {
                    tracing::warn!(
                        times = many,
                        ended,
                        "a connection could not be taken: {error}"
                    );
                }
                let pause = if ended { FOR_A_FILE } else { AFTER_AN_ERROR };
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// A client that hung up before it was looked at says nothing about the next one.
fn is_about_one_connection(error: &std::io::Error) -> bool {
    [
        ErrorKind::ConnectionAborted,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionRefused,
        ErrorKind::Interrupted,
    ]
    .contains(&error.kind())
}

/// Answers the requests of one connection, one after the other.
async fn converse(stream: TcpStream, peer: SocketAddr, place: Connection, shared: Shared) {
    let place = Arc::new(place);
    let limits = shared.limits;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (place, shared) = (Arc::clone(&place), shared.clone());
        async move { Ok::<_, Infallible>(respond(request, peer, &place, shared).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HEAD)
        .serve_connection(
            TokioIo::new(TimedStream::new(stream, limits.answer)),
            service,
        );
    tokio::select! {
        // Whatever ended it, the other side is gone or has been told.
        _ = connection => {}
        () = place.displaced() => {}
    }
}

async fn respond(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    place: &Arc<Connection>,
    shared: Shared,
) -> Response {
    let client = Client::from(address_of(request.headers(), peer, &shared.trusted));
    let probe = shared.probes.contains(&request.uri().path());
    let answering = match place.answer(client, probe) {
        Ok(answering) => answering,
        Err(full) => return refused(full),
    };
    let body = shared.limits.body;
    let mut request: Request = request.map(|arriving| Body::new(TimedBody::new(arriving, body)));
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(shared.trusted);
    let response = match shared.router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    response.map(|body| Body::new(Held::new(body, answering)))
}
