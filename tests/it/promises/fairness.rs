//! P16: a small campaign does not wait behind a large one; and a suspect not behind everything.

use std::time::Duration;

use nightdesk::store::PinnedRun;
use nightdesk::worker::{Assignment, DrafterFuture, Drafters, Worker};
use sqlx::PgPool;
use tokio::sync::watch;

use super::{say, scale};
use crate::support::{Desk, Script, brief, campaign, script_options, until, work_aside};

/// A campaign that takes the briefs whose keys begin so.
fn of(name: &str, prefix: &str) -> nightdesk::domain::campaign::CampaignSpec {
    let mut spec = campaign(name);
    spec.select.external_ref = Some(format!("{prefix}*"));
    spec
}

#[sqlx::test(migrations = "./migrations")]
async fn a_small_campaign_ends_in_about_twice_its_own_work(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let (large, small) = (scale(3000, 100_000), 100);
    let briefs: Vec<_> = (0..large)
        .map(|n| brief(&format!("large-{n:06}")))
        .collect();
    for page in briefs.chunks(5000) {
        desk.import(page).await;
    }
    let briefs: Vec<_> = (0..small)
        .map(|n| brief(&format!("small-{n:03}")))
        .collect();
    desk.import(&briefs).await;
    let large_run = desk.open_run(&of("large", "large")).await.id;
    let script = Script::drafts().pace(Duration::from_millis(2));
    let worker = Worker::new(
        desk.store.clone(),
        Box::new(script),
        Assignment::Always,
        script_options(),
    );
    let (stop, stopped) = watch::channel(false);
    let working = work_aside(worker, stopped);
    until("the large one to be under way", async || {
        (desk.store.item_counts(large_run).await.unwrap().done > 50).then_some(())
    })
    .await;
    let small_run = desk.open_run(&of("small", "small")).await.id;
    until("the small one to end", async || {
        desk.store
            .run(&small_run.to_string())
            .await
            .ok()?
            .finished_at
    })
    .await;
    stop.send_replace(true);
    working.await.unwrap();
    // Counted in work and not in seconds: of what was done from the small one's first claim to its end, half
    // belongs to it. What the worker had in hand at the first, and at the last, is on top.
    let meanwhile = "select count(*) from work_items w, runs small
        where w.run_id = $1 and small.id = $2 and w.finished_at between small.started_at and small.finished_at";
    let meanwhile: i64 = sqlx::query_scalar(meanwhile)
        .bind(large_run)
        .bind(small_run)
        .fetch_one(&pool)
        .await
        .unwrap();
    let in_hand = 3 * script_options().max_rows as i64;
    assert!(
        meanwhile <= small + 2 * in_hand,
        "the large campaign had {meanwhile} briefs done while the small one had {small}"
    );
    say(
        "P16",
        &format!("{small} briefs of the small campaign, {meanwhile} of the large one meanwhile"),
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_run_with_the_least_in_hand_is_next(pool: PgPool) {
    let desk = Desk::in_real_time(pool);
    desk.import(&["a-1", "a-2", "a-3", "b-1", "b-2"].map(brief))
        .await;
    let a = desk.open_run(&of("a", "a")).await.id;
    let b = desk.open_run(&of("b", "b")).await.id;
    let any = nightdesk::store::Scope {
        run_id: None,
        model_sha256: None,
        except: &[],
    };
    let next = async || {
        desk.store
            .next_run(any)
            .await
            .unwrap()
            .map(|next| next.run_id)
    };
    assert_eq!(next().await, Some(a), "the older");
    desk.claim(a, 1).await.unwrap();
    assert_eq!(next().await, Some(b), "nothing of it is held");
    desk.claim(b, 2).await.unwrap();
    assert_eq!(next().await, Some(a), "the only one with something ready");
    desk.store.pause_campaign("a", "test").await.unwrap();
    assert_eq!(next().await, None);
}

/// A script that says which model it has in memory, as one that loads them does.
struct TwoModels {
    script: Script,
    loaded: Option<String>,
}

impl Drafters for TwoModels {
    fn open<'a>(&'a mut self, run: &'a PinnedRun) -> DrafterFuture<'a> {
        self.loaded = Some(run.model_sha256.clone());
        self.script.open(run)
    }

    fn model(&self) -> Option<&str> {
        self.loaded.as_deref()
    }

    fn has_stopped(&self) -> bool {
        false
    }

    fn step_running_for(&self) -> Option<Duration> {
        None
    }

    fn generated_tokens(&self) -> u64 {
        0
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_of_another_model_gets_its_turn(pool: PgPool) {
    let desk = Desk::in_real_time(pool.clone());
    let briefs: Vec<_> = (0..3000).map(|n| brief(&format!("large-{n:04}"))).collect();
    desk.import(&briefs).await;
    desk.import(&["other-1", "other-2"].map(brief)).await;
    let large = desk.open_run(&of("large", "large")).await.id;
    let other = desk.open_run(&of("other", "other")).await.id;
    let model = "with model as (
            insert into models (sha256, name, context_limit) values (repeat('c', 64), 'other', 8) returning sha256)
        update runs set model_sha256 = model.sha256 from model where id = $1";
    sqlx::query(model).bind(other).execute(&pool).await.unwrap();
    let drafters = TwoModels {
        script: Script::drafts().pace(Duration::from_millis(20)),
        loaded: None,
    };
    let worker = Worker::new(
        desk.store.clone(),
        Box::new(drafters),
        Assignment::Always,
        script_options(),
    );
    let (stop, stopped) = watch::channel(false);
    let working = work_aside(worker, stopped);
    until("the run of the other model to end", async || {
        desk.store.run(&other.to_string()).await.ok()?.finished_at
    })
    .await;
    let large = desk.store.item_counts(large).await.unwrap();
    stop.send_replace(true);
    working.await.unwrap();
    assert!(
        large.open() > 0,
        "it did not wait for all of the older one: {large:?}"
    );
}
