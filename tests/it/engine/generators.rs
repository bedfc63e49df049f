//! Recurrent models, variational autoencoders and one-shot generators: the trained ones of `models/generators` give
//! the tokens that ONNX Runtime gave their own script, and texts that differ.

use std::collections::BTreeSet;

use nightdesk::engine::{CacheKind, Engine, GenerateRequest, SamplingParams};
use serde::Deserialize;

use super::{candidates, load, params, project, request};

/// What `models/generators/record.py` recorded of one model.
#[derive(Deserialize)]
struct Recorded<Prompt> {
    prompts: Vec<Prompt>,
    #[serde(default)]
    latents: Vec<Vec<f32>>,
    #[serde(default)]
    encoded: Vec<Encoded>,
}

/// A prompt and the likeliest tokens behind it.
#[derive(Deserialize)]
struct Continued<Tokens> {
    ids: Vec<u32>,
    greedy: Tokens,
}

/// Noise and the text that it becomes.
#[derive(Deserialize)]
struct Noise {
    noise: Vec<f32>,
    tokens: Vec<u32>,
    text: String,
}

/// A text and the latent vector that stands for it.
#[derive(Deserialize)]
struct Encoded {
    text: String,
    mean: Vec<f32>,
}

fn model(name: &str) -> Engine {
    load(&project(&format!("models/{name}")))
}

fn recorded<Prompt: for<'a> Deserialize<'a>>(name: &str) -> Recorded<Prompt> {
    let file = project(&format!("models/generators/records/{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Tokens up to the first that ends a text.
fn ended(engine: &Engine, tokens: &[u32]) -> Vec<u32> {
    let ends = &engine.model().configuration.end_tokens;
    let end = tokens.iter().position(|token| ends.contains(token));
    tokens[..end.map_or(tokens.len(), |end| end + 1)].to_vec()
}

#[tokio::test]
async fn recurrent_models_give_the_recorded_tokens() {
    for name in ["fiction-lstm", "fiction-gru"] {
        let engine = model(name);
        assert_eq!(engine.handling().kind, CacheKind::Recurrent, "{name}");
        for case in recorded::<Continued<Vec<u32>>>(name).prompts {
            let asked = request(&case.ids, 0, &params(0.0, 20));
            let given = candidates(&engine, asked).await;
            let expected = ended(&engine, &case.greedy);
            assert_eq!(given[0].token_ids, expected, "{name} after {:?}", case.ids);
        }
    }
}

#[tokio::test]
async fn each_candidate_of_a_vae_has_a_latent_vector() {
    let engine = model("fiction-vae");
    let recorded = recorded::<Continued<Vec<Vec<u32>>>>("fiction-vae");
    for case in recorded.prompts {
        let asked = GenerateRequest {
            candidates: recorded.latents.len() as u32,
            latents: recorded.latents.clone(),
            ..request(&case.ids, 0, &params(0.0, 20))
        };
        let given = candidates(&engine, asked).await;
        let given: Vec<_> = given.into_iter().map(|text| text.token_ids).collect();
        let expected = case.greedy.iter().map(|greedy| ended(&engine, greedy));
        assert_eq!(given, expected.collect::<Vec<_>>(), "after {:?}", case.ids);
    }
}

#[tokio::test]
async fn the_encoder_of_a_vae_gives_the_mean_of_a_text() {
    let engine = model("fiction-vae");
    for case in recorded::<Continued<Vec<Vec<u32>>>>("fiction-vae").encoded {
        let latent = engine.latent_of(&case.text).unwrap().expect("an encoder");
        assert_eq!(latent.len(), case.mean.len());
        for (given, expected) in latent.iter().zip(&case.mean) {
            // Recorded to four digits.
            assert!((given - expected).abs() < 1e-3, "{latent:?}");
        }
    }
    assert_eq!(model("fiction-lstm").latent_of("A text.").unwrap(), None);
}

#[tokio::test]
async fn noise_becomes_the_recorded_texts() {
    let engine = model("fiction-gan");
    let recorded = recorded::<Noise>("fiction-gan").prompts;
    let asked = GenerateRequest {
        candidates: recorded.len() as u32,
        latents: recorded.iter().map(|case| case.noise.clone()).collect(),
        ..request(&[], 0, &params(0.0, 100))
    };
    let given = candidates(&engine, asked).await;
    for (given, expected) in given.iter().zip(&recorded) {
        assert_eq!(given.token_ids, expected.tokens);
        assert_eq!(given.text.trim(), expected.text.trim());
    }
}

#[tokio::test]
async fn of_fifty_texts_at_least_forty_five_differ_and_the_seed_repeats_them() {
    for name in ["fiction-lstm", "fiction-gru", "fiction-vae", "fiction-gan"] {
        let engine = model(name);
        let opening = engine.empty_prompt();
        let defaults = &engine.model().configuration.sampling;
        let drawn = SamplingParams {
            temperature: defaults.temperature.unwrap_or(0.0),
            top_p: defaults.top_p.unwrap_or(1.0),
            max_tokens: 40,
            seed: 3,
            ..SamplingParams::default()
        };
        let asked = GenerateRequest {
            candidates: 50,
            ..request(&opening, 0, &drawn)
        };
        let first = candidates(&engine, asked.clone()).await;
        let again = candidates(&engine, asked).await;
        let texts = |all: &[_]| -> Vec<String> {
            let texts = all
                .iter()
                .map(|text: &nightdesk::engine::Candidate| text.text.clone());
            texts.collect()
        };
        assert_eq!(texts(&first), texts(&again), "{name}");
        let different: BTreeSet<String> = texts(&first).into_iter().collect();
        assert!(different.len() >= 45, "{name}: {different:#?}");
    }
}

#[tokio::test]
async fn latents_of_another_number_or_length_are_refused() {
    let engine = model("fiction-gan");
    let asked = GenerateRequest {
        latents: vec![vec![0.0; 3]],
        ..request(&[], 0, &params(0.0, 8))
    };
    let refused = engine.submit(asked).await.unwrap_err().problem();
    let told = refused.to_string();
    assert!(
        told.contains("`latents`: must be one vector a candidate, each as long as the model takes, given vectors of [3] values for 1 candidates"),
        "{told}"
    );
}
