//! Multi-part drafts on the real model: drafted as sets, stored, shown, drafted again the same.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::scoring::assert_card;
use super::{Folder, fixture, keys};

const CAMPAIGN: &str = r#"name = "sets"
[select]
redraft = "always"
[draft]
template = "ad/search"
model = "smollm2-135m-instruct"
channel = "google-rsa"
candidates = 2
targets = { headlines = 3, descriptions = 2 }
temperature = 0.7
seed = 7
"#;

fn folder(pool: &PgPool, campaign: &str) -> Folder {
    let folder = Folder::new(pool);
    folder.write("jobs/sets.toml", campaign);
    folder.write("briefs.jsonl", &fixture("products")[0]);
    folder.json(&["campaigns", "apply"]);
    folder.json(&["briefs", "import", "briefs.jsonl"]);
    folder
}

fn texts(value: &Value) -> Vec<&str> {
    let entries = value.as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry.as_str().unwrap())
        .collect()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_set_meets_its_minimum_or_says_why_and_comes_out_the_same_again(pool: PgPool) {
    let folder = folder(&pool, CAMPAIGN);
    let run = folder.json(&["run", "sets"]);
    let shown = folder.json(&["runs", "show", run["id"].as_str().unwrap()]);
    if run["counts"]["quarantined"] == 1 {
        let error = &shown["quarantined"][0]["error"];
        assert_eq!(error["code"], "set.empty");
        assert!(
            error["message"].as_str().unwrap().contains(" answers: "),
            "{error}"
        );
        return;
    }
    assert_eq!(shown["audit"]["inconsistent"], 0);
    assert_eq!(shown["audit"]["drafts"], shown["audit"]["distinct_drafts"]);
    let listed = folder.json(&["drafts", "list", "--all"]);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2, "a set a candidate");
    assert_eq!(
        listed.iter().filter(|draft| draft["kept"] == true).count(),
        1
    );
    for draft in listed {
        assert_eq!(
            draft["channel"], "google-rsa",
            "not the brief's own, which has no headlines"
        );
        let (headlines, descriptions) = (
            texts(&draft["parts"]["headlines"]),
            texts(&draft["parts"]["descriptions"]),
        );
        assert_eq!(
            draft["text"],
            format!("{}\n\n{}", headlines.join("\n"), descriptions.join("\n")).trim()
        );
        assert!(headlines.len() <= 3 && descriptions.len() <= 2);
        assert!(
            headlines
                .iter()
                .all(|text| text.chars().count() <= 30 && !text.contains('!'))
        );
        assert!(descriptions.iter().all(|text| text.chars().count() <= 90));
        let detail = folder.json(&["drafts", "show", draft["id"].as_str().unwrap()]);
        assert_card(&detail["score_card"], draft["text"].as_str().unwrap());
        let short = headlines.len() < 3 || descriptions.len() < 2;
        let gate = &detail["score_card"]["gates"][1];
        assert_eq!(
            (&gate["name"], &gate["pass"]),
            (&json!("gate.channel"), &json!(!short))
        );
        if short {
            assert!(
                gate["reason"].as_str().unwrap().contains(" answers: "),
                "{gate}"
            );
        }
        recorded(&detail["provenance"]);
    }
    let before: Vec<&Value> = listed.iter().map(|draft| &draft["parts"]).collect();
    assert_ne!(before[0], before[1], "two sets, not one twice");
    folder.json(&["run", "sets", "--new"]);
    let again = folder.json(&["drafts", "list", "--all"]);
    let repeated = again
        .as_array()
        .unwrap()
        .iter()
        .filter(|draft| before.contains(&&draft["parts"]));
    assert_eq!((again.as_array().unwrap().len(), repeated.count()), (4, 4));
}

