//! Firing: slots, their runs, and the campaign's cursor in one transaction.
//!
//! Schedulers need no leader. A campaign's row is locked while its slots are decided, and whoever finds
//! it locked goes on to the next campaign; a slot is unique, so that even a cursor that was put back, or
//! a host with another database of time zones, cannot fire it twice. What was skipped stays skipped too,
//! unless a clock that ran ahead skipped it before its time: such a row is younger than the clock.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::campaigns::read_spec;
use super::super::connection::Transaction;
use super::super::stored_values::to_json;
use super::super::{Pins, RunRequest, Store, StoreError};
use crate::domain::campaign::CampaignSpec;
use crate::domain::slot::SkipReason;

/// A campaign that fires by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    /// The campaign.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its spec; an error where this binary cannot read it.
    pub spec: Result<CampaignSpec, String>,
    /// Everything up to here is decided.
    pub cursor: DateTime<Utc>,
    /// Which of its schedules this is.
    pub schedule_version: i32,
    /// Whether its slots are skipped.
    pub paused: bool,
    /// Why its last slot could not fire yet.
    pub trouble: Option<String>,
}

/// A slot to write into the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSlot {
    /// Civil time and pass.
    pub slot_key: String,
    /// When it is due.
    pub instant: DateTime<Utc>,
    /// Why it does not fire; `None` fires it.
    pub skipped: Option<SkipReason>,
}

/// What is known of a campaign at the moment its slots are decided, under its lock.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleState {
    /// The database's time.
    pub now: DateTime<Utc>,
    /// The campaign as it is now.
    pub campaign: Scheduled,
    /// Its scheduled runs that have not ended.
    pub open_runs: i64,
}

/// What to do about a campaign's slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlotDecision {
    /// Its slots since the cursor, in their order.
    pub slots: Vec<NewSlot>,
    /// Where the cursor goes.
    pub cursor: Option<DateTime<Utc>>,
}

/// What firing a campaign did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fired {
    /// Runs that were made, with the instant of their slot and the number of their briefs.
    pub runs: Vec<(Uuid, DateTime<Utc>, i64)>,
    /// Slots that were skipped.
    pub skipped: usize,
}

impl Store {
    /// The database's time, and every campaign that has a schedule.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scheduled(&self) -> Result<(DateTime<Utc>, Vec<Scheduled>), StoreError> {
        let now = self.now().await?;
        let rows = sqlx::query_as!(
            ScheduledRow,
            r#"select id, name, spec, cursor, schedule_version, paused_at is not null as "paused!", trouble
               from campaigns where spec ->> 'schedule' is not null order by name"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok((now, rows.into_iter().map(ScheduledRow::read).collect()))
    }

