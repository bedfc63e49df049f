//! Briefs that cannot be imported.

use serde_json::Value;
use sqlx::PgPool;

use crate::commands::{Folder, fixture, keys};

#[sqlx::test(migrations = "./migrations")]
async fn a_bad_line_is_kept_with_its_reason_and_the_others_go_in(pool: PgPool) {
    let folder = Folder::new(&pool);
    let mut lines = fixture("factbook")[..10].to_vec();
    lines[6] = r#"{"external_ref":"seven","kind":"news" "topic":"t"}"#.to_owned();
    folder.write("ten.jsonl", lines.join("\n"));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "ten.jsonl"]), @"");
    assert_eq!(folder.json(&["briefs", "list"]).as_array().unwrap().len(), 9);

    let kept: Vec<_> = std::fs::read_dir(folder.path(".nightdesk/rejects")).unwrap().collect();
    let kept = std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap();
    let rejection: Value = serde_json::from_str(&kept).expect("one line");
    assert_eq!(keys(&rejection), "file line key code message hint raw");
    assert_eq!((&rejection["line"], &rejection["raw"]), (&7.into(), &lines[6].as_str().into()));

    let output = folder.command(&["briefs", "import", "ten.jsonl", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&counts["unchanged"], &counts["rejected"]), (&9.into(), &1.into()));
    assert_eq!(counts["rejections"][0], rejection);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bad_brief_is_told_with_line_key_and_remedy(pool: PgPool) {
    let folder = Folder::new(&pool);
    let social = |more: &str| format!(r#"{{"external_ref":"a","kind":"social","topic":"café","language":"en"{more}}}"#);
    let utf16: Vec<u8> = social("").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1: Vec<u8> = social("").chars().map(|char| char as u8).collect();
    let files: [(&str, Vec<u8>); 10] = [
        ("no facts", br#"{"external_ref":"a","kind":"news","topic":"t","language":"en"}"#.into()),
        ("unknown key", social(r#","tag":["x"]"#).into()),
        ("wrong type", social(r#","priority":"high""#).into()),
        ("unknown word", social("").replace("social", "socail").into()),
        ("missing key", br#"{"external_ref":"a","kind":"social","topic":"t"}"#.into()),
        ("twice", format!("{}\n\n{0}", social("")).into()),
        ("Latin-1", latin1),
        ("UTF-16", [vec![0xFF, 0xFE], utf16].concat()),
        ("zip", b"PK\x03\x04\x14\0\0\0".into()),
        ("an array", format!("[{}]", social("")).into()),
    ];
    let mut told = String::new();
    for (name, content) in files {
        folder.write("b.jsonl", content);
        let said = folder.run(&["briefs", "import", "b.jsonl"]);
        assert_eq!(said.status, 1, "{name}: {said}");
        let message = said.stderr.split("\nevery rejected line").next().unwrap();
        told.push_str(&format!("{name} -> {}{message}\n", said.stdout));
    }
    insta::assert_snapshot!(told, @"");
    assert_eq!(folder.json(&["briefs", "list"]).as_array().unwrap().len(), 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_file_that_cannot_be_read_is_named(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["briefs", "import", "nope.jsonl"]), @"");
    std::fs::create_dir(folder.path("briefs")).unwrap();
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs"]), @"");
    let error = folder.run(&["briefs", "import", "nope.jsonl", "--json"]).error();
    assert_eq!((&error["code"], &error["file"]), (&"briefs.unreadable".into(), &"nope.jsonl".into()));
}

#[sqlx::test(migrations = "./migrations")]
async fn files_before_one_that_cannot_be_read_are_not_forgotten(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("good.jsonl", format!("{}\nnonsense\n", fixture("factbook")[0]));
    insta::assert_snapshot!(folder.run(&["briefs", "import", "good.jsonl", "nope.jsonl"]), @"");
    assert_eq!(folder.json(&["briefs", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(folder.path(".nightdesk/rejects")).unwrap().count(), 1);
}
