//! Texts as banned words are compared: lower case, runs of blanks as one space.

/// Lower case, runs of blanks as one space, without U+0000, which is not stored either.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_onto(&mut folded, text);
    folded
}

/// Adds a piece to a text that is folded already.
pub(super) fn fold_onto(folded: &mut String, piece: &str) {
    for c in piece.chars().filter(|c| *c != '\0') {
        if !c.is_whitespace() {
            folded.extend(c.to_lowercase());
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
}
