//! How long and how many: what one client, and all of them together, may take of a process's connections.

use std::time::Duration;

use super::pace::Rate;

/// Connections of one client.
const PER_CLIENT: usize = 64;
/// Connections of everybody.
const ALL: usize = 512;
/// Connections beyond these, on which probes alone are answered.
const FOR_PROBES: usize = 16;

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the beginning of a connection, or the end of the answer before, until the head of a request is there.
    pub head: Duration,
    /// How slowly the body of a request may arrive.
    pub body: Rate,
    /// How slowly an answer may be taken.
    pub answer: Rate,
    /// Connections of one client at once.
    pub per_client: usize,
    /// Connections of all clients at once.
    pub all: usize,
    /// Connections beyond `all`, on which only probes are answered: whoever watches a role must not take a desk that
    /// is full for one that hangs.
    pub for_probes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let slowest = Rate {
            bytes_per_s: 500,
            idle_budget: Duration::from_secs(20),
        };
        Self {
            head: Duration::from_secs(10),
            body: slowest,
            answer: slowest,
            per_client: PER_CLIENT,
            all: ALL,
            for_probes: FOR_PROBES,
        }
    }
}

impl Limits {
    /// The usual ones, and fewer connections where this process may not open that many files: its database and its
    /// templates are files too.
    pub fn of_this_process() -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        Self::with_files(files.and_then(|files| usize::try_from(files).ok()))
    }

    /// The limits of a process with so many open files; none stands for no limit.
    fn with_files(files: Option<usize>) -> Self {
        let usual = Self::default();
        let half = files.map_or(usize::MAX, |files| files / 2);
        Self {
            all: usual.all.min(half).max(1),
            for_probes: usual.for_probes.min(half / 4).max(1),
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_files_is_for_others() {
        let told = |files| {
            let limits = Limits::with_files(files);
            (limits.all, limits.for_probes)
        };
        assert_eq!(told(None), (512, 16));
        assert_eq!(told(Some(65_536)), (512, 16));
        assert_eq!(told(Some(1024)), (512, 16));
        assert_eq!(told(Some(150)), (75, 16));
        assert_eq!(told(Some(64)), (32, 8));
        assert_eq!(told(Some(0)), (1, 1));
        assert!(Limits::of_this_process().all >= 1);
    }
}
