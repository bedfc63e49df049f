//! Every added token of several kinds of tokenizers, in every way a brief can spell it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::brief::Brief;
use crate::engine::{ChatTemplateFile, NamedTokens, Tokenizer};
use crate::prompt::Template;

const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n";
const LLAMA: &str = "{% for message in messages %}{% if message.role == 'system' %}<<SYS>>\n{{ message.content.strip() }}\n<</SYS>>\n{% elif message.role == 'user' %}[INST] {{ message.content.strip() }} [/INST]{% else %} {{ message.content }} </s>{% endif %}{% endfor %}";

/// A tokenizer of bytes with these added tokens: text, special, normalised.
fn tokenizer(added: &[(&str, bool, bool)], normalizer: Value) -> Arc<Tokenizer> {
    // The alphabet of byte-level BPE: printable bytes stand for themselves, the others for what follows Latin.
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut others = 256..;
    let letters = (0..256).map(|byte| {
        if printable(byte) {
            byte
        } else {
            others.next().unwrap_or(0)
        }
    });
    let vocabulary: serde_json::Map<String, Value> = letters
        .filter_map(char::from_u32)
        .zip(0..)
        .map(|(letter, id)| (letter.to_string(), json!(id)))
        .collect();
    let added: Vec<Value> = (256..)
        .zip(added)
        .map(|(id, (content, special, normalized))| {
            json!({"id": id, "content": content, "special": special, "normalized": normalized,
                "single_word": false, "lstrip": content.contains("mask"), "rstrip": false})
        })
        .collect();
    written(&json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": normalizer,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null, "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }))
}

fn written(tokenizer: &Value) -> Arc<Tokenizer> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokenizer.json");
    std::fs::write(&file, tokenizer.to_string()).unwrap();
    Arc::new(Tokenizer::from_file(&file).unwrap())
}

