//! What a scorer hands back: gates, values, and findings that are located in the text.

use std::ops::Range;

use super::subject::Subject;
use crate::domain::score::{Finding, Gate, Score, ScoreStatus, Severity};

/// The result of one scorer.
#[derive(Debug, Default)]
pub(super) struct ScoreOutcome {
    pub(super) gates: Vec<Gate>,
    pub(super) scores: Vec<Score>,
    pub(super) findings: Vec<Finding>,
}

/// A finding before it is measured out in bytes and characters.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) score: &'static str,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) status: Option<&'static str>,
    /// Bytes in the text; moved to the nearest character borders if need be.
    pub(super) span: Range<usize>,
    pub(super) fact_id: Option<String>,
    pub(super) deduction: u8,
    pub(super) message: String,
}

impl ScoreOutcome {
    /// Adds a value; `None` means that there was nothing to measure.
    pub(super) fn score(&mut self, name: &str, version: u32, value: Option<f64>) {
        let status = if value.is_some() {
            ScoreStatus::Ok
        } else {
            ScoreStatus::Null
        };
        self.scores.push(Score {
            name: name.to_owned(),
            version,
            value,
            status,
        });
    }

    /// Adds a finding, with its place in the text.
    pub(super) fn add(&mut self, subject: &Subject, note: Note) {
        let text = subject.text.text;
        let start = text.floor_char_boundary(note.span.start.min(text.len()));
        let end = text
            .ceil_char_boundary(note.span.end.min(text.len()))
            .max(start);
        let before = subject.char_at(start);
        let quote = text[start..end].to_owned();
        self.findings.push(Finding {
            score: note.score.to_owned(),
            rule: note.rule,
            severity: note.severity,
            status: note.status.map(str::to_owned),
            bytes: [start, end],
            chars: [before, before + quote.chars().count()],
            quote,
            fact_id: note.fact_id,
            deduction: note.deduction,
            message: note.message,
        });
    }

    /// Closes a gate: it fails when one of its findings blocks, with the first as the reason.
    pub(super) fn gate(&mut self, name: &'static str) {
        let mut blocks = self
            .findings
            .iter()
            .filter(|finding| finding.score == name && finding.severity == Severity::Block);
        let first = blocks.next().map(|finding| finding.message.clone());
        let more = blocks.count();
        let reason = first.map(|first| {
            if more > 0 {
                format!("{first} (and {more} more)")
            } else {
                first
            }
        });
        self.gates.push(Gate {
            name: name.to_owned(),
            pass: reason.is_none(),
            reason,
        });
    }

    /// Adds a blocking finding of a gate.
    pub(super) fn block(
        &mut self,
        subject: &Subject,
        gate: &'static str,
        rule: &str,
        span: Range<usize>,
        message: String,
    ) {
        let rule = rule.to_owned();
        self.add(
            subject,
            Note {
                score: gate,
                rule,
                severity: Severity::Block,
                status: None,
                span,
                fact_id: None,
                deduction: 0,
                message,
            },
        );
    }
}
