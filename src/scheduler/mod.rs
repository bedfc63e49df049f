//! The scheduler: fires what is due, ends what is over. Any number may run; none of them leads.
//!
//! Each round reads the campaigns and the database's time. What is due is decided by `decide` under the
//! campaign's lock, and written with its runs in one transaction (`store::slots`), so a scheduler that dies
//! leaves either all of a slot or nothing of it.

mod clock;
mod cursor_ahead;
mod decide;
mod pins;
mod pulls;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use uuid::Uuid;

pub use clock::{ClockGuard, ClockSample, ClockState};
pub use decide::decide;
pub use pins::{Pinning, PinsFuture, ProjectPins};

use crate::domain::counted::count;
use crate::domain::problem::Problem;
use crate::schedule::Schedule;
use crate::store::{Fired, ScheduleState, Scheduled, SlotDecision, Store, StoreError};

/// A slot that cannot fire yet is tried again after this long.
const TRY_AGAIN: Duration = Duration::from_secs(15);

/// Leases that have run out, and runs that are over, are looked for this often: workers do it too, and
/// this is for nights in which there are none.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Fires campaigns.
pub struct Scheduler {
    store: Store,
    pinning: Box<dyn Pinning>,
    /// Between two rounds.
    poll: Duration,
    clock: ClockGuard,
    held: Option<Instant>,
    next: HashMap<Uuid, Next>,
    waiting: HashMap<Uuid, Instant>,
    /// When each campaign that is due was first seen to be.
    seen: HashMap<Uuid, DateTime<Utc>>,
    tidied: Option<Instant>,
    cursor_ahead: cursor_ahead::CursorAhead,
}

/// When a campaign is due next: worked out once for each cursor and schedule.
struct Next {
    cursor: DateTime<Utc>,
    schedule_version: i32,
    due: Option<DateTime<Utc>>,
}

/// What one round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Campaigns that fired or skipped, with what that came to.
    pub fired: Vec<(String, Fired)>,
    /// Whether the clock guard held everything back.
    pub held: bool,
    /// Campaigns whose cursor lies ahead of the clock, so that nothing of them fires.
    pub silent: Vec<String>,
}

impl Scheduler {
    /// A scheduler that has not looked yet.
    pub fn new(store: Store, pinning: Box<dyn Pinning>, poll: Duration) -> Self {
        Self {
            store,
            pinning,
            poll,
            clock: ClockGuard::default(),
            held: None,
            next: HashMap::new(),
            waiting: HashMap::new(),
            seen: HashMap::new(),
            tidied: None,
            cursor_ahead: cursor_ahead::CursorAhead::default(),
        }
    }

