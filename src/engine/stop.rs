//! Tokens to text while they come: whole characters only, and nothing of a stop string.

use super::tokenizer::Tokenizer;

/// The text of one sequence as it grows.
///
/// A stop string may begin in one token and end in another, so the longest end of the text that
/// could still become one is held back from [`TextBuffer::push`]'s result until it is decided.
#[derive(Debug, Clone)]
pub struct TextBuffer {
    stops: Vec<String>,
    ids: Vec<u32>,
    /// Start of the ids that are decoded together, so that a token sees its neighbours.
    window: usize,
    /// End of the ids whose text is already in `text`.
    read: usize,
    text: String,
    /// Bytes of `text` already handed out.
    released: usize,
}

/// What a token did to the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It goes on; the text that is now certain, possibly empty.
    More(String),
    /// A stop string is complete; the certain text before it.
    Stopped(String),
}

impl TextBuffer {
    /// An empty text that ends before the first of the stop strings.
    pub fn new(stops: Vec<String>) -> Self {
        Self {
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            ids: Vec::new(),
            window: 0,
            read: 0,
            text: String::new(),
            released: 0,
        }
    }

    /// The text that this token would add, an unfinished character (U+FFFD) at its end included.
    pub fn piece(&self, id: u32, tokenizer: &Tokenizer) -> String {
        let before = tokenizer.decode(&self.ids[self.window..self.read]);
        let mut ids = self.ids[self.window..].to_vec();
        ids.push(id);
        let after = tokenizer.decode(&ids);
        after.get(before.len()..).unwrap_or_default().to_owned()
    }

    /// The text with a piece added, cut before a stop string that the piece completes.
    pub fn cut_text(&self, piece: &str) -> Option<String> {
        let mut text = self.text.clone();
        text.push_str(piece);
        let cut = self.first_stop(&text, self.text.len())?;
        text.truncate(cut);
        Some(text)
    }

    /// Adds a token. Stop strings that become complete while `stops` is false stay in the text.
    pub fn push(&mut self, id: u32, tokenizer: &Tokenizer, stops: bool) -> Pushed {
        let piece = self.piece(id, tokenizer);
        self.ids.push(id);
        // U+FFFD at the end: the token ends inside a character, the next one completes it.
        if piece.is_empty() || piece.ends_with('\u{FFFD}') {
            return Pushed::More(String::new());
        }
        self.window = self.read;
        self.read = self.ids.len();
        self.append(&piece, stops)
    }

    /// The rest, when the sequence ended by itself: what was held back, and an unfinished character.
    pub fn finish(&mut self, tokenizer: &Tokenizer) -> String {
        if self.read < self.ids.len() {
            let before = tokenizer.decode(&self.ids[self.window..self.read]);
            let after = tokenizer.decode(&self.ids[self.window..]);
            self.read = self.ids.len();
            self.text
                .push_str(after.get(before.len()..).unwrap_or_default());
        }
        self.release(self.text.len())
    }

    /// Everything so far, stop string left out.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn append(&mut self, piece: &str, stops: bool) -> Pushed {
        let old = self.text.len();
        self.text.push_str(piece);
        if let Some(at) = self.first_stop(&self.text, old).filter(|_| stops) {
            self.text.truncate(at);
            return Pushed::Stopped(self.release(at));
        }
        let held = self.held_back();
        Pushed::More(self.release(self.text.len() - held))
    }

    /// Start of the first stop string of `text` that ends behind byte `old`: one that ended before was
    /// let through and is not looked at again.
    fn first_stop(&self, text: &str, old: usize) -> Option<usize> {
        let starts = self.stops.iter().filter_map(|stop| {
            let mut from = (old + 1).saturating_sub(stop.len());
            while !text.is_char_boundary(from) {
                from += 1;
            }
            text[from..].find(stop.as_str()).map(|at| from + at)
        });
        starts.min()
    }

    /// Bytes at the end of the text that are the beginning of a stop string.
    fn held_back(&self) -> usize {
        let begins = |stop: &String| {
            stop.char_indices()
                .map(|(at, _)| at)
                .filter(|at| *at > 0 && self.text.ends_with(&stop[..*at]))
                .max()
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }

    fn release(&mut self, end: usize) -> String {
        let start = self.released.min(end);
        self.released = end.max(self.released);
        self.text[start..end].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds pieces as tokens would bring them and gives what came out and how it ended.
    fn feed(stops: &[&str], pieces: &[String]) -> (String, bool) {
        let mut buffer = TextBuffer::new(stops.iter().map(ToString::to_string).collect());
        let mut out = String::new();
        for piece in pieces {
            match buffer.append(piece, true) {
                Pushed::More(text) => out.push_str(&text),
                Pushed::Stopped(text) => return (out + &text, true),
            }
        }
        let end = buffer.text.len();
        (out + &buffer.release(end), false)
    }

    fn pieces(text: &[&str]) -> Vec<String> {
        text.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_stop_string_across_three_tokens_never_shows() {
        let (text, stopped) = feed(&["\n\nQ:"], &pieces(&["Done.\n", "\n", "Q", ": next"]));
        assert_eq!((text.as_str(), stopped), ("Done.", true));
    }

    #[test]
    fn what_only_looked_like_a_stop_string_comes_out_after_all() {
        let (text, stopped) = feed(&["###"], &pieces(&["a #", "# b", " #"]));
        assert_eq!((text.as_str(), stopped), ("a ## b #", false));
    }

    #[test]
    fn the_earliest_of_several_stop_strings_counts() {
        let (text, _) = feed(&["two", "one"], &pieces(&["zero one two"]));
        assert_eq!(text, "zero ");
    }

    #[test]
    fn a_stop_string_longer_than_the_output_takes_nothing_from_it() {
        let stop = "One, two, and so on for longer than anything that is written";
        let (text, stopped) = feed(&[stop], &pieces(&["One,", " two", ", and"]));
        assert_eq!((text.as_str(), stopped), ("One, two, and", false));
    }

    #[test]
    fn a_stop_string_that_was_let_through_does_not_count_later() {
        let mut buffer = TextBuffer::new(vec!["##".to_owned()]);
        assert_eq!(
            buffer.append("a ## ", false),
            Pushed::More("a ## ".to_owned())
        );
        assert_eq!(buffer.append("b", true), Pushed::More("b".to_owned()));
        // One that only began early counts, and none of it was handed out.
        assert_eq!(buffer.append(" #", false), Pushed::More(" ".to_owned()));
        assert_eq!(buffer.append("#", true), Pushed::Stopped(String::new()));
        assert_eq!(buffer.text(), "a ## b ");
    }

    proptest! {
        #[test]
        fn the_result_is_the_text_before_the_first_stop_however_it_is_cut(
            text in "[abé#\n]{0,40}", cuts in proptest::collection::vec(1usize..5, 0..40),
        ) {
            let chars: Vec<char> = text.chars().collect();
            let mut parts = Vec::new();
            let mut rest = chars.as_slice();
            for cut in cuts {
                let (head, tail) = rest.split_at(cut.min(rest.len()));
                parts.push(head.iter().collect::<String>());
                rest = tail;
            }
            parts.push(rest.iter().collect::<String>());
            let (out, stopped) = feed(&["#a", "\n\n", "bé#"], &parts);
            let first = ["#a", "\n\n", "bé#"].iter().filter_map(|stop| text.find(stop)).min();
            prop_assert_eq!(stopped, first.is_some());
            prop_assert!(text.starts_with(&out));
            if !stopped {
                prop_assert_eq!(out, text);
            }
        }
    }
}
