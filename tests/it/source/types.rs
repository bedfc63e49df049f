//! Columns of every type that newsrooms have, as the texts they become.

use sqlx::PgPool;

use super::{Pulling, counts};

/// Each becomes a fact, whose value says how it came over.
const VALUES: [&str; 26] = [
    "'plain'::text",
    "'padded'::char(9)",
    "12345678901234567890.123456789012345678900::numeric",
    "0.1::float8",
    "1e-7::float8",
    "16777217::float4",
    "9223372036854775807::bigint",
    "true",
    "date '2026-01-05'",
    "timestamptz '2026-01-05 06:00:00.25+02'",
    "timestamp '2026-01-05 06:00'",
    "time '06:00'",
    "interval '1 day 2 hours'",
    "'19.90'::money",
    "'live'::desk.state",
    "'a-slug'::desk.slug",
    "'192.168.0.1/24'::inet",
    "'019400f0-0000-7000-8000-000000000001'::uuid",
    "int4range(1, 5)",
    "array['one', 'two; three']",
    "array[1.50, 2.00]::numeric[]",
    "'{\"a\": [1.10, 2]}'::jsonb -> 'a'",
    "'\"text in json\"'::jsonb",
    "'3.140'::json",
    "point(1, 2)",
    "xmlelement(name a, 'b')",
];

#[sqlx::test(migrations = "./migrations")]
async fn every_type_comes_over_as_a_sensible_text(pool: PgPool) {
    let pulling = Pulling::open(pool).await;
    let columns: Vec<String> = VALUES
        .iter()
        .enumerate()
        .map(|(n, value)| format!("{value} as \"facts.{n}.value\""))
        .collect();
    let labels: Vec<String> = (0..VALUES.len())
        .map(|n| format!("\"facts.{n}.label\" = \"f\""))
        .collect();
    pulling
        .apply(&format!(
            "[source]\nconnection_env = \"A\"\ncursor = \"version\"\nquery = '''select 'x' as external_ref, 1::int as version, null::int as priority,\n\
             timestamptz '2026-01-05 06:00+02' as due_at, array['a;b', null, 'c'] as tags, 'a;  b' as must_avoid, {}'''\n\
             [source.constants]\nkind = \"news\"\nlanguage = \"en\"\ntopic = \"t\"\n{}\n",
            columns.join(",\n"),
            labels.join("\n")
        ))
        .await;
    let pulled = pulling.try_pull().await.unwrap();
    assert_eq!(counts(&pulled), (1, 1, 0, 0, 0), "{:?}", pulled.rejections);
    let brief = pulling.desk.store.brief("x").await.unwrap().brief;
    let shown: Vec<String> = VALUES
        .iter()
        .zip(&brief.facts)
        .map(|(value, fact)| format!("{value} → {}", fact.value))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    'plain'::text → plain
    'padded'::char(9) → padded
    12345678901234567890.123456789012345678900::numeric → 12345678901234567890.123456789012345678900
    0.1::float8 → 0.1
    1e-7::float8 → 0.0000001
    16777217::float4 → 16777216
    9223372036854775807::bigint → 9223372036854775807
    true → true
    date '2026-01-05' → 2026-01-05
    timestamptz '2026-01-05 06:00:00.25+02' → 2026-01-05T04:00:00.25+00:00
    timestamp '2026-01-05 06:00' → 2026-01-05T06:00:00
    time '06:00' → 06:00:00
    interval '1 day 2 hours' → 1 day 02:00:00
    '19.90'::money → $19.90
    'live'::desk.state → live
    'a-slug'::desk.slug → a-slug
    '192.168.0.1/24'::inet → 192.168.0.1/24
    '019400f0-0000-7000-8000-000000000001'::uuid → 019400f0-0000-7000-8000-000000000001
    int4range(1, 5) → [1,5)
    array['one', 'two; three'] → one, two; three
    array[1.50, 2.00]::numeric[] → 1.50, 2.00
    '{"a": [1.10, 2]}'::jsonb -> 'a' → 1.10, 2
    '"text in json"'::jsonb → text in json
    '3.140'::json → 3.140
    point(1, 2) → (1,2)
    xmlelement(name a, 'b') → b
    "#);
    assert_eq!(
        (brief.tags, brief.must_avoid),
        (
            vec!["a;b".to_owned(), "c".to_owned()],
            vec!["a".to_owned(), "b".to_owned()]
        )
    );
    assert_eq!(
        brief.due_at.unwrap().to_rfc3339(),
        "2026-01-05T04:00:00+00:00"
    );
    // A cursor that is no time starts right behind the last row.
    assert_eq!(pulling.pull().await, (0, 0, 0, 0, 0));
}
