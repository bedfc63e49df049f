//! A bar chart of what waits for review, as SVG in the page: no script, no picture to fetch.

use maud::{Markup, html};

use super::format::number;
use crate::domain::report::PriorityBand;

const WIDTH: i64 = 360;
const HEIGHT: i64 = 130;
/// Height of the tallest bar; numbers stand above it, priorities below.
const TALLEST: i64 = 86;
const FLOOR: i64 = 110;

/// One bar a band of priorities, the best to the right.
pub(super) fn by_priority(bands: &[PriorityBand]) -> Markup {
    let most = bands.iter().map(|band| band.drafts).max().unwrap_or(0);
    let step = WIDTH / (bands.len().max(1) as i64);
    let bars = bands.iter().enumerate().map(|(place, band)| {
        // Whatever is there can be seen.
        let height = match band.drafts {
            0 => 0,
            drafts => (TALLEST * drafts / most.max(1)).max(2),
        };
        (place as i64 * step, height, band)
    });
    let tone = |band: &PriorityBand| match band.from {
        80.. => "high",
        50..80 => "middle",
        _ => "low",
    };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" width="100%" xmlns="http://www.w3.org/2000/svg"
            aria-label="Drafts that wait for review, by priority" {
            @for (left, height, band) in bars {
                g {
                    title { "priority " (band.from) " to " (band.to) ": " (number(band.drafts)) }
                    rect class=(tone(band)) x=(left + 3) y=(FLOOR - height) width=(step - 6) height=(height) rx="2" {}
                    @if band.drafts > 0 {
                        text x=(left + step / 2) y=(FLOOR - height - 4) text-anchor="middle" { (number(band.drafts)) }
                    }
                    text class="axis" x=(left + step / 2) y=(FLOOR + 14) text-anchor="middle" { (band.from) }
                }
            }
            line class="floor" x1="0" y1=(FLOOR) x2=(WIDTH) y2=(FLOOR) {}
        }
    }
}
