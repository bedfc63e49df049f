//! `models` and the flags of `generate`, mostly on tiny models that a test wrote.

use serde_json::{Value, json};

use crate::commands::{Folder, MODEL, keys};
use crate::engine::failures::table;
use crate::engine::tiny::{GOOD, Recipe, write};

/// A folder with a tiny model.
fn with_tiny(recipe: Recipe) -> Folder {
    let folder = Folder::without_database();
    std::fs::create_dir_all(folder.path("mine/tiny")).unwrap();
    write(&folder.path("mine/tiny"), &table(), recipe);
    folder
}

#[test]
fn a_list_shows_the_good_the_broken_and_who_uses_them() {
    let folder = with_tiny(GOOD);
    folder.write("mine/broken/model.onnx", "nothing");
    let campaign = "name = \"a\"\n[draft]\ntemplate = \"news/explainer\"\nmodel = \"tiny\"\n";
    folder.write("jobs/a.toml", campaign);
    insta::assert_snapshot!(folder.run(&["models", "list", "--models", "mine"]), @"
    exit 0
    -- stdout --
     MODEL   VARIANT  DIALECT    PRECISION  SIZE  CONTEXT  LICENCE  SHA-256       USED BY
     broken                                                                       cannot be used: has no `tokenizer.json`
     tiny    default  gqa-fused  float32    0 MB  512               85d0312bd4fb  a
    ");
    let listed = folder.json(&["models", "list", "--models", "mine"]);
    assert_eq!(
        keys(&listed[1]),
        "name dialect chat precision parameters bytes variant context licence sha256 error used_by"
    );
    assert_eq!(listed[1]["used_by"], json!(["a"]));
    insta::assert_snapshot!(folder.run(&["models", "list", "--models", "/nowhere"]), @"
    exit 1
    -- stderr --
    error: /nowhere: cannot be read: No such file or directory (os error 2)

    hint: `--models` names the folder of model folders; `make setup` makes the default model
    ");
}

#[test]
fn a_check_goes_as_far_as_it_can_and_says_what_stopped_it() {
    let folder = with_tiny(Recipe { opset: 99, ..GOOD });
    insta::assert_snapshot!(folder.run(&["models", "check", "mine/tiny"]), @"
    exit 1
    -- stdout --
    ok    files          complete, sha256 37df99947b62…, licence not recorded
    ok    variant        default: model.onnx
    ok    configuration  512 tokens, ends with token 7, from config.json
    ok    opset          ai.onnx 99, com.microsoft 1
    ok    graph          gqa-fused, float32, 0.0 M parameters, 0 MB of weights, by tiny
    -- stderr --
    error: mine/tiny/model.onnx: is of opset 99 of `ai.onnx`, and this ONNX Runtime knows up to 28

    hint: export the model with that opset or an older one, or name a newer library with `--runtime-library`
    ");
    write(
        &folder.path("mine/tiny"),
        &table(),
        Recipe {
            custom: Some("acme.fast"),
            ..GOOD
        },
    );
    insta::assert_snapshot!(folder.run(&["models", "check", "mine/tiny"]), @"
    exit 1
    -- stderr --
    error: mine/tiny/model.onnx: needs the operator `acme.fast::Magic`, at node `the_magic`

    hint: ONNX Runtime has the operators of `ai.onnx`, `ai.onnx.ml` and `com.microsoft`; export the model without custom ones
    ");
    write(&folder.path("mine/tiny"), &table(), GOOD);
    std::fs::remove_file(folder.path("mine/tiny/tokenizer.json")).unwrap();
    insta::assert_snapshot!(folder.run(&["models", "check", "mine/tiny"]), @r#"
    exit 1
    -- stderr --
    error: mine/tiny: has no `tokenizer.json`

    hint: where the folder has the files of a slow tokenizer, this makes one: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('.').save_pretrained('.')"
    "#);
    insta::assert_snapshot!(folder.run(&["models", "check", "nope"]), @"
    exit 1
    -- stderr --
    error: no model folder at `REPOSITORY/models/nope`

    hint: `make setup` makes the default model; `nightdesk models list` shows what is there
    ");
}

#[test]
fn a_good_model_passes_and_a_reference_with_other_words_is_refused() {
    let folder = with_tiny(GOOD);
    insta::assert_snapshot!(folder.run(&["models", "check", "mine/tiny", "--no-speed"]), @r#"
    exit 0
    -- stdout --
    ok    files          complete, sha256 85d0312bd4fb…, licence not recorded
    ok    variant        default: model.onnx
    ok    configuration  512 tokens, ends with token 7, from config.json
    ok    opset          ai.onnx 21, com.microsoft 1
    ok    graph          gqa-fused, float32, 0.0 M parameters, 0 MB of weights, by tiny
    ok    runtime        onnxruntime VERSION takes it
    ok    tokenizer      8 tokens, a text comes back changed
    ok    chat template  none: a base model, it reads the messages one after the other
    ok    text           "wind"
    ok    cache          in place, 64 bytes a token; texts run together, and each comes out the same to the bit whatever runs beside it
    "#);
    let alike = [
        "models",
        "check",
        "mine/tiny",
        "--no-speed",
        "--reference",
        "mine/tiny",
    ];
    let checked = folder.json(&alike);
    assert_eq!(checked["quality"]["kl"], json!(0.0), "{checked}");
    assert_eq!(checked["quality"]["top_1"], json!(1.0));
    let other = [
        "models",
        "check",
        "mine/tiny",
        "--no-speed",
        "--reference",
        MODEL,
    ];
    let said = folder.run(&other);
    assert_eq!(said.status, 1, "{said}");
    insta::assert_snapshot!(said.stderr, @"error: `reference`: must be a model with the same vocabulary, given 8 and 49152 tokens");
}

const GENERATE: [&str; 6] = [
    "generate",
    "--raw",
    "--model",
    "mine/tiny",
    "--temperature",
    "0",
];

#[test]
fn a_prompt_comes_from_a_flag_a_file_or_standard_input() {
    let folder = with_tiny(GOOD);
    folder.write("prompt.txt", "rain");
    let flag = folder.run(&[&GENERATE[..], &["--prompt", "rain"]].concat());
    assert_eq!(flag.stdout, "snow fog wind\n", "{flag}");
    let file = folder.run(&[&GENERATE[..], &["--file", "prompt.txt"]].concat());
    let typed = folder.fed("rain", &GENERATE);
    assert_eq!([&file.stdout, &typed.stdout], [&flag.stdout; 2]);
    insta::assert_snapshot!(folder.fed("  \n", &GENERATE), @"
    exit 1
    -- stderr --
    error: the prompt is empty
    ");
    let missing = [&GENERATE[..], &["--file", "nope.txt"]].concat();
    insta::assert_snapshot!(folder.run(&missing), @"
    exit 1
    -- stderr --
    error: nope.txt: cannot be read: No such file or directory (os error 2)

    hint: a prompt is UTF-8 text
    ");
    let nonsense = [&GENERATE[..], &["--prompt", "x", "--stream"]].concat();
    insta::assert_snapshot!(folder.run(&nonsense), @"
    exit 1
    -- stderr --
    error: the following required arguments were not provided:
      --json

    Usage: nightdesk generate --json --raw --model <DIR> --temperature <T> --prompt <TEXT> --stream

    For more information, try '--help'.
    ");
}

#[test]
fn several_texts_and_their_parts_as_they_come() {
    let folder = with_tiny(GOOD);
    let two = [&GENERATE[..], &["--prompt", "rain", "-n", "2"]].concat();
    let both = folder.json(&two);
    assert_eq!(
        [&both[0]["text"], &both[1]["text"]],
        [&json!("snow fog wind"); 2]
    );
    assert_eq!(
        folder.run(&two).stdout,
        "candidate 0\nsnow fog wind\ncandidate 1\nsnow fog wind\n"
    );
    let said = folder.run(&[&GENERATE[..], &["--prompt", "rain", "--json", "--stream"]].concat());
    let lines: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (last, parts) = lines.split_last().unwrap();
    let text: String = parts
        .iter()
        .map(|part| part["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        (text.as_str(), &last["text"]),
        ("snow fog wind", &json!("snow fog wind"))
    );
    let top = folder.json(&[&GENERATE[..], &["--prompt", "rain", "--logprobs", "2"]].concat());
    assert_eq!(top["top_logprobs"][0][0]["token"], "snow");
    assert_eq!(top["top_logprobs"].as_array().unwrap().len(), 4);
    assert_eq!(top["entropy"].as_array().unwrap().len(), 4);
}

#[test]
fn a_bias_or_a_ban_that_cannot_be_is_told_by_its_flag() {
    let folder = with_tiny(GOOD);
    let flags: [&[&str]; 5] = [
        &["--logit-bias", "rain snow=1"],
        &["--logit-bias", "id:99=1"],
        &["--logit-bias", "rain=1000"],
        &["--logit-bias", "rain"],
        &["--ban", "end", "--stop", "The end."],
    ];
    let told = flags.map(|flag| {
        let said = folder.run(&[&GENERATE[..], &["--prompt", "rain"], flag].concat());
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        said.stderr
    });
    insta::assert_snapshot!(told.concat(), @r#"
    error: `--logit-bias`: must be a text that is one token, given `rain snow` of 2 tokens
    error: `--logit-bias`: must be `id:` and a number below that of the tokens, given `id:99` with 8 tokens
    error: `--logit-bias`: must be from -100 to 100, given 1000 for `rain`
    error: invalid value 'rain' for '--logit-bias <TEXT=BIAS>': expected TEXT=BIAS, such as `cheap=-5`

    For more information, try '--help'.
    error: `--ban`: must be words that are in no stop text, given a stop text "The end." that holds one
    "#);
}
