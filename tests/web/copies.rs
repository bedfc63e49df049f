//! Drafts as a night leaves them: some plain ones, and a night of real-looking ones for the pictures.

use nightdesk::domain::brief::Brief;
use serde_json::{Value, json};

use crate::scene::Copy;
use crate::support::brief;

/// So many plain drafts, `b-00` first.
pub(crate) fn plain(many: usize) -> Vec<Copy> {
    let copies = (0..many).map(|n| Copy {
        brief: Brief {
            topic: format!("Topic {n}"),
            ..brief(&format!("b-{n:02}"))
        },
        channel: None,
        drafts: vec![format!("Draft {n} has 1.3 million readers.")],
        findings: Vec::new(),
    });
    copies.collect()
}

/// Markup and script wherever a brief or a draft can hold text.
pub(crate) fn hostile() -> Vec<Copy> {
    let attack = "<script>alert('in')</script><img src=x onerror=alert(1)>\"><svg onload=alert(2)></textarea></title><script>alert(3)</script>";
    let mut hostile = brief("<b>b-00</b><script>alert(4)</script>");
    hostile.topic = attack.to_owned();
    hostile.must_avoid = vec![attack.to_owned()];
    hostile.audience = Some(attack.to_owned());
    hostile.tone = Some("javascript:alert(5)".to_owned());
    for fact in &mut hostile.facts {
        fact.label = attack.to_owned();
        fact.value = attack.to_owned();
    }
    let second =
        "{{csrf}} &lt;script&gt;alert(6)&lt;/script&gt; <a href=\"javascript:alert(7)\">x</a>";
    vec![Copy {
        brief: hostile,
        channel: None,
        drafts: vec![
            format!("{attack}\n{second}\n\u{202e}txt.exe \u{0}").replace('\u{0}', ""),
            format!("{second} {attack}"),
        ],
        findings: vec![
            (
                "markup.html",
                "<script>alert('in')</script>",
                None,
                "<img src=x onerror=alert(8)>",
            ),
            (
                "markup.html",
                "<img src=x onerror=alert(1)>",
                Some("f1"),
                "markup in the text",
            ),
        ],
    }]
}

fn of(value: Value) -> Brief {
    serde_json::from_value(value).expect("a brief")
}

