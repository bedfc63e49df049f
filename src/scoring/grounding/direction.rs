//! Up or down: whether a sentence tells a change the way the fact has it.
//!
//! A finding needs two clear polarities that disagree. Anything second-hand ("the decline slowed"),
//! negated or said "to" a level is left alone, because a wrong accusation costs more trust than a
//! missed one.

use super::super::quantity::Mention;
use super::super::text::{Word, words};

/// Which way a value or a sentence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    /// A rise.
    Up,
    /// A fall.
    Down,
    /// A level, or nothing certain.
    Level,
}

const UP: &[&str] = &[
    "rose",
    "rise",
    "rises",
    "risen",
    "rising",
    "grew",
    "grow",
    "grows",
    "growing",
    "grown",
    "growth",
    "increase",
    "increased",
    "increases",
    "increasing",
    "gain",
    "gained",
    "gains",
    "gaining",
    "climb",
    "climbed",
    "climbs",
    "climbing",
    "jump",
    "jumped",
    "jumps",
    "surge",
    "surged",
    "surges",
    "soar",
    "soared",
    "soars",
    "expand",
    "expanded",
    "expands",
    "expanding",
    "expansion",
    "uptick",
    "surplus",
    "advanced",
    "swelled",
    "doubled",
];
const DOWN: &[&str] = &[
    "fell",
    "fall",
    "falls",
    "fallen",
    "falling",
    "drop",
    "dropped",
    "drops",
    "dropping",
    "decline",
    "declined",
    "declines",
    "declining",
    "decrease",
    "decreased",
    "decreases",
    "decreasing",
    "shrank",
    "shrink",
    "shrinks",
    "shrinking",
    "shrunk",
    "shrinkage",
    "contract",
    "contracted",
    "contracts",
    "contracting",
    "contraction",
    "lost",
    "lose",
    "loses",
    "losing",
    "loss",
    "losses",
    "slump",
    "slumped",
    "plunge",
    "plunged",
    "slid",
    "slide",
    "slipped",
    "dip",
    "dipped",
    "sank",
    "tumbled",
    "reduced",
    "reduction",
    "downturn",
    "deficit",
    "shortfall",
    "dwindled",
];
/// Words that make a positive figure stand for a negative value without telling a change.
const MINUS: &[&str] = &[
    "negative",
    "minus",
    "below",
    "deficit",
    "outflow",
    "outflows",
    "emigration",
    "down",
    "lower",
    "under",
    "shortfall",
    "less",
    "fewer",
];
/// Words after which nothing is certain.
const UNSURE: &[&str] = &[
    "not",
    "no",
    "never",
    "without",
    "neither",
    "nor",
    "slowed",
    "slowing",
    "slows",
    "slower",
    "eased",
    "moderated",
    "narrowed",
    "narrowing",
    "accelerated",
    "accelerating",
    "halted",
    "reversed",
    "reversing",
    "despite",
    "cannot",
    "avoid",
    "avoided",
    "instead",
    "rather",
    "once",
    "if",
    "forecast",
    "expected",
    "projected",
];

/// The way a fact goes, by its label and the sign of its first value.
pub(super) fn polarity(label: &str, values: &[Mention]) -> Polarity {
    let Some(value) = values
        .iter()
        .find_map(Mention::main)
        .map(|reading| reading.value)
    else {
        return Polarity::Level;
    };
    let label = words(label);
    let has = |list: &[&str]| {
        label
            .iter()
            .any(|word| list.contains(&word.folded.as_str()))
    };
    let change = ["change", "net", "balance", "difference", "trend", "growth"];
    if value < 0.0 || has(DOWN) {
        Polarity::Down
    } else if value > 0.0 && (has(UP) || has(&change)) {
        Polarity::Up
    } else {
        Polarity::Level
    }
}

/// A number that stands for a fact, and the words around it.
pub(super) struct FactStatement<'a> {
    /// Words that speak about this number.
    pub(super) words: &'a [Word],
    /// Whether some word of the whole sentence tells a fall or a minus.
    pub(super) tells_a_fall: &'a dyn Fn() -> bool,
    /// The number.
    pub(super) mention: &'a Mention,
    /// Stems of the fact's own label, which tell no change.
    pub(super) is_label: &'a dyn Fn(&Word) -> bool,
    /// The way the fact goes.
    pub(super) polarity: Polarity,
    /// Draft and fact have opposite signs.
    pub(super) flipped: bool,
}

