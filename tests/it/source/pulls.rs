//! Pulls one after another: what is new, what has changed, what came late, what is refused and comes back.

use std::sync::Mutex;

use nightdesk::source::{PullEvent, PullOptions, pull};
use sqlx::PgPool;

use super::{NEWSROOM_SOURCE, Pulling, counts};

#[sqlx::test(migrations = "./migrations")]
async fn a_source_is_read_in_pages_and_then_only_what_has_changed(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    // Ten articles in four minutes, so that pages of three end between rows of the same instant.
    for n in 0..10 {
        pulling
            .newsroom
            .writes(&format!("a-{n}"), "Harbour", n / 3)
            .await;
    }
    pulling
        .newsroom
        .does("update desk.articles set state = 'draft' where slug = 'a-4'")
        .await;
    let campaign = pulling.campaign().await;
    let pages = Mutex::new(Vec::new());
    let options = pulling.options();
    let pulled = pull(&pulling.desk.store, &campaign, &options, &|event| {
        if let PullEvent::Page(pulled) = event {
            pages.lock().unwrap().push(pulled.rows);
        }
    })
    .await
    .unwrap();
    assert_eq!(counts(&pulled), (9, 9, 0, 0, 0));
    assert_eq!(*pages.lock().unwrap(), [3, 6, 9]);
    assert_eq!(pulling.cursor().await.unwrap(), "2026-01-05 06:03:00+00");

    // Everything is within five minutes of the last, so it comes again and changes nothing.
    assert_eq!(pulling.pull().await, (9, 0, 0, 9, 0));
    pulling.newsroom.writes("a-2", "Harbour closed", 60).await;
    pulling.newsroom.writes("b-1", "Bridge", 60).await;
    assert_eq!(pulling.pull().await, (10, 1, 1, 8, 0));
    // By now those of the morning are older than the overlap.
    assert_eq!(pulling.pull().await, (2, 0, 0, 2, 0));
    let briefs = pulling.briefs().await;
    assert_eq!(briefs.len(), 10);
    assert!(briefs.contains(&("a-2".to_owned(), 2)), "{briefs:?}");
    let brief = pulling.desk.store.brief("a-2").await.unwrap().brief;
    assert_eq!(
        (brief.topic.as_str(), brief.tags),
        ("Harbour closed", vec!["wires".to_owned()])
    );
    assert_eq!(
        (brief.facts[0].id.as_str(), brief.facts[0].value.as_str()),
        ("f1", "1234567.50")
    );
    let state = pulling
        .desk
        .store
        .source_state(campaign.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((state.rows, state.new, state.last_error), (2, 0, None));
    assert!(state.finished_at >= state.started_at);
}

#[sqlx::test(migrations = "./migrations")]
async fn rows_whose_transaction_ended_late_are_not_missed(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    let mut late = pulling.newsroom.pool.begin().await.unwrap();
    sqlx::query("insert into desk.articles (slug, headline, updated_at) values ('late', 'Late', '2026-01-05 06:08+00')")
        .execute(&mut *late)
        .await
        .unwrap();
    pulling.newsroom.writes("a-2", "Bridge", 10).await;
    assert_eq!(pulling.pull().await, (2, 2, 0, 0, 0));
    late.commit().await.unwrap();
    // Without facts it is refused as a brief, but it was read.
    assert_eq!(pulling.pull().await, (2, 0, 0, 1, 1));
    assert_eq!(pulling.rejected().await, ["late"]);
    assert_eq!(pulling.cursor().await.unwrap(), "2026-01-05 06:10:00+00");

    // A row later than the overlap allows is missed; a longer overlap finds it.
    pulling.newsroom.writes("later", "Later", 1).await;
    assert_eq!(pulling.pull().await.1, 0);
    pulling
        .apply(&NEWSROOM_SOURCE.replace("page = 3", "page = 3\noverlap = \"1h\""))
        .await;
    assert_eq!(pulling.pull().await, (4, 1, 0, 2, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_rejected_row_stays_visible_until_it_is_right_or_gone(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    for n in 0..4 {
        pulling
            .newsroom
            .writes(&format!("a-{n}"), "Harbour", n * 30)
            .await;
    }
    pulling
        .newsroom
        .does("update desk.articles set headline = ' ' where slug in ('a-0', 'a-1')")
        .await;
    assert_eq!(pulling.pull().await, (4, 2, 0, 0, 2));
    let campaign = pulling.campaign().await;
    let rejects = pulling
        .desk
        .store
        .source_rejects(campaign.id)
        .await
        .unwrap();
    let reject = &rejects[0];
    assert_eq!(
        (reject.external_ref.as_str(), reject.code.as_str()),
        ("a-0", "brief.missing_key")
    );
    assert_eq!(reject.key.as_deref(), Some("topic"));
    assert_eq!(reject.raw["slug"], "a-0");
    assert!(reject.raw["facts"].as_str().unwrap().contains("1234567.50"));

    // The cursor has passed them: they stay where they are until they change.
    assert_eq!(pulling.pull().await, (1, 0, 0, 1, 0));
    assert_eq!(pulling.rejected().await, ["a-0", "a-1"]);
    pulling.newsroom.writes("a-1", "Bridge", 100).await;
    assert_eq!(pulling.pull().await, (2, 1, 0, 1, 0));
    assert_eq!(pulling.rejected().await, ["a-0"]);

    // Another mapping: everything is read again, and what passes now is forgotten.
    pulling
        .apply(&NEWSROOM_SOURCE.replace(
            "[source.constants]",
            "[source.constants]\ntopic = \"A topic\"",
        ))
        .await;
    assert_eq!(pulling.pull().await, (4, 1, 0, 3, 0));
    assert!(pulling.rejected().await.is_empty());

    // A row that left the source leaves the rejects when everything is read.
    pulling
        .newsroom
        .does("insert into desk.articles (slug, updated_at) values ('gone', '2026-01-05 07:50+00')")
        .await;
    assert_eq!(pulling.pull().await.4, 1);
    pulling
        .newsroom
        .does("delete from desk.articles where slug = 'gone'")
        .await;
    pulling.pull().await;
    assert_eq!(pulling.rejected().await, ["gone"]);
    pulling.desk.pass(std::time::Duration::from_mins(1));
    let all = PullOptions {
        from_start: true,
        ..pulling.options()
    };
    pull(
        &pulling.desk.store,
        &pulling.campaign().await,
        &all,
        &|_| (),
    )
    .await
    .unwrap();
    assert!(pulling.rejected().await.is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_row_from_the_future_does_not_hide_what_comes_before_it(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    pulling.newsroom.writes("typo", "Typing error", 0).await;
    pulling
        .newsroom
        .does("update desk.articles set updated_at = '2199-01-01+00' where slug = 'typo'")
        .await;
    assert_eq!(pulling.pull().await, (2, 2, 0, 0, 0));
    assert_eq!(pulling.cursor().await.unwrap(), "2026-01-05 06:00:00+00");
    pulling.newsroom.writes("a-2", "Bridge", 30).await;
    assert_eq!(pulling.pull().await, (3, 1, 0, 2, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_pull_that_is_cut_off_goes_on_where_it_was(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling
        .apply(&NEWSROOM_SOURCE.replace("page = 3", "page = 3\noverlap = \"1s\""))
        .await;
    for n in 0..8 {
        pulling
            .newsroom
            .writes(&format!("a-{n}"), "Harbour", n)
            .await;
    }
    let some = PullOptions {
        limit: Some(5),
        ..pulling.options()
    };
    let campaign = pulling.campaign().await;
    let pulled = pull(&pulling.desk.store, &campaign, &some, &|_| ())
        .await
        .unwrap();
    assert_eq!((counts(&pulled), pulled.more), ((5, 5, 0, 0, 0), true));
    // The second page fails in its middle: nothing of it is in, and the position is where it was.
    pulling
        .desk
        .store
        .pause_campaign("wires", "test")
        .await
        .unwrap();
    sqlx::query("alter table briefs add constraint no_six check (external_ref <> 'a-6')")
        .execute(&pulling.desk.pool)
        .await
        .unwrap();
    pulling.try_pull().await.unwrap_err();
    assert_eq!(
        (
            pulling.briefs().await.len(),
            pulling.cursor().await.unwrap()
        ),
        (5, "2026-01-05 06:04:00+00".to_owned())
    );
    sqlx::query("alter table briefs drop constraint no_six")
        .execute(&pulling.desk.pool)
        .await
        .unwrap();
    // The last row comes again, by the overlap of a second.
    assert_eq!(pulling.pull().await, (4, 3, 0, 1, 0));
    assert_eq!(pulling.briefs().await.len(), 8);
}

#[sqlx::test(migrations = "./migrations")]
async fn two_pulls_at_once_make_each_brief_once(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    for n in 0..30 {
        pulling
            .newsroom
            .writes(&format!("a-{n:02}"), "Harbour", n)
            .await;
    }
    let campaign = pulling.campaign().await;
    let (options, silent) = (pulling.options(), |_: PullEvent<'_>| ());
    let (one, other) = tokio::join!(
        pull(&pulling.desk.store, &campaign, &options, &silent),
        pull(&pulling.desk.store, &campaign, &options, &silent),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.rows.max(other.rows), one.new + other.new), (30, 30));
    assert_eq!(one.revised + other.revised, 0);
    assert!(
        pulling
            .briefs()
            .await
            .iter()
            .all(|(_, revision)| *revision == 1)
    );
    assert_eq!(pulling.cursor().await.unwrap(), "2026-01-05 06:29:00+00");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_key_that_a_join_repeats_is_refused_and_not_left_to_chance(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    let joined = NEWSROOM_SOURCE.replace(
        "where a.state",
        "join desk.facts g on g.article = a.id where a.state",
    );
    let differing = joined
        .replace("a.headline,", "a.headline || ': ' || g.label as headline,")
        .replace("page = 3", "page = 2");
    for n in 0..3 {
        pulling
            .newsroom
            .writes(&format!("a-{n}"), "Harbour", n)
            .await;
    }
    pulling
        .newsroom
        .does(
            "insert into desk.facts select id, 2, 'Area', 7 from desk.articles where slug = 'a-1'",
        )
        .await;
    // The same row twice is one; its facts are the same list.
    pulling.apply(&joined).await;
    assert_eq!(pulling.pull().await, (4, 3, 0, 0, 0));
    // Different ones are none, also where the page ends between them.
    pulling.apply(&differing).await;
    let pulled = pulling.try_pull().await.unwrap();
    assert_eq!(
        (pulled.revised, pulling.rejected().await),
        (2, vec!["a-1".to_owned()])
    );
    insta::assert_snapshot!(pulled.rejections[0].message, @"the query gives several rows with this key");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_dry_run_says_what_would_come_and_writes_nothing(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    pulling.newsroom.writes("a-1", "Harbour", 0).await;
    pulling.pull().await;
    pulling.newsroom.writes("a-1", "Harbour closed", 1).await;
    pulling.newsroom.writes("a-2", "Bridge", 2).await;
    pulling.newsroom.does("insert into desk.articles (slug, updated_at) values ('none', '2026-01-05 06:03+00'), ('unplaced', null)").await;
    let before = pulling.cursor().await;
    let options = PullOptions {
        dry_run: true,
        ..pulling.options()
    };
    let campaign = pulling.campaign().await;
    let pulled = pull(&pulling.desk.store, &campaign, &options, &|_| ())
        .await
        .unwrap();
    assert_eq!((counts(&pulled), pulled.unplaced), ((3, 1, 1, 0, 1), 1));
    let would: Vec<_> = pulled
        .briefs
        .iter()
        .map(|brief| (brief.external_ref.as_str(), brief.change))
        .collect();
    assert_eq!(would, [("a-1", "revised"), ("a-2", "new")]);
    assert_eq!(
        (pulling.cursor().await, pulling.briefs().await.len()),
        (before, 1)
    );
    assert!(pulling.rejected().await.is_empty());
}
