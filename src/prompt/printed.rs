//! Rendered text that remembers which of it came from a brief, and keeps that from steering a model.
//!
//! A template is its author's own, a brief is somebody's text: a value that holds a model's control token would end
//! its own turn and speak as the system. Each value is marked while Handlebars renders (see [`marked`]), so that the
//! whole text can be looked at afterwards: a token may also come about between two values, or between a value and
//! the template's own text around it.

use std::ops::Range;

use super::message::{Message, Role};

/// Marks where a value begins. Unicode keeps these two for use inside a program; `variables` takes them out of briefs.
const OPEN: char = '\u{fdd0}';
/// Marks where a value ends.
const CLOSE: char = '\u{fdd1}';

/// Looking for control tokens ends after so many rounds. Each breaks all that are left, and more than one is needed
/// only where tokens overlap or hold each other.
const MOST_ROUNDS: usize = 256;

/// Whether a character marks values, so that no brief may hold it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, OPEN | CLOSE)
}

/// A value between its marks, as the registry's escape function writes it. White space around it stays outside,
/// where Handlebars looks for line ends.
pub(super) fn marked(value: &str) -> String {
    let core = value.trim();
    if core.is_empty() {
        return value.to_owned();
    }
    let start = value.len() - value.trim_start().len();
    let (before, after) = (&value[..start], &value[start + core.len()..]);
    format!("{before}{OPEN}{core}{CLOSE}{after}")
}

/// Text, and the bytes of it that came from values, in order and apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Printed {
    pub(super) text: String,
    pub(super) values: Vec<Range<usize>>,
}

impl Printed {
    /// What Handlebars rendered, its marks taken out.
    pub(super) fn read(rendered: &str) -> Self {
        let mut printed = Self {
            text: String::with_capacity(rendered.len()),
            values: Vec::new(),
        };
        let mut open = None;
        for c in rendered.chars() {
            let at = printed.text.len();
            match c {
                OPEN => open = open.or(Some(at)),
                CLOSE => printed.values.extend(open.take().map(|start| start..at)),
                c => printed.text.push(c),
            }
        }
        printed
    }

    /// Adds text of the template.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds what was printed elsewhere, without white space around it.
    pub(super) fn append(&mut self, other: &Self) {
        let other = other.clone().trimmed();
        let at = self.text.len();
        self.text.push_str(&other.text);
        let values = other.values.into_iter();
        self.values
            .extend(values.map(|value| at + value.start..at + value.end));
    }

    /// Adds a value.
    pub(super) fn append_value(&mut self, value: &str) {
        self.append(&Self {
            text: value.to_owned(),
            values: std::iter::once(0..value.len()).collect(),
        });
    }

    /// Without white space at the end.
    pub(super) fn trimmed_end(mut self) -> Self {
        self.text.truncate(self.text.trim_end().len());
        self.within()
    }

    /// Without white space around it.
    pub(super) fn trimmed(self) -> Self {
        let mut printed = self.trimmed_end();
        let cut = printed.text.len() - printed.text.trim_start().len();
        printed.text.drain(..cut);
        for value in &mut printed.values {
            *value = value.start.saturating_sub(cut)..value.end.saturating_sub(cut);
        }
        printed.within()
    }

    fn within(mut self) -> Self {
        let end = self.text.len();
        for value in &mut self.values {
            *value = value.start.min(end)..value.end.min(end);
        }
        self.values.retain(|value| value.start < value.end);
        self
    }
}

/// A change that breaks a control token.
#[derive(Debug)]
enum Cut {
    /// A space is put in at this byte.
    Between(usize),
    /// A character that is a token by itself gives way to a space.
    Instead(usize, usize),
}

impl Cut {
    fn at(&self) -> usize {
        match self {
            Self::Between(at) | Self::Instead(at, _) => *at,
        }
    }
}

impl Message {
    /// A message of what was printed.
    pub(super) fn printed(role: Role, content: Printed) -> Self {
        let Printed { text, values } = content.trimmed();
        Self {
            role,
            content: text,
            values,
        }
    }

