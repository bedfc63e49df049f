//! What can be wrong with a schedule, and what was probably meant.

use thiserror::Error;

use crate::domain::problem::Problem;

/// Why a schedule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// Not five fields.
    #[error("must have five fields (minute hour day month weekday), given {given} in `{text}`")]
    Fields {
        /// How many there are.
        given: usize,
        /// All of it.
        text: String,
    },
    /// `@` and a word that is no schedule.
    #[error("`{given}` is no schedule")]
    Nickname {
        /// The word.
        given: String,
    },
    /// Neither a value, a range, a list nor a step.
    #[error("`{given}` cannot be read as {field}")]
    Malformed {
        /// Name of the field.
        field: &'static str,
        /// The item.
        given: String,
        /// The names that the field knows.
        names: Option<String>,
    },
    /// A value that the field does not have.
    #[error("the {field} must be from {least} to {most}, given {given}")]
    OutOfRange {
        /// Name of the field.
        field: &'static str,
        /// The value.
        given: String,
        /// The least value.
        least: u8,
        /// The greatest.
        most: u8,
    },
    /// A range whose end lies before its beginning.
    #[error("the range `{given}` of the {field} runs backwards")]
    Backwards {
        /// Name of the field.
        field: &'static str,
        /// The range.
        given: String,
        /// What the range was meant to say, as ranges that run forwards.
        instead: String,
    },
    /// A step of nothing, or wider than the field.
    #[error("the step of the {field} must be from 1 to {most}, given `{given}`")]
    Step {
        /// Name of the field.
        field: &'static str,
        /// The step.
        given: String,
        /// The greatest that leaves more than one value.
        most: u8,
    },
    /// A step behind a single value.
    #[error("`{given}` is a step without a range")]
    StepOfOne {
        /// The item.
        given: String,
        /// The range that was probably meant.
        range: String,
    },
    /// A day that no year has.
    #[error("`{text}` never comes: no month of it has such a day")]
    Never {
        /// The schedule.
        text: String,
    },
    /// A zone that is not in the IANA database.
    #[error("no time zone is named `{given}`")]
    Zone {
        /// The name.
        given: String,
        /// The zone that was probably meant.
        instead: Option<String>,
    },
}

impl ScheduleError {
    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::Fields { given: 6 | 7, .. } => {
                "a crontab has no seconds and no years; `30 2 * * 1-5` is half past two, Monday to Friday".to_owned()
            }
            Self::Fields { .. } => {
                "`30 2 * * 1-5` is half past two, Monday to Friday; `@daily` is midnight".to_owned()
            }
            Self::Nickname { given } if given.eq_ignore_ascii_case("@reboot") => {
                "a campaign fires at times, not when a machine starts; by hand it can be run at any time".to_owned()
            }
            Self::Nickname { .. } => {
                "there are `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`".to_owned()
            }
            Self::Malformed { given, .. } if given.contains('?') => "write `*` for any".to_owned(),
            Self::Malformed { given, names, .. }
                if given.contains(['#', 'L', 'W']) && names.as_ref().is_none_or(|names| names.starts_with("sun")) =>
            {
                "`L`, `W` and `#` are not understood; `0 2 22-28 * *` is the fourth week of a month".to_owned()
            }
            Self::Malformed { names: Some(names), .. } => {
                format!("it holds numbers or the names {names}: `*`, `1,5`, `2-6`, `*/2`")
            }
            Self::Malformed { .. } => "it holds numbers: `*`, `5`, `1,15`, `9-17`, `*/10`".to_owned(),
            Self::OutOfRange { field: "weekday", .. } => {
                "0 and 7 are Sunday, 1 is Monday".to_owned()
            }
            Self::OutOfRange { .. } => {
                "the fields are minute, hour, day, month and weekday, in this order".to_owned()
            }
            Self::Backwards { instead, .. } if instead.contains(',') => {
                format!("over the end it is `{instead}`")
            }
            Self::Backwards { instead, .. } => format!("write `{instead}`"),
            Self::Step { .. } => {
                "a step counts inside its field; `0 */6 * * *` is every six hours".to_owned()
            }
            Self::StepOfOne { range, .. } => format!("write the range: `{range}`"),
            Self::Never { .. } => "a day that some years have, such as 29 February, is fine".to_owned(),
            Self::Zone { instead: Some(instead), .. } => format!("did you mean `{instead}`?"),
            Self::Zone { given, .. } if given.ends_with("Time") => {
                "that is how Windows names zones; IANA names are like `Europe/London`".to_owned()
            }
            Self::Zone { .. } => {
                "zones have IANA names, such as `Europe/London`, `America/New_York` or `UTC`".to_owned()
            }
        }
    }

    /// The key of a campaign file that holds what is wrong.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Zone { .. } => "timezone",
            _ => "schedule",
        }
    }

    /// The message for a person.
    pub fn problem(&self) -> Problem {
        Problem::new("campaign.schedule", self.to_string())
            .key(self.key())
            .hint(self.hint())
    }
}