/// What the pictures show: three briefs of a small town's newspaper.
pub(crate) fn newspaper() -> Vec<Copy> {
    let harbour = of(json!({
        "external_ref": "harbour-2026-01", "kind": "news", "topic": "Harbour of Elmhaven: catch of 2025", "language": "en",
        "facts": [
            { "id": "f1", "label": "Catch in 2025", "value": "4,120", "unit": "tonnes", "source": "Harbour office" },
            { "id": "f2", "label": "Catch in 2024", "value": "4,580", "unit": "tonnes", "source": "Harbour office" },
            { "id": "f3", "label": "Boats registered", "value": "37" },
        ],
        "quotes": [{ "id": "q1", "text": "We fish fewer days and sell more of it here.", "speaker": "Marta Lindqvist, harbour master" }],
        "must_include": [{ "fact": "f1" }], "must_avoid": ["record low"], "audience": "readers of the local pages",
        "tone": "plain", "due_at": "2026-01-05T17:00:00Z", "tags": ["local", "fishing"],
    }));
    let trams = of(json!({
        "external_ref": "tram-7", "kind": "news", "topic": "Tram line 7 runs every six minutes", "language": "en",
        "facts": [{ "id": "f1", "label": "Interval", "value": "6", "unit": "minutes" }, { "id": "f2", "label": "From", "value": "12 January 2026" }],
        "risk": "medium", "due_at": "2026-01-05T11:30:00Z",
    }));
    let library = of(json!({
        "external_ref": "library", "kind": "social", "topic": "Library opens on Sundays", "language": "en",
        "facts": [{ "id": "f1", "label": "Opening hours on Sunday", "value": "11:00 to 17:00" }],
        "due_at": "2026-01-06T08:00:00Z",
    }));
    vec![
        Copy {
            brief: harbour,
            channel: None,
            drafts: vec![
                "Elmhaven's boats landed 4,120 tonnes of fish in 2025, a tenth less than in the year before. The harbour office \
                 counts 37 boats, and twelve of them went out on fewer than 150 days.\n\n“We fish fewer days and sell more of it \
                 here,” says Marta Lindqvist, the harbour master."
                    .to_owned(),
                "The catch of Elmhaven fell to 4,120 tonnes in 2025, from 4,580 tonnes. There are 37 boats in the harbour.".to_owned(),
                "Fish is news in Elmhaven: 4,120 tonnes came ashore in 2025.".to_owned(),
            ],
            findings: vec![
                ("number.supported", "4,120 tonnes", Some("f1"), "stands in the brief"),
                ("number.derived", "a tenth less", Some("f2"), "follows from two facts"),
                ("number.supported", "37 boats", Some("f3"), "stands in the brief"),
                ("number.unsupported", "150 days", None, "no fact says so"),
            ],
        },
        Copy {
            brief: trams,
            channel: None,
            drafts: vec![
                "From 12 January 2026 tram line 7 runs every 6 minutes, all day and on Sundays too.".to_owned(),
            ],
            findings: vec![
                ("number.supported", "6 minutes", Some("f1"), "stands in the brief"),
                ("claim.unsupported", "on Sundays too", None, "no fact says so"),
            ],
        },
        Copy {
            brief: library,
            channel: Some("mastodon"),
            drafts: vec![
                "Sundays are for reading: the library is open from 11:00 to 17:00 every Sunday.".to_owned(),
                "New: the library opens on Sundays, 11:00 to 17:00.".to_owned(),
            ],
            findings: vec![("number.supported", "11:00 to 17:00", Some("f1"), "stands in the brief")],
        },
    ]
}

/// Briefs in writings that run from the right or have no blanks between words, and one of a single endless word.
pub(crate) fn written() -> Vec<Copy> {
    let endless = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung".repeat(2);
    let texts = [
        (
            "he",
            "הנמל של חיפה: שלל הדגים בשנת 2025 גדל בעשרה אחוזים לעומת השנה הקודמת",
            "בשנת 2025 נפרקו בנמל 4,120 טונות.",
        ),
        (
            "ar",
            "ميناء الإسكندرية: صيد عام 2025",
            "بلغ الصيد 4,120 طنا في عام 2025.\nEnglish line.\nسطر عربي.",
        ),
        (
            "ja",
            "横浜港の二〇二五年の漁獲量は前年比で一割増となり過去十年で最高を記録した",
            "横浜港の漁獲量は4,120トンでした。",
        ),
        ("de", endless.as_str(), endless.as_str()),
    ];
    let copies = texts.iter().enumerate().map(|(n, (language, topic, text))| Copy {
        brief: of(json!({
            "external_ref": format!("{n}-{topic}"), "kind": "news", "topic": topic, "language": language,
            "facts": [{ "id": "f1", "label": topic, "value": text, "source": topic }],
            "quotes": [{ "id": "q1", "text": text, "speaker": topic }],
            "must_include": [{ "fact": "f1" }], "must_avoid": [topic], "audience": text, "tone": topic, "tags": [topic],
        })),
        channel: None,
        drafts: vec![(*text).to_owned(), format!("{text} {topic}")],
        findings: vec![("number.unsupported", "4,120", None, "no fact says so")],
    });
    copies.collect()
}

/// One draft that is several screens long.
pub(crate) fn long() -> Vec<Copy> {
    let mut copies = plain(1);
    let lines = (0..150).map(|n| format!("Line {n} has 1.3 million readers."));
    copies[0].drafts = vec![lines.collect::<Vec<_>>().join("\n")];
    copies
}
