//! A model, a runtime library or a configuration that cannot be used.

use std::path::Path;

use crate::commands::{Folder, MODEL};

const GENERATE: [&str; 4] = ["generate", "--prompt", "x", "--model"];

/// A folder whose `models/` holds a copy of the default model without its weights.
fn folder_with_a_model() -> Folder {
    let folder = Folder::without_database();
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(MODEL);
    for file in [
        "model.onnx",
        "tokenizer.json",
        "config.json",
        "genai_config.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "manifest.json",
    ] {
        folder.write(
            &format!("models/copy/{file}"),
            std::fs::read(model.join(file)).expect("the default model"),
        );
    }
    folder.write("models/copy/model.onnx.data", [0; 4096]);
    folder
}

#[test]
fn truncated_weights_are_noticed_before_they_are_used() {
    let folder = folder_with_a_model();
    let model = ["--models", "models", "--model", "copy"];
    let generate = [&GENERATE[..3], &model].concat();
    let said = folder.run(&generate);
    said.refuses(&[
        "models/copy/model.onnx.data",
        "is damaged: expected ",
        " bytes, found 4096 bytes",
        "make setup",
    ]);
    let doctor = folder.run(&["doctor", "--models", "models"]);
    assert!(
        doctor.stdout.contains(" bytes, found 4096 bytes\n"),
        "{doctor}"
    );

    // Without a manifest the graph still says how many bytes of weights it reads.
    std::fs::remove_file(folder.path("models/copy/manifest.json")).unwrap();
    let said = folder.run(&generate);
    said.refuses(&[
        "DIR/models/copy/model.onnx.data",
        "is damaged: expected at least ",
        "delete the folder and make it again",
    ]);
    let doctor = folder.run(&["doctor", "--models", "models"]);
    assert!(
        doctor.stdout.contains("is damaged: expected at least "),
        "{doctor}"
    );
}

#[test]
fn a_model_folder_without_a_file_says_which() {
    let folder = folder_with_a_model();
    for file in ["tokenizer.json", "model.onnx"] {
        let (path, away) = (
            folder.path(&format!("models/copy/{file}")),
            folder.path("away"),
        );
        std::fs::rename(&path, &away).unwrap();
        let said = folder.run(&[&GENERATE[..], &["copy", "--models", "models"]].concat());
        said.refuses(&[&format!("has no `{file}`")]);
        std::fs::rename(&away, &path).unwrap();
    }
    folder.write("models/copy/config.json", "{}");
    for file in ["manifest.json", "genai_config.json"] {
        std::fs::remove_file(folder.path(&format!("models/copy/{file}"))).unwrap();
    }
    let said = folder.run(&[&GENERATE[..], &["copy", "--models", "models"]].concat());
    said.refuses(&[
        "config.json",
        "cannot be used: no file of the model names an end token",
    ]);
}

#[test]
fn a_model_that_is_not_there_is_named() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.run(&[&GENERATE[..], &["gpt-9"]].concat()), @r"
    exit 1
    -- stderr --
    error: no model folder at `REPOSITORY/models/gpt-9`

    hint: `make setup` makes the default model; `nightdesk models list` shows what is there
    ");
    let error = folder
        .run(&[&GENERATE[..], &["gpt-9", "--json"]].concat())
        .error();
    assert_eq!(error["code"], "model.missing");
}

#[test]
fn a_runtime_library_that_is_missing_or_no_library_is_named() {
    let folder = Folder::without_database();
    folder.write("notes.txt", "not a library");
    let generate = [&GENERATE[..], &[MODEL, "--runtime-library"]].concat();
    insta::assert_snapshot!(folder.run(&[&generate[..], &["/nowhere"]].concat()), @r#"
    exit 1
    -- stderr --
    error: ONNX Runtime's shared library was not found; looked in `/nowhere`

    hint: `make setup` fetches it; or name it with `--runtime-library`
    "#);
    let said = folder.run(&[&generate[..], &["notes.txt"]].concat());
    said.refuses(&[
        "ONNX Runtime could not be loaded from `DIR/notes.txt`",
        "make setup",
    ]);
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_line() {
    let folder = Folder::without_database();
    let good = std::fs::read_to_string(folder.path("nightdesk.toml")).unwrap();
    let mut told = String::new();
    for bad in [
        "thread = 3",
        "max_rows = \"two\"",
        "kv_mib = 1",
        "lease_s = 0.1",
        "jobs = ",
    ] {
        folder.write("nightdesk.toml", format!("{good}{bad}\n"));
        let said = folder.run(&["doctor"]);
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        told.push_str(said.stderr.split("\nhint: ").next().unwrap());
    }
    insta::assert_snapshot!(told, @r#"
    error: DIR/nightdesk.toml:5: unknown field `thread`, expected one of `database_url`, `runtime_library`, `models`, `templates`, `jobs`, `threads`, `max_rows`, `kv_mib`, `lease_s`, `step_s`, `notify`, `retention`, `listen`, `trusted_proxies`, `log_format`
    error: DIR/nightdesk.toml:5: invalid type: string "two", expected a whole number
    error: `kv_mib`: must be from 16 to 1048576, given 1
    error: `lease_s`: must be from 0.5 to 3600 seconds, given 0.1
    error: DIR/nightdesk.toml:5: string values must be quoted, expected literal string
    "#);
    folder.write("nightdesk.toml", good);
    let error = folder.run(&["doctor", "--max-rows", "0", "--json"]).error();
    assert_eq!(
        (&error["code"], &error["key"]),
        (&"config.value".into(), &"max_rows".into())
    );
    insta::assert_snapshot!(folder.run(&["doctor", "--project", "/nowhere"]), @r#"
    exit 1
    -- stderr --
    error: `project`: no folder at `/nowhere`

    hint: name the folder that holds `nightdesk.toml`; `--project` takes it
    "#);
    insta::assert_snapshot!(folder.run(&["doctor", "--threads", "two"]), @r#"
    exit 1
    -- stderr --
    error: invalid value 'two' for '--threads <N>': invalid digit found in string

    For more information, try '--help'.
    "#);
    let said = folder.said(folder.command(&["doctor"]).env("NIGHTDESK_MAX_ROWS", "0"));
    assert!(
        said.stderr
            .contains("`max_rows`: must be from 1 to 512, given 0"),
        "{said}"
    );
}
