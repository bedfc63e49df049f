//! Bars as SVG in the page: no script, no picture to fetch, no style that the page's policy would refuse.
//!
//! Colours are the page's own text colour in steps of opacity, so that they are right in light, dark and print.

use maud::{Markup, html};

/// One bar, made of pieces that stand on each other.
pub(super) struct Bar {
    /// What stands below it.
    pub(super) label: String,
    /// Its pieces from the floor up; their sum is its height.
    pub(super) pieces: Vec<f64>,
    /// What stands above it.
    pub(super) shown: String,
    /// What it is, in a sentence: shown on hovering, read aloud.
    pub(super) sentence: String,
}

/// A chart of bars.
pub(super) struct Chart<'a> {
    /// Its name; also what its parts are called in the page.
    pub(super) id: &'a str,
    /// What it shows.
    pub(super) title: &'a str,
    /// What can be seen in it.
    pub(super) desc: &'a str,
    /// Names of the pieces, from the floor up; none where bars have one piece.
    pub(super) pieces: &'a [&'a str],
    /// The height that fills the chart; by default the tallest bar's.
    pub(super) full: Option<f64>,
}

const WIDTH: usize = 640;
const HEIGHT: usize = 200;
const TALLEST: f64 = 140.0;
const FLOOR: f64 = 170.0;
/// Opacity of the pieces, from the floor up.
const TONES: [&str; 4] = ["0.85", "0.55", "0.3", "0.14"];

impl Chart<'_> {
    /// The chart with these bars.
    pub(super) fn of(&self, bars: &[Bar]) -> Markup {
        let tallest = bars.iter().map(|bar| bar.pieces.iter().sum::<f64>());
        let full = self.full.unwrap_or_else(|| tallest.fold(0.0, f64::max));
        let step = WIDTH / bars.len().max(1);
        let (title, desc) = (format!("{}-title", self.id), format!("{}-desc", self.id));
        html! {
            figure class="chart" {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" width="100%" xmlns="http://www.w3.org/2000/svg"
                    aria-labelledby={ (title) " " (desc) } fill="currentColor" font-size="13" {
                    title id=(title) { (self.title) }
                    desc id=(desc) { (self.desc) }
                    @for (place, bar) in bars.iter().enumerate() {
                        (self.bar(bar, place * step, step, full))
                    }
                    line x1="0" y1=(FLOOR) x2=(WIDTH) y2=(FLOOR) stroke="currentColor" stroke-opacity="0.4" {}
                }
                @if !self.pieces.is_empty() {
                    figcaption class="muted" {
                        "From the bottom: " (self.pieces.join(", ")) "."
                    }
                }
            }
        }
    }

    fn bar(&self, bar: &Bar, left: usize, step: usize, full: f64) -> Markup {
        let mut floor = FLOOR;
        let pieces = bar.pieces.iter().zip(TONES).filter_map(|(piece, tone)| {
            if *piece <= 0.0 || full <= 0.0 {
                return None;
            }
            // Whatever is there can be seen.
            let height = (TALLEST * piece / full).max(1.0);
            floor -= height;
            Some((format!("{floor:.1}"), format!("{height:.1}"), tone))
        });
        let pieces: Vec<_> = pieces.collect();
        let middle = left + step / 2;
        html! {
            g {
                title { (bar.sentence) }
                @for (top, height, tone) in &pieces {
                    rect x=(left + step / 8) y=(top) width=(step - step / 4) height=(height) fill-opacity=(tone) {}
                }
                text x=(middle) y=(format!("{:.1}", floor - 5.0)) text-anchor="middle" { (bar.shown) }
                text x=(middle) y=(FLOOR + 17.0) text-anchor="middle" fill-opacity="0.75" { (bar.label) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_into_a_chart_is_text() {
        let chart = Chart {
            id: "c",
            title: "<b>",
            desc: "two bars",
            pieces: &["good", "bad"],
            full: None,
        };
        let bar = |label: &str, pieces: &[f64]| Bar {
            label: label.to_owned(),
            pieces: pieces.to_vec(),
            shown: "3".to_owned(),
            sentence: format!("{label}: 3"),
        };
        let svg = chart.of(&[bar("<i>", &[2.0, 1.0]), bar("none", &[0.0, 0.0])]);
        let svg = svg.into_string();
        assert!(!svg.contains("<b>") && !svg.contains("<i>"), "{svg}");
        for part in [
            "<title id=\"c-title\">&lt;b&gt;</title>",
            "<desc id=\"c-desc\">two bars</desc>",
            // Two thirds and one third of the tallest, the second on top of the first.
            "y=\"76.7\" width=\"240\" height=\"93.3\"",
            "y=\"30.0\" width=\"240\" height=\"46.7\"",
            "From the bottom: good, bad.",
        ] {
            assert!(svg.contains(part), "no `{part}` in {svg}");
        }
        assert_eq!(svg.matches("<rect").count(), 2, "nothing is no bar");
    }
}
