//! `campaigns`.

use serde_json::json;
use sqlx::PgPool;

use super::{Folder, keys};

const ADS: &str = r#"name = "product-ads"
schedule = "0 3 * * *"
timezone = "Europe/London"
[select]
kind = "ad"
[draft]
template = "ad/product"
model = "smollm2-135m-instruct"
channel = "x-post"
"#;

#[sqlx::test(migrations = "./migrations")]
async fn applying_says_what_changed(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @"
    exit 0
    -- stdout --
    product-ads: created, takes 0 of 0 briefs now
    explainers: unchanged, takes 0 of 0 briefs now
    -- stderr --
    applied: 1 change
    ");
    folder.edit("jobs/ads.toml", "x-post", "web-article");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply", "jobs"]), @r#"
    exit 0
    -- stdout --
    product-ads: updated, takes 0 of 0 briefs now
        draft.channel: "x-post" → "web-article"
    explainers: unchanged, takes 0 of 0 briefs now
    -- stderr --
    applied: 1 change
    "#);
    let applied = folder.json(&["campaigns", "apply"]);
    assert_eq!(
        keys(&applied[0]),
        "name applied file paused_by resumed changes selected notes"
    );
    assert_eq!(applied[0]["applied"], "unchanged");
    assert_eq!(applied[0]["file"], "jobs/ads.toml");
}

