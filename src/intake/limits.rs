//! How much of what a brief and a file may hold; messages name the limits.

/// Most entries of a list of a brief. Far more than copy is written from; without an end, a line of
/// nothing but `{}` would be judged entry by entry.
pub const MOST_ENTRIES: usize = 2_000;

/// Most columns of a file: a spreadsheet that was exported whole has its blank ones too, but no brief
/// has so many keys.
pub const MAX_COLUMNS: usize = 2_000;

/// Bytes after which a row is given up, and with it the file: far more than a row may have, so that one
/// that is only too long is refused alone.
pub const MAX_ROW_BYTES: usize = 16 << 20;
