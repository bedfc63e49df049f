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
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @"");
    folder.edit("jobs/ads.toml", "x-post", "web-article");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply", "jobs"]), @"");
    let applied = folder.json(&["campaigns", "apply"]);
    let names = [("product-ads", "unchanged"), ("explainers", "unchanged")];
    assert_eq!(applied, json!(names.map(|(name, applied)| json!({ "name": name, "applied": applied }))));
}

#[sqlx::test(migrations = "./migrations")]
async fn listing_and_showing_campaigns(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    folder.json(&["campaigns", "apply"]);
    insta::assert_snapshot!(folder.run(&["campaigns", "list"]), @"");
    insta::assert_snapshot!(folder.run(&["campaigns", "show", "product-ads"]), @"");
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
