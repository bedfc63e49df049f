//! Files that somebody names on the command line, read whole. A pipe, or standard input, may keep a command
//! waiting for as long as its writer likes; Ctrl-C and SIGTERM end the command all the same, because the
//! waiting is done by a thread of its own.

use std::path::Path;

use super::hints::of_encoding;
use crate::files::{self, FileFault};

/// Reads a file, a pipe such as `<(…)`, or `-` for standard input.
pub(super) async fn read(file: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    let file = file.to_path_buf();
    let read = tokio::task::spawn_blocking(move || files::read_given(&file, most));
    read.await
        .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}

/// Reads a file that a command line names, as UTF-8 text.
pub(super) async fn read_text(file: &Path, most: u64) -> Result<String, FileFault> {
    files::text(read(file, most).await?)
}

/// What to do about a text that could not be read.
pub(super) fn hint(fault: &FileFault) -> String {
    match fault {
        FileFault::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            of_encoding("Latin-1", "WINDOWS-1252", "FILE")
        }
        fault => fault
            .hint()
            .unwrap_or("name a readable file, or `-` for standard input")
            .to_owned(),
    }
}

/// Whether a path leads to something that a command can read; a folder is none.
pub(super) fn is_readable(file: &Path) -> bool {
    file.is_file() || files::is_stream(file)
}
