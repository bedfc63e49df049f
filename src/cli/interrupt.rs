//! Ctrl-C and SIGTERM: the first asks a command to stop in order, the second ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Listens for signals from the start of the process.
#[derive(Debug)]
pub(super) struct Interrupt {
    ask: Arc<watch::Sender<u32>>,
    asked: watch::Receiver<u32>,
    /// Whether the command stops in order by itself when it is asked.
    handled: AtomicBool,
}

impl Interrupt {
    /// Starts listening; must be called inside the runtime.
    pub(super) fn listen() -> Self {
        let (sender, asked) = watch::channel(0);
        let ask = Arc::new(sender);
        let sender = Arc::clone(&ask);
        tokio::spawn(async move {
            let mut terminate =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
            loop {
                let terminated = async {
                    match terminate.as_mut() {
                        Some(signal) => signal.recv().await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    outcome = tokio::signal::ctrl_c() => if outcome.is_err() { return },
                    _ = terminated => {}
                }
                sender.send_modify(|asked| *asked += 1);
            }
        });
        Self {
            ask,
            asked,
            handled: AtomicBool::new(false),
        }
    }

    /// Asks as a signal would, when it is called.
    pub(super) fn asking(&self) -> impl Fn() + Send + use<> {
        let ask = Arc::clone(&self.ask);
        // Once, however many say so: the second asking of a person is another matter.
        move || ask.send_modify(|asked| *asked = (*asked).max(1))
    }

    /// From now on the command watches this and stops in order; a second signal still ends it.
    pub(super) fn handle(&self) -> watch::Receiver<bool> {
        self.handled.store(true, Ordering::Relaxed);
        let mut asked = self.asked.clone();
        let (sender, stop) = watch::channel(*asked.borrow() > 0);
        tokio::spawn(async move {
            while asked.changed().await.is_ok() {
                if *asked.borrow() > 0 && sender.send(true).is_err() {
                    return;
                }
            }
        });
        stop
    }

    /// Becomes ready when the command should end where it is.
    pub(super) async fn unhandled(&self) {
        let mut asked = self.asked.clone();
        loop {
            let limit = if self.handled.load(Ordering::Relaxed) {
                2
            } else {
                1
            };
            if *asked.borrow_and_update() >= limit {
                return;
            }
            if asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
