//! `campaigns next`: when campaigns fire.

use serde_json::json;
use sqlx::PgPool;

use super::folder::Folder;

const NIGHTLY: [&str; 9] = [
    "campaigns",
    "next",
    "--schedule",
    "30 1 * * *",
    "--timezone",
    "Europe/London",
    "--from",
    "2026-03-28T00:00:00Z",
    "-n3",
];

#[test]
fn a_crontab_of_the_command_line_needs_no_database() {
    let folder = Folder::without_database();
    insta::assert_snapshot!(folder.run(&NIGHTLY), @"
    exit 0
    -- stdout --
     LOCAL TIME            OFFSET  UTC
     Sat 2026-03-28 01:30  +00:00  2026-03-28 01:30
     Sun 2026-03-29 02:00  +01:00  2026-03-29 01:00  01:30 does not exist, as clocks are put forward; it fires at 02:00
     Mon 2026-03-30 01:30  +01:00  2026-03-30 00:30
    ");
    let slots = folder.json(&NIGHTLY);
    assert_eq!(
        slots[0],
        json!({"instant": "2026-03-28T01:30:00Z", "civil": "2026-03-28T01:30:00", "offset": "+00:00", "note": null})
    );
    assert_eq!(slots[1]["instant"], "2026-03-29T01:00:00Z");
    assert_eq!(slots[1]["civil"], "2026-03-29T02:00:00");
    assert_eq!(slots[1]["offset"], "+01:00");
    assert!(
        slots[1]["note"]
            .as_str()
            .unwrap()
            .starts_with("01:30 does not exist")
    );
    let many = folder.json(&[
        "campaigns",
        "next",
        "--schedule",
        "* * * * *",
        "-n",
        "1000",
        "--from",
        "2026-01-01T00:00:00-05:00",
    ]);
    assert_eq!(many.as_array().unwrap().len(), 1000);
    assert_eq!(many[0]["instant"], "2026-01-01T05:01:00Z");
    let half = folder.json(&[
        "campaigns",
        "next",
        "--schedule",
        "@daily",
        "--timezone",
        "America/St_Johns",
        "--from",
        "2026-01-01T00:00:00Z",
    ]);
    assert_eq!(half[0]["offset"], "-03:30");
    assert_eq!(half.as_array().unwrap().len(), 10);
}

#[test]
fn where_the_calendar_ends_it_is_said() {
    let folder = Folder::without_database();
    let next = |crontab: &str, from: &str| {
        let args = ["campaigns", "next", "--schedule", crontab, "--from", from];
        folder.run(&args)
    };
    insta::assert_snapshot!(next("0 0 29 2 *", "2099-01-01"), @"
    exit 0
    -- stderr --
    `0 0 29 2 *` has no time after 2099-01-01 00:00 UTC: schedules end with the year 2100
    ");
    insta::assert_snapshot!(next("0 6 30,31 12 *", "2100-01-01"), @"
    exit 0
    -- stdout --
     LOCAL TIME            OFFSET  UTC
     Thu 2100-12-30 06:00  +00:00  2100-12-30 06:00
     Fri 2100-12-31 06:00  +00:00  2100-12-31 06:00
    -- stderr --
    `0 6 30,31 12 *` has no time after 2100-12-31 06:00 UTC: schedules end with the year 2100
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn campaigns_are_listed_by_when_they_are_due(pool: PgPool) {
    let folder = Folder::new(&pool);
    let campaign = |name: &str, more: &str| {
        let text = format!(
            "name = \"{name}\"\n{more}\n[draft]\ntemplate = \"news/explainer\"\nmodel = \"smollm2-135m-instruct\"\n"
        );
        folder.write(&format!("jobs/{name}.toml"), text);
    };
    campaign(
        "nightly",
        "schedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"\ngap = \"skip\"",
    );
    campaign("morning", "schedule = \"0 6 * * 1-5\"");
    campaign("away", "schedule = \"* * * * *\"");
    campaign("by-hand", "");
    folder.json(&["campaigns", "apply"]);
    folder.json(&["campaigns", "pause", "away"]);
    let from = ["--from", "2026-03-28T12:00:00Z", "-n", "4"];
    let next = |args: &[&str]| folder.run(&[&["campaigns", "next"], args, &from].concat());
    insta::assert_snapshot!(next(&[]), @"
    exit 0
    -- stdout --
     CAMPAIGN  LOCAL TIME            OFFSET  UTC
     nightly   Mon 2026-03-30 02:30  +02:00  2026-03-30 00:30  2026-03-29 02:30 did not exist, as clocks were put forward, and was left out
     morning   Mon 2026-03-30 06:00  +00:00  2026-03-30 06:00
     nightly   Tue 2026-03-31 02:30  +02:00  2026-03-31 00:30
     morning   Tue 2026-03-31 06:00  +00:00  2026-03-31 06:00
    ");
    insta::assert_snapshot!(next(&["away"]), @"
    exit 0
    -- stdout --
     LOCAL TIME            OFFSET  UTC
     Sat 2026-03-28 12:01  +00:00  2026-03-28 12:01
     Sat 2026-03-28 12:02  +00:00  2026-03-28 12:02
     Sat 2026-03-28 12:03  +00:00  2026-03-28 12:03
     Sat 2026-03-28 12:04  +00:00  2026-03-28 12:04
    -- stderr --
    away is paused since YYYY-MM-DD HH:MM:SS: it does not fire until it is resumed
    ");
    next(&["by-hand"]).refuses(&["by-hand has no schedule", "`nightdesk run by-hand` runs it"]);
    next(&["nobody"]).refuses(&["no campaign `nobody`"]);
    let all = folder.json(&[&["campaigns", "next"], &from[..]].concat());
    assert_eq!(all[0]["campaign"], "nightly");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_the_ledger_contradicts_is_not_promised(pool: PgPool) {
    let folder = Folder::new(&pool);
    let minutely = "name = \"minutely\"\nschedule = \"* * * * *\"\n[draft]\ntemplate = \"news/explainer\"\nmodel = \"smollm2-135m-instruct\"\n";
    folder.write("jobs/minutely.toml", minutely);
    folder.json(&["campaigns", "apply"]);
    let run = async |sql: &'static str| {
        sqlx::query(sql).execute(&pool).await.unwrap();
    };
    // A scheduler was started while the clock was two minutes and a half ahead, and the third minute had fired.
    run("update campaigns set cursor = date_trunc('minute', now()) + interval '150 seconds'").await;
    run("insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, run_id, created_at)
         select gen_random_uuid(), id, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI'), at, 1, 'fired', gen_random_uuid(), now()
         from campaigns, (select date_trunc('minute', now()) + interval '3 minutes' as at) as at").await;
    let from = "select to_char(date_trunc('minute', now()) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SSZ')";
    let from: String = sqlx::query_scalar(from).fetch_one(&pool).await.unwrap();
    let next = ["campaigns", "next", "minutely", "-n", "4", "--from", &from];
    let slots = folder.json(&next);
    let ledger: Vec<String> = (0..4)
        .map(|n| slots[n]["ledger"].as_str().unwrap_or("fires").to_owned())
        .map(|told| told.split(", at ").next().unwrap().to_owned())
        .collect();
    let ahead = "does not fire: the cursor lies ahead of the clock";
    assert_eq!(ledger[1..], [ahead, "fired already", "fires"]);
    let said = folder.run(&next);
    for part in [
        "does not fire: the cursor lies",
        "fired already, at ",
        "minutely: nothing of it fires before ",
    ] {
        assert!(
            said.to_string().contains(part),
            "`{part}` is not said: {said}"
        );
    }
    // It is told wherever somebody may look for the reason.
    let told = "nothing of it fires before ";
    let shown = folder.run(&["campaigns", "show", "minutely"]);
    assert!(shown.stdout.contains(&format!("# {told}")), "{shown}");
    let listed = folder.run(&["campaigns", "list"]);
    assert!(
        listed.stdout.contains("* * * * * (cursor ahead)"),
        "{listed}"
    );
    let report = folder.json(&["report"]);
    let attention = report["attention"][0].as_str().unwrap();
    assert!(
        attention.contains("nothing of minutely fires before "),
        "{report}"
    );
    assert!(
        attention.contains("once the clock is right, resuming the campaign lets it go on"),
        "{report}"
    );
    let doctor = folder.run(&["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("minutely is silent, as its cursor lies ahead of the database's clock"),
        "{doctor}"
    );
    // And it ends as they say.
    let resumed = folder.run(&["campaigns", "resume", "minutely"]);
    assert!(
        resumed
            .stdout
            .contains("minutely: was not paused; its cursor lay ahead of the clock, at "),
        "{resumed}"
    );
    assert!(!folder.run(&next).to_string().contains("does not fire"));
    let doctor = folder.run(&["doctor"]);
    assert!(!doctor.stdout.contains("silent"), "{doctor}");
    // A slot that a wrong clock skipped is open until it comes.
    run("update slots set status = 'skipped', reason = 'catch_up', run_id = null, created_at = now() + interval '1 hour'").await;
    let slots = folder.json(&["campaigns", "slots"]);
    assert_eq!(slots[0]["void"], true);
    let slots = folder.run(&["campaigns", "slots"]);
    assert!(
        slots
            .stdout
            .contains("open: a clock that ran ahead skipped it"),
        "{slots}"
    );
    assert!(!folder.run(&next).to_string().contains("already"));
}

#[test]
fn mistakes_of_the_command_line_are_told_by_their_flag() {
    let folder = Folder::without_database();
    let said = [
        folder.run(&["campaigns", "next", "--schedule", "61 * * * *"]),
        folder.run(&[
            "campaigns",
            "next",
            "--schedule",
            "@daily",
            "--timezone",
            "GMT Standard Time",
        ]),
        folder.run(&["campaigns", "next", "--timezone", "UTC"]),
        folder.run(&["campaigns", "next", "nightly", "--schedule", "@daily"]),
        folder.run(&[
            "campaigns",
            "next",
            "--schedule",
            "@daily",
            "--from",
            "yesterday",
        ]),
        folder.run(&["campaigns", "next", "--schedule", "@daily", "-n", "1001"]),
    ];
    let said = said.map(|said| said.to_string()).join("\n");
    insta::assert_snapshot!(said, @"
    exit 1
    -- stderr --
    error: `--schedule`: the minute must be from 0 to 59, given 61

    hint: the fields are minute, hour, day, month and weekday, in this order
    exit 1
    -- stderr --
    error: `--timezone`: no time zone is named `GMT Standard Time`

    hint: did you mean `Europe/London`?
    exit 1
    -- stderr --
    error: the following required arguments were not provided:
      --schedule <CRONTAB>

    Usage: nightdesk campaigns next --schedule <CRONTAB> --timezone <ZONE> [NAME]

    For more information, try '--help'.
    exit 1
    -- stderr --
    error: the argument '[NAME]' cannot be used with '--schedule <CRONTAB>'

    Usage: nightdesk campaigns next <NAME>

    For more information, try '--help'.
    exit 1
    -- stderr --
    error: `--from`: `yesterday` is no time that is understood

    hint: such as `2026-03-28`, `2026-03-28 12:00` (both in UTC) or `2026-03-28T12:00:00+01:00`
    exit 1
    -- stderr --
    error: invalid value '1001' for '-n <N>': 1001 is not in 1..=1000

    For more information, try '--help'.
    ");
}
