//! Numbers written in English words: "forty-two", "three hundred and five thousand", "half a million".

use super::super::text::Word;

/// A number in words: its value, its precision, and how many words it takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spelled {
    /// Value.
    pub(super) value: f64,
    /// Distance between neighbouring values at this precision.
    pub(super) step: f64,
    /// Words taken.
    pub(super) words: usize,
}

/// Reads the number that starts at `words[0]`; `text` shows what stands between the words.
pub(super) fn spelled(text: &str, words: &[Word]) -> Option<Spelled> {
    let run = run(text, words);
    let mut sum = Sum::default();
    let mut at = 0;
    if let ["half", "a" | "an", scale, ..] = run.as_slice()
        && let Some(factor) = scale_of(scale)
    {
        return Some(Spelled {
            value: factor / 2.0,
            step: factor / 10.0,
            words: 3,
        });
    }
    if let ["a" | "an", scale, ..] = run.as_slice()
        && (scale_of(scale).is_some() || matches!(*scale, "hundred" | "dozen"))
    {
        sum.current = 1.0;
        at = 1;
    }
    while let Some(&word) = run.get(at) {
        // "and" joins only inside a number: "two hundred and five", but not "five and six".
        let joined = word == "and"
            && sum.after_hundred
            && run.get(at + 1).is_some_and(|next| small(next).is_some());
        if word == "point"
            && sum.any
            && run
                .get(at + 1)
                .and_then(|next| small(next))
                .is_some_and(|digit| digit < 10.0)
        {
            return Some(decimals(&run, at + 1, sum.total + sum.current));
        }
        if !joined && !sum.take(word) {
            break;
        }
        at += 1;
    }
    if let ["and", "a", "half", ..] = run.get(at..).unwrap_or_default()
        && sum.any
    {
        let factor = run.get(at + 3).and_then(|next| scale_of(next));
        let value = (sum.total + sum.current + 0.5) * factor.unwrap_or(1.0);
        return Some(Spelled {
            value,
            step: factor.unwrap_or(1.0) / 10.0,
            words: at + 3 + usize::from(factor.is_some()),
        });
    }
    sum.any.then_some(Spelled {
        value: sum.total + sum.current,
        step: sum.step,
        words: at,
    })
}

#[derive(Default)]
struct Sum {
    total: f64,
    current: f64,
    step: f64,
    any: bool,
    after_hundred: bool,
}

impl Sum {
    /// Adds a word if the number so far can go on with it.
    fn take(&mut self, word: &str) -> bool {
        if let Some(value) = small(word) {
            let below = self.current % 100.0;
            let fits = below == 0.0
                || (below >= 20.0 && below % 10.0 == 0.0 && value < 10.0 && value > 0.0);
            if !fits || (self.any && self.current > 0.0 && self.current < 20.0) {
                return false;
            }
            self.current += value;
            (self.step, self.after_hundred) = (1.0, false);
        } else if matches!(word, "hundred" | "dozen") {
            if self.current == 0.0 || self.after_hundred {
                return false;
            }
            let factor = if word == "dozen" { 12.0 } else { 100.0 };
            self.current *= factor;
            (self.step, self.after_hundred) = (factor, true);
        } else if let Some(factor) = scale_of(word) {
            if self.current == 0.0 {
                return false;
            }
            self.total += self.current * factor;
            (self.current, self.step, self.after_hundred) = (0.0, factor, true);
        } else {
            return false;
        }
        self.any = true;
        true
    }
}

fn decimals(run: &[&str], from: usize, whole: f64) -> Spelled {
    let digits: Vec<f64> = run[from..]
        .iter()
        .map_while(|word| small(word).filter(|&digit| digit < 10.0))
        .collect();
    let mut step = 1.0;
    let mut value = whole;
    for digit in &digits {
        step /= 10.0;
        value += digit * step;
    }
    let mut words = from + digits.len();
    if let Some(factor) = run.get(words).and_then(|next| scale_of(next)) {
        value *= factor;
        step *= factor;
        words += 1;
    }
    Spelled { value, step, words }
}

/// Folded words that touch each other with nothing but a space or a hyphen between.
fn run<'a>(text: &str, words: &'a [Word]) -> Vec<&'a str> {
    let mut run: Vec<&str> = Vec::new();
    for (index, word) in words.iter().take(16).enumerate() {
        let touches = index == 0
            || matches!(
                text.get(words[index - 1].span.end..word.span.start),
                Some(" " | "-" | "\u{a0}" | "‑")
            );
        if !touches {
            break;
        }
        run.push(word.folded.as_str());
    }
    run
}

fn small(word: &str) -> Option<f64> {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let position = |list: &[&str]| {
        list.iter()
            .position(|&entry| entry == word)
            .and_then(|at| u8::try_from(at).ok())
    };
    position(&ONES)
        .map(f64::from)
        .or_else(|| position(&TENS).map(|at| f64::from(at + 2) * 10.0))
}

fn scale_of(word: &str) -> Option<f64> {
    Some(match word {
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        "trillion" => 1e12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::text::words;
    use super::*;

    #[test]
    fn reads_words_as_far_as_they_form_one_number() {
        let cases = [
            ("forty-two people", Some((42.0, 2))),
            ("three hundred and five thousand", Some((305_000.0, 5))),
            ("half a million", Some((500_000.0, 3))),
            ("a dozen eggs", Some((12.0, 2))),
            ("two dozen", Some((24.0, 2))),
            ("two and a half years", Some((2.5, 4))),
            ("one and a half million", Some((1_500_000.0, 5))),
            ("two point five million", Some((2_500_000.0, 4))),
            ("nineteen", Some((19.0, 1))),
            ("five and six", Some((5.0, 1))),
            ("one two three", Some((1.0, 1))),
            ("zero", Some((0.0, 1))),
            ("hundred reasons", None),
            ("a house", None),
            ("millions of them", None),
        ];
        for (text, expected) in cases {
            let got = spelled(text, &words(text)).map(|spelled| (spelled.value, spelled.words));
            assert_eq!(got, expected, "{text}");
        }
    }
}
