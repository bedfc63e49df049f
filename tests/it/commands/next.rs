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
    error: invalid value 'yesterday' for '--from <RFC 3339>': input contains invalid characters

    For more information, try '--help'.
    exit 1
    -- stderr --
    error: invalid value '1001' for '-n <N>': 1001 is not in 1..=1000

    For more information, try '--help'.
    ");
}