/// Whether the sentence tells the fact the wrong way round.
pub(super) fn is_reversed(statement: &FactStatement) -> bool {
    if statement.words.iter().any(is_unsure) {
        return false;
    }
    let negative = statement
        .mention
        .main()
        .is_some_and(|reading| reading.value < 0.0);
    let verb = governing(statement);
    match (statement.polarity, verb) {
        // −0.3 % told as "grew by 0.3 %"; "grew by −0.3 %" is clumsy but keeps the sign.
        (Polarity::Down, Some(Polarity::Up)) => !negative,
        (Polarity::Up, Some(Polarity::Down)) => true,
        (Polarity::Up, _) => negative && statement.flipped,
        // The sign is lost and no word of the sentence makes up for it.
        (Polarity::Down, None) => statement.flipped && !negative && !(statement.tells_a_fall)(),
        (Polarity::Level, None) => statement.flipped && negative,
        _ => false,
    }
}

/// The word of change that belongs to the number: the nearest before it, else one right behind it.
fn governing(statement: &FactStatement) -> Option<Polarity> {
    let span = &statement.mention.span;
    let inside = statement.words;
    let change = |word: &&Word| {
        if (statement.is_label)(word) {
            return None;
        }
        side(&word.folded)
    };
    let before: Vec<&Word> = inside
        .iter()
        .filter(|word| word.span.end <= span.start)
        .collect();
    if let Some(at) = before.iter().rposition(|word| change(word).is_some()) {
        // "fell to 2.1 %" tells a level, and the level is right.
        let level = before[at + 1..]
            .iter()
            .any(|word| matches!(word.folded.as_str(), "to" | "at" | "from"));
        return if level {
            Some(Polarity::Level)
        } else {
            change(&before[at])
        };
    }
    if before.last().is_some_and(|word| word.folded == "up") {
        return Some(Polarity::Up);
    }
    if before.last().is_some_and(|word| word.folded == "down") {
        return Some(Polarity::Down);
    }
    let behind = inside
        .iter()
        .filter(|word| word.span.start >= span.end)
        .take(3);
    let mut behind = behind.map(|word| match word.folded.as_str() {
        "higher" | "up" => Some(Polarity::Up),
        "lower" | "down" => Some(Polarity::Down),
        folded => {
            if (statement.is_label)(word) {
                None
            } else {
                side(folded)
            }
        }
    });
    behind.find_map(|side| side)
}

/// The way a folded word goes, if it is a word of change.
pub(super) fn side(folded: &str) -> Option<Polarity> {
    if UP.contains(&folded) {
        Some(Polarity::Up)
    } else if DOWN.contains(&folded) {
        Some(Polarity::Down)
    } else {
        None
    }
}

/// Whether a word tells a fall, or makes a positive figure stand for a negative value.
pub(super) fn is_fall(word: &Word) -> bool {
    let word = word.folded.as_str();
    DOWN.contains(&word) || MINUS.contains(&word)
}

/// Whether nothing is certain after a word.
pub(super) fn is_unsure(word: &Word) -> bool {
    UNSURE.contains(&word.folded.as_str()) || word.folded.ends_with("n't")
}

/// What stands in front of a figure.
pub(super) struct Before<'a> {
    /// A word after which nothing is certain.
    pub(super) unsure: bool,
    /// The last word.
    pub(super) last: Option<&'a str>,
    /// The way that the last word of change goes.
    pub(super) side: Option<Polarity>,
}

/// Whether two figures of one sentence contradict the words between them: "5 exceeds 7",
/// "rose from 7 to 5". `between` are the words from the first figure to the second, `before` is what
/// stands in front of the first.
pub(super) fn contradicts(before: &Before, between: &[Word], first: f64, second: f64) -> bool {
    let list: Vec<&str> = between.iter().map(|word| word.folded.as_str()).collect();
    if before.unsure || between.iter().any(is_unsure) {
        return false;
    }
    if list == ["to"] && before.last == Some("from") {
        return match before.side {
            Some(Polarity::Up) => second < first,
            Some(Polarity::Down) => second > first,
            _ => false,
        };
    }
    let phrase = format!(" {} ", list.join(" "));
    let has = |phrases: &[&str]| {
        phrases
            .iter()
            .any(|wanted| phrase.contains(&format!(" {wanted} ")))
    };
    let more = has(&[
        "higher than",
        "larger than",
        "greater than",
        "bigger than",
        "exceed",
        "exceeds",
        "exceeded",
        "exceeding",
        "outnumber",
        "outnumbers",
        "outpaced",
        "outweigh",
        "ahead of",
        "surpassed",
        "surpasses",
    ]);
    let less = has(&[
        "lower than",
        "smaller than",
        "fewer than the",
        "less than the",
        "below the",
        "behind",
        "short of",
    ]);
    match (more, less) {
        (true, false) => first < second,
        (false, true) => first > second,
        _ => false,
    }
}
