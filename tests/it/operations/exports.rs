//! Nights on models that public tools exported: the folder as it was built, named by a campaign.

use sqlx::{ConnectOptions, PgPool};

use crate::support::Project;

fn campaign(model: &str, more: &str) -> String {
    format!(
        "name = \"lines\"\n[draft]\ntemplate = \"news/line\"\nmodel = \"fixtures/{model}\"\n{more}candidates = 2\nmax_tokens = 8\nseed = 7\n[select]\nredraft = \"always\"\n"
    )
}

/// Drafts two briefs twice; gives the tokens of every draft.
async fn night(pool: &PgPool, model: &str, more: &str) -> Vec<(String, i32, Vec<i32>)> {
    let url = pool.connect_options().to_url_lossy().to_string();
    let project = Project::new(&url, &campaign(model, more), 2).await;
    for _ in 0..2 {
        let run = project.succeed(&["run", "lines", "--new"]).await;
        assert_eq!(run["state"], "completed", "{model}: {run}");
    }
    let drafts = "select b.external_ref, d.candidate_no, d.token_ids from drafts d
                  join briefs b on b.id = d.brief_id order by 1, 2, d.created_at";
    sqlx::query_as(drafts).fetch_all(pool).await.unwrap()
}

/// Two runs of two briefs with two candidates: each draft comes out the same both times.
fn assert_repeats(drafts: &[(String, i32, Vec<i32>)], model: &str) {
    assert_eq!(drafts.len(), 8, "{model}");
    for pair in drafts.chunks(2) {
        assert_eq!(pair[0], pair[1], "{model}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_model_whose_cache_is_appended_drafts_a_night(pool: PgPool) {
    assert_repeats(&night(&pool, "optimum-qwen2", "").await, "optimum-qwen2");
}

#[sqlx::test(migrations = "./migrations")]
async fn an_encoder_decoder_drafts_a_night(pool: PgPool) {
    assert_repeats(&night(&pool, "optimum-bart", "").await, "optimum-bart");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_variant_that_a_campaign_names_drafts_a_night(pool: PgPool) {
    let drafts = night(&pool, "web-qwen3", "variant = \"q4f16\"\n").await;
    assert_repeats(&drafts, "web-qwen3");
    let hash = hash_of("web-qwen3", Some("q4f16"));
    let stored: Vec<String> = sqlx::query_scalar("select distinct model_sha256 from drafts")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(stored, [hash]);
}

/// The hash of a fixture's variant.
fn hash_of(model: &str, variant: Option<&str>) -> String {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/fixtures");
    let folder = nightdesk::engine::ModelFolder::open(&dir.join(model), variant);
    folder.expect("a fixture").sha256
}

#[sqlx::test(migrations = "./migrations")]
async fn a_draft_is_replayed_to_the_token_or_says_what_changed(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy().to_string();
    let project = Project::new(&url, &campaign("optimum-qwen2", ""), 1).await;
    project.succeed(&["run", "lines"]).await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from drafts order by candidate_no limit 1")
        .fetch_one(&pool)
        .await
        .unwrap();
    let replayed = project
        .succeed(&["drafts", "replay", &id.to_string()])
        .await;
    assert_eq!(replayed["same"], true, "{replayed}");
    assert_eq!(replayed["tokens"], replayed["same_tokens"]);
    assert_eq!(replayed["changed"], serde_json::json!([]));
    let shown = project.succeed(&["drafts", "show", &id.to_string()]).await;
    let files = shown["provenance"]["files"].as_object().unwrap();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "chat_template.jinja",
            "config.json",
            "generation_config.json",
            "model.onnx",
            "tokenizer.json",
            "tokenizer_config.json"
        ]
    );
    let file = r#"update models set files = jsonb_set(files, '{model.onnx}', '"000000000000f"')"#;
    sqlx::query(file).execute(&pool).await.unwrap();
    let other = "update drafts set token_ids = token_ids[:3] || array[5], runtime = 'onnxruntime 1.0.0' where id = $1";
    sqlx::query(other).bind(id).execute(&pool).await.unwrap();
    let ended = project
        .start(&["drafts", "replay", &id.to_string()])
        .end()
        .await;
    assert_eq!(ended.error_code(), "draft.differs");
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["same_tokens"], 3, "{told}");
    let changed = |at: usize| told["changed"][at].as_str().unwrap_or_default();
    assert!(
        changed(0).starts_with("model file model.onnx: 000000000000 then, "),
        "{told}"
    );
    assert!(
        changed(1).starts_with("runtime: onnxruntime 1.0.0 then"),
        "{told}"
    );
}
