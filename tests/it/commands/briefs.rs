//! `migrate` and `briefs`.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Folder, fixture, keys};

#[sqlx::test(migrations = false)]
async fn migrate_makes_the_schema_once(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["briefs", "list"]), @"");
    insta::assert_snapshot!(folder.run(&["migrate"]), @"");
    insta::assert_snapshot!(folder.run(&["migrate"]), @"");
    assert_eq!(folder.json(&["migrate"]), json!({ "schema": "unchanged" }));
    assert_eq!(folder.json(&["briefs", "list"]), json!([]));
}

#[sqlx::test(migrations = "./migrations")]
async fn an_import_counts_what_is_new_revised_and_unchanged(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("briefs.jsonl", fixture("factbook")[..3].join("\n"));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl"]), @"");
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl"]), @"");
    folder.edit("briefs.jsonl", "\"-0.3 %\"", "\"-0.4 %\"");
    folder.write("products.jsonl", fixture("products")[..2].join("\n"));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl", "products.jsonl"]), @"");
    let typed = folder.fed(&fixture("products")[2], &["briefs", "import", "-"]);
    insta::assert_snapshot!(typed, @"");

    let counts = folder.json(&["briefs", "import", "briefs.jsonl"]);
    assert_eq!(keys(&counts), "new revised unchanged rejected rejects_file rejections");
    assert_eq!((&counts["unchanged"], &counts["rejects_file"]), (&json!(3), &Value::Null));
    assert!(!folder.path(".nightdesk/rejects").exists());
}

#[sqlx::test(migrations = "./migrations")]
async fn listing_and_showing_briefs(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(4);
    folder.write("products.jsonl", fixture("products")[..2].join("\n"));
    folder.json(&["briefs", "import", "products.jsonl"]);
    insta::assert_snapshot!(folder.run(&["briefs", "list"]), @"");
    insta::assert_snapshot!(folder.run(&["briefs", "list", "--kind", "ad", "-n", "1"]), @"");
    let europe = folder.json(&["briefs", "list", "--tag", "europe", "--tag", "economy"]);
    assert_eq!(europe.as_array().unwrap().len(), 2);
    assert_eq!(
        keys(&europe[0]),
        "id external_ref revision kind topic language tags priority due_at created_at updated_at"
    );
    insta::assert_snapshot!(folder.run(&["briefs", "show", "factbook-en-economy"]), @"");
    let shown = folder.json(&["briefs", "show", "factbook-en-economy"]);
    assert_eq!(keys(&shown), "id revision sha256 created_at updated_at brief");
    let sent: Value = serde_json::from_str(&fixture("factbook")[0]).unwrap();
    assert_eq!(shown["brief"]["facts"][0]["value"], sent["facts"][0]["value"]);
    let id = shown["id"].as_str().unwrap();
    assert_eq!(folder.json(&["briefs", "show", id]), shown);
}

#[test]
fn the_schema_is_json_with_and_without_the_flag() {
    let folder = Folder::without_database();
    let schema = folder.json(&["briefs", "schema"]);
    assert_eq!(schema["title"], "Brief");
    let plain = folder.run(&["briefs", "schema"]);
    assert_eq!(serde_json::from_str::<Value>(&plain.stdout).unwrap(), schema);
    for example in schema["examples"].as_array().unwrap() {
        folder.write("brief.json", example.to_string());
        folder.write("text.txt", "A text.");
        folder.json(&["score", "--brief", "brief.json", "--text", "text.txt"]);
    }
}
