//! Logits that are no distribution, and graphs that cannot run: each on a tiny model made for it.

use std::path::Path;

use nightdesk::domain::draft::FinishReason;
use nightdesk::engine::{
    Engine, EngineError, EngineOptions, Event, GenerateRequest, ModelFolder, SamplingParams,
};

use super::tiny::{GOOD, Recipe, WORDS, write};
use super::{NaiveDate, candidates, futures_in_order, project};

const NONE: f32 = f32::NEG_INFINITY;

/// After `rain`, `snow`; after `snow`, `fog`; … and after some, no distribution at all.
pub(crate) fn table() -> [[f32; 8]; 8] {
    let next = |id: usize| {
        let mut row = [0.0; 8];
        row[id] = 9.0;
        row
    };
    [
        next(1),
        next(2),
        next(6),
        [1.0, f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [NONE; 8],
        [f32::INFINITY; 8],
        next(7),
        next(7),
    ]
}

fn opened(runtime: &Path, dir: &Path) -> Result<Engine, EngineError> {
    Engine::load(
        runtime,
        ModelFolder::open(dir, None)?,
        EngineOptions::default(),
    )
}

fn engine(folder: &tempfile::TempDir) -> Engine {
    write(folder.path(), &table(), GOOD);
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let loaded = opened(&runtime, folder.path());
    loaded.unwrap_or_else(|error| panic!("{}", error.problem()))
}

fn request(word: &str, params: &SamplingParams) -> GenerateRequest {
    let id = WORDS.iter().position(|known| *known == word).unwrap();
    GenerateRequest {
        item: 1,
        prompt: vec![id as u32],
        prefix_len: 0,
        candidates: 1,
        params: params.clone(),
        latents: Vec::new(),
    }
}

fn greedy() -> SamplingParams {
    SamplingParams {
        temperature: 0.0,
        max_tokens: 8,
        ..SamplingParams::default()
    }
}

async fn failure(engine: &Engine, request: GenerateRequest) -> String {
    let mut events = engine.submit(request).await.unwrap();
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Failed(error) => told.push(error.problem().to_string()),
            Event::Finished(done) => panic!("finished: {done:?}"),
            Event::Text { .. } => {}
        }
    }
    assert_eq!(told.len(), 1, "told once: {told:?}");
    told.remove(0)
}

#[tokio::test]
async fn a_row_without_a_distribution_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    // All in one batch: three that fail in the prompt, and two that go on to their end.
    let good = futures_in_order(
        ["rain", "snow"]
            .map(|word| candidates(&engine, request(word, &greedy())))
            .into_iter()
            .collect(),
    );
    let bad = futures_in_order(
        ["bad", "empty", "hot"]
            .map(|word| failure(&engine, request(word, &greedy())))
            .into_iter()
            .collect(),
    );
    let (good, bad) = tokio::join!(good, bad);
    insta::assert_snapshot!(bad.join("\n"), @"
    the model's output at position 0 is not a number

    hint: the model's weights or its precision are at fault
    the model's output at position 0 is infinite

    hint: the model's weights or its precision are at fault
    the model's output at position 0 is infinite

    hint: the model's weights or its precision are at fault
    ");
    assert_eq!(good[0][0].token_ids, [1, 2, 6, 7]);
    assert_eq!(good[1][0].token_ids, [2, 6, 7]);
    assert!(!engine.has_stopped());
}

#[tokio::test]
async fn a_row_that_turns_bad_half_way_leaves_its_neighbours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    // The bias leads from `snow` to `bad`, whose logits are not a number.
    let astray = SamplingParams {
        logit_bias: [("id:3".to_owned(), 50.0)].into(),
        ..greedy()
    };
    let (told, good) = tokio::join!(
        failure(&engine, request("snow", &astray)),
        candidates(&engine, request("rain", &greedy())),
    );
    insta::assert_snapshot!(told, @"
    the model's output at position 1 is not a number

    hint: the model's weights or its precision are at fault
    ");
    assert_eq!(good[0].token_ids, [1, 2, 6, 7]);
}

#[tokio::test]
async fn parameters_that_leave_nothing_fail_the_item() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    let nothing = SamplingParams {
        banned_words: WORDS[..7].iter().map(ToString::to_string).collect(),
        min_tokens: 2,
        ..greedy()
    };
    insta::assert_snapshot!(failure(&engine, request("rain", &nothing)).await, @"
    no token is allowed at position 0: banned words, `no_repeat_ngram`, `logit_bias` and `min_tokens` leave none

    hint: loosen one of them
    ");
    let unknown = SamplingParams {
        logit_bias: [("id:8".to_owned(), 1.0)].into(),
        ..greedy()
    };
    let refused = engine.submit(request("rain", &unknown)).await.unwrap_err();
    insta::assert_snapshot!(refused.problem(), @"`logit_bias`: must be `id:` and a number below that of the tokens, given `id:8` with 8 tokens");
    let two = SamplingParams {
        logit_bias: [("rain snow".to_owned(), 1.0)].into(),
        ..greedy()
    };
    let refused = engine.submit(request("rain", &two)).await.unwrap_err();
    insta::assert_snapshot!(refused.problem(), @"`logit_bias`: must be a text that is one token, given `rain snow` of 2 tokens");
}

