//! Importing briefs: the same again changes nothing, a change is a revision, and drafts keep theirs.

use nightdesk::domain::brief::Brief;
use nightdesk::store::Imported;
use sqlx::PgPool;

use crate::support::{Desk, brief, campaign, done};

#[sqlx::test(migrations = "./migrations")]
async fn an_import_says_what_is_new_revised_and_unchanged(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let first = desk
        .store
        .import_briefs(&[brief("a"), brief("b")])
        .await
        .unwrap();
    assert_eq!((first.new, first.revised, first.unchanged), (2, 0, 0));
    let revised = Brief {
        priority: 4,
        ..brief("b")
    };
    let again = [brief("a"), revised.clone(), brief("c")];
    let second = desk.store.import_briefs(&again).await.unwrap();
    assert_eq!((second.new, second.revised, second.unchanged), (1, 1, 1));
    let third = desk.store.import_briefs(&again).await.unwrap();
    assert_eq!((third.new, third.revised, third.unchanged), (0, 0, 3));
    let record = desk.store.brief("b").await.unwrap();
    assert_eq!((record.revision, &record.brief), (2, &revised));
    assert_eq!(record.sha256, revised.sha256());
    assert_eq!(desk.store.count_briefs().await.unwrap(), 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn two_imports_at_once_wait_in_line_whatever_the_order_of_their_lines(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&["a", "b", "c"].map(brief)).await;
    let revised = |name| Brief {
        priority: 1,
        ..brief(name)
    };
    let (forwards, backwards) = (["a", "b", "c"].map(revised), ["c", "b", "a"].map(revised));
    // Somebody holds the one in the middle. Had each import the first of its own file by then, one
    // of the two would be killed when both go on.
    let mut held = desk.pool.begin().await.unwrap();
    sqlx::query("select from briefs where external_ref = 'b' for update")
        .execute(&mut *held)
        .await
        .unwrap();
    let release = async {
        desk.until_waiting(2).await;
        held.rollback().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(
        desk.store.import_briefs(&forwards),
        desk.store.import_briefs(&backwards),
        release,
    );
    let mut both = Imported::default();
    both += one.unwrap();
    both += other.unwrap();
    assert_eq!((both.new, both.revised, both.unchanged), (0, 3, 3));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_drafts_the_revision_it_took(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.import(&[brief("a")]).await;
    let run = desk.open_run(&campaign("nightly")).await.id;
    desk.import(&[Brief {
        topic: "corrected".into(),
        ..brief("a")
    }])
    .await;
    let lease = desk.claim(run, 1).await.unwrap();
    let item = &lease.items[0];
    assert_eq!(
        (item.brief_revision, item.brief.topic.as_str()),
        (1, "a topic")
    );
    assert_eq!(item.brief_sha256, brief("a").sha256());
    desk.commit(run, &lease, &[done(item)]).await;
    let revisions: Vec<i32> = sqlx::query_scalar("select brief_revision from drafts")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert_eq!(revisions, [1, 1]);
}
