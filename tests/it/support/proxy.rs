//! A way to the test's database that fails on demand: cut, closed for a while, or losing one reply.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
    lose_next_commit: AtomicBool,
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

    /// The next `commit` reaches the database, and its reply is lost with the connection.
    pub(crate) fn lose_next_commit(&self) {
        self.state.lose_next_commit.store(true, Ordering::SeqCst);
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
    loop {
        tokio::select! {
            _ = cut.changed() => return,
            read = client.read(&mut from_client) => {
                let Ok(read @ 1..) = read else { return };
                let sent = &from_client[..read];
                // sqlx sends it as a simple query of its own, so it is never split or joined.
                let commit = sent.windows(7).any(|bytes| bytes == b"COMMIT\0");
                losing = commit && state.lose_next_commit.swap(false, Ordering::SeqCst);
                if server.write_all(sent).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(read @ 1..) = read else { return };
                if losing {
                    // The database has answered, so the transaction is committed.
                    state.lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if client.write_all(&from_server[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
