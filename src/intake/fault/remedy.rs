//! What to do about each fault.

use super::Fault;

impl Fault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::UnknownKey { hint, .. }
            | Self::UnknownFact { hint, .. }
            | Self::UnknownColumn { hint, .. }
            | Self::MissingColumn { hint, .. } => {
                return Some(hint.clone());
            }
            Self::NotUtf8 { likely, .. } => {
                return Some(format!(
                    "the file is most likely {likely}: save it as UTF-8"
                ));
            }
            Self::Digits { literal, .. } => {
                return Some(format!("write it as text: `\"{literal}\"`"));
            }
            Self::MissingKey { hint, .. } | Self::Value { hint, .. } => return hint.clone(),
            Self::NotText { hint, .. } | Self::Layout { hint, .. } => hint,
            Self::Read(_) => {
                "briefs above this line are in; import the file again once it can be read"
            }
            Self::TooManyEntries { .. } => {
                "split the brief, or leave out what no copy is written from"
            }
            Self::Nested => {
                "no brief has so many levels; data of your own can go under `meta` as one text"
            }
            Self::TooManyColumns { .. } => {
                "leave out the blank columns; docs/BRIEFS.md lists a brief's keys"
            }
            Self::RepeatedColumn { .. } => "drop one of them in the file",
            Self::RowTooLong => {
                "look for a double quote that is opened and not closed; rows above this line are in, those below were not read"
            }
            Self::NoRows => "was it exported whole? One row is one brief",
            Self::NoColumns => {
                "the first row names the keys that the columns fill, such as `external_ref,kind,topic,language,facts.0.label,facts.0.value`"
            }
            Self::RowLength { .. } => {
                "put fields that hold the separator or a line break into double quotes, and double the quotes inside"
            }
            Self::OpenQuote { .. } => {
                "everything behind it was taken for one field: close it, or double it where it is part of the text"
            }
            Self::LoneQuote => {
                "write `\"a \"\"big\"\" word\"`, or look for a quote further up that is not closed"
            }
            Self::LineTooLong { .. } => "shorten the `sources`, or split the brief",
            Self::Json { .. } => {
                "look for a missing comma, quote or bracket just before that column"
            }
            Self::DuplicateKey { .. } => "keep one of the two",
            Self::NotObject { .. } => "docs/BRIEFS.md shows the shape",
            Self::NoMaterial => {
                "add what the copy may state, such as `\"facts\":[{\"id\":\"f1\",\"label\":\"Population\",\"value\":\"212,400\"}]`"
            }
            Self::DuplicateId { .. } => "give each entry of the list its own id",
            Self::PrivateFact { .. } => {
                "drop the must-include, or publish the fact with `\"private\":false`"
            }
            Self::EmptyMustInclude { .. } => {
                "set one of `fact`, `text`, `any_of`, `regex`, or drop the entry"
            }
            Self::Regex { .. } => {
                "the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`"
            }
            Self::Length { .. } => "swap the two, or drop one",
            Self::Dates { .. } => "no instant is left to draft it; correct one of the two",
            Self::Nul { .. } => "remove `\\u0000` from the text",
            Self::SchemaGap { .. } => {
                "this is a defect of Nightdesk; please report it with this line"
            }
        };
        Some(fixed.to_owned())
    }
}
