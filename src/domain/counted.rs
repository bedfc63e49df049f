//! How messages say numbers and lengths of time.

/// `1,236`.
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// `1 brief`, `7 briefs`.
pub fn count(value: i64, noun: &str) -> String {
    let ending = if value == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(value))
}

/// `12 s`, `3 min`, `1 h 38 min`, `2 days 3 h`: what a person would say of so many seconds.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as i64;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let with = |whole: String, rest: i64, unit: &str| match rest {
        0 => whole,
        rest => format!("{whole} {rest} {unit}"),
    };
    match seconds {
        ..120 => format!("{seconds} s"),
        120..3600 => format!("{minutes} min"),
        3600..86_400 => with(format!("{hours} h"), minutes % 60, "min"),
        _ => with(count(hours / 24, "day"), hours % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_people_say_them() {
        let said = [
            0.4, 12.0, 119.6, 120.0, 3599.0, 3600.0, 5880.0, 86_400.0, 183_600.0, -5.0,
        ]
        .map(duration);
        assert_eq!(
            said.join(", "),
            "0 s, 12 s, 2 min, 2 min, 59 min, 1 h, 1 h 38 min, 1 day, 2 days 3 h, 0 s"
        );
    }

    #[test]
    fn numbers_are_grouped_and_nouns_counted() {
        let said = [0, 1, 999, 1000, 1_236_412, -1000].map(|value| count(value, "draft"));
        assert_eq!(
            said.join(", "),
            "0 drafts, 1 draft, 999 drafts, 1,000 drafts, 1,236,412 drafts, -1,000 drafts"
        );
    }
}
