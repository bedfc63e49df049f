//! Cells that several tables of the numbers have.

use maud::{Markup, html};

/// A share in whole percent; nothing of nothing is no share.
pub(super) fn share(part: i64, whole: i64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.0} %", 100.0 * part as f64 / whole as f64),
    }
}

/// What tells rows of the same campaign apart: a template by its name and the beginning of its hash.
pub(super) fn template(name: &str, sha256: &str) -> Markup {
    html! { (name) " " code class="muted" { (sha256.chars().take(8).collect::<String>()) } }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(
            [share(1, 3), share(3, 3), share(0, 5), share(0, 0)],
            ["33 %", "100 %", "0 %", "–"].map(str::to_owned)
        );
    }
}
