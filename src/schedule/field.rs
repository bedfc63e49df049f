//! One of the five fields of a crontab: which values it names, and whether it begins with `*`.

use super::error::ScheduleError;

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Kind {
    /// As messages call it.
    pub(super) name: &'static str,
    least: u8,
    most: u8,
    /// Names of the values, from `least` on.
    names: &'static [&'static str],
}

/// The five fields in their order.
pub(super) const KINDS: [Kind; 5] = [
    Kind::numbers("minute", 0, 59),
    Kind::numbers("hour", 0, 23),
    Kind::numbers("day", 1, 31),
    Kind {
        name: "month",
        least: 1,
        most: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    // 7 is Sunday as well, so that `5-7` is Friday to Sunday.
    Kind {
        name: "weekday",
        least: 0,
        most: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Kind {
    const fn numbers(name: &'static str, least: u8, most: u8) -> Self {
        Self {
            name,
            least,
            most,
            names: &[],
        }
    }

    fn value(&self, item: &str, text: &str) -> Result<u8, ScheduleError> {
        let lower = text.to_ascii_lowercase();
        if let Some(place) = self.names.iter().position(|name| *name == lower) {
            return Ok(self.least + place as u8);
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.malformed(item));
        }
        match text.parse() {
            Ok(value) if (self.least..=self.most).contains(&value) => Ok(value),
            _ => Err(ScheduleError::OutOfRange {
                field: self.name,
                given: text.to_owned(),
                least: self.least,
                most: self.most,
            }),
        }
    }

    fn step(&self, text: &str) -> Result<u8, ScheduleError> {
        let step = text.parse().ok();
        step.filter(|step| (1..=self.last()).contains(step))
            .ok_or_else(|| ScheduleError::Step {
                field: self.name,
                given: text.to_owned(),
                most: self.last(),
            })
    }

    /// The values from one to another as a range that is understood, `9-17/2`; a single value as itself.
    fn span(&self, from: u8, to: u8, step: u8) -> String {
        match step {
            _ if from + step > to => from.to_string(),
            1 => format!("{from}-{to}"),
            _ => format!("{from}-{to}/{step}"),
        }
    }

    /// What a range that runs backwards was probably meant to be: it goes on from the first value after the last,
    /// and keeps its step on the way.
    fn over_the_end(&self, from: u8, to: u8, step: u8) -> String {
        // `7-1`: Sunday stands at the beginning as well.
        if from <= to {
            return self.span(from, to, step);
        }
        let before_the_end = (self.last() - from) / step;
        let first_after = from + (before_the_end + 1) * step - (self.last() + 1 - self.least);
        let until_the_end = self.span(from, self.last(), step);
        if first_after <= to {
            format!("{until_the_end},{}", self.span(first_after, to, step))
        } else {
            until_the_end
        }
    }

    fn malformed(&self, item: &str) -> ScheduleError {
        ScheduleError::Malformed {
            field: self.name,
            given: item.to_owned(),
            names: self
                .names
                .first()
                .zip(self.names.last())
                .map(|(first, last)| format!("{first} to {last}")),
        }
    }
}

/// The values of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    bits: u64,
    /// Whether it begins with `*`: then it restricts nothing, as in Vixie cron, whatever its step.
    pub(super) star: bool,
}

impl Field {
    /// Reads values, ranges and lists, each with a step: `*`, `*/15`, `9-17`, `1,15`, `mon-fri`.
    pub(super) fn parse(kind: &Kind, text: &str) -> Result<Self, ScheduleError> {
        let mut bits = 0;
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(kind.step(step)?)),
                None => (item, None),
            };
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (kind.least, kind.last()),
                Some((from, to)) => match (kind.value(item, from)?, kind.value(item, to)?) {
                    // Sunday ends a week as well as it begins one: `sat-sun`.
                    (from, 0) if kind.modulus() == 7 && from > 0 => (from, 7),
                    range => range,
                },
                None => match (kind.value(item, range)?, step) {
                    (value, None) => (value, value),
                    (value, Some(step)) => {
                        return Err(ScheduleError::StepOfOne {
                            given: item.to_owned(),
                            range: kind.span(value % kind.modulus(), kind.last(), step),
                        });
                    }
                },
            };
            let step = step.unwrap_or(1);
            if from > to {
                return Err(ScheduleError::Backwards {
                    field: kind.name,
                    given: item.to_owned(),
                    instead: kind.over_the_end(from % kind.modulus(), to, step),
                });
            }
            for value in (from..=to).step_by(usize::from(step)) {
                bits |= 1 << (value % kind.modulus());
            }
        }
        Ok(Self {
            bits,
            star: text.starts_with('*'),
        })
    }

    /// The values, from the least on.
    pub(super) fn values(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |value| self.bits >> value & 1 == 1)
    }

    /// The values as the list that the `cron` crate reads, each of them moved up by `offset`: `1,3,5`.
    pub(super) fn list(self, offset: u32) -> String {
        let values = self.values().map(|value| (value + offset).to_string());
        values.collect::<Vec<_>>().join(",")
    }
}

impl Kind {
    /// The last value that is no other name of an earlier one.
    fn last(&self) -> u8 {
        self.most.min(self.modulus() - 1)
    }

    /// 7 is 0 for weekdays; nothing wraps elsewhere.
    fn modulus(&self) -> u8 {
        if self.name == "weekday" { 7 } else { 64 }
    }
}
