//! Progress: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::domain::counted::{count, duration};
use crate::domain::run::ItemCounts;
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
    /// What the engine has generated until now.
    tokens: Box<dyn Fn() -> u64 + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    started: Instant,
    last_line: Instant,
    /// Items that had ended when this process joined: they say nothing about its speed.
    ended_before: Option<i64>,
    tokens_before: u64,
    /// Tokens that a brief takes at most.
    most_tokens: u64,
    /// What was told last: items, and drafts of this process.
    told: Option<(ItemCounts, u64)>,
}

impl RunBar {
    /// A bar for a run of so many items, each of `most_tokens` at most; `tokens` asks what the engine has generated.
    pub(super) fn new(
        items: i64,
        most_tokens: u64,
        tokens: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let bar = ProgressBar::new(items.unsigned_abs());
        if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan} {pos}/{len} briefs{msg}") {
            bar.set_style(style.progress_chars("━━╌"));
        }
        let now = Instant::now();
        let tokens_before = tokens();
        Self {
            bar,
            tokens: Box::new(tokens),
            terminal: std::io::stderr().is_terminal(),
            state: Mutex::new(State {
                started: now,
                last_line: now,
                ended_before: None,
                tokens_before,
                most_tokens,
                told: None,
            }),
        }
    }

    /// Shows what a worker told.
    pub(super) fn show(&self, progress: &Progress) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        if let Progress::Working { counts, drafts, .. } = progress {
            state.told = Some((*counts, *drafts));
        }
        let message = match progress {
            Progress::DatabaseBack => return,
            // Tokens come between two reports of the queue as well.
            Progress::Alive | Progress::Working { .. } => {
                let Some((counts, drafts)) = state.told else {
                    return;
                };
                let ended = counts.ended();
                let before = *state.ended_before.get_or_insert(ended);
                self.bar.set_position(ended.unsigned_abs());
                let pace = Pace {
                    seconds: state.started.elapsed().as_secs_f64(),
                    tokens: (self.tokens)().saturating_sub(state.tokens_before),
                    ended: ended - before,
                    open: counts.open(),
                    most_tokens: state.most_tokens,
                };
                format!(" · {}{}", count(drafts as i64, "draft"), pace.told())
            }
            Progress::Waiting { counts, lease_s } => {
                state.told = None;
                self.bar.set_position(counts.ended().unsigned_abs());
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
            output::note(&format!(
                "    {position}/{}{message}",
                count(length as i64, "brief")
            ));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What a run has come to in this process.
struct Pace {
    seconds: f64,
    /// Tokens generated, those of unfinished texts included.
    tokens: u64,
    /// Items that have ended.
    ended: i64,
    open: i64,
    most_tokens: u64,
}

impl Pace {
    /// Tokens, speed, and how long it takes still: by what ended, and before anything has by what is asked for at
    /// most. A minute in which nothing moves looks like a minute in which nothing happens.
    fn told(&self) -> String {
        let speed = self.tokens as f64 / self.seconds.max(0.1);
        let said = format!(
            " · {} · {speed:.0} tok/s",
            count(self.tokens as i64, "token")
        );
        if self.ended > 0 {
            let left = self.seconds / self.ended as f64 * self.open as f64;
            return format!("{said} · {} left", duration(left));
        }
        let most = (self.open.unsigned_abs() * self.most_tokens).saturating_sub(self.tokens);
        match (self.tokens, most) {
            (0, _) | (_, 0) => said,
            _ => format!("{said} · up to {} left", duration(most as f64 / speed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_moves_before_the_first_draft_has_ended() {
        let told = |seconds, tokens, ended| {
            let pace = Pace {
                seconds,
                tokens,
                ended,
                open: 3 - ended,
                most_tokens: 400,
            };
            pace.told()
        };
        let lines = [
            told(1.0, 0, 0),
            told(10.0, 300, 0),
            told(20.0, 600, 0),
            told(50.0, 1500, 2),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        · 0 tokens · 0 tok/s
        · 300 tokens · 30 tok/s · up to 30 s left
        · 600 tokens · 30 tok/s · up to 20 s left
        · 1,500 tokens · 30 tok/s · 25 s left
        ");
    }
}
