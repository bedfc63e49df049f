-- What monitoring counts. Only additions: a binary from before this step works on, its takeovers are just not
-- counted.

-- Leases of the run that ran out and were taken over. A counter on the run and not a count of `batches`: those
-- are pruned, and a counter that falls looks like a restart to whoever draws its rate.
alter table runs add column takeovers bigint not null default 0;

-- "How much was given up": asked at every scrape, and without it each would read all that was ever drafted.
create index work_items_quarantined on work_items (run_id) where state = 'quarantined';
