//! Briefs in: parse, validate, or reject with the one reason that helps most.
//!
//! Bytes become lines (`encoding`, `lines`), a line becomes JSON (`json`; a row of a `csv`, or of a newsroom's
//! own tables, `source`), short forms are made into long ones (`accepted`), its texts are cleaned (`clean`), and it is held against the published schema (`schema`)
//! and then against the rules a schema cannot state (`rules`). A `Brief` that comes out has passed them all;
//! everything else becomes a [`Rejection`], and the rest of the file goes on.

mod accepted;
mod brief;
mod clean;
mod conversion;
mod csv;
mod digits;
mod encoding;
mod fault;
mod json;
mod jsonl;
mod limits;
mod lines;
mod rejection;
mod rules;
mod schema;
mod source;
mod source_rejection;
mod upload;

pub use brief::{Record, brief_from_value, parse_brief};
pub use clean::{Change, Cleaned};
pub use conversion::{Conversion, Packing};
pub use csv::{CsvRecords, Mapping, check_separator, read_csv};
pub use fault::{Fault, Faults};
pub use jsonl::{Records, read_jsonl};
pub use limits::{MAX_COLUMNS, MOST_ENTRIES};
pub use lines::{Line, Lines, MAX_LINE_BYTES};
pub use rejection::{RAW_CHARS, Rejection, RejectionReason};
pub use source::{Field, MapFault, RowMap};
pub use source_rejection::RowRejection;
pub use upload::{MOST_BRIEFS, Upload, read_upload};
