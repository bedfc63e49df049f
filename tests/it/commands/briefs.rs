//! `migrate` and `briefs`.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Folder, fixture, keys};

#[sqlx::test(migrations = false)]
async fn migrate_makes_the_schema_once(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["briefs", "list"]), @r#"
    exit 1
    -- stderr --
    error: the database has no Nightdesk schema yet

    hint: run `nightdesk migrate`
    "#);
    insta::assert_snapshot!(folder.run(&["migrate"]), @r#"
    exit 0
    -- stdout --
    the schema is there now
    "#);
    insta::assert_snapshot!(folder.run(&["migrate"]), @r#"
    exit 0
    -- stdout --
    the schema is as it should be
    "#);
    assert_eq!(folder.json(&["migrate"]), json!({ "schema": "unchanged" }));
    assert_eq!(folder.json(&["briefs", "list"]), json!([]));
}

#[sqlx::test(migrations = "./migrations")]
async fn an_import_counts_what_is_new_revised_and_unchanged(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("briefs.jsonl", fixture("factbook")[..3].join("\n"));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl"]), @r#"
    exit 0
    -- stdout --
    3 new, 0 revised, 0 unchanged, 0 rejected
    "#);
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl"]), @r#"
    exit 0
    -- stdout --
    0 new, 0 revised, 3 unchanged, 0 rejected
    "#);
    folder.edit("briefs.jsonl", "\"-0.3 %\"", "\"-0.4 %\"");
    folder.write("products.jsonl", fixture("products")[..2].join("\n"));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs.jsonl", "products.jsonl"]), @r#"
    exit 0
    -- stdout --
    2 new, 1 revised, 2 unchanged, 0 rejected
    "#);
    let typed = folder.fed(&fixture("products")[2], &["briefs", "import", "-"]);
    insta::assert_snapshot!(typed, @r#"
    exit 0
    -- stdout --
    1 new, 0 revised, 0 unchanged, 0 rejected
    "#);

    let counts = folder.json(&["briefs", "import", "briefs.jsonl"]);
    assert_eq!(
        keys(&counts),
        "new revised unchanged cleaned rejected rejects_file rejections"
    );
    assert_eq!(
        (&counts["unchanged"], &counts["rejects_file"]),
        (&json!(3), &Value::Null)
    );
    assert!(!folder.path(".nightdesk/rejects").exists());
}

#[sqlx::test(migrations = "./migrations")]
async fn listing_and_showing_briefs(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(4);
    folder.write("products.jsonl", fixture("products")[..2].join("\n"));
    folder.json(&["briefs", "import", "products.jsonl"]);
    insta::assert_snapshot!(folder.run(&["briefs", "list"]), @r#"
    exit 0
    -- stdout --
     BRIEF                   KIND  PRIO  REV  TOPIC                                                         TAGS
     factbook-gm-economy     news  5     r1   Germany: the economy                                          factbook economy europe
     factbook-ja-people      news  5     r1   Japan: people and society                                     factbook people east-n-southeast-asia
     factbook-uk-government  news  5     r1   United Kingdom: how it is governed                            factbook government europe
     factbook-en-economy     news  0     r1   Estonia: the economy                                          factbook economy europe
     product-vlc             ad    0     r1   VLC media player: Plays films and music from files, discs a…  fixture audio-video
     product-gimp            ad    0     r1   GIMP: Edits photographs and draws images                      fixture graphics
    -- stderr --
    6 of 6 briefs
    "#);
    insta::assert_snapshot!(folder.run(&["briefs", "list", "--kind", "ad", "-n", "1"]), @r#"
    exit 0
    -- stdout --
     BRIEF        KIND  PRIO  REV  TOPIC                                                         TAGS
     product-vlc  ad    0     r1   VLC media player: Plays films and music from files, discs a…  fixture audio-video
    -- stderr --
    1 of 6 briefs
    "#);
    let europe = folder.json(&["briefs", "list", "--tag", "europe", "--tag", "economy"]);
    assert_eq!(europe.as_array().unwrap().len(), 2);
    assert_eq!(
        keys(&europe[0]),
        "id external_ref revision kind topic language tags priority due_at embargo_until expires_at created_at \
         updated_at"
    );
    insta::assert_snapshot!(folder.run(&["briefs", "show", "factbook-en-economy"]), @r#"
    exit 0
    -- stdout --
    Estonia: the economy  (factbook-en-economy r1)
    news in en, priority 0, tags factbook economy europe
      audience: general readers
      tone: plain
      channel: web-article
      length: 60 to 140 words
      must include: fact f1, fact f2
      meta: {"importer":"factbook","licence":"public domain","package":"cia-world-
      factbook 0.1.2"}

      f1  Economic growth: -0.3 % (2024)
      f2  GDP: $42.765 billion (2024)
      f3  Unemployment rate: 7.9 % (2024)
      f4  Inflation: 3.5 % (2024)
      f5  GDP per head: $41,500 (2024)
      f6  Main exports: cars, wood, broadcasting equipment, refined petroleum,
      prefabricated buildings (2023)
      f7  Industrial production growth: -7 % (2024)
      f8  Current account balance: -$489.659 million (2024)
      s1  high-income, service-based EU and eurozone economy; rebound in exports
      playing a role in economic recovery; rising food prices contributing to
      inflation; decrease in labor force participation and rising unemployment rate;
      recovery depends on boosting private investment and productivity rates
    "#);
    let shown = folder.json(&["briefs", "show", "factbook-en-economy"]);
    assert_eq!(
        keys(&shown),
        "id revision sha256 created_at updated_at cleaned brief"
    );
    let sent: Value = serde_json::from_str(&fixture("factbook")[0]).unwrap();
    assert_eq!(
        shown["brief"]["facts"][0]["value"],
        sent["facts"][0]["value"]
    );
    let id = shown["id"].as_str().unwrap();
    assert_eq!(folder.json(&["briefs", "show", id]), shown);
}

#[test]
fn the_schema_is_json_with_and_without_the_flag() {
    let folder = Folder::without_database();
    let schema = folder.json(&["briefs", "schema"]);
    assert_eq!(schema["title"], "Brief");
    let plain = folder.command(&["briefs", "schema"]).output().unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&plain.stdout).unwrap(),
        schema
    );
    for example in schema["examples"].as_array().unwrap() {
        folder.write("brief.json", example.to_string());
        folder.write("text.txt", "A text.");
        folder.json(&["score", "--brief", "brief.json", "--text", "text.txt"]);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_list_says_which_briefs_no_run_takes(pool: PgPool) {
    let folder = Folder::new(&pool);
    let brief = |external_ref: &str, key: &str, year: u32| {
        format!(
            r#"{{"external_ref":"{external_ref}","kind":"social","topic":"a topic","language":"en","{key}":"{year}-01-01T06:00:00Z"}}"#
        )
    };
    let lines = [
        brief("free", "embargo_until", 2020),
        brief("held", "embargo_until", 2199),
        brief("old", "expires_at", 2020),
    ];
    folder.write("briefs.jsonl", lines.join("\n"));
    folder.json(&["briefs", "import", "briefs.jsonl"]);
    insta::assert_snapshot!(folder.run(&["briefs", "list"]), @r#"
    exit 0
    -- stdout --
     BRIEF  KIND    PRIO  REV  TOPIC    TAGS  NOT TAKEN
     free   social  0     r1   a topic
     held   social  0     r1   a topic        embargoed until 2199-01-01 06:00 UTC
     old    social  0     r1   a topic        expired 2020-01-01 06:00 UTC
    -- stderr --
    3 of 3 briefs
    "#);
    insta::assert_snapshot!(folder.run(&["briefs", "show", "held"]), @"
    exit 0
    -- stdout --
    a topic  (held r1)
    social in en, priority 0
    embargoed until 2199-01-01 06:00 UTC: no run takes it
      embargo: 2199-01-01 06:00 UTC
    ");
}
