//! How far a run is, in the words that the page and its live events share.

use serde::Serialize;

use crate::domain::run::Run;
use crate::web::desk::format::{duration, grouped};

/// What is shown of a run while it works. The page's script puts these texts in their places as they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Progress {
    /// Where it stands.
    pub(super) state: String,
    /// Briefs that have ended, of all.
    pub(super) ended: String,
    /// How much has ended in percent, for the meter.
    pub(super) percent: i64,
    /// Briefs that were given up.
    pub(super) quarantined: String,
    /// Drafts committed.
    pub(super) drafts: String,
    /// Tokens a second of working time.
    pub(super) speed: String,
    /// Briefs an hour of working time.
    pub(super) throughput: String,
    /// How long it takes to the end at this pace.
    pub(super) left: String,
    /// Why nothing of it is being drafted; empty while something is. Not a part of the page that stays: it would
    /// stand beside "running".
    pub(super) idle: String,
}

/// What stands where nothing is known yet.
const NOTHING: &str = "–";

impl Progress {
    pub(super) fn of(run: &Run) -> Self {
        let counts = run.counts;
        let ended = counts.ended();
        let share = |total| (100 * ended).checked_div(total).unwrap_or(100);
        let pace = pace(run);
        let left = pace.filter(|_| !run.state.is_final() && counts.open() > 0);
        Self {
            state: run.state.as_str().replace('_', " "),
            ended: format!("{} of {}", grouped(ended), grouped(counts.total())),
            percent: share(counts.total()),
            quarantined: grouped(counts.quarantined),
            drafts: grouped(run.drafts),
            speed: run.tok_s.map_or_else(
                || NOTHING.to_owned(),
                |speed| format!("{speed:.0} tokens/s"),
            ),
            throughput: pace.map_or_else(
                || NOTHING.to_owned(),
                |pace| format!("{} briefs/h", grouped((pace * 3600.0).round() as i64)),
            ),
            idle: run.idle().map(sentence).unwrap_or_default(),
            left: left.map_or_else(
                || NOTHING.to_owned(),
                |pace| format!("about {}", duration((counts.open() as f64 / pace).ceil())),
            ),
        }
    }
}

/// A message as a sentence.
fn sentence(message: &str) -> String {
    let (first, rest) = message.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

/// Briefs a second of working time: a night that was interrupted for an hour is not slower for it.
fn pace(run: &Run) -> Option<f64> {
    let speed = run.tok_s.filter(|speed| *speed > 0.0)?;
    let working_s = run.output_tokens as f64 / speed;
    (working_s > 0.0 && run.counts.done > 0).then(|| run.counts.done as f64 / working_s)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::run::{ItemCounts, RunState};

    fn run(state: RunState, counts: ItemCounts, tok_s: Option<f64>) -> Run {
        Run {
            id: Uuid::nil(),
            campaign: "nightly".to_owned(),
            state,
            slot: None,
            counts,
            drafts: 3200,
            output_tokens: 60_000,
            tok_s,
            started_at: None,
            finished_at: None,
            error: None,
            window_ends_at: None,
            pruned_at: None,
        }
    }

    #[test]
    fn what_is_left_follows_from_the_working_time() {
        // 60,000 tokens at 100 a second are 600 s of work for 800 briefs; 397 are left.
        let counts = ItemCounts {
            ready: 390,
            leased: 7,
            done: 800,
            suspect: 0,
            quarantined: 3,
        };
        let told = Progress::of(&run(RunState::Running, counts, Some(100.0)));
        insta::assert_json_snapshot!(told, @r#"
        {
          "state": "running",
          "ended": "803 of 1,200",
          "percent": 66,
          "quarantined": "3",
          "drafts": "3,200",
          "speed": "100 tokens/s",
          "throughput": "4,800 briefs/h",
          "left": "about 4 min",
          "idle": ""
        }
        "#);
    }

    #[test]
    fn before_the_first_draft_nothing_is_guessed() {
        let counts = ItemCounts {
            ready: 5,
            ..ItemCounts::default()
        };
        let told = Progress::of(&run(RunState::Queued, counts, None));
        assert_eq!(
            [told.speed, told.throughput, told.left],
            ["–", "–", "–"].map(str::to_owned)
        );
        assert_eq!(told.idle, "No worker has taken it yet.");
        // A worker that was killed, or a run that was opened again.
        let idle = Progress::of(&run(RunState::Running, counts, None)).idle;
        assert!(
            idle.starts_with("No worker has any of it in hand."),
            "{idle}"
        );
        assert_eq!(
            Progress::of(&run(RunState::Completed, ItemCounts::default(), None)).percent,
            100
        );
    }
}
