//! What every scorer needs to know about a text: its words, its sentences, and where they stand.
//!
//! All positions are UTF-8 byte ranges into the text as given. Nothing is normalised in place:
//! comparison forms are made beside the text, so that a finding always quotes what was written.

mod fold;
mod sentences;
mod stems;

pub(crate) use fold::{Folded, fold};
pub(crate) use sentences::sentences;
pub(crate) use stems::{Word, content_stems, stem, words};
