//! What the words around a number add: hedges before it, and what two ends of a range share.

use std::sync::LazyLock;

use regex::Regex;

use super::{Hedge, Mention, Reading, Unit};

/// What the words right before a number say about its exactness.
pub(super) fn hedge(before: &str) -> Hedge {
    static HEDGE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix) (?: (?P<over> more\s+than | over | above | exceed(?:s|ed|ing)? | at\s+least | upwards\s+of | in\s+excess\s+of | just\s+over | greater\s+than | surpass(?:es|ed|ing)? | topp(?:ed|ing) | no\s+(?:less|fewer)\s+than | > )
              | (?P<under> less\s+than | fewer\s+than | under | below | nearly | almost | up\s+to | at\s+most | just\s+under | no\s+more\s+than | close\s+to | not\s+quite | < )
              | (?P<about> about | around | roughly | approximately | some | an\s+estimated | estimated | circa | c\. | ca\. | ~ | ≈ | approx\. ) ) \s* $",
        )
        .expect("a valid pattern")
    });
    let mut from = before.len().saturating_sub(24);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    match HEDGE.captures(&before[from..]) {
        Some(hit) if hit.name("over").is_some() => Hedge::Over,
        Some(hit) if hit.name("under").is_some() => Hedge::Under,
        Some(_) => Hedge::About,
        None => Hedge::None,
    }
}

/// In "60–70 per cent" and "$3–5 million" what is written once is meant for both ends.
pub(super) fn share_units(text: &str, mentions: &mut [Mention]) {
    for at in 1..mentions.len() {
        let (head, suffix) = mentions.split_at_mut(at);
        let (Some(first), Some(second)) = (head.last_mut(), suffix.first_mut()) else {
            continue;
        };
        let between = text
            .get(first.span.end..second.span.start)
            .unwrap_or("?")
            .trim();
        if first.is_date()
            || second.is_date()
            || !matches!(between, "-" | "–" | "—" | "‑" | "to" | "and" | "or" | "bis")
        {
            continue;
        }
        let (Some(a), Some(b)) = (first.main().cloned(), second.main().cloned()) else {
            continue;
        };
        let unit = if a.unit == Unit::PLAIN {
            b.unit
        } else {
            a.unit
        };
        let factor = if a.scale == 1.0 { b.scale } else { 1.0 };
        if unit != a.unit || factor != 1.0 {
            first.readings.push(Reading {
                value: a.value * factor,
                step: a.step * factor,
                coarse: a.coarse * factor,
                scale: a.scale * factor,
                unit,
            });
        }
        if b.unit == Unit::PLAIN && unit != b.unit {
            second.readings.push(Reading { unit, ..b });
        }
    }
}
