//! Words that never occur in the output.
//!
//! The promise is about the text: after every token, no banned word stands in it as a whole word,
//! whatever tokens spell it, in any case, after any blank. Two steps keep it. Tokens that would complete
//! a word from where the text ends are masked with the other masks, so that the draw follows the
//! probabilities of the rest. And the text that a drawn token gives is read before the token is taken,
//! which also sees what single tokens do not show: letters cut in two, and texts that a stop text
//! shortens.

use super::fold::{fold, fold_onto};
use super::vocabulary::Vocabulary;

/// Banned words and phrases, folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BannedWords {
    words: Vec<String>,
    /// Characters of the longest one.
    longest: usize,
}

impl BannedWords {
    /// From the words as somebody wrote them; blank ones are left out.
    pub fn new(words: &[String]) -> Self {
        let mut words: Vec<String> = words
            .iter()
            .map(|word| fold(word.trim()))
            .filter(|word| !word.is_empty())
            .collect();
        words.sort_unstable();
        words.dedup();
        let longest = words.iter().map(|word| word.chars().count()).max();
        Self {
            longest: longest.unwrap_or(0),
            words,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a text holds one as a whole word; its start and end are borders of words.
    pub fn occur_in(&self, text: &str) -> bool {
        self.occur_after(&fold(text), 0)
    }

    /// Whether one ends behind byte `from` of a folded text.
    fn occur_after(&self, folded: &str, from: usize) -> bool {
        self.words.iter().any(|word| {
            starts(folded, word).any(|start| {
                let end = start + word.len();
                end > from && stands_alone(&folded[..start], word, &folded[end..])
            })
        })
    }
}

/// Where a word starts in a text, overlapping ones too: in "piano no no", the first "no no" is no whole
/// phrase and covers the one that is.
fn starts<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next + text.get(next..)?.find(word)?;
        next = start + text[start..].chars().next().map_or(1, char::len_utf8);
        Some(start)
    })
}

/// The end of a growing text, as much of it as banned words can reach back over.
#[derive(Debug, Clone, Default)]
pub struct TextWindow {
    folded: String,
}

impl TextWindow {
    /// Whether the text would hold a banned word once `piece` is added.
    pub fn would_hold(&self, words: &BannedWords, piece: &str) -> bool {
        let from = self.folded.len();
        let mut longer = self.folded.clone();
        fold_onto(&mut longer, piece);
        words.occur_after(&longer, from)
    }

    /// Adds a piece.
    pub fn push(&mut self, words: &BannedWords, piece: &str) {
        fold_onto(&mut self.folded, piece);
        // One more than the longest word: the character in front of it says whether it is a whole word.
        let spare = (self.folded.chars().count()).saturating_sub(words.longest + 1);
        if let Some((at, _)) = self.folded.char_indices().nth(spare) {
            self.folded.drain(..at);
        }
    }
}

/// Tokens that would complete a banned word, by how much of it the text ends with.
#[derive(Debug, Clone, Default)]
pub struct Completions {
    /// Tokens with a whole banned word in themselves.
    always: Vec<u32>,
    after: Vec<Begun>,
}

/// The beginning of a word, possibly nothing yet.
#[derive(Debug, Clone)]
struct Begun {
    text: String,
    /// Whether the word starts with a letter that would join one in front of it.
    joins: bool,
    /// Tokens that go on with the rest of the word and end it.
    ids: Vec<u32>,
}

impl Completions {
    /// Looks up every banned word in a vocabulary.
    pub fn new(words: &BannedWords, vocabulary: &Vocabulary) -> Self {
        let mut completions = Self::default();
        for word in &words.words {
            // Only inside: at its start a token depends on the text before it.
            completions.always.extend(vocabulary.matching(|token| {
                token.match_indices(word.as_str()).any(|(at, _)| {
                    at > 0 && stands_alone(&token[..at], word, &token[at + word.len()..])
                })
            }));
            for (at, _) in word.char_indices() {
                let (begun, rest) = word.split_at(at);
                let ids: Vec<u32> = vocabulary
                    .starting_with(rest)
                    .filter(|(token, _)| ends_word(rest, &token[rest.len()..]))
                    .map(|(_, id)| id)
                    .collect();
                if !ids.is_empty() {
                    completions.after.push(Begun {
                        text: begun.to_owned(),
                        joins: word.starts_with(joining),
                        ids,
                    });
                }
            }
        }
        completions
    }

