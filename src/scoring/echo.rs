//! Notices instructions that the model copied from its prompt into the text.
//!
//! Most of a prompt is the brief, and using the brief's words is the task. So the brief's own texts
//! are taken out of the prompt first; what is left are the instructions, and a long run of their
//! words in the draft is an echo.

use std::collections::BTreeSet;
use std::ops::Range;

use super::text::{Word, fold, words};
use crate::domain::brief::Brief;

/// Words in a row that make an echo.
const RUN: usize = 8;
/// Characters they have to span, because eight Han characters are an ordinary phrase.
const SPAN: usize = 24;

/// Bytes of the first run of the draft's words that stands in the prompt's instructions.
pub(super) fn echo(text: &str, said: &[Word], prompt: &str, brief: &Brief) -> Option<Range<usize>> {
    if said.len() < RUN {
        return None;
    }
    let mut instructions: BTreeSet<Vec<String>> = BTreeSet::new();
    for piece in instructions_of(prompt, brief).split('\u{1}') {
        let words: Vec<String> = words(piece).into_iter().map(|word| word.folded).collect();
        instructions.extend(words.windows(RUN).map(<[String]>::to_vec));
    }
    let hit = |at: usize| {
        let run: Vec<String> = said[at..at + RUN]
            .iter()
            .map(|word| word.folded.clone())
            .collect();
        instructions.contains(&run)
    };
    let first = (0..=said.len() - RUN).find(|&at| hit(at))?;
    let last = (first..=said.len() - RUN)
        .take_while(|&at| hit(at))
        .last()?;
    let span = said[first].span.start..said[last + RUN - 1].span.end;
    (text[span.clone()].chars().count() >= SPAN).then_some(span)
}

/// The prompt in folded form, with a mark in place of everything that comes from the brief.
fn instructions_of(prompt: &str, brief: &Brief) -> String {
    let mut own: Vec<&str> = vec![&brief.topic];
    for fact in &brief.facts {
        own.extend([fact.label.as_str(), fact.value.as_str()]);
        own.extend(fact.aliases.iter().map(String::as_str));
    }
    own.extend(brief.quotes.iter().map(|quote| quote.text.as_str()));
    own.extend(
        brief
            .sources
            .iter()
            .filter_map(|source| source.text.as_deref()),
    );
    own.extend(
        brief
            .must_include
            .iter()
            .flat_map(|must| must.text.iter().chain(&must.any_of))
            .map(String::as_str),
    );
    own.extend(brief.must_avoid.iter().map(String::as_str));
    own.extend(
        [
            brief.audience.as_deref(),
            brief.tone.as_deref(),
            brief.cta.as_deref(),
        ]
        .into_iter()
        .flatten(),
    );
    let mut own: Vec<String> = own
        .into_iter()
        .map(|text| fold(text.trim()))
        .filter(|text| text.chars().count() > 2)
        .collect();
    own.sort_by_key(|text| std::cmp::Reverse(text.len()));
    own.dedup();
    let mut prompt = fold(prompt);
    for text in own {
        // Short pieces ("best") are ordinary words; cutting them out would hide an echo.
        if text.contains(' ') || text.len() > 12 {
            prompt = prompt.replace(&text, "\u{1}");
        }
    }
    prompt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_an_echo_and_facts_are_not() {
        let brief: Brief = serde_json::from_value(serde_json::json!({
            "external_ref": "x", "kind": "news", "topic": "The new ferry between the two northern islands of the country", "language": "en",
            "facts": [{"id": "f1", "label": "Route", "value": "from the old harbour in the north to the new pier in the south"}],
        }))
        .expect("a brief");
        let prompt = "Write a short news item of sixty to ninety words for general readers about the topic.\nTopic: The new ferry between the two northern islands of the country\nRoute: from the old harbour in the north to the new pier in the south";
        let found =
            |text: &str| echo(text, &words(text), prompt, &brief).map(|span| text[span].to_owned());
        assert_eq!(
            found("Write a short news item of sixty to ninety words. The ferry runs.").as_deref(),
            Some("Write a short news item of sixty to ninety words")
        );
        assert_eq!(
            found(
                "The new ferry between the two northern islands of the country goes from the old harbour in the north to the new pier in the south."
            ),
            None
        );
    }
}
