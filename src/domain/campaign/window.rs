//! How long a run may claim work: `4h`, `1h 30m`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The shortest and the longest window. A longer one is a typing mistake: the next night comes sooner.
const LIMITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(31 * 24));

/// How long after its start a run may still claim work. Written as in systemd and `sleep`: numbers
/// with units, `4h`, `90min`, `1h 30m`; whole seconds to 31 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(Duration);

impl Window {
    /// One of this length, which is within the limits.
    pub(super) fn of(length: Duration) -> Self {
        Self(length)
    }

    /// The length.
    pub fn length(self) -> Duration {
        self.0
    }
}

impl std::str::FromStr for Window {
    type Err = String;

    /// Reads `4h`; the error says what was given and what is accepted.
    fn from_str(word: &str) -> Result<Self, String> {
        let length = humantime::parse_duration(word.trim()).map_err(|_| {
            format!(
                "expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `{word}`"
            )
        })?;
        if length < LIMITS.0 || length > LIMITS.1 {
            return Err(format!("must be from 1s to 31days, given `{word}`"));
        }
        Ok(Self(Duration::from_secs(length.as_secs())))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Window;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, such as \"4h\"")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Window, E> {
                word.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(word: &str) -> String {
        word.parse::<Window>()
            .map_or_else(|error| error, |window| window.to_string())
    }

    #[test]
    fn people_write_durations_in_many_ways() {
        for (written, kept) in [
            ("4h", "4h"),
            (" 90min ", "1h 30m"),
            ("1h 30m", "1h 30m"),
            ("2hours", "2h"),
            ("45s", "45s"),
            ("1day", "1day"),
            ("1500ms", "1s"),
        ] {
            assert_eq!(said(written), kept, "{written}");
        }
    }

    #[test]
    fn what_is_no_window_is_refused_with_its_text() {
        let words = [
            "0s",
            "0h",
            "999ms",
            "32days",
            "4",
            "h",
            "-4h",
            "4 fortnights",
            "",
            "4:30",
        ];
        insta::assert_snapshot!(words.map(said).join("\n"), @r"
        must be from 1s to 31days, given `0s`
        must be from 1s to 31days, given `0h`
        must be from 1s to 31days, given `999ms`
        must be from 1s to 31days, given `32days`
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `4`
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `h`
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `-4h`
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `4 fortnights`
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given ``
        expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `4:30`
        ");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(seconds in 1..=31 * 86400u64) {
            let window = Window(Duration::from_secs(seconds));
            prop_assert_eq!(window.to_string().parse(), Ok(window));
        }

        #[test]
        fn no_text_panics(word in "\\PC{0,12}") {
            // Either way there is an answer.
            let _ = word.parse::<Window>();
        }
    }
}
