//! What one brief costs outside the model, in process: reading it, rendering its prompt, scoring its
//! drafts. `cargo bench --bench micro`; `make bench` puts the medians into docs/BENCHMARKS.md.

use std::io::BufReader;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use nightdesk::domain::brief::Brief;
use nightdesk::domain::draft::FinishReason;
use nightdesk::intake::{parse_brief, read_jsonl};
use nightdesk::prompt::Templates;
use nightdesk::scoring::{Context, Scorer, Text, score};

/// Texts a brief of the demo gets.
const CANDIDATES: usize = 3;

fn main() {
    divan::main();
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The lines of the committed country briefs: the same on every machine.
fn lines() -> Vec<String> {
    let path = repository("tests/fixtures/briefs/factbook.jsonl");
    let text = std::fs::read_to_string(path).expect("the sample briefs");
    text.lines().map(str::to_owned).collect()
}

fn briefs() -> Vec<Brief> {
    let parsed = lines()
        .into_iter()
        .map(|line| parse_brief(line.as_bytes(), "sample"));
    parsed.collect::<Result<_, _>>().expect("valid briefs")
}

/// A text of an explainer's length that uses the facts of its brief, some of them wrongly.
fn draft(brief: &Brief) -> String {
    let mut text = format!("{}.", brief.topic);
    for fact in &brief.facts {
        text.push_str(&format!(
            " {} stood at {}, up from 17 percent a year before.",
            fact.label, fact.value
        ));
    }
    text
}

/// JSON lines to checked briefs.
#[divan::bench]
fn intake_jsonl(bencher: Bencher) {
    let lines = lines();
    let text = lines.join("\n");
    bencher
        .counter(BytesCount::new(text.len()))
        .counter(ItemsCount::new(lines.len()))
        .bench_local(|| {
            read_jsonl(BufReader::new(text.as_bytes()), "sample").for_each(|record| {
                drop(black_box(record));
            });
        });
}

/// Brief to chat messages, without the tokenizer.
#[divan::bench]
fn render_prompt(bencher: Bencher) {
    let templates = Templates::load(&repository("templates/prompts")).expect("templates");
    let template = templates.get("news/explainer").expect("the template");
    let brief = briefs().swap_remove(0);
    bencher.bench_local(|| template.render(black_box(&brief)));
}

/// The drafts of one brief, each scored against its own reading of the brief.
#[divan::bench]
fn score_reading_the_brief_each_time(bencher: Bencher) {
    let brief = briefs().swap_remove(0);
    let text = draft(&brief);
    bencher
        .counter(ItemsCount::new(CANDIDATES))
        .bench_local(|| {
            for _ in 0..CANDIDATES {
                black_box(score(&brief, &as_drafted(&text), &Context::default()));
            }
        });
}

/// The same, the brief read once: what a worker does.
#[divan::bench]
fn score_reading_the_brief_once(bencher: Bencher) {
    let brief = briefs().swap_remove(0);
    let text = draft(&brief);
    bencher
        .counter(ItemsCount::new(CANDIDATES))
        .bench_local(|| {
            let scorer = Scorer::new(&brief);
            for _ in 0..CANDIDATES {
                black_box(scorer.score(&as_drafted(&text), &Context::default()));
            }
        });
}

fn as_drafted(text: &str) -> Text<'_> {
    Text {
        text,
        parts: None,
        finish: Some(FinishReason::Stop),
    }
}