    /// Fires what is due, round after round, until `stop` becomes true. A database that is away is
    /// waited for without end; `alive` is called in every round.
    ///
    /// # Errors
    /// A [`StoreError`] that waiting does not mend.
    pub async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        alive: &(dyn Fn() + Send + Sync),
    ) -> Result<(), StoreError> {
        // Whether the database is away, and then whether it only takes no writes.
        let mut away: Option<bool> = None;
        while !*stop.borrow() {
            let round = alive_beside(self.round(), alive).await;
            match round {
                Ok(_) if away.take().is_some() => tracing::info!("the database is back"),
                Ok(_) => {}
                Err(error) if error.may_pass() => {
                    let read_only = error.is_read_only();
                    // Said once, and again only where somebody has to make a standby the primary.
                    if away.is_none() || read_only && away == Some(false) {
                        tracing::warn!("{}; waiting for the database", error.problem().message);
                    }
                    away = Some(read_only);
                }
                Err(error) => return Err(error),
            }
            // Not always the same, so that several schedulers do not come all at once.
            let random = f64::from(Uuid::new_v4().as_bytes()[0]) / 255.0;
            tokio::select! {
                () = tokio::time::sleep(self.poll.mul_f64(0.75 + random / 2.0)) => {}
                _ = stop.changed() => {}
            }
        }
        Ok(())
    }

    /// Looks once at every campaign.
    ///
    /// # Errors
    /// [`StoreError`]; what was fired stays fired.
    pub async fn round(&mut self) -> Result<Round, StoreError> {
        // A standby answers every question and takes no slot: nothing is back before it can be written.
        self.store.require_writable().await?;
        let (now, campaigns) = self.store.scheduled().await?;
        let reading = ClockSample {
            database: now,
            host: Utc::now(),
            counter: Instant::now(),
        };
        let mut round = Round::default();
        if self.is_held(reading) {
            round.held = true;
        } else {
            for campaign in &campaigns {
                if self.cursor_ahead.is_silent(campaign, now) {
                    round.silent.push(campaign.name.clone());
                }
                if !self.is_due(campaign, now) {
                    continue;
                }
                self.seen.entry(campaign.id).or_insert(now);
                match self.fire(campaign).await {
                    Ok(Some(fired)) => round.fired.push((campaign.name.clone(), fired)),
                    Ok(None) => {}
                    Err(error) if error.is_connection_lost() => return Err(error),
                    // One campaign that the database refuses must not keep the others from firing.
                    Err(error) => self.refused(campaign, &error).await,
                }
            }
        }
        let tidied = self.tidied.is_some_and(|at| at.elapsed() < TIDY_EVERY);
        if !tidied {
            self.tidied = Some(Instant::now());
            self.tidy().await?;
        }
        Ok(round)
    }

    /// Ends what is over. Workers do so too, so an error of one statement is no reason to fire nothing.
    async fn tidy(&self) -> Result<(), StoreError> {
        let expired = self.store.expire_leases(None, &[]).await.map(drop);
        let finished = self.store.finish_runs().await.map(drop);
        for outcome in [expired, finished] {
            match outcome {
                Err(error) if error.is_connection_lost() => return Err(error),
                Err(error) => tracing::error!(%error, "what is over could not be ended: {error}"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn is_held(&mut self, reading: ClockSample) -> bool {
        let verdict = self.clock.judge(reading);
        match verdict {
            ClockState::Good => self.held = None,
            ClockState::Slept(_) => {
                self.held = None;
                tracing::warn!("{verdict}");
            }
            ClockState::Held(_) => {
                let said = self
                    .held
                    .is_some_and(|at| at.elapsed() < Duration::from_mins(1));
                if !said {
                    self.held = Some(Instant::now());
                    tracing::error!("{verdict}");
                }
                return true;
            }
        }
        false
    }

    fn is_due(&mut self, campaign: &Scheduled, now: DateTime<Utc>) -> bool {
        let known = self.next.get(&campaign.id).filter(|next| {
            next.cursor == campaign.cursor && next.schedule_version == campaign.schedule_version
        });
        let due = match known {
            Some(next) => next.due,
            None => {
                let due = next_due(campaign);
                let next = Next {
                    cursor: campaign.cursor,
                    schedule_version: campaign.schedule_version,
                    due,
                };
                self.next.insert(campaign.id, next);
                due
            }
        };
        let waits = self
            .waiting
            .get(&campaign.id)
            .is_some_and(|since| since.elapsed() < TRY_AGAIN);
        due.is_some_and(|due| due <= now) && !waits
    }

    /// Notes that a campaign could not be fired; it is tried again.
    async fn refused(&mut self, campaign: &Scheduled, error: &StoreError) {
        let problem = error.problem();
        tracing::error!(
            campaign = campaign.name,
            code = problem.code,
            "{} could not be fired: {}",
            campaign.name,
            problem.message
        );
        self.waiting.insert(campaign.id, Instant::now());
        let noted = self
            .store
            .note_slot_trouble(campaign.id, Some(&problem.message));
        // It may be the very row that is in somebody's way; the log has it.
        let _ = noted.await;
    }

    /// Decides a campaign that is due.
    async fn fire(&mut self, campaign: &Scheduled) -> Result<Option<Fired>, StoreError> {
        let pins = match &campaign.spec {
            // Nothing of a paused campaign fires, whatever is missing.
            Ok(spec) if !campaign.paused => self.pinning.pins(&self.store, campaign, spec).await,
            _ => Err(None),
        };
        let trouble = pins.as_ref().err().and_then(Option::as_ref);
        let message = trouble.map(|problem: &Problem| problem.message.as_str());
        // A state that lasts is logged when it begins and when it ends.
        let known = message == campaign.trouble.as_deref();
        if let Some(problem) = trouble {
            if !known {
                tracing::error!(
                    campaign = campaign.name,
                    code = problem.code,
                    "{} is due and cannot fire yet: {}",
                    campaign.name,
                    problem.message
                );
            }
            self.waiting.insert(campaign.id, Instant::now());
        } else {
            self.waiting.remove(&campaign.id);
            if campaign.trouble.is_some() && pins.is_ok() {
                tracing::info!(campaign = campaign.name, "{} can fire again", campaign.name);
            }
        }
        // What is only being got ready is neither trouble nor its end.
        let knows = pins.is_ok() || trouble.is_some() || campaign.paused;
        if knows && !known {
            self.store.note_slot_trouble(campaign.id, message).await?;
        }
        let pins = pins.ok();
        let can_fire = pins.is_some();
        let seen = self.seen.get(&campaign.id).copied();
        let decide = |state: &ScheduleState| {
            // Applied again since this round began: its pins and its source may be others now.
            if state.campaign.spec == campaign.spec {
                decide(state, can_fire, seen)
            } else {
                SlotDecision::default()
            }
        };
        let fired = self.store.fire(campaign.id, pins.as_ref(), &decide).await?;
        let Some(fired) = fired else {
            return Ok(None);
        };
        if can_fire || campaign.paused {
            self.seen.remove(&campaign.id);
        }
        for (run_id, instant, items) in &fired.runs {
            tracing::info!(
                campaign = campaign.name, %run_id, slot = %instant, items,
                "{} fired for {}: run {run_id}, {}", campaign.name,
                instant.format("%Y-%m-%d %H:%M UTC"), count(*items, "brief")
            );
        }
        if fired.skipped > 0 {
            tell_skipped(campaign, fired.skipped);
        }
        Ok(Some(fired))
    }
}

/// A pause is what somebody wanted; everything else deserves a look.
fn tell_skipped(campaign: &Scheduled, slots: usize) {
    let name = &campaign.name;
    let many = count(slots as i64, "slot");
    if campaign.paused {
        tracing::info!(
            campaign = name,
            slots,
            "{name} is paused and skipped {many}"
        );
    } else {
        tracing::warn!(
            campaign = name,
            slots,
            "{name} skipped {many}; `nightdesk campaigns slots {name}` says why"
        );
    }
}

/// Shows that a scheduler is alive while a round lasts: making a large run takes longer than a supervisor
/// waits for a sign of life, and the store ends every call by itself.
async fn alive_beside<T>(round: impl Future<Output = T>, alive: &(dyn Fn() + Send + Sync)) -> T {
    let mut round = std::pin::pin!(round);
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            outcome = &mut round => return outcome,
            _ = beat.tick() => alive(),
        }
    }
}

fn next_due(campaign: &Scheduled) -> Option<DateTime<Utc>> {
    let trouble = |what: &dyn std::fmt::Display| {
        tracing::error!(
            campaign = campaign.name,
            "{} cannot be scheduled: {what}",
            campaign.name
        );
    };
    match campaign.spec.as_ref().map(Schedule::of) {
        Ok(Ok(schedule)) => Some(schedule?.after(campaign.cursor).next()?.instant),
        Ok(Err(error)) => {
            trouble(&error);
            None
        }
        Err(error) => {
            trouble(error);
            None
        }
    }
}
