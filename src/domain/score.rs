//! Scores that editors can trust: located findings first, a number second.
//!
//! The shape is the score card of the interfaces document; `scoring/` fills it, `store/` keeps it,
//! and the priority can be recomputed by hand as 100 minus the deductions (0 when a gate failed).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Version of the score card's shape and of the weights behind the priority.
pub const SCORE_CARD_VERSION: &str = "1";

/// Everything that is known about one text, judged against its brief.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreCard {
    /// [`SCORE_CARD_VERSION`] it was made with.
    pub version: String,
    /// 0–100; 0 when a gate failed, otherwise 100 minus the sum of the findings' deductions.
    pub priority: u8,
    /// Checks that block.
    pub gates: Vec<Gate>,
    /// Named values.
    pub scores: Vec<Score>,
    /// Located reasons, in the order of the text.
    pub findings: Vec<Finding>,
}

impl ScoreCard {
    /// True when no gate failed.
    pub fn passes(&self) -> bool {
        self.gates.iter().all(|gate| gate.pass)
    }

    /// The value of a score, if it has one.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.scores
            .iter()
            .find(|score| score.name == name)
            .and_then(|score| score.value)
    }

    /// What lowered the priority, largest first, in a stable order.
    ///
    /// With a failed gate these are the failed gates, each of which takes all 100 points.
    pub fn deductions(&self) -> Vec<Deduction> {
        let failed: Vec<Deduction> = self
            .gates
            .iter()
            .filter(|gate| !gate.pass)
            .cloned()
            .map(Deduction::from)
            .collect();
        if !failed.is_empty() {
            return failed;
        }
        let mut counted: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.deduction > 0)
            .collect();
        counted.sort_by_key(|finding| std::cmp::Reverse(finding.deduction));
        counted
            .into_iter()
            .map(|finding| Deduction {
                points: finding.deduction,
                rule: finding.rule.clone(),
                message: finding.message.clone(),
            })
            .collect()
    }
}

/// A check that can block a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gate {
    /// Such as `gate.clean`.
    pub name: String,
    /// Whether the text may go on.
    pub pass: bool,
    /// Why not, in a sentence for an editor.
    pub reason: Option<String>,
}

/// A named value; what it means and which way is better is in docs/SCORES.md.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// Such as `grounding`.
    pub name: String,
    /// Raised whenever the same text could get another value.
    pub version: u32,
    /// `None` when there is nothing to measure.
    pub value: Option<f64>,
    /// Why `value` is what it is.
    pub status: ScoreStatus,
}

/// Whether a score could be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScoreStatus {
    /// It has a value.
    Ok,
    /// There was nothing to measure.
    Null,
    /// The scorer failed.
    Error,
}

/// A located reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Score or gate it belongs to.
    pub score: String,
    /// Such as `number.unsupported`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// For grounding: `supported`, `unsupported`, `supported_other_fact`, `rounded`, `derived`, `direction`.
    pub status: Option<String>,
    /// UTF-8 byte range in the text, end excluded; empty at the end of the text for something missing.
    pub bytes: [usize; 2],
    /// Range in Unicode scalar values, of the same place.
    pub chars: [usize; 2],
    /// The text of that range.
    pub quote: String,
    /// Fact it is about.
    pub fact_id: Option<String>,
    /// Points taken from the priority.
    pub deduction: u8,
    /// A sentence for an editor.
    pub message: String,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Fails a gate.
    Block,
    /// An editor should check it.
    Warn,
    /// Good to know, such as a supported number.
    Info,
}

/// One line of "why not 100".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deduction {
    /// Points taken.
    pub points: u8,
    /// Rule of the finding, or the gate's name.
    pub rule: String,
    /// A sentence for an editor.
    pub message: String,
}

/// A failed gate takes everything.
impl From<Gate> for Deduction {
    fn from(gate: Gate) -> Self {
        Self {
            points: 100,
            rule: gate.name,
            message: gate.reason.unwrap_or_default(),
        }
    }
}

/// How a text fits its channel; made by `channel/`, turned into `gate.channel` by `scoring/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelFit {
    /// Channel name and version, such as `x-post@1`.
    pub channel: String,
    /// What breaks a limit; empty when the text fits.
    pub violations: Vec<ChannelViolation>,
    /// Room left in the tightest field, in that field's own unit; negative when over.
    pub margin: Option<i64>,
}

/// One broken limit of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelViolation {
    /// Byte range in the draft's text that breaks the limit.
    pub bytes: [usize; 2],
    /// Such as `channel.too_long`.
    pub rule: String,
    /// Limit and given value, for an editor.
    pub message: String,
    /// The part whose limit it is; none of running text, and where the parts themselves are wrong. Not stored.
    #[serde(skip)]
    pub field: Option<String>,
}
