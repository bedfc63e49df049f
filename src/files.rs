//! Files that people write, read whole: never more of one than its kind may have, and never waiting for a
//! writer where a folder was looked through.
//!
//! A pipe, a socket or a device in such a folder would hold a command up for ever, a file of gigabytes would
//! be held in memory before anybody could say what is wrong with it, and files of `/proc` have no length to
//! be judged by. So what a path leads to is looked at before it is opened and again when it is open, and
//! reading stops one byte behind the limit.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use thiserror::Error;

/// Most bytes of a file of settings: `nightdesk.toml`, a campaign, a template, a mapping (1 MiB).
pub const MOST_SETTINGS: u64 = 1 << 20;

/// Most bytes of a text, a prompt or a brief that is given by its file (16 MiB).
pub const MOST_TEXT: u64 = 16 << 20;

/// Why a file was not read.
#[derive(Debug, Error)]
pub enum FileFault {
    /// It is not there, may not be read, or the disk fails.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a folder, a pipe, a socket or a device.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// More than its kind may have; the length is known where the file says it.
    #[error("it has {}, and at most {most} bytes are read", bytes.map_or("more".to_owned(), |bytes| format!("{bytes} bytes")))]
    TooLarge {
        /// Its length in bytes.
        bytes: Option<u64>,
        /// The limit in bytes.
        most: u64,
    },
}

impl FileFault {
    /// What to do where the file itself is the wrong one; none where its name or its rights are to blame.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io(_) => None,
            Self::NotAFile(_) => Some("put a regular file in its place, or take it away"),
            Self::TooLarge { .. } => {
                Some("is it the file that was meant? Nobody writes one of this size by hand")
            }
        }
    }

    /// Whether nothing is there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a regular file, or one that a link leads to; anything else is refused without waiting for it.
///
/// # Errors
/// [`FileFault`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    let mut bytes = Vec::new();
    open(path, most)?.read_to_end(&mut bytes)?;
    bounded(bytes, most)
}

/// Reads a file whole as text: UTF-8, byte order marks at its start left out.
///
/// # Errors
/// [`FileFault`]; [`io::ErrorKind::InvalidData`] where it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileFault> {
    text(read(path, most)?)
}

/// Reads what somebody named on the command line: a file, a pipe such as `<(…)`, or `-` for standard input.
/// It waits as long as whoever writes a pipe does.
///
/// # Errors
/// [`FileFault`].
pub fn read_given(path: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else if is_stream(path) {
        Box::new(File::open(path)?)
    } else {
        return read(path, most);
    };
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    bounded(bytes, most)
}

/// Bytes as text: UTF-8, byte order marks at its start left out.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] where it is not UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, FileFault> {
    let text = String::from_utf8(bytes).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        )
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.trim_start_matches('\u{feff}').to_owned(),
        None => text,
    })
}

/// Whether a path leads to something that is read as it comes: a pipe, or a terminal.
pub fn is_stream(path: &Path) -> bool {
    let kind = std::fs::metadata(path).map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_char_device())
}

/// A regular file, opened for reading up to one byte behind the limit.
///
/// # Errors
/// [`FileFault`]; [`FileFault::TooLarge`] only where the file says how long it is.
pub fn open(path: &Path, most: u64) -> Result<io::Take<File>, FileFault> {
    // Opening a device can already do something, so it is looked at first.
    regular(&std::fs::metadata(path)?, most)?;
    // And it may have been exchanged meanwhile: without this flag, opening a pipe waits for its writer.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    regular(&file.metadata()?, most)?;
    Ok(file.take(most.saturating_add(1)))
}

fn regular(metadata: &Metadata, most: u64) -> Result<(), FileFault> {
    let bytes = metadata.len();
    match metadata.file_type() {
        kind if !kind.is_file() => Err(FileFault::NotAFile(named(kind))),
        _ if bytes > most => Err(FileFault::TooLarge {
            bytes: Some(bytes),
            most,
        }),
        _ => Ok(()),
    }
}

fn named(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

fn bounded(bytes: Vec<u8>, most: u64) -> Result<Vec<u8>, FileFault> {
    if bytes.len() as u64 > most {
        Err(FileFault::TooLarge { bytes: None, most })
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn only_a_file_is_read_and_never_more_than_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("file"), "0123456789").unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(path("socket")).unwrap();
        symlink(path("file"), path("link")).unwrap();
        symlink(path("pipe"), path("to a pipe")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        symlink(path("circle"), path("circle")).unwrap();
        // A hole of 3 GB, which takes no room on the disk.
        File::create(path("huge"))
            .unwrap()
            .set_len(3 << 30)
            .unwrap();
        let said = |path: &Path, most| match read(path, most) {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(fault) => format!(
                "{fault}{}",
                fault.hint().map(|_| " (hint)").unwrap_or_default()
            ),
        };
        let mut told = String::new();
        for name in [
            "file",
            "link",
            "folder",
            "pipe",
            "to a pipe",
            "socket",
            "dangling",
            "circle",
            "huge",
            "gone",
        ] {
            told += &format!("{name}: {}\n", said(&path(name), 10));
        }
        told += &format!("a byte less: {}\n", said(&path("file"), 9));
        told += &format!("/dev/zero: {}\n", said(Path::new("/dev/zero"), 10));
        // Says that it is empty, and has no end that anybody waits for.
        told += &format!(
            "/proc/kallsyms: {}\n",
            said(Path::new("/proc/kallsyms"), 10)
        );
        insta::assert_snapshot!(told, @"
        file: 10 bytes
        link: 10 bytes
        folder: it is a folder, not a file (hint)
        pipe: it is a pipe, not a file (hint)
        to a pipe: it is a pipe, not a file (hint)
        socket: it is a socket, not a file (hint)
        dangling: No such file or directory (os error 2)
        circle: Too many levels of symbolic links (os error 40)
        huge: it has 3221225472 bytes, and at most 10 bytes are read (hint)
        gone: No such file or directory (os error 2)
        a byte less: it has 10 bytes, and at most 9 bytes are read (hint)
        /dev/zero: it is a device, not a file (hint)
        /proc/kallsyms: it has more, and at most 10 bytes are read (hint)
        ");
    }

    #[test]
    fn what_is_named_on_the_command_line_may_be_a_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for (text, read) in [("12345", true), ("123456", false)] {
            let to = pipe.clone();
            let writer = std::thread::spawn(move || std::fs::write(to, text));
            let given = read_given(&pipe, 5);
            assert_eq!(given.is_ok(), read, "{given:?}");
            writer.join().unwrap().unwrap();
        }
        std::fs::write(dir.path().join("file"), "\u{feff}\u{feff}x").unwrap();
        let given = read_given(&dir.path().join("file"), 10).unwrap();
        assert_eq!(text(given).unwrap(), "x");
        assert!(text(b"caf\xE9".to_vec()).is_err());
    }
}
