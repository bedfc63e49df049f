//! Pruning: what goes, what stays, and that nothing of it is drafted or fired again.

use std::sync::Arc;
use std::time::Duration;

use nightdesk::domain::brief::Brief;
use nightdesk::domain::campaign::{CampaignSpec, Redraft, Select};
use nightdesk::domain::retention::Retention;
use nightdesk::store::{Fate, Pruning};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::support::{Desk, brief, campaign};

const DAY: Duration = Duration::from_hours(24);

/// Ids of runs and drafts are of the real time, so "long ago" has to be after it, whenever this runs.
const LATER: u32 = 20 * 365;

fn keep(runs: Option<&str>, drafts: Option<&str>) -> Retention {
    Retention {
        keep_runs: runs.map(|span| span.parse().expect("a span")),
        keep_drafts: drafts.map(|span| span.parse().expect("a span")),
    }
}

async fn count(desk: &Desk, what: &'static str) -> i64 {
    sqlx::query_scalar(what)
        .fetch_one(&desk.pool)
        .await
        .unwrap()
}

async fn prune(desk: &Desk, retention: &Retention) -> Pruning {
    let planned = desk.store.plan_prune(retention).await.unwrap();
    let pruned = desk.store.prune(retention).await.unwrap();
    assert_eq!(planned, pruned, "the plan said so");
    pruned
}

/// Name, runs, items and fate of each partition.
fn told(pruning: &Pruning) -> Vec<(&str, i64, i64, Fate)> {
    let each = pruning.partitions.iter();
    each.map(|each| (each.name.as_str(), each.runs, each.items, each.fate))
        .collect()
}

