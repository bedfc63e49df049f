//! `doctor`: what is there, what is missing, and where each setting comes from.

use sqlx::PgPool;

use super::{Folder, MODEL, keys};

#[sqlx::test(migrations = "./migrations")]
async fn doctor_says_what_is_there_and_where_each_setting_comes_from(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(2);
    let said = folder.run(&["doctor", "--kv-mib", "64"]);
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
    let squeezed: Vec<String> = said
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    // Other models may lie beside the default one.
    let model = format!("ok model {MODEL} (HASH), files verified");
    assert!(squeezed.contains(&model), "{said}");
    let rest: Vec<&str> = squeezed
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with("ok model"))
        .collect();
    insta::assert_snapshot!(rest.join("\n"), @"
    ok runtime onnxruntime VERSION in REPOSITORY/.nightdesk/runtime/libonnxruntime.so
    ok templates ad/description, ad/product, ad/search, event/brief, fiction/dialogue, fiction/poem, fiction/scene, news/explainer, news/headlines, news/newsletter, news/recap, social/post
    ok database schema as it should be, 2 briefs
    ok encryption a socket of this machine; nobody is in between

    Configuration (flag, then variable, then nightdesk.toml, then default)
    KEY VALUE FROM
    project DIR nearest nightdesk.toml
    database_url URL flag or variable
    runtime_library REPOSITORY/.nightdesk/runtime/libonnxruntime.so nightdesk.toml
    models REPOSITORY/models nightdesk.toml
    templates REPOSITORY/templates/prompts nightdesk.toml
    jobs DIR/jobs default
    threads 2 nightdesk.toml
    max_rows 32 default
    kv_mib 64 flag or variable
    lease_s 15 default
    step_s 300 default
    listen nowhere default
    trusted_proxies this machine default
    log_format text default
    retention.keep_runs for good default
    retention.keep_drafts for good default
    ");

    let report = folder.json(&["doctor"]);
    assert_eq!(keys(&report), "ok checks configuration");
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(keys(check), "name ok found hint");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn doctor_fails_when_something_is_missing(pool: PgPool) {
    let folder = Folder::new(&pool);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let said = folder.run(&[
        "doctor",
        "--models",
        "empty",
        "--runtime-library",
        "/nowhere",
    ]);
    assert_eq!((said.status, said.stderr.as_str()), (1, ""));
    let checks = said.stdout.split("\n\n").next().unwrap();
    insta::assert_snapshot!(checks, @"
    missing  runtime    ONNX Runtime's shared library was not found; looked in `/nowhere`
                        hint: `make setup` fetches it; or name it with `--runtime-library`
    missing  model      no model under DIR/empty
                        hint: `make setup` makes the default model, smollm2-135m-instruct
    ok       templates  ad/description, ad/product, ad/search, event/brief, fiction/dialogue, fiction/poem, fiction/scene, news/explainer, news/headlines, news/newsletter, news/recap, social/post
    ok       database   schema as it should be, 0 briefs
    ok       encryption a socket of this machine; nobody is in between
    ");
    let output = folder
        .command(&["doctor", "--models", "empty", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
}
