//! Models of declared kinds that cannot run, and what becomes of requests that they cannot complete.

use nightdesk::engine::{CacheKind, Engine, EngineOptions, Event, GenerateRequest, ModelFolder};

use super::tiny::{GOOD, Parts, node, port};
use super::tiny_generators::{
    Keeps, LATENT, counting, decoder, encoder, one_shot, one_shot_of_tokens, write, write_graph,
};
use super::{candidates, failures, params, project, request, tiny};

const EVEN: [[f32; 8]; 8] = [[0.0; 8]; 8];

/// A folder with a model of this kind.
fn folder(kind: &str, graph: &Parts) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), kind, graph);
    folder
}

fn loaded(folder: &tempfile::TempDir, max_rows: usize) -> Result<Engine, String> {
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let options = EngineOptions {
        max_rows,
        ..EngineOptions::default()
    };
    let dir = folder.path();
    let engine =
        ModelFolder::open(dir, None).and_then(|opened| Engine::load(&runtime, opened, options));
    engine.map_err(|error| told(folder, &error.problem().to_string()))
}

/// The first line of a message, without the folder's own place.
fn told(folder: &tempfile::TempDir, message: &str) -> String {
    let message = message.replace(&folder.path().display().to_string(), "DIR");
    message.lines().next().unwrap_or_default().to_owned()
}

fn refused(kind: &str, graph: &Parts) -> String {
    loaded(&folder(kind, graph), 8).map(|_| ()).unwrap_err()
}

/// For each candidate a vector that makes the token of its number the likeliest.
fn latents(count: u32) -> Vec<Vec<f32>> {
    let latent = |candidate: u32| {
        let value = |at: usize| if at == candidate as usize { 10.0 } else { 0.0 };
        (0..LATENT).map(value).collect()
    };
    (0..count).map(latent).collect()
}

/// Greedy texts of four candidates, each with a vector of its own.
fn asked(prompt: &[u32]) -> GenerateRequest {
    GenerateRequest {
        candidates: 4,
        latents: latents(4),
        prefix_len: prompt.len().saturating_sub(1),
        ..request(prompt, 0, &params(0.0, 5))
    }
}

#[tokio::test]
async fn each_candidate_keeps_its_latent_vector_however_states_are_kept() {
    for (keeps, kind) in [
        (Keeps::Nothing, CacheKind::None),
        (Keeps::Appended, CacheKind::Append),
        (Keeps::InPlace, CacheKind::InPlace),
    ] {
        let folder = folder("vae", &decoder(keeps, &EVEN));
        // Fewer rows than candidates, so that some wait and take the place of others.
        let engine = loaded(&folder, 3).unwrap();
        assert_eq!(engine.handling().kind, kind);
        for prompt in [&[6][..], &[6, 0, 1]] {
            let given = candidates(&engine, asked(prompt)).await;
            let given: Vec<_> = given.into_iter().map(|done| done.token_ids).collect();
            let expected: Vec<Vec<u32>> = (0..4).map(|candidate| vec![candidate; 5]).collect();
            assert_eq!(given, expected, "{kind} behind {prompt:?}");
        }
    }
}

#[tokio::test]
async fn a_fixed_state_beside_attention_begins_anew_with_every_text() {
    let folder = folder("recurrent", &counting());
    let engine = loaded(&folder, 3).unwrap();
    assert_eq!(engine.handling().kind, CacheKind::InPlace);
    for (prompt, expected) in [([1, 1, 1, 0], 1), ([0, 0, 2, 2], 0), ([2, 2, 2, 0], 2)] {
        for prefix_len in [0, 2, 2] {
            let asked = request(&prompt, prefix_len, &params(0.0, 4));
            let given = candidates(&engine, asked).await;
            assert_eq!(given[0].token_ids, [expected; 4], "after {prompt:?}");
        }
    }
}

