//! Exports of the public tools, as they were built or downloaded: each gives the tokens that its reference gave, alone,
//! beside longer and shorter texts, and behind a shared prefix. `models/fixtures/README.md` says how they were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nightdesk::engine::{Engine, EngineOptions, ModelFolder};
use serde::Deserialize;

use super::{candidates, futures_in_order, params, project, request};

/// What `models/fixtures` recorded of one export.
#[derive(Deserialize)]
struct Recorded {
    kind: String,
    /// Tokens that the likeliest choice gives at every step.
    cases: Vec<Case>,
    /// Those of `generate()`, in models that force some tokens.
    #[serde(default)]
    generate_cases: Vec<Case>,
    rules: Option<Rules>,
    /// Cases of other graphs of the folder, by the graph's name; `cases` are those of `graphs[0]` then.
    #[serde(default)]
    cases_of: BTreeMap<String, Vec<Case>>,
    #[serde(default)]
    graphs: Vec<String>,
    text: Option<Text>,
}

#[derive(Deserialize)]
struct Case {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
}

/// What `generate()` forces.
#[derive(Deserialize)]
struct Rules {
    first: Option<u32>,
}

#[derive(Deserialize)]
struct Text {
    prompt: String,
    ids: Vec<u32>,
}

/// Every fixture's folder and record.
fn fixtures() -> Vec<(PathBuf, Recorded)> {
    let folder = project("models/fixtures");
    let mut found: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            let file = entry.unwrap().path();
            let dir = file.with_extension("");
            (file.extension()? == "json").then_some((dir, file))
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(dir, file)| {
            let text = std::fs::read_to_string(&file).unwrap();
            let recorded = serde_json::from_str(&text);
            (
                dir,
                recorded.unwrap_or_else(|error| panic!("{}: {error}", file.display())),
            )
        })
        .collect()
}

fn load(dir: &Path, variant: Option<&str>) -> Result<Engine, String> {
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let folder = ModelFolder::open(dir, variant).map_err(|error| error.to_string())?;
    Engine::load(&runtime, folder, EngineOptions::default()).map_err(|error| error.to_string())
}

/// Prompts, and the tokens that follow up to the first that ends a text.
fn expected(
    engine: &Engine,
    recorded: &Recorded,
    cases: &[Case],
) -> Vec<(Vec<u32>, u32, Vec<u32>)> {
    let ends = &engine.model().configuration.end_tokens;
    let forced = recorded
        .rules
        .as_ref()
        .is_some_and(|rules| rules.first.is_some());
    let cases = if forced {
        &recorded.generate_cases
    } else {
        cases
    };
    let cases = cases.iter().map(|case| {
        // What is always first belongs to the beginning of an answer.
        let tokens = &case.tokens[usize::from(forced)..];
        let end = tokens.iter().position(|token| ends.contains(token));
        let length = end.map_or(tokens.len(), |end| end + 1);
        (
            case.prompt.clone(),
            tokens.len() as u32,
            tokens[..length].to_vec(),
        )
    });
    cases.collect()
}

/// What differs from the record, in words.
async fn differences(
    dir: &Path,
    recorded: &Recorded,
    variant: Option<&str>,
    cases: &[Case],
) -> Vec<String> {
    let engine = match load(dir, variant) {
        Ok(engine) => engine,
        Err(error) => return vec![error],
    };
    let handling = engine.handling();
    let mut found = Vec::new();
    let kind = if engine.has_encoder() {
        "encoder-decoder"
    } else {
        handling.kind.as_str()
    };
    if kind != recorded.kind.replace(' ', "_") {
        found.push(format!("{handling:?}, recorded as {}", recorded.kind));
    }
    if let Some(text) = &recorded.text {
        let tokenizer = engine.tokenizer();
        let marked = format!(
            "{}{}{}",
            tokenizer.opening(),
            text.prompt,
            tokenizer.closing()
        );
        let ids = tokenizer.encode(&marked);
        if ids != text.ids && tokenizer.encode(&text.prompt) != text.ids {
            found.push(format!(
                "the text has other tokens: {ids:?}, recorded {:?}",
                text.ids
            ));
        }
    }
    let cases = expected(&engine, recorded, cases);
    let ask = |prompt: &[u32], length: u32, prefix_len: usize| {
        request(prompt, prefix_len, &params(0.0, length))
    };
    let mut check = |how: &str, prompt: &[u32], tokens: &[u32], expected: &[u32]| {
        if tokens != expected {
            let length = prompt.len();
            found.push(format!(
                "{how}, {length} tokens: {tokens:?}, recorded {expected:?}"
            ));
        }
    };
    for (prompt, length, expected) in &cases {
        let alone = candidates(&engine, ask(prompt, *length, 0)).await;
        check("alone", prompt, &alone[0].token_ids, expected);
        for how in ["behind a prefix", "behind a kept prefix"] {
            let behind = candidates(&engine, ask(prompt, *length, prompt.len() / 2)).await;
            check(how, prompt, &behind[0].token_ids, expected);
        }
    }
    // Five, so that there are more rows than sequences.
    let all: Vec<_> = cases.iter().chain(cases.first()).collect();
    let together = all
        .iter()
        .map(|(prompt, length, _)| candidates(&engine, ask(prompt, *length, 0)));
    let together = futures_in_order(together.collect()).await;
    for ((prompt, _, expected), output) in all.into_iter().zip(together) {
        check("together", prompt, &output[0].token_ids, expected);
    }
    found
}

#[tokio::test]
async fn every_export_gives_the_tokens_of_its_reference() {
    let mut complaints = Vec::new();
    for (dir, recorded) in fixtures() {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let first = recorded.graphs.first().map(String::as_str);
        let own = (first, &recorded.cases);
        let others = recorded.cases_of.iter();
        let others = others.map(|(graph, cases)| (Some(graph.as_str()), cases));
        for (variant, cases) in [own].into_iter().chain(others) {
            let found = differences(&dir, &recorded, variant, cases).await;
            let graph = variant.unwrap_or_default();
            complaints.extend(found.iter().map(|what| format!("{name} {graph}: {what}")));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_graph_that_writes_no_text_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = project("models/fixtures/optimum-t5");
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(fixture.join(file), folder.path().join(file)).unwrap();
    }
    // An encoder alone, called as if it were all of the model.
    let graph = folder.path().join("model.onnx");
    std::fs::copy(fixture.join("encoder_model.onnx"), graph).unwrap();
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let opened = ModelFolder::open(folder.path(), None).unwrap();
    let refused = Engine::load(&runtime, opened, EngineOptions::default()).unwrap_err();
    let told = refused.problem().to_string();
    insta::assert_snapshot!(told.replace(&folder.path().display().to_string(), "DIR"), @"
    DIR/model.onnx: is no graph that this engine can run: it has no output `logits`: it is not a graph that writes text

    hint: docs/MODELS.md lists the exports that run; onnxruntime-genai's builder, optimum and models/export write such graphs
    ");
}
