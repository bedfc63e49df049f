//! How messages say numbers.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_nouns_counted() {
        let said = [0, 1, 999, 1000, 1_236_412, -1000].map(|value| count(value, "draft"));
        assert_eq!(
            said.join(", "),
            "0 drafts, 1 draft, 999 drafts, 1,000 drafts, 1,236,412 drafts, -1,000 drafts"
        );
    }
}
