//! Every point that can be taken from the priority, in one place.
//!
//! A weight is part of a score card's meaning: whoever changes one raises
//! [`SCORE_CARD_VERSION`](crate::domain::score::SCORE_CARD_VERSION) and the table in
//! docs/SCORES.md with it, because stored priorities are compared across nights.

/// A number or date that is not in the brief.
pub(super) const UNSUPPORTED_NUMBER: u8 = 15;
/// A fact's value told under the name of another fact, or with another fact's year.
pub(super) const SWAPPED: u8 = 20;
/// A rise told as a fall, or the other way round.
pub(super) const DIRECTION: u8 = 15;
/// Most that all grounding findings take together.
pub(super) const GROUNDING_CAP: u8 = 60;
/// How often an unsupported number counts in `unsupported` (names ×2 and quotes ×3 will follow).
pub(super) const UNSUPPORTED_NUMBER_COUNT: u32 = 2;
/// Shared out among the missing must-includes by their weights.
pub(super) const COVERAGE: u8 = 40;
/// Taken for a repetition of [`REPETITION_FULL`] and more, in proportion below.
pub(super) const REPETITION: u8 = 20;
/// Share of repeated text that takes all of [`REPETITION`].
pub(super) const REPETITION_FULL: f64 = 0.2;
/// A value outside its wanted band.
pub(super) const BAND: u8 = 5;
/// Most that all bands take together.
pub(super) const BAND_CAP: u8 = 10;
/// A warning about style.
pub(super) const WARNING: u8 = 2;
/// Most that all warnings take together.
pub(super) const WARNING_CAP: u8 = 10;
/// What a draft starts with.
pub(super) const FULL: u8 = 100;

/// Cap of a score's family of findings; `None` where the score itself keeps the limit.
pub(super) fn cap(score: &str) -> Option<u8> {
    match score {
        "grounding" => Some(GROUNDING_CAP),
        "length" => Some(BAND_CAP),
        "style" => Some(WARNING_CAP),
        _ => None,
    }
}
