//! `gate.clean`: the text is one that an editor can start from.
//!
//! Everything here is left over from the machine: placeholders, fences, chat markup, copied
//! instructions, a cut-off end, a stuck loop, another language.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::echo::echo;
use super::language::foreign;
use super::repetition::tail_loop;
use super::report::ScoreOutcome;
use super::subject::Subject;
use crate::domain::draft::FinishReason;
use crate::domain::visible::is_blank;

const GATE: &str = "gate.clean";

struct Leftover {
    rule: &'static str,
    pattern: Regex,
    message: &'static str,
}

static LEFTOVERS: LazyLock<Vec<Leftover>> = LazyLock::new(|| {
    [
        ("clean.placeholder", r"\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}|\{[a-z_]{2,30}\}|⟦[^⟧\n]{0,40}⟧", "a placeholder was left in"),
        ("clean.placeholder", r"\[[A-Z][A-Z _/-]{1,40}\]|(?i)\[(?:insert|your|add|enter|link|name|date|company|product|city|place|title|url|image)\b[^\]\n]{0,40}\]", "a placeholder was left in"),
        ("clean.placeholder", r"(?i)<(?:product|name|company|brand|city|date|topic|insert|your|placeholder|url|link|title|number|value)\b[^>\n]{0,40}>", "a placeholder was left in"),
        ("clean.placeholder", r"\b(?:TODO|TBD|FIXME|XXX)\b|(?i)\blorem ipsum\b", "a note to the writer was left in"),
        ("clean.fence", r"(?m)^\s*```|```\s*$", "a code fence was left in"),
        ("clean.markup", r"<[|｜][^|｜>\n]{1,40}[|｜]>|</?s>|<(?:bos|eos|pad|unk|mask)>|\[/?INST\]|<</?SYS>>|</?(?:think|thinking|reasoning|tool_call|tool_calls|tool_response|tools|start_of_turn|end_of_turn|answer)>|(?m)^(?i:assistant|system|user|human)\s*:|^(?:assistant|system|user|model)\s*$|^### ?(?i:instruction|response)", "chat markup was left in"),
        ("clean.preamble", r"(?i)^\s*(?:sure|certainly|of course|absolutely)[,!.]?\s+here(?:'s|’s| is| are)\b|(?i)^\s*here(?:'s|’s| is) (?:a|an|the|your) (?:draft|short|brief|news|article|post|version|rewritten|revised)\b[^\n]{0,80}:", "the model talks to its user"),
        ("clean.assistant", r"(?i)\bas an? (?:ai|artificial intelligence)\b(?: (?:language )?(?:model|assistant)|,)|(?i)\bas a (?:large )?language model\b|(?i)\bI(?:'m| am) (?:just )?an AI\b|(?i)\bI(?:'m sorry, but I)? (?:cannot|can't|can’t) (?:fulfil|fulfill|assist with|help with|comply)", "the model speaks about itself"),
    ]
    .into_iter()
    .map(|(rule, pattern, message)| Leftover { rule, pattern: Regex::new(pattern).expect("a valid pattern"), message })
    .collect()
});

pub(super) fn score(subject: &Subject) -> ScoreOutcome {
    let mut verdict = ScoreOutcome::default();
    let text = subject.text.text;
    let whole = 0..text.len();
    if is_blank(text) {
        verdict.block(
            subject,
            GATE,
            "clean.empty",
            whole,
            "there is no text".into(),
        );
        verdict.gate(GATE);
        return verdict;
    }
    leftovers(subject, &mut verdict);
    control_tokens(subject, &mut verdict);
    if let Some(span) = subject
        .context
        .prompt
        .and_then(|prompt| echo(text, &subject.words, prompt, subject.brief))
    {
        verdict.block(
            subject,
            GATE,
            "clean.echo",
            span,
            "instructions of the prompt were copied into the text".into(),
        );
    }
    if let Some(found) = tail_loop(&subject.words) {
        verdict.block(
            subject,
            GATE,
            "clean.loop",
            found.span,
            "the end says the same over and over".into(),
        );
    }
    if subject.text.finish == Some(FinishReason::Length) && !ends(text) {
        let last = subject.sentences.last().cloned().unwrap_or(whole.clone());
        verdict.block(
            subject,
            GATE,
            "clean.truncated",
            last,
            "the text breaks off: the token budget ran out in the last sentence".into(),
        );
    }
    if let Some(found) = foreign(text, &subject.words, &subject.brief.language) {
        let message = format!(
            "the text is in {found}, asked for was `{}`",
            subject.brief.language
        );
        verdict.block(subject, GATE, "clean.language", whole, message);
    }
    verdict.gate(GATE);
    verdict
}

fn leftovers(subject: &Subject, verdict: &mut ScoreOutcome) {
    for leftover in LEFTOVERS.iter() {
        for hit in leftover.pattern.find_iter(subject.text.text) {
            let quote = hit.as_str().trim();
            // A to-do app may well be called TODO.
            if !subject.book.uses(quote) {
                verdict.block(
                    subject,
                    GATE,
                    leftover.rule,
                    hit.range(),
                    format!("{}: `{quote}`", leftover.message),
                );
            }
        }
    }
}

/// What the model that wrote the text reads as a control token, spelled out in its text.
fn control_tokens(subject: &Subject, verdict: &mut ScoreOutcome) {
    let found = verdict.findings.iter();
    let known: Vec<Range<usize>> = found
        .map(|finding| finding.bytes[0]..finding.bytes[1])
        .collect();
    for token in subject.context.control_tokens {
        let overlaps = |span: &Range<usize>| span.start < token.end && token.start < span.end;
        let quote = subject.text.text[token.clone()].trim();
        if !subject.book.uses(quote) && !known.iter().any(overlaps) {
            verdict.block(
                subject,
                GATE,
                "clean.markup",
                token.clone(),
                format!("chat markup was left in: `{quote}`"),
            );
        }
    }
}

/// Whether the last sentence is finished; closing quotes and brackets may follow its mark.
fn ends(text: &str) -> bool {
    let end = text.trim_end().trim_end_matches([
        '"', '\'', '”', '’', '»', ')', ']', '」', '』', '）', '*', '_',
    ]);
    end.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔'])
}
