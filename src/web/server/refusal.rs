//! What a connection is told for which there is no room, and how long an answer takes its place.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::net::TcpStream;

use super::connections::{Answering, Full};

/// Seconds after which it is worth trying again: by then every silent connection has ended.
const RETRY_AFTER_S: &str = "10";

/// The answer to a request that is not taken up; the connection ends with it.
pub(super) fn refused(full: Full) -> Response {
    let headers = [
        (header::RETRY_AFTER, RETRY_AFTER_S),
        (header::CONNECTION, "close"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, told(full)).into_response()
}

fn told(full: Full) -> &'static str {
    match full {
        Full::Client => {
            "There are too many connections from your address. Close some, and try again in 10 seconds.\n"
        }
        Full::All => "There are too many connections. Try again in 10 seconds.\n",
    }
}

/// Refuses a connection that was never taken up, if it takes no waiting to do so.
pub(super) fn refuse(stream: TcpStream) {
    let Ok(mut stream) = stream.into_std() else {
        return;
    };
    let told = told(Full::All);
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {RETRY_AFTER_S}\r\nconnection: close\r\n\
         content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{told}",
        told.len()
    );
    // Unread bytes would make the kernel throw the answer away with the connection.
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(answer.as_bytes());
    let _ = stream.shutdown(Shutdown::Write);
}

/// Most bytes of an answer that are handed over at once. An answer counts as given when the last of it was handed over,
/// and what counts as given may be cut off for others: that must not be megabytes of a file.
const PIECE: usize = 64 * 1024;

/// The body of an answer: its connection waits again when the last of it was handed over, or nobody wants it.
pub(super) struct Held {
    body: Body,
    /// What came of the body and was not handed over yet.
    rest: Bytes,
    _answering: Answering,
}

impl Held {
    pub(super) fn new(body: Body, answering: Answering) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            _answering: answering,
        }
    }
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let piece = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(piece);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (body, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
