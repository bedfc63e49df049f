-- Campaigns fire by themselves: how far each has been looked at, and what became of every instant. Only
-- additions: a binary from before this step works on, it just fires nothing.

-- Everything up to here has been decided, fired or skipped. It never goes back by itself: with the clock
-- it would fire again what has fired.
alter table campaigns add column cursor timestamptz not null default nightdesk_now();
-- Raised when schedule, zone, gap or fold change, so that a slot says which schedule it is from.
alter table campaigns add column schedule_version integer not null default 1;

-- Why its last slot could not fire yet: a model that is not there, a source that is down. Null when all is
-- well. The slot waits, and a person who looks should see why.
alter table campaigns add column trouble text;

-- The ledger of instants: one row for every time at which a campaign was due, whether it fired or not, so
-- that nothing is skipped in silence. It outlives the runs: what fired once must not fire again because its
-- run was pruned.
create table slots (
    id uuid primary key,
    campaign_id uuid not null constraint slots_campaign_fkey references campaigns (id) on delete cascade,
    -- Civil time, and which pass of an hour that comes twice: `2026-10-25T02:30/1`. Not the instant: hosts
    -- with other versions of the time zone database would fire the same night twice.
    slot_key text not null,
    instant timestamptz not null,
    schedule_version integer not null,
    status text not null constraint slots_status_known check (status in ('fired', 'skipped')),
    -- Why it did not fire.
    reason text constraint slots_reason_known check (
        reason in ('catch_up', 'overlap', 'paused', 'window')),
    -- The run it made. No foreign key: a pruned run leaves its slot behind.
    run_id uuid,
    created_at timestamptz not null default nightdesk_now(),
    -- What makes a campaign fire once, however many schedulers there are.
    constraint slots_campaign_key unique (campaign_id, slot_key),
    constraint slots_skipped_iff_reason check ((status = 'skipped') = (reason is not null)),
    constraint slots_fired_has_run check (status = 'skipped' or run_id is not null)
);

-- `campaigns slots` and the morning report: the latest first.
create index slots_by_instant on slots (instant desc, campaign_id);

-- When a person last asked for this run. A pause stops what was asked for before it, not what a person
-- asks for in spite of it.
alter table runs add column opened_at timestamptz;

-- No worker claims of the run before this instant: everything failed for it, and attempts should not burn
-- while a model or a template is mended.
alter table runs add column parked_until timestamptz;
-- How often it was parked in a row: the pause doubles.
alter table runs add column parked integer not null default 0;

-- "The run with the least leased work first" counts these at every claim.
create index work_items_leased_by_run on work_items (run_id) where state = 'leased';
