//! Corrections and kills, and how they reach what was exported.

use std::time::Duration;

use nightdesk::domain::export::Format;
use nightdesk::domain::publication::Selection;
use nightdesk::domain::review::Verdict;
use nightdesk::publish::{self, Correction};
use nightdesk::store::Amended;
use sqlx::PgPool;
use uuid::Uuid;

use super::{ACTOR, Outbox, ad_parts, lines, rendered, told};
use crate::support::brief;

async fn correct(outbox: &Outbox, item: Uuid, text: &str, reason: &str) -> Amended {
    let correction = Correction {
        draft_id: item,
        text,
        reason,
    };
    publish::correct(&outbox.desk.store, &correction, ACTOR)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_correction_that_shows_nothing_and_a_reason_that_says_nothing_change_nothing(
    pool: PgPool,
) {
    let outbox = Outbox::of(pool, 1).await;
    outbox.approve(1).await;
    outbox.desk.pass(Duration::from_hours(1));
    let (store, draft_id) = (&outbox.desk.store, outbox.items[0]);
    for nothing in [
        "\u{200b}\u{2060}",
        "\u{2800}",
        "\u{3164} \u{feff}",
        "\n\u{ad}",
    ] {
        let correction = |text, reason| Correction {
            draft_id,
            text,
            reason,
        };
        let text = publish::correct(store, &correction(nothing, "it was wrong"), ACTOR).await;
        assert_eq!(text.unwrap_err().problem().code, "draft.no_text");
        let reason = publish::correct(store, &correction("a text", nothing), ACTOR).await;
        assert_eq!(reason.unwrap_err().problem().code, "draft.no_reason");
        let kill = publish::kill(store, draft_id, nothing, ACTOR).await;
        assert_eq!(kill.unwrap_err().problem().code, "draft.no_reason");
    }
    assert_eq!(outbox.state(draft_id).await, "approved");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kill_reaches_every_format_that_the_text_had_left_in(pool: PgPool) {
    let outbox = Outbox::of(pool, 2).await;
    outbox.approve(2).await;
    let formats = [
        Format::Jsonl,
        Format::Ninjs,
        Format::Markdown,
        Format::JsonLd,
        Format::Csv,
    ];
    for format in formats {
        outbox.export(format).await;
    }
    outbox.desk.pass(Duration::from_hours(1));
    let store = &outbox.desk.store;
    let killed = publish::kill(store, outbox.items[0], " it was wrong ", ACTOR)
        .await
        .unwrap();
    assert!(killed.now);
    let mut left_in = formats;
    left_in.sort();
    assert_eq!(killed.left_in, left_in);
    let again = publish::kill(store, outbox.items[0], "another reason", ACTOR)
        .await
        .unwrap();
    assert!(!again.now, "once is enough");
    assert_eq!(outbox.state(outbox.items[0]).await, "killed");

    let expected = [
        ("cancel".to_owned(), 2, None),
        told("publish", 1, "b-01 at epoch 1"),
    ];
    let once = outbox.export(Format::Jsonl).await;
    assert_eq!(lines(&once), expected);
    outbox.desk.pass(Duration::from_hours(1));
    let again = outbox.export(Format::Jsonl).await;
    assert_eq!((again.bytes == once.bytes, again.again), (true, true));
    for format in formats {
        let exported = outbox.export(format).await;
        let text = String::from_utf8(exported.bytes).unwrap();
        assert!(text.contains("it was wrong"), "{format}: {text}");
        assert!(
            !text.contains("b-00 at epoch 1"),
            "{format} repeats a killed text"
        );
        let said = match format {
            Format::Ninjs => "\"pubStatus\":\"canceled\"",
            Format::JsonLd => "\"creativeWorkStatus\": \"Obsolete\"",
            Format::Markdown => "draft: true",
            _ => "cancel",
        };
        assert!(text.contains(said), "{format}: {text}");
        assert_eq!(exported.counts.cancel, 1);
    }
    // What never left in a format is not taken down there.
    let other = Selection {
        run_id: Some(outbox.run),
        ..Selection::default()
    };
    let ads = outbox
        .try_export(Format::GoogleAdsEditor, other)
        .await
        .unwrap();
    assert_eq!((ads.record, ads.others), (None, 1));
    let actions: Vec<String> = outbox
        .events()
        .await
        .into_iter()
        .map(|(_, action)| action)
        .collect();
    assert_eq!(
        actions
            .iter()
            .filter(|action| *action == "draft.killed")
            .count(),
        1
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_correction_is_the_next_version_and_can_be_corrected(pool: PgPool) {
    let outbox = Outbox::of(pool, 1).await;
    outbox.approve(1).await;
    let item = outbox.items[0];
    // Before it ever left, a correction is nobody's business.
    let first = correct(
        &outbox,
        item,
        "\u{feff}\nThe first correction.\r\n\n",
        "a typo",
    )
    .await;
    assert_eq!(
        (first.revision, first.now, first.left_in),
        (2, true, vec![])
    );
    assert_eq!(
        outbox.lines().await,
        [told("publish", 1, "The first correction.")]
    );

    outbox.desk.pass(Duration::from_hours(1));
    let second = correct(&outbox, item, "The second correction.", "a wrong figure").await;
    assert_eq!((second.revision, second.left_in), (3, vec![Format::Jsonl]));
    assert_eq!(
        outbox.lines().await,
        [told("correct", 2, "The second correction.")]
    );
    assert_eq!(
        outbox.lines().await,
        [told("correct", 2, "The second correction.")]
    );

    outbox.desk.pass(Duration::from_hours(1));
    let back = correct(&outbox, item, "The first correction.", "it was right").await;
    assert_eq!(back.revision, 2, "a text is one revision");
    let exported = outbox.export(Format::Jsonl).await;
    assert_eq!(
        lines(&exported),
        [told("correct", 3, "The first correction.")]
    );
    let text = String::from_utf8(exported.bytes).unwrap();
    for part in [
        "it was right",
        "\"approved_by\":[\"ann\"]",
        "\"edited\":true",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let ninjs = outbox.export(Format::Ninjs).await;
    assert!(
        String::from_utf8(ninjs.bytes)
            .unwrap()
            .contains("\"version\":\"1\""),
        "another format counts for itself"
    );
    assert_eq!(outbox.state(item).await, "exported");

    let killed = publish::kill(&outbox.desk.store, item, "all of it was wrong", ACTOR)
        .await
        .unwrap();
    assert_eq!(killed.left_in, [Format::Jsonl, Format::Ninjs]);
    assert_eq!(outbox.lines().await, [("cancel".to_owned(), 4, None)]);
    let drafted: String = sqlx::query_scalar("select text from drafts where id = $1")
        .bind(item)
        .fetch_one(&outbox.desk.pool)
        .await
        .unwrap();
    assert_eq!(
        drafted, "b-00 at epoch 1",
        "what the model wrote stays on record"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn an_ad_that_changed_or_went_is_told_as_it_left(pool: PgPool) {
    let outbox = Outbox::with(pool, vec![brief("b-00")], |_| Some(ad_parts("Fresh Fish"))).await;
    outbox.approve(1).await;
    let item = outbox.items[0];
    let rows = async || {
        let exported = outbox.export(Format::GoogleAdsEditor).await;
        let mut reader = csv::Reader::from_reader(exported.bytes.as_slice());
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            let labels: Vec<&str> = row[row.len() - 1].split(';').collect();
            format!(
                "{} | {} | {}",
                &row[3],
                &row[row.len() - 2],
                labels.get(2).unwrap_or(&"")
            )
        });
        rows.collect::<Vec<String>>()
    };
    assert_eq!(rows().await, ["Fresh Fish | Paused | "]);
    let correct = async |first: &str| {
        outbox.desk.pass(Duration::from_hours(1));
        let text = ad_parts(first).to_string();
        let correction = Correction {
            draft_id: item,
            text: &text,
            reason: "the price changed",
        };
        publish::correct(&outbox.desk.store, &correction, ACTOR)
            .await
            .unwrap();
    };
    correct("Fresh Cod").await;
    let changed = [
        "Fresh Fish | Paused | nightdesk: corrected",
        "Fresh Cod | Paused | ",
    ];
    assert_eq!(rows().await, changed);
    correct("Fresh Fish").await;
    assert_eq!(
        rows().await,
        [
            "Fresh Cod | Paused | nightdesk: corrected",
            "Fresh Fish | Paused | "
        ]
    );
    // The very bytes of before, and yet another version.
    correct("Fresh Cod").await;
    assert_eq!(rows().await, changed);
    publish::kill(&outbox.desk.store, item, "sold out", ACTOR)
        .await
        .unwrap();
    assert_eq!(rows().await, ["Fresh Cod | Paused | nightdesk: killed"]);
    let stored: String =
        sqlx::query_scalar("select text from revisions where number = 2 and draft_id = $1")
            .bind(item)
            .fetch_one(&outbox.desk.pool)
            .await
            .unwrap();
    assert_eq!(stored, rendered(&ad_parts("Fresh Cod")));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kill_takes_effect_at_once_and_a_correction_once_the_approval_stands(pool: PgPool) {
    let outbox = Outbox::of(pool, 2).await;
    let store = &outbox.desk.store;
    outbox.decide(outbox.items[0], Verdict::Approve, None).await;
    let refused = store
        .correct_draft(outbox.items[0], ("new", None), "why", ACTOR)
        .await
        .unwrap_err();
    insta::assert_snapshot!(refused.problem().to_string().replace(&outbox.items[0].to_string(), "ID"), @"
    draft ID was approved less than 10 seconds ago, and its approval can still be taken back

    hint: take the approval back at the desk, or try again in a moment
    ");
    let killed = publish::kill(store, outbox.items[0], "at once", ACTOR)
        .await
        .unwrap();
    assert_eq!((killed.now, killed.left_in), (true, vec![]));
    outbox.desk.pass(Duration::from_secs(11));
    assert_eq!(outbox.export(Format::Jsonl).await.record, None);
}
