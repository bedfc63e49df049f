//! The report as text of 80 columns, for terminals and for mail.

use textwrap::Options;

use super::format::{Times, clean, cut, number};
use super::sentences;
use crate::domain::report::{CampaignNight, Report};
use crate::schedule::Zone;

const COLUMNS: usize = 80;

/// What a piece of text is, for whoever paints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The sentence for somebody who reads nothing else.
    Headline,
    /// Name of a part.
    Heading,
    /// Something to look at.
    Warning,
    /// A run that ended well.
    Good,
}

/// The report without colours.
pub fn plain(report: &Report, zone: Zone) -> String {
    render(report, zone, &|_, text| text.to_owned())
}

/// The report, with marks painted by the caller. Lines are wrapped before they are painted.
pub fn render(report: &Report, zone: Zone, paint: &dyn Fn(Mark, &str) -> String) -> String {
    let times = Times::new(zone, report.since, report.until);
    let mut page = Page {
        lines: Vec::new(),
        paint,
    };
    page.marked(Mark::Headline, &report.headline, "", "");
    page.text(&sentences::period(report, times), "", "");
    if !report.attention.is_empty() {
        page.heading("To look at");
        for sentence in &report.attention {
            page.marked(Mark::Warning, sentence, "  ! ", "    ");
        }
    }
    if !report.campaigns.is_empty() {
        page.heading("Campaigns");
        for campaign in &report.campaigns {
            page.campaign(campaign, times);
        }
        page.text(&sentences::sums(report), "  In all ", "    ");
    }
    page.failures(report);
    page.slots(report, times);
    page.review(report);
    if !report.alerts.is_empty() {
        page.heading("Alerts");
        for alert in &report.alerts {
            let sent = match (alert.delivered_at, &alert.last_error) {
                (Some(at), _) => format!("sent {}", times.at(at)),
                (None, Some(error)) => format!("not delivered: {}", clean(error)),
                (None, None) => "being sent".to_owned(),
            };
            let text = format!("{} ({sent})", clean(&alert.message));
            page.text(&text, "  ", "    ");
        }
    }
    page.lines.join("\n") + "\n"
}

struct Page<'a> {
    lines: Vec<String>,
    paint: &'a dyn Fn(Mark, &str) -> String,
}

impl Page<'_> {
    fn heading(&mut self, text: &str) {
        self.lines.push(String::new());
        self.lines.push((self.paint)(Mark::Heading, text));
    }

    fn text(&mut self, text: &str, first: &str, rest: &str) {
        self.lines.extend(wrapped(text, first, rest));
    }

    fn marked(&mut self, mark: Mark, text: &str, first: &str, rest: &str) {
        let lines = wrapped(text, first, rest);
        let painted = lines.iter().map(|line| (self.paint)(mark, line));
        self.lines.extend(painted);
    }

    fn campaign(&mut self, campaign: &CampaignNight, times: Times) {
        let notes = sentences::campaign_notes(campaign, times).join(", ");
        let notes = match notes.as_str() {
            "" => String::new(),
            notes => format!(": {notes}"),
        };
        self.text(&format!("{}{notes}", campaign.name), "  ", "    ");
        for run in &campaign.runs {
            let first = format!("{}, {}", sentences::state(run), sentences::when(run, times));
            match sentences::tone(run) {
                "bad" => self.marked(Mark::Warning, &first, "    ", "      "),
                "good" => self.marked(Mark::Good, &first, "    ", "      "),
                _ => self.text(&first, "    ", "      "),
            }
            self.text(&sentences::briefs(run), "      ", "        ");
            if let Some(work) = sentences::work(run) {
                self.text(&work, "      ", "        ");
            }
            if let Some(error) = sentences::error(run) {
                self.text(&error, "      ", "        ");
            }
        }
    }

    fn failures(&mut self, report: &Report) {
        if report.failures.is_empty() {
            return;
        }
        self.heading("Given up, by cause");
        for cause in &report.failures {
            let campaigns = cause.campaigns.join(", ");
            let first = format!(
                "{:>5}  {}, in {campaigns}",
                number(cause.briefs),
                clean(&cause.code)
            );
            self.text(&first, "", "       ");
            let example = format!("e.g. {}", sentences::example(cause));
            self.text(&example, "       ", "       ");
        }
    }

    fn slots(&mut self, report: &Report, times: Times) {
        if report.slots.is_empty() {
            return;
        }
        self.heading("Slots");
        for group in &report.slots {
            let text = format!("{} {}", group.campaign, sentences::slots(group, times));
            self.text(&text, "  ", "    ");
        }
    }

    fn review(&mut self, report: &Report) {
        let review = &report.review;
        self.heading("Waits for review");
        self.text(&sentences::waiting(review), "  ", "    ");
        if review.drafts == 0 {
            return;
        }
        self.text(&sentences::bands(review), "  ", "    ");
        for draft in &review.best {
            let id = draft.id.to_string();
            let what = format!("{}: {}", draft.external_ref, draft.topic);
            // The id alone fits every line: `drafts show` takes its beginning only where that is unique.
            self.text(
                &cut(&what, 2 * COLUMNS),
                &format!("{:>5}  ", draft.priority),
                "       ",
            );
            self.text(&id, "       ", "       ");
        }
    }
}

fn wrapped(text: &str, first: &str, rest: &str) -> Vec<String> {
    let options = Options::new(COLUMNS)
        .initial_indent(first)
        .subsequent_indent(rest)
        // A hyphen is part of a name here: `nightly-ads` in two lines is found by nobody.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::wrap(text, options)
        .into_iter()
        .map(|line| line.into_owned())
        .collect()
}
