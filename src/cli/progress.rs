//! Progress: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::worker::Progress;

/// Without a terminal, this often a line says how far it is.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// A bar over the bytes of a file; invisible where stderr is no terminal.
pub(super) fn bytes(what: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:20} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    bar
}

/// A spinner for a wait of unknown length; invisible where stderr is no terminal.
pub(super) fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// How far a run is: briefs, drafts, tokens a second, time left.
pub(super) struct RunBar {
    bar: ProgressBar,
    terminal: bool,
    state: Mutex<State>,
}

struct State {
    started: Instant,
    last_line: Instant,
    /// Items that had ended when this process joined: they say nothing about its speed.
    ended_before: Option<i64>,
    tokens_before: u64,
}

impl RunBar {
    /// A bar for a run of so many items; `tokens` is what the engine has generated before it.
    pub(super) fn new(items: i64, tokens: u64) -> Self {
        let bar = ProgressBar::new(items.unsigned_abs());
        if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan} {pos}/{len} briefs{msg}") {
            bar.set_style(style.progress_chars("━━╌"));
        }
        let now = Instant::now();
        Self {
            bar,
            terminal: std::io::stderr().is_terminal(),
            state: Mutex::new(State {
                started: now,
                last_line: now,
                ended_before: None,
                tokens_before: tokens,
            }),
        }
    }

    /// Shows what a worker told.
    pub(super) fn show(&self, progress: &Progress) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let message = match progress {
            Progress::Alive | Progress::DatabaseBack => return,
            Progress::Working {
                counts,
                drafts,
                tokens,
            } => {
                let ended = counts.done + counts.quarantined;
                let before = *state.ended_before.get_or_insert(ended);
                self.bar.set_position(ended.unsigned_abs());
                let seconds = state.started.elapsed().as_secs_f64();
                let speed = tokens.saturating_sub(state.tokens_before) as f64 / seconds.max(0.1);
                let mut message = format!(" · {drafts} drafts · {speed:.0} tok/s");
                if ended > before {
                    let left = seconds / (ended - before) as f64 * counts.open() as f64;
                    message.push_str(&format!(" · {} left", human(left)));
                }
                message
            }
            Progress::Waiting { counts, lease_s } => {
                self.bar
                    .set_position((counts.done + counts.quarantined).unsigned_abs());
                let seconds = lease_s.unwrap_or(0.0).max(0.0);
                if counts.leased > 0 {
                    format!(
                        " · {} held by another worker (lease ends in {seconds:.0} s)",
                        counts.leased
                    )
                } else {
                    " · waiting before another try".to_owned()
                }
            }
            Progress::DatabaseLost { message, .. } => format!(" · {message}, trying again"),
        };
        if self.terminal {
            self.bar.set_message(message);
        } else if state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = Instant::now();
            let (position, length) = (self.bar.position(), self.bar.length().unwrap_or(0));
            output::note(&format!("    {position}/{length} briefs{message}"));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn human(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