    /// Notes why a campaign's slot cannot fire yet, or that it can.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_slot_trouble(
        &self,
        campaign_id: Uuid,
        trouble: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "update campaigns set trouble = $2 where id = $1 and trouble is distinct from $2",
            campaign_id,
            trouble
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Decides a campaign's slots under its lock and writes all that follows: slots, runs with their
    /// items, the cursor. `None` when another scheduler has the campaign, or somebody deleted it.
    /// Without `pins` nothing can fire, and slots that would are left for later.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing of it is written, or all of it (a lost reply), and
    /// repeating it finds the slots decided.
    pub async fn fire(
        &self,
        campaign_id: Uuid,
        pins: Option<&Pins>,
        decide: &(dyn Fn(&ScheduleState) -> SlotDecision + Sync),
    ) -> Result<Option<Fired>, StoreError> {
        if let Some(pins) = pins {
            self.record_pins(pins).await?;
            self.make_room().await;
        }
        let mut tx = self.pool.bulk().begin().await?;
        // Before the row: whoever applies campaigns locks the table against writers, and would wait for our
        // row while we wait for the table.
        sqlx::query!("lock table campaigns in row exclusive mode")
            .execute(&mut *tx)
            .await?;
        let locked = sqlx::query_as!(
            ScheduledRow,
            r#"select id, name, spec, cursor, schedule_version, paused_at is not null as "paused!", trouble
               from campaigns where id = $1 for no key update skip locked"#,
            campaign_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(campaign) = locked.map(ScheduledRow::read) else {
            return Ok(None);
        };
        let known = sqlx::query!(
            r#"select nightdesk_now() as "now!", count(*) as "open!" from runs
               where campaign_id = $1 and slot is not null and state in ('queued', 'running')"#,
            campaign_id
        )
        .fetch_one(&mut *tx)
        .await?;
        let state = ScheduleState {
            now: known.now,
            campaign,
            open_runs: known.open,
        };
        let decision = decide(&state);
        let mut fired = Fired::default();
        let skipped = decision.slots.iter().filter(|slot| slot.skipped.is_some());
        fired.skipped = insert_skipped(&mut tx, &state.campaign, skipped).await?;
        if let (Ok(spec), Some(pins)) = (&state.campaign.spec, pins) {
            let request = RunRequest {
                campaign_id,
                spec,
                pins,
                limit: None,
                new: false,
                actor: "scheduler",
            };
            for slot in decision.slots.iter().filter(|slot| slot.skipped.is_none()) {
                let version = state.campaign.schedule_version;
                fired.runs.extend(
                    self.fire_slot(&mut tx, &request, slot, version)
                        .await?
                        .map(|(run_id, items)| (run_id, slot.instant, items)),
                );
            }
        }
        if let Some(cursor) = decision.cursor {
            sqlx::query!(
                "update campaigns set cursor = greatest(cursor, $2) where id = $1",
                campaign_id,
                cursor
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        for (run_id, _, items) in &fired.runs {
            self.settle(*run_id, *items).await;
        }
        Ok(Some(fired))
    }

    /// One slot and its run; `None` when the ledger has decided the slot already.
    async fn fire_slot(
        &self,
        tx: &mut Transaction,
        request: &RunRequest<'_>,
        slot: &NewSlot,
        schedule_version: i32,
    ) -> Result<Option<(Uuid, i64)>, StoreError> {
        let run_id = Uuid::now_v7();
        let inserted = sqlx::query!(
            r#"insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, run_id)
               values ($1, $2, $3, $4, $5, 'fired', $6)
               on conflict (campaign_id, slot_key) do update
               set status = 'fired', reason = null, run_id = excluded.run_id, instant = excluded.instant,
                   schedule_version = excluded.schedule_version, created_at = nightdesk_now()
               -- Only what fired keeps a slot from firing, and what was skipped when it was due. A row that is
               -- younger than the clock was written by one that ran ahead: that instant had not come.
               where slots.status = 'skipped' and slots.created_at > nightdesk_now()"#,
            Uuid::now_v7(),
            request.campaign_id,
            slot.slot_key,
            slot.instant,
            schedule_version,
            run_id
        )
        .execute(&mut **tx)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(None);
        }
        let spec = to_json("campaign", request.spec)?;
        let window = request.spec.window.map(|window| window.length());
        sqlx::query!(
            // The window belongs to the slot: a night that begins late does not end later.
            r#"insert into runs (id, campaign_id, slot, spec, template_sha256, model_sha256, window_ends_at)
               values ($1, $2, $3, $4, $5, $6, $3::timestamptz + make_interval(secs => $7))"#,
            run_id,
            request.campaign_id,
            slot.instant,
            spec,
            request.pins.template_sha256,
            request.pins.model_sha256,
            window.map(|window| window.as_secs_f64())
        )
        .execute(&mut **tx)
        .await?;
        let items = self.insert_items(tx, run_id, request).await?;
        if items == 0 {
            sqlx::query!(
                "update runs set state = 'completed', started_at = nightdesk_now(), finished_at = nightdesk_now() where id = $1",
                run_id
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(Some((run_id, items)))
    }
}

/// Skipped slots: many at once, after a long time in which nothing was running.
async fn insert_skipped(
    tx: &mut Transaction,
    campaign: &Scheduled,
    slots: impl Iterator<Item = &NewSlot>,
) -> Result<usize, StoreError> {
    let (mut ids, mut keys, mut instants, mut reasons) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for slot in slots {
        let Some(reason) = slot.skipped else {
            continue;
        };
        ids.push(Uuid::now_v7());
        keys.push(slot.slot_key.clone());
        instants.push(slot.instant);
        reasons.push(reason.as_str().to_owned());
    }
    let inserted = sqlx::query!(
        r#"insert into slots (id, campaign_id, slot_key, instant, schedule_version, status, reason)
           select id, $1, slot_key, instant, $2, 'skipped', reason
           from unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[]) as new (id, slot_key, instant, reason)
           on conflict (campaign_id, slot_key) do update
           set reason = excluded.reason, instant = excluded.instant, schedule_version = excluded.schedule_version,
               created_at = nightdesk_now()
           -- As where a slot fires: what a clock that ran ahead has written is decided anew.
           where slots.status = 'skipped' and slots.created_at > nightdesk_now()"#,
        campaign.id,
        campaign.schedule_version,
        &ids,
        &keys,
        &instants,
        &reasons
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() as usize)
}

struct ScheduledRow {
    id: Uuid,
    name: String,
    spec: serde_json::Value,
    cursor: DateTime<Utc>,
    schedule_version: i32,
    paused: bool,
    trouble: Option<String>,
}

impl ScheduledRow {
    fn read(self) -> Scheduled {
        Scheduled {
            id: self.id,
            name: self.name,
            // One campaign that a newer binary wrote must not keep the others from firing.
            spec: read_spec(self.spec).map_err(|error| error.to_string()),
            cursor: self.cursor,
            schedule_version: self.schedule_version,
            paused: self.paused,
            trouble: self.trouble,
        }
    }
}
