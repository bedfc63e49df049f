//! Instants in exports: RFC 3339, in UTC.

use chrono::{DateTime, SecondsFormat, Utc};

/// An instant as every format writes it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
