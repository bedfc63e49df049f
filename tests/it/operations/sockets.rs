//! A server with limits, and clients at the other end of real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use futures_util::stream;
use nightdesk::domain::trusted_proxies::TrustedProxies;
use nightdesk::web::{Limits, Listener, Rate, Server, Vitals};

/// Longer than everything that is waited for here: what comes, comes.
const LONG: Duration = Duration::from_secs(3600);

/// Nobody is ended for being slow.
pub(super) fn generous_limits() -> Limits {
    let rate = Rate {
        bytes_per_s: 1,
        idle_budget: LONG,
    };
    Limits {
        head: LONG,
        body: rate,
        answer: rate,
        ..Limits::default()
    }
}

/// Whoever is slow is ended at once.
pub(super) fn strict_rate() -> Rate {
    Rate {
        bytes_per_s: 1_000_000,
        idle_budget: Duration::from_millis(50),
    }
}

pub(super) struct Served {
    address: SocketAddr,
    _server: Server,
}

impl Served {
    pub(super) async fn within(limits: Limits) -> Self {
        Self::on(
            Ipv4Addr::LOCALHOST.into(),
            limits,
            TrustedProxies::default(),
        )
        .await
    }

    /// On an address of this machine, behind proxies.
    pub(super) async fn on(address: IpAddr, limits: Limits, trusted: TrustedProxies) -> Self {
        let endless = || {
            let lines =
                stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65536])));
            Body::from_stream(lines)
        };
        let live = || {
            let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from("data: 1\n\n"))]);
            Body::from_stream(futures_util::StreamExt::chain(first, stream::pending()))
        };
        let pages = Router::new()
            .route("/page", get(async || "the page"))
            .route(
                "/form",
                post(async |body: Result<Bytes, _>| match body {
                    Ok(body) => format!("{} bytes", body.len()),
                    Err(axum::extract::rejection::BytesRejection::FailedToBufferBody(_)) => {
                        "cut off".to_owned()
                    }
                    Err(_) => "refused".to_owned(),
                }),
            )
            .route("/endless", get(async move || endless()))
            .route("/live", get(async move || live()));
        let listener = Listener::bind(&format!("{address}:0")).await.unwrap();
        let listener = listener.within(limits).behind(trusted);
        let address = listener.address();
        let vitals = Arc::new(Vitals::new("serve", LONG));
        let server = listener.serve_desk(vitals, pages);
        Self {
            address,
            _server: server,
        }
    }

    pub(super) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        Client(stream)
    }

    /// Sends something and keeps the connection.
    pub(super) fn send(&self, text: &str) -> Client {
        let mut client = self.connect();
        client.write(text);
        client
    }

    /// A whole request, and the whole answer.
    pub(super) async fn asks(&self, head: &str) -> String {
        let request = format!("{head}\r\nhost: desk\r\nconnection: close\r\n\r\n");
        self.send(&request).rest().await
    }
}

/// One end of a connection.
pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// What the server still says until it ends the connection.
    pub(super) async fn rest(self) -> String {
        let mut stream = self.0;
        let read = tokio::task::spawn_blocking(move || {
            let mut told = Vec::new();
            match stream.read_to_end(&mut told) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
                Err(error) => panic!("it was not ended: {error}"),
            }
            String::from_utf8(told).unwrap()
        });
        read.await.unwrap()
    }

    /// Reads until this was said; the connection stays.
    pub(super) async fn hears(self, words: &'static str) -> Self {
        let mut stream = self.0;
        let read = tokio::task::spawn_blocking(move || {
            let mut told = String::new();
            let mut buffer = [0; 4096];
            while !told.contains(words) {
                let bytes = stream.read(&mut buffer).unwrap();
                assert!(bytes > 0, "ended after {told:?}");
                told.push_str(&String::from_utf8_lossy(&buffer[..bytes]));
            }
            Self(stream)
        });
        read.await.unwrap()
    }

    /// Whether the server has ended it, as far as can be seen without waiting.
    pub(super) fn is_ended(&mut self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let read = self.0.read(&mut [0; 1]);
        self.0.set_nonblocking(false).unwrap();
        match read {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

pub(super) const GOOD: &str = "GET /page HTTP/1.1";
pub(super) const PARTIAL: &str = "GET /page HTTP/1.1\r\nhost: desk\r\nx-a: ";
