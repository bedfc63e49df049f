//! Files of briefs in other encodings, packed, or with other separators: what is advised works.

use std::process::{Command, Stdio};

use serde_json::json;
use sqlx::PgPool;

use super::{Folder, Said};

#[sqlx::test(migrations = "./migrations")]
async fn every_command_that_is_advised_makes_the_file_one_that_is_taken(pool: PgPool) {
    let folder = Folder::new(&pool);
    let text = |topic: &str| {
        format!(
            "{{\"external_ref\":\"{topic}\",\"kind\":\"social\",\"topic\":\"{topic}\",\"language\":\"en\"}}\n"
        )
    };
    let wide = |topic: &str, width: usize, is_big: bool, mark: bool| -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let characters = mark
            .into_iter()
            .chain(text(topic).chars().collect::<Vec<_>>());
        let bytes = characters.flat_map(|character| {
            let code = (character as u32).to_be_bytes();
            let mut code = code[4 - width..].to_vec();
            if !is_big {
                code.reverse();
            }
            code
        });
        bytes.collect()
    };
    let encoded = |label: &str, topic: &str| {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        encoding.encode(&text(topic)).0.into_owned()
    };
    let packed = |program: &str, topic: &str| {
        folder.write("plain", text(topic));
        let plain = std::fs::File::open(folder.path("plain")).unwrap();
        let packed = Command::new(program)
            .arg("-c")
            .stdin(plain)
            .stderr(Stdio::null())
            .output();
        packed
            .ok()
            .filter(|packed| packed.status.success())
            .map(|packed| packed.stdout)
    };
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for (topic, width, is_big, mark) in [
        ("utf16le", 2, false, false),
        ("utf16be", 2, true, false),
        ("utf16le with a mark", 2, false, true),
        ("utf16be with a mark", 2, true, true),
        ("utf32le", 4, false, false),
        ("utf32be", 4, true, false),
        ("utf32le with a mark", 4, false, true),
        ("utf32be with a mark", 4, true, true),
    ] {
        files.push((topic, wide(topic, width, is_big, mark)));
    }
    for (label, topic) in [
        ("windows-1252", "Le café d’été"),
        ("gbk", "今天的天气很好，我们去公园散步。"),
        ("shift_jis", "今日はとても良い天気です。カタカナ"),
        ("euc-jp", "今日はとても良い天気です。カタカナ"),
        ("euc-kr", "오늘은 날씨가 매우 좋습니다."),
        ("big5", "今天的天氣很好，我們去公園散步。"),
        ("windows-1251", "Сегодня очень хорошая погода"),
        ("iso-8859-2", "Zażółć gęślą jaźń, dziś będzie ładna pogoda"),
    ] {
        files.push((topic, encoded(label, topic)));
    }
    files.push((
        "\u{81}café",
        text("\u{81}café")
            .chars()
            .map(|character| character as u8)
            .collect(),
    ));
    for (program, topic) in [
        ("gzip", "gzip"),
        ("bzip2", "bzip2"),
        ("xz", "xz"),
        ("zstd", "zstd"),
    ] {
        files.extend(packed(program, topic).map(|packed| (topic, packed)));
    }
    files.push((
        "a list",
        format!("[{}]", text("a list").trim()).into_bytes(),
    ));
    files.push(("pretty", text("pretty").replace('{', "{\n").into_bytes()));
    let advised = regex::Regex::new("hint: [^`]*`([^`]* FILE)`").unwrap();
    for (topic, bytes) in files {
        folder.write("b.jsonl", &bytes);
        let said: Said = folder.run(&["briefs", "import", "b.jsonl"]);
        assert_eq!(said.status, 1, "{topic}: {said}");
        let command = advised.captures(&said.stderr);
        let command = command.unwrap_or_else(|| panic!("{topic}: nothing is advised: {said}"))[1]
            .replace("FILE", "b.jsonl");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{command} > converted.jsonl")]);
        let converted = folder.said(&mut folder.cleaned(shell));
        assert_eq!(converted.status, 0, "{topic}: {command}: {converted}");
        let told = folder.run(&["briefs", "import", "converted.jsonl"]);
        assert_eq!(told.status, 0, "{topic}: {command}: {told}");
        let topics = folder.json(&["briefs", "list", "-n", "100"]);
        let topics = topics.as_array().unwrap();
        // A control character is cleaned; every other text comes through as it was.
        let wanted = topic.replace('\u{81}', "");
        assert!(
            topics.iter().any(|brief| brief["topic"] == wanted),
            "{topic}: {command} makes {topics:?}"
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_header_row_is_read_as_the_mapping_means_it(pool: PgPool) {
    let folder = Folder::new(&pool);
    let mapping = "[columns]\n\"Key, ours\" = \"external_ref\"\n\"Name, long\" = \"topic\"\n[constants]\nkind = \"social\"\nlanguage = \"en\"\n";
    folder.write("m.toml", mapping);
    folder.write("a.csv", "Key, ours;Name, long\n1;Rain\n");
    let taken = folder.json(&["briefs", "import", "a.csv", "--mapping", "m.toml"]);
    assert_eq!((&taken["new"], &taken["rejected"]), (&json!(1), &json!(0)));
    // With nothing to tell it by, the message says how it was read and how to say another.
    folder.write("b.csv", "Key, ours;Name, long\n1;Rain\n");
    let said = folder.run(&["briefs", "import", "b.csv"]);
    folder.write("c.csv", "external_ref#kind#topic#language\nc#social#t#en\n");
    let wrong = folder.run(&["briefs", "import", "c.csv", "--separator", "x"]);
    let none = folder.run(&["briefs", "import", "c.jsonl", "--separator", "#"]);
    folder.write("bad.toml", "separator = \"a\"\n");
    let bad = folder.run(&["briefs", "import", "c.csv", "--mapping", "bad.toml"]);
    let said = [said, wrong, none, bad]
        .map(|said| said.to_string())
        .join("\n");
    insta::assert_snapshot!(said, @"
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    b.csv:1: column `Key`: a brief has no key `Key`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it; `--mapping` gives columns their keys, `--separator` says what stands between them
    b.csv:1: column `ours;Name`: a brief has no key `ours;Name`
    b.csv:1: column `long`: a brief has no key `long`

    hint: did you mean `tone`? Or rename it in the file, or leave it out of it; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it; `--mapping` gives columns their keys, `--separator` says what stands between them
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    exit 1
    -- stderr --
    error: invalid value 'x' for '--separator <SIGN>': must be a character such as `;`, `,`, `|` or a tab, given `x`

    For more information, try '--help'.
    exit 1
    -- stderr --
    error: `--separator`: a separator is for CSV, and no file is read as CSV

    hint: add `--format csv` where the ending is another
    exit 1
    -- stderr --
    error: bad.toml: `separator`: must be a character such as `;`, `,`, `|` or a tab, given `a`

    hint: it is one ASCII sign that stands between columns and in no name of one
    ");
    assert_eq!(
        folder.json(&["briefs", "import", "c.csv", "--separator", "#"])["new"],
        1
    );
    folder.write(
        "d.csv",
        "sep=#\nexternal_ref\tkind\ttopic\tlanguage\nd\tsocial\tt\ten\n",
    );
    assert_eq!(
        folder.json(&["briefs", "import", "d.csv", "--separator", "tab"])["new"],
        1
    );
}
