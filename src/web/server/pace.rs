//! How long nothing may move: a budget that runs down while one waits, and comes back with every byte.
//!
//! An honest phone on a slow line sends or takes a little all the time and is never cut off, however long it takes. A
//! client that drips earns less than it spends. The budget is never more than it was at first: whoever was fast for a
//! while has not bought an hour of silence with it (Apache's `mod_reqtimeout` has the same figures, without this).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The least that has to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Bytes that buy a second.
    pub bytes_per_s: u32,
    /// Seconds of waiting at the beginning, and at most.
    pub idle_budget: Duration,
}

/// What is left of it.
#[derive(Debug)]
struct IdleBudget {
    rate: Rate,
    left: Duration,
}

impl IdleBudget {
    fn wait(&mut self, waited: Duration) {
        self.left = self.left.saturating_sub(waited);
    }

    fn earn(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(bytes.into()) / self.rate.bytes_per_s.max(1);
        self.left = self.rate.idle_budget.min(self.left.saturating_add(earned));
    }
}

/// Watches one direction of one connection. Only time in which it waited for the client counts.
#[derive(Debug)]
pub(super) struct Pace {
    budget: IdleBudget,
    waiting_since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Nothing has moved yet.
    pub(super) fn new(rate: Rate) -> Self {
        let budget = IdleBudget {
            rate,
            left: rate.idle_budget,
        };
        Self {
            budget,
            waiting_since: None,
            timer: None,
        }
    }

    /// So many bytes went through.
    pub(super) fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.budget.wait(since.elapsed());
        }
        self.budget.earn(bytes);
    }

    /// Nothing can move now; ready when it has been so for too long.
    pub(super) fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waiting_since.is_none() {
            let now = Instant::now();
            let end = now + self.budget.left;
            self.waiting_since = Some(now);
            match &mut self.timer {
                Some(timer) => timer.as_mut().reset(end),
                None => self.timer = Some(Box::pin(tokio::time::sleep_until(end))),
            }
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(context),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate {
        bytes_per_s: 500,
        idle_budget: Duration::from_secs(20),
    };

    /// Seconds after which a client that sends so many bytes every so many seconds is closed; none within a day.
    fn closed_after(bytes: usize, every_s: u64) -> Option<u64> {
        let mut budget = IdleBudget {
            rate: RATE,
            left: RATE.idle_budget,
        };
        for n in 1..=86_400 / every_s {
            budget.wait(Duration::from_secs(every_s));
            if budget.left.is_zero() {
                return Some(n * every_s);
            }
            budget.earn(bytes);
        }
        None
    }

    #[test]
    fn a_slow_phone_goes_on_and_a_drip_is_closed() {
        assert_eq!(closed_after(5_000, 5), None);
        assert_eq!(closed_after(501, 1), None);
        assert_eq!(closed_after(1, 1), Some(21));
        assert_eq!(closed_after(100, 1), Some(25));
        // What was fast before has bought nothing.
        assert_eq!(closed_after(10_000_000, 20), Some(20));
    }

    proptest! {
        #[test]
        fn the_budget_is_never_more_than_at_first(moves in prop::collection::vec((0_u64..100, 0_usize..1 << 33), 0..50)) {
            let mut budget = IdleBudget { rate: RATE, left: RATE.idle_budget };
            for (waited, bytes) in moves {
                budget.wait(Duration::from_secs(waited));
                budget.earn(bytes);
                prop_assert!(budget.left <= RATE.idle_budget);
            }
        }
    }
}