#[tokio::test]
async fn candidates_that_run_apart_fail_once_and_together() {
    let folder = folder("vae", &decoder(Keeps::Nothing, &failures::table()));
    let engine = loaded(&folder, 8).unwrap();
    let mut events = engine.submit(asked(&[3])).await.unwrap();
    let mut failed = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Failed(error) => failed.push(error.problem().to_string()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(failed.len(), 1, "{failed:?}");
    insta::assert_snapshot!(failed[0], @"
    the model's output at position 0 is not a number

    hint: the model's weights or its precision are at fault
    ");
}

#[tokio::test]
async fn a_whole_text_of_noise_ends_where_it_says_or_where_it_was_told_to() {
    let folder = folder("one_shot", &one_shot());
    let engine = loaded(&folder, 8).unwrap();
    assert_eq!(
        (engine.latent_size(), engine.most_positions()),
        (Some(4), Some(3))
    );
    // Somebody who does not wait for it leaves the next in peace.
    drop(engine.submit(asked(&[])).await.unwrap());
    let given = candidates(&engine, asked(&[3, 99])).await;
    for (candidate, done) in given.iter().enumerate() {
        assert_eq!(done.token_ids, [candidate as u32, 7]);
        assert_eq!(done.prompt_tokens, 0, "the prompt is not read");
    }
    let short = GenerateRequest {
        params: params(0.0, 1),
        ..asked(&[])
    };
    assert_eq!(candidates(&engine, short).await[2].token_ids, [2]);
}

#[tokio::test]
async fn a_generator_may_give_the_tokens_themselves() {
    let known = folder("one_shot", &one_shot_of_tokens(&[0, 1, 7, 2]));
    let given = candidates(&loaded(&known, 8).unwrap(), asked(&[])).await;
    assert_eq!(
        (&given[0].token_ids[..], &given[0].text[..]),
        (&[0, 1, 7][..], "rain snow")
    );
    let beyond = folder("one_shot", &one_shot_of_tokens(&[0, 99]));
    let engine = loaded(&beyond, 8).unwrap();
    let mut events = engine.submit(asked(&[])).await.unwrap();
    let mut failed = Vec::new();
    while let Some(event) = events.recv().await {
        if let Event::Failed(error) = event {
            failed.push(error.to_string());
        }
    }
    assert_eq!(failed, ["the model's output at position 1 is infinite"]);
}

#[test]
fn graphs_that_make_no_whole_text_say_what_is_wrong() {
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut parts = one_shot();
        change(&mut parts);
        refused("one_shot", &parts)
    };
    let random = |parts: &mut Parts| {
        parts.nodes[0] = node("MatMul", "", &["both", "weights"], &["by_noise"], &[]);
        let own = [
            node("RandomNormalLike", "", &["noise"], &["own"], &[]),
            node("Add", "", &["noise", "own"], &["both"], &[]),
        ];
        parts.nodes.splice(0..0, own);
    };
    let nan = |parts: &mut Parts| {
        parts.tensors[1] = tiny::floats("ends", &[1, 3, 8], &[f32::NAN; 24]);
    };
    let told = [
        with(&|parts| parts.inputs = vec![port("input_ids", 7, &["batch", "sequence"])]),
        with(&|parts| parts.outputs = vec![port("score", 1, &["batch"])]),
        with(&|parts| {
            parts.outputs = ["a", "b"]
                .map(|name| port(name, 1, &["batch", "3", "8"]))
                .into()
        }),
        with(&|parts| parts.inputs = vec![port("noise", 1, &["batch", "5"])]),
        with(&random),
        with(&nan),
        refused("one_shot", &one_shot_of_tokens(&[])),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    DIR/model.onnx: is no graph that this engine can run: a `one_shot` takes one vector of noise [batch, size] and nothing else; this graph takes `input_ids` [batch, sequence]
    DIR/model.onnx: is no graph that this engine can run: a `one_shot` gives logits [batch, positions, vocabulary] or tokens [batch, positions]; this graph gives `score` [batch]
    DIR/model.onnx: is no graph that this engine can run: several outputs could be the text, and none is named `logits`: `a` [batch, 3, 8], `b` [batch, 3, 8]
    DIR/model.onnx: is no graph that this engine can run: `noise` takes 5 values, and `nightdesk.latent` in config.json says 4
    DIR/model.onnx: is no graph that this engine can run: the same noise gives another text the second time: it draws random numbers of its own, and no draft of it could be made again; export it with all of its noise as an input
    DIR/model.onnx: cannot be used: all it gives is NaN: its weights are damaged, or the export made them so
    DIR/model.onnx: cannot be used: it gives a text of no positions
    "#);
}

#[test]
fn configurations_that_do_not_fit_a_graph_say_what_is_wrong() {
    let with = |graph: &Parts, config: &str| {
        let folder = folder("one_shot", graph);
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        loaded(&folder, 8).map(|_| ()).unwrap_err()
    };
    let told = [
        with(
            &one_shot(),
            r#"{"eos_token_id":7,"vocab_size":9,"nightdesk":{"kind":"one_shot"}}"#,
        ),
        with(
            &one_shot_of_tokens(&[0]),
            r#"{"eos_token_id":7,"nightdesk":{"kind":"one_shot","latent":4}}"#,
        ),
        with(
            &one_shot(),
            r#"{"eos_token_id":7,"nightdesk":{"kind":"one_shot","latent":40000000}}"#,
        ),
        with(
            &one_shot(),
            r#"{"eos_token_id":7,"vocab_size":4000000000000,"nightdesk":{"kind":"one_shot"}}"#,
        ),
        with(
            &one_shot(),
            r#"{"eos_token_id":7,"nightdesk":{"kind":"gan"}}"#,
        ),
        with(&one_shot(), "[1, 2]"),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    DIR/model.onnx: is no graph that this engine can run: `logits` scores 8 tokens, and `vocab_size` in config.json says 9
    DIR/model.onnx: is no graph that this engine can run: `tokens` gives tokens, and config.json does not say how many there are (`vocab_size`)
    DIR/config.json: cannot be used: `nightdesk.latent` must be at most 16777216, given 40000000
    DIR/config.json: cannot be used: `vocab_size` must be at most 16777216, given 4000000000000
    DIR/config.json: cannot be used: `nightdesk.kind` must be `recurrent`, `vae` or `one_shot`, given "gan"
    DIR/config.json: cannot be used: it must hold an object `{…}`
    "#);
}

#[test]
fn latent_vectors_that_nobody_can_give_say_what_is_wrong() {
    let plain = decoder(Keeps::Nothing, &EVEN);
    let mut two = decoder(Keeps::Nothing, &EVEN);
    two.inputs.push(port("noise", 1, &["batch", "4"]));
    let undeclared = folder("vae", &plain);
    std::fs::write(
        undeclared.path().join("config.json"),
        r#"{"eos_token_id":7,"vocab_size":8}"#,
    )
    .unwrap();
    let without = tempfile::tempdir().unwrap();
    tiny::write(without.path(), &EVEN, GOOD);
    std::fs::write(
        without.path().join("config.json"),
        r#"{"eos_token_id":7,"vocab_size":8,"nightdesk":{"kind":"vae"}}"#,
    )
    .unwrap();
    let told = [
        refused("vae", &two),
        loaded(&undeclared, 8).map(|_| ()).unwrap_err(),
        loaded(&without, 8).map(|_| ()).unwrap_err(),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    DIR/model.onnx: is no graph that this engine can run: it takes two latent vectors, `latent` and `noise`: one is all that this engine draws
    DIR/model.onnx: is no graph that this engine can run: `latent` takes a latent vector, and config.json does not say `"nightdesk": {"kind": "vae"}`
    DIR/model.onnx: is no graph that this engine can run: config.json says that it is a `vae`, and it has no input for a latent vector, such as `latent`
    "#);
}

#[test]
fn an_encoder_gives_the_mean_or_says_why_not() {
    let folder = folder("vae", &decoder(Keeps::Nothing, &EVEN));
    let latent = |graph: &Parts, text: &str| {
        write_graph(folder.path(), "encoder.onnx", graph);
        let engine = loaded(&folder, 8).unwrap();
        engine
            .latent_of(text)
            .map_err(|error| told(&folder, &error.problem().to_string()))
    };
    // Row 1 of the table and the row of the token that ends a text: 4, 5, 6, 7 and 28, 29, 30, 31.
    let mean = vec![32.0, 34.0, 36.0, 38.0];
    assert_eq!(latent(&encoder(4), "snow"), Ok(Some(mean)));
    let mut greedy = encoder(4);
    greedy.inputs.push(port("latent", 1, &["batch", "4"]));
    let mut scores = encoder(4);
    scores.outputs = vec![port("read", 1, &["batch", "sequence", "4"])];
    let mut silent = encoder(3);
    silent.outputs = ["z_log_var", "z_mean"]
        .map(|name| port(name, 1, &["batch", "size"]))
        .into();
    let mut nameless = encoder(4);
    nameless.nodes[1] = node(
        "ReduceSum",
        "",
        &["read", "one"],
        &["z_field"],
        &[("keepdims", 0)],
    );
    nameless.nodes[2] = node("Neg", "", &["z_field"], &["z_log_var"], &[]);
    nameless.outputs = ["z_log_var", "z_field"]
        .map(|name| port(name, 1, &["batch", "4"]))
        .into();
    let long = "rain ".repeat(70);
    let told = [
        latent(&encoder(4), ""),
        latent(&encoder(4), &long),
        latent(&encoder(3), "snow"),
        latent(&silent, "snow"),
        latent(&greedy, "snow"),
        latent(&scores, "snow"),
        latent(&nameless, "snow"),
    ];
    let told = told.map(|told| told.unwrap_err());
    insta::assert_snapshot!(told.join("\n"), @r#"
    the prompt is empty
    the prompt has 71 tokens and `max_tokens` is 0: together more than the limit of 64
    DIR/encoder.onnx: is no graph that this engine can run: it gives a latent vector of 3 values, and the decoder takes 4
    DIR/encoder.onnx: is no graph that this engine can run: it gives a latent vector of 3 values, and the decoder takes 4
    DIR/encoder.onnx: is no graph that this engine can run: an encoder takes a text and nothing else; this graph takes `latent` as well
    DIR/encoder.onnx: is no graph that this engine can run: an encoder gives one latent vector a text, such as `mean`
    DIR/encoder.onnx: is no graph that this engine can run: it gives several vectors, and none is named `mean` or `mu`: `z_log_var`, `z_field`
    "#);
}

#[test]
fn the_hash_of_a_model_covers_its_encoder() {
    let folder = folder("vae", &decoder(Keeps::Nothing, &EVEN));
    let hash = |graph: &Parts| {
        write_graph(folder.path(), "encoder.onnx", graph);
        ModelFolder::open(folder.path(), None).unwrap().sha256
    };
    assert_ne!(hash(&encoder(4)), hash(&encoder(5)));
}
