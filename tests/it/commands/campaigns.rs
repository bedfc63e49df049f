//! `campaigns`.

use serde_json::json;
use sqlx::PgPool;

use super::{Folder, keys};

const ADS: &str = r#"name = "product-ads"
schedule = "0 3 * * *"
timezone = "Europe/London"
[select]
kind = "ad"
[draft]
template = "ad/product"
model = "smollm2-135m-instruct"
channel = "x-post"
"#;

#[sqlx::test(migrations = "./migrations")]
async fn applying_says_what_changed(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 0
    -- stdout --
    product-ads: created
    explainers: unchanged
    "#);
    folder.edit("jobs/ads.toml", "x-post", "web-article");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply", "jobs"]), @r#"
    exit 0
    -- stdout --
    product-ads: updated
    explainers: unchanged
    "#);
    let applied = folder.json(&["campaigns", "apply"]);
    let names = [("product-ads", "unchanged"), ("explainers", "unchanged")];
    assert_eq!(
        applied,
        json!(names.map(|(name, applied)| json!({ "name": name, "applied": applied })))
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn listing_and_showing_campaigns(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    folder.json(&["campaigns", "apply"]);
    insta::assert_snapshot!(folder.run(&["campaigns", "list"]), @r#"
    exit 0
    -- stdout --
     CAMPAIGN     SCHEDULE   TEMPLATE        MODEL                  CANDIDATES  CHANNEL
     explainers   by hand    news/explainer  smollm2-135m-instruct  2
     product-ads  0 3 * * *  ad/product      smollm2-135m-instruct  3           x-post
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "show", "product-ads"]), @r#"
    exit 0
    -- stdout --
    # from jobs/ads.toml, applied YYYY-MM-DD HH:MM:SS
    name = "product-ads"
    schedule = "0 3 * * *"
    timezone = "Europe/London"
    catch_up = "latest"
    overlap = "skip"

    [select]
    kind = "ad"
    tags = []
    redraft = "changed"

    [draft]
    template = "ad/product"
    model = "smollm2-135m-instruct"
    channel = "x-post"
    candidates = 3
    max_tokens = 160
    temperature = 0.7
    top_k = 0
    top_p = 0.95
    repetition_penalty = 1.0
    stop = []
    seed = 0

    [review]
    reviews_required = 1
    keep = 1
    "#);
    let listed = folder.json(&["campaigns", "list"]);
    let keys_of_a_campaign = "id name spec file paused_at created_at updated_at";
    assert_eq!(keys(&listed[0]), keys_of_a_campaign);
    let shown = folder.json(&["campaigns", "show", "explainers"]);
    assert_eq!(keys(&shown), keys_of_a_campaign);
    assert_eq!(shown["file"], "jobs/explainers.toml");
    assert_eq!(
        keys(&shown["spec"]),
        "name schedule timezone catch_up max_catch_up overlap window select draft review"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_show_prints_can_be_applied_again(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    let shown = folder.run(&["campaigns", "show", "explainers"]);
    folder.write("again/explainers.toml", shown.stdout);
    let applied = folder.json(&["campaigns", "apply", "again"]);
    assert_eq!(applied[0]["applied"], "unchanged");
}
