//! Hashing passwords, few at once: each takes 19 MiB and all of a core, and whoever knocks can ask for it.
//!
//! A request takes a permit first. Where all permits are taken it is told to come back; with one it waits for its turn.
//! As many hashes are made at once as there is memory for here, and that memory is used again and again.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

use super::password_hash::{Memory, hash_in, verify_in, verify_nothing_in};
use crate::domain::problem::Problem;
use crate::domain::user::MAX_PASSWORD_CHARS;

/// Most hashes at once: 76 MiB.
const MOST_AT_ONCE: usize = 4;
/// Requests that may wait for their turn: on one core about two seconds.
const WAITING: usize = 32;

/// Who may hash, and in what.
#[derive(Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Memory>>>,
}

impl Default for Passwords {
    /// Half of the cores: pages are answered by the others.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::new((cores / 2).clamp(1, MOST_AT_ONCE), WAITING)
    }
}

impl Passwords {
    /// So many at once, and so many that wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(at_once + waiting)),
            turns: Arc::new(Semaphore::new(at_once)),
            memory: Arc::default(),
        }
    }

    /// A permit.
    ///
    /// # Errors
    /// What to tell whoever finds all of them taken.
    pub(in crate::web) fn permit(&self) -> Result<HashingPermit, Problem> {
        let taken = Arc::clone(&self.permits).try_acquire_owned();
        Ok(HashingPermit {
            _taken: taken.map_err(|_| too_many())?,
            turns: Arc::clone(&self.turns),
            memory: Arc::clone(&self.memory),
        })
    }
}

/// A place in the queue, as long as it is kept.
#[derive(Debug)]
pub(in crate::web) struct HashingPermit {
    _taken: OwnedSemaphorePermit,
    turns: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Memory>>>,
}

impl HashingPermit {
    /// Whether a password is the one behind a hash. Without a hash it takes as long, and is not.
    pub(in crate::web) async fn verify(&self, password: String, hash: Option<String>) -> bool {
        // Nobody could have set it, and hashing a novel would be a way to keep the server busy.
        if password.chars().count() > MAX_PASSWORD_CHARS {
            return false;
        }
        let verified = self.in_turn(move |memory| match hash {
            Some(hash) => verify_in(memory, &password, &hash),
            None => {
                verify_nothing_in(memory, &password);
                false
            }
        });
        verified.await.unwrap_or(false)
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// A mistake of ours.
    pub(in crate::web) async fn hash(&self, password: String) -> Result<String, Problem> {
        let hashed = self.in_turn(move |memory| hash_in(memory, &password)).await;
        hashed.unwrap_or_else(|error| Err(Problem::new("web.hash", error.to_string()).unexpected()))
    }

    /// Does it on a thread of its own, when it is its turn. Who goes away meanwhile has his turn all the same: the
    /// computing cannot be stopped, and counts until it ends.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // It is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        let kept = Arc::clone(&self.memory);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let unused = kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut memory = unused.unwrap_or_default();
            let done = work(&mut memory);
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(memory);
            done
        });
        done.await
    }
}

fn too_many() -> Problem {
    Problem::new(
        "login.busy",
        "too many passwords are being checked at the moment, so this one was not looked at",
    )
    .hint("try again in a few seconds; it does not count as a failed attempt")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn as_many_as_there_are_turns_hash_at_once_and_their_memory_is_kept() {
        let passwords = Passwords::new(2, 30);
        let now = Arc::new(AtomicUsize::new(0));
        let permits: Vec<HashingPermit> = (0..32).map(|_| passwords.permit().unwrap()).collect();
        let refused = passwords.permit().unwrap_err();
        insta::assert_snapshot!(refused, @"
        too many passwords are being checked at the moment, so this one was not looked at

        hint: try again in a few seconds; it does not count as a failed attempt
        ");
        let work = permits.iter().map(|permit| {
            let now = Arc::clone(&now);
            permit.in_turn(move |memory| {
                let at_once = now.fetch_add(1, Ordering::SeqCst) + 1;
                memory.resize(1, argon2::Block::new());
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
                at_once
            })
        });
        let most = futures_util::future::join_all(work).await;
        assert!(
            most.iter()
                .all(|at_once| at_once.as_ref().is_ok_and(|n| *n <= 2)),
            "{most:?}"
        );
        assert!(passwords.memory.lock().unwrap().len() <= 2);
        drop(permits);
        assert!(passwords.permit().is_ok());
    }

    #[tokio::test]
    async fn who_goes_away_keeps_the_turn_until_the_computing_ends() {
        let passwords = Passwords::new(1, 1);
        let permit = passwords.permit().unwrap();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let work = permit.in_turn(move |_| {
            let _ = begun.send(());
            let _ = ends.recv();
        });
        tokio::select! {
            _ = work => panic!("it waits to be told"),
            _ = has_begun => {}
        }
        drop(permit);
        assert_eq!(passwords.turns.available_permits(), 0);
        end.send(()).unwrap();
        let next = passwords.permit().unwrap();
        assert_eq!(next.in_turn(|_| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_password_is_right_or_not_and_a_novel_is_not_hashed() {
        let passwords = Passwords::new(1, 0);
        let permit = passwords.permit().unwrap();
        let hash = permit.hash("three plain words".to_owned()).await.unwrap();
        let verified = async |password: &str, hash| permit.verify(password.to_owned(), hash).await;
        assert!(verified("three plain words", Some(hash.clone())).await);
        assert!(!verified("three plain word", Some(hash.clone())).await);
        assert!(!verified("three plain words", None).await);
        let memory = passwords.memory.lock().unwrap().len();
        assert_eq!(memory, 1, "used again");
        assert!(!verified(&"x".repeat(MAX_PASSWORD_CHARS + 1), Some(hash)).await);
    }
}
