//! Decisions, policy by policy.

use uuid::Uuid;

use super::*;
use crate::store::Scheduled;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A campaign that fires every hour, decided up to 02:30 of the sixth.
fn state_of(keys: &str, now: &str) -> ScheduleState {
    let source = format!("name = \"a\"\n{keys}\n[draft]\ntemplate = \"a\"\nmodel = \"a\"\n");
    ScheduleState {
        now: at(now),
        campaign: Scheduled {
            id: Uuid::nil(),
            name: "a".to_owned(),
            spec: Ok(CampaignSpec::parse(&source, "a.toml").expect("a campaign")),
            cursor: at("2026-01-06T02:30:00Z"),
            schedule_version: 1,
            paused: false,
            trouble: None,
        },
        open_runs: 0,
    }
}

const HOURLY: &str = "schedule = \"0 * * * *\"";

/// Each slot as `03:00` or `03:00 reason`, and the cursor.
fn told(decision: &SlotDecision) -> String {
    let slots = decision.slots.iter().map(|slot| {
        let skipped = slot.skipped.map(|reason| format!(" {}", reason.as_str()));
        format!(
            "{}{}",
            slot.instant.format("%H:%M"),
            skipped.unwrap_or_default()
        )
    });
    let cursor = decision
        .cursor
        .map(|at| format!("to {}", at.format("%H:%M:%S%.f")));
    slots.chain(cursor).collect::<Vec<_>>().join(", ")
}

#[test]
fn nothing_is_due_before_the_first_slot() {
    let state = state_of(HOURLY, "2026-01-06T02:59:59Z");
    assert_eq!(decide(&state, true, None), SlotDecision::default());
}

#[test]
fn a_slot_fires_at_its_instant() {
    let state = state_of(HOURLY, "2026-01-06T03:00:00Z");
    assert_eq!(told(&decide(&state, true, None)), "03:00, to 03:00:00");
}

#[test]
fn what_was_missed_is_made_up_for_as_the_campaign_says() {
    let now = "2026-01-06T06:10:00Z";
    let with = |keys: &str| {
        told(&decide(
            &state_of(&format!("{HOURLY}\n{keys}"), now),
            true,
            None,
        ))
    };
    insta::assert_snapshot!(with(""), @"03:00 catch_up, 04:00 catch_up, 05:00 catch_up, 06:00, to 06:10:00");
    insta::assert_snapshot!(with("catch_up = \"skip\""), @"03:00 catch_up, 04:00 catch_up, 05:00 catch_up, 06:00 catch_up, to 06:10:00");
    insta::assert_snapshot!(with("catch_up = \"all\"\nmax_catch_up = 2"), @"03:00 catch_up, 04:00 catch_up, 05:00, 06:00, to 06:10:00");
    insta::assert_snapshot!(with("catch_up = \"all\""), @"03:00, 04:00, 05:00, 06:00, to 06:10:00");
}

#[test]
fn a_scheduler_that_was_away_for_seconds_misses_nothing() {
    let state = state_of(
        &format!("{HOURLY}\ncatch_up = \"skip\""),
        "2026-01-06T03:00:59Z",
    );
    assert_eq!(told(&decide(&state, true, None)), "03:00, to 03:00:59");
}

#[test]
fn a_slot_that_waited_for_its_source_was_not_missed() {
    let keys = format!("{HOURLY}\ncatch_up = \"skip\"");
    let state = state_of(&keys, "2026-01-06T03:20:00Z");
    let seen = Some(at("2026-01-06T03:00:01Z"));
    assert_eq!(told(&decide(&state, false, seen)), "to 02:59:59.999999");
    assert_eq!(told(&decide(&state, true, seen)), "03:00, to 03:20:00");
    assert_eq!(
        told(&decide(&state, true, None)),
        "03:00 catch_up, to 03:20:00"
    );
}

#[test]
fn a_slot_whose_window_has_closed_does_not_fire() {
    let keys = format!("{HOURLY}\ncatch_up = \"all\"\nwindow = \"90min\"");
    let state = state_of(&keys, "2026-01-06T06:10:00Z");
    insta::assert_snapshot!(told(&decide(&state, true, None)), @"03:00 window, 04:00 window, 05:00, 06:00, to 06:10:00");
}

#[test]
fn a_run_that_still_goes_lets_others_in_as_the_campaign_says() {
    let with = |overlap: &str, open_runs: i64| {
        let keys = format!("{HOURLY}\noverlap = \"{overlap}\"");
        let state = ScheduleState {
            open_runs,
            ..state_of(&keys, "2026-01-06T03:00:00Z")
        };
        told(&decide(&state, true, None))
    };
    assert_eq!(with("skip", 0), "03:00, to 03:00:00");
    assert_eq!(with("skip", 1), "03:00 overlap, to 03:00:00");
    assert_eq!(with("buffer", 1), "03:00, to 03:00:00");
    assert_eq!(with("buffer", 2), "03:00 overlap, to 03:00:00");
    assert_eq!(with("allow", 9), "03:00, to 03:00:00");
}

#[test]
fn a_paused_campaign_skips_and_does_not_come_back_to_it() {
    let mut state = state_of(HOURLY, "2026-01-06T04:00:00Z");
    state.campaign.paused = true;
    assert_eq!(
        told(&decide(&state, true, None)),
        "03:00 paused, 04:00 paused, to 04:00:00"
    );
}

#[test]
fn what_cannot_fire_yet_is_left_for_later_until_its_window_closes() {
    let keys = format!("{HOURLY}\ncatch_up = \"all\"\nwindow = \"90min\"");
    let state = state_of(&keys, "2026-01-06T06:10:00Z");
    let left = decide(&state, false, None);
    insta::assert_snapshot!(told(&left), @"03:00 window, 04:00 window, to 04:59:59.999999");
}

#[test]
fn a_long_absence_is_written_down_in_pieces() {
    let mut state = state_of("schedule = \"* * * * *\"", "2026-02-06T00:00:00Z");
    let mut written = 0;
    let last = loop {
        let decision = decide(&state, true, None);
        written += decision.slots.len();
        state.campaign.cursor = decision.cursor.expect("it goes on");
        if state.campaign.cursor == state.now {
            break decision;
        }
        assert!(decision.slots.iter().all(|slot| slot.skipped.is_some()));
    };
    assert_eq!(written, 31 * 1440 - 150, "every minute once");
    let fired = last.slots.iter().filter(|slot| slot.skipped.is_none());
    assert_eq!(fired.count(), 1);
}

#[test]
fn the_second_pass_of_an_hour_is_another_slot() {
    let mut state = state_of(
        "schedule = \"30 * * * *\"\ntimezone = \"Europe/London\"\ncatch_up = \"all\"",
        "2026-10-25T02:00:00Z",
    );
    state.campaign.cursor = at("2026-10-24T23:45:00Z");
    let decision = decide(&state, true, None);
    let keys: Vec<&str> = decision
        .slots
        .iter()
        .map(|slot| slot.slot_key.as_str())
        .collect();
    assert_eq!(keys, ["2026-10-25T01:30", "2026-10-25T01:30/1"]);
}
