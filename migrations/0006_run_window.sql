-- Runs end with their window, and campaigns say who paused them. Only additions: a binary from before
-- this step works on, it just never ends a run by its window.

-- When the run stops claiming; null for a campaign without `window`. Fixed when the run is made, so
-- that editing the campaign at midnight neither cuts short nor prolongs the night that is under way.
alter table runs add column window_ends_at timestamptz;

-- `prune` where `campaigns apply --prune` missed the file: applying the file again takes that back, but
-- never the pause of a person, which would otherwise be undone by every nightly deployment.
alter table campaigns add column paused_by text
    constraint campaigns_paused_by_known check (paused_by in ('person', 'prune'));
alter table campaigns add constraint campaigns_paused_by_needs_pause check (
    paused_by is null or paused_at is not null);