    /// Breaks every control token that a value has a part in by a space, until `find` sees none. `find` gives the
    /// bytes of the control tokens of a text.
    ///
    /// A space, because every vocabulary has one and a reader passes over it; characters without width would be
    /// copied into drafts unseen, and some tokenizers drop them and so mend the token. Tokens of the template's own
    /// text stay. One that no space can break, as its tokenizer leaves blanks out, is left.
    pub(super) fn break_up(&mut self, find: &dyn Fn(&str) -> Vec<Range<usize>>) {
        for _ in 0..MOST_ROUNDS {
            if self.values.is_empty() {
                return;
            }
            let found = find(&self.content);
            let mut cuts: Vec<Cut> = found.iter().filter_map(|token| self.cut(token)).collect();
            if cuts.is_empty() {
                return;
            }
            cuts.sort_by_key(Cut::at);
            cuts.dedup_by_key(|cut| cut.at());
            self.apply(&cuts);
        }
    }

    /// The text with `word` in place of every value.
    pub(super) fn with_values(&self, word: &str) -> String {
        let mut text = String::new();
        let mut at = 0;
        for value in &self.values {
            text.push_str(&self.content[at..value.start]);
            text.push_str(word);
            at = value.end;
        }
        text.push_str(&self.content[at..]);
        text
    }

    /// Where to break a token; nowhere when no value has a part in it.
    fn cut(&self, token: &Range<usize>) -> Option<Cut> {
        let written = self.content.get(token.clone())?;
        // Some tokens take the white space around them; a space more would not break those.
        let start = token.end - written.trim_start().len();
        let core = start..start + written.trim().len();
        let first = self.values.partition_point(|value| value.end <= core.start);
        let value = self
            .values
            .get(first)
            .filter(|value| value.start < core.end)?;
        let inside = |at: &usize| {
            core.start < *at && *at < core.end && value.start <= *at && *at <= value.end
        };
        let places = (core.start..core.end).filter(|at| self.content.is_char_boundary(*at));
        let places: Vec<usize> = places.filter(inside).collect();
        let blank = |at: usize| {
            self.content[..at].ends_with(char::is_whitespace)
                || self.content[at..].starts_with(char::is_whitespace)
        };
        // Two spaces in a row are a token of their own in some vocabularies.
        let place = places.iter().find(|at| !blank(**at)).or(places.first());
        Some(match place {
            Some(at) => Cut::Between(*at),
            None => Cut::Instead(core.start.max(value.start), core.end.min(value.end)),
        })
    }

    /// Applies cuts, which are in order.
    fn apply(&mut self, cuts: &[Cut]) {
        let mut content = String::with_capacity(self.content.len() + cuts.len());
        let mut at = 0;
        for cut in cuts {
            let (from, to) = match cut {
                Cut::Between(place) => (*place, *place),
                Cut::Instead(from, to) => (*from, *to),
            };
            content.push_str(&self.content[at..from.max(at)]);
            content.push(' ');
            at = to.max(at);
        }
        content.push_str(&self.content[at..]);
        // Bytes that the first so many cuts put in, less those they took out.
        let mut grown = vec![0_isize];
        for cut in cuts {
            let by = match cut {
                Cut::Between(_) => 1,
                Cut::Instead(from, to) => 1 - (to - from).cast_signed(),
            };
            grown.push(grown.last().copied().unwrap_or(0) + by);
        }
        let moved = |place: usize, ends: bool| {
            let before = cuts.partition_point(|cut| match cut {
                Cut::Between(at) if !ends => *at <= place,
                cut => cut.at() < place,
            });
            place.saturating_add_signed(grown[before])
        };
        let values = self.values.iter();
        self.values = values
            .map(|value| moved(value.start, false)..moved(value.end, true))
            .filter(|value| value.start < value.end)
            .collect();
        self.content = content;
    }
}
