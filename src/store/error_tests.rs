//! The words of every error of the store.

use super::*;
use crate::domain::database_url::UrlFault;

/// Code, message and hint of each, as people read them.
fn told(errors: &[StoreError]) -> String {
    let lines = errors.iter().map(|error| {
        let problem = error.problem();
        let hint = problem
            .hint
            .as_ref()
            .map(|hint| format!("\n  hint: {hint}"));
        format!(
            "{}: {}{}",
            problem.code,
            problem.message,
            hint.unwrap_or_default()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_server_that_does_not_fit_is_told_apart_from_one_that_fails() {
    let errors = [
        StoreError::InvalidUrl(AddressFault::Url(UrlFault::Scheme)),
        StoreError::MigrationChanged {
            step: 4,
            name: "drafts".to_owned(),
        },
        StoreError::MigrationUnknown { step: 5 },
        StoreError::TooOld {
            address: "`127.0.0.1:5432`".to_owned(),
            found: 13,
            needed: 14,
        },
        StoreError::SchemaOlder {
            found: 3,
            needed: 4,
        },
        StoreError::SchemaNewer { found: 9, known: 4 },
        StoreError::Migrate(sqlx::migrate::MigrateError::VersionMismatch(2)),
        StoreError::MigrateThroughPooler {
            address: "`127.0.0.1:6432`, database `desk`".to_owned(),
        },
        StoreError::CampaignsChanged,
        StoreError::RunEnded {
            run: uuid::Uuid::nil(),
            state: "completed".to_owned(),
            wanted: "cancelled",
        },
        StoreError::RunEnded {
            run: uuid::Uuid::nil(),
            state: "window expired".to_owned(),
            wanted: "redriven",
        },
        StoreError::RunPruned {
            run: uuid::Uuid::nil(),
        },
        StoreError::Database(sqlx::Error::RowNotFound),
        StoreError::Database(sqlx::Error::PoolTimedOut),
    ];
    insta::assert_snapshot!(told(&errors), @"
    database.url: `DATABASE_URL` is not a Postgres address that can be used: it does not begin with `postgresql://`
      hint: it looks like `postgresql://user:password@host:5432/database`, with `%40` for an `@`, `%2F` for a `/`, `%3F` for a `?` and `%23` for a `#` in the password
    database.migration_changed: step 4 (drafts) of the database's schema was not made by the migration that this binary has under that number
      hint: its file in migrations/ was changed after it had been applied: put it back as it was and make a new step of the change; or use the binary that made this schema. Nothing was changed
    database.migration_unknown: the database's schema has a step 5 that this binary does not have, though it has later ones
      hint: another branch or fork of Nightdesk made it: use that binary, or a database of its own for this one. Nothing was changed
    database.too_old: Postgres at `127.0.0.1:5432` is version 13, and Nightdesk needs 14 or newer
      hint: unset `DATABASE_URL` to use a private cluster, or point it at a newer server
    database.schema_older: the database's schema is at step 3, and this binary needs step 4
    database.schema_newer: the database's schema is at step 9, newer than step 4 of this binary
      hint: use the newer `nightdesk` that upgraded it; nothing was changed
    database.failed: the schema could not be upgraded: migration 2 was previously applied but has been modified
    database.pooler: the schema cannot be created or upgraded through the connection pooler at `127.0.0.1:6432`, database `desk`
    campaign.changed: the campaigns have been changed by somebody else in the meantime; nothing was applied
      hint: apply again: the changes are shown anew
    run.ended: run 00000000-0000-0000-0000-000000000000 is completed, so it cannot be cancelled
      hint: nothing of it is left to stop
    run.ended: run 00000000-0000-0000-0000-000000000000 is window expired, so it cannot be redriven
      hint: the next run of its campaign takes the briefs that it gave up or left open
    run.pruned: the items of run 00000000-0000-0000-0000-000000000000 have been pruned, and none can be tried again
      hint: the next run of its campaign takes the briefs that it gave up
    database.failed: the database failed: no rows returned by a query that expected to return at least one row
    database.lost: the database failed: pool timed out while waiting for an open connection
      hint: what was committed is kept
    ");
}
