//! Clients that are many: each has its share, whoever says nothing gives way, and probes are answered.

use std::io::Write;
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};

use nightdesk::config::{Config, Given};
use nightdesk::domain::trusted_proxies::TrustedProxies;
use nightdesk::web::Limits;

use super::sockets::{Client, GOOD, PARTIAL, Served, generous_limits};
use super::{ask, free_address};
use crate::commands::Folder;
use crate::support::until;

fn full(per_client: usize, all: usize, for_probes: usize) -> Limits {
    Limits {
        per_client,
        all,
        for_probes,
        ..generous_limits()
    }
}

fn live(forwarded: &str) -> String {
    format!("GET /live HTTP/1.1\r\nhost: desk\r\nx-forwarded-for: {forwarded}\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_has_so_many_connections_and_no_more() {
    let served = Served::within(full(3, 100, 5)).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(served.send(&live("203.0.113.9")).hears("data: 1").await);
    }
    let refused = served.send(&live("10.0.0.1, 203.0.113.9")).rest().await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(
        refused.contains("retry-after: 10")
            && refused.contains("too many connections from your address"),
        "{refused}"
    );
    assert!(
        refused.to_lowercase().contains("connection: close"),
        "{refused}"
    );
    // Everybody else is answered, also whom no address is named for.
    for other in [
        "203.0.113.10",
        "203.0.113.9, settings",
        "unknown",
        "2001:db8::1",
    ] {
        let told = served
            .asks(&format!("{GOOD}\r\nx-forwarded-for: {other}"))
            .await;
        assert!(told.contains("the page"), "{other}: {told}");
    }
    // One network of IPv6 is one client.
    for n in 0..3 {
        held.push(
            served
                .send(&live(&format!("[2001:db8::{n}]:1")))
                .hears("data: 1")
                .await,
        );
    }
    let refused = served.send(&live("2001:db8::ffff")).rest().await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    drop(held);
    until("room for it again", async || {
        served
            .asks(&format!("{GOOD}\r\nx-forwarded-for: 203.0.113.9"))
            .await
            .contains("the page")
            .then_some(())
    })
    .await;
}

/// An address of this machine that others reach it by; none without a network. Nothing is sent for it.
fn address_beyond_loopback() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_elsewhere_is_many_clients_where_it_is_trusted_and_one_where_not() {
    let Some(address) = address_beyond_loopback() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = format!("trusted_proxies = [\"{address}\"]\n");
    std::fs::write(folder.path().join("nightdesk.toml"), file).unwrap();
    let config = Config::load(Given::default(), folder.path());
    let trusted = config.unwrap().trusted_proxies;
    for (trusted, many) in [(trusted, true), (TrustedProxies::default(), false)] {
        let served = Served::on(address, full(1, 100, 5), trusted).await;
        let _first = served.send(&live("203.0.113.1")).hears("data: 1").await;
        let head = format!("{GOOD}\r\nx-forwarded-for: 203.0.113.2");
        assert_eq!(served.asks(&head).await.contains("the page"), many);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_gives_way() {
    let served = Served::within(full(4, 100, 5)).await;
    let mut silent: Vec<Client> = (0..50).map(|_| served.send(PARTIAL)).collect();
    for _ in 0..5 {
        assert!(
            served.asks(GOOD).await.contains("the page"),
            "the same address, and it is answered"
        );
    }
    let first = silent.remove(0);
    assert_eq!(first.rest().await, "");
    until("all but four to be ended", async || {
        let open = silent
            .iter_mut()
            .filter_map(|client| (!client.is_ended()).then_some(()))
            .count();
        (open <= 4).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_full_answers_probes() {
    let served = Served::within(full(100, 3, 2)).await;
    let mut held = Vec::new();
    for n in 0..3 {
        held.push(
            served
                .send(&live(&format!("203.0.113.{n}")))
                .hears("data: 1")
                .await,
        );
    }
    let refused = served.asks(GOOD).await;
    assert!(
        refused.starts_with("HTTP/1.1 503 ")
            && refused.contains("There are too many connections. Try again in 10 seconds."),
        "{refused}"
    );
    // Nor do silent ones on the places for probes keep a probe out.
    let silent: Vec<Client> = (0..9).map(|_| served.send(PARTIAL)).collect();
    for path in ["/healthz", "/metrics", "/readyz"] {
        let told = served.asks(&format!("GET {path} HTTP/1.1")).await;
        let status = if path == "/readyz" {
            "HTTP/1.1 503 "
        } else {
            "HTTP/1.1 200 "
        };
        assert!(told.starts_with(status), "{path}: {told}");
        assert!(!told.contains("too many connections"), "{told}");
    }
    drop((held, silent));
    until("room for a page again", async || {
        served.asks(GOOD).await.contains("the page").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_left_a_connection_is_told_so_at_once() {
    let served = Served::within(full(2, 2, 0)).await;
    let held = [
        served
            .send("GET /live HTTP/1.1\r\nhost: desk\r\n\r\n")
            .hears("data: 1")
            .await,
        served
            .send("GET /live HTTP/1.1\r\nhost: desk\r\n\r\n")
            .hears("data: 1")
            .await,
    ];
    let refused = served.connect().rest().await;
    assert!(
        refused.starts_with("HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\n"),
        "{refused}"
    );
    drop(held);
}

/// The real program, which may open fewer files than there are connections that say nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_open_few_files_goes_on_answering() {
    let folder = Folder::without_database();
    let address = free_address();
    let mut command = folder.cleaned(Command::new("sh"));
    let limited = "ulimit -n 32; exec \"$0\" \"$@\"";
    command.args([
        "-c",
        limited,
        env!("CARGO_BIN_EXE_nightdesk"),
        "--database-url",
        &folder.database_url,
    ]);
    let child = command
        .args(["scheduler", "--listen", &address])
        .stderr(Stdio::null())
        .spawn();
    let _child = Ended(child.unwrap());
    let health = async || Some(ask(&address, "/healthz").await?.status);
    assert_eq!(until("an answer", health).await, 200);
    let silent: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(PARTIAL.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(until("an answer among the silent", health).await, 200);
    }
    drop(silent);
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