#[sqlx::test(migrations = "./migrations")]
async fn listing_and_showing_campaigns(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    folder.json(&["campaigns", "apply"]);
    insta::assert_snapshot!(folder.run(&["campaigns", "list"]), @r#"
    exit 0
    -- stdout --
     CAMPAIGN     SCHEDULE   TEMPLATE        MODEL                  CANDIDATES  CHANNEL
     explainers   by hand    news/explainer  smollm2-135m-instruct  2
     product-ads  0 3 * * *  ad/product      smollm2-135m-instruct  3           x-post
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "show", "product-ads"]), @r#"
    exit 0
    -- stdout --
    # from jobs/ads.toml, applied YYYY-MM-DD HH:MM:SS
    name = "product-ads"
    schedule = "0 3 * * *"
    timezone = "Europe/London"
    catch_up = "latest"
    overlap = "skip"

    [select]
    kind = "ad"
    tags = []
    redraft = "changed"

    [draft]
    template = "ad/product"
    model = "smollm2-135m-instruct"
    channel = "x-post"
    candidates = 3
    max_tokens = 160
    stop = []
    seed = 0

    [review]
    reviews_required = 1
    keep = 1
    "#);
    let listed = folder.json(&["campaigns", "list"]);
    let keys_of_a_campaign =
        "id name spec file paused_at paused_by trouble cursor created_at updated_at";
    assert_eq!(keys(&listed[0]), keys_of_a_campaign);
    let shown = folder.json(&["campaigns", "show", "explainers"]);
    assert_eq!(keys(&shown), keys_of_a_campaign);
    assert_eq!(shown["file"], "jobs/explainers.toml");
    assert_eq!(
        keys(&shown["spec"]),
        "name schedule timezone gap fold catch_up max_catch_up overlap window select draft review"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_show_prints_can_be_applied_again(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    let shown = folder.run(&["campaigns", "show", "explainers"]);
    folder.write("again/explainers.toml", shown.stdout);
    let applied = folder.json(&["campaigns", "apply", "again"]);
    assert_eq!(applied[0]["applied"], "unchanged");
}

#[sqlx::test(migrations = "./migrations")]
async fn changes_are_shown_key_by_key_and_a_dry_run_makes_none(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign().with_briefs(2);
    folder.write(
        "jobs/explainers.toml",
        r#"name = "explainers"
window = "90min"
[select]
tags = ["factboko"]
[draft]
template = "news/explainer"
model = "smollm2-135m-instruct"
candidates = 2
max_tokens = 14
"#,
    );
    let dry = folder.run(&["campaigns", "apply", "--dry-run"]);
    insta::assert_snapshot!(dry, @r#"
    exit 0
    -- stdout --
    explainers: updated, takes 0 of 2 briefs now: none is as [select] says
        window: unset → "1h 30m"
        select.tags: [] → ["factboko"]
        draft.max_tokens: 12 → 14
        draft.seed: 7 → 0
        no brief has the tag `factboko`; did you mean `factbook`?
    -- stderr --
    a dry run: nothing was changed
    "#);
    let json = folder.json(&["campaigns", "apply", "--dry-run"]);
    assert_eq!(
        json[0]["changes"][0],
        json!({ "key": "window", "before": null, "after": "1h 30m" })
    );
    assert_eq!(
        keys(&json[0]["selected"]),
        "briefs matching embargoed expired drafted open takes"
    );
    let before = folder.json(&["campaigns", "show", "explainers"]);
    assert_eq!(before["spec"]["window"], json!(null), "nothing was applied");
    folder.edit("jobs/explainers.toml", "factboko", "factbook");
    folder.edit("jobs/explainers.toml", "[draft]", "limit = 1\n[draft]");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @r#"
    exit 0
    -- stdout --
    explainers: updated, takes 1 of 2 briefs now, the first of 2 by its limit
        window: unset → "1h 30m"
        select.tags: [] → ["factbook"]
        select.limit: unset → 1
        draft.max_tokens: 12 → 14
        draft.seed: 7 → 0
    -- stderr --
    applied: 1 change
    "#);
}

#[sqlx::test(migrations = "./migrations")]
async fn pruning_pauses_what_has_no_file_and_only_that_is_taken_back(pool: PgPool) {
    let folder = Folder::new(&pool).with_campaign();
    folder.write("jobs/ads.toml", ADS);
    folder.write("jobs/kept.toml", ADS.replace("product-ads", "kept"));
    folder.write("other/far.toml", ADS.replace("product-ads", "far"));
    folder.json(&["campaigns", "apply"]);
    folder.json(&["campaigns", "apply", "other"]);
    for file in ["jobs/ads.toml", "jobs/kept.toml"] {
        std::fs::rename(folder.path(file), folder.path(&file.replace("jobs/", ""))).unwrap();
    }
    folder.run(&["campaigns", "pause", "kept"]);
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @"
    exit 0
    -- stdout --
    explainers: unchanged, takes 0 of 0 briefs now
    -- stderr --
    product-ads is applied and has no file in jobs any more; `--prune` pauses such campaigns
    nothing to change
    ");
    insta::assert_snapshot!(folder.run(&["campaigns", "apply", "--prune"]), @"
    exit 0
    -- stdout --
    explainers: unchanged, takes 0 of 0 briefs now
    product-ads: paused, jobs/ads.toml is no longer there
    -- stderr --
    applied: 1 change
    ");
    insta::assert_snapshot!(folder.run(&["campaigns", "list"]), @r#"
    exit 0
    -- stdout --
     CAMPAIGN     SCHEDULE            TEMPLATE        MODEL                  CANDIDATES  CHANNEL
     explainers   by hand             news/explainer  smollm2-135m-instruct  2
     far          0 3 * * *           ad/product      smollm2-135m-instruct  3           x-post
     kept         0 3 * * * (paused)  ad/product      smollm2-135m-instruct  3           x-post
     product-ads  0 3 * * * (paused)  ad/product      smollm2-135m-instruct  3           x-post
    "#);
    let shown = folder.run(&["campaigns", "show", "product-ads"]).stdout;
    insta::assert_snapshot!(shown.lines().nth(1).unwrap(), @"# paused since YYYY-MM-DD HH:MM:SS, because its file was missing");
    // Both files come back; a person's pause stays.
    for file in ["jobs/ads.toml", "jobs/kept.toml"] {
        std::fs::rename(folder.path(&file.replace("jobs/", "")), folder.path(file)).unwrap();
    }
    insta::assert_snapshot!(folder.run(&["campaigns", "apply"]), @"
    exit 0
    -- stdout --
    product-ads: resumed, takes 0 of 0 briefs now
        its file is back: it fires again
    explainers: unchanged, takes 0 of 0 briefs now
    kept: unchanged, takes 0 of 0 briefs now
        it stays paused; `nightdesk campaigns resume kept` lets it fire again
    -- stderr --
    applied: 1 change
    ");
    insta::assert_snapshot!(folder.run(&["campaigns", "resume", "kept"]), @r#"
    exit 0
    -- stdout --
    kept: resumed
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "resume", "kept"]), @r#"
    exit 0
    -- stdout --
    kept: was not paused
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "pause", "kept"]), @r#"
    exit 0
    -- stdout --
    kept: paused
    "#);
    insta::assert_snapshot!(folder.run(&["campaigns", "pause", "kept"]), @r#"
    exit 0
    -- stdout --
    kept: paused already
    "#);
    let listed = folder.json(&["campaigns", "list"]);
    let paused: Vec<_> = listed.as_array().unwrap().iter().collect();
    let by: Vec<_> = paused.iter().map(|c| c["paused_by"].clone()).collect();
    assert_eq!(by, [json!(null), json!(null), json!("person"), json!(null)]);
}

/// `script` gives the command a terminal; what is typed there is answered on it.
#[sqlx::test(migrations = "./migrations")]
async fn on_a_terminal_a_person_is_asked_first(pool: PgPool) {
    let folder = Folder::new(&pool);
    folder.write("jobs/ads.toml", ADS);
    let on_a_terminal = |typed: &str, flags: &str| {
        let command = format!(
            "{} --database-url '{}' campaigns apply {flags}",
            env!("CARGO_BIN_EXE_nightdesk"),
            folder.database_url
        );
        let line = format!("printf '{typed}' | script -qec \"$COMMAND\" /dev/null");
        let mut shell = folder.cleaned(std::process::Command::new("sh"));
        folder.said(shell.args(["-c", &line]).env("COMMAND", command))
    };
    let no = on_a_terminal("n\\n", "");
    assert!(no.stdout.contains("product-ads: created"), "{no}");
    assert!(no.stdout.contains("Apply 1 change? [y/N]"), "{no}");
    assert!(no.stdout.contains("nothing was changed"), "{no}");
    assert_eq!(no.status, 1, "{no}");
    assert_eq!(folder.json(&["campaigns", "list"]), json!([]));
    let yes = on_a_terminal("y\\n", "");
    assert_eq!(yes.status, 0, "{yes}");
    assert_eq!(
        folder.json(&["campaigns", "list"])[0]["name"],
        "product-ads"
    );
    let unchanged = on_a_terminal("", "");
    assert!(!unchanged.stdout.contains("[y/N]"), "{unchanged}");
    folder.edit("jobs/ads.toml", "x-post", "web-article");
    let sure = on_a_terminal("", "--yes");
    assert!(!sure.stdout.contains("[y/N]"), "{sure}");
    let spec = &folder.json(&["campaigns", "list"])[0]["spec"];
    assert_eq!(spec["draft"]["channel"], "web-article");
}
