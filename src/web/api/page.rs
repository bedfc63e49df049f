//! Lists, a page at a time: each page names the place at which the next begins, so nothing is left out or told
//! twice while others write.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problem::Refused;

/// Entries of a page where nothing else is asked for, and at most.
pub(super) const ROWS: (i64, i64) = (50, 200);

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The entries, newest first.
    items: Vec<T>,
    /// Give it as `after` for the next page; none on the last one.
    next: Option<String>,
}

impl<T> Page<T> {
    /// From one entry more than the page has, which says whether there is another page.
    pub(super) fn cut(mut items: Vec<T>, limit: i64, place: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

/// How much of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Place {
    /// `next` of the page before.
    pub(super) after: Option<Uuid>,
    /// Entries of the page, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<i64>,
}

/// Entries of a page, as many as were asked for.
pub(super) fn checked_limit(limit: Option<i64>) -> Result<i64, Refused> {
    let limit = limit.unwrap_or(ROWS.0);
    if (1..=ROWS.1).contains(&limit) {
        return Ok(limit);
    }
    let why = format!("a page has 1 to {} items, asked for {limit}", ROWS.1);
    Err(Refused::unreadable("limit", &why))
}
