//! Clients that are slow or silent: each is ended, and a good one is answered meanwhile.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use nightdesk::web::Limits;

use super::sockets::{GOOD, PARTIAL, Served, generous_limits, strict_rate};
use crate::support::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    let limits = Limits {
        head: Duration::from_millis(300),
        ..generous_limits()
    };
    let served = Served::within(limits).await;
    let (silent, partial) = (served.connect(), served.send(PARTIAL));
    let kept = served
        .send("GET /page HTTP/1.1\r\nhost: desk\r\n\r\n")
        .hears("the page")
        .await;
    // A head that comes a byte at a time is not there either.
    let mut drip = served.send(PARTIAL);
    let dripping = tokio::task::spawn_blocking(move || {
        while drip.0.write_all(b"a").is_ok() && !drip.is_ended() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    assert!(served.asks(GOOD).await.contains("the page"));
    assert_eq!(silent.rest().await, "");
    assert!(!partial.rest().await.contains("the page"));
    assert_eq!(kept.rest().await, "", "between two requests too");
    dripping.await.unwrap();
    assert!(served.asks(GOOD).await.contains("the page"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_given_up_and_a_slow_one_is_taken() {
    let served = Served::within(Limits {
        body: strict_rate(),
        ..generous_limits()
    })
    .await;
    let head = "POST /form HTTP/1.1\r\nhost: desk\r\ncontent-length: 1000\r\n\r\n";
    let silent = served.send(head);
    let mut half = served.send(head);
    half.write(&"a".repeat(500));
    let chunked = served
        .send("POST /form HTTP/1.1\r\nhost: desk\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab");
    let expecting = served.send(
        "POST /form HTTP/1.1\r\nhost: desk\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n",
    );
    assert!(served.asks(GOOD).await.contains("the page"));
    for client in [silent, half, chunked, expecting] {
        let told = client.rest().await;
        assert!(told.contains("cut off"), "{told}");
    }
    let mut whole = served.connect();
    whole.write("POST /form HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-length: 9\r\n\r\n123456789");
    assert!(whole.rest().await.contains("9 bytes"));

    let served = Served::within(generous_limits()).await;
    let mut slow = served.send(
        "POST /form HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-length: 9\r\n\r\n",
    );
    for byte in "123456789".chars() {
        assert!(served.asks(GOOD).await.contains("the page"));
        slow.write(&byte.to_string());
    }
    assert!(slow.rest().await.contains("9 bytes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_taken_is_given_up_and_a_silent_stream_is_not() {
    let served = Served::within(Limits {
        answer: strict_rate(),
        head: Duration::from_millis(50),
        ..generous_limits()
    })
    .await;
    let mut live = served
        .send("GET /live HTTP/1.1\r\nhost: desk\r\n\r\n")
        .hears("data: 1")
        .await;
    let never = served
        .send("GET /endless HTTP/1.1\r\nhost: desk\r\n\r\n")
        .hears("HTTP/1.1 200")
        .await;
    // It reads nothing more, so the server's side fills up and ends; then what was on the way comes, and the end.
    let mut stream = never.0.try_clone().unwrap();
    let ended = until("the end of an answer nobody takes", async || {
        let error = stream.write_all(b"x").err()?;
        Some(error.kind())
    });
    let ended = ended.await;
    assert!(
        [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&ended),
        "{ended}"
    );
    assert!(served.asks(GOOD).await.contains("the page"));
    assert!(
        !live.is_ended(),
        "it has nothing to say, and waits for nobody"
    );
}