fn tokenizers() -> Vec<(Arc<Tokenizer>, &'static str)> {
    let special = |texts: &[&'static str]| -> Vec<(&'static str, bool, bool)> {
        texts.iter().map(|text| (*text, true, false)).collect()
    };
    let plain = |texts: &[&'static str]| -> Vec<(&'static str, bool, bool)> {
        texts.iter().map(|text| (*text, false, false)).collect()
    };
    let chatml = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<file_sep>"];
    let qwen = [
        special(&chatml),
        plain(&["<think>", "</think>", "<tool_call>"]),
    ]
    .concat();
    let gemma = ["<start_of_turn>", "<end_of_turn>", "<bos>"];
    let gemma = [
        special(&gemma),
        plain(&["\n", "\n\n", "▁▁", "<table>", "</td>"]),
    ]
    .concat();
    let mistral = ["<s>", "</s>", "[INST]", "[/INST]", "[ INST ]", "¤"];
    let bert = [
        ("[sep]", true, true),
        ("[cls]", true, false),
        ("<mask>", true, true),
        ("(s)", false, true),
    ];
    let caseless =
        json!({"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]});
    let strange = plain(&["ab", "bc", "ca", "abcab", "aa", "a b", "yesterday"]);
    vec![
        (tokenizer(&qwen, Value::Null), CHATML),
        (tokenizer(&gemma, Value::Null), CHATML),
        (tokenizer(&special(&mistral), Value::Null), LLAMA),
        (tokenizer(&plain(&["<s>", "</s>"]), Value::Null), LLAMA),
        (tokenizer(&bert, caseless), CHATML),
        (tokenizer(&strange, json!({"type": "NFC"})), CHATML),
    ]
}

fn controls(tokenizer: &Arc<Tokenizer>, chat: &ChatTemplate) -> Controls {
    Controls::new(Arc::clone(tokenizer), chat, BTreeSet::new())
}

fn chat(source: &str) -> ChatTemplate {
    let template = ChatTemplateFile {
        file: "chat_template.jinja".into(),
        source: source.to_owned(),
    };
    let tokens = NamedTokens {
        bos_token: Some("<s>".to_owned()),
        eos_token: Some("</s>".to_owned()),
        ..NamedTokens::default()
    };
    ChatTemplate::new(&template, tokens).unwrap()
}

fn template(body: &str) -> Template {
    // A template declares what it uses and no more.
    let used = ["topic", "tone"]
        .into_iter()
        .filter(|name| body.contains(&format!("{{{{{name}}}}}")));
    let used: Vec<String> = used.map(|name| format!("{name:?}")).collect();
    let front = "+++\ndescription = \"d\"\nkinds = [\"news\"]\nsystem = \"You write.\"\nvariables = [USED]\n[[example]]\nbrief = { topic = \"Rain\" }\noutput = \"It rained.\"\n+++\n";
    Template::from_source(
        "news/t",
        &format!("{}{body}", front.replace("USED", &used.join(", "))),
    )
    .unwrap()
}

fn brief(topic: &str, tone: &str) -> Brief {
    let brief = json!({"external_ref": "a", "kind": "news", "topic": topic, "language": "en", "tone": tone});
    serde_json::from_value(brief).unwrap()
}

/// Ids of the added tokens in a text, as the model gets them.
fn added(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let ids = tokenizer.encode(text).into_iter();
    ids.filter(|id| tokenizer.added_tokens().contains_key(id))
        .collect()
}

fn held(body: &str, topic: &str, tone: &str, (tokenizer, source): &(Arc<Tokenizer>, &str)) {
    let (chat, template) = (chat(source), template(body));
    let controls = controls(tokenizer, &chat);
    let text = |topic: &str, tone: &str| {
        let rendered = template.render(&brief(topic, tone)).unwrap();
        chat_text(rendered, &chat, &controls, NaiveDate::default())
    };
    let (given, own) = (text(topic, tone).unwrap(), text("7", "7").unwrap());
    assert_eq!(
        added(tokenizer, &given),
        added(tokenizer, &own),
        "{topic:?} and {tone:?} in {body:?} became {given:?}"
    );
    let markers = |text: &str| ["<<SYS>>", "[INST]"].map(|marker| text.matches(marker).count());
    if *source == LLAMA {
        assert_eq!(markers(&given), markers(&own), "{given:?}");
    }
}

#[test]
fn no_added_token_of_any_tokenizer_comes_out_of_a_brief() {
    for model in &tokenizers() {
        let tokens: Vec<String> = model.0.added_tokens().values().cloned().collect();
        assert!(tokens.len() > 1);
        let markers = ["<<SYS>>", "[INST]", "<|im_end|>"].map(str::to_owned);
        for token in tokens.into_iter().chain(markers) {
            let loud = token.to_uppercase();
            let wide = token.replace('<', "＜").replace('[', "［");
            for value in [&token, &loud, &wide, &format!("a {token}, {token}{token}")] {
                held("{{topic}} {{{tone}}}", value, "dry", model);
            }
            for (at, _) in token.char_indices() {
                let (head, tail) = token.split_at(at);
                // Nested, split over two values, and completed by the template's own text.
                held("{{topic}}", &format!("{head}{token}{tail}"), "", model);
                held("{{topic}}{{tone}}", head, tail, model);
                let literal = !head.contains(['{', '\\']) && !head.trim().is_empty();
                if literal && head.trim() == head && tail.trim() == tail {
                    held(&format!("Say {head}{{{{topic}}}}"), tail, "", model);
                    held(&format!("Say {{{{topic}}}}{tail}"), head, "", model);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..Default::default() })]

    /// Whatever is put together from pieces of tokens.
    #[test]
    fn no_pieces_of_tokens_come_together(which in 0_usize..6, pieces in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12), split in any::<prop::sample::Index>()) {
        let model = &tokenizers()[which];
        let tokens: Vec<&String> = model.0.added_tokens().values().collect();
        let mut text: Vec<char> = Vec::new();
        for (token, from, to) in pieces {
            let token: Vec<char> = token.get(&tokens).chars().collect();
            let (from, to) = (from.index(token.len()), to.index(token.len() + 1));
            text.extend(&token[from.min(to)..from.max(to)]);
        }
        let split = split.index(text.len() + 1);
        let (topic, tone): (String, String) = (text[..split].iter().collect(), text[split..].iter().collect());
        held("{{topic}}{{tone}}", &topic, &tone, model);
    }
}

#[test]
fn what_a_template_says_itself_stays_and_clean_values_come_through_unchanged() {
    let (tokenizer, source) = &tokenizers()[0];
    let chat = chat(source);
    let rendered = template("Think: <think>{{topic}}</think>")
        .render(&brief("A < B, [sic] & 5 > 4", ""))
        .unwrap();
    let text = chat_text(
        rendered,
        &chat,
        &controls(tokenizer, &chat),
        NaiveDate::default(),
    )
    .unwrap();
    assert!(
        text.ends_with(
            "Think: <think>A < B, [sic] & 5 > 4</think><|im_end|>\n<|im_start|>assistant"
        ),
        "{text}"
    );
}

#[test]
fn an_unknown_character_is_no_control_token() {
    let tokenizer = written(&json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null,
        "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false}],
        "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "Snow": 1}, "unk_token": "<unk>"},
    }));
    let chat = ChatTemplate::plain(String::new()).unwrap();
    let controls = controls(&tokenizer, &chat);
    let text = |topic: &str| {
        let rendered = template("{{topic}}").render(&brief(topic, "")).unwrap();
        chat_text(rendered, &chat, &controls, NaiveDate::default()).unwrap()
    };
    assert!(text("Snow fell").ends_with("Snow fell\n\n"));
    assert!(text("Snow <unk> fell").ends_with("Snow < unk> fell\n\n"));
}

#[test]
fn what_cannot_be_kept_apart_is_refused() {
    // A tokenizer that leaves blanks out mends whatever a space breaks.
    let blind = json!({"type": "Replace", "pattern": {"String": " "}, "content": ""});
    let tokenizer = tokenizer(&[("<end>", true, true)], blind);
    let chat = chat(CHATML);
    let rendered = template("{{topic}}").render(&brief("x <end>", "")).unwrap();
    let error = chat_text(
        rendered,
        &chat,
        &controls(&tokenizer, &chat),
        NaiveDate::default(),
    )
    .unwrap_err();
    let problem = error.problem();
    insta::assert_snapshot!(format!("{}: {problem}", problem.code), @"
    prompt.control_token: `<end>` steers the model, and stands 1 times in the prompt instead of 0

    hint: take it out of the brief, or out of the editor's note, and draft it again
    ");
}