    /// Adds the tokens that must not follow a text to `masked`.
    pub fn mask(&self, window: &TextWindow, masked: &mut Vec<u32>) {
        masked.extend_from_slice(&self.always);
        for begun in &self.after {
            let before = window.folded.strip_suffix(begun.text.as_str());
            if before.is_some_and(|before| !(begun.joins && before.ends_with(joining))) {
                masked.extend_from_slice(&begun.ids);
            }
        }
    }
}

fn stands_alone(before: &str, word: &str, after: &str) -> bool {
    starts_word(before, word) && ends_word(word, after)
}

fn starts_word(before: &str, word: &str) -> bool {
    !(word.starts_with(joining) && before.ends_with(joining))
}

fn ends_word(word: &str, after: &str) -> bool {
    !(word.ends_with(joining) && after.starts_with(joining))
}

/// Whether a character makes one word with its neighbour. Scripts that put no blanks between words
/// (Thai, Lao, Khmer, Burmese, kana, Han) have no such borders to look for: there a banned word counts
/// wherever it stands.
fn joining(c: char) -> bool {
    let unspaced = matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    c.is_alphanumeric() && !unspaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[&str]) -> BannedWords {
        BannedWords::new(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn whole_words_in_any_case_after_any_blank() {
        let banned = words(&["cat", "Free of charge", "C++", "無料", "  ", "no no"]);
        for text in [
            "cat",
            "A Cat.",
            "CAT's",
            "free of charge",
            "It is free  of\ncharge!",
            "in c++, too",
            "送料無料です",
            "c\0at",
            "piano no no",
        ] {
            assert!(banned.occur_in(text), "{text}");
        }
        for text in ["category", "bobcat", "free ofcharge", "c+", "", "ca t"] {
            assert!(!banned.occur_in(text), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_text_remembers_enough() {
        let banned = words(&["cat", "free of charge"]);
        let mut window = TextWindow::default();
        for piece in ["A long text in front, then a bob", "c"] {
            assert!(!window.would_hold(&banned, piece));
            window.push(&banned, piece);
        }
        assert!(!window.would_hold(&banned, "at"), "bobcat");
        window.push(&banned, " is free of");
        assert!(window.would_hold(&banned, " charge"));
        assert!(!window.would_hold(&banned, " charges"));
        assert!(!window.would_hold(&banned, "fer"));
    }

    #[test]
    fn tokens_that_would_complete_a_word_are_masked_and_no_others() {
        let texts = [
            "cat", " cat", "at", " at", "c", "category", "at's", "t", ".Cat!", "cats", "A",
        ];
        let vocabulary = Vocabulary::from_texts(texts.map(str::to_owned));
        let banned = words(&["cat"]);
        let completions = Completions::new(&banned, &vocabulary);
        let masked = |text: &str| {
            let mut window = TextWindow::default();
            window.push(&banned, text);
            let mut masked = Vec::new();
            completions.mask(&window, &mut masked);
            masked.sort_unstable();
            let texts: Vec<&str> = masked.iter().map(|id| texts[*id as usize]).collect();
            texts.join("|")
        };
        assert_eq!(masked(""), "cat| cat|.Cat!");
        assert_eq!(masked("the "), "cat| cat|.Cat!");
        assert_eq!(masked("the c"), " cat|at|at's|.Cat!");
        assert_eq!(masked("the ca"), " cat|t|.Cat!");
        assert_eq!(masked("bobc"), " cat|.Cat!");
    }

    proptest! {
        #[test]
        fn however_a_text_is_cut_it_is_refused_exactly_when_a_prefix_holds_a_word(
            pieces in proptest::collection::vec("[abC .\n]{1,3}", 0..12),
        ) {
            let banned = words(&["ab", "a b", "cab"]);
            let (mut window, mut text) = (TextWindow::default(), String::new());
            for piece in &pieces {
                let refused = window.would_hold(&banned, piece);
                prop_assert_eq!(refused, banned.occur_in(&format!("{text}{piece}")), "{:?} + {:?}", text, piece);
                if !refused {
                    window.push(&banned, piece);
                    text.push_str(piece);
                }
            }
        }

        #[test]
        fn a_mask_forbids_only_what_reading_the_text_refuses(
            text in "[abc ]{0,6}", tokens in proptest::collection::vec("[abc .]{1,4}", 1..20),
        ) {
            let banned = words(&["ab", "a c", "cab"]);
            let vocabulary = Vocabulary::from_texts(tokens.clone());
            let mut window = TextWindow::default();
            window.push(&banned, &text);
            let mut masked = Vec::new();
            Completions::new(&banned, &vocabulary).mask(&window, &mut masked);
            for id in masked {
                prop_assert!(window.would_hold(&banned, &tokens[id as usize]), "{:?}", tokens[id as usize]);
            }
        }
    }
}
