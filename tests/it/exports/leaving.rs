//! What is in an export, and what is recorded of it.

use std::time::Duration;

use nightdesk::domain::brief::{Brief, Fact};
use nightdesk::domain::export::Format;
use nightdesk::domain::publication::Selection;
use nightdesk::domain::review::Verdict;
use nightdesk::publish::{self, Counts};
use nightdesk::store::{NewExport, Recorded};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{ACTOR, Outbox, ad_parts, lines, rendered, told};
use crate::support::brief;

#[sqlx::test(migrations = "./migrations")]
async fn only_what_was_approved_and_cannot_be_taken_back_leaves(pool: PgPool) {
    let outbox = Outbox::of(pool, 4).await;
    let items = &outbox.items;
    let nothing = outbox.export(Format::Jsonl).await;
    assert_eq!(
        (nothing.bytes.len(), nothing.record, nothing.waiting),
        (0, None, 0)
    );

    outbox.decide(items[0], Verdict::Approve, None).await;
    outbox
        .decide(items[1], Verdict::ApproveWithEdits, Some("edited by hand"))
        .await;
    outbox.desk.pass(Duration::from_secs(10));
    let fresh = outbox.export(Format::Jsonl).await;
    assert_eq!(
        (fresh.record, fresh.waiting),
        (None, 2),
        "it can still be taken back"
    );
    outbox.desk.pass(Duration::from_secs(1));
    outbox.decide(items[2], Verdict::Approve, None).await;
    let exported = outbox.export(Format::Jsonl).await;
    assert_eq!(
        lines(&exported),
        [
            told("publish", 1, "b-00 at epoch 1"),
            told("publish", 1, "edited by hand"),
        ]
    );
    assert_eq!((exported.waiting, exported.again), (1, false));
    let counts = Counts {
        publish: 2,
        correct: 0,
        cancel: 0,
    };
    assert_eq!(exported.counts, counts);
    let states = [items[0], items[1], items[2], items[3]];
    let states = futures_util::future::join_all(states.map(|item| outbox.state(item))).await;
    assert_eq!(states, ["exported", "exported", "approved", "drafted"]);
    let line: Value =
        serde_json::from_slice(exported.bytes.split(|byte| *byte == b'\n').nth(1).unwrap())
            .unwrap();
    assert_eq!(
        (
            &line["approved_by"],
            &line["edited"],
            &line["revision"],
            &line["campaign"]
        ),
        (&json!(["ann"]), &json!(true), &json!(2), &json!("nightly"))
    );
    assert!(
        line["digital_source_type"]
            .as_str()
            .unwrap()
            .ends_with("/compositeWithTrainedAlgorithmicMedia"),
        "every word is Ann's: {line}"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn every_format_leaves_once_however_often_it_is_asked_for(pool: PgPool) {
    let outbox = Outbox::with(pool, vec![brief("b-00"), brief("b-01")], |n| {
        (n == 1).then(|| ad_parts("Fresh Fish"))
    })
    .await;
    outbox.approve(2).await;
    for format in Format::ALL {
        let once = outbox.export(format).await;
        outbox.desk.pass(Duration::from_hours(1));
        let again = outbox.export(format).await;
        assert_eq!(once.bytes, again.bytes, "{format}");
        assert_eq!((once.again, again.again), (false, true), "{format}");
        assert_eq!(once.record, again.record, "{format}");
        let record = once.record.unwrap();
        assert_eq!(record.bytes, once.bytes.len() as i64);
        assert_eq!((record.format, record.made_by.as_str()), (format, ACTOR));
        let ads_only = format == Format::GoogleAdsEditor;
        assert_eq!(record.texts, if ads_only { 1 } else { 2 });
        assert_eq!(once.others, usize::from(ads_only));
    }
    assert_eq!(outbox.count("select count(*) from exports").await, 6);
    assert_eq!(outbox.count("select count(*) from export_items").await, 11);
    let events = outbox.events().await;
    assert_eq!(events.len(), 12);
    for pair in events.chunks(2) {
        let actions: Vec<&str> = pair.iter().map(|(_, action)| action.as_str()).collect();
        assert_eq!(actions, ["export.made", "export.repeated"]);
    }
    let listed = outbox.desk.store.exports(None, 10).await.unwrap();
    assert_eq!(listed.len(), 6);
    assert_eq!(
        listed[0].format,
        Format::GoogleAdsEditor,
        "the newest first"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_selection_is_part_of_the_export_and_new_means_not_left_yet(pool: PgPool) {
    let outbox = Outbox::of(pool, 3).await;
    outbox.approve(1).await;
    let of = |campaign: Option<&str>, run_id, new| Selection {
        campaign: campaign.map(str::to_owned),
        run_id,
        new,
    };
    let all = outbox.export(Format::Csv).await;
    let run = outbox
        .try_export(Format::Csv, of(Some("nightly"), Some(outbox.run), false))
        .await
        .unwrap();
    assert_eq!(all.bytes, run.bytes);
    assert_eq!(all.file_name, "nightdesk.csv");
    assert_eq!(
        run.file_name,
        format!("nightdesk-nightly-run-{}.csv", outbox.run)
    );
    assert!(!run.again, "somebody else asked for something else");
    let other = outbox
        .try_export(Format::Csv, of(None, Some(outbox.items[0]), false))
        .await
        .unwrap();
    assert_eq!(other.record, None);

    let new = of(None, None, true);
    let nothing = outbox.try_export(Format::Csv, new.clone()).await.unwrap();
    assert_eq!(nothing.record, None, "it has left");
    outbox.decide(outbox.items[1], Verdict::Approve, None).await;
    outbox.desk.pass(Duration::from_secs(11));
    let one = outbox.try_export(Format::Csv, new.clone()).await.unwrap();
    assert_eq!(one.record.unwrap().texts, 1);
    let other_format = outbox.try_export(Format::Jsonl, new).await.unwrap();
    assert_eq!(other_format.record.unwrap().texts, 2);
    assert_eq!(outbox.export(Format::Csv).await.record.unwrap().texts, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn private_facts_stay(pool: PgPool) {
    let secret: Fact = serde_json::from_value(
        json!({"id": "f2", "label": "Source", "value": "the harbour master", "private": true}),
    )
    .unwrap();
    let mut told = brief("b-00");
    told.facts.push(secret);
    let outbox = Outbox::with(pool, vec![told], |_| None).await;
    outbox.approve(1).await;
    let found = outbox
        .desk
        .store
        .publishable(Format::Jsonl, &Selection::default())
        .await
        .unwrap();
    let facts: Vec<&str> = found.texts[0]
        .brief
        .facts
        .iter()
        .map(|fact| fact.id.as_str())
        .collect();
    assert_eq!(facts, ["f1"]);
    for format in Format::ALL {
        let exported = outbox.export(format).await;
        assert!(
            !String::from_utf8(exported.bytes)
                .unwrap()
                .contains("harbour master"),
            "{format}"
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn an_ad_that_breaks_a_limit_or_would_be_run_stays_behind(pool: PgPool) {
    let briefs: Vec<Brief> = (0..3).map(|n| brief(&format!("b-{n:02}"))).collect();
    let first = ["Fresh Fish", "=HYPERLINK(A1)", "Not yet too long"];
    let outbox = Outbox::with(pool, briefs, |n| Some(ad_parts(first[n]))).await;
    outbox.approve(3).await;
    // As if the channel's limit had been lowered since.
    let parts = ad_parts("A headline that is longer than thirty");
    sqlx::query("alter table revisions disable trigger all")
        .execute(&outbox.desk.pool)
        .await
        .unwrap();
    sqlx::query("update revisions set parts = $1, text = $2 where item_id = $3")
        .bind(&parts)
        .bind(rendered(&parts))
        .bind(outbox.items[2])
        .execute(&outbox.desk.pool)
        .await
        .unwrap();
    let exported = outbox.export(Format::GoogleAdsEditor).await;
    assert_eq!(exported.record.unwrap().texts, 1);
    let held: Vec<String> = exported
        .held
        .iter()
        .map(|held| format!("{}: {}", held.external_ref, held.reason))
        .collect();
    insta::assert_snapshot!(held.join("\n"));
    insta::assert_snapshot!(exported.warnings.join("\n"), @"1 of the ads have no final URL: give `final_url` in the `meta` of their briefs, or fill it in before you post");
    assert_eq!(
        outbox.state(outbox.items[1]).await,
        "approved",
        "it has not left"
    );
    // Everything has a place elsewhere.
    assert_eq!(outbox.export(Format::Csv).await.record.unwrap().texts, 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_address_that_would_erase_or_is_too_long_keeps_its_ad_behind(pool: PgPool) {
    let paths = [
        "{KeyWord:bread}",
        " [ ] ",
        "{KeyWord:a much longer path}",
        "{KeyWord:bread",
    ];
    let briefs = paths.iter().enumerate().map(|(n, path)| {
        let mut brief = brief(&format!("b-{n:02}"));
        brief.meta = [("path1".to_owned(), serde_json::json!(path))].into();
        brief
    });
    let headline = |n| format!("Buy {{KeyWord:Fresh Bread}} {n}");
    let outbox = Outbox::with(pool, briefs.collect(), |n| Some(ad_parts(&headline(n)))).await;
    outbox.approve(4).await;
    let exported = outbox.export(Format::GoogleAdsEditor).await;
    assert_eq!(exported.record.unwrap().texts, 1);
    let held: Vec<String> = exported
        .held
        .iter()
        .map(|held| format!("{}: {}", held.external_ref, held.reason))
        .collect();
    insta::assert_snapshot!(held.join("\n"), @r"
    b-01: `[ ]` in path1 is no text: an import takes it for “erase what the account has”
    b-02: 18 columns in path1, at most 15 are allowed
    b-03: `{` in path1 is not closed
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_killed_or_corrected_while_bytes_are_made_leaves_in_none(pool: PgPool) {
    let outbox = Outbox::of(pool, 2).await;
    outbox.approve(2).await;
    let store = &outbox.desk.store;
    let selection = Selection::default();
    let record = async |texts: &[_]| {
        let new = NewExport {
            format: Format::Jsonl,
            selection: &selection,
            sha256: &"c".repeat(64),
            bytes: 1,
            texts,
        };
        store.record_export(&new, ACTOR).await.unwrap()
    };
    let before = store
        .publishable(Format::Jsonl, &selection)
        .await
        .unwrap()
        .texts;
    publish::kill(store, outbox.items[0], "withdrawn", ACTOR)
        .await
        .unwrap();
    assert_eq!(record(&before).await, Recorded::Overtaken);

    let before = store
        .publishable(Format::Jsonl, &selection)
        .await
        .unwrap()
        .texts;
    assert_eq!(before.len(), 1, "it was killed before it ever left");
    store
        .correct_draft(outbox.items[1], ("corrected", None), "a typo", ACTOR)
        .await
        .unwrap();
    assert_eq!(record(&before).await, Recorded::Overtaken);

    let now = store
        .publishable(Format::Jsonl, &selection)
        .await
        .unwrap()
        .texts;
    assert!(matches!(record(&now).await, Recorded::New(_)));
    assert_eq!(
        outbox.count("select count(*) from exports").await,
        1,
        "nothing else was recorded"
    );
    assert_eq!(outbox.events().await.len(), 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn two_who_export_at_once_make_one_export(pool: PgPool) {
    let outbox = Outbox::of(pool, 5).await;
    outbox.approve(5).await;
    let exports = (0..6).map(|_| outbox.export(Format::Ninjs));
    let exports = futures_util::future::join_all(exports).await;
    let fresh = exports.iter().filter(|exported| !exported.again).count();
    assert_eq!(fresh, 1);
    assert!(
        exports
            .iter()
            .all(|exported| exported.bytes == exports[0].bytes)
    );
    assert_eq!(outbox.count("select count(*) from export_items").await, 5);
    assert_eq!(outbox.count("select count(*) from exports").await, 1);
}
