//! Briefs as people have them: short forms, other encodings, other separators, long numbers; and what `show`
//! says about what was made of them.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Folder, Said};

/// The blocks of a page between fences, by the name in the comment above each.
fn block(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<!-- {name} -->\n")).expect(name);
    let (_, rest) = rest.split_once('\n').expect("a fence");
    rest.split("```").next().expect("an end").to_owned()
}

#[sqlx::test(migrations = "./migrations")]
async fn the_whole_examples_of_the_page_are_imported_as_they_stand(pool: PgPool) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/BRIEFS.md");
    let page = std::fs::read_to_string(page).unwrap();
    let folder = Folder::new(&pool);
    for name in ["tonight.jsonl", "products.csv", "products.toml"] {
        folder.write(name, block(&page, name));
    }
    let said = [
        folder.run(&["briefs", "import", "tonight.jsonl"]),
        folder.run(&[
            "briefs",
            "import",
            "products.csv",
            "--mapping",
            "products.toml",
        ]),
        folder.run(&["briefs", "show", "harbour-2025"]),
        folder.run(&["briefs", "show", "k-1"]),
    ];
    insta::assert_snapshot!(said.map(|said| said.to_string()).join("\n"), @r#"
    exit 0
    -- stdout --
    2 new, 0 revised, 0 unchanged, 0 rejected
    exit 0
    -- stdout --
    2 new, 0 revised, 0 unchanged, 0 rejected
    exit 0
    -- stdout --
    Tarnmoor harbour in 2025  (harbour-2025 r1)
    news in en, priority 0, tags county
      length: 60 to 120 words
      must include: “Tarnmoor”, fact f1
      must avoid: collapse
      meta: {"desk":"regions"}

      f1  Fish landed: 1,240 t (2025)
      f2  Change: -8 % (2025)
      q1  “The boats go further out.” (Ada Thorn, harbour master)
      s1  https://example.org/yearbook  Harbour yearbook 2025, chapter 2
    exit 0
    -- stdout --
    Kettle, 1.7 l  (k-1 r1)
    ad in en, priority 0, tags kettles kitchen spring
      call to action: Order it today
      must include: “free delivery”

      price  Price: 29.90 €
      f2  Colour: red
    "#);
}

