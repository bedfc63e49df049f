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
    insta::assert_snapshot!(folder.run(&["briefs", "import", "ten.jsonl"]), @r#"
    exit 1
    -- stdout --
    9 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    ten.jsonl:7: is not JSON at column 39: expected `,` or `}`

    hint: look for a missing comma, quote or bracket just before that column
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    "#);
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        9
    );

    let kept: Vec<_> = std::fs::read_dir(folder.path(".nightdesk/rejects"))
        .unwrap()
        .collect();
    let kept = std::fs::read_to_string(kept[0].as_ref().unwrap().path()).unwrap();
    let rejection: Value = serde_json::from_str(&kept).expect("one line");
    assert_eq!(keys(&rejection), "file line key code message hint raw");
    assert_eq!(
        (&rejection["line"], &rejection["raw"]),
        (&7.into(), &lines[6].as_str().into())
    );

    let output = folder
        .command(&["briefs", "import", "ten.jsonl", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&counts["unchanged"], &counts["rejected"]),
        (&9.into(), &1.into())
    );
    assert_eq!(counts["rejections"][0], rejection);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bad_brief_is_told_with_line_key_and_remedy(pool: PgPool) {
    let folder = Folder::new(&pool);
    let social = |more: &str| {
        format!(r#"{{"external_ref":"a","kind":"social","topic":"café","language":"en"{more}}}"#)
    };
    let utf16: Vec<u8> = social("")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin1: Vec<u8> = social("").chars().map(|char| char as u8).collect();
    let files: [(&str, Vec<u8>); 10] = [
        (
            "no facts",
            br#"{"external_ref":"a","kind":"news","topic":"t","language":"en"}"#.into(),
        ),
        ("unknown key", social(r#","tag":["x"]"#).into()),
        ("wrong type", social(r#","priority":"high""#).into()),
        (
            "unknown word",
            social("").replace("social", "socail").into(),
        ),
        (
            "missing key",
            br#"{"external_ref":"a","kind":"social","topic":"t"}"#.into(),
        ),
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
    insta::assert_snapshot!(told, @r#"
    no facts -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: `facts`: a `news`, `event` or `ad` brief needs at least one fact, quote or source, given none

    hint: add what the copy may state, such as `"facts":[{"id":"f1","label":"Population","value":"212,400"}]`
    unknown key -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: `tag`: unknown key

    hint: did you mean `tags`?
    wrong type -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: `priority`: must be a whole number, given `high`

    hint: A whole number; higher is drafted first
    unknown word -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: `kind`: must be one of `news`, `event`, `ad`, `social`, `fiction`, given `socail`

    hint: did you mean `social`?
    missing key -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: `language`: required, but missing

    hint: BCP 47 tag of the language to write in, such as `en` or `pt-BR`
    twice -> 1 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:3: `external_ref`: `a` is already on line 1

    hint: give each brief of a file its own key
    Latin-1 -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: is not UTF-8: byte 0xE9 at column 49

    hint: the file is most likely Latin-1: save it as UTF-8; `iconv -f WINDOWS-1252 -t UTF-8 FILE` converts it
    UTF-16 -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: is UTF-16, not UTF-8 text

    hint: save it as UTF-8; `iconv -f UTF-16 -t UTF-8 FILE` converts it
    zip -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: is a zip archive, not UTF-8 text

    hint: unpack it first, or save a spreadsheet (.xlsx, .ods) as CSV; `unzip FILE` unpacks it
    an array -> 0 new, 0 revised, 0 unchanged, 1 rejected
    b.jsonl:1: expected one brief a line, found a JSON array

    hint: write each entry of it on a line of its own; `jq -c 'arrays[], objects' FILE` does it; `--format csv` reads CSV
    "#);
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        1
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_file_that_cannot_be_read_is_named(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["briefs", "import", "nope.jsonl"]), @r#"
    exit 1
    -- stderr --
    error: nope.jsonl: cannot be read: No such file or directory (os error 2)

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    "#);
    std::fs::create_dir(folder.path("briefs")).unwrap();
    insta::assert_snapshot!(folder.run(&["briefs", "import", "briefs"]), @r#"
    exit 1
    -- stderr --
    error: briefs: cannot be read: is a directory

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    "#);
    let error = folder
        .run(&["briefs", "import", "nope.jsonl", "--json"])
        .error();
    assert_eq!(
        (&error["code"], &error["file"]),
        (&"briefs.unreadable".into(), &"nope.jsonl".into())
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn files_before_one_that_cannot_be_read_are_not_forgotten(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write(
        "good.jsonl",
        format!("{}\nnonsense\n", fixture("factbook")[0]),
    );
    insta::assert_snapshot!(folder.run(&["briefs", "import", "good.jsonl", "nope.jsonl"]), @r#"
    exit 1
    -- stdout --
    1 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    good.jsonl:2: is not JSON at column 2: expected ident

    hint: look for a missing comma, quote or bracket just before that column
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    error: nope.jsonl: cannot be read: No such file or directory (os error 2)

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    "#);
    assert_eq!(
        folder.json(&["briefs", "list"]).as_array().unwrap().len(),
        1
    );
    assert_eq!(
        std::fs::read_dir(folder.path(".nightdesk/rejects"))
            .unwrap()
            .count(),
        1
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn files_that_are_not_there_keep_none_of_the_others_out(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("good.jsonl", &fixture("factbook")[0]);
    let import = ["briefs", "import", "nope.jsonl", "good.jsonl", "gone.jsonl"];
    insta::assert_snapshot!(folder.run(&import), @"
    exit 1
    -- stdout --
    1 new, 0 revised, 0 unchanged, 0 rejected
    -- stderr --
    error: nope.jsonl: cannot be read: No such file or directory (os error 2)

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    error: gone.jsonl: cannot be read: No such file or directory (os error 2)

    hint: name files of one brief a line, such as `briefs/*.jsonl`, or `-` for standard input
    ");
    let said = folder.run(&[&import[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&told["unchanged"], &told["unread"][0]["file"]),
        (&1.into(), &"nope.jsonl".into())
    );
    assert!(said.stderr.contains("gone.jsonl"), "{said}");
}
