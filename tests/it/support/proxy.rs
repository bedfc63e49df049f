//! A way to the test's database that fails on demand: cut, closed for a while, silent, or losing one
//! reply.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;

/// Forwards a Unix socket of its own to the database.
pub(crate) struct Proxy {
    folder: tempfile::TempDir,
    database: PgConnectOptions,
    state: Arc<State>,
    /// Raised by every cut; each connection ends when it changes.
    cuts: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    closed: AtomicBool,
    silent: AtomicBool,
    /// How often everything fell silent; a connection from before has been forgotten.
    silences: AtomicUsize,
    /// What the next request has to contain whose reply is lost.
    lose_reply_to: Mutex<Option<&'static str>>,
    /// Whether everything falls silent after the next reply.
    hush: AtomicBool,
    /// Connections that have met silence.
    silenced: AtomicUsize,
    /// Connections that found the proxy closed.
    refused: AtomicUsize,
    /// Replies that were lost.
    lost: AtomicUsize,
}

impl Proxy {
    /// Starts forwarding; ends with the test's runtime.
    pub(crate) fn start(database: &PgConnectOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let (state, cuts) = (Arc::new(State::default()), watch::Sender::new(0));
        let (shared, cut, server) = (Arc::clone(&state), cuts.clone(), database.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.closed.load(Ordering::SeqCst) {
                    shared.refused.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let Some(server) = connect(&server).await else {
                    continue;
                };
                tokio::spawn(forward(
                    client,
                    server,
                    Arc::clone(&shared),
                    cut.subscribe(),
                ));
            }
        });
        Self {
            folder,
            database: database.clone(),
            state,
            cuts,
        }
    }

    /// The database's address through the proxy.
    pub(crate) fn url(&self) -> String {
        let database = self.database.clone().socket(self.folder.path()).port(5432);
        database.to_url_lossy().to_string()
    }

    /// Cuts every connection and, until [`Proxy::open`], every new one: the database is away.
    pub(crate) fn close(&self) {
        self.state.closed.store(true, Ordering::SeqCst);
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// The database is back.
    pub(crate) fn open(&self) {
        self.state.closed.store(false, Ordering::SeqCst);
    }

    /// The network swallows everything from now on, as a firewall does that has forgotten a
    /// connection: nothing arrives, nothing comes back, and nobody is told. The connections of now
    /// stay silent for ever, even after [`Proxy::speak`].
    pub(crate) fn fall_silent(&self) {
        self.state.fall_silent();
    }

    /// The network falls silent as soon as the next command has got its reply.
    pub(crate) fn fall_silent_after_reply(&self) {
        self.state.hush.store(true, Ordering::SeqCst);
    }

    /// New connections work again.
    pub(crate) fn speak(&self) {
        self.state.silent.store(false, Ordering::SeqCst);
    }

    /// The next `commit` reaches the database, and its reply is lost with the connection.
    pub(crate) fn lose_next_commit(&self) {
        self.lose_reply_to("commit\0");
    }

    /// The next request that contains this text, in whatever case, reaches the database, and its reply is lost.
    pub(crate) fn lose_reply_to(&self, text: &'static str) {
        *self.state.lose_reply_to.lock().expect("a text") = Some(text);
    }

    /// Connections that have met silence.
    pub(crate) fn silenced(&self) -> usize {
        self.state.silenced.load(Ordering::SeqCst)
    }

    /// Connections that found the proxy closed.
    pub(crate) fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }

    /// Replies that were lost.
    pub(crate) fn lost(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

impl State {
    fn fall_silent(&self) {
        self.silences.fetch_add(1, Ordering::SeqCst);
        self.silent.store(true, Ordering::SeqCst);
    }

    fn is_silent_since(&self, silences: usize) -> bool {
        self.silent.load(Ordering::SeqCst) || self.silences.load(Ordering::SeqCst) > silences
    }
}

/// Whether this request contains the text that is waited for, in whatever case; then it is not waited
/// for any more. Requests are small, and sent in one piece.
fn is_meant(wanted: &Mutex<Option<&'static str>>, sent: &[u8]) -> bool {
    let mut wanted = wanted.lock().expect("a text");
    let found = wanted.is_some_and(|text| {
        sent.windows(text.len())
            .any(|bytes| bytes.eq_ignore_ascii_case(text.as_bytes()))
    });
    if found {
        *wanted = None;
    }
    found
}

/// Whether a command has been completed, and not only parsed: a `CommandComplete` before the
/// `ReadyForQuery` that ends every answer.
fn answered(reply: &[u8]) -> bool {
    let mut rest = reply;
    while let [kind, a, b, c, d, ..] = rest {
        if *kind == b'C' {
            return true;
        }
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        rest = rest.get(1 + length..).unwrap_or_default();
    }
    false
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connect(database: &PgConnectOptions) -> Option<Box<dyn Stream>> {
    let port = database.get_port();
    let Some(folder) = database.get_socket() else {
        let tcp = TcpStream::connect((database.get_host(), port)).await.ok()?;
        return Some(Box::new(tcp));
    };
    let socket: PathBuf = folder.join(format!(".s.PGSQL.{port}"));
    Some(Box::new(UnixStream::connect(socket).await.ok()?))
}

/// Copies both ways until either side ends, a cut, or a reply that is to be lost. The end drops both
/// streams, which is what each side sees.
async fn forward(
    mut client: UnixStream,
    mut server: Box<dyn Stream>,
    state: Arc<State>,
    mut cut: watch::Receiver<u64>,
) {
    let (mut from_client, mut from_server) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut losing = false;
    let silences = state.silences.load(Ordering::SeqCst);
    loop {
        tokio::select! {
            _ = cut.changed() => return,
            read = client.read(&mut from_client) => {
                let Ok(read @ 1..) = read else { return };
                let sent = &from_client[..read];
                if state.is_silent_since(silences) {
                    return stay_silent(&state, &mut cut).await;
                }
                losing |= is_meant(&state.lose_reply_to, sent);
                if server.write_all(sent).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(read @ 1..) = read else { return };
                if state.is_silent_since(silences) {
                    return stay_silent(&state, &mut cut).await;
                }
                if losing && answered(&from_server[..read]) {
                    // The database has done it.
                    state.lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if answered(&from_server[..read]) && state.hush.swap(false, Ordering::SeqCst) {
                    state.fall_silent();
                }
                if client.write_all(&from_server[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Keeps both streams open and moves nothing, until a cut.
async fn stay_silent(state: &State, cut: &mut watch::Receiver<u64>) {
    state.silenced.fetch_add(1, Ordering::SeqCst);
    let _ = cut.changed().await;
}