fn never() -> CampaignSpec {
    CampaignSpec {
        select: Select {
            redraft: Redraft::Never,
            ..Select::default()
        },
        ..campaign("nightly")
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_pruned_night_is_gone_and_none_of_it_is_drafted_again(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(5).await;
    desk.draft_all(run).await;
    let slot = "insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, run_id)
        select gen_random_uuid(), campaign_id, '2026-01-05T12:00', nightdesk_now(), 1, 'fired', id from runs";
    sqlx::query(slot).execute(&desk.pool).await.unwrap();
    desk.pass(DAY * LATER);

    let pruned = prune(&desk, &keep(Some("90days"), None)).await;
    assert_eq!(told(&pruned)[0], ("work_items_before", 1, 5, Fate::Goes));
    assert!(
        told(&pruned).iter().all(|each| each.3 == Fate::Goes),
        "{pruned:?}"
    );
    assert_eq!(count(&desk, "select count(*) from work_items").await, 0);
    assert_eq!(count(&desk, "select count(*) from batches").await, 0);
    assert_eq!(count(&desk, "select count(*) from drafts").await, 10);
    assert_eq!(
        count(&desk, "select count(*) from slots where run_id is not null").await,
        1
    );
    let shown = desk.store.run(&run.to_string()).await.unwrap();
    assert_eq!(
        (shown.counts.done, shown.counts.total()),
        (5, 5),
        "as counted then"
    );
    assert_eq!(shown.pruned_at, Some(desk.now()));

    let nightly = desk.store.campaign("nightly").await.unwrap();
    for spec in [campaign("nightly"), never()] {
        let selected = desk.store.selected(Some(nightly.id), &spec.select).await;
        let selected = selected.unwrap();
        assert_eq!((selected.drafted, selected.open), (5, 0));
        assert_eq!(desk.open_run(&spec).await.items, 0);
    }
    desk.import(&[Brief {
        topic: "news about it".into(),
        ..brief("b-00")
    }])
    .await;
    assert_eq!(
        desk.open_run(&never()).await.items,
        0,
        "whatever its revision"
    );
    let again = desk.open_run(&campaign("nightly")).await;
    assert_eq!(again.items, 1, "a new revision is news");
    assert_eq!(desk.open_run(&campaign("another")).await.items, 5);

    // The month of these runs has no partition any more; they wait for their end in the default one.
    desk.draft_all(again.id).await;
    desk.pass(DAY * LATER);
    let pruned = prune(&desk, &keep(Some("90days"), None)).await;
    assert!(
        told(&pruned).contains(&("work_items_default", 1, 1, Fate::Goes)),
        "{pruned:?}"
    );
    assert_eq!(
        count(&desk, "select count(*) from work_items").await,
        5,
        "the unfinished run stays"
    );
    assert_eq!(desk.open_run(&campaign("nightly")).await.items, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_month_stays_while_one_run_of_it_has_not_ended_long_ago(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(2).await;
    desk.pass(DAY * LATER);
    let retention = keep(Some("90days"), None);
    assert_eq!(
        told(&prune(&desk, &retention).await)[0],
        ("work_items_before", 1, 2, Fate::Held)
    );
    desk.draft_all(run).await;
    desk.pass(DAY * 89);
    assert_eq!(
        told(&prune(&desk, &retention).await)[0].3,
        Fate::Held,
        "89 days after its end"
    );
    desk.audit(run).await;
    desk.pass(DAY * 2);
    assert_eq!(told(&prune(&desk, &retention).await)[0].3, Fate::Goes);
    let again = desk
        .store
        .redrive(run, Default::default(), false, "test")
        .await;
    let refused = again.unwrap_err().problem();
    assert_eq!(refused.code, "run.pruned");
}

#[sqlx::test(migrations = "./migrations")]
async fn only_old_drafts_that_nobody_reviewed_go(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(6).await;
    desk.draft_all(run).await;
    let reviewed = "update drafts d set state = s.state from (
            select id, (array['in_review', 'approved', 'rejected', 'exported', 'killed'])[row_number() over (order by id)] as state
            from drafts where kept order by id limit 5) as s
        where s.id = d.id";
    sqlx::query(reviewed).execute(&desk.pool).await.unwrap();
    desk.pass(DAY * LATER);
    assert_eq!(prune(&desk, &keep(None, Some("180days"))).await.drafts, 7);
    assert_eq!(
        count(
            &desk,
            "select count(*) from drafts where state <> 'drafted'"
        )
        .await,
        5
    );
    assert_eq!(count(&desk, "select count(*) from drafts").await, 5);
    assert_eq!(
        count(&desk, "select count(distinct draft_id) from scores").await,
        5
    );
    let audit = desk.audit(run).await;
    assert_eq!(
        (audit.with_drafts, audit.drafts),
        (6, 5),
        "what was pruned is not lost"
    );
    assert_eq!(prune(&desk, &keep(None, Some("180days"))).await.drafts, 0);
    assert_eq!(desk.open_run(&campaign("nightly")).await.items, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn pruning_gives_up_when_the_queue_does_not_let_it_through(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let run = desk.run_of(3).await;
    desk.draft_all(run).await;
    desk.pass(DAY * LATER);
    let retention = keep(Some("90days"), None);
    let mut reader = desk.pool.begin().await.unwrap();
    sqlx::query("select count(*) from work_items")
        .execute(&mut *reader)
        .await
        .unwrap();
    let pruned = desk.store.prune(&retention).await.unwrap();
    assert!(
        told(&pruned).iter().all(|each| each.3 == Fate::Busy),
        "{pruned:?}"
    );
    reader.commit().await.unwrap();
    assert_eq!(
        count(&desk, "select count(*) from drafted_briefs").await,
        0,
        "nothing half-done"
    );
    desk.audit(run).await;
    assert_eq!(told(&prune(&desk, &retention).await)[0].3, Fate::Goes);
}

#[sqlx::test(migrations = "./migrations")]
async fn two_who_prune_and_workers_and_new_runs_do_not_get_in_each_others_way(pool: PgPool) {
    let desk = Arc::new(Desk::open(pool).await);
    let run = desk.run_of(40).await;
    // Old nights in the partitions of later months, so that only this night is in the first one.
    for statement in [
        "insert into runs (id, campaign_id, spec, template_sha256, model_sha256, state, finished_at)
             select p.lower, campaign_id, spec, template_sha256, model_sha256, 'completed', '2027-03-01'
             from runs, work_item_partitions p where p.lower is not null",
        "insert into work_items (run_id, brief_id, brief_revision, position, state, finished_at)
             select p.lower, brief_id, brief_revision, position, 'done', '2027-03-01'
             from work_items, work_item_partitions p where p.lower is not null and run_id < p.lower and run_id = (select id from runs order by id limit 1)",
    ] {
        sqlx::query(statement).execute(&desk.pool).await.unwrap();
    }
    let old: Vec<String> =
        sqlx::query_scalar("select name from work_item_partitions where lower is not null")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(old.len(), 2);
    desk.pass(DAY * LATER);
    let retention = keep(Some("30days"), None);
    let mut tasks = JoinSet::new();
    for _ in 0..2 {
        let desk = Arc::clone(&desk);
        tasks.spawn(async move { drop(desk.draft_all(run).await) });
    }
    for name in ["another", "third"] {
        let desk = Arc::clone(&desk);
        tasks.spawn(async move {
            let opened = desk.open_run(&campaign(name)).await;
            assert_eq!(opened.items, 40);
        });
    }
    for _ in 0..2 {
        let desk = Arc::clone(&desk);
        // Until nothing is old enough any more that may go.
        tasks.spawn(async move {
            while !told(&desk.store.plan_prune(&retention).await.unwrap())
                .iter()
                .all(|each| each.3 == Fate::Held)
            {
                desk.store.prune(&retention).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let left: Vec<String> = sqlx::query_scalar("select name from work_item_partitions")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    assert!(old.iter().all(|name| !left.contains(name)), "{left:?}");
    let audit = desk.audit(run).await;
    assert_eq!(
        (audit.with_drafts, audit.items),
        (40, 40),
        "its month is not over"
    );
    assert_eq!(
        count(
            &desk,
            "select count(*) from runs where pruned_at is not null"
        )
        .await,
        2
    );
}
