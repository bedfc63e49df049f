//! The engine on the real model: greedy parity with the reference, batch invariance, prefixes, limits.

mod exports;
pub(crate) mod failures;
mod folders;
mod generator_failures;
mod generators;
mod invariance;
mod speaking;
pub(crate) mod tiny;
mod tiny_generators;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use chrono::NaiveDate;
use nightdesk::domain::draft::FinishReason;
use nightdesk::engine::{
    Candidate, ChatMessage, Engine, EngineError, EngineOptions, Event, GenerateRequest,
    ModelFolder, SamplingParams,
};
use serde::Deserialize;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn load(model: &Path) -> Engine {
    let runtime = project(".nightdesk/runtime/libonnxruntime.so");
    let folder = ModelFolder::open(model, None);
    folder
        .and_then(|folder| Engine::load(&runtime, folder, EngineOptions::default()))
        .unwrap_or_else(|error| panic!("{} (`make setup` makes what is missing)", error.problem()))
}

fn default_model() -> Engine {
    load(&project("models/smollm2-135m-instruct"))
}

async fn candidates(engine: &Engine, request: GenerateRequest) -> Vec<Candidate> {
    let mut events = engine.submit(request).await.expect("accepted");
    let mut finished = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Finished(candidate) => finished.push(*candidate),
            Event::Failed(error) => panic!("{error}"),
            Event::Text { .. } => {}
        }
    }
    finished.sort_by_key(|candidate| candidate.candidate);
    finished
}

fn chat(engine: &Engine, system: &str, user: &str) -> Vec<u32> {
    let messages = [
        ChatMessage {
            role: "system",
            content: system,
        },
        ChatMessage {
            role: "user",
            content: user,
        },
    ];
    let prompt = engine
        .chat()
        .render(&messages, NaiveDate::default())
        .expect("rendered");
    engine.tokenizer().encode(&prompt)
}

fn params(temperature: f32, max_tokens: u32) -> SamplingParams {
    SamplingParams {
        temperature,
        max_tokens,
        seed: 11,
        ..SamplingParams::default()
    }
}

fn request(prompt: &[u32], prefix_len: usize, params: &SamplingParams) -> GenerateRequest {
    GenerateRequest {
        item: 5,
        prompt: prompt.to_vec(),
        prefix_len,
        candidates: 1,
        params: params.clone(),
        latents: Vec::new(),
    }
}

/// The table that `models/export/reference.py` wrote with transformers from the same weights.
#[derive(Deserialize)]
struct Reference {
    max_new_tokens: u32,
    prompts: Vec<ReferencePrompt>,
}

#[derive(Deserialize)]
struct ReferencePrompt {
    messages: Vec<ReferenceMessage>,
    prompt: String,
    input_ids: Vec<u32>,
    output_ids: Vec<u32>,
}

#[derive(Deserialize)]
struct ReferenceMessage {
    role: String,
    content: String,
}

fn reference() -> Reference {
    let file = project("tests/fixtures/greedy/smollm2-135m-instruct.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The fp32 export, made in the cache the first time: it is four times the size of the default.
fn fp32_model() -> &'static Path {
    static MODEL: OnceLock<PathBuf> = OnceLock::new();
    MODEL.get_or_init(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache"),
            PathBuf::from,
        );
        let dir = cache.join("nightdesk/smollm2-135m-instruct-fp32");
        let output = Command::new(project("scripts/setup-model.sh"))
            .args(["--precision", "fp32", "--out"])
            .arg(&dir)
            .output()
            .expect("the set-up script starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        dir
    })
}

#[tokio::test]
async fn chat_template_and_tokenizer_agree_with_the_reference() {
    let engine = default_model();
    for prompt in reference().prompts {
        let messages: Vec<ChatMessage<'_>> = prompt
            .messages
            .iter()
            .map(|message| ChatMessage {
                role: &message.role,
                content: &message.content,
            })
            .collect();
        let rendered = engine
            .chat()
            .render(&messages, NaiveDate::default())
            .expect("rendered");
        assert_eq!(rendered, prompt.prompt);
        assert_eq!(engine.tokenizer().encode(&rendered), prompt.input_ids);
    }
}

#[tokio::test]
async fn greedy_tokens_of_the_fp32_export_equal_those_of_the_reference() {
    let engine = load(fp32_model());
    let table = reference();
    assert_eq!(table.prompts.len(), 20);
    let params = params(0.0, table.max_new_tokens);
    // All at once: twenty sequences of different length decode together.
    let requests = table
        .prompts
        .iter()
        .map(|prompt| candidates(&engine, request(&prompt.input_ids, 0, &params)));
    let outputs = futures_in_order(requests.collect()).await;
    for (prompt, output) in table.prompts.iter().zip(outputs) {
        assert_eq!(output[0].token_ids, prompt.output_ids, "{}", prompt.prompt);
    }
}

