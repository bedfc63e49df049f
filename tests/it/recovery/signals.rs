//! Ctrl-C and SIGTERM: what is finished is kept, the rest is given back at once, and `run` takes it up (P14).

use sqlx::PgPool;

use super::{Night, RUN};

const BRIEFS: i64 = 9;

#[sqlx::test(migrations = "./migrations")]
async fn ctrl_c_and_sigterm_keep_what_is_finished_and_give_the_rest_back(pool: PgPool) {
    let night = Night::new(pool, 16, BRIEFS as usize).await;
    let mut done = 0;
    for signal in ["INT", "TERM"] {
        let program = night.project.start(&RUN);
        night.run_with_done(done + 1).await;
        program.signal(signal);
        let ended = program.end().await;
        assert_eq!(ended.status.code(), Some(1), "{signal}: {ended:?}");
        assert_eq!(ended.error_code(), "run.interrupted", "{signal}");
        assert!(ended.stderr.contains("drafts kept"), "{ended:?}");
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(
            told["state"], "running",
            "the run object is printed all the same"
        );

        let run = night.run().await;
        let counts = run.counts;
        assert!(
            counts.done > done && counts.ready >= 1,
            "{signal}: {counts:?}"
        );
        assert_eq!(
            (counts.leased, counts.suspect, counts.quarantined),
            (0, 0, 0),
            "{signal}"
        );
        assert_eq!(night.audit(&run).await.drafts, counts.done * 2);
        let open = night.count("select count(*) from batches where ended_at is null");
        assert_eq!(open.await, 0, "nobody has to wait for a lease");
        done = counts.done;
    }
    let before = night.run().await;
    let rest = night.project.succeed(&RUN).await;
    assert_eq!(
        (&rest["id"], &rest["state"]),
        (&before.id.to_string().into(), &"completed".into())
    );
    assert_eq!(night.audit(&before).await.with_drafts, BRIEFS);
    let counted = night.count("select count(*) from work_items where attempt <> 1");
    assert_eq!(counted.await, 0, "being given back is no attempt");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_second_signal_ends_at_once_and_loses_nothing_either(pool: PgPool) {
    let night = Night::new(pool, 16, 5).await;
    let program = night.project.start(&RUN);
    night.run_with_done(1).await;
    program.signal("INT");
    program.signal("INT");
    let ended = program.end().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let run = night.run().await;
    night.audit(&run).await;
    let rest = night.project.succeed(&RUN).await;
    assert_eq!(rest["state"], "completed");
    assert_eq!(night.audit(&run).await.with_drafts, 5);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_run_whose_worker_died_before_ending_it_is_ended_by_the_next(pool: PgPool) {
    let night = Night::new(pool, 4, 1).await;
    night.project.succeed(&RUN).await;
    sqlx::query("update runs set state = 'running', finished_at = null")
        .execute(&night.pool)
        .await
        .unwrap();
    let ended = night.project.succeed(&RUN).await;
    assert_eq!(
        (&ended["state"], &ended["drafts"]),
        (&"completed".into(), &2.into())
    );
    assert_eq!(night.count("select count(*) from runs").await, 1);
}
