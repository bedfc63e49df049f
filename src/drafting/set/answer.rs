//! A model's answer as entries: one a line, without what a chat model puts around them.

use std::sync::LazyLock;

use regex::Regex;

/// One line of an answer, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The entry.
    pub text: String,
    /// The token budget ended before the line did, so its end may be missing.
    pub broken_off: bool,
}

/// Entries of an answer, at most `most`; `cut` says that the token budget ran out.
///
/// `forbidden` are marks that the field does not allow: at the end of an entry they are dropped, as
/// an editor would, anywhere else they stay and the entry is refused for them.
pub(super) fn lines(answer: &str, most: usize, cut: bool, forbidden: &[String]) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let raw: Vec<&str> = answer
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    for (index, line) in raw.iter().enumerate().take(most) {
        let broken_off = cut && index + 1 == raw.len();
        let text = cleaned(line, forbidden);
        found.push(Line { text, broken_off });
    }
    found
}

/// A line that is too long, cut down to a piece that says something of its own and fits.
///
/// Whole sentences from the start come first, then a piece beside a colon, a dash or a full stop, the
/// longest. A piece has two words or more, and is never the unfinished end of a cut answer. A line
/// without such a piece stays as it is, and is refused for its length.
pub(super) fn fitted(line: Line, fits: impl Fn(&str) -> bool) -> Line {
    static BORDERS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[.?!:;]\s+|\s+[-–—|]\s+").expect("a valid pattern"));
    if !line.broken_off && fits(&line.text) {
        return line;
    }
    let text = line.text.as_str();
    let mut borders: Vec<(usize, usize)> = vec![(0, 0)];
    borders.extend(BORDERS.find_iter(text).map(|found| {
        let mark = text[found.start()..].starts_with(['.', '?', '!']);
        (found.start() + usize::from(mark), found.end())
    }));
    let last = (text.len(), text.len());
    borders.extend((!line.broken_off).then_some(last));
    let says = |piece: &&str| piece.split_whitespace().count() >= 2 && fits(piece);
    let whole = borders
        .iter()
        .rev()
        .filter(|(end, _)| text[..*end].ends_with(['.', '?', '!']));
    let from_the_start = whole.map(|(end, _)| &text[..*end]).find(says);
    let between = borders
        .windows(2)
        .map(|pair| text[pair[0].1..pair[1].0].trim());
    let piece = from_the_start.or_else(|| {
        between
            .filter(says)
            .reduce(|best, next| if next.len() > best.len() { next } else { best })
    });
    match piece {
        Some(piece) => Line {
            text: piece.to_owned(),
            broken_off: false,
        },
        None => line,
    }
}

fn cleaned(line: &str, forbidden: &[String]) -> String {
    // A list mark, and the name of the thing asked for: "2. **Headline 2:** …".
    static AROUND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:\s*(?:\d{1,2}[.)]\s|[-*•–—]\s)|\s*[*#]*(?i:headline|description|title)s?(?:\s*\d{1,2})?\s*:[*\s]*)+")
            .expect("a valid pattern")
    });
    let line = AROUND.replace(line, "").replace("**", "");
    let mut text = line.split_whitespace().collect::<Vec<_>>().join(" ");
    loop {
        let before = text.len();
        for (open, close) in [('"', '"'), ('“', '”'), ('\'', '\''), ('「', '」')] {
            let inner = text
                .strip_prefix(open)
                .and_then(|rest| rest.strip_suffix(close));
            if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
                text = inner.trim().to_owned();
            }
        }
        for mark in forbidden {
            if let Some(rest) = text.strip_suffix(mark.as_str()) {
                text = rest.trim_end().to_owned();
            }
        }
        if text.len() == before {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(answer: &str, most: usize) -> Vec<String> {
        let found = lines(answer, most, false, &["!".to_owned()]);
        found.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn what_stands_around_an_entry_is_taken_off() {
        for answer in [
            "Fresh bread daily",
            " \"Fresh bread daily!\" \n",
            "1. Fresh bread daily",
            "- Fresh  bread daily!!",
            "Headline: Fresh bread daily",
            "2) **Headline 2:** “Fresh bread daily”",
            "Fresh bread daily\nAnd then a talk about it",
        ] {
            assert_eq!(texts(answer, 1), ["Fresh bread daily"], "{answer}");
        }
    }

    #[test]
    fn a_long_line_gives_the_piece_that_fits() {
        let piece = |text: &str, broken_off| {
            let text = text.to_owned();
            fitted(Line { text, broken_off }, |text| text.len() <= 30).text
        };
        for (line, expected) in [
            ("Short: it fits", "Short: it fits"),
            (
                "VLC: Plays films and music of all kinds",
                "VLC: Plays films and music of all kinds",
            ),
            ("VLC media player: Plays all films", "VLC media player"),
            (
                "Plays films. Shows subtitles. Free of charge.",
                "Plays films. Shows subtitles.",
            ),
            (
                "Paint – draw and edit photographs",
                "draw and edit photographs",
            ),
        ] {
            assert_eq!(piece(line, false), expected);
        }
        assert_eq!(piece("Free to use. Draws pict", true), "Free to use.");
        assert_eq!(piece("Draws pict", true), "Draws pict");
    }

    #[test]
    fn what_belongs_to_an_entry_stays() {
        for entry in [
            "3.5 million tracks",
            "\"Yes\" and \"No\"",
            "Now! And later",
            "2001: a player",
            "O'Neill's 'best'",
            "-5 % today",
        ] {
            assert_eq!(texts(entry, 1), [entry]);
        }
    }

    #[test]
    fn only_the_last_line_of_a_cut_answer_is_broken_off() {
        let found = lines("1. One\n\n2. Two\n3. Thr", 9, true, &[]);
        let shown: Vec<_> = found
            .iter()
            .map(|line| (line.text.as_str(), line.broken_off))
            .collect();
        assert_eq!(shown, [("One", false), ("Two", false), ("Thr", true)]);
        assert!(!lines("One\nTw", 1, true, &[])[0].broken_off);
        assert_eq!(lines(" \n", 3, true, &[]), []);
    }
}
