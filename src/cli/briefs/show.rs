//! `nightdesk briefs show`: one brief, all of it, and what its import changed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output;
use super::facts::facts;
use crate::domain::availability::Availability;
use crate::domain::brief::{Brief, MustInclude, Risk};

/// Most characters of a background text that are printed; `--json` has all of it.
const SOURCE_CHARS: usize = 600;

pub(super) async fn show(context: &Context, id: &str) -> Result<(), Failure> {
    let record = context.store().await?.brief(id).await?;
    if context.json {
        return output::json(&record);
    }
    let brief = &record.brief;
    output::heading(&format!(
        "{}  ({} r{})",
        brief.topic, brief.external_ref, record.revision
    ))?;
    output::line(&format!(
        "{} in {}, priority {}{}",
        brief.kind.as_str(),
        brief.language,
        brief.priority,
        match brief.tags.as_slice() {
            [] => String::new(),
            tags => format!(", tags {}", tags.join(" ")),
        }
    ))?;
    let availability = Availability::of(brief, Utc::now());
    if availability != Availability::Available {
        output::line(&format!("{availability}: no run takes it"))?;
    }
    for (name, value) in wishes(brief) {
        output::line(&output::wrapped(&format!("{name}: {value}"), "  "))?;
    }
    output::line("")?;
    facts(brief)?;
    sources(brief)?;
    cleaned(record.cleaned.as_ref())
}

/// What is asked for besides the material, each where it is set.
fn wishes(brief: &Brief) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.join(", "));
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    let wanted: Vec<String> = brief.must_include.iter().map(must_include).collect();
    let length = brief
        .length
        .and_then(|length| match (length.min_words, length.max_words) {
            (Some(min), Some(max)) => Some(format!("{min} to {max} words")),
            (Some(min), None) => Some(format!("at least {min} words")),
            (None, Some(max)) => Some(format!("at most {max} words")),
            (None, None) => None,
        });
    let risk = match brief.risk {
        Risk::Low => None,
        Risk::Medium => Some("medium".to_owned()),
        Risk::High => Some("high".to_owned()),
    };
    let meta = (!brief.meta.is_empty()).then(|| serde_json::json!(brief.meta).to_string());
    let all = [
        ("call to action", text(&brief.cta)),
        ("audience", text(&brief.audience)),
        ("tone", text(&brief.tone)),
        ("channel", text(&brief.channel)),
        ("length", length),
        ("must include", list(&wanted)),
        ("must avoid", list(&brief.must_avoid)),
        ("risk", risk),
        ("due", time(brief.due_at)),
        ("embargo", time(brief.embargo_until)),
        ("expires", time(brief.expires_at)),
        ("jurisdictions", list(&brief.jurisdictions)),
        ("meta", meta),
    ];
    let set = all.into_iter();
    set.filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn must_include(wanted: &MustInclude) -> String {
    let text = |text: &String| format!("“{text}”");
    let mut ways: Vec<String> = wanted.fact.iter().map(|id| format!("fact {id}")).collect();
    ways.extend(wanted.text.iter().map(text));
    if !wanted.any_of.is_empty() {
        let any: Vec<String> = wanted.any_of.iter().map(text).collect();
        ways.push(format!("one of {}", any.join(" ")));
    }
    ways.extend(wanted.regex.iter().map(|regex| format!("/{regex}/")));
    ways.join(" and ")
}

fn sources(brief: &Brief) -> Result<(), Failure> {
    for source in &brief.sources {
        let text = source.text.as_deref().unwrap_or_default();
        let mut shown: String = text.chars().take(SOURCE_CHARS).collect();
        let left = text.chars().count().saturating_sub(SOURCE_CHARS);
        if left > 0 {
            shown.push_str(&format!("… ({left} more characters: --json)"));
        }
        let url = source.url.as_deref().unwrap_or_default();
        let parts: Vec<&str> = [url, shown.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let line = format!("{}  {}", source.id, parts.join("  "));
        output::line(&output::wrapped(line.trim_end(), "  "))?;
    }
    Ok(())
}

/// What the import changed, a text a line: `facts[0].value (entities): “AT&amp;T” → “AT&T”`.
fn cleaned(changes: Option<&Value>) -> Result<(), Failure> {
    let texts = changes.and_then(Value::as_array);
    let Some(texts) = texts.filter(|texts| !texts.is_empty()) else {
        return Ok(());
    };
    output::line("")?;
    output::line("cleaned on import:")?;
    for text in texts {
        let kinds = text["changes"].as_array().into_iter().flatten();
        let kinds: Vec<&str> = kinds.filter_map(Value::as_str).collect();
        let key = text["key"].as_str().unwrap_or_default();
        let mut line = format!("{key} ({})", kinds.join(", "));
        // Revisions from before it was kept have only the kinds.
        if let (Some(before), Some(after)) = (text["before"].as_str(), text["after"].as_str()) {
            line.push_str(&format!(": “{}” → “{}”", visible(before), visible(after)));
        }
        output::line(&output::wrapped(&line, "  "))?;
    }
    Ok(())
}

/// A text with what cannot be seen spelt out: what was taken out is often just that.
fn visible(text: &str) -> String {
    let spelt = |character: char| {
        let hidden = character != ' '
            && (character.is_whitespace()
                || character.is_control()
                || unicode_width::UnicodeWidthChar::width(character).unwrap_or(0) == 0);
        if hidden {
            character.escape_default().collect()
        } else {
            character.to_string()
        }
    };
    text.chars().map(spelt).collect()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_spelt_out() {
        assert_eq!(
            visible("a b\u{a0}c\u{200b}\u{ad}\u{1b}[1m\n日e\u{301}"),
            "a b\\u{a0}c\\u{200b}\\u{ad}\\u{1b}[1m\\n日e\\u{301}"
        );
    }
}
