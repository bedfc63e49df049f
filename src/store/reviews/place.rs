//! A place in the queue: what a link to the next page carries, read back.
//!
//! A place names the last item that was shown and where it stands in the order, so that what is decided meanwhile
//! moves nothing.

use chrono::{DateTime, Datelike, Utc};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::domain::review::{QueueOrder, Refusal, ReviewItem};

/// The place of an item in an order: risk, priority, deadline in microseconds or `-`, id.
pub(super) fn cursor(item: &ReviewItem, order: QueueOrder) -> String {
    let due = item
        .due_at
        .map_or_else(|| "-".to_owned(), |due| due.timestamp_micros().to_string());
    match order {
        QueueOrder::Due => format!("{due}.{}", item.id),
        QueueOrder::Priority => format!("{}.{}", item.priority, item.id),
        QueueOrder::Risk => format!("{}.{due}.{}", item.risk as i16, item.id),
    }
}

/// Adds "behind this place". Each first comparison alone lets the order's index be used.
pub(super) fn push_after(
    query: &mut QueryBuilder<Postgres>,
    order: QueueOrder,
    after: &str,
) -> Result<(), Refusal> {
    let bad = || Refusal::BadCursor;
    let fields: Vec<&str> = after.split('.').collect();
    let id: Uuid = fields
        .last()
        .and_then(|id| id.parse().ok())
        .ok_or_else(bad)?;
    let push_due = |query: &mut QueryBuilder<Postgres>, due: &str| -> Result<(), Refusal> {
        if due == "-" {
            query.push("'infinity'::timestamptz");
        } else {
            let micros = due.parse().map_err(|_| bad())?;
            let due = DateTime::<Utc>::from_timestamp_micros(micros);
            // Postgres ends before the calendar here does.
            let due = due.filter(|due| (1..=9999).contains(&due.year()));
            let due = due.ok_or_else(bad)?;
            query.push_bind(due);
        }
        Ok(())
    };
    match (order, fields.as_slice()) {
        (QueueOrder::Due, [due, _]) => {
            query.push(" and (i.due_order, i.id) > (");
            push_due(query, due)?;
            query.push(", ");
            query.push_bind(id);
            query.push(")");
        }
        (QueueOrder::Priority, [priority, _]) => {
            let priority: i32 = priority.parse().map_err(|_| bad())?;
            query.push(" and i.priority <= ");
            query.push_bind(priority);
            query.push(" and (i.priority < ");
            query.push_bind(priority);
            query.push(" or i.id > ");
            query.push_bind(id);
            query.push(")");
        }
        (QueueOrder::Risk, [risk, due, _]) => {
            let risk: i16 = risk.parse().map_err(|_| bad())?;
            query.push(" and i.risk <= ");
            query.push_bind(risk);
            query.push(" and (i.risk < ");
            query.push_bind(risk);
            query.push(" or (i.due_order, i.id) > (");
            push_due(query, due)?;
            query.push(", ");
            query.push_bind(id);
            query.push("))");
        }
        _ => return Err(bad()),
    }
    Ok(())
}
