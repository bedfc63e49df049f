-- Rules of the queue, each in one place. Only an addition: a binary from before this step has the same conditions in
-- its own statements. Stable and in one expression each, so that the planner puts them into the statement and still
-- finds its indexes.

-- Whether what was put off may be taken up: the time has come, or there is none. An item waits for a minute at most
-- before another try, and a run for a quarter of an hour: what would wait for more than an hour was written by a
-- clock that ran ahead, and would otherwise wait for that clock's time.
create function has_come(not_before timestamptz) returns boolean language sql stable
    return not_before is null or not_before <= nightdesk_now() or not_before > nightdesk_now() + interval '1 hour';

-- Whether a run may be worked on now: it has not ended, its window is open, it is not parked, and its campaign has not
-- been paused since it was opened. Asked again under the locks of every claim, because it may change at any time.
create function may_be_worked_on(
    run_state text, window_ends_at timestamptz, parked_until timestamptz, opened_at timestamptz,
    campaign_paused_at timestamptz
) returns boolean language sql stable
    return run_state in ('queued', 'running')
        and (window_ends_at is null or window_ends_at > nightdesk_now())
        and has_come(parked_until)
        and (campaign_paused_at is null or opened_at > campaign_paused_at);
