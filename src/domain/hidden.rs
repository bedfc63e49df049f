//! What is shown of an address instead of a secret, and which texts are too plain to hide.

/// Stands where a secret is.
pub const HIDDEN: &str = "…";

/// Whether a text has letters, digits and these characters only.
pub(super) fn is_plain(text: &str, besides: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || besides.contains(c))
}
