//! What a pull has come to, in numbers and with the first of what was refused.

use serde::Serialize;

use crate::store::SourceReject;

/// Most rejections, and briefs of a dry run, that are told; the others are counted.
pub const MOST_EXAMPLES: usize = 100;

/// What a pull has come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Pulled {
    /// Rows read.
    pub rows: u64,
    /// Briefs that were not there.
    pub new: u64,
    /// Briefs that got another revision.
    pub revised: u64,
    /// Briefs that were there with the same content.
    pub unchanged: u64,
    /// Rows that are no briefs.
    pub rejected: u64,
    /// Briefs whose texts were cleaned.
    pub cleaned: u64,
    /// Rows without a cursor or without an `external_ref`, which no page reaches; counted up to 1000.
    pub unplaced: u64,
    /// Columns of the result that fill nothing.
    pub unused_columns: Vec<String>,
    /// Whether there are more rows than the limit allowed.
    pub more: bool,
    /// The first rejections.
    pub rejections: Vec<SourceReject>,
    /// In a dry run, the first briefs that would come or change.
    pub briefs: Vec<PulledBrief>,
}

/// A brief that a pull would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PulledBrief {
    /// Its key.
    pub external_ref: String,
    /// `new` or `revised`.
    pub change: &'static str,
    /// Its topic.
    pub topic: String,
}
