//! The facts and quotes of a brief, as an editor reads them beside a draft.

use crate::cli::failure::Failure;
use crate::cli::output;
use crate::domain::brief::Brief;

/// Prints them, one a line, each with its id.
pub(in crate::cli) fn facts(brief: &Brief) -> Result<(), Failure> {
    for fact in &brief.facts {
        let as_of = fact.as_of.as_deref().map(|as_of| format!(" ({as_of})"));
        output::line(&output::wrapped(
            &format!(
                "{}  {}: {}{}",
                fact.id,
                fact.label,
                fact.value_with_unit(),
                as_of.unwrap_or_default()
            ),
            "  ",
        ))?;
    }
    for quote in &brief.quotes {
        let speaker = quote.speaker.as_deref().unwrap_or("unnamed");
        output::line(&output::wrapped(
            &format!("{}  “{}” ({speaker})", quote.id, quote.text),
            "  ",
        ))?;
    }
    Ok(())
}
