//! Why a campaign does not fire: somebody paused it, or its cursor lies ahead of the clock.

use chrono::{DateTime, Utc};

use crate::store::{CampaignRecord, PausedBy};

/// Since when a campaign is paused, and why; `None` when it is not.
pub(in crate::cli) fn paused(campaign: &CampaignRecord) -> Option<String> {
    let since = campaign.paused_at?.format("%Y-%m-%d %H:%M:%S UTC");
    let why = match campaign.paused_by {
        Some(PausedBy::Prune) => ", because its file was missing",
        Some(PausedBy::Person) | None => "",
    };
    Some(format!("paused since {since}{why}"))
}

/// Why nothing of a campaign fires although it is not paused; `None` where that is not so.
pub(super) fn silent(campaign: &CampaignRecord, now: DateTime<Utc>) -> Option<String> {
    let until = campaign.silent_until(now)?;
    Some(format!(
        "nothing of it fires before {}: its cursor lies ahead of the database's clock; once the clock is right, `nightdesk campaigns resume {}` lets it go on",
        minute(until),
        campaign.name
    ))
}

/// An instant as listings print it.
pub(super) fn minute(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%d %H:%M UTC").to_string()
}
