//! The statements that read a source: its columns, rows without a place in the order, and a page.
//!
//! Nothing here comes from outside but the campaign's own query and the names of its columns, which are
//! quoted; values are parameters.

use super::{CursorKind, Position, Start};

/// What stands before the campaign's query where only its columns are asked for.
pub(super) const COLUMNS_BEFORE: &str = "select * from (\n";

/// Asks for the columns.
pub(super) fn columns(query: &str) -> String {
    // On a line of its own, because the query may end in a comment.
    format!("{COLUMNS_BEFORE}{query}\n) as q")
}

/// Counts rows that have no place in the order, up to a thousand.
pub(super) fn unplaced(query: &str, cursor: &str, reference: &str) -> String {
    let (cursor, reference) = (quoted(cursor), quoted(reference));
    format!(
        "select count(*) from (select from (\n{query}\n) as q where q.{cursor} is null or q.{reference} is null limit 1000) as unplaced"
    )
}

/// Reads a page. Parameters: where it starts (`$1` value, `$2` reference or the seconds to step back),
/// the position that is stored (`$3`, `$4`), and how many rows.
///
/// Rows are ordered by (cursor, reference): a cursor alone would lose or repeat rows of the same instant at
/// the border of two pages. Texts compare by their bytes (`collate "C"`): a collation may call different
/// texts equal. The values come as `jsonb` makes them, each with its kind.
pub(super) fn page(
    query: &str,
    cursor: &str,
    kind: &CursorKind,
    reference: &str,
    columns: &[String],
    start: &Start,
) -> String {
    let sql = kind.sql;
    let (cursor_column, reference_column) = (quoted(cursor), quoted(reference));
    let cursor = match sql {
        "text" => format!("q.{cursor_column}::text collate \"C\""),
        _ => format!("q.{cursor_column}"),
    };
    let reference = format!("q.{reference_column}::text collate \"C\"");
    let values: Vec<String> = columns
        .iter()
        .map(|column| format!("to_jsonb(q.{})", quoted(column)))
        .collect();
    let values = values.join(", ");
    let from = match start {
        Start::Beginning => "$1::text is null and $2::text is null".to_owned(),
        // The first comparison alone lets an index on the cursor be used.
        Start::Behind(_) => format!(
            "{cursor} >= $1::text::{sql} and ({cursor} > $1::text::{sql} or {reference} > $2::text)"
        ),
        Start::Back { .. } => {
            let back = "$2::text::interval";
            match sql {
                "date" => format!("{cursor} >= ($1::text::date - {back})::date"),
                _ => format!("{cursor} >= $1::text::{sql} - {back}"),
            }
        }
    };
    let ahead = match sql {
        "timestamptz" => format!("{cursor} > now()"),
        "timestamp" => format!("{cursor} > localtimestamp"),
        "date" => format!("{cursor} > current_date"),
        "numeric" => format!("{cursor} = 'NaN'"),
        _ => "false".to_owned(),
    };
    format!(
        r#"select page.cursor::text as cursor, page.reference as reference, page.known, page.ahead, cells.kinds, cells.texts
from (
    select {cursor} as cursor, {reference} as reference, {ahead} as ahead,
           coalesce({cursor} < $3::text::{sql} or ({cursor} = $3::text::{sql} and {reference} <= $4::text), false) as known,
           array[{values}]::jsonb[] as cells
    from (
{query}
) as q
    where {from} and q.{cursor_column} is not null and q.{reference_column} is not null
    order by 1, 2
    limit $5
) as page
cross join lateral (
    select array_agg(jsonb_typeof(cell) order by n) as kinds,
           array_agg(
               case when jsonb_typeof(cell) = 'array' then (
                   select coalesce(jsonb_agg(
                       case when jsonb_typeof(entry) = 'number' then to_jsonb(entry #>> '{{}}') else entry end order by m), '[]')
                   from jsonb_array_elements(cell) with ordinality as entries (entry, m))::text
               else cell #>> '{{}}' end
               order by n) as texts
    from unnest(page.cells) with ordinality as cells (cell, n)
) as cells
order by page.cursor, page.reference"#
    )
}

/// The first two parameters of a page.
pub(super) fn start(start: &Start) -> (Option<&str>, Option<String>) {
    match start {
        Start::Beginning => (None, None),
        Start::Behind(Position { cursor, reference }) => (Some(cursor), Some(reference.clone())),
        Start::Back { from, by } => (
            Some(from.cursor.as_str()),
            Some(format!("{} seconds", by.as_secs())),
        ),
    }
}

/// A name as Postgres reads it back.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
