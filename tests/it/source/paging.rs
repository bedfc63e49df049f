//! Pages: whatever the rows and wherever pages end, every row comes exactly once.

use std::collections::BTreeSet;
use std::time::Duration;

use nightdesk::store::{Position, Reading, SourceConnection, SourceRow, Start};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::PgPool;

use super::Newsroom;

/// Databases are asked over and over here, so there are fewer cases than for a function in memory.
const CASES: usize = 40;

const MINUTE: Duration = Duration::from_mins(1);

/// Cursors of every type, in no order; ties are made by drawing few of them.
const CURSORS: [(&str, [&str; 5]); 8] = [
    (
        "timestamptz",
        [
            "2026-01-05 06:00:00.000001+00",
            "2026-01-05 06:00:00+00",
            "2025-12-31 23:59:59-05",
            "0044-03-15 12:00+00 BC",
            "2199-01-01 00:00+00",
        ],
    ),
    (
        "timestamp",
        [
            "2026-01-05 06:00:00.000001",
            "2026-01-05 06:00:00",
            "1999-12-31",
            "-infinity",
            "infinity",
        ],
    ),
    (
        "date",
        [
            "2026-01-05",
            "2026-01-04",
            "1999-12-31",
            "-infinity",
            "2199-01-01",
        ],
    ),
    ("int8", ["-9223372036854775808", "-1", "0", "10", "9"]),
    (
        "numeric",
        ["10", "9.50", "9.500000000000000000000000001", "-0.1", "NaN"],
    ),
    ("text", ["b", "B", "é", "", "a 10"]),
    (
        "uuid",
        [
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-4fff-bfff-ffffffffffff",
            "019400f0-0000-7000-8000-000000000001",
            "019400f0-0000-7000-8000-000000000002",
            "0194ffff-0000-7000-8000-000000000000",
        ],
    ),
    ("varchar", ["2026-W01", "2026-W1", "x'y", "x\"y", "\\"]),
];

/// Keys that collations like to call equal or to order in their own way.
const KEYS: [&str; 9] = ["a", "A", "ä", "a-1", "a_1", "10", "9", "", "z'"];

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// All rows from a start, and how many pages that took.
async fn read(
    foreign: &mut SourceConnection,
    reading: &Reading<'_>,
    start: Start,
    stored: Option<&Position>,
    page: i64,
) -> Vec<SourceRow> {
    let columns = foreign
        .columns(reading.query, reading.cursor, MINUTE)
        .await
        .unwrap();
    let (mut all, mut start) = (Vec::new(), start);
    loop {
        let rows = foreign
            .page(reading, &columns.kind, &start, stored, page)
            .await
            .unwrap();
        assert!(rows.len() <= page as usize);
        let Some(last) = rows.last() else { return all };
        start = Start::Behind(Position {
            cursor: last.cursor.clone(),
            reference: last.reference.clone(),
        });
        all.extend(rows);
        assert!(all.len() <= 200, "it goes round in a circle");
    }
}

#[sqlx::test(migrations = false)]
async fn every_row_comes_exactly_once_whatever_the_ties_and_the_pages(pool: PgPool) {
    let newsroom = Newsroom::beside(&pool.connect_options()).await;
    let mut foreign = SourceConnection::connect(&newsroom.url().into())
        .await
        .unwrap();
    let mut runner = TestRunner::deterministic();
    let rows = prop::collection::btree_set((0..5_usize, 0..KEYS.len()), 1..24);
    let cases = (
        0..CURSORS.len(),
        rows,
        1..8_i64,
        any::<prop::sample::Index>(),
    );
    for _ in 0..CASES {
        let (kind, rows, page, cut) = cases.new_tree(&mut runner).unwrap().current();
        let (kind, cursors) = CURSORS[kind];
        let values: Vec<String> = rows
            .iter()
            .map(|(cursor, key)| {
                format!(
                    "({}::{kind}, {}::text)",
                    literal(cursors[*cursor]),
                    literal(KEYS[*key])
                )
            })
            .collect();
        let query = format!(
            "select * from (values {}) as v (at, ref)",
            values.join(", ")
        );
        let columns = ["ref".to_owned()];
        let reading = Reading {
            query: &query,
            cursor: "at",
            reference: "ref",
            columns: &columns,
            timeout: MINUTE,
        };
        let all = read(&mut foreign, &reading, Start::Beginning, None, page).await;
        let pairs: BTreeSet<(&str, &str)> = all
            .iter()
            .map(|row| (row.cursor.as_str(), row.reference.as_str()))
            .collect();
        assert_eq!(
            (all.len(), pairs.len()),
            (rows.len(), rows.len()),
            "{query}, pages of {page}"
        );
        assert!(all.iter().all(|row| !row.known), "nothing is stored");

        // From any of them on, the rest comes, and what is stored is told apart.
        let (before, after) = all.split_at(cut.index(all.len()));
        let (at, after) = after.split_first().unwrap();
        let stored = Position {
            cursor: at.cursor.clone(),
            reference: at.reference.clone(),
        };
        let start = Start::Behind(stored.clone());
        let rest = read(&mut foreign, &reading, start, Some(&stored), page).await;
        assert_eq!(rest, after, "{query}, pages of {page}, behind {stored:?}");
        let whole = read(
            &mut foreign,
            &reading,
            Start::Beginning,
            Some(&stored),
            page,
        )
        .await;
        let known = whole.iter().filter(|row| row.known).count();
        assert_eq!(known, before.len() + 1, "{query}");
        if ["timestamptz", "timestamp", "date"].contains(&kind) {
            let start = Start::Back {
                from: stored.clone(),
                by: MINUTE,
            };
            let again = read(&mut foreign, &reading, start, Some(&stored), page).await;
            let (from, tail) = (
                again.len() - after.len(),
                &again[again.len() - after.len()..],
            );
            assert!(from >= 1, "the row itself comes again");
            assert!(
                tail.iter()
                    .zip(after)
                    .all(|(one, other)| one.reference == other.reference)
            );
        }
    }
    foreign.close().await;
}

#[sqlx::test(migrations = false)]
async fn rows_ahead_of_the_clock_are_told(pool: PgPool) {
    let newsroom = Newsroom::beside(&pool.connect_options()).await;
    let mut foreign = SourceConnection::connect(&newsroom.url().into())
        .await
        .unwrap();
    for (kind, past, ahead) in [
        ("timestamptz", "2026-01-05", "infinity"),
        ("timestamp", "2020-01-05", "2199-01-05"),
        ("date", "2020-01-05", "2199-01-05"),
        ("numeric", "1e30", "NaN"),
        ("int8", "1", "9223372036854775807"),
    ] {
        let query = format!(
            "select * from (values ('{past}'::{kind}, 'a'), ('{ahead}', 'b')) as v (at, ref)"
        );
        let columns = ["ref".to_owned()];
        let reading = Reading {
            query: &query,
            cursor: "at",
            reference: "ref",
            columns: &columns,
            timeout: MINUTE,
        };
        let rows = read(&mut foreign, &reading, Start::Beginning, None, 5).await;
        let told: Vec<bool> = rows.iter().map(|row| row.ahead).collect();
        assert_eq!(told, [false, kind != "int8"], "{kind}");
    }
}
