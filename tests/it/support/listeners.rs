//! A webhook and a mail server on this machine that really speak their protocols, and remember what came.
//!
//! Each is a thread: a test that waits for a command blocks its own.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// A listening thread; it ends with the test.
struct Listener {
    address: SocketAddr,
    over: Arc<AtomicBool>,
}

impl Listener {
    fn start(serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        std::thread::spawn(move || {
            let serve = Arc::new(serve);
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, serve) = (stream.expect("a connection"), Arc::clone(&serve));
                stream
                    .set_read_timeout(Some(Duration::from_secs(60)))
                    .expect("set");
                // A client that goes away in the middle is one of the things that happen.
                std::thread::spawn(move || drop(serve(stream)));
            }
        });
        Self { address, over }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the thread, so that it sees it.
        drop(TcpStream::connect(self.address));
    }
}

/// A webhook that gives the answers it is told to, and then 200.
pub(crate) struct Hook {
    listener: Listener,
    posts: Arc<Mutex<Vec<Post>>>,
}

/// A request that arrived.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Post {
    /// Method, path and headers, as they came.
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Hook {
    pub(crate) fn answering(answers: &[&'static str]) -> Self {
        let posts = Arc::new(Mutex::new(Vec::new()));
        let answers = Mutex::new(VecDeque::from(answers.to_vec()));
        let arrived = Arc::clone(&posts);
        let listener = Listener::start(move |stream| {
            let mut reader = BufReader::new(stream.try_clone()?);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head)? == 0 {
                    return Ok(());
                }
            }
            let lower = head.to_ascii_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|length| length.trim().parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body)?;
            let body = serde_json::from_slice(&body).unwrap_or_default();
            arrived.lock().unwrap().push(Post { head, body });
            let answer = answers.lock().unwrap().pop_front();
            let (status, said) = answer.unwrap_or("200 OK|ok").split_once('|').unwrap();
            let mut stream = stream;
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
                said.len()
            )
        });
        Self { listener, posts }
    }

    /// Its address, with a secret in it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/services/s3cret", self.listener.address)
    }

    /// What has arrived so far.
    pub(crate) fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }
}

/// A mail server.
pub(crate) struct MailServer {
    listener: Listener,
    mails: Arc<Mutex<Vec<Mail>>>,
}

/// A mail that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mail {
    /// What followed `AUTH PLAIN`.
    pub(crate) login: Option<String>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Headers and body, line ends as `\n`.
    pub(crate) data: String,
}

impl Mail {
    /// Headers without what differs from mail to mail, folded lines put together.
    pub(crate) fn headers(&self) -> String {
        let (head, _) = self.data.split_once("\n\n").unwrap_or((&self.data, ""));
        head.replace("\n ", " ")
    }
}

impl MailServer {
    /// One that answers every command with 250, but those that begin with `to` with `answer`.
    pub(crate) fn but(to: &'static str, answer: &'static str) -> Self {
        let mails = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&mails);
        let listener = Listener::start(move |stream| {
            let mut reader = BufReader::new(stream.try_clone()?);
            let mut writer = stream;
            let mut mail = Mail::default();
            write!(writer, "220 mail.test ready\r\n")?;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let line = line.trim_end();
                let verb = line.split(' ').next().unwrap_or_default().to_uppercase();
                if !to.is_empty() && line.to_uppercase().starts_with(to) {
                    write!(writer, "{answer}\r\n")?;
                    continue;
                }
                let inside = || {
                    let end = line.find('>').unwrap_or(line.len());
                    line[line.find('<').map_or(end, |at| at + 1)..end].to_owned()
                };
                match verb.as_str() {
                    "EHLO" => write!(writer, "250-mail.test\r\n250 AUTH PLAIN\r\n")?,
                    "AUTH" => {
                        mail.login = line.split(' ').nth(2).map(str::to_owned);
                        write!(writer, "235 welcome\r\n")?;
                    }
                    "MAIL" => {
                        mail.from = inside();
                        write!(writer, "250 ok\r\n")?;
                    }
                    "RCPT" => {
                        mail.to.push(inside());
                        write!(writer, "250 ok\r\n")?;
                    }
                    "DATA" => {
                        write!(writer, "354 go on\r\n")?;
                        while !mail.data.ends_with("\r\n.\r\n") {
                            if reader.read_line(&mut mail.data)? == 0 {
                                return Ok(());
                            }
                        }
                        mail.data.truncate(mail.data.len() - 5);
                        mail.data = mail.data.replace("\r\n", "\n");
                        taken.lock().unwrap().push(std::mem::take(&mut mail));
                        write!(writer, "250 taken\r\n")?;
                    }
                    "QUIT" => {
                        write!(writer, "221 bye\r\n")?;
                        return Ok(());
                    }
                    _ => write!(writer, "250 ok\r\n")?,
                }
            }
        });
        Self { listener, mails }
    }

    /// One that takes everything.
    pub(crate) fn obliging() -> Self {
        Self::but("", "")
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.address.port()
    }

    /// What has been taken so far.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}
