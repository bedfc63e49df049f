//! One short conversation with the server, in its own protocol (the "Message Flow" of the Postgres
//! manual): is it ready, and is our database there? Only this proves that it takes connections;
//! `pg_isready` and `createdb` are client programs that not every installation has.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::PostgresError;

/// The cluster's superuser, and the database that Nightdesk works in.
pub(super) const NAME: &str = "nightdesk";

/// A server that is up answers within milliseconds; one that is stopped by a signal never does.
const WAIT_LIMIT: Duration = Duration::from_secs(5);

/// Making a database copies a few megabytes and waits for the disk.
const QUERY_WAIT_LIMIT: Duration = Duration::from_mins(1);

const PROTOCOL_3_0: u32 = 196_608;

/// What came of knocking.
#[derive(Debug)]
pub(super) enum Answer {
    /// In, and our database is there.
    Ready(Session),
    /// The server is up, but has no such database.
    NoDatabase,
    /// It is up but full: somebody is being served.
    Full,
    /// It is starting, recovering or shutting down.
    NotNow,
    /// Nobody answers at the socket.
    Nobody,
}

/// A connection that can run statements without results.
#[derive(Debug)]
pub(super) struct Session {
    stream: UnixStream,
}

/// An error that the server sent.
struct ServerError {
    code: String,
    message: String,
}

/// Knocks at the socket and asks for a database.
pub(super) fn knock(socket: &Path, database: &str) -> Result<Answer, PostgresError> {
    let Ok(stream) = UnixStream::connect(socket) else {
        return Ok(Answer::Nobody);
    };
    let mut session = Session { stream };
    match session.open(database) {
        Ok(Ok(())) => Ok(Answer::Ready(session)),
        Ok(Err(error)) => match error.code.as_str() {
            "3D000" => Ok(Answer::NoDatabase),
            "53300" => Ok(Answer::Full),
            "57P03" => Ok(Answer::NotNow),
            _ => Err(error.refused("open a connection")),
        },
        // Cut off or silent: it goes down, or hangs.
        Err(_) => Ok(Answer::NotNow),
    }
}

impl Session {
    /// Runs one statement and throws its rows away.
    pub(super) fn execute(&mut self, action: &'static str, sql: &str) -> Result<(), PostgresError> {
        let mut ask = || {
            self.stream.set_read_timeout(Some(QUERY_WAIT_LIMIT))?;
            self.send(Some(b'Q'), format!("{sql}\0").as_bytes())?;
            self.until_ready()
        };
        match ask() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.refused(action)),
            Err(error) => Err(PostgresError::io(action, "postgres")(error)),
        }
    }

    fn open(&mut self, database: &str) -> io::Result<Result<(), ServerError>> {
        self.stream.set_read_timeout(Some(WAIT_LIMIT))?;
        self.stream.set_write_timeout(Some(WAIT_LIMIT))?;
        let mut start = PROTOCOL_3_0.to_be_bytes().to_vec();
        start.extend(
            format!("user\0{NAME}\0database\0{database}\0application_name\0{NAME}\0\0").bytes(),
        );
        self.send(None, &start)?;
        self.until_ready()
    }

    /// Reads to `ReadyForQuery`; an error during start-up ends the connection instead.
    fn until_ready(&mut self) -> io::Result<Result<(), ServerError>> {
        let mut failed = None;
        loop {
            match self.receive() {
                Ok((b'Z', _)) => return Ok(failed.map_or(Ok(()), Err)),
                Ok((b'E', body)) => failed = Some(ServerError::read(&body)),
                Ok(_) => (),
                Err(error) => return failed.map_or(Err(error), |error| Ok(Err(error))),
            }
        }
    }

    /// A message: its kind (the first of a connection has none), its length with itself, its body.
    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message)
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        // Nothing that we ask for has a long answer; more is not Postgres.
        let length = u32::from_be_bytes(length);
        if !(4..1 << 20).contains(&length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length as usize - 4];
        self.stream.read_exact(&mut body)?;
        Ok((kind, body))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A word of goodbye keeps "unexpected EOF" out of the server's log.
        let _ = self.send(Some(b'X'), &[]);
    }
}

impl ServerError {
    /// Fields: a letter and a text each, ended by a zero.
    fn read(body: &[u8]) -> Self {
        let field = |letter: u8| {
            let mut fields = body.split(|&byte| byte == 0);
            let found = fields.find_map(|field| field.strip_prefix(&[letter]));
            String::from_utf8_lossy(found.unwrap_or_default()).into_owned()
        };
        Self {
            code: field(b'C'),
            message: field(b'M'),
        }
    }

    fn refused(self, action: &'static str) -> PostgresError {
        PostgresError::Refused {
            action,
            code: self.code,
            message: self.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// A server that says this to whoever connects.
    fn knock_at(says: &'static [u8]) -> Result<Answer, PostgresError> {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut start = [0; 16];
            stream.read_exact(&mut start).unwrap();
            stream.write_all(says).unwrap();
        });
        let answer = knock(&socket, NAME);
        server.join().unwrap();
        answer
    }

    #[test]
    fn the_server_s_words_are_told_apart() {
        assert!(matches!(
            knock_at(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"),
            Ok(Answer::Ready(_))
        ));
        assert!(matches!(
            knock_at(b"E\0\0\0\x0cC3D000\0\0"),
            Ok(Answer::NoDatabase)
        ));
        assert!(matches!(
            knock_at(b"E\0\0\0\x0cC57P03\0\0"),
            Ok(Answer::NotNow)
        ));
        assert!(matches!(
            knock_at(b"E\0\0\0\x0cC53300\0\0"),
            Ok(Answer::Full)
        ));
        assert!(matches!(knock_at(b""), Ok(Answer::NotNow)));
        assert!(matches!(
            knock(Path::new("/nowhere"), NAME),
            Ok(Answer::Nobody)
        ));
    }

    #[test]
    fn a_refusal_carries_the_server_s_message() {
        let error = knock_at(b"E\0\0\0\x12C28000\0Mnope\0\0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "Postgres refused to open a connection with code 28000: nope"
        );
    }
}
