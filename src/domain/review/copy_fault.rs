//! Rules for a text that is to stand as approved copy, and for the note beside it. Decisions and corrections keep the
//! same rules, and each says what breaks one in its own words.

use super::super::score::ChannelViolation;
use super::super::visible::is_blank;
use super::{MAX_NOTE_CHARS, MAX_TEXT_BYTES};

/// Why a text cannot stand as approved copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFault {
    /// Nothing of it can be seen.
    Blank,
    /// It is too long for any channel.
    TooLarge {
        /// Bytes.
        bytes: usize,
    },
    /// It does not fit its channel.
    OverLimit {
        /// The channel's name.
        channel: String,
        /// What breaks a limit, at least one.
        violations: Vec<ChannelViolation>,
    },
}

/// Asks of a text what holds for every channel.
///
/// # Errors
/// [`CopyFault::TooLarge`], or [`CopyFault::Blank`].
pub fn check_text(text: &str) -> Result<(), CopyFault> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(CopyFault::TooLarge { bytes: text.len() });
    }
    if is_blank(text) {
        return Err(CopyFault::Blank);
    }
    Ok(())
}

/// Characters of a note that is longer than a note may be; none for one that fits.
pub fn too_many_chars(note: &str) -> Option<usize> {
    let chars = note.chars().count();
    (chars > MAX_NOTE_CHARS).then_some(chars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_something_and_is_no_book() {
        assert_eq!(check_text("a text"), Ok(()));
        assert_eq!(check_text(" \u{200b}\n"), Err(CopyFault::Blank));
        let most = "x".repeat(MAX_TEXT_BYTES);
        assert_eq!(check_text(&most), Ok(()));
        let bytes = MAX_TEXT_BYTES + 1;
        assert_eq!(
            check_text(&format!("{most}x")),
            Err(CopyFault::TooLarge { bytes })
        );
    }

    #[test]
    fn a_note_is_counted_in_characters() {
        assert_eq!(too_many_chars(&"ü".repeat(MAX_NOTE_CHARS)), None);
        let longer = "ü".repeat(MAX_NOTE_CHARS + 1);
        assert_eq!(too_many_chars(&longer), Some(MAX_NOTE_CHARS + 1));
    }
}
