//! Model folders as people have them: what is read from which file, what the hash covers, and what is said of a
//! folder that cannot be used.

use std::fs;
use std::path::Path;

use nightdesk::engine::{EngineError, ModelFolder};
use serde_json::{Value, json};

use super::project;

/// A copy of a fixture.
fn copy(name: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_into(&project("models/fixtures").join(name), copy.path());
    copy
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_into(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn open(dir: &Path) -> ModelFolder {
    ModelFolder::open(dir, None).unwrap_or_else(|error| panic!("{}", error.problem()))
}

fn refused(dir: &Path) -> String {
    let error = ModelFolder::open(dir, None).expect_err("refused");
    told(dir, &error)
}

fn told(dir: &Path, error: &EngineError) -> String {
    let problem = error.problem().to_string();
    problem.replace(&dir.display().to_string(), "DIR")
}

fn edit(dir: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = dir.join(file);
    let mut value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(&path, value.to_string()).unwrap();
}

#[test]
fn the_hash_covers_every_file_that_a_draft_depends_on() {
    let fixture = "web-qwen3";
    let folder = open(copy(fixture).path());
    let weights = folder.files.keys().find(|name| name.contains("_data"));
    let weights = weights.expect("weights beside the graph").clone();
    for file in [
        weights.as_str(),
        "tokenizer.json",
        "config.json",
        "generation_config.json",
        "tokenizer_config.json",
    ] {
        let other = copy(fixture);
        let path = other.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        if file.ends_with(".json") {
            bytes.push(b'\n');
        } else {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        }
        fs::write(&path, bytes).unwrap();
        assert_ne!(open(other.path()).sha256, folder.sha256, "{file}");
    }
    let other = copy(fixture);
    fs::write(other.path().join("README.md"), "words").unwrap();
    assert_eq!(open(other.path()).sha256, folder.sha256);
}

#[test]
fn end_tokens_of_all_files_count_and_none_is_refused() {
    let dir = copy("optimum-gpt2");
    edit(dir.path(), "config.json", |config| {
        config["eos_token_id"] = json!(0)
    });
    edit(dir.path(), "generation_config.json", |config| {
        config["eos_token_id"] = json!([3, 4])
    });
    assert_eq!(open(dir.path()).configuration.end_tokens, [0, 3, 4]);
    for file in ["config.json", "generation_config.json"] {
        edit(dir.path(), file, |config| {
            config["eos_token_id"] = json!([])
        });
    }
    insta::assert_snapshot!(refused(dir.path()), @r#"
    DIR/config.json: cannot be used: no file of the model names an end token (`eos_token_id`): its texts would never end

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
}

#[test]
fn a_length_that_no_file_states_is_no_limit() {
    let dir = copy("optimum-gpt2");
    assert_eq!(open(dir.path()).configuration.context_limit, Some(336));
    edit(dir.path(), "config.json", |config| {
        let config = config.as_object_mut().unwrap();
        config.retain(|key, _| !key.contains("position") && key != "n_ctx");
    });
    assert_eq!(open(dir.path()).configuration.context_limit, None);
    edit(dir.path(), "config.json", |config| {
        config["n_positions"] = json!("long")
    });
    insta::assert_snapshot!(refused(dir.path()), @r#"
    DIR/config.json: cannot be used: `n_positions` must be a whole number above 0, given "long"

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
}

#[test]
fn sampling_that_the_makers_recommend_is_read() {
    let dir = copy("optimum-gpt2");
    edit(dir.path(), "generation_config.json", |config| {
        config["do_sample"] = json!(true);
        config["temperature"] = json!(0.6);
        config["top_k"] = json!(20);
    });
    let sampling = open(dir.path()).configuration.sampling;
    assert_eq!(sampling.listed(), "temperature 0.6, top_k 20");
    edit(dir.path(), "generation_config.json", |config| {
        config["do_sample"] = json!(false)
    });
    assert_eq!(open(dir.path()).configuration.sampling.listed(), "");
}

#[test]
fn a_chat_template_is_found_wherever_exporters_put_it() {
    let plain = copy("optimum-gpt2");
    assert_eq!(open(plain.path()).chat_template, None);
    let source = |dir: &Path| open(dir).chat_template.expect("a template").source;
    edit(plain.path(), "tokenizer_config.json", |config| {
        config["chat_template"] = json!("in the settings")
    });
    assert_eq!(source(plain.path()), "in the settings");
    edit(plain.path(), "tokenizer_config.json", |config| {
        config["chat_template"] = json!([{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "chats"}]);
    });
    assert_eq!(source(plain.path()), "chats");
    let own = json!({"chat_template": "in its own file"}).to_string();
    fs::write(plain.path().join("chat_template.json"), own).unwrap();
    assert_eq!(source(plain.path()), "in its own file");
    fs::write(plain.path().join("chat_template.jinja"), "as it is").unwrap();
    assert_eq!(source(plain.path()), "as it is");
    fs::remove_file(plain.path().join("chat_template.jinja")).unwrap();
    fs::write(plain.path().join("chat_template.json"), "{}").unwrap();
    insta::assert_snapshot!(refused(plain.path()), @r#"
    DIR/chat_template.json: cannot be used: `chat_template` must be a text, or a list with one named `default`

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
}

#[test]
fn what_is_missing_or_damaged_is_told_with_its_file() {
    insta::assert_snapshot!(refused(Path::new("/nowhere/model")), @r#"
    no model folder at `DIR`

    hint: `make setup` makes the default model
    "#);

    let no_tokenizer = copy("optimum-gpt2");
    fs::remove_file(no_tokenizer.path().join("tokenizer.json")).unwrap();
    insta::assert_snapshot!(refused(no_tokenizer.path()), @r#"
    DIR: has no `tokenizer.json`

    hint: where the folder has the files of a slow tokenizer, this makes one: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('.').save_pretrained('.')"
    "#);

    let no_configuration = copy("optimum-gpt2");
    fs::remove_file(no_configuration.path().join("config.json")).unwrap();
    insta::assert_snapshot!(refused(no_configuration.path()), @r#"
    DIR: has no `config.json`

    hint: a model folder holds a graph (model.onnx, or onnx/model….onnx), its weights, tokenizer.json, and config.json or genai_config.json; see docs/MODELS.md
    "#);

    let no_graph = copy("optimum-gpt2");
    fs::remove_file(no_graph.path().join("model.onnx")).unwrap();
    insta::assert_snapshot!(refused(no_graph.path()), @r#"
    DIR: has no `model.onnx`

    hint: a model folder holds a graph (model.onnx, or onnx/model….onnx), its weights, tokenizer.json, and config.json or genai_config.json; see docs/MODELS.md
    "#);

    let several = copy("optimum-gpt2");
    fs::copy(
        several.path().join("model.onnx"),
        several.path().join("b.onnx"),
    )
    .unwrap();
    fs::rename(
        several.path().join("model.onnx"),
        several.path().join("a.onnx"),
    )
    .unwrap();
    insta::assert_snapshot!(refused(several.path()), @r#"
    DIR: has several graphs, and nothing says which is the model: `a.onnx`, `b.onnx`

    hint: name one as the variant
    "#);

    let half = copy("optimum-t5");
    fs::remove_file(half.path().join("decoder_model.onnx")).unwrap();
    fs::remove_file(half.path().join("decoder_with_past_model.onnx")).unwrap();
    insta::assert_snapshot!(refused(half.path()), @r#"
    DIR: has `encoder_model.onnx` and no `decoder_model.onnx`

    hint: an encoder and its decoder are exported together; put both into the folder
    "#);

    for (manifest, expected) in [
        (
            json!({"files": {"model.onnx": {"bytes": 9000, "sha256": "00"}}}),
            "expected 9000 bytes",
        ),
        (
            json!({"files": {"config.json": {"bytes": fs::metadata(project("models/fixtures/optimum-gpt2/config.json")).unwrap().len(), "sha256": "00"}}}),
            "expected sha256 00",
        ),
    ] {
        let damaged = copy("optimum-gpt2");
        fs::write(damaged.path().join("manifest.json"), manifest.to_string()).unwrap();
        let refused = refused(damaged.path());
        assert!(
            refused.contains("is damaged") && refused.contains(expected),
            "{refused}"
        );
    }
}

#[test]
fn weights_that_were_renamed_cut_or_lie_elsewhere_are_told() {
    let fixture = "web-qwen3";
    let folder = open(copy(fixture).path());
    let weights = folder
        .files
        .keys()
        .find(|name| name.contains("_data"))
        .unwrap();
    let variant = folder.graphs.variant.as_str();
    let open = |dir: &Path| ModelFolder::open(dir, Some(variant)).expect_err("refused");
    let renamed = copy(fixture);
    fs::rename(
        renamed.path().join(weights),
        renamed.path().join("weights.bin"),
    )
    .unwrap();
    insta::assert_snapshot!(told(renamed.path(), &open(renamed.path())), @r#"
    DIR/onnx: has no `model_fp16.onnx_data`

    hint: a model folder holds a graph (model.onnx, or onnx/model….onnx), its weights, tokenizer.json, and config.json or genai_config.json; see docs/MODELS.md
    "#);
    let cut = copy(fixture);
    let bytes = fs::read(cut.path().join(weights)).unwrap();
    fs::write(cut.path().join(weights), &bytes[..bytes.len() / 2]).unwrap();
    let refused = told(cut.path(), &open(cut.path()));
    assert!(
        refused.contains("is damaged: expected at least"),
        "{refused}"
    );
}

#[test]
fn the_first_variant_that_can_be_read_is_taken() {
    let dir = copy("web-qwen3");
    let best = open(dir.path());
    for name in best.graphs.names() {
        fs::write(dir.path().join(name), "cut off").unwrap();
    }
    let next = open(dir.path());
    assert_ne!(next.graphs, best.graphs);
    assert_eq!(next.passed_over[0].0, best.graphs.variant);
    assert!(
        next.passed_over[0].1.contains("is not an ONNX graph"),
        "{:?}",
        next.passed_over
    );
}

#[test]
fn odd_paths_end_in_words_and_not_in_a_hang() {
    let dir = tempfile::tempdir().unwrap();
    let looping = dir.path().join("loop");
    std::os::unix::fs::symlink(&looping, &looping).unwrap();
    insta::assert_snapshot!(refused(&looping), @r#"
    DIR: cannot be used: Too many levels of symbolic links (os error 40)

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    insta::assert_snapshot!(refused(&file), @r#"
    DIR: cannot be used: it is a file, not a model folder

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
    // A folder whose `onnx` leads back to itself is looked through once.
    let copy = copy("optimum-gpt2");
    std::os::unix::fs::symlink(copy.path(), copy.path().join("onnx")).unwrap();
    assert_eq!(open(copy.path()).graphs.decoder, "model.onnx");
    // Five gigabytes that take no room: no graph is that large, and none of it is read.
    let sparse = self::copy("optimum-gpt2");
    let graph = fs::File::create(sparse.path().join("model.onnx")).unwrap();
    graph.set_len(5 << 30).unwrap();
    insta::assert_snapshot!(refused(sparse.path()), @r#"
    DIR/model.onnx: cannot be used: it has 5368709120 bytes, and at most 2147483648 bytes are read

    hint: docs/MODELS.md says what each file of a model folder holds
    "#);
}
