//! Which drafts may be approved in bulk: the same bounds and the same defaults for the pages and the API.

use super::super::brief::Risk;
use super::super::problem::Problem;
use super::QueueFilter;

/// The lowest priority where nothing is said: high.
const DEFAULT_MIN_PRIORITY: i32 = 90;

/// The highest risk where nothing is said: ordinary copy.
const DEFAULT_MAX_RISK: Risk = Risk::Low;

/// Which drafts a bulk approves.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkFilter {
    queue: QueueFilter,
    min_priority: i32,
    max_risk: Risk,
}

/// Why a filter is none for a bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkFilterFault {
    /// There is no such priority.
    Priority(i32),
    /// Drafts of high risk are read one by one.
    HighRisk,
}

impl BulkFilter {
    /// The drafts that the queue's filter shows, from a priority up and to a risk; 90 and `low` where nothing is said.
    ///
    /// # Errors
    /// A priority beyond 0–100, or high risk.
    pub fn new(
        queue: QueueFilter,
        min_priority: Option<i32>,
        max_risk: Option<Risk>,
    ) -> Result<Self, BulkFilterFault> {
        let min_priority = min_priority.unwrap_or(DEFAULT_MIN_PRIORITY);
        let max_risk = max_risk.unwrap_or(DEFAULT_MAX_RISK);
        if !(0..=100).contains(&min_priority) {
            return Err(BulkFilterFault::Priority(min_priority));
        }
        if max_risk == Risk::High {
            return Err(BulkFilterFault::HighRisk);
        }
        Ok(Self {
            queue,
            min_priority,
            max_risk,
        })
    }

    /// What the queue shows.
    pub fn queue(&self) -> &QueueFilter {
        &self.queue
    }

    /// The lowest priority, 0–100.
    pub fn min_priority(&self) -> i32 {
        self.min_priority
    }

    /// The highest risk, never [`Risk::High`].
    pub fn max_risk(&self) -> Risk {
        self.max_risk
    }
}

impl BulkFilterFault {
    /// The message for a person.
    pub fn problem(self) -> Problem {
        match self {
            Self::Priority(given) => Problem::new(
                "bulk.priority",
                format!("a priority is 0 to 100, asked for {given}"),
            )
            .key("min_priority")
            .hint("give the lowest priority that may be approved unread, such as 90"),
            Self::HighRisk => {
                Problem::new("bulk.risk", "drafts of high risk are not approved in bulk")
                    .key("max_risk")
                    .hint("each of them needs two people who read it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(min_priority: i32, max_risk: Risk) -> Result<BulkFilter, BulkFilterFault> {
        BulkFilter::new(QueueFilter::default(), Some(min_priority), Some(max_risk))
    }

    #[test]
    fn a_bulk_has_bounds_and_defaults() {
        let usual = BulkFilter::new(QueueFilter::default(), None, None);
        assert_eq!(usual, filter(90, Risk::Low));
        assert!(filter(0, Risk::Medium).is_ok() && filter(100, Risk::Low).is_ok());
        assert_eq!(filter(-5, Risk::Low), Err(BulkFilterFault::Priority(-5)));
        assert_eq!(filter(101, Risk::Low), Err(BulkFilterFault::Priority(101)));
        assert_eq!(filter(90, Risk::High), Err(BulkFilterFault::HighRisk));
    }
}
