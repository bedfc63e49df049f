//! Made-up briefs that show which part of a prompt never changes.
//!
//! Everything in the first differs from the second in its first character, and the third has next
//! to nothing set. What the prompts of all three begin with, every brief's prompt begins with.

use crate::domain::brief::{Brief, BriefKind, Fact, Length, MustInclude, Quote, Risk, Source};

/// Two briefs in which everything is set, and a bare one; `kinds` are the template's.
pub(super) fn briefs(kinds: &[BriefKind]) -> [Brief; 3] {
    let first = kinds.first().copied().unwrap_or(BriefKind::News);
    let last = kinds.last().copied().unwrap_or(first);
    [
        full(first, "Amber", "1", "en"),
        full(last, "Zinc", "9", "de"),
        bare(first),
    ]
}

fn bare(kind: BriefKind) -> Brief {
    Brief {
        topic: "Quartz".to_owned(),
        facts: Vec::new(),
        quotes: Vec::new(),
        sources: Vec::new(),
        must_include: Vec::new(),
        must_avoid: Vec::new(),
        tags: Vec::new(),
        audience: None,
        tone: None,
        channel: None,
        cta: None,
        length: None,
        ..full(kind, "Quartz", "5", "fr")
    }
}

fn full(kind: BriefKind, word: &str, digit: &str, language: &str) -> Brief {
    let text = || word.to_owned();
    let some = || Some(word.to_owned());
    let words = digit.repeat(2).parse().ok();
    let fact = |id: &str| Fact {
        id: id.to_owned(),
        label: text(),
        aliases: vec![text()],
        value: digit.repeat(3),
        unit: some(),
        as_of: Some(digit.repeat(4)),
        source: None,
        private: false,
        public_figure: false,
    };
    Brief {
        external_ref: text(),
        kind,
        topic: text(),
        language: language.to_owned(),
        facts: vec![fact("f1"), fact("f2")],
        quotes: vec![Quote {
            id: "q1".to_owned(),
            text: text(),
            speaker: some(),
        }],
        sources: vec![Source {
            id: "s1".to_owned(),
            text: some(),
            url: some(),
        }],
        must_include: vec![MustInclude {
            fact: None,
            text: some(),
            any_of: Vec::new(),
            regex: None,
            weight: 1.0,
        }],
        must_avoid: vec![text()],
        audience: some(),
        tone: some(),
        channel: some(),
        cta: some(),
        length: Some(Length {
            min_words: words,
            max_words: words,
        }),
        tags: vec![text()],
        priority: 0,
        risk: Risk::Low,
        due_at: None,
        embargo_until: None,
        expires_at: None,
        jurisdictions: Vec::new(),
        meta: Default::default(),
    }
}
