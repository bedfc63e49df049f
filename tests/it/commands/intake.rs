//! Briefs as people have them: short forms, texts to clean, long numbers, many faults at once; and what `show`
//! says about what was made of them.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::Folder;

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
        [
            r#"[1, {"order": 12345678901234567890123}]"#,
            r#"{"most": [1e400]}"#,
            "1e-400",
        ]
        .map(brief)
        .join("\n"),
    );
    let value = r#"{"external_ref":"b","kind":"ad","topic":"t","language":"en","facts":[{"label":"L","value":1.10}]}"#;
    folder.write("b.jsonl", value);
    let said = folder.run(&["briefs", "import", "a.jsonl", "b.jsonl"]);
    insta::assert_snapshot!(said, @r#"
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 4 rejected
    -- stderr --
    a.jsonl:1: `meta.n[1].order`: the number `12345678901234567890123` could not be kept as it is written

    hint: write it as text: `"12345678901234567890123"`
    a.jsonl:2: `meta.n.most[0]`: the number `1e400` could not be kept as it is written

    hint: write it as text: `"1e400"`
    a.jsonl:3: `meta.n`: the number `1e-400` could not be kept as it is written

    hint: write it as text: `"1e-400"`
    b.jsonl:1: `facts[0].value`: must be text, given `1.10`

    hint: write it as text: `"1.10"`
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    "#);
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

    hint: did you mean `kind`? Or rename it in the file, or leave it out of it; `--mapping` gives columns their keys, `--separator` says what stands between them
    a.csv:1: column `Preis`: a brief has no key `Preis`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it; `--mapping` gives columns their keys, `--separator` says what stands between them
    a.csv:1: column `facts.0.valeu`: a brief has no key `facts.0.valeu`

    hint: did you mean `value`? Or rename it in the file, or leave it out of it; `--mapping` gives columns their keys, `--separator` says what stands between them
    every rejected line with its reason: DIR/.nightdesk/rejects/briefs-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.jsonl
    exit 1
    -- stdout --
    0 new, 0 revised, 0 unchanged, 1 rejected
    -- stderr --
    b.csv:1: the mapping names a column `Colour`, which the header row has not

    hint: known: `SKU`, `Name`
    b.csv:1: the mapping names a column `Sku`, which the header row has not

    hint: did you mean `SKU`?
    b.csv:1: column `SKU`: a brief has no key `SKU`

    hint: known: `external_ref`, `kind`, `topic`, `language`, `facts`, `quotes`, `sources`, `must_include`, `must_avoid`, `audience`, `tone`, `channel`, `cta`, `length`, `tags`, `priority`, `risk`, `due_at`, `embargo_until`, `expires_at`, `jurisdictions`, `meta`; or rename it in the file, or leave it out of it; `--mapping` gives columns their keys, `--separator` says what stands between them
    b.csv:1: column `Name`: a brief has no key `topik`

    hint: did you mean `topic`? Or rename it in the file, or leave it out of it; `--mapping` gives columns their keys, `--separator` says what stands between them
    b.csv:1: column `languge`: a brief has no key `languge`

    hint: did you mean `language`? `--mapping` gives columns their keys, `--separator` says what stands between them
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