/// Polls all futures together and gives their results in order.
async fn futures_in_order<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut pending = false;
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(results.iter_mut().filter_map(Option::take).collect())
    })
    .await
}

#[tokio::test]
async fn banned_words_never_show_however_likely_they_are() {
    let engine = default_model();
    let prompt = chat(
        &engine,
        "You are a poet.",
        "Write four lines about the rain and the sea.",
    );
    let open = GenerateRequest {
        candidates: 4,
        ..request(&prompt, 0, &params(0.9, 60))
    };
    let count = |all: &[Candidate], word: &str| {
        let lower = all.iter().map(|c| c.text.to_lowercase());
        lower
            .filter(|text| {
                text.split(|c: char| !c.is_alphanumeric())
                    .any(|w| w == word)
            })
            .count()
    };
    let free = candidates(&engine, open.clone()).await;
    assert!(count(&free, "rain") + count(&free, "sea") + count(&free, "the") > 0);
    let mut banned = open;
    banned.params.banned_words = ["Rain", "sea", "the"].map(str::to_owned).into();
    let held = candidates(&engine, banned).await;
    for word in ["rain", "sea", "the"] {
        assert_eq!(count(&held, word), 0, "{word}: {held:?}");
    }
}

#[tokio::test]
async fn candidates_differ_from_each_other_and_not_between_calls() {
    let engine = default_model();
    let prompt = chat(&engine, "You are a poet.", "Write one line about rain.");
    let request = GenerateRequest {
        candidates: 4,
        ..request(&prompt, 0, &params(1.0, 16))
    };
    let first = candidates(&engine, request.clone()).await;
    let again = candidates(&engine, request).await;
    let texts = |all: &[Candidate]| all.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&first), texts(&again));
    let mut different = texts(&first);
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 4);
}

#[tokio::test]
async fn streamed_parts_add_up_to_the_text_and_stop_strings_never_show() {
    let engine = default_model();
    let prompt = chat(
        &engine,
        "Be brief.",
        "Count from one to twenty in words, with commas.",
    );
    let open = params(0.0, 40);
    let whole = candidates(&engine, request(&prompt, 0, &open)).await;
    // A stop string taken from the middle of the greedy text, across a token border.
    let middle = whole[0].text.len() / 2;
    let stop = whole[0].text[middle..middle + 5].to_owned();
    let params = SamplingParams {
        stop: vec![stop.clone()],
        ..open
    };
    let mut events = engine.submit(request(&prompt, 0, &params)).await.unwrap();
    let mut streamed = String::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Text { text, .. } => streamed.push_str(&text),
            Event::Finished(candidate) => {
                assert_eq!(candidate.finish_reason, FinishReason::StopSequence);
                assert_eq!(streamed, candidate.text);
                assert!(!candidate.text.contains(&stop));
                assert_eq!(Some(candidate.text.len()), whole[0].text.find(&stop));
            }
            Event::Failed(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_fit_is_refused_with_both_numbers() {
    let engine = default_model();
    let long = vec![42u32; 8000];
    let error = engine
        .submit(request(&long, 0, &params(0.7, 500)))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the prompt has 8000 tokens and `max_tokens` is 500: together more than the limit of 8192"
    );
    let empty = engine
        .submit(request(&[], 0, &params(0.7, 5)))
        .await
        .unwrap_err();
    assert_eq!(empty, EngineError::EmptyPrompt);
    let mut hot = params(-1.0, 5);
    let refused = engine.submit(request(&[1], 0, &hot)).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`temperature` must be 0 or more, given -1"
    );
    hot.temperature = 1.0;
    hot.top_p = 0.0;
    let refused = engine.submit(request(&[1], 0, &hot)).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`top_p` must be above 0 and at most 1, given 0"
    );
}

#[tokio::test]
async fn a_caller_that_goes_away_frees_its_rows() {
    let engine = default_model();
    let prompt = chat(
        &engine,
        "You are a poet.",
        "Write a very long poem about rain.",
    );
    let endless = GenerateRequest {
        candidates: 8,
        ..request(&prompt, 0, &params(1.0, 4000))
    };
    drop(engine.submit(endless).await.unwrap());
    let short = candidates(&engine, request(&prompt, 0, &params(0.0, 4))).await;
    assert_eq!(short[0].token_ids.len(), 4);
}