/// Every token of a set belongs to an answer that `params` names.
fn recorded(origin: &Value) {
    let params = &origin["params"];
    assert_eq!(keys(params), "cpu set parts candidates");
    let mut tokens = 0;
    for name in ["headlines", "descriptions"] {
        let part = &params["parts"][name];
        assert_eq!(keys(part), "chosen rounds target refused sampling");
        for round in part["rounds"].as_array().unwrap() {
            assert_eq!(keys(round), "item tokens candidates");
            assert_eq!(round["item"].as_str().unwrap().len(), 16);
            let counts = round["tokens"].as_array().unwrap();
            assert_eq!(round["candidates"], counts.len());
            tokens += counts
                .iter()
                .map(|count| count.as_u64().unwrap())
                .sum::<u64>();
        }
    }
    assert_eq!(origin["output_tokens"], tokens);
    assert_eq!(origin["token_ids"].as_array().unwrap().len() as u64, tokens);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_set_is_shown_entry_by_entry(pool: PgPool) {
    let folder = folder(&pool, &CAMPAIGN.replace("candidates = 2", "candidates = 1"));
    folder.json(&["run", "sets"]);
    let parts = json!({"headlines": ["Plays Films and Music", "Shows Subtitles", "新鲜面包每天"], "descriptions": ["Opens most files as they are.", "No tracking."]});
    sqlx::query(
        "update drafts set parts = $1, text = 'Plays Films and Music', priority = 90, gates = '[]'",
    )
    .bind(&parts)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("delete from findings")
        .execute(&pool)
        .await
        .unwrap();
    let list = folder.json(&["drafts", "list"]);
    let shown = folder
        .run(&["drafts", "show", list[0]["id"].as_str().unwrap()])
        .stdout;
    let set = shown.split("\n\n").nth(1).unwrap();
    insta::assert_snapshot!(set, @"
    3 headlines, 3–15 of up to 30 columns fit
       21/30  Plays Films and Music
       15/30  Shows Subtitles
       12/30  新鲜面包每天
    2 descriptions, 2–4 of up to 90 columns fit
       29/90  Opens most files as they are.
       12/90  No tracking.
    ");
    let table = folder.run(&["drafts", "list"]).stdout;
    assert!(
        table.contains("3 headlines + 2 descriptions: Plays Films and Music"),
        "{table}"
    );
}

#[test]
fn parts_written_elsewhere_are_scored() {
    let folder = Folder::without_database();
    folder.write("brief.json", &fixture("products")[0]);
    let parts = json!({"headlines": ["VLC Plays Films", "Shows Subtitles", "The best player!"], "descriptions": ["Opens most files.", "Free since 2001."]});
    folder.write("ad.json", parts.to_string());
    let args = [
        "score",
        "--brief",
        "brief.json",
        "--parts",
        "ad.json",
        "--channel",
        "google-rsa",
    ];
    let card = folder.json(&args);
    let text =
        "VLC Plays Films\nShows Subtitles\nThe best player!\n\nOpens most files.\nFree since 2001.";
    assert_card(&card, text);
    let blocks: Vec<(&str, &str)> = card["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["severity"] == "block")
        .map(|found| {
            (
                found["rule"].as_str().unwrap(),
                found["quote"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        blocks,
        [("policy.must_avoid", "best"), ("channel.forbidden", "!")]
    );
    let pair = json!({"brief": serde_json::from_str::<Value>(&fixture("products")[0]).unwrap(), "parts": parts});
    let said = folder.fed(
        &pair.to_string(),
        &["score", "--jsonl", "-", "--channel", "google-rsa"],
    );
    assert_eq!(serde_json::from_str::<Value>(&said.stdout).unwrap(), card);

    folder.write("list.json", "[]");
    folder.write("broken.json", "{");
    folder.write(
        "plain.json",
        fixture("products")[0].replace("\"channel\":\"x-post\",", ""),
    );
    let mut told = String::new();
    for (brief, parts) in [
        ("brief.json", "list.json"),
        ("brief.json", "broken.json"),
        ("plain.json", "ad.json"),
    ] {
        let said = folder.run(&["score", "--brief", brief, "--parts", parts]);
        told.push_str(&said.stderr);
    }
    told.push_str(&folder.run(&["score", "--brief", "brief.json"]).stderr);
    told.push_str(
        &folder
            .fed("{\"parts\":[]}", &["score", "--jsonl", "-"])
            .stderr,
    );
    insta::assert_snapshot!(told, @r#"
    error: list.json: not a JSON object

    hint: an object of lists, such as {"headlines":["…"],"descriptions":["…"]}
    error: broken.json: not JSON: EOF while parsing an object at line 1 column 1

    hint: an object of lists, such as {"headlines":["…"],"descriptions":["…"]}
    error: parts are scored for a channel, and neither the brief nor --channel names one

    hint: `nightdesk channels list` shows them
    error: give --brief and --text or --parts, or --jsonl
    error: -:1: `parts` is not an object

    hint: each line is {"brief":{…},"text":"…"}
    "#);
}

#[test]
fn channels_are_listed_with_their_limits() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.run(&["channels", "list"]), @"
    exit 0
    -- stdout --
     CHANNEL        WHAT                            FIELDS
     email-subject  E-mail subject line             text of up to 69 characters
     google-rsa     Google responsive search ad     3–15 headlines of up to 30 columns · 2–4 descriptions of up to 90 columns
     linkedin       Post on LinkedIn                text of up to 3000 characters
     mastodon       Post on Mastodon                text of up to 500 characters
     meta-feed      Meta feed ad                    1–5 primary_texts of up to 2200 characters · 1–5 headlines of up to 40 characters · 1–5 descriptions of up to 30 characters
     microsoft-rsa  Microsoft responsive search ad  3–15 headlines of up to 30 columns · 2–4 descriptions of up to 90 columns
     push           Push notification               title of up to 50 characters · body of up to 150 characters
     seo-meta       Search title and description    title of up to 60 characters · description of 120–160 characters
     web-article    Web article                     text of 20–1200 words
     x-post         Post on X                       text of up to 280 weighted characters
    ");
    insta::assert_snapshot!(folder.run(&["channels", "show", "google-rsa"]), @"
    exit 0
    -- stdout --
    google-rsa@2  Google responsive search ad
      3–15 headlines of up to 30 columns
          without `!`
          no two the same
      2–4 descriptions of up to 90 columns
          without `!!`
          no two the same
      counted as they are shown: `{KeyWord…}`, `{CUSTOMIZER…}`, `{LOCATION…}`,
      `{IF…}`, `{COUNTDOWN…}`, `{GLOBAL_COUNTDOWN…}`; no other braces
      `[]` alone is no text: an import takes it for “erase what the account has”
      `meta.path1` of the brief: up to 15 columns
      `meta.path2` of the brief: up to 15 columns
      from https://support.google.com/google-ads/answer/7684791 (limits), https://
      support.google.com/adspolicy/answer/14847994 (punctuation), https://
      support.google.com/google-ads/answer/2454041 (insertions), https://
      support.google.com/google-ads/editor/answer/57747 (import), read on 2026-11-23
    ");
    insta::assert_snapshot!(folder.run(&["channels", "show", "meta-feed"]), @"
    exit 0
    -- stdout --
    meta-feed@1  Meta feed ad
      1–5 primary_texts of up to 2200 characters
          of which readers see the first 125 characters
          no two the same
      1–5 headlines of up to 40 characters
          of which readers see the first 27 characters
          no two the same
      1–5 descriptions of up to 30 characters
          no two the same
      from Meta ads guide, feed placements; limits as public exporters apply them,
      read on 2026-11-23
    ");
    let listed = folder.json(&["channels", "list"]);
    assert_eq!(keys(&listed[0]), "name version title source as_of fields");
    assert_eq!(folder.json(&["channels", "show", "x-post"]), listed[9]);
    insta::assert_snapshot!(folder.run(&["channels", "show", "tweet"]), @"
    exit 1
    -- stderr --
    error: `channel`: no channel `tweet`; there are `email-subject`, `google-rsa`, `linkedin`, `mastodon`, `meta-feed`, `microsoft-rsa`, `push`, `seo-meta`, `web-article`, `x-post`
    ");
}