#[tokio::test]
async fn neither_end_token_nor_stop_text_ends_a_text_too_early() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    let early = SamplingParams {
        min_tokens: 6,
        stop: vec!["fog".to_owned()],
        ..greedy()
    };
    let done = candidates(&engine, request("rain", &early)).await;
    // `wind` would end the text; of the rest the first is as likely as any.
    assert_eq!(done[0].token_ids, [1, 2, 6, 0, 1, 2]);
    assert_eq!(done[0].finish_reason, FinishReason::StopSequence);
}

#[tokio::test]
async fn graphs_that_cannot_run_are_told_with_what_is_supported() {
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let bad = [
        Recipe { opset: 99, ..GOOD },
        Recipe {
            custom: Some("acme.fast"),
            ..GOOD
        },
        Recipe {
            external: Some(4000),
            ..GOOD
        },
    ];
    let mut told = Vec::new();
    for recipe in bad {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &table(), recipe);
        if recipe.external.is_some() {
            std::fs::write(folder.path().join("model.onnx.data"), "short").unwrap();
        }
        let refused = opened(&runtime, folder.path()).unwrap_err();
        told.push(
            refused
                .problem()
                .to_string()
                .replace(&folder.path().display().to_string(), "DIR"),
        );
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &table(), GOOD);
    for bytes in ["PK\u{3}\u{4} a zip", ""] {
        std::fs::write(folder.path().join("model.onnx"), bytes).unwrap();
        let refused = opened(&runtime, folder.path()).unwrap_err();
        told.push(
            refused
                .problem()
                .to_string()
                .replace(&folder.path().display().to_string(), "DIR"),
        );
    }
    insta::assert_snapshot!(told.join("\n\n"), @"
    DIR/model.onnx: is of opset 99 of `ai.onnx`, and this ONNX Runtime knows up to 28

    hint: export the model with that opset or an older one, or name a newer library with `--runtime-library`

    DIR/model.onnx: needs the operator `acme.fast::Magic`, at node `the_magic`

    hint: ONNX Runtime has the operators of `ai.onnx`, `ai.onnx.ml` and `com.microsoft`; export the model without custom ones

    DIR/model.onnx.data: is damaged: expected at least 4000 bytes, found 5 bytes

    hint: delete the folder and make it again (`make setup` for the default model)

    DIR/model.onnx: is not an ONNX graph: its bytes are not those of a graph, or it is cut off

    hint: a `.onnx` file is the graph that an exporter wrote; download it again where it was cut off

    DIR/model.onnx: is not an ONNX graph: it holds no graph

    hint: a `.onnx` file is the graph that an exporter wrote; download it again where it was cut off
    ");
}

#[tokio::test]
async fn a_model_without_a_chat_template_reads_the_messages_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    let message = |content| nightdesk::engine::ChatMessage {
        role: "user",
        content,
    };
    let prompt = engine
        .chat()
        .render(&[message("rain"), message("snow")], NaiveDate::default())
        .unwrap();
    assert_eq!(prompt, "rain\n\nsnow\n\n");
}

#[tokio::test]
async fn tokens_that_the_configuration_forbids_are_never_written() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &table(), GOOD);
    let config =
        r#"{"vocab_size":8,"eos_token_id":7,"suppress_tokens":[1,-1],"bad_words_ids":[[0],[2,6]]}"#;
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let engine = opened(&runtime, folder.path());
    let engine = engine.unwrap_or_else(|error| panic!("{}", error.problem()));
    let done = candidates(&engine, request("rain", &greedy())).await;
    // `snow` would follow `rain`; of the others, as likely as each other, `fog` is the first that is allowed.
    assert_eq!(done[0].token_ids, [2, 6, 7]);
}

#[test]
fn weights_that_give_nothing_but_nan_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[[f32::NAN; 8]; 8], GOOD);
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let refused = opened(&runtime, folder.path())
        .unwrap_err()
        .problem()
        .to_string();
    insta::assert_snapshot!(refused.replace(&folder.path().display().to_string(), "DIR"), @"
    DIR/model.onnx: cannot be used: all it gives is NaN: its weights are damaged, or the export made them so

    hint: docs/MODELS.md says what each file of a model folder holds
    ");
}

#[tokio::test]
async fn a_token_that_the_graph_does_not_know_is_refused_in_the_prompt_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(&folder);
    let known = request("rain", &greedy());
    let beyond = GenerateRequest {
        prompt: vec![0, 9],
        ..known.clone()
    };
    let refused = engine.submit(beyond).await.unwrap_err();
    insta::assert_snapshot!(refused.problem(), @"
    the prompt holds token 9 (``), and the model knows 8 tokens

    hint: `tokenizer.json` and the graph are of two models, or the token was added after the export
    ");
    assert_eq!(candidates(&engine, known).await.len(), 1);
}
