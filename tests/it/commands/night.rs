//! The commands that use the model: `run` with the listings of what it left, `prompt`, `generate`.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::scoring::assert_card;
use super::{Folder, MODEL, fixture, keys};

const RUN_KEYS: &str = "id campaign state slot counts drafts output_tokens tok_s started_at finished_at error window_ends_at pruned_at";
const DRAFT_KEYS: &str = "id run_id brief_id external_ref campaign candidate_no rank kept channel text parts \
                          priority deductions finish_reason state created_at";

#[sqlx::test(migrations = "./migrations")]
async fn a_night_leaves_a_run_and_its_drafts(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(2).with_campaign();
    let run = folder.json(&["run", "explainers", "--limit", "2"]);
    assert_eq!(keys(&run), RUN_KEYS);
    assert_eq!(
        keys(&run["counts"]),
        "ready leased done suspect quarantined"
    );
    assert_eq!(
        (&run["state"], &run["counts"]["done"]),
        (&json!("completed"), &json!(2))
    );
    assert_eq!(
        (&run["drafts"], &run["slot"], &run["error"]),
        (&json!(4), &Value::Null, &Value::Null)
    );
    assert!(run["output_tokens"].as_i64().unwrap() <= 4 * 12);

    let again = folder.run(&["run", "explainers"]);
    insta::assert_snapshot!(again, @r#"
    exit 0
    -- stdout --
    explainers: completed, 0 briefs, 0 drafts, 0 tokens
    -- stderr --
    nothing to draft: of 2 briefs that match, 2 drafted before
    "#);
    runs_are_listed(&folder, &run);
    drafts_are_listed(&folder, &pool).await;
    a_draft_is_shown(&folder);
}

fn runs_are_listed(folder: &Folder, run: &Value) {
    let id = run["id"].as_str().unwrap();
    let listed = folder.json(&["runs", "list", "--campaign", "explainers"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "newest first");
    assert_eq!(&listed[1], run);
    let shown = folder.json(&["runs", "show", id]);
    assert_eq!(
        keys(&shown),
        format!("{RUN_KEYS} audit quarantined redriven")
    );
    assert_eq!(
        shown["audit"],
        json!({
            "items": 2, "with_drafts": 2, "quarantined": 0, "pending": 0, "inconsistent": 0,
            "drafts": 4, "distinct_drafts": 4, "counted_drafts": 4,
        })
    );
    assert_eq!(shown["quarantined"], json!([]));
    let for_people = folder.run(&["runs", "show", &id[..30]]).stdout;
    let audit = for_people.lines().last().unwrap();
    insta::assert_snapshot!(audit, @"audit: 2 briefs = 2 drafted + 0 given up + 0 pending; 4 drafts, 4 distinct, 0 inconsistent");
    let table = folder.run(&["runs", "list", "-n", "1"]);
    insta::assert_snapshot!(table, @r#"
    exit 0
    -- stdout --
     RUN                                   CAMPAIGN    STATE      BRIEFS  DRAFTS  TOK/S  STARTED (UTC)
     xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx  explainers  completed  0/0     0              YYYY-MM-DD HH:MM:SS
    "#);
}

async fn drafts_are_listed(folder: &Folder, pool: &PgPool) {
    let kept = folder.json(&["drafts", "list"]);
    let kept = kept.as_array().unwrap();
    assert_eq!(kept.len(), 2, "one of two candidates reaches the queue");
    for draft in kept {
        assert_eq!(keys(draft), DRAFT_KEYS);
        assert_eq!((&draft["kept"], &draft["rank"]), (&json!(true), &json!(1)));
        assert!(
            !draft["deductions"].as_array().unwrap().is_empty(),
            "12 tokens are no explainer"
        );
        for deduction in draft["deductions"].as_array().unwrap() {
            assert_eq!(keys(deduction), "points rule message");
        }
    }
    let of_one = ["drafts", "list", "--all", "--brief", "factbook-en-economy"];
    assert_eq!(folder.json(&of_one).as_array().unwrap().len(), 2);

    // So short a text fails its gates, so the model's drafts are all at 0.
    let last = kept[1]["id"].as_str().unwrap();
    let raised = sqlx::query("update drafts set priority = 40 where id = $1::uuid").bind(last);
    raised.execute(pool).await.unwrap();
    let all = folder.json(&["drafts", "list", "--all"]);
    assert_eq!(all[0]["id"], last);
    let priorities: Vec<i64> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|draft| draft["priority"].as_i64().unwrap())
        .collect();
    assert_eq!(priorities, [40, 0, 0, 0]);
    let lowered = sqlx::query("update drafts set priority = 0 where id = $1::uuid").bind(last);
    lowered.execute(pool).await.unwrap();

    let table = folder.run(&["drafts", "list"]).stdout;
    let column = table.find("BRIEF").unwrap();
    for line in table.lines().skip(1) {
        let width = line.char_indices().nth(column).unwrap().0;
        assert!(
            line[width..].starts_with("factbook-"),
            "the columns are crooked:\n{table}"
        );
    }
}

fn a_draft_is_shown(folder: &Folder) {
    let listed = folder.json(&["drafts", "list", "--brief", "factbook-en-economy"])[0].take();
    let id = listed["id"].as_str().unwrap();
    let mut shown = folder.json(&["drafts", "show", id]);
    assert_eq!(keys(&shown), format!("{DRAFT_KEYS} score_card provenance"));
    assert_eq!(
        keys(&shown["provenance"]),
        "brief_revision brief_sha256 template template_sha256 model model_sha256 files runtime params seed \
         prompt_tokens output_tokens token_ids timings_ms"
    );
    assert_eq!(
        keys(&shown["provenance"]["timings_ms"]),
        "queue prefill decode score"
    );
    assert_card(&shown["score_card"], listed["text"].as_str().unwrap());
    assert_eq!(shown["score_card"]["priority"], listed["priority"]);
    let object = shown.as_object_mut().unwrap();
    object.retain(|key, _| key != "score_card" && key != "provenance");
    assert_eq!(shown, listed);

    let people = folder.run(&["drafts", "show", id]).stdout;
    let headings = [
        "\nFacts\n  f1  Economic growth: -0.3 % (2024)\n",
        "\nTo check\n  −100 ",
        "\nOrigin\n  news/explainer (HASH) · ",
    ];
    for part in headings {
        assert!(people.contains(part), "`{part}` is not in:\n{people}");
    }
    let text = listed["text"]
        .as_str()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    assert!(people.contains(&format!("\n\n  {text}")), "{people}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_prompt_is_the_same_by_template_or_campaign(pool: PgPool) {
    let folder = Folder::new(&pool).with_briefs(1).with_campaign();
    folder.write("brief.json", &fixture("factbook")[0]);
    let by_file = folder.json(&["prompt", "news/explainer", "brief.json"]);
    assert_eq!(
        keys(&by_file),
        "template template_sha256 model prompt prompt_tokens shared_prefix_tokens max_tokens context_limit input_ids"
    );
    let tokens = by_file["prompt_tokens"].as_u64().unwrap();
    assert_eq!(
        by_file["input_ids"].as_array().unwrap().len() as u64,
        tokens
    );
    assert!((1..tokens).contains(&by_file["shared_prefix_tokens"].as_u64().unwrap()));
    let by_name = folder.json(&["prompt", "explainers", "factbook-en-economy"]);
    assert_eq!(by_file["input_ids"], by_name["input_ids"]);
    assert_eq!(
        (&by_file["max_tokens"], &by_name["max_tokens"]),
        (&json!(160), &json!(12))
    );

    let said = folder.run(&["prompt", "explainers", "factbook-en-economy"]);
    assert_eq!(
        said.stdout.trim_end(),
        by_name["prompt"].as_str().unwrap().trim_end()
    );
    assert!(
        said.stdout.contains("\n- GDP: $42.765 billion (2024)\n"),
        "{said}"
    );
    assert!(
        said.stderr
            .starts_with(&format!("{tokens} tokens, the first ")),
        "{said}"
    );
}

#[test]
fn generating_greedily_gives_the_same_text_twice() {
    let folder = Folder::without_database();
    let args = [
        "generate",
        "--prompt",
        "Say hello.",
        "--temperature",
        "0",
        "--max-tokens",
        "8",
    ];
    let first = folder.json(&args);
    assert_eq!(
        keys(&first),
        "text finish_reason token_ids logprobs prompt_tokens output_tokens prefill_ms decode_ms tok_s model \
         model_sha256 runtime"
    );
    assert_eq!(
        (&first["model"], &first["finish_reason"]),
        (&json!(MODEL), &json!("length"))
    );
    assert_eq!(first["token_ids"].as_array().unwrap().len(), 8);
    let again = folder.run(&args);
    assert_eq!(
        again.stdout.trim_end(),
        first["text"].as_str().unwrap(),
        "streamed and whole"
    );
    assert!(
        again
            .stderr
            .contains("8 output tokens at N tok/s, ended by length"),
        "{again}"
    );
}

#[test]
fn a_raw_prompt_goes_on_until_a_stop_text() {
    let folder = Folder::without_database();
    let args = [
        "generate",
        "--raw",
        "--prompt",
        "One, two, three, four, five,",
        "--temperature",
        "0",
        "--stop",
        "seven",
        "--max-tokens",
        "20",
    ];
    let done = folder.json(&args);
    assert_eq!(
        (&done["text"], &done["finish_reason"]),
        (&json!(" six, "), &json!("stop_sequence"))
    );
    assert_eq!(done["prompt_tokens"], 10, "no chat template");
}