#[sqlx::test(migrations = "./migrations")]
async fn short_forms_are_the_same_brief_on_every_way_in(pool: PgPool) {
    let folder = Folder::new(&pool);
    let short = json!({"external_ref": "a", "kind": "ad", "topic": "t", "language": "en",
        "facts": [{"label": "Price", "value": "7 €"}, {"label": "Colour", "value": "red"}],
        "must_include": ["3-1", {"fact": "f2"}]});
    folder.write("a.jsonl", short.to_string());
    assert_eq!(folder.json(&["briefs", "import", "a.jsonl"])["new"], 1);
    folder.write(
        "a.csv",
        "external_ref,kind,topic,language,facts.0.label,facts.0.value,facts.1.label,facts.1.value,must_include.0,must_include.1.fact\n\
         a,ad,t,en,Price,7 €,Colour,red,3-1,f2\n",
    );
    let again = folder.json(&["briefs", "import", "a.csv"]);
    assert_eq!(again["unchanged"], 1, "{again}");
    let stored = folder.json(&["briefs", "show", "a"])["brief"].clone();
    let wanted = &stored["must_include"];
    assert_eq!(
        (&stored["facts"][1]["id"], &wanted[0]["text"]),
        (&json!("f2"), &json!("3-1"))
    );
    // In one cell, split as other lists are; and a list in JSON, as databases export it.
    for cell in ["3-1; x", "\"[\"\"3-1\"\", {\"\"text\"\":\"\"x\"\"}]\""] {
        folder.write(
            "b.csv",
            format!("external_ref,kind,topic,language,must_include\nb,social,t,en,{cell}\n"),
        );
        assert_eq!(
            folder.json(&["briefs", "import", "b.csv"])["rejected"],
            0,
            "{cell}"
        );
        let brief = folder.json(&["briefs", "show", "b"])["brief"].clone();
        assert_eq!(
            (
                &brief["must_include"][0]["text"],
                &brief["must_include"][1]["text"]
            ),
            (&json!("3-1"), &json!("x"))
        );
    }
    folder.write("text.txt", "A red one for 7 €: 3-1.");
    folder.write(
        "pair.jsonl",
        json!({"brief": short, "text": "A red one: 3-1."}).to_string(),
    );
    let card = folder.json(&["score", "--brief", "a.jsonl", "--text", "text.txt"]);
    let coverage = card["scores"]
        .as_array()
        .unwrap()
        .iter()
        .find(|score| score["name"] == "coverage");
    assert_eq!(coverage.unwrap()["value"], 1.0, "{card}");
    assert_eq!(folder.run(&["score", "--jsonl", "pair.jsonl"]).status, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_cleaned_is_shown_before_and_after(pool: PgPool) {
    let folder = Folder::new(&pool);
    let brief = json!({"external_ref": "a", "kind": "news", "topic": "AT&amp;T  opens", "language": "en",
        "cta": "Book a <b>visit</b>", "must_avoid": ["world's best"], "audience": "townspeople", "tone": "plain",
        "sources": [{"text": format!("{}caf\u{200b}e{}", "long ".repeat(200), " end".repeat(200)), "url": "https://example.org/a"}],
        "quotes": [{"text": "Hm.", "speaker": "Ada"}], "length": {"max_words": 40}, "risk": "high",
        "expires_at": "2199-01-01T06:00:00Z", "jurisdictions": ["GB"], "meta": {"desk": 7}});
    folder.write("a.jsonl", brief.to_string());
    folder.json(&["briefs", "import", "a.jsonl"]);
    insta::assert_snapshot!(folder.run(&["briefs", "show", "a"]), @r#"
    exit 0
    -- stdout --
    AT&T opens  (a r1)
    news in en, priority 0
      call to action: Book a visit
      audience: townspeople
      tone: plain
      length: at most 40 words
      must avoid: world's best
      risk: high
      expires: 2199-01-01 06:00 UTC
      jurisdictions: GB
      meta: {"desk":7}

      q1  “Hm.” (Ada)
      s1  https://example.org/a  long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long long long long long long long long long long long
      long long long long long … (1204 more characters: --json)

    cleaned on import:
      topic (entities, whitespace): “AT&amp;T  opens” → “AT&T opens”
      cta (tags): “Book a <b>visit</b>” → “Book a visit”
      sources[0].text (control): “…g long long long caf\u{200b}e end end end end
      en…” → “…g long long long cafe end end end end en…”
    "#);
    let kept = folder.json(&["briefs", "show", "a"])["cleaned"].clone();
    assert_eq!(
        kept[0],
        json!({"key": "topic", "changes": ["entities", "whitespace"], "before": "AT&amp;T  opens", "after": "AT&T opens"})
    );
    // Revisions from before that have only the kinds of change.
    let old =
        r#"update brief_revisions set cleaned = '[{"key": "topic", "changes": ["entities"]}]'"#;
    sqlx::query(old).execute(&pool).await.unwrap();
    let shown = folder.run(&["briefs", "show", "a"]);
    assert!(
        shown
            .stdout
            .contains("cleaned on import:\n  topic (entities)\n"),
        "{shown}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_prompt_of_a_file_is_the_one_that_a_run_makes(pool: PgPool) {
    let folder = Folder::new(&pool);
    let brief = json!({"external_ref": "a", "kind": "news", "topic": "AT&amp;T", "language": "en",
        "facts": [{"label": "Shops", "value": "7&nbsp;000"}]});
    folder.write("a.json", format!("\u{feff}{brief:#}"));
    folder.write("a.jsonl", brief.to_string());
    folder.json(&["briefs", "import", "a.jsonl"]);
    let of_file = folder.json(&["prompt", "news/explainer", "a.json"]);
    assert_eq!(of_file, folder.json(&["prompt", "news/explainer", "a"]));
    let prompt = of_file["prompt"].as_str().unwrap();
    assert!(
        prompt.contains("AT&T") && !prompt.contains("&amp;"),
        "{prompt}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_long_number_is_kept_digit_by_digit_or_refused(pool: PgPool) {
    let folder = Folder::new(&pool);
    let brief = |meta: &str| {
        format!(
            r#"{{"external_ref":"a","kind":"social","topic":"t","language":"en","meta":{{"n":{meta}}}}}"#
        )
    };
    for number in [
        "18446744073709551615",
        "-9223372036854775808",
        "0.1",
        "3.141592653589793",
        "1.2345e-30",
        "2.5e300",
    ] {
        folder.write("a.jsonl", brief(number));
        assert_eq!(folder.json(&["briefs", "import", "a.jsonl"])["rejected"], 0);
        let sent: Value = serde_json::from_str(&brief(number)).unwrap();
        let shown = folder.json(&["briefs", "show", "a"])["brief"]["meta"].clone();
        assert_eq!(shown, sent["meta"], "{number}");
        assert_eq!(
            folder.json(&["briefs", "import", "a.jsonl"])["unchanged"],
            1,
            "{number}"
        );
    }
    folder.write(
        "a.jsonl",
        brief(r#"[1, {"order": 12345678901234567890123}]"#),
    );
    let value = r#"{"external_ref":"b","kind":"ad","topic":"t","language":"en","facts":[{"label":"L","value":1.10}]}"#;
    folder.write("b.jsonl", value);
    let said = folder.run(&["briefs", "import", "a.jsonl", "b.jsonl"]);
    insta::assert_snapshot!(said, @r#"
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 2 rejected
    -- stderr --
    a.jsonl:1: `meta.n[1].order`: the number `12345678901234567890123` has more digits than are kept

    hint: write it as text: `"12345678901234567890123"`
    b.jsonl:1: `facts[0].value`: must be text, given `1.10`

    hint: write it as text: `"1.10"`
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    "#);
}

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

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or name its key in a `--mapping` file; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it, or import with `--separator ';'`
    b.csv:1: column `ours;Name`: a brief has no key `ours;Name`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or name its key in a `--mapping` file; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it, or import with `--separator ';'`
    b.csv:1: column `long`: a brief has no key `long`

    hint: did you mean `tone`? Or name its key in a `--mapping` file; the header row was read with `,` between columns; if it is `;`, put a first line `sep=;` above it, or import with `--separator ';'`
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

#[sqlx::test(migrations = "./migrations")]
async fn all_that_is_wrong_with_a_line_is_told_at_once(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write(
        "a.jsonl",
        r#"{"external_ref":"a","knid":"news","topic":3,"language":"english","facts":[{"label":"L","valeu":"1"},{"label":" ","value":"2","x":1}],"must_include":[{"fact":"f9"}],"due_at":"soon"}"#.to_owned()
            + "\n"
            + r#"{"external_ref":"b","kind":"ad","topic":"t","language":"en","facts":[{"id":"f","label":"L","value":"1"},{"id":"f","label":"M","value":"2"}],"must_include":[{"fact":"f9"},{"regex":"("},{}],"length":{"min_words":9,"max_words":5}}"#,
    );
    folder.write(
        "a.csv",
        "external_ref,knid,topic,Preis,facts.0.valeu\na,ad,t,7,8\n",
    );
    folder.write("m.toml", "[columns]\nSku = \"external_ref\"\nName = \"topik\"\nColour = \"tags\"\n[constants]\nlanguge = \"en\"\n");
    folder.write("b.csv", "SKU,Name\na,b\n");
    let said = [
        folder.run(&["briefs", "import", "a.jsonl"]),
        folder.run(&["briefs", "import", "a.csv"]),
        folder.run(&["briefs", "import", "b.csv", "--mapping", "m.toml"]),
        folder.run(&["score", "--brief", "a.jsonl", "--text", "m.toml"]),
    ];
    insta::assert_snapshot!(said.map(|said| said.to_string()).join("\n"), @r#"
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 2 rejected
    -- stderr --
    a.jsonl:1: `facts[0].valeu`: unknown key

    hint: did you mean `value`?
    a.jsonl:1: `knid`: unknown key

    hint: did you mean `kind`?
    a.jsonl:1: `facts[1].x`: unknown key

    hint: known keys: `id`, `label`, `aliases`, `value`, `unit`, `as_of`, `source`, `private`, `public_figure`
    a.jsonl:1: `topic`: must be text, given `3`

    hint: write it as text: `"3"`
    a.jsonl:1: `language`: must be of a form such as `en`, `pt-BR`, given `english`

    hint: BCP 47 tag of the language to write in, such as `en` or `pt-BR`
    a.jsonl:1: `facts[1].label`: must be text that is not blank, given ``

    hint: Plain name of what the value is, such as `Population`
    a.jsonl:1: `due_at`: must be an RFC 3339 time such as `YYYY-MM-DDTHH:MM:SSZ`, given `soon`

    hint: When the copy is needed: an RFC 3339 time with its offset, or null
    a.jsonl:2: `facts[1].id`: the id `f` is already used by `facts[0]`

    hint: give each entry of the list its own id
    a.jsonl:2: `must_include[0].fact`: no fact of this brief has the id `f9`

    hint: its facts are `f`, `f`; for plain words use `text`
    a.jsonl:2: `must_include[1].regex`: `(` is not a regular expression: unclosed group

    hint: the syntax is that of Rust's `regex` crate: no look-around, no back-references; for plain words use `text`
    a.jsonl:2: `must_include[2]`: nothing is set

    hint: set one of `fact`, `text`, `any_of`, `regex`, or drop the entry
    a.jsonl:2: `length`: `min_words` is 9, above `max_words`, which is 5

    hint: swap the two, or drop one
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    a.csv:1: column `knid`: a brief has no key `knid`

    hint: did you mean `kind`? Or name its key in a `--mapping` file
    a.csv:1: column `Preis`: a brief has no key `Preis`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or name its key in a `--mapping` file
    a.csv:1: column `facts.0.valeu`: a brief has no key `facts.0.valeu`

    hint: did you mean `value`? Or name its key in a `--mapping` file
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    b.csv:1: the mapping names a column `Colour`, which the header row has not

    hint: known: `SKU`, `Name`
    b.csv:1: the mapping names a column `Sku`, which the header row has not

    hint: known: `SKU`, `Name`
    b.csv:1: column `SKU`: a brief has no key `SKU`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or name its key in a `--mapping` file
    b.csv:1: column `Name`: a brief has no key `topik`

    hint: did you mean `topic`? Or name its key in a `--mapping` file
    b.csv:1: column `languge`: a brief has no key `languge`

    hint: did you mean `language`?
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    exit 1
    -- stderr --
    error: a.jsonl:2: is not JSON at column 1: something follows the end of the object

    hint: look for a missing comma, quote or bracket just before that column
    "#);
    let told = folder
        .command(&["briefs", "import", "a.jsonl", "--json"])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let others = told["rejections"][0]["others"].as_array().unwrap();
    assert!(
        others.iter().any(|other| other["key"] == "due_at"),
        "{others:?}"
    );
}
