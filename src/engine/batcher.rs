//! Which sequences run together: pure rules, so that they can be tested without a model.
//!
//! A request needs one row for each of its candidates, all at once, because they share the prefill.
//! Rows of the KV cache are dense: row `i` is sequence `i`, and a finished one is replaced by the last.

/// Rows and tokens that the KV cache may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most sequences that run together.
    pub max_rows: usize,
    /// Most memory of the cache, in bytes.
    pub kv_bytes: usize,
    /// Bytes that one token of a sequence takes.
    pub bytes_per_token: usize,
    /// Bytes that a sequence takes however short it is.
    pub bytes_per_sequence: usize,
}

impl Limits {
    /// How many rows of this many tokens fit into the memory, at least one and at most `max_rows`.
    pub fn rows(&self, capacity: usize) -> usize {
        let tokens = capacity.max(1) * self.bytes_per_token;
        let row_bytes = (tokens + self.bytes_per_sequence).max(1);
        (self.kv_bytes / row_bytes).clamp(1, self.max_rows)
    }
}

/// How many of the waiting requests start now, first come first served.
///
/// `waiting` holds the candidates of each; nobody overtakes, or a request with many candidates could
/// wait for ever behind small ones.
pub fn admit(waiting: impl IntoIterator<Item = usize>, running: usize, rows: usize) -> usize {
    let mut free = rows.saturating_sub(running);
    let mut admitted = 0;
    for (index, candidates) in waiting.into_iter().enumerate() {
        // More candidates than rows can never fit beside others: they run alone, over the limit.
        let alone = index == 0 && running == 0;
        if candidates > free && !alone {
            break;
        }
        free = free.saturating_sub(candidates);
        admitted += 1;
    }
    admitted
}

/// Rows the KV cache should have for `running` sequences.
///
/// Every row costs a full share of the linears and of the head whether it is used or not, and every
/// change copies the cache: a quarter may stand empty before it is made smaller.
pub fn rows_for(running: usize, rows_now: usize) -> usize {
    let wanted = match running {
        0 | 1 => 1,
        2..=4 => running,
        _ => running.next_multiple_of(4),
    };
    if running > rows_now || wanted * 4 <= rows_now * 3 {
        wanted
    } else {
        rows_now
    }
}

/// Tokens a row should have room for: in steps, so that growing is rare, and less again once half of
/// it is enough, so that one long prompt does not hold its memory for the rest of the night.
pub fn capacity_for(longest: usize, capacity_now: usize) -> usize {
    let wanted = longest.max(1).next_multiple_of(256);
    if longest > capacity_now || wanted * 2 <= capacity_now {
        wanted
    } else {
        capacity_now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_overtakes() {
        assert_eq!(admit([3, 3, 3], 0, 8), 2);
        assert_eq!(admit([6, 1, 1], 4, 8), 0);
        assert_eq!(admit([], 0, 8), 0);
    }

    #[test]
    fn more_candidates_than_rows_run_alone() {
        assert_eq!(admit([16, 1], 0, 8), 1);
        assert_eq!(admit([16, 1], 1, 8), 0);
    }

    #[test]
    fn memory_bounds_the_rows() {
        let limits = Limits {
            max_rows: 32,
            kv_bytes: 1 << 20,
            bytes_per_token: 1 << 10,
            bytes_per_sequence: 0,
        };
        assert_eq!(limits.rows(64), 16);
        assert_eq!(limits.rows(1), 32);
        assert_eq!(limits.rows(1 << 20), 1);
    }

    proptest! {
        #[test]
        fn rows_suffice_and_at_most_a_quarter_and_three_stand_empty(running in 1usize..100, now in 0usize..128) {
            let rows = rows_for(running, now);
            prop_assert!(rows >= running);
            prop_assert!(rows * 3 < (running + 4) * 4);
        }

        #[test]
        fn capacity_suffices_and_shrinks_when_half_is_enough(longest in 1usize..9000, now in 0usize..9000) {
            let capacity = capacity_for(longest, now);
            prop_assert!(capacity >= longest);
            prop_assert!(capacity < (longest + 256) * 2);
            prop_assert_eq!(capacity_for(longest, capacity), capacity, "it does not swing");
        }
    }
}
