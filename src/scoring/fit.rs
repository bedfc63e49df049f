//! `gate.channel`: the text fits the place where it will be published.
//!
//! The measuring is done by the channel engine; this turns its violations into a gate and findings.

use super::report::ScoreOutcome;
use super::subject::Subject;

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    for violation in subject
        .context
        .channel
        .iter()
        .flat_map(|fit| &fit.violations)
    {
        let [start, end] = violation.bytes;
        verdict.block(
            subject,
            "gate.channel",
            &violation.rule,
            start..end,
            violation.message.clone(),
        );
    }
    verdict.gate("gate.channel");
    if let Some(fit) = subject.context.channel {
        // Editors see how close it was; the unit is the field's own.
        #[expect(
            clippy::cast_precision_loss,
            reason = "a margin is a count of characters or words"
        )]
        verdict.score("channel_margin", 1, fit.margin.map(|margin| margin as f64));
    }
    verdict
}
