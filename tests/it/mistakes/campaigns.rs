//! Campaign files and templates with mistakes in them.

use serde_json::json;
use sqlx::PgPool;

use crate::commands::Folder;

const GOOD: &str = r#"name = "ads"
schedule = "0 3 * * *"
[draft]
template = "ad/product"
model = "smollm2-135m-instruct"
candidates = 2
"#;

#[sqlx::test(migrations = "./migrations")]
async fn a_mistake_in_a_campaign_file_is_told_with_line_and_key(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("jobs/a-good-one.toml", GOOD.replace("ads", "good"));
    let mistakes = [
        ("ad/product", "ad/produkt"),
        ("= \"smollm2", "= \"smollm3"),
        ("candidates = 2", "channel = \"tweet\""),
        ("candidates", "candidate"),
        ("= 2", "= \"two\""),
        ("= 2", "= 99"),
        ("candidates = 2", "top_p = 0"),
        ("0 3 * * *", "0 3"),
        ("\"ads\"", "\"Ads!\""),
        ("name = \"ads\"\n", ""),
        ("[draft]", "[draft"),
        ("[draft]", "[drafts]"),
        ("candidates = 2", "[review]\nkeep = 4"),
        ("candidates = 2", "limit = 3"),
        ("[draft]", "temperature = 1\n[draft]"),
        ("[draft]", "catch_up = \"lates\"\n[draft]"),
        ("[draft]", "window = \"0h\"\n[draft]"),
        ("[draft]", "window = \"four hours\"\n[draft]"),
        ("[draft]", "window = 4\n[draft]"),
        ("[draft]", "[select]\ntags = \"sport\"\n[draft]"),
        ("[draft]", "[select]\nkind = \"new\"\n[draft]"),
        ("[draft]", "[select]\nlimit = 0\n[draft]"),
    ];
    let mut told = String::new();
    for (good, bad) in mistakes {
        assert!(GOOD.contains(good), "{good}");
        folder.write("jobs/ads.toml", GOOD.replacen(good, bad, 1));
        let said = folder.run(&["campaigns", "apply"]);
        assert_eq!((said.status, said.stdout.as_str()), (1, ""), "{said}");
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told, @r#"
    error: jobs/ads.toml:4: `draft.template`: no template is named `ad/produkt`

    hint: did you mean `ad/product`?
    error: jobs/ads.toml:5: `draft.model`: no model `smollm3-135m-instruct`

    hint: models are the folders of REPOSITORY/models; there are these: `fiction-gan`, `fiction-gru`, `fiction-lstm`, `fiction-vae`, `smollm2-135m-instruct`
    error: jobs/ads.toml:6: `draft.channel`: no channel `tweet`; there are `email-subject`, `google-rsa`, `linkedin`, `mastodon`, `meta-feed`, `microsoft-rsa`, `push`, `seo-meta`, `web-article`, `x-post`
    error: jobs/ads.toml:6: `draft.candidate`: unknown field `candidate`, expected one of `template`, `model`, `variant`, `channel`, `candidates`, `max_tokens`, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`, `repetition_penalty`, `frequency_penalty`, `presence_penalty`, `no_repeat_ngram`, `logit_bias`, `banned_words`, `min_tokens`, `stop`, `targets`, `seed`

    hint: did you mean `candidates`?
    error: jobs/ads.toml:6: `draft.candidates`: invalid type: string "two", expected a whole number

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:6: `draft.candidates`: must be from 1 to 16, given 99
    error: jobs/ads.toml:6: `draft.top_p`: must be above 0 and at most 1, given 0
    error: jobs/ads.toml:2: `schedule`: must have five fields (minute hour day month weekday), given 2 in `0 3`

    hint: `30 2 * * 1-5` is half past two, Monday to Friday; `@daily` is midnight
    error: jobs/ads.toml:1: `name`: must be 1 to 63 lower-case letters, digits or hyphens, given `Ads!`
    error: jobs/ads.toml:1: missing field `name`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:3: unclosed table, expected `]`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:3: `drafts`: unknown field `drafts`, expected one of `name`, `schedule`, `timezone`, `gap`, `fold`, `catch_up`, `max_catch_up`, `overlap`, `window`, `source`, `select`, `draft`, `review`

    hint: did you mean `draft`?
    error: jobs/ads.toml:7: `review.keep`: must be from 1 to 3, given 4
    error: jobs/ads.toml:6: `draft.limit`: unknown field `limit`, expected one of `template`, `model`, `variant`, `channel`, `candidates`, `max_tokens`, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`, `repetition_penalty`, `frequency_penalty`, `presence_penalty`, `no_repeat_ngram`, `logit_bias`, `banned_words`, `min_tokens`, `stop`, `targets`, `seed`

    hint: `limit` belongs under `[select]`
    error: jobs/ads.toml:3: `temperature`: unknown field `temperature`, expected one of `name`, `schedule`, `timezone`, `gap`, `fold`, `catch_up`, `max_catch_up`, `overlap`, `window`, `source`, `select`, `draft`, `review`

    hint: `temperature` belongs under `[draft]`
    error: jobs/ads.toml:3: `catch_up`: unknown variant `lates`, expected one of `skip`, `latest`, `all`

    hint: did you mean `latest`?
    error: jobs/ads.toml:3: `window`: must be from 1s to 31days, given `0h`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:3: `window`: expected a number and a unit, such as `4h`, `90min` or `1h 30m`, given `four hours`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:3: `window`: invalid type: integer `4`, expected a duration in quotes, such as "4h"

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:4: `select.tags`: invalid type: string "sport", expected a sequence

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    error: jobs/ads.toml:4: `select.kind`: unknown variant `new`, expected one of `news`, `event`, `ad`, `social`, `fiction`

    hint: did you mean `news`?
    error: jobs/ads.toml:4: `select.limit`: must be at least 1, given 0
    "#);
    assert_eq!(
        folder.json(&["campaigns", "list"]),
        json!([]),
        "all or none"
    );
    let error = folder.run(&["campaigns", "apply", "--json"]).error();
    assert_eq!(
        (&error["file"], &error["line"], &error["key"]),
        (&json!("jobs/ads.toml"), &json!(4), &json!("select.limit"))
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_folder_of_campaigns_that_cannot_be_applied_is_named(pool: PgPool) {
    let folder = Folder::new(&pool);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 1
    -- stderr --
    error: jobs: cannot be read: No such file or directory (os error 2)

    hint: give a folder of campaign files; without one it is the project's `jobs` folder
    "#);
    std::fs::create_dir(folder.path("jobs")).unwrap();
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 1
    -- stderr --
    error: jobs: holds no campaign file

    hint: a campaign is one `*.toml` file; `nightdesk campaigns --help` shows one
    "#);
    folder.write("jobs/one.toml", GOOD);
    folder.write("jobs/two.toml", GOOD);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 1
    -- stderr --
    error: jobs/two.toml:1: `name`: `ads` is already the name of jobs/one.toml

    hint: give each campaign a name of its own; nothing was stored
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply", "jobs/one.toml"]), @r#"
    exit 1
    -- stderr --
    error: jobs/one.toml: cannot be read: Not a directory (os error 20)

    hint: give a folder of campaign files; without one it is the project's `jobs` folder
    "#);
    assert_eq!(folder.json(&["campaigns", "list"]), json!([]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_misspelt_variable_stops_everything_before_the_model_is_loaded(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    let template = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/templates/prompts/news/explainer.hbs"
    );
    folder.write(
        "prompts/news/explainer.hbs",
        std::fs::read(template).unwrap(),
    );
    folder.edit("prompts/news/explainer.hbs", "{{topic}}", "{{topci}}");
    let body = std::fs::read_to_string(folder.path("prompts/news/explainer.hbs")).unwrap();
    let line = 1 + body
        .lines()
        .position(|line| line.contains("{{topci}}"))
        .unwrap();
    let place = format!("DIR/prompts/news/explainer.hbs:{line}: `topci`: unknown variable");
    for command in [
        &["run", "explainers"][..],
        &["campaigns", "apply"],
        &["prompt", "news/explainer", "x"],
    ] {
        let args = [
            command,
            &["--templates", "prompts", "--runtime-library", "/nowhere"],
        ]
        .concat();
        folder
            .run(&args)
            .refuses(&[&place, "hint: did you mean `topic`?"]);
    }
    let doctor = folder.run(&["doctor", "--templates", "prompts"]);
    assert_eq!(doctor.status, 1);
    assert!(
        doctor
            .stdout
            .contains(&format!("missing  templates  {place}\n")),
        "{doctor}"
    );
    assert_eq!(folder.json(&["runs", "list"]), json!([]));
    folder
        .run(&["campaigns", "apply", "--templates", "nowhere"])
        .refuses(&["DIR/nowhere: cannot be read"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_campaign_file_that_is_no_text_is_told_so(pool: PgPool) {
    let folder = Folder::new(&pool);
    let utf16: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut latin1 = GOOD.replace("ads", "caf").into_bytes();
    let at = latin1.windows(3).position(|three| three == b"caf").unwrap();
    latin1.insert(at + 3, 0xE9);
    let mut told = String::new();
    for bytes in [[&[0xFF, 0xFE], utf16.as_slice()].concat(), utf16, latin1] {
        folder.write("jobs/ads.toml", bytes);
        told.push_str(&folder.run(&["campaigns", "apply"]).stderr);
    }
    insta::assert_snapshot!(told, @r#"
    error: jobs/ads.toml: is UTF-16 or no text at all

    hint: save it as UTF-8; from UTF-16, `iconv -f UTF-16 -t UTF-8 jobs/ads.toml` converts it
    error: jobs/ads.toml: is UTF-16 or no text at all

    hint: save it as UTF-8; from UTF-16, `iconv -f UTF-16 -t UTF-8 jobs/ads.toml` converts it
    error: jobs/ads.toml:1: is not UTF-8: byte 0xE9

    hint: save it as UTF-8; from Latin-1, `iconv -f WINDOWS-1252 -t UTF-8 jobs/ads.toml` converts it
    "#);
    folder.write("jobs/ads.toml", [b"\xEF\xBB\xBF", GOOD.as_bytes()].concat());
    assert_eq!(
        folder.run(&["campaigns", "apply"]).status,
        0,
        "a mark is no mistake"
    );
    folder.write("jobs/empty.toml", "");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 1
    -- stderr --
    error: jobs/empty.toml:1: missing field `name`

    hint: docs/CAMPAIGNS.md explains every key of a campaign file
    "#);
    std::fs::remove_file(folder.path("jobs/empty.toml")).unwrap();
    std::fs::create_dir(folder.path("jobs/folder.toml")).unwrap();
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @"
    exit 1
    -- stderr --
    error: jobs/folder.toml: cannot be read: it is a folder, not a file

    hint: put a regular file in its place, or take it away
    ");
    insta::assert_snapshot!(folder.run(&["campaigns", "pause", "nobody"]), @r#"
    exit 1
    -- stderr --
    error: no campaign `nobody`

    hint: `nightdesk campaigns list` shows what there is
    "#);
}
