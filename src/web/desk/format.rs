//! Times and numbers as an editor reads them.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

pub(in crate::web) use crate::domain::counted::{duration, number as grouped};

/// An instant, in UTC, readable by programs too.
pub(in crate::web) fn time(at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)) { (at.format("%e %b %Y, %H:%M UTC")) }
    }
}

/// A count that is not counted beyond ten thousand.
pub(in crate::web) fn counted(count: i64) -> String {
    match count {
        ..=10_000 => grouped(count),
        _ => "more than 10,000".to_owned(),
    }
}

/// One or many of a thing.
pub(in crate::web) fn plural(count: i64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{} {many}", counted(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [counted(10_000), counted(10_001)],
            ["10,000", "more than 10,000"]
        );
        assert_eq!(
            [plural(1, "draft", "drafts"), plural(2, "draft", "drafts")],
            ["1 draft", "2 drafts"]
        );
    }
}
