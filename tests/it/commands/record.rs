//! `audit`: the record, and what it says after somebody wrote past this program.

use sqlx::PgPool;

use super::Folder;

/// A database with a chain of four events.
async fn recorded(pool: &PgPool) -> Folder {
    let store = nightdesk::store::Store::from_pool(pool.clone());
    for subject in ["one", "two", "three", "four"] {
        let details = serde_json::json!({ "number": subject });
        store
            .record_event("kim", "test.done", subject, &details)
            .await
            .unwrap();
    }
    Folder::new(pool)
}

#[sqlx::test(migrations = "./migrations")]
async fn a_chain_that_holds_is_listed_and_verified(pool: PgPool) {
    let empty = Folder::new(&pool);
    insta::assert_snapshot!(empty.run(&["audit", "verify"]), @"
    exit 0
    -- stdout --
    0 events, every link holds; the last one's hash: SHA256
    ");
    let folder = recorded(&pool).await;
    insta::assert_snapshot!(folder.run(&["audit", "list", "--limit", "2"]), @"
    exit 0
    -- stdout --
     no  at (UTC)             who  what       to what
     4   YYYY-MM-DD HH:MM:SS  kim  test.done  four
     3   YYYY-MM-DD HH:MM:SS  kim  test.done  three
    ");
    insta::assert_snapshot!(folder.run(&["audit", "verify"]), @"
    exit 0
    -- stdout --
    4 events, every link holds; the last one's hash: SHA256
    ");
    let verified = folder.json(&["audit", "verify"]);
    assert_eq!(
        super::keys(&verified),
        "events head_seq head_sha256 broken expected_found"
    );
    let events = folder.json(&["audit", "list"]);
    assert_eq!(
        super::keys(&events[0]),
        "seq at actor action subject details sha256"
    );
    assert_eq!(events[0]["details"]["number"], "four");
    assert_eq!(verified["head_sha256"], events[0]["sha256"]);
    let third = events[1]["sha256"].as_str().unwrap();
    let expected = folder.json(&["audit", "verify", "--expect", third]);
    assert_eq!(expected["expected_found"], true);
    let foreign = folder.run(&["audit", "verify", "--expect", &"f".repeat(64)]);
    insta::assert_snapshot!(foreign, @"
    exit 1
    -- stderr --
    error: the expected hash is not in the chain, though every link of it holds

    hint: the chain was rewritten since that hash was noted, or it is another database's
    ");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_done_past_this_program_is_found(pool: PgPool) {
    let folder = recorded(&pool).await;
    let mut owner = pool.acquire().await.unwrap();
    let mut run = async |sql: &'static str| sqlx::query(sql).execute(&mut *owner).await;
    for sql in [
        "update events set actor = 'lee'",
        "delete from events",
        "truncate events",
    ] {
        let refused = run(sql).await.unwrap_err().to_string();
        assert!(refused.contains("events are never changed"), "{refused}");
    }
    run("create temp table kept as table events").await.unwrap();
    run("create temp table kept_head (like audit_head)")
        .await
        .unwrap();
    run("drop trigger events_are_kept on events").await.unwrap();
    run("drop trigger events_are_not_truncated on events")
        .await
        .unwrap();
    let mut told = Vec::new();
    for sql in [
        "update events set actor = 'lee' where seq = 2",
        r#"update events set details = '{"number": "ten"}' where seq = 4"#,
        "update events set at = at + interval '1 second' where seq = 1",
        "update events set sha256 = repeat('f', 64) where seq = 4",
        "delete from events where seq = 2",
        "delete from events where seq = 1",
        "delete from events where seq >= 3",
        "delete from events",
        // Somebody who knows how links are made.
        "update events set actor = 'lee', sha256 = event_sha256(prev_sha256, seq, at, 'lee', action, subject, details)
         where seq = 2",
        "update events set actor = 'lee', sha256 = event_sha256(prev_sha256, seq, at, 'lee', action, subject, details)
         where seq = 4",
        "insert into events select seq + 1, at, actor, action, subject, details, sha256,
         event_sha256(sha256, seq + 1, at, actor, action, subject, details) from events where seq = 4",
        "with gone as (delete from audit_head returning *) insert into kept_head table gone",
    ] {
        run(sql).await.unwrap();
        let said = folder.run(&["audit", "verify"]);
        said.refuses(&["the chain does not hold"]);
        let line = said.stderr.lines().next().unwrap_or_default();
        told.push(line.replace("error: the chain does not hold: ", ""));
        run("truncate events").await.unwrap();
        run("insert into events table kept").await.unwrap();
        run("insert into audit_head table kept_head").await.unwrap();
    }
    insta::assert_snapshot!(told.join("\n"), @"
    event 2 was changed after it was recorded
    event 4 was changed after it was recorded
    event 1 was changed after it was recorded
    event 4 was changed after it was recorded
    events are missing before event 3
    events are missing before event 2
    events from 3 on were cut off
    events from 1 on were cut off
    event 3 does not follow the one before it
    event 4 was changed after it was recorded
    events from 5 on are behind the end that was recorded
    events from 1 on are behind the end that was recorded
    ");
    let holds = folder.run(&["audit", "verify"]);
    assert_eq!(holds.status, 0, "{holds}");
}
