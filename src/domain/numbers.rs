//! Over how many days the numbers of the desk are counted: the same bounds and the same default for the page and the API.

/// Days where nothing is said.
const DEFAULT_DAYS: i32 = 30;

/// Days back from now, 1 to 366. Not a campaign's window, which ends its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumbersPeriod {
    days: i32,
}

impl NumbersPeriod {
    /// The periods that the desk offers, in days; the API takes every one.
    pub const OFFERED: [i32; 3] = [7, DEFAULT_DAYS, 90];

    /// So many days; 30 where nothing is said.
    ///
    /// # Errors
    /// What was asked for, as a sentence, where it is no period.
    pub fn of(days: Option<i32>) -> Result<Self, String> {
        let days = days.unwrap_or(DEFAULT_DAYS);
        if (1..=366).contains(&days) {
            Ok(Self { days })
        } else {
            Err(format!("a period has 1 to 366 days, asked for {days}"))
        }
    }

    /// How many days.
    pub fn days(self) -> i32 {
        self.days
    }
}

impl Default for NumbersPeriod {
    fn default() -> Self {
        Self { days: DEFAULT_DAYS }
    }
}

#[cfg(test)]
mod tests {
    use super::NumbersPeriod;

    #[test]
    fn a_period_has_bounds_and_a_default() {
        assert_eq!(NumbersPeriod::of(None), Ok(NumbersPeriod::default()));
        for days in NumbersPeriod::OFFERED {
            assert_eq!(
                NumbersPeriod::of(Some(days)).map(NumbersPeriod::days),
                Ok(days)
            );
        }
        for days in [0, -7, 367] {
            let refused = format!("a period has 1 to 366 days, asked for {days}");
            assert_eq!(NumbersPeriod::of(Some(days)), Err(refused));
        }
    }
}
